package forkchoice

import (
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
)

// Heads are the three labels of an L2 chain.
type Heads struct {
	Unsafe    eth.L2Ref // the tip; may come from a sequencer alone
	Safe      eth.L2Ref // derived from L1
	Finalized eth.L2Ref // derived from finalized L1 blocks
	// Backup is the tip that pending blocks have replaced: it comes back if they turn out to be no part of the chain.
	Backup eth.L2Ref
}

// Check says whether the heads are in order.
func (h Heads) Check() error {
	if h.Finalized.Number > h.Safe.Number || h.Safe.Number > h.Unsafe.Number {
		return fmt.Errorf("heads out of order: finalized %s, safe %s, unsafe %s", h.Finalized, h.Safe, h.Unsafe)
	}
	return nil
}

// Labels is what the engine is told.
func (h Heads) Labels() eth.ForkchoiceState {
	return eth.ForkchoiceState{HeadBlockHash: h.Unsafe.Hash, SafeBlockHash: h.Safe.Hash, FinalizedBlockHash: h.Finalized.Hash}
}

// Extended are the heads after an unsafe block on top.
func (h Heads) Extended(ref eth.L2Ref) Heads {
	h.Unsafe = ref
	return h
}

// Consolidated are the heads after the unsafe chain turned out to hold the derived block. Below the safe head that only
// says again what is known: derivation was resumed from a moment before.
func (h Heads) Consolidated(ref eth.L2Ref) Heads {
	if ref.Number <= h.Safe.Number {
		return h
	}
	h.Safe, h.Backup = ref, eth.L2Ref{}
	if h.Unsafe.Number < ref.Number {
		h.Unsafe = ref
	}
	return h
}

// Derived are the heads after the engine built a derived block: it is the tip, whatever was unsafe above is gone.
func (h Heads) Derived(ref eth.L2Ref) Heads {
	h.Safe, h.Unsafe, h.Backup = ref, ref, eth.L2Ref{}
	return h
}

// Pending are the heads after the engine built a derived block that does not conclude its batch: it is the tip, but not
// safe yet (specs: delta/span-batches; RULES 7.1, 7.5).
func (h Heads) Pending(ref eth.L2Ref) Heads {
	if h.Unsafe.Number >= ref.Number {
		h.Backup = h.Unsafe
	}
	h.Unsafe = ref
	return h
}

// Restored are the heads after the batch of pending blocks turned out to be invalid: the tip is what it was before them
// (RULES 7.4).
func (h Heads) Restored() Heads {
	if h.Backup != (eth.L2Ref{}) {
		h.Unsafe, h.Backup = h.Backup, eth.L2Ref{}
	}
	return h
}

// Finalize moves the finalized head forward, never beyond safe and never back (RULES 8.4).
func (h Heads) Finalize(ref eth.L2Ref) Heads {
	if ref.Number > h.Finalized.Number && ref.Number <= h.Safe.Number {
		h.Finalized = ref
	}
	return h
}

// Rewind moves the safe head back after an L1 reorg. The unsafe chain stays: its blocks are looked at one by one.
func (h Heads) Rewind(safe eth.L2Ref) (Heads, error) {
	if safe.Number < h.Finalized.Number {
		return h, fmt.Errorf("rewind to %s: it is below the finalized block %s", safe, h.Finalized)
	}
	h.Safe = safe
	if h.Unsafe.Number < safe.Number {
		h.Unsafe = safe
	}
	return h, nil
}

// Truncated are the heads after unsafe blocks above ref turned out to belong to an L1 chain that is gone.
func (h Heads) Truncated(ref eth.L2Ref) Heads {
	if ref.Number >= h.Safe.Number {
		h.Unsafe = ref
	}
	return h
}
