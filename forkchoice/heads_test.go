package forkchoice_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
)

// ref is block n of a branch.
func ref(branch byte, n uint64) eth.L2Ref {
	return eth.L2Ref{Hash: common.Hash{branch, byte(n)}, Number: n}
}

// heads are those of one chain.
func heads(unsafe, safe, finalized uint64) forkchoice.Heads {
	return forkchoice.Heads{Unsafe: ref('a', unsafe), Safe: ref('a', safe), Finalized: ref('a', finalized)}
}

func TestHeadsCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		h    forkchoice.Heads
		ok   bool
	}{
		{"finalized, safe and unsafe are the genesis block", heads(0, 0, 0), true},
		{"finalized before safe before unsafe", heads(9, 6, 3), true},
		{"safe is unsafe", heads(6, 6, 3), true},
		{"finalized is safe", heads(9, 3, 3), true},
		{"finalized after safe", heads(9, 2, 3), false},
		{"safe after unsafe", heads(5, 6, 3), false},
		{"all in the wrong order", heads(1, 2, 3), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.h.Check(); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestHeadsMove(t *testing.T) {
	start := heads(9, 6, 3)
	other := func(unsafe, safe, finalized eth.L2Ref) forkchoice.Heads {
		return forkchoice.Heads{Unsafe: unsafe, Safe: safe, Finalized: finalized}
	}
	with := func(h forkchoice.Heads, backup eth.L2Ref) forkchoice.Heads {
		h.Backup = backup
		return h
	}
	a := func(n uint64) eth.L2Ref { return ref('a', n) }
	b := func(n uint64) eth.L2Ref { return ref('b', n) }
	for _, c := range []struct {
		name      string
		got, want forkchoice.Heads
	}{
		{"an unsafe block moves unsafe alone", start.Extended(a(10)), heads(10, 6, 3)},
		{"a block found in the unsafe chain moves safe alone", start.Consolidated(a(7)), heads(9, 7, 3)},
		{"a block found at the tip makes all of it safe", start.Consolidated(a(9)), heads(9, 9, 3)},
		{"a safe block above the tip takes the tip along", heads(6, 6, 3).Consolidated(a(7)), heads(7, 7, 3)},
		{"a block found below the safe head moves nothing", start.Consolidated(a(5)), start},
		{"a derived block on another branch is the tip: the unsafe chain is gone", start.Derived(b(7)), other(b(7), b(7), a(3))},
		{"a pending block on another branch is the tip, and the old one is kept in mind", start.Pending(b(7)), with(other(b(7), a(6), a(3)), a(9))},
		{"so it is if more follow", start.Pending(b(7)).Pending(b(8)), with(other(b(8), a(6), a(3)), a(9))},
		{"a pending block on the tip replaces nothing", start.Pending(a(10)), heads(10, 6, 3)},
		{"pending blocks that are no part of the chain give the tip back", start.Pending(b(7)).Pending(b(8)).Restored(), start},
		{"if they have replaced none, the tip stays", heads(6, 6, 3).Pending(a(7)).Restored(), heads(7, 6, 3)},
		{"once they are safe there is no way back", start.Pending(b(7)).Derived(b(8)).Restored(), other(b(8), b(8), a(3))},
		{"also if the last one was there already", start.Pending(b(7)).Extended(b(8)).Consolidated(b(8)).Restored(), other(b(8), b(8), a(3))},
		{"finalized moves forward", start.Finalize(a(5)), heads(9, 6, 5)},
		{"finalized moves up to safe", start.Finalize(a(6)), heads(9, 6, 6)},
		{"finalized never passes safe", start.Finalize(a(7)), start},
		{"finalized never moves back", start.Finalize(a(2)), start},
		{"finalized never changes its branch at the same height", start.Finalize(b(3)), start},
		{"unsafe blocks of a dead L1 chain go", start.Truncated(a(8)), heads(8, 6, 3)},
		{"all unsafe blocks can go", start.Truncated(a(6)), heads(6, 6, 3)},
		{"a safe block is never truncated", start.Truncated(a(5)), start},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %v\nwant %v", c.got, c.want)
			}
			if err := c.got.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHeadsRewind(t *testing.T) {
	start := heads(9, 6, 3)
	for _, c := range []struct {
		name string
		to   uint64
		want forkchoice.Heads
		ok   bool
	}{
		{"safe goes back, the unsafe chain stays", 4, heads(9, 4, 3), true},
		{"back to the finalized block", 3, heads(9, 3, 3), true},
		{"below the finalized block is refused", 2, start, false},
		{"nowhere", 6, start, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := start.Rewind(ref('a', c.to))
			if (err == nil) != c.ok || got != c.want {
				t.Errorf("got %v, %v\nwant %v", got, err, c.want)
			}
		})
	}
	if got, err := heads(5, 5, 3).Rewind(ref('a', 8)); err != nil || got != heads(8, 8, 3) {
		t.Errorf("forward, to a restored snapshot: %v, %v", got, err)
	}
}

func TestHeadsLabels(t *testing.T) {
	h := heads(9, 6, 3)
	want := eth.ForkchoiceState{HeadBlockHash: h.Unsafe.Hash, SafeBlockHash: h.Safe.Hash, FinalizedBlockHash: h.Finalized.Hash}
	if got := h.Labels(); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
