package driver

import (
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// askedOf are the L1 blocks that a node has derivation fetch from now on.
func (n *node) askedOf() *[]uint64 {
	var asked []uint64
	n.hold = func(e Effect) bool {
		if f, ok := e.(FetchL1); ok {
			asked = append(asked, f.Number)
		}
		return false
	}
	return &asked
}

// kept is the L1 block of the newest snapshot on disk.
func (n *node) kept() uint64 {
	if len(n.saved) == 0 {
		return 0
	}
	return n.saved[len(n.saved)-1].l1
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(100 * time.Second)
	kept := verifier.kept()
	_, safe, final := verifier.heads()
	if kept+4 < verifier.status().Sync.CurrentL1.Number || kept == 0 {
		t.Fatalf("the newest snapshot is of L1 block %d, derivation is at %s", kept, verifier.status().Sync.CurrentL1)
	}
	verifier.boot()
	asked := verifier.askedOf()
	s.runUntil("it is where it was", time.Second, func() bool { _, now, _ := verifier.heads(); return now.Number >= safe.Number })
	if slices.ContainsFunc(*asked, func(n uint64) bool { return n <= kept }) || len(*asked) > 4 {
		t.Errorf("it had read up to %d, and asks for %d", kept, *asked)
	}
	if _, _, now := verifier.heads(); now.Number < final.Number {
		t.Errorf("finalized goes back from %s to %s", final, now)
	}
	if !verifier.started(true) {
		t.Error("it does not say so")
	}
}

// A process that is killed before anything is safe leaves a snapshot too. The safe head as of each L1 block stays known: a
// gap in the index would stay for good.
func TestARestartBeforeAnythingIsSafeLeavesNoGap(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.batcher.off = true
	s.run(60 * time.Second)
	verifier.boot()
	s.run(30 * time.Second)
	s.batcher.off = false
	s.run(60 * time.Second)
	if _, safe, _ := verifier.heads(); safe.Number == 0 || !verifier.started(true) {
		t.Fatalf("safe head is %s", safe)
	}
	for i, w := range verifier.written[1:] {
		if before := verifier.written[i][0].Number; w[0].Number != before+1 {
			t.Errorf("nothing is written down between L1 blocks %d and %d", before, w[0].Number)
		}
	}
}

// started says whether a start was found by way of a snapshot, or without.
func (n *node) started(resumed bool) bool {
	return slices.ContainsFunc(n.reports, func(r Report) bool {
		at := slices.Index(r.Fields, any("resumed"))
		return r.Message == "start found" && at >= 0 && r.Fields[at+1] == resumed
	})
}

func TestARestartUsesAnOlderSnapshotIfTheEngineHasLostBlocks(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000 // nothing is final
	s.run(100 * time.Second)
	newest := verifier.kept()
	verifier.engine.lose(12)
	verifier.boot()
	asked := verifier.askedOf()
	s.run(20 * time.Second)
	if len(*asked) == 0 || (*asked)[0] > newest || (*asked)[0]+12 < newest {
		t.Errorf("snapshots reach to L1 block %d, it asks for %d", newest, *asked)
	}
	if !verifier.started(true) {
		t.Error("it did not resume")
	}
	_, safe, _ := verifier.heads()
	unsafe, _, _ := sequencer.heads()
	if !sequencer.engine.onChain(safe.Hash, unsafe.Hash) || safe.Number+14 < unsafe.Number {
		t.Errorf("safe head is %s, the sequencer's head %s", safe, unsafe)
	}
}

func TestARestartWalksIfNoSnapshotFits(t *testing.T) {
	for name, spoil := range map[string]func(*node){
		"the disk was emptied": func(n *node) { n.saved = nil },
		"the engine was restored to genesis": func(n *node) {
			n.engine.safe, n.engine.finalized = n.engine.canon[0], n.engine.canon[0]
			n.engine.lose(1000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, sequencer, verifier := pair(t, Sequencing{})
			s.run(60 * time.Second)
			spoil(verifier)
			verifier.final = eth.L2Ref{}
			verifier.boot()
			s.run(20 * time.Second)
			if !verifier.started(false) {
				t.Error("it did not walk")
			}
			_, safe, _ := verifier.heads()
			unsafe, _, _ := sequencer.heads()
			if !sequencer.engine.onChain(safe.Hash, unsafe.Hash) || safe.Number+14 < unsafe.Number {
				t.Errorf("safe head is %s, the sequencer's head %s", safe, unsafe)
			}
		})
	}
}

func TestL1MayReorganiseWhileTheNodeIsDown(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(100 * time.Second)
	verifier.boot()
	s.reorg(5) // before it can look
	asked := verifier.askedOf()
	s.run(40 * time.Second)
	if len(*asked) == 0 || (*asked)[0] > verifier.kept()+1 {
		t.Errorf("it asks for %d", *asked)
	}
	if verifier.status().Counts.Rewinds == 0 || verifier.status().Counts.Restarts != 0 {
		t.Errorf("%+v, want rewinds and no new start", verifier.status().Counts)
	}
	_, safe, _ := verifier.heads()
	unsafe, _, _ := sequencer.heads()
	if !sequencer.engine.onChain(safe.Hash, unsafe.Hash) || safe.Number+14 < unsafe.Number {
		t.Errorf("safe head is %s, the sequencer's head %s", safe, unsafe)
	}
}

// After a restart the history begins with the snapshot. What was safe as of an older L1 block is on disk.
func TestFinalityComesFromWhatWasWrittenDown(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(100 * time.Second)
	verifier.saved = verifier.saved[len(verifier.saved)-1:] // no snapshot is old enough
	verifier.boot()
	s.run(time.Second)
	number := verifier.kept() - 6
	s.l1.finalized = number
	verifier.handle(s.l1.heads())
	s.run(time.Second)
	if _, _, final := verifier.heads(); final != s.safeAt[s.l1.blocks[number].Hash] || final.Number == 0 {
		t.Errorf("finalized is %s, safe at L1 block %d is %s", final, number, s.safeAt[s.l1.blocks[number].Hash])
	}
	for i := range verifier.written { // another L1 block of that height
		verifier.written[i][0].Hash[0] ^= 1
	}
	_, _, before := verifier.heads()
	s.l1.finalized++
	verifier.handle(s.l1.heads())
	s.run(time.Second)
	if _, _, final := verifier.heads(); final != before {
		t.Errorf("finalized is %s because of an L1 block that is not on the chain", final)
	}
}

// In catch-up all that is derived is final at once. A snapshot is always older: the blocks since are derived once more, and
// compared with what the engine has.
func TestAResumedDerivationRepeatsWhatIsFinal(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 0
	s.run(100 * time.Second)
	_, safe, final := verifier.heads()
	if final != safe || safe.Number < 20 {
		t.Fatalf("finalized is %s, safe %s", final, safe)
	}
	verifier.saved = verifier.saved[:len(verifier.saved)-2]
	kept, written := verifier.kept(), len(verifier.written)
	verifier.boot()
	asked := verifier.askedOf()
	s.run(10 * time.Millisecond)
	if _, now, final := verifier.heads(); now != safe || final != safe {
		t.Errorf("safe is %s, finalized %s, were %s", now, final, safe)
	}
	s.run(10 * time.Second)
	if len(*asked) == 0 || (*asked)[0] != kept+1 || !verifier.started(true) {
		t.Errorf("it had read up to %d, and asks for %d", kept, *asked)
	}
	if now := verifier.status(); now.Counts.Restarts != 0 || now.Counts.Consolidated == 0 || now.Sync.SafeL2.Number <= safe.Number || len(verifier.written) < written {
		t.Errorf("safe head is %s, %+v, %d entries written down, were %d", now.Sync.SafeL2, now.Counts, len(verifier.written), written)
	}
}

func TestARepeatedBlockThatWasRejectedIsNotTriedAgain(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.l1.lag = 0
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		if number%7 == 3 {
			return append(txs[:len(txs):len(txs)], badTx)
		}
		return txs
	}
	s.run(100 * time.Second)
	rejected := verifier.status().Counts.Rejected
	_, safe, _ := verifier.heads()
	verifier.saved = verifier.saved[:1]
	verifier.boot()
	verifier.engine.calls = nil
	s.run(100 * time.Millisecond)
	if rejected < 3 || verifier.status().Counts.Rejected != 0 || verifier.status().Counts.Restarts != 0 || slices.Contains(verifier.engine.calls, "build") {
		t.Errorf("%d blocks were rejected; again: %+v, calls %v", rejected, verifier.status().Counts, verifier.engine.calls)
	}
	s.run(30 * time.Second)
	if _, now, _ := verifier.heads(); now.Number <= safe.Number || verifier.status().Counts.Restarts != 0 || sequencer.failed != nil {
		t.Errorf("safe head is %s, was %s; %+v", now, safe, verifier.status().Counts)
	}
}

func TestAFinalBlockThatDiffersFromL1IsNoUnsafeBlock(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 0
	s.run(100 * time.Second)
	verifier.saved = verifier.saved[:len(verifier.saved)-2]
	_, safe, _ := verifier.heads()
	e := verifier.engine
	e.blocks[e.canon[safe.Number-3]].ExecutionPayload.GasLimit++ // a damaged database
	verifier.boot()
	s.run(5 * time.Second)
	if verifier.said("starting over") == 0 || verifier.status().Counts.Replaced != 0 {
		t.Errorf("%+v", verifier.status().Counts)
	}
}
