package driver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

func TestL1ReorgRewindsToTheForkPoint(t *testing.T) {
	for depth := 1; depth <= 5; depth++ {
		for _, shorter := range []bool{false, true} {
			t.Run(fmt.Sprintf("depth %d, new branch shorter at first %t", depth, shorter), func(t *testing.T) {
				s, sequencer, verifier := pair(t, Sequencing{})
				s.run(62 * time.Second)
				fork := s.l1.blocks[len(s.l1.blocks)-1-depth].L1Ref
				wantSafe := s.safeAt[fork.Hash]
				lowest := verifier.driver.core.heads.Safe
				reads := 0
				s.l1.fault = func(op string) (error, bool) {
					if op == "l1" {
						reads++
					}
					return nil, false
				}
				sequencer.boot() // so that the reads are the verifier's, apart from this
				s.run(10 * time.Millisecond)
				if shorter {
					gone := s.l1.drop(depth)
					s.l1.mine(gone[0].Time)
					s.batcher.forget()
					s.tellHeads()
				} else {
					s.reorg(depth)
				}
				s.runUntil("the verifier is on the new branch", time.Minute, func() bool {
					if safe := verifier.driver.core.heads.Safe; safe.Number < lowest.Number {
						lowest = safe
					}
					at := verifier.status().Sync.CurrentL1
					return at == s.l1.head()
				})
				if lowest != wantSafe {
					t.Errorf("went back to %s, safe at the fork point %s is %s", lowest, fork, wantSafe)
				}
				// One rewind per block that is gone, and one look at a block of the new branch above each.
				if got := verifier.said("rewinding"); got != depth {
					t.Errorf("%d rewinds", got)
				}
				if n := verifier.said("starting over"); n != 0 {
					t.Errorf("%d new starts", n)
				}
				s.run(40 * time.Second)
				unsafe, safe, _ := sequencer.heads()
				if _, theirs, _ := verifier.heads(); theirs.Number < wantSafe.Number+10 || !sequencer.engine.onChain(theirs.Hash, unsafe.Hash) {
					t.Errorf("verifier's safe head %s, sequencer's %s", theirs, safe)
				}
			})
		}
	}
}

func TestL1HeadThatLagsOnTheSameChainIsNoReorg(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(62 * time.Second)
	at := verifier.status().Sync.CurrentL1
	h := s.l1.heads()
	h.Head = s.l1.blocks[at.Number-3].L1Ref
	verifier.handle(h)
	s.run(time.Second)
	if got := verifier.status().Sync.CurrentL1; got != at || verifier.said("rewinding") != 0 {
		t.Errorf("derivation is at %s, it was at %s", got, at)
	}
}

func TestL1ThatContradictsItselfIsNotPressed(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(62 * time.Second)
	head := s.l1.head()
	liar := *s.l1.blocks[head.Number]
	liar.Number, liar.ParentHash, liar.Hash = head.Number+1, common.Hash{1}, common.Hash{2}
	s.l1.blocks = append(s.l1.blocks, &liar) // its parent is nowhere to be found
	s.batcher.off, verifier.most = true, 0
	s.events = nil
	verifier.handle(s.l1.heads())
	before := verifier.total
	verifier.waits = nil
	s.run(20 * time.Second)
	other := func(w Wait) bool { return w.Lane != "l1" || w.Fault != eth.L1BlockMissing }
	if len(verifier.waits) == 0 || slices.ContainsFunc(verifier.waits, other) {
		t.Errorf("waits %+v, want some for a block that L1's own head stands on", verifier.waits)
	}
	if steps := verifier.total - before; steps < 100 || steps > 3000 {
		t.Errorf("%d steps in 20 seconds", steps)
	}
	s.l1.drop(1)
	s.mineEvery(l1Pace)
	s.run(30 * time.Second)
	if at := verifier.status().Sync.CurrentL1; at != s.l1.head() {
		t.Errorf("derivation is at %s, L1 at %s", at, s.l1.head())
	}
}

func TestL1ReorgBelowTheFinalizedBlockIsANewStart(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.run(2 * time.Minute)
	_, _, final := verifier.heads()
	if final.Number == 0 {
		t.Fatal("nothing is final")
	}
	s.perjury = true
	depth := len(s.l1.blocks) - int(final.L1Origin.Number)
	gone := s.l1.drop(depth)
	s.batcher.off = true
	for _, b := range gone {
		s.l1.mine(b.Time)
	}
	s.l1.finalized = final.L1Origin.Number - 2
	s.tellHeads()
	s.run(30 * time.Second)
	for _, n := range []*node{sequencer, verifier} {
		if n.said("starting over") == 0 || n.said("no start found") == 0 {
			t.Errorf("%s: %d new starts, %d without success", n.name, n.said("starting over"), n.said("no start found"))
		}
		st := n.status()
		if st.Started || len(st.Waits) == 0 || st.Waits[len(st.Waits)-1].Lane != "start" ||
			!strings.Contains(st.Waits[len(st.Waits)-1].Cause, "wrong L1, or it has reorganised") {
			t.Errorf("%s: status %+v", n.name, st)
		}
		if n.engine.ref(final.Number) != final {
			t.Errorf("%s: block %d is %s, final was %s", n.name, final.Number, n.engine.ref(final.Number), final)
		}
		if n.most > 600 {
			t.Errorf("%s: %d steps in a second", n.name, n.most)
		}
	}
}

func TestConsolidationBuildsNothing(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	s.run(2 * time.Minute)
	if _, safe, _ := n.heads(); safe.Number < 40 || slices.Contains(n.engine.calls, "build") {
		t.Errorf("safe head %s, builds %t", safe, slices.Contains(n.engine.calls, "build"))
	}
	if slices.Contains(verifier.engine.calls, "start") || !slices.Contains(verifier.engine.calls, "build") {
		t.Error("the verifier does not build what it derives, or sequences")
	}
}

func TestUnsafeBlockThatDiffersFromL1IsReplaced(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	var changed uint64
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		if number >= 20 && changed == 0 {
			changed = number
			return append(txs[:1:1], userTx("L1 knows better"))
		}
		return txs
	}
	s.run(2 * time.Minute)
	block := n.engine.blocks[n.engine.canon[changed]].ExecutionPayload
	if len(block.Transactions) != 3 || string(block.Transactions[2]) != string(userTx("L1 knows better")) {
		t.Fatalf("block %d has %d transactions", changed, len(block.Transactions))
	}
	if verifier.engine.canon[changed] != block.BlockHash || n.said("unsafe block differs from L1, it will be replaced") != 1 {
		t.Error("the verifier has another block, or the difference is not reported once")
	}
	if unsafe, safe, _ := n.heads(); safe.Number <= changed || unsafe.Time+4 < uint64(s.now.Unix()) {
		t.Errorf("unsafe %s, safe %s: does not go on", unsafe, safe)
	}
}

func TestRejectedDerivedBlockIsReplacedByDepositsOnly(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	var bad uint64
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		if number >= 20 && bad == 0 {
			bad = number
			return append(txs[:1:1], badTx)
		}
		return txs
	}
	s.run(2 * time.Minute)
	block := n.engine.blocks[n.engine.canon[bad]].ExecutionPayload
	if len(block.Transactions) != 1 || !eth.IsDeposit(block.Transactions[0]) {
		t.Fatalf("block %d has %d transactions, want the L1 info alone", bad, len(block.Transactions))
	}
	if verifier.engine.canon[bad] != block.BlockHash {
		t.Error("the verifier has another block")
	}
	for _, d := range []map[string]int{n.status().Dropped, verifier.status().Dropped} {
		if d["block/engine-rejected"] != 1 {
			t.Errorf("dropped %v, want one block", d)
		}
	}
	if _, safe, _ := n.heads(); safe.Number <= bad {
		t.Errorf("safe head %s does not go on after %d", safe, bad)
	}
	for _, n := range []*node{n, verifier} {
		if n.driver.core.refusal != nil {
			t.Errorf("a later end would be blamed on the engine: %v", n.driver.core.refusal)
		}
	}
}

func TestRejectedDepositsEndTheNodeWithTheReason(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	s.run(30 * time.Second)
	verifier.engine.invalid = func([]byte) bool { return true }
	s.run(30 * time.Second)
	if verifier.failed == nil || !strings.Contains(verifier.failed.Error(), "deposits only") {
		t.Fatalf("ended with %v", verifier.failed)
	}
	if got := verifier.status(); got.Failure != verifier.failed.Error() || got.Fault != eth.EngineRejectsBlock {
		t.Errorf("status says %q, %s", got.Failure, got.Fault)
	}
	if words := eth.Rejected("a transaction is bad").Error(); !strings.Contains(verifier.failed.Error(), words) {
		t.Errorf("ended with %v, want the engine's words in it: %s", verifier.failed, words)
	}
	if more := verifier.driver.core.Handle(s.now, L1Fetched{Err: errDown}); more != nil {
		t.Errorf("effects %v after the end", more)
	}
	if n.failed != nil {
		t.Errorf("the sequencer ended too: %v", n.failed)
	}
}

func TestMissingBlobsWaitAndNameTheBlock(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.batcher.blob = true
	s.run(30 * time.Second)
	if _, safe, _ := verifier.heads(); safe.Number == 0 {
		t.Fatal("nothing is derived from blobs")
	}
	s.l1.fault = broken(fmt.Errorf("blobs: %w", eth.ErrNotFound), "blobs")
	s.run(30 * time.Second)
	at := verifier.status().Sync.CurrentL1
	if _, waits := verifier.driver.core.want.(derive.NeedBlobs); !waits {
		t.Fatalf("wants %T", verifier.driver.core.want)
	}
	w := verifier.status().Waits
	if len(w) != 1 || w[0].Lane != "l1" || !strings.Contains(w[0].Cause, "blobs of L1 block "+at.String()) || w[0].Failures < 6 || w[0].Failures > 20 {
		t.Errorf("waits %+v for blobs of %s", w, at)
	}
	s.l1.fault = noFault
	s.run(30 * time.Second)
	if now := verifier.status().Sync.CurrentL1; now.Number < at.Number+5 || len(verifier.status().Waits) != 0 {
		t.Errorf("derivation is at %s, waits %+v", now, verifier.status().Waits)
	}
}

// Nobody serves the blobs of a block that is gone, however far L1 has gone on since.
func TestBlobsOfAnOrphanedBlockAreGivenUp(t *testing.T) {
	for _, later := range []int{0, 1, 5} {
		t.Run(fmt.Sprintf("%d blocks later", later), func(t *testing.T) {
			s, _, verifier := pair(t, Sequencing{})
			s.batcher.blob = true
			s.run(30 * time.Second)
			s.l1.fault = broken(errDown, "blobs")
			s.runUntil("blobs are needed", time.Minute, func() bool { _, waits := verifier.driver.core.want.(derive.NeedBlobs); return waits })
			s.run(time.Second)
			gone := verifier.status().Sync.CurrentL1
			s.batcher.off = true
			s.reorg(1 + int(s.l1.head().Number-gone.Number))
			for range later {
				s.l1.mine(uint64(s.now.Unix()))
			}
			s.run(30 * time.Second)
			if at := verifier.status().Sync.CurrentL1; at.Number < gone.Number+3 || !s.l1.canonical(at.ID()) {
				t.Errorf("derivation is at %s, L1 at %s; the block that is gone is %s", at, s.l1.head(), gone)
			}
		})
	}
}

// Unsafe blocks are looked at after a rewind even if nobody builds on them, and again if L1 goes back further meanwhile.
func TestUnsafeBlocksAreLookedAtUntilL1Rests(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(62 * time.Second)
	s.batcher.off = true
	n.ask(1, StopSequencer{ID: 1})
	s.reorg(1)
	n.until(func(e Effect) bool { _, ok := e.(TruncateUnsafe); return ok })
	fork := s.l1.blocks[len(s.l1.blocks)-6].Number
	s.reorg(5)
	s.run(5 * time.Second)
	n.release()
	s.run(time.Second)
	unsafe, _, _ := n.heads()
	if !s.l1.canonical(unsafe.L1Origin) || unsafe.L1Origin.Number > fork || unsafe.L1Origin.Number+1 < fork {
		t.Errorf("unsafe head %+v, fork at L1 block %d", unsafe, fork)
	}
}

// The block of the start can lose its L1 origin before derivation has come there. Going back in L1 would not help.
func TestStartWhoseL1OriginGoesAwayIsANewStart(t *testing.T) {
	s := newSim(t, 1, 5)
	s.l1.lag = 1000
	var origins []*eth.L1Block
	for i := range 30 {
		origins = append(origins, s.l1.mine(genesisTime+uint64(i)*2+2))
	}
	s.now = time.Unix(genesisTime+62, 0)
	n := s.addNode("verifier", Sequencing{})
	n.engine.extend(origins...)
	n.engine.safe = n.engine.canon[28]
	n.until(func(e Effect) bool { f, ok := e.(FetchL1); return ok && f.Number == 10 })
	old := n.driver.core.heads.Safe
	s.reorg(12)
	n.release()
	s.run(20 * time.Second)
	safe := n.driver.core.heads.Safe
	if n.said("starting over") != 1 || n.said("rewinding") != 0 {
		t.Errorf("%d new starts, %d rewinds", n.said("starting over"), n.said("rewinding"))
	}
	if old.Number < 20 || !s.l1.canonical(safe.L1Origin) || safe.Number < 20 || n.engine.onChain(old.Hash, safe.Hash) {
		t.Errorf("safe head %+v after %s", safe, old)
	}
}

func TestSafeHeadIsWrittenDownForEachL1Block(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(62 * time.Second)
	s.l1.fault = broken(errors.New("disk is full"), "record")
	s.run(10 * time.Second)
	stuck := verifier.status()
	if len(stuck.Waits) == 0 || !strings.Contains(stuck.Waits[0].Cause, "disk is full") {
		t.Errorf("a failing disk does not show: %+v", stuck.Waits)
	}
	s.l1.fault = noFault
	s.run(40 * time.Second)
	s.reorg(3)
	s.run(62 * time.Second)
	for i, w := range verifier.written {
		l1, l2 := w[0], w[1]
		if l1.Number != uint64(i) || !s.l1.canonical(l1) || l2 != s.safeAt[l1.Hash].ID() && i > 0 {
			t.Fatalf("entry %d: L1 block %s, safe head %s, want %s", i, l1, l2, s.safeAt[l1.Hash])
		}
	}
	if at := verifier.status().Sync.CurrentL1.Number; uint64(len(verifier.written)) < at {
		t.Errorf("%d entries, derivation is at L1 block %d", len(verifier.written), at)
	}
}
