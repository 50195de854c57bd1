package driver

import (
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

const (
	saysMissing = "blocks are missing: the engine is to fetch them"
	saysInvalid = "unsafe block is invalid"
)

// gapped makes a chain whose batcher rests, and a node at the safe head of it that was told of all blocks above but the first
// three. Its engine can fetch blocks, if it has a peer.
func gapped(t *testing.T) (s *sim, sequencer, follower *node) {
	t.Helper()
	s, sequencer, _ = pair(t, Sequencing{})
	follower = s.addNode("follower", Sequencing{})
	follower.ports.Sync = follower.engine
	follower.boot()
	s.apart(sequencer, follower)
	s.batcher.off = true
	return s, sequencer, follower
}

// tellAfterGap posts the sequencer's blocks from three above a node's head on.
func (n *node) tellAfterGap(sequencer *node) (tip eth.L2Ref) {
	n.sim.tb.Helper()
	head, _, _ := n.heads()
	tip, _, _ = sequencer.heads()
	if head.Number+4 > tip.Number {
		n.sim.fatalf("no room for a gap between %s and %s", head, tip)
	}
	for number := head.Number + 4; number <= tip.Number; number++ {
		n.post(number, sequencer, number)
	}
	return tip
}

// Blocks that nobody tells of are fetched by the engine from its own peers, if derivation does not have them (RULES 7.8).
func TestAGapIsFilledByTheEngine(t *testing.T) {
	s, sequencer, follower := gapped(t)
	before, _, _ := follower.heads()
	tip := follower.tellAfterGap(sequencer)
	s.run(3 * time.Second)
	if follower.said(saysMissing) != 0 || follower.status().Queue.Fetching {
		t.Fatal("the engine is told before two block times are over")
	}
	s.run(10 * time.Second)
	if head, _, _ := follower.heads(); follower.said(saysMissing) != 1 || !follower.status().Queue.Fetching || head != before {
		t.Fatalf("told %d times, head is %s", follower.said(saysMissing), head)
	}

	follower.engine.peer = sequencer.engine
	s.run(5 * time.Second)
	head, safe, _ := follower.heads()
	if head != tip || safe.Number > before.Number || follower.said("inserted") == 0 {
		t.Errorf("head is %s, the sequencer's was %s; safe is %s", head, tip, safe)
	}
	if q := follower.status().Queue; q.Blocks != 0 || q.Fetching {
		t.Errorf("after the gap: %+v", q)
	}

	s.batcher.off = false
	s.run(60 * time.Second)
	if _, safe, _ := follower.heads(); safe.Number <= tip.Number || follower.status().Counts.Replaced != 0 || follower.status().Counts.Restarts != 0 {
		t.Errorf("safe head is %s, %+v", safe, follower.status().Counts)
	}
}

// The engine is told again, as it may have found peers, but no more often than every two block times.
func TestAnEngineIsToldOfAGapNowAndThen(t *testing.T) {
	s, sequencer, follower := gapped(t)
	asked := 0
	follower.engine.fault = func(op string) (error, bool) {
		if op == "sync" {
			asked++
		}
		return nil, false
	}
	follower.tellAfterGap(sequencer)
	s.run(42 * time.Second)
	if asked < 8 || asked > 10 || follower.said(saysMissing) != 1 {
		t.Errorf("told %d times, said %d times", asked, follower.said(saysMissing))
	}
}

// While derivation has work it fills the gap itself: an engine that fetches could refuse its blocks.
func TestAGapIsLeftToDerivationThatHasWork(t *testing.T) {
	s, sequencer, follower := gapped(t)
	follower.hold = func(e Effect) bool { _, fetch := e.(FetchL1); return fetch }
	s.mine()
	follower.tellAfterGap(sequencer)
	s.run(30 * time.Second)
	if follower.said(saysMissing) != 0 {
		t.Error("the engine is told")
	}
	follower.release()
	s.run(10 * time.Second)
	if follower.said(saysMissing) != 1 {
		t.Error("the engine is not told afterwards")
	}
}

// A block after the gap that is bad takes along what stands on it: the engine is not troubled with one after the other.
func TestABlockAfterAGapThatIsInvalidIsLeftOut(t *testing.T) {
	for says, fault := range map[string]error{saysInvalid: eth.Rejected("bad state root"), "unsafe blocks do not belong to the safe chain": eth.ErrForkchoice} {
		t.Run(says, func(t *testing.T) {
			s, sequencer, follower := gapped(t)
			follower.engine.fault = func(op string) (error, bool) {
				if op == "sync" {
					return fault, false
				}
				return nil, false
			}
			s.run(10 * time.Second)
			follower.tellAfterGap(sequencer)
			s.run(20 * time.Second)
			if q := follower.status().Queue; q.Blocks != 0 || q.Fetching {
				t.Errorf("it waits: %+v", q)
			}
			if restarts := follower.status().Counts.Restarts; follower.said(says) != 1 || restarts != 0 {
				t.Errorf("said %d times, %d new starts", follower.said(says), restarts)
			}
		})
	}
}
