package forkchoice_test

import (
	"testing"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
)

func TestNext(t *testing.T) {
	h := heads(9, 6, 3)
	told, stale := h.Labels(), eth.ForkchoiceState{}
	for _, c := range []struct {
		name string
		h    forkchoice.Heads
		told eth.ForkchoiceState
		r    forkchoice.Ready
		want forkchoice.Call
	}{
		{"nothing to do", h, told, forkchoice.Ready{}, forkchoice.Idle},
		{"a gap to fill", h, told, forkchoice.Ready{Gap: true}, forkchoice.Reach},
		{"labels are told before a gap is filled", h, stale, forkchoice.Ready{Gap: true}, forkchoice.Label},
		{"labels to tell", h, stale, forkchoice.Ready{}, forkchoice.Label},
		{"only finalized has moved", h.Finalize(ref('a', 4)), told, forkchoice.Ready{}, forkchoice.Label},
		{"a safe block to read", h, told, forkchoice.Ready{Read: true}, forkchoice.Read},
		{"a derived block below the tip is compared", h, told, forkchoice.Ready{Derived: true, Known: true}, forkchoice.Consolidate},
		{"a derived block at the tip is built", heads(6, 6, 3), told, forkchoice.Ready{Derived: true}, forkchoice.Build},
		{"a derived block that is safe already is compared again", heads(6, 6, 6), told, forkchoice.Ready{Derived: true, Known: true}, forkchoice.Consolidate},
		{"a derived block known to differ is built", h, told, forkchoice.Ready{Derived: true, Known: true, Differs: true}, forkchoice.Build},
		{"a difference alone is nothing to do", h, told, forkchoice.Ready{Differs: true}, forkchoice.Idle},
		{"a block to begin", h, told, forkchoice.Ready{Order: true}, forkchoice.Start},
		{"unsafe blocks to look at", h, told, forkchoice.Ready{Truncate: true}, forkchoice.Truncate},
		{"a job to end", h, told, forkchoice.Ready{SealDue: true}, forkchoice.Seal},
		{"a sealed block to insert", h, told, forkchoice.Ready{Sealed: true}, forkchoice.Insert},

		{"read goes before labels", h, stale, forkchoice.Ready{Read: true}, forkchoice.Read},
		{"consolidation goes before read", h, stale, forkchoice.Ready{Read: true, Derived: true, Known: true}, forkchoice.Consolidate},
		{"building derived attributes goes before read", heads(6, 6, 3), stale, forkchoice.Ready{Read: true, Derived: true}, forkchoice.Build},
		{"sequencing goes before derivation", h, stale, forkchoice.Ready{Derived: true, Read: true, Order: true}, forkchoice.Start},
		{"no block is begun on one that may be gone", h, stale, forkchoice.Ready{Order: true, Truncate: true, Derived: true}, forkchoice.Truncate},
		{"a job is ended before all but insertion", h, stale, forkchoice.Ready{SealDue: true, Truncate: true, Order: true, Derived: true, Read: true}, forkchoice.Seal},
		{"a head to restore goes first", h, stale, forkchoice.Ready{Restore: true, Sealed: true, SealDue: true, Derived: true}, forkchoice.Restore},
		{"then insertion", h, stale, forkchoice.Ready{Sealed: true, SealDue: true, Truncate: true, Order: true, Derived: true, Differs: true, Read: true}, forkchoice.Insert},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := forkchoice.Next(c.h, c.told, c.r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCallNames(t *testing.T) {
	for call, want := range map[forkchoice.Call]string{
		forkchoice.Idle: "idle", forkchoice.Restore: "restore", forkchoice.Insert: "insert", forkchoice.Seal: "seal", forkchoice.Start: "start",
		forkchoice.Truncate: "truncate", forkchoice.Consolidate: "consolidate", forkchoice.Build: "build",
		forkchoice.Read: "read", forkchoice.Label: "label", forkchoice.Reach: "reach", forkchoice.Reach + 1: "call-12", 255: "call-255",
	} {
		if call.String() != want {
			t.Errorf("call %d is %q, want %q", call, call, want)
		}
	}
}
