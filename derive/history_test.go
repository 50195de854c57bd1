package derive_test

import (
	"math"
	"testing"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// snapshots are those of a machine at L1 blocks 0 to last.
func snapshots(t testing.TB, w *world, last uint64) (out []derive.Snapshot) {
	m := w.machine()
	for range last + 1 {
		want := step(m)
		out = append(out, m.Snapshot())
		if uint64(len(out)) > last {
			break
		}
		if uint64(len(w.l1)) <= last {
			w.mine(w.head().Time+12, nil, nil)
		}
		advance(t, w, m, want, nil)
	}
	return out
}

func TestHistory(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 100, 2))
	all := snapshots(t, w, 9)
	var h derive.History
	origin := func(s derive.Snapshot, ok bool) int {
		if !ok {
			return -1
		}
		return int(s.Origin().Number)
	}
	check := func(step string, wantLen int, before, at map[uint64]int) {
		t.Helper()
		if h.Len() != wantLen {
			t.Errorf("%s: %d snapshots, want %d", step, h.Len(), wantLen)
		}
		for number, want := range before {
			if got := origin(h.Before(number)); got != want {
				t.Errorf("%s: before %d comes %d, want %d", step, number, got, want)
			}
		}
		for number, want := range at {
			if got := origin(h.At(number)); got != want {
				t.Errorf("%s: at %d there is %d, want %d", step, number, got, want)
			}
		}
	}
	check("empty", 0, map[uint64]int{0: -1, 5: -1}, map[uint64]int{0: -1, 5: -1, math.MaxUint64: -1})
	if _, _, ok := h.SafeAt(5); ok {
		t.Error("an empty history has a safe head")
	}
	for _, s := range all[3:8] {
		h.Add(s)
	}
	check("3 to 7", 5, map[uint64]int{3: -1, 4: 3, 7: 6, 8: 7, 100: 7}, map[uint64]int{2: -1, 3: 3, 7: 7, 100: 7, math.MaxUint64: 7})
	h.Add(all[7])
	check("the same again", 5, map[uint64]int{8: 7}, map[uint64]int{7: 7})
	if l1, l2, ok := h.SafeAt(5); !ok || l1 != w.l1[5].ID() || l2 != w.cfg.GenesisL2Ref() {
		t.Errorf("safe at 5: %v %v %v", l1, l2, ok)
	}
	h.Prune(2)
	check("pruned below all", 5, map[uint64]int{4: 3}, nil)
	h.Prune(5)
	check("5 is finalized", 3, map[uint64]int{5: -1, 6: 5}, map[uint64]int{4: -1, 5: 5})
	h.Add(all[6])
	check("an older one replaces what comes after it", 2, map[uint64]int{8: 6}, map[uint64]int{7: 6})
	h.Prune(100)
	check("all is finalized", 1, nil, map[uint64]int{6: 6, 100: 6})
}

// Without finality the history does not grow without bound; it forgets the oldest.
func TestHistoryIsBounded(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	var h derive.History
	m := w.machine()
	last := uint64(9000)
	for n := range last {
		step(m)
		for {
			build, ok := step(m).(derive.Build)
			if !ok {
				break
			}
			if err := m.Confirm(build.Ref(l2Hash(build.Parent.Hash, n, build.Origin.Hash, nil))); err != nil {
				t.Fatal(err)
			}
		}
		h.Add(m.Snapshot())
		head := w.head()
		if err := m.Push(&eth.L1Block{
			L1Ref:   eth.L1Ref{Hash: l1Hash("", n+1), Number: n + 1, ParentHash: head.Hash, Time: head.Time + 2},
			BaseFee: head.BaseFee,
		}); err != nil {
			t.Fatal(err)
		}
		w.mine(head.Time+2, nil, nil)
		w.l1[n] = nil // the model of L1 shall not be the memory either
	}
	if h.Len() != 8192 {
		t.Errorf("%d snapshots, want 8192", h.Len())
	}
	if s, ok := h.At(last - 1); !ok || s.Origin().Number != last-1 {
		t.Error("the newest is gone")
	}
	if _, ok := h.At(last - 1 - 8192); ok {
		t.Error("the oldest is still there")
	}
}
