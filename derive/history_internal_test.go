package derive

import (
	"math"
	"testing"

	"github.com/cairn-rollup/cairn/eth"
)

// A chain without batches on an L1 without finality makes the window, and with it each snapshot, larger and larger.
func TestHistoryIsBoundedByBytes(t *testing.T) {
	refs := make([]eth.L1Ref, 100_000)
	var h History
	for n := range uint64(200) {
		h.Add(Snapshot{&state{origin: eth.L1Ref{Number: n}, window: window{refs: refs}}})
		bytes := 0
		for _, s := range h.entries {
			bytes += s.size()
		}
		if bytes != h.bytes || bytes > maxHistoryBytes {
			t.Fatalf("after block %d: %d bytes held, %d counted, %d allowed", n, bytes, h.bytes, maxHistoryBytes)
		}
	}
	if newest, ok := h.At(math.MaxUint64); !ok || newest.Origin().Number != 199 || h.Len() < 10 || h.Len() > 100 {
		t.Errorf("%d snapshots are held, the newest of L1 block %d, want some dozens up to block 199", h.Len(), newest.Origin().Number)
	}
	h.Add(Snapshot{&state{origin: eth.L1Ref{Number: 190}, window: window{refs: refs}}})
	h.Prune(188)
	if h.Len() != 3 || h.bytes != 3*h.entries[0].size() {
		t.Errorf("%d snapshots, %d bytes after going back to block 190 and pruning to 188", h.Len(), h.bytes)
	}
	big := Snapshot{&state{origin: eth.L1Ref{Number: 191}, window: window{refs: make([]eth.L1Ref, maxHistoryBytes/88)}}}
	h.Add(big)
	if newest, ok := h.At(191); !ok || newest != big || h.Len() != 1 {
		t.Error("a snapshot that is too large alone is not kept as the only one")
	}
}
