package batcher

import (
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
)

// View is what the node says about L1 and L2 at one moment.
type View struct {
	Safe, Unsafe      eth.L2Ref
	CurrentL1, HeadL1 eth.L1Ref // where derivation is, and the end of L1
}

// viewOf takes the view out of a sync status. What counts as safe is the local safe head: what L1 says by itself.
func viewOf(s *eth.SyncStatus) View {
	return View{Safe: s.LocalSafeL2, Unsafe: s.UnsafeL2, CurrentL1: s.CurrentL1, HeadL1: s.HeadL1}
}

// complete says whether the node knows where it is.
func (v *View) complete() bool {
	return v.Safe.ID() != (eth.BlockID{}) && v.Unsafe.ID() != (eth.BlockID{}) && v.CurrentL1 != (eth.L1Ref{}) && v.HeadL1 != (eth.L1Ref{})
}

// Verb is what is to be done.
type Verb uint8

// The verbs.
const (
	Wait   Verb = iota // nothing
	Load               // blocks are to be added
	Afresh             // what was held is forgotten; the next view is waited for
)

func (v Verb) String() string {
	switch v {
	case Wait:
		return "wait"
	case Load:
		return "load"
	case Afresh:
		return "start afresh"
	default:
		return fmt.Sprintf("verb-%d", uint8(v))
	}
}

// Reason says why.
type Reason uint8

// The reasons.
const (
	UpToDate  Reason = iota // Wait: every unsafe block is held
	NewBlocks               // Load: some are not

	NodeNotReady       // Wait: the node does not know where it is
	DerivationWentBack // Wait: L1 was reorganised, or the node restarted; its safe head says nothing now
	PreviousRun        // Wait: transactions of a previous run may be pending
	InFlight           // Wait: our transactions have not ended yet
	Deriving           // Wait: derivation has not passed all L1 blocks with something of ours
	UnsafeBehind       // Wait: the unsafe head is behind the safe head
	MemoryFull         // Wait: as many bytes are held as may be
	Unpostable         // Wait: batches cannot carry the next block, so nothing after it can be posted either
	WindowOver         // Wait: the next block's sequencing window is over; derivation will replace the block

	SafeWentBack   // Afresh: the safe head is below what was safe before
	SafeChanged    // Afresh: the safe head is not among the blocks held: another one, or beyond them
	SafeOvertook   // Afresh: blocks of a channel that is not fully sent are safe
	UnsafeChanged  // Afresh: the unsafe chain is another one
	Stalled        // Afresh: derivation passed a channel, and its blocks are not safe (Holocene: none after it will be)
	ChannelTimeout // Afresh: the rest of a channel did not make it in time
	WindowMissed   // Afresh: blocks held were not sent within their sequencing window
)

var reasonNames = [...]string{
	UpToDate: "up to date", NewBlocks: "new blocks",
	NodeNotReady: "node not ready", DerivationWentBack: "derivation went back", PreviousRun: "previous run is pending",
	InFlight: "transactions in flight", Deriving: "derivation is behind our transactions", UnsafeBehind: "unsafe head is behind safe head",
	MemoryFull: "memory full", Unpostable: "block cannot be posted", WindowOver: "sequencing window is over",
	SafeWentBack: "safe head went back", SafeChanged: "safe head changed", SafeOvertook: "safe head overtook a channel",
	UnsafeChanged: "unsafe chain changed", Stalled: "channel passed and not safe", ChannelTimeout: "channel timeout",
	WindowMissed: "sequencing window missed",
}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason-%d", uint8(r))
}

// Decision is what Core says to a view or a block.
type Decision struct {
	Verb   Verb
	Reason Reason
	First  uint64 // Load: number of the first block to add
	Last   uint64 // Load: and of the last
}
