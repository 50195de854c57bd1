package derive

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Want is what the machine needs to go on. It is one of the types below.
type Want interface{ want() }

// NeedL1 asks for the next L1 block: answer with Push. All data up to the block before has been used, so the safe head
// is now all that L1 says up to there.
type NeedL1 struct{ Number uint64 }

// NeedBlobs asks for the blobs of the L1 block that was pushed last, in this order: answer with PushBlobs. Which blobs
// are needed depends on the batcher address, which is derived state.
type NeedBlobs struct {
	Block  eth.L1Ref
	Hashes []common.Hash
}

// NeedL2 asks for a block of the safe chain, because a span batch overlaps it: answer with PushL2.
type NeedL2 struct{ Number uint64 }

// Build orders an L2 block: answer with Confirm or Reject.
type Build struct{ *Derived }

// Working says that a bounded piece of work is done and more can be done at once: call Next again.
type Working struct{}

// Rewind says that the L2 chain the machine builds on does not belong to the L1 chain it reads. An older snapshot, or
// a new start, is needed.
type Rewind struct{ Reason string }

// Halt says that there is no way on: L1 carries something no honest contract emits, the engine refused a block of deposits
// only, or the next block is under a fork's rules that are not here. What was derived stands. A person has to look.
type Halt struct{ Reason string }

func (NeedL1) want()    {}
func (NeedBlobs) want() {}
func (NeedL2) want()    {}
func (Build) want()     {}
func (Working) want()   {}
func (Rewind) want()    {}
func (Halt) want()      {}

// Derived is one L2 block as L1 demands it.
type Derived struct {
	Attributes     eth.PayloadAttributes
	Parent         eth.L2Ref
	Origin         eth.BlockID // the epoch
	SequenceNumber uint64
	DerivedFrom    eth.L1Ref   // the L1 block whose data completed it
	From           *Provenance // the batch it came from; nil if the end of a sequencing window demanded it
	Replaced       bool        // the deposits-only variant of a block the engine rejected
	Concluding     bool        // the block ends its batch: with it all blocks up to it are safe, before it they are pending
}

// Ref is the reference of the block that came out of the attributes.
func (d *Derived) Ref(hash common.Hash) eth.L2Ref {
	return eth.L2Ref{
		Hash: hash, Number: d.Parent.Number + 1, ParentHash: d.Parent.Hash, Time: d.Attributes.Timestamp,
		L1Origin: d.Origin, SequenceNumber: d.SequenceNumber,
	}
}
