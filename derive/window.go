package derive

import (
	"fmt"
	"slices"

	"github.com/cairn-rollup/cairn/eth"
)

// window is the list of L1 blocks that may be the epoch of the next L2 block, from the current candidate on (RULES 5.3:
// l1Blocks), and the block the batch stage has seen last (its origin). It is bounded by the sequencing window.
type window struct {
	blocks []*eth.L1Block // consecutive; without inbox data
	refs   []eth.L1Ref    // of blocks
	origin eth.L1Ref      // the stage's origin; lags one call behind the pipeline's
	latest *eth.L1Block   // the pipeline's origin
}

func newWindow(base *eth.L1Block) window {
	block := withoutInbox(base)
	return window{blocks: []*eth.L1Block{block}, refs: []eth.L1Ref{base.L1Ref}, origin: base.L1Ref, latest: block}
}

// withoutInbox drops the batcher's data, which is large and not needed to build on an epoch.
func withoutInbox(block *eth.L1Block) *eth.L1Block {
	light := *block
	light.Inbox = nil
	return &light
}

// push notes the pipeline's new origin; the list changes in update.
func (w window) push(block *eth.L1Block) window {
	w.latest = withoutInbox(block)
	return w
}

// update brings the list up to date with the pipeline and with the block to build on (RULES 5.3: updateOrigins). It
// also says whether the pipeline is still behind the parent's origin.
func (w window) update(parent eth.L2Ref) (_ window, behind bool) {
	behind = w.latest.Number < parent.L1Origin.Number
	if w.origin != w.latest.L1Ref {
		w.origin = w.latest.L1Ref
		if behind {
			w.blocks, w.refs = nil, nil
		} else {
			w.blocks = append(slices.Clip(w.blocks), w.latest)
			w.refs = append(slices.Clip(w.refs), w.latest.L1Ref)
		}
	}
	if len(w.refs) > 0 && parent.L1Origin.Number > w.refs[0].Number {
		for i := range w.refs {
			if w.refs[i].Number == parent.L1Origin.Number {
				w.blocks, w.refs = w.blocks[i:], w.refs[i:]
				break
			}
		}
	}
	return w, behind
}

// check says whether the parent belongs to the L1 chain of the window (RULES 5.3: consistency).
func (w window) check(parent eth.L2Ref) error {
	if len(w.refs) == 0 {
		return nil
	}
	if first := w.refs[0]; parent.L1Origin != first.ID() && parent.L1Origin.Number+1 != first.Number {
		return fmt.Errorf("L2 block %s has L1 origin %s, the L1 chain has %s", parent, parent.L1Origin, first)
	}
	return nil
}

// find gives the L1 block of an epoch.
func (w window) find(number uint64) *eth.L1Block {
	for _, b := range w.blocks {
		if b.Number == number {
			return b
		}
	}
	return nil
}
