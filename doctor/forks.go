package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/rollup"
)

// difference is a fork on which engine and configuration do not agree. Times are nil for "never"; a fork that is active
// at genesis has time 0.
type difference struct {
	fork         rollup.Fork
	mine, theirs *uint64
}

func (d difference) String() string {
	return fmt.Sprintf("%s: configuration %s, engine %s", d.fork, when(d.mine), when(d.theirs))
}

func when(at *uint64) string {
	switch {
	case at == nil:
		return "never"
	case *at == 0:
		return "from genesis"
	}
	return fmt.Sprintf("%s (%d)", date(*at), *at)
}

// forks compares the schedules of engine and configuration: in full if the engine shows its own, else what can be seen.
func (e *examination) forks(ctx context.Context, client *rpc.Client) result {
	cfg := e.cfg.Rollup
	head, err := blockBy(ctx, client, "latest", false)
	if err != nil {
		return failure(err, engineFlag)
	}
	different, from := []difference(nil), ""
	if theirs, method, err := chainConfig(ctx, client); err == nil {
		different, from = compareConfig(cfg, theirs), method
	} else if theirs, err := ethConfig(ctx, client); err == nil {
		different, from = compareEras(cfg, theirs, head.Time), "eth_config"
	}
	if ctx.Err() != nil {
		return failure(ctx.Err(), engineFlag)
	}
	now := uint64(max(e.cfg.Now().Unix(), 0))
	if len(different) > 0 {
		return schedulesDiffer(different, max(now, head.Time), from)
	}
	if wrong := compareShape(cfg, head); len(wrong) > 0 {
		return fail("correct the fork times of the rollup configuration, or those of the engine and its data",
			"its head %d does not look like a block of the configured forks: %s", head.Number, strings.Join(wrong, ", "))
	}
	text := "the latest block looks as it should; the engine does not show its schedule"
	switch from {
	case "":
	case "eth_config":
		text = "the same as eth_config shows of it: canyon, ecotone, isthmus, karst; the others are not in it"
	default:
		text = "all the same (" + from + ")"
	}
	fork, at := nextFork(cfg, now)
	if shown := from != "" && (from != "eth_config" || slices.Contains(eraForks, fork)); at != nil && !shown {
		return warn(fmt.Sprintf("make sure that the engine has the same time for %s, in its genesis or by --override.%s=%d", fork, fork, *at),
			"%s is at %s, in %s, and the engine does not show whether it has it", fork, date(*at), short(instant(*at).Sub(e.cfg.Now())))
	}
	if at != nil {
		return ok("%s; next is %s at %s, in %s", text, fork, date(*at), short(instant(*at).Sub(e.cfg.Now())))
	}
	return ok("%s; no fork is ahead", text)
}

// schedulesDiffer is a failure from the time on at which the first difference matters.
func schedulesDiffer(different []difference, now uint64, from string) result {
	active := false
	var texts, flags []string
	for _, d := range different {
		texts = append(texts, d.String())
		active = active || (d.mine != nil && *d.mine <= now) || (d.theirs != nil && *d.theirs <= now)
		if d.mine != nil {
			flags = append(flags, fmt.Sprintf("--override.%s=%d", d.fork, *d.mine))
		}
	}
	fix := "give both the same schedule: correct the one that is wrong"
	if len(flags) > 0 {
		fix += "; if that is the engine, a newer version or " + strings.Join(flags, " ")
	}
	text := strings.Join(texts, "; ") + " (by " + from + ")"
	if active {
		return fail(fix, "%s", text)
	}
	return warn(fix, "%s", text)
}

// normal is a time of the configuration as an engine has it: a fork is active at genesis, or it has a time.
func normal(cfg *rollup.Config, at *uint64) *uint64 {
	if at != nil && *at <= cfg.Genesis.L2Time {
		return new(uint64)
	}
	return at
}

func sameTime(a, b *uint64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// executionForks are those that an engine has a time for, by its key in a chain configuration. Delta concerns nodes only.
var executionForks = []struct {
	fork rollup.Fork
	keys []string
}{
	{rollup.Regolith, []string{"regolithTime"}},
	{rollup.Canyon, []string{"canyonTime"}},
	{rollup.Ecotone, []string{"ecotoneTime"}},
	{rollup.Fjord, []string{"fjordTime"}},
	{rollup.Granite, []string{"graniteTime"}},
	{rollup.Holocene, []string{"holoceneTime"}},
	{rollup.Isthmus, []string{"isthmusTime"}},
	{rollup.Jovian, []string{"jovianTime"}},
	{rollup.Karst, []string{"karstTime"}},
	{rollup.Lagoon, []string{"lagoonTime", "interopTime"}},
}

// chainConfig asks for the engine's own chain configuration. Few engines show it on their authenticated port.
func chainConfig(ctx context.Context, client *rpc.Client) (config map[string]json.RawMessage, method string, err error) {
	method = "debug_chainConfig"
	raw, err := ask(ctx, client, method)
	if err != nil {
		method = "admin_nodeInfo"
		var info struct {
			Protocols struct {
				Eth struct {
					Config json.RawMessage `json:"config"`
				} `json:"eth"`
			} `json:"protocols"`
		}
		if raw, err = ask(ctx, client, method); err != nil {
			return nil, method, err
		}
		if err := json.Unmarshal(raw, &info); err != nil {
			return nil, method, err
		}
		raw = info.Protocols.Eth.Config
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, method, err
	}
	known := slices.ContainsFunc(executionForks, func(f struct {
		fork rollup.Fork
		keys []string
	},
	) bool {
		_, has := config[f.keys[0]]
		return has
	})
	if !known {
		return nil, method, errors.New("a chain configuration without forks of the OP Stack")
	}
	return config, method, nil
}

func compareConfig(cfg *rollup.Config, theirs map[string]json.RawMessage) (out []difference) {
	for _, f := range executionForks {
		var at *uint64
		for _, k := range f.keys {
			if raw, has := theirs[k]; has && at == nil {
				if json.Unmarshal(raw, &at) != nil {
					at = nil
				}
			}
		}
		if mine, at := normal(cfg, cfg.Time(f.fork)), normal(cfg, at); !sameTime(mine, at) {
			out = append(out, difference{f.fork, mine, at})
		}
	}
	return out
}

// eras are the forks of Ethereum that an engine shows by eth_config: the current one and the next. Times are nil if there
// is none.
type eras struct{ current, next *uint64 }

func ethConfig(ctx context.Context, client *rpc.Client) (eras, error) {
	raw, err := ask(ctx, client, "eth_config")
	if err != nil {
		return eras{}, err
	}
	type fork struct {
		Time *uint64 `json:"activationTime"`
	}
	var answer struct {
		Current *fork `json:"current"`
		Next    *fork `json:"next"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return eras{}, err
	}
	var out eras
	if answer.Current == nil || answer.Current.Time == nil {
		return eras{}, errors.New("eth_config without a current fork")
	}
	out.current = answer.Current.Time
	if answer.Next != nil {
		out.next = answer.Next.Time
	}
	return out, nil
}

// eraForks are those that come with a fork of Ethereum: Shanghai, Cancun, Prague, Osaka.
var eraForks = []rollup.Fork{rollup.Canyon, rollup.Ecotone, rollup.Isthmus, rollup.Karst}

func compareEras(cfg *rollup.Config, theirs eras, head uint64) (out []difference) {
	current, next := rollup.Bedrock, rollup.Fork(0)
	hasNext := false
	for _, f := range eraForks {
		at := cfg.Time(f)
		switch {
		case at == nil:
		case *at <= head:
			current = f
		case !hasNext:
			next, hasNext = f, true
		}
	}
	if mine, at := normal(cfg, cfg.Time(current)), normal(cfg, theirs.current); !sameTime(mine, at) {
		out = append(out, difference{current, mine, at})
	}
	switch {
	case hasNext:
		if mine := cfg.Time(next); !sameTime(mine, theirs.next) {
			out = append(out, difference{next, mine, theirs.next})
		}
	case theirs.next != nil:
		// An era that the configuration does not have: the first one after the current.
		at := slices.Index(eraForks, current) + 1
		if at < len(eraForks) {
			out = append(out, difference{eraForks[at], nil, theirs.next})
		}
	}
	return out
}

// compareShape finds the forks whose mark on a header is there and should not be, or the other way round. The genesis
// block has marks of its own.
func compareShape(cfg *rollup.Config, head *block) (out []string) {
	if head.Number.Uint64() == cfg.Genesis.L2.Number {
		return nil
	}
	const holoceneExtra, jovianExtra = 9, 17 // bytes (RULES 6.6)
	rules := cfg.L2Rules(head.Time)
	for _, mark := range []struct {
		fork      rollup.Fork
		has, want bool
	}{
		{rollup.Canyon, head.WithdrawalsHash != nil, rules.Withdrawals},
		{rollup.Ecotone, head.ParentBeaconRoot != nil, rules.BeaconRoot},
		{rollup.Holocene, len(head.Extra) >= holoceneExtra, rules.EIP1559Params},
		{rollup.Isthmus, head.RequestsHash != nil, rules.WithdrawalsRoot},
		{rollup.Jovian, len(head.Extra) >= jovianExtra, rules.MinBaseFee},
	} {
		at := when(normal(cfg, cfg.Time(mark.fork)))
		switch {
		case mark.has && !mark.want:
			out = append(out, fmt.Sprintf("it has the mark of %s, which is configured %s", mark.fork, at))
		case mark.want && !mark.has:
			out = append(out, fmt.Sprintf("it lacks the mark of %s, which is configured %s", mark.fork, at))
		}
	}
	return out
}
