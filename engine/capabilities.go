package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Capabilities are the Engine API methods that an engine says it serves (engine_exchangeCapabilities). nil: it does not
// serve that question, which is no fault.
func (c *Client) Capabilities(ctx context.Context) ([]string, error) {
	var ours []string
	for _, f := range append([]rollup.Fork{rollup.Bedrock}, rollup.Forks()...) {
		if at := c.cfg.Time(f); at != nil {
			ours = append(ours, needed(c.cfg.L2Rules(*at))...)
		}
	}
	slices.Sort(ours)
	var theirs []string
	err := c.call(ctx, &theirs, "engine_exchangeCapabilities", slices.Compact(ours))
	if eth.FaultOf(err) == eth.EngineOutdated {
		return nil, nil
	}
	return theirs, err
}

// needed are the methods that blocks of a fork need.
func needed(r rollup.L2Rules) []string {
	m := methodsOf(r)
	return []string{m.forkchoiceUpdated, m.getPayload, m.newPayload, forkchoiceWithoutAttributes}
}

// Missing is a method that blocks of a fork need, and that an engine does not list.
type Missing struct {
	Fork   rollup.Fork
	At     uint64 // when the fork activates, in seconds since 1970
	Method string
}

func (m Missing) String() string { return fmt.Sprintf("fork %s needs %s", m.Fork, m.Method) }

// CheckMethods compares what an engine serves with what the chain needs from now on, in seconds since 1970: the time of
// the engine's head, as the next blocks are made from there. A method that is missing now is an error with
// eth.EngineOutdated; those that only a later fork needs are given back, for a warning. No list (nil or empty) says
// nothing.
//
// From Karst on payloads are fetched by engine_getPayloadV5 and by nothing else (RULES 7.9): an engine that has V4 only
// does not know the fork.
func CheckMethods(cfg *rollup.Config, now uint64, have []string) (later []Missing, err error) {
	if len(have) == 0 {
		return nil, nil
	}
	seen := slices.Clone(have)
	missing := func(f rollup.Fork, time uint64) (all []Missing) {
		for _, method := range needed(cfg.L2Rules(time)) {
			if !slices.Contains(seen, method) {
				seen = append(seen, method) // each once, for the first fork that needs it
				all = append(all, Missing{Fork: f, At: time, Method: method})
			}
		}
		return all
	}
	var lacks []string
	for _, m := range missing(forkAt(cfg, now), now) {
		lacks = append(lacks, m.String())
	}
	for _, f := range rollup.Forks() {
		if at := cfg.Time(f); at != nil && *at > now {
			later = append(later, missing(f, *at)...)
		}
	}
	if lacks != nil {
		err = fault(eth.EngineOutdated, "the engine is outdated: %s", strings.Join(lacks, ", "))
	}
	return later, err
}

// Kind is whose program an engine is.
type Kind string

// The kinds that are told apart.
const (
	OpGeth     Kind = "op-geth"
	OpReth     Kind = "op-reth"
	OpErigon   Kind = "op-erigon"
	Nethermind Kind = "nethermind"
	Other      Kind = "other"
)

// Version is how an engine calls itself.
type Version struct {
	Kind Kind
	Text string // its own words; "" where it does not say
}

// Version asks an engine what it is: by web3_clientVersion, or by engine_getClientVersionV1 where the authenticated port
// does not serve that, as those of op-geth and op-reth do not.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var text string
	err := c.call(ctx, &text, "web3_clientVersion")
	if eth.FaultOf(err) == eth.EngineOutdated {
		var all []clientVersion
		err = c.call(ctx, &all, "engine_getClientVersionV1", clientVersion{Code: "CN", Name: "cairn", Version: "1", Commit: "0x00000000"})
		if len(all) > 0 {
			text = all[0].Name + "/" + all[0].Version
		}
	}
	if err != nil && eth.FaultOf(err) != eth.EngineOutdated {
		return Version{}, err
	}
	text = clip(text)
	return Version{Kind: kindNamed(text), Text: text}, nil
}

// clientVersion is ClientVersionV1 of execution-apis, engine/identification.md.
type clientVersion struct {
	Code    string `json:"code"` // two letters
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit"` // 4 bytes
}

// kindNamed reads the name before the first slash. An engine of the L1 family in this place is its OP Stack version.
func kindNamed(text string) Kind {
	name, _, _ := strings.Cut(strings.ToLower(text), "/")
	for _, known := range []struct {
		sign string
		kind Kind
	}{{"nethermind", Nethermind}, {"erigon", OpErigon}, {"reth", OpReth}, {"geth", OpGeth}, {"go-ethereum", OpGeth}} {
		if strings.Contains(name, known.sign) {
			return known.kind
		}
	}
	return Other
}
