package driver

import (
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// oldPair is a sequencer and a verifier of a chain before Holocene.
func oldPair(t *testing.T) (s *sim, sequencer, verifier *node) {
	t.Helper()
	s = newSim(t, 1, 200)
	before(s.cfg, rollup.Holocene)
	sequencer, verifier = s.addNode("sequencer", Sequencing{Enabled: true}), s.addNode("verifier", Sequencing{})
	sequencer.fillBlocks()
	s.mineEvery(l1Pace)
	return s, sequencer, verifier
}

// Before Holocene the safe head moves with the last block of a span batch. Until then what is derived is pending; the engine is
// told of it as its head alone.
func TestBlocksOfASpanBatchArePendingUntilTheLast(t *testing.T) {
	s, _, verifier := oldPair(t)
	s.batcher.span = true
	pending := 0
	verifier.hold = func(e Effect) bool {
		build, ok := e.(BuildBlock)
		if !ok {
			return false
		}
		status := verifier.status().Sync
		if build.Labels.HeadBlockHash != status.PendingSafeL2.Hash || build.Labels.SafeBlockHash != status.SafeL2.Hash {
			t.Errorf("block on %s with safe head %s, pending safe is %s, safe %s", build.Labels.HeadBlockHash, build.Labels.SafeBlockHash, status.PendingSafeL2, status.SafeL2)
		}
		if status.PendingSafeL2.Number > status.SafeL2.Number {
			pending++
		}
		return false
	}
	s.run(100 * time.Second)
	if status := verifier.status().Sync; pending < 10 || status.SafeL2.Number < 20 || status.PendingSafeL2 != status.SafeL2 {
		t.Errorf("%d blocks were built on a pending one, safe head is %s, pending safe %s", pending, status.SafeL2, status.PendingSafeL2)
	}
	for _, w := range verifier.written {
		if verifier.engine.canon[w[1].Number] != w[1].Hash {
			t.Errorf("block %d was written down as safe, and is gone", w[1].Number)
		}
	}
}

// Before Holocene a span batch with an invalid block goes with all its blocks. Unsafe blocks that its first blocks had replaced
// come back (RULES 7.4), and become safe when they are posted as they are.
func TestRejectedSpanBatchGivesTheUnsafeChainBack(t *testing.T) {
	s, n, verifier := oldPair(t)
	s.batcher.span = true
	var bad uint64
	var original common.Hash
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes { // from the newest block down
		switch {
		case bad == 0 && number >= 20:
			bad, original = number, n.engine.canon[number-1]
			return append(txs[:1:1], badTx)
		case number == bad-1 && len(txs) > 0:
			return append(txs[:1:1], userTx("instead"))
		}
		return txs
	}
	restored := 0
	for _, node := range s.nodes {
		node.hold = func(e Effect) bool {
			if _, ok := e.(SetLabels); ok && node.driver.core.asked.kind == forkchoice.Restore {
				restored++
			}
			return false
		}
	}
	s.runUntil("a span batch is rejected", time.Minute, func() bool { return n.status().Counts.Rejected > 0 })
	s.batcher.change = nil
	unsafe, safe, _ := n.heads()
	if safe.Number >= bad-1 || unsafe.Number < bad || n.status().Sync.PendingSafeL2 != safe {
		t.Errorf("after block %d was rejected unsafe is %s, pending safe %s, safe %s", bad, unsafe, n.status().Sync.PendingSafeL2, safe)
	}
	s.run(2 * time.Minute)
	if n.engine.canon[bad-1] != original || verifier.engine.canon[bad-1] != original {
		t.Error("the block that was replaced is not back")
	}
	if _, safe, _ := verifier.heads(); safe.Number <= bad+10 || n.engine.canon[safe.Number] != safe.Hash {
		t.Errorf("the verifier's safe head %s does not go on after %d", safe, bad)
	}
	if restored == 0 || n.status().Counts.Restarts+verifier.status().Counts.Restarts > 0 {
		t.Errorf("%d times restored, %+v", restored, n.status().Counts)
	}
}

// Without pending blocks in the way nothing comes back: the tip that was pending is an unsafe block like any other.
func TestRejectedSpanBatchAtTheTipIsReplacedByTheNext(t *testing.T) {
	s, n, verifier := oldPair(t)
	s.batcher.span = true
	var bad uint64
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		if bad == 0 && number >= 20 {
			bad = number
			return append(txs[:1:1], badTx)
		}
		return txs
	}
	s.run(2 * time.Minute)
	_, safe, _ := verifier.heads()
	if safe.Number <= bad || n.engine.canon[safe.Number] != safe.Hash || verifier.status().Counts.Rejected != 1 {
		t.Errorf("the verifier's safe head is %s after block %d was invalid, %+v", safe, bad, verifier.status().Counts)
	}
}

// An engine that cannot be reached is asked again to go back to its head.
func TestRestoringTheHeadIsTriedAgain(t *testing.T) {
	s, n, _ := oldPair(t)
	s.batcher.span = true
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		switch number {
		case 20:
			return append(txs[:1:1], userTx("instead"))
		case 21:
			return append(txs[:1:1], badTx)
		}
		return txs
	}
	restoring := false
	n.hold = func(e Effect) bool {
		if n.driver.core.restore && isSetLabels(e) && !restoring {
			restoring, n.engine.fault = true, broken(errDown, "label")
		}
		return false
	}
	s.runUntil("the head is to be restored", time.Minute, func() bool { return restoring })
	s.run(5 * time.Second)
	if !n.driver.core.restore || len(n.status().Waits) == 0 {
		t.Errorf("it does not wait for the engine: %+v", n.status())
	}
	n.engine.fault = noFault
	s.runUntil("the head is restored", 15*time.Second, func() bool { return !n.driver.core.restore })
	if got := n.engine.canon[len(n.engine.canon)-1]; got != n.status().Sync.UnsafeL2.Hash && n.engine.blocks[got].ExecutionPayload.ParentHash != n.status().Sync.UnsafeL2.Hash {
		t.Errorf("the engine's head is %s, ours %s", got, n.status().Sync.UnsafeL2)
	}
}

// An engine may go back to the parent of a block that it then calls invalid. From Holocene on, too, it is told its head again
// before its block at that height is looked at.
func TestAnEngineThatWentBackIsToldItsHead(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		s, n, _ := pair(t, Sequencing{})
		n.engine.lazy = lazy
		var bad uint64
		s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
			if number >= 20 && bad == 0 {
				bad = number
				return append(txs[:1:1], badTx)
			}
			return txs
		}
		s.run(2 * time.Minute)
		if counts := n.status().Counts; counts.Restarts > 0 || counts.Rejected != 1 {
			t.Errorf("lazy %t: %+v", lazy, counts)
		}
	}
}

// What is derived again below a final block is held against it. Where they differ the engine must have refused what L1 has;
// only blocks of deposits cannot be refused.
func TestAResumedDerivationFindsOutWhatWasRejected(t *testing.T) {
	for name, old := range map[string]bool{"before Holocene": true, "from Holocene on": false} {
		for _, span := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s, _, verifier := oldPair(t)
				if !old {
					s, _, verifier = pair(t, Sequencing{})
				}
				s.batcher.span = span
				s.l1.lag = 0
				change := func(_ uint64, txs []hexutil.Bytes) []hexutil.Bytes {
					if s.rng.IntN(6) == 0 {
						return append(txs[:min(1, len(txs)):1], badTx)
					}
					return txs
				}
				s.batcher.change = change
				s.run(100 * time.Second)
				s.batcher.change = nil
				s.run(20 * time.Second)
				_, safe, final := verifier.heads()
				rejected := verifier.status().Counts.Rejected
				if final != safe || safe.Number < 20 || rejected < 2 {
					t.Fatalf("finalized is %s, safe %s, %d blocks were rejected", final, safe, rejected)
				}
				kept := slices.Clone(verifier.saved)
				for i := len(kept) - 1; i > 0; i-- {
					verifier.saved = slices.Clone(kept[:i])
					verifier.boot()
					s.run(4 * time.Second)
					_, now, _ := verifier.heads()
					if counts := verifier.status().Counts; counts.Restarts > 0 || now.Number < safe.Number {
						t.Fatalf("resumed from L1 block %d: safe head %s, was %s, %+v", verifier.kept(), now, safe, counts)
					}
				}
			})
		}
	}
}
