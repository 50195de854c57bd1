package batch

import (
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// View is what a batch is judged against.
type View struct {
	Config *rollup.Config
	// Safe is the safe head: the parent of the next block.
	Safe eth.L2Ref
	// L1Blocks are consecutive, from the current epoch on, up to the L1 block derivation is at. The first one is the safe
	// head's origin, or the block after it when the origin's window expired (RULES 5.3).
	L1Blocks []eth.L1Ref
	// Inclusion is the number of the L1 block derivation is at, which the batch is taken to be included in.
	Inclusion uint64
	// Strict: Holocene is active at that block. Batches must come in order, and old ones are passed over.
	Strict bool
}

// nextTime is the time of the block after the safe head.
func (v *View) nextTime() uint64 { return v.Safe.Time + v.Config.BlockTime }

// early is the verdict on a batch that starts after the next block.
func (v *View) early() Verdict {
	if v.Strict {
		return Drop
	}
	return Future
}

// late is the verdict on a batch that ends before the next block.
func (v *View) late() Verdict {
	if v.Strict {
		return Past
	}
	return Drop
}

// expired says whether a batch that starts in an epoch came too late to count (specs: derivation, sequencing window).
// An epoch number near 2^64 makes the sum wrap around and so counts as expired, as in op-node; it is too new anyway.
func (v *View) expired(epoch uint64) bool { return epoch+v.Config.SeqWindowSize < v.Inclusion }
