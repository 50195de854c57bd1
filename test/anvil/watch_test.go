//go:build linux

package anvil

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// watch looks at what is called finalized, all the time, and notes when it is taken back.
type watch struct {
	mu     sync.Mutex
	labels map[string]*label // by who says it of what
}

// label is the history of one.
type label struct {
	looks int
	last  eth.BlockID
	named map[uint64]common.Hash // all blocks that had it
	back  []string               // when it went down, or to another block of the same height
}

// observe notes a label. A zero hash is no label.
func (w *watch) observe(who string, now eth.BlockID) {
	if now.Hash == (common.Hash{}) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.labels[who]
	if l == nil {
		l = &label{last: now, named: make(map[uint64]common.Hash)}
		w.labels[who] = l
	}
	if now.Number < l.last.Number || now.Number == l.last.Number && now.Hash != l.last.Hash {
		l.back = append(l.back, fmt.Sprintf("%s, then %s", l.last, now))
	}
	l.looks++
	l.last, l.named[now.Number] = now, now.Hash
}

// of says how often a label was looked at, and when it was taken back.
func (w *watch) of(who string) (looks int, back []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.labels[who]; l != nil {
		return l.looks, slices.Clone(l.back)
	}
	return 0, nil
}

// called gives the blocks that had a label.
func (w *watch) called(who string) map[uint64]common.Hash {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.labels[who]; l != nil {
		return maps.Clone(l.named)
	}
	return nil
}

// finality watches both nodes and anvil until the end of the test.
func (w *world) finality() *watch {
	out := &watch{labels: make(map[string]*label)}
	background(w.t, "watch", func(ctx context.Context) error {
		tick := time.NewTicker(30 * time.Millisecond)
		defer tick.Stop()
		for {
			for _, n := range []*cairn{w.sequencer, w.verifier} {
				if s, err := n.status(ctx); err == nil {
					out.observe(n.Name+" finalized L2", s.Sync.FinalizedL2.ID())
				}
			}
			if b, err := w.l1Block(ctx, "finalized"); err == nil {
				out.observe("anvil finalized", b.id())
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-tick.C:
			}
		}
	})
	return out
}
