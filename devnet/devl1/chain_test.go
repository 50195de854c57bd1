package devl1

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

func TestABlockStandsAtTheTimeOfItsSlot(t *testing.T) {
	w := newWorld(t)
	for _, slot := range []uint64{1, 2, 7} { // 3 to 6 stay empty
		if err := w.l1.produce(t.Context(), slot); err != nil {
			t.Fatal(err)
		}
		if got, want := w.head().Time, uint64(genesisTime+slot*slotSeconds); got != want {
			t.Errorf("block of slot %d has time %d, want %d", slot, got, want)
		}
		if got := w.l1.slotOf(w.head()); got != slot {
			t.Errorf("slot of the block of slot %d is %d", slot, got)
		}
	}
	if w.head().Number.Uint64() != 3 {
		t.Errorf("head is %d after 3 blocks", w.head().Number)
	}
	for _, at := range []struct {
		seconds int64
		slot    uint64
	}{{-100, 0}, {0, 0}, {3, 0}, {4, 1}, {7, 1}, {8, 2}} {
		if got := w.l1.slotAt(time.Unix(genesisTime+at.seconds, 999_999_999)); got != at.slot {
			t.Errorf("%d s after genesis is slot %d, want %d", at.seconds, got, at.slot)
		}
	}
}

func TestLabelsFollowTheHeadAtTheirDistanceAndNeverGoBack(t *testing.T) {
	w := newWorld(t)
	var safe, final uint64
	check := func(when string) {
		t.Helper()
		head := w.head().Number.Uint64()
		if got, want := w.chain.Safe().Number.Uint64(), max(head-min(head, 2), safe); got != want {
			t.Errorf("%s: safe is %d under head %d, want %d", when, got, head, want)
		}
		if got, want := w.chain.Finalized().Number.Uint64(), max(head-min(head, 4), final); got != want {
			t.Errorf("%s: finalized is %d under head %d, want %d", when, got, head, want)
		}
		safe, final = w.chain.Safe().Number.Uint64(), w.chain.Finalized().Number.Uint64()
		for _, h := range []*types.Header{w.chain.Safe(), w.chain.Finalized()} {
			if w.block(h.Number.Uint64()).Hash() != h.Hash() {
				t.Errorf("%s: label at %d is not on the chain", when, h.Number)
			}
		}
	}
	for range 7 {
		w.slots(1)
		check("next block")
	}
	finalized := w.chain.Finalized().Hash()
	if err := w.reorg(4); err != nil {
		t.Fatal(err)
	}
	check("reorg of all blocks that are not final")
	if w.chain.Finalized().Hash() != finalized {
		t.Error("a reorg replaced the finalized block")
	}

	// Distances that a restart made larger leave finalized where it was, and safe not below it.
	w.l1.cfg.SafeDistance, w.l1.cfg.FinalizedDistance = 20, 30
	w.slots(1)
	if w.chain.Finalized().Hash() != finalized {
		t.Errorf("with larger distances finalized went to %d", w.chain.Finalized().Number)
	}
	if w.chain.Safe().Hash() != finalized {
		t.Errorf("with larger distances safe is %d, want the finalized block %d", w.chain.Safe().Number, w.chain.Finalized().Number)
	}
}

func TestAReorgMustBeOfBlocksAboveTheFinalizedOne(t *testing.T) {
	w := newWorld(t)
	refused := func(depth, most uint64, words ...string) {
		t.Helper()
		head := w.head().Hash()
		err := w.reorg(depth)
		var bounds *DepthError
		if !errors.As(err, &bounds) || bounds.Depth != depth || bounds.Max != most {
			t.Fatalf("depth %d: %v, want a DepthError with at most %d", depth, err, most)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not say %q", err, word)
			}
		}
		if w.head().Hash() != head {
			t.Errorf("a refused reorg of depth %d moved the head", depth)
		}
	}
	refused(1, 0, "depth 1", "no block above the finalized one yet")
	w.slots(6)
	refused(0, 4, "depth 0", "between 1 and 4")
	refused(5, 4, "depth 5", "between 1 and 4")
	refused(1<<63, 4)
}

func TestAReorgOfDepthNReplacesExactlyNBlocksInTheirSlots(t *testing.T) {
	w := newWorld(t)
	w.slots(2)
	if err := w.l1.produce(t.Context(), 5); err != nil { // slots 3 and 4 stay empty on both sides
		t.Fatal(err)
	}
	w.slots(2)
	var old []*types.Block
	for n := range w.head().Number.Uint64() + 1 {
		old = append(old, w.block(n))
	}
	seen := map[common.Hash]bool{}
	for _, b := range old {
		seen[b.Hash()] = true
	}
	const depth = 3
	for round := range 3 { // each time others, also from the same fork
		if err := w.reorg(depth); err != nil {
			t.Fatal(err)
		}
		if got := w.head().Number.Uint64(); got != uint64(len(old)-1) {
			t.Fatalf("round %d: head is %d, want %d", round, got, len(old)-1)
		}
		for n, was := range old {
			is := w.block(uint64(n))
			if is.Time() != was.Time() {
				t.Errorf("round %d: block %d is at time %d, was at %d", round, n, is.Time(), was.Time())
			}
			if n < len(old)-depth {
				if is.Hash() != was.Hash() {
					t.Errorf("round %d: block %d below the fork was replaced", round, n)
				}
				continue
			}
			if seen[is.Hash()] {
				t.Errorf("round %d: block %d is one of those before", round, n)
			}
			seen[is.Hash()] = true
		}
	}
}

func TestAReorgIsNewAlsoAfterARestart(t *testing.T) {
	w := newWorld(t)
	w.slots(3)
	if err := w.reorg(2); err != nil {
		t.Fatal(err)
	}
	before := w.head().Hash()
	w.l1 = New(w.l1.cfg) // nothing remembered
	if err := w.reorg(2); err != nil {
		t.Fatal(err)
	}
	if w.head().Hash() == before {
		t.Error("the reorg after a restart made the same blocks again")
	}
}

func TestTransactionsOfReplacedBlocksComeBack(t *testing.T) {
	w := newWorld(t)
	w.slots(1)
	blobTx := w.blobs("first", "second")
	w.slots(1)
	plain := w.transfer()
	w.slots(1)
	old := w.block(2)
	if len(old.Transactions()) != 1 || len(w.block(3).Transactions()) != 1 {
		t.Fatalf("the transactions are not in blocks 2 and 3: %d and %d", len(old.Transactions()), len(w.block(3).Transactions()))
	}
	if err := w.reorg(2); err != nil {
		t.Fatal(err)
	}
	for n := uint64(2); n <= 3; n++ {
		if got := len(w.block(n).Transactions()); got != 0 {
			t.Errorf("block %d has %d transactions after the reorg", n, got)
		}
	}
	w.eventually("the transactions are in the pool again", func() bool {
		for _, tx := range []*types.Transaction{blobTx, plain} {
			if _, pending, err := w.client.TransactionByHash(t.Context(), tx.Hash()); err != nil || !pending {
				return false
			}
		}
		return true
	})
	w.slots(2)
	for _, tx := range []*types.Transaction{blobTx, plain} {
		receipt, err := w.client.TransactionReceipt(t.Context(), tx.Hash())
		if err != nil {
			t.Fatalf("transaction of type %d: %v", tx.Type(), err)
		}
		if receipt.Status != types.ReceiptStatusSuccessful || receipt.BlockNumber.Uint64() < 4 {
			t.Errorf("transaction of type %d is in block %d with status %d", tx.Type(), receipt.BlockNumber, receipt.Status)
		}
	}

	// Both sides can be read by versioned hash, each in its slot.
	receipt, _ := w.client.TransactionReceipt(t.Context(), blobTx.Hash())
	for _, block := range []*types.Block{old, w.block(receipt.BlockNumber.Uint64())} {
		got, err := w.beacon.Blobs(t.Context(), refOf(block), blobTx.BlobHashes())
		if err != nil {
			t.Fatalf("block %d: %v", block.NumberU64(), err)
		}
		for i, text := range []string{"first", "second"} {
			if want := blobOf(text); len(got) != 2 || *got[i] != eth.Blob(*want) {
				t.Errorf("blob %d of block %d differs", i, block.NumberU64())
			}
		}
	}
}

func refOf(b *types.Block) eth.L1Ref {
	return eth.L1Ref{Hash: b.Hash(), Number: b.NumberU64(), ParentHash: b.ParentHash(), Time: b.Time()}
}

// Run is driven by the clock; everything it decides is tested above.
func TestRunMakesTheBlockOfTheSlotThatIsNowAndObeysReorgs(t *testing.T) {
	w := newWorld(t)
	w.l1.cfg.BlockTime = 3600 // one slot for the whole test, give or take
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.l1.Run(ctx) }()
	w.eventually("a block", func() bool { return w.head().Number.Sign() > 0 })
	first := w.head()
	now := uint64(time.Now().Unix()) //nolint:gosec // after 1970
	if first.Number.Uint64() != 1 || first.Time > now || now-first.Time > 3600 {
		t.Errorf("the first block is %d at time %d, now is %d", first.Number, first.Time, now)
	}
	if err := w.l1.Reorg(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if w.head().Hash() == first.Hash() {
		t.Error("Reorg left the head")
	}
	var bounds *DepthError
	if err := w.l1.Reorg(t.Context(), 9); !errors.As(err, &bounds) {
		t.Errorf("reorg of depth 9: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	if err := w.l1.Reorg(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Reorg after the end: %v", err)
	}
}
