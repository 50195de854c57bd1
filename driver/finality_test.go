package driver

import (
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// A finalized L1 block that derivation has read itself proves its snapshot.
func TestFinalizedIsTheSafeHeadAtTheFinalizedL1Block(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(62 * time.Second)
	if _, _, final := verifier.heads(); final.Number != 0 {
		t.Fatalf("finalized is %s before L1 has finalized anything", final)
	}
	for _, number := range []uint64{7, 9, 12} {
		s.l1.finalized = number
		verifier.handle(s.l1.heads())
		if _, _, final := verifier.heads(); final != s.safeAt[s.l1.blocks[number].Hash] || final.Number == 0 {
			t.Errorf("finalized is %s, safe at L1 block %d is %s", final, number, s.safeAt[s.l1.blocks[number].Hash])
		}
	}
	h := s.l1.heads()
	h.Finalized = s.l1.blocks[8].L1Ref // late news
	verifier.handle(h)
	if _, _, final := verifier.heads(); final != s.safeAt[s.l1.blocks[12].Hash] {
		t.Errorf("finalized goes back to %s", final)
	}
}

// A finalized L1 block of another branch, or one that is not read yet, proves nothing about blocks that were read before
// it was final.
func TestFinalizedBlockThatIsNotReadProvesNothing(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(62 * time.Second)
	at := verifier.status().Sync.CurrentL1
	for name, final := range map[string]eth.L1Ref{
		"other branch": {Number: at.Number - 3, Hash: [32]byte{1}},
		"above":        {Number: at.Number + 2, Hash: [32]byte{2}},
		"unknown":      {},
	} {
		h := s.l1.heads()
		h.Finalized = final
		verifier.handle(h)
		if _, _, got := verifier.heads(); got.Number != 0 {
			t.Errorf("%s: finalized is %s", name, got)
		}
	}
}

// A block that was fetched when its height was final already is final, and so is what was derived from it.
func TestBlocksFetchedAfterTheirFinalityAreProven(t *testing.T) {
	s, sequencer, _ := pair(t, Sequencing{})
	s.run(100 * time.Second)
	late := s.addNode("late", Sequencing{})
	late.hold = func(e Effect) bool { f, ok := e.(FetchL1); return ok && f.Number == s.l1.finalized-3 }
	s.runUntil("it has read up to four blocks below the finalized one", 3*time.Second, func() bool { return len(late.held) > 0 })
	at := late.status().Sync.CurrentL1
	_, safe, final := late.heads()
	if at.Number+4 != s.l1.finalized || final != safe || final != s.safeAt[at.Hash] || final.Number == 0 {
		t.Errorf("at %s finalized is %s, safe %s; L1's finalized block is %d", at, final, safe, s.l1.finalized)
	}
	late.release()
	s.run(time.Second)
	_, _, theirs := sequencer.heads()
	if _, safe, final := late.heads(); final != theirs || safe.Number <= final.Number {
		t.Errorf("finalized is %s, of the others %s, safe %s", final, theirs, safe)
	}
}

// What the safe head of the start was derived from is not known, so nothing is final because of it.
func TestTheSafeHeadOfTheStartIsNotProven(t *testing.T) {
	s := newSim(t, 1, 5)
	var origins []*eth.L1Block
	for i := range 30 {
		origins = append(origins, s.l1.mine(genesisTime+uint64(i)*2+2))
	}
	s.now = time.Unix(genesisTime+62, 0)
	n := s.addNode("verifier", Sequencing{})
	n.engine.extend(origins...)
	n.engine.safe = n.engine.canon[28]
	core := n.driver.core
	s.runUntil("the start is found", time.Second, func() bool { return core.startSafe > 20 })
	steps := 0
	for ; core.heads.Safe.Number == core.startSafe; steps++ {
		if core.heads.Finalized.Number != 0 {
			t.Fatalf("finalized is %s, the start is %d, derivation at %s", core.heads.Finalized, core.startSafe, core.machine.Origin())
		}
		s.run(time.Millisecond)
	}
	if at := core.machine.Origin().Number; steps < 20 || core.settled < 20 {
		t.Errorf("%d steps to L1 block %d, read as final up to %d", steps, at, core.settled)
	}
}

// News that come while the engine is being told older ones are told too.
func TestLabelsThatChangeDuringACallAreTold(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(62 * time.Second)
	verifier.until(isSetLabels)
	s.l1.finalized = 9
	s.events = nil // L1 stands still
	verifier.handle(s.l1.heads())
	verifier.release()
	s.run(10 * time.Second)
	if _, _, final := verifier.heads(); final.Number == 0 || verifier.engine.finalized != final.Hash {
		t.Errorf("finalized is %s, the engine's %s", final, verifier.engine.finalized)
	}
}

// A block that was asked for before its height was final may be of another branch.
func TestABlockAskedForBeforeItsFinalityIsNotProven(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000
	s.run(62 * time.Second)
	s.events = nil // L1 stands still
	verifier.hold = func(e Effect) bool { _, ok := e.(FetchL1); return ok }
	block := s.l1.mine(uint64(s.now.Unix()))
	h := s.l1.heads()
	verifier.handle(h)
	if len(verifier.held) != 1 {
		t.Fatal("the block is not asked for")
	}
	h.Finalized = eth.L1Ref{Hash: [32]byte{1}, Number: block.Number}
	verifier.handle(h)
	delete(verifier.busy, "l1")
	verifier.handle(L1Fetched{Block: block})
	if _, _, final := verifier.heads(); final.Number != 0 || verifier.status().Sync.CurrentL1 != block.L1Ref {
		t.Errorf("finalized is %s, derivation at %s", final, verifier.status().Sync.CurrentL1)
	}
}

func TestHistoryIsKeptBackToFinality(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(4 * time.Minute)
	if n := verifier.driver.core.history.Len(); n < int(s.l1.lag) || n > int(s.l1.lag)+2 {
		t.Errorf("%d snapshots, L1 finalizes %d blocks late", n, s.l1.lag)
	}
}
