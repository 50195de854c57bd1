package recording

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

// Event is what derivation tells while it goes on: Began, Block, Dropped or Position.
type Event interface{ event() }

// Began is told once, before anything else.
type Began struct {
	Base eth.L1Ref // the first L1 block that is read
	Safe eth.L2Ref // the block to build on
	To   uint64    // the last block that is asked for; 0: none is named
}

// Block is an L2 block that was derived.
type Block struct {
	*derive.Derived
	Number   uint64
	Recorded *eth.PayloadEnvelope // nil: it is not recorded
	Differs  []Difference         // between derived and recorded; the derivation ends here if there are any
	// Refused is what the batch says, if the block is Replaced: the engine must have called it invalid.
	Refused *derive.Derived
	// Tried are what L1 had for this block before, each of which the recorded block is not (before Holocene).
	Tried []Candidate
	// FrameTxs are the hashes of the L1 transactions in which the frames of the batch's channel were; zero: not known.
	FrameTxs []common.Hash
}

// Hash is that of the recorded block; zero if it is not recorded.
func (b *Block) Hash() common.Hash {
	if b.Recorded == nil {
		return common.Hash{}
	}
	return b.Recorded.ExecutionPayload.BlockHash
}

// Candidate is a block that L1 has and the recorded chain has not.
type Candidate struct {
	*derive.Derived
	Differs []Difference
}

// Number is that of the block.
func (c Candidate) Number() uint64 { return c.Parent.Number + 1 }

// Dropped is something on L1 that derivation left out.
type Dropped struct {
	derive.Note
	Tx common.Hash // of L1, that the thing was in; zero: it is not one transaction, or not known
	// Early says that the thing is from before the block that derivation began on: in an L1 block up to its origin, or a batch
	// of an older block. Whoever began before has not left it out, or not for this reason.
	Early bool
	// BackTo is the block that derivation went back to, as a span batch was left out as a whole (before Holocene); nil: none.
	BackTo *eth.L2Ref
}

// Position says how far reading is, for whoever shows progress. It is told for each L1 block.
type Position struct {
	L1   eth.L1Ref
	Last uint64 // the last L1 block, or where that is thought to be
	Head uint64 // the last L2 block derived
}

func (*Began) event()   {}
func (*Block) event()   {}
func (*Dropped) event() {}
func (Position) event() {}

// Why enumerates how derivation ended.
type Why string

// The ends. All but the first three are trouble.
const (
	Reached     Why = "reached"      // the block that was asked for is derived
	EndOfL1     Why = "end-of-l1"    // the next L1 block is not recorded
	NotRecorded Why = "not-recorded" // the next L2 block is not: its hash is not known without an engine
	Different   Why = "different"    // the recorded block is not what L1 says
	Halted      Why = "halted"       // the protocol has no way on
	Rewound     Why = "rewound"      // the L2 blocks do not belong to the L1 blocks
	NoL2        Why = "no-l2"        // a span batch is to be compared with an L2 block that is not recorded
)

// End is how derivation ended.
type End struct {
	Why    Why
	Reason string    // of Halted and Rewound
	Need   uint64    // the block that is not recorded: of L1 for EndOfL1, of L2 for NotRecorded and NoL2
	L1     eth.L1Ref // the last one read
	Head   eth.L2Ref // the last block derived
	Safe   eth.L2Ref // the last block derived whose batch is complete
	// Tried are the blocks that L1 has for numbers above Safe and that the recorded chain has not (before Holocene). With
	// EndOfL1 that means that nothing on L1 is the recorded block.
	Tried []Candidate
}

// OK says whether all is as it should be: what was derived is what was recorded, as far as the recording reaches.
func (e *End) OK() bool {
	switch e.Why {
	case Reached, NotRecorded:
		return true
	case EndOfL1:
		return len(e.Tried) == 0
	default:
		return false
	}
}

// place finds the transaction of a place.
type place struct {
	l1 uint64
	tx uint32
}

func at(p channel.Place) place { return place{p.L1, p.Tx} }
