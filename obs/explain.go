package obs

import (
	"fmt"
	"slices"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/prose"
)

// Code is the short, stable name of what a head does or waits for. Every [eth.Fault] is one; the others are below.
type Code string

// Codes of heads that no fault holds up.
const (
	AtL1Head             Code = "at-l1-head"             // all of L1 is derived
	ConfirmationDepth    Code = "confirmation-depth"     // all of L1 that is deep enough is derived
	Behind               Code = "behind"                 // L1 has blocks that are not derived yet
	ReadingBack          Code = "reading-back"           // L1 blocks are read again up to where the safe head stands
	Sequencing           Code = "sequencing"             // own blocks are made
	UnsafeFollowsSafe    Code = "unsafe-follows-safe"    // nobody tells of newer blocks
	UnsafeFollowsGossip  Code = "unsafe-follows-gossip"  // other nodes tell of newer blocks
	L1Head               Code = "l1-head"                // L1 has a fresh head
	L1Finality           Code = "l1-finality"            // what L1 has finalized is final
	FinalizedFollowsSafe Code = "finalized-follows-safe" // L1 has finalized more than is derived

	Starting           Code = "starting"             // the start is looked for, and nothing has failed yet
	NoL1Head           Code = "no-l1-head"           // L1's head has never been known
	L1HeadStalled      Code = "l1-head-stalled"      // L1's head has not changed for longer than L1 is ever silent
	L1HeadOld          Code = "l1-head-old"          // L1's head moves, but is of the past: the L1 node is syncing
	NoBatches          Code = "no-batches"           // all of L1 is derived, and no batch was in it for long
	WindowExpiredRisk  Code = "window-expired-risk"  // three quarters of the sequencing window have passed without a batch
	ForcedBlocksOnly   Code = "forced-blocks-only"   // the sequencing window has passed: blocks hold nothing but deposits
	SlowL1Block        Code = "slow-l1-block"        // an L1 block has been waited for for long, without an error
	SlowBlobs          Code = "slow-blobs"           // blobs have been waited for for long, without an error
	SlowEngine         Code = "slow-engine"          // the engine has been waited for for long, without an error
	SlowDisk           Code = "slow-disk"            // the disk has been waited for for long, without an error
	SequencerStopped   Code = "sequencer-stopped"    // this node may sequence, and is switched off
	SequencerStalled   Code = "sequencer-stalled"    // the sequencer is switched on, and makes no blocks
	UnsafeGap          Code = "unsafe-gap"           // blocks of other nodes wait for those before them
	NoPeers            Code = "no-peers"             // gossip is on, and for long no other node has been connected
	SignerUnknown      Code = "signer-unknown"       // gossip is on, and L1 has not told who signs blocks
	GossipSilent       Code = "gossip-silent"        // gossip is on, and for long no block of another node was accepted
	L1FinalizedUnknown Code = "l1-finalized-unknown" // L1 has never told a finalized block
	L1NotFinalizing    Code = "l1-not-finalizing"    // L1's finalized block is old

	Unknown Code = "unknown" // something failed with an error that nobody has named
)

// State says whether a head goes on.
type State string

// States of a head.
const (
	Moving  State = "moving"  // it goes on as far as there is anything to go on with
	Waiting State = "waiting" // it would go on, if it had what it waits for
	Stopped State = "stopped" // it will not go on before the process is started anew
)

// Verdict is the state of the whole node in a word.
type Verdict string

// Verdicts, from the best to the worst.
const (
	VerdictHealthy   Verdict = "healthy"   // in step with L1
	VerdictBehind    Verdict = "behind"    // catching up, nothing is in its way
	VerdictAttention Verdict = "attention" // it goes on, but somebody should look at something
	VerdictStarting  Verdict = "starting"  // it looks for its start
	VerdictWaiting   Verdict = "waiting"   // something is in its way
	VerdictStopped   Verdict = "stopped"   // it has ended
)

// Status is a code with what people need to know about it.
type Status struct {
	Code  Code      `json:"code"`
	Text  string    `json:"text"`            // one sentence without a full stop
	Cause string    `json:"cause,omitempty"` // the last error, without what may be secret
	Since time.Time `json:"since,omitzero"`  // zero: not known, or it does not matter
	Fix   string    `json:"fix,omitempty"`   // what to do; empty: nothing
}

// Head is one of the heads of the chains, and why it is where it is.
type Head struct {
	Head   string    `json:"head"` // l1, unsafe, safe, finalized
	Number uint64    `json:"number"`
	State  State     `json:"state"`
	Moved  time.Time `json:"moved_at,omitzero"` // when it changed last; zero: not since the process began
	Status
}

// EndpointFault is an L1 or beacon endpoint that does not serve, whether the node can do without it or not.
type EndpointFault struct {
	Kind string `json:"kind"` // l1 or beacon
	Name string `json:"name"`
	Status
}

// Explanation says of each head whether it moves, and if not, what it waits for, since when, and what to do.
type Explanation struct {
	At      time.Time `json:"at"`
	Chain   string    `json:"chain,omitempty"`
	ChainID uint64    `json:"chain_id,omitempty"`
	Verdict Verdict   `json:"verdict"`
	Status            // the one thing to look at first
	Heads   []Head    `json:"heads"` // l1, unsafe, safe, finalized

	Endpoints    []EndpointFault `json:"endpoints,omitempty"`
	NextFork     string          `json:"next_fork,omitempty"`
	NextForkTime uint64          `json:"next_fork_time,omitempty"` // seconds since 1970
}

// Explain explains a status as of now.
func Explain(s Snapshot, now time.Time) Explanation {
	v := view{Snapshot: s, now: now}
	l1, safe := v.l1(), v.safe()
	e := Explanation{
		At: now, Chain: s.Chain.Name, ChainID: s.Chain.ChainID, NextFork: s.Chain.NextFork, NextForkTime: s.Chain.NextForkTime,
		Heads: []Head{l1, v.unsafe(safe), safe, v.finalized(safe)},
	}
	for _, p := range s.Endpoints {
		if p.Fault != "" {
			e.Endpoints = append(e.Endpoints, EndpointFault{Kind: p.Kind, Name: p.Name, Status: blame(p.Fault, p.Cause, time.Time{})})
		}
	}
	e.judge(v)
	return e
}

// judge says what is to be looked at first. The finalized head is never at fault: L1 finalizes when it does.
func (e *Explanation) judge(v view) {
	l1, unsafe, safe := e.Heads[0], e.Heads[1], e.Heads[2]
	switch {
	case v.Failure != "":
		e.Verdict, e.Status = VerdictStopped, safe.Status
	case !v.Started && safe.Code == Starting && l1.State == Waiting && l1.Code != NoL1Head:
		e.Verdict, e.Status = VerdictWaiting, l1.Status
	case !v.Started && safe.Code == Starting:
		e.Verdict, e.Status = VerdictStarting, safe.Status
	case len(v.Waits) > 0 && safe.State == Waiting:
		e.Verdict, e.Status = VerdictWaiting, safe.Status
	case l1.State == Waiting:
		e.Verdict, e.Status = VerdictWaiting, l1.Status
	case safe.State == Waiting:
		e.Verdict, e.Status = VerdictWaiting, safe.Status
	case unsafe.State == Waiting && !goesWithSafe(unsafe.Code):
		e.Verdict, e.Status = VerdictWaiting, unsafe.Status
	case safe.Code == ForcedBlocksOnly:
		e.Verdict, e.Status = VerdictAttention, safe.Status
	case unsafe.Code == NoPeers, unsafe.Code == SignerUnknown, unsafe.Code == GossipSilent:
		e.Verdict, e.Status = VerdictAttention, unsafe.Status
	case len(e.Endpoints) > 0:
		first := e.Endpoints[0]
		e.Verdict, e.Status = VerdictAttention, first.Status
		e.Text = fmt.Sprintf("the %s endpoint %s is not in use: %s", layer(first.Kind), first.Name, first.Text)
	case safe.Code == Behind, safe.Code == ReadingBack:
		e.Verdict, e.Status = VerdictBehind, safe.Status
	default:
		e.Verdict, e.Status = VerdictHealthy, safe.Status
	}
}

// goesWithSafe says whether an unsafe head that waits goes on with the safe head all the same.
func goesWithSafe(code Code) bool {
	return slices.Contains([]Code{UnsafeFollowsSafe, SequencerStopped, UnsafeGap, NoPeers, SignerUnknown, GossipSilent}, code)
}

// layer is how a kind of endpoint is called in a sentence.
func layer(kind string) string {
	if kind == "l1" {
		return "L1"
	}
	return kind
}

// blame is the status that a fault explains.
func blame(fault eth.Fault, cause string, since time.Time) Status {
	a := adviceOn(fault)
	return Status{Code: codeOf(fault), Text: a.text, Cause: prose.Printable(tell(cause)), Since: since, Fix: a.fix}
}

// told is the text of a fault for one line: its code, its sentence, and the last error.
func told(fault eth.Fault, cause string) string {
	if fault == "" {
		return tell(cause)
	}
	text := fmt.Sprintf("%s: %s", fault, adviceOn(fault).text)
	if cause != "" {
		text += " (" + tell(cause) + ")"
	}
	return text
}
