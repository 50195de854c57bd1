package driver

import (
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

const l1Pace = 4 * time.Second

// pair is a sequencer and a verifier on a fault-free L1 with a block every four seconds.
func pair(t *testing.T, seq Sequencing) (s *sim, sequencer, verifier *node) {
	t.Helper()
	s = newSim(t, 1, 200)
	seq.Enabled = true
	sequencer, verifier = s.addNode("sequencer", seq), s.addNode("verifier", Sequencing{})
	sequencer.fillBlocks()
	s.mineEvery(l1Pace)
	return s, sequencer, verifier
}

func isStartJob(e Effect) bool    { _, ok := e.(StartJob); return ok }
func isSealJob(e Effect) bool     { _, ok := e.(SealJob); return ok }
func isInsertBlock(e Effect) bool { _, ok := e.(InsertBlock); return ok }
func isSetLabels(e Effect) bool   { _, ok := e.(SetLabels); return ok }

// until lets time pass until an effect of a kind is held back.
func (n *node) until(hold func(Effect) bool) {
	n.sim.tb.Helper()
	n.hold = hold
	n.sim.runUntil("effect to hold back", time.Minute, func() bool { return len(n.held) > 0 })
}

func TestStopWaitsUntilTheSealedBlockIsTheHead(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(10 * time.Second)
	n.until(isInsertBlock)
	before, _, _ := n.heads()
	n.handle(StopSequencer{ID: 1})
	s.run(10 * time.Second)
	if r, ok := n.replies[1]; ok {
		t.Fatalf("answer %+v while the sealed block is not inserted", r)
	}
	if n.status().Sequencer.Active {
		t.Error("the sequencer is still active")
	}
	n.release()
	s.run(10 * time.Second)
	head, _, _ := n.heads()
	if r := n.replies[1]; r.Err != nil || r.Hash != head.Hash || head.ParentHash != before.Hash {
		t.Fatalf("answer %+v, head %s after %s", r, head, before)
	}
	if last := n.shared[len(n.shared)-1].ExecutionPayload.BlockHash; last != head.Hash {
		t.Errorf("last block that was shared is %s, the head is %s", last, head)
	}
}

func TestStopDropsABlockThatIsNotSealed(t *testing.T) {
	for name, kind := range map[string]func(Effect) bool{"start in flight": isStartJob, "seal in flight": isSealJob} {
		t.Run(name, func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			s.run(10 * time.Second)
			n.until(kind)
			head, _, _ := n.heads()
			shared := len(n.shared)
			n.handle(StopSequencer{ID: 1})
			if r, ok := n.replies[1]; !ok || r.Hash != head.Hash || r.Err != nil {
				t.Fatalf("answer %+v (%t), head %s", r, ok, head)
			}
			n.release()
			s.run(10 * time.Second)
			if now, _, _ := n.heads(); now != head || len(n.shared) != shared {
				t.Errorf("head %s, %d blocks shared; stopped at %s, %d", now, len(n.shared), head, shared)
			}
			if r := n.ask(2, StartSequencer{ID: 2, Head: head.Hash}); r.Err != nil {
				t.Fatal(r.Err)
			}
			s.run(10 * time.Second)
			if now, _, _ := n.heads(); now.Number < head.Number+8 {
				t.Errorf("head %s after the sequencer was started on %s again", now, head)
			}
		})
	}
}

// The engine's answer to a job that was given up is not taken for that of the plan made since.
func TestAJobGivenUpIsNotTakenForTheNext(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(10 * time.Second)
	n.until(isStartJob)
	head, _, _ := n.heads()
	n.handle(StopSequencer{ID: 1})
	s.run(9 * time.Second) // L1 goes on: the next plan has another origin
	n.handle(StartSequencer{ID: 2, Head: head.Hash})
	s.run(time.Second)
	n.release()
	s.run(10 * time.Second) // each step compares the heads with the engine's blocks
	if now, _, _ := n.heads(); now.Number < head.Number+8 {
		t.Errorf("head %s, it was %s", now, head)
	}
	if n.replies[2].Err != nil {
		t.Error(n.replies[2].Err)
	}
}

func TestStopWithoutHeadsIsAnsweredWhenTheyAreKnown(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	n.engine.fault = broken(errDown, "read")
	s.run(5 * time.Second)
	n.handle(StopSequencer{ID: 7})
	s.run(5 * time.Second)
	if r, ok := n.replies[7]; ok {
		t.Fatalf("answer %+v without a head", r)
	}
	n.engine.fault = noFault
	s.run(15 * time.Second)
	if r := n.replies[7]; r.Hash != s.cfg.Genesis.L2.Hash {
		t.Fatalf("answer %+v, want the genesis block", r)
	}
}

func TestStartDemandsTheHead(t *testing.T) {
	other := common.Hash{0xab}
	genesis := testConfig(200).Genesis.L2.Hash
	cases := map[string]struct {
		sequencing Sequencing
		started    bool
		head       common.Hash
		want       string
	}{
		"not enabled":     {Sequencing{}, true, genesis, "sequencer is not enabled"},
		"already running": {Sequencing{Enabled: true}, true, genesis, "sequencer already running"},
		"no start yet": {
			Sequencing{Enabled: true, Stopped: true},
			false, other,
			fmt.Sprintf("no prestate, cannot determine if sequencer start at %s is safe", other),
		},
		"another head": {
			Sequencing{Enabled: true, Stopped: true},
			true, other,
			fmt.Sprintf("block hash does not match: head %s, received %s", genesis, other),
		},
		"the head": {Sequencing{Enabled: true, Stopped: true}, true, genesis, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, 1, 200)
			n := s.addNode("node", c.sequencing)
			if c.started {
				s.run(time.Second)
			}
			was := n.status().Sequencer.Active
			n.handle(StartSequencer{ID: 1, Head: c.head})
			got := ""
			if err := n.replies[1].Err; err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("error %q, want %q", got, c.want)
			}
			if active := n.status().Sequencer.Active; active != (was || c.want == "") {
				t.Errorf("active %t", active)
			}
		})
	}
}

func TestSequencerStallsAtMaxSafeLagAndGoesOn(t *testing.T) {
	s, n, _ := pair(t, Sequencing{MaxSafeLag: 12})
	s.run(40 * time.Second)
	s.batcher.off = true
	s.run(2 * time.Minute)
	unsafe, safe, _ := n.heads()
	if safe.Number == 0 || unsafe.Number != safe.Number+12 {
		t.Fatalf("unsafe %d, safe %d: want 12 between them", unsafe.Number, safe.Number)
	}
	s.batcher.off = false
	s.run(30 * time.Second)
	if now, _, _ := n.heads(); now.Time+4 < uint64(s.now.Unix()) {
		t.Errorf("unsafe head %s is of %d, now is %d", now, now.Time, s.now.Unix())
	}
}

func TestCatchUpAfterDowntimeBuildsAtOnce(t *testing.T) {
	s := newSim(t, 1, 200)
	for range 30 {
		s.now = s.now.Add(l1Pace)
		s.l1.mine(uint64(s.now.Unix()))
	}
	n := s.addNode("sequencer", Sequencing{Enabled: true})
	s.run(time.Second)
	unsafe, _, _ := n.heads()
	if behind := uint64(s.now.Unix()) - unsafe.Time; unsafe.Number < 59 || behind > 2 {
		t.Errorf("unsafe head %d is %d seconds behind after one second", unsafe.Number, behind)
	}
	if unsafe.L1Origin.Number < 28 {
		t.Errorf("origin is %d of 30", unsafe.L1Origin.Number)
	}
}

func TestBlocksAreSealedBeforeTheirTime(t *testing.T) {
	s, n, _ := pair(t, Sequencing{Sealing: 300 * time.Millisecond})
	s.run(21 * time.Second)
	n.until(isSealJob)
	head, _, _ := n.heads()
	if want := time.Unix(int64(head.Time)+2, 0).Add(-300 * time.Millisecond); s.now.Before(want) || s.now.Sub(want) > 20*time.Millisecond {
		t.Errorf("sealed at %s, want %s", s.now, want)
	}
}

func TestSequencerWaitsForTheNextOriginAtTheDriftLimit(t *testing.T) {
	const drift = 1800 // from Fjord
	s := newSim(t, 1, 4000)
	n := s.addNode("sequencer", Sequencing{Enabled: true})
	n.fillBlocks()
	s.run((drift + 60) * time.Second)
	unsafe, _, _ := n.heads()
	if unsafe.Time != genesisTime+drift {
		t.Fatalf("unsafe head is at +%d, want +%d", unsafe.Time-genesisTime, drift)
	}
	if txs := len(n.engine.blocks[unsafe.Hash].ExecutionPayload.Transactions); txs != 2 {
		t.Errorf("the last block in the limit has %d transactions, want its own too", txs)
	}
	before := n.total
	s.run(10 * time.Second)
	if steps := n.total - before; steps < 10 || steps > 40 {
		t.Errorf("%d steps in ten seconds of waiting, want about two a second", steps)
	}
	s.mine()
	s.run(3 * time.Second)
	if now, _, _ := n.heads(); now.L1Origin.Number != 1 || now.Time < uint64(s.now.Unix())-4 {
		t.Errorf("unsafe head %+v after the next L1 block", now)
	}
}

func TestOriginsAreAsDeepAsConfigured(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{Confs: 3})
	verifier.cfg.VerifierConfs = 2
	verifier.boot()
	highest := uint64(0)
	for range 100 {
		s.run(time.Second)
		unsafe, _, _ := n.heads()
		highest = max(highest, unsafe.L1Origin.Number)
		if head := s.l1.head().Number; unsafe.L1Origin.Number > 0 && unsafe.L1Origin.Number+3 > head {
			t.Fatalf("origin %d under L1 head %d", unsafe.L1Origin.Number, head)
		}
		if at, head := verifier.status().Sync.CurrentL1.Number, s.l1.head().Number; at > 0 && at+2 > head {
			t.Fatalf("derivation has read %d under L1 head %d", at, head)
		}
	}
	if head := s.l1.head().Number; highest+5 < head || verifier.status().Sync.CurrentL1.Number+4 < head {
		t.Errorf("origin %d, derivation at %d, L1 head %d: too far behind", highest, verifier.status().Sync.CurrentL1.Number, head)
	}
}

func TestALostJobIsStartedAgain(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(20 * time.Second)
	n.until(isSealJob)
	head, _, _ := n.heads()
	clear(n.engine.jobs)
	n.release()
	s.run(500 * time.Millisecond)
	if now, _, _ := n.heads(); now.ParentHash != head.Hash {
		t.Fatalf("head %s half a second after the job on %s was lost", now, head)
	}
	if got := n.status().Counts.SequencingErrors; got != 1 {
		t.Errorf("%d errors counted, want the lost job", got)
	}
	n.engine.fault = func(op string) (error, bool) {
		if op == "seal" {
			return eth.ErrUnknownPayload, false
		}
		return nil, false
	}
	before := n.total
	s.run(time.Minute)
	if steps := n.total - before; steps > 60*60 {
		t.Errorf("%d steps in a minute with an engine that loses all jobs", steps)
	}
	n.engine.fault = noFault
	s.run(20 * time.Second)
	if now, _, _ := n.heads(); now.Time+4 < uint64(s.now.Unix()) {
		t.Errorf("unsafe head %s has not caught up", now)
	}
}

func TestARefusedOwnBlockIsTriedAgainAfterABlockTime(t *testing.T) {
	for _, op := range []string{"start", "seal", "insert"} {
		t.Run(op, func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			s.run(20 * time.Second)
			var calls []time.Time
			n.engine.fault = func(asked string) (error, bool) {
				if asked != op {
					return nil, false
				}
				calls = append(calls, s.now)
				return eth.Rejected("no"), false
			}
			s.run(20 * time.Second)
			if len(calls) < 8 || len(calls) > 11 {
				t.Errorf("%d calls in 20 seconds, want one in two", len(calls))
			}
			if st, last := n.status(), calls[len(calls)-1].Add(time.Millisecond); st.Counts.SequencingErrors != len(calls) || !st.Last.SequencingError.Equal(last) {
				t.Errorf("%d errors counted, the last one at %s; want %d, %s", st.Counts.SequencingErrors, st.Last.SequencingError, len(calls), last)
			}
			n.engine.fault = noFault
			s.run(10 * time.Second)
			if now, _, _ := n.heads(); now.Time+4 < uint64(s.now.Unix()) {
				t.Errorf("unsafe head %s has not caught up", now)
			}
		})
	}
}

func TestUnsafeBlocksStayWhileTheirOriginIsCanonical(t *testing.T) {
	s, n, _ := pair(t, Sequencing{Confs: 3})
	s.run(62 * time.Second)
	before, _, _ := n.heads()
	s.batcher.off = true // what was on L1 is not posted again, so nothing else can end the unsafe blocks
	s.reorg(3)
	s.run(5 * time.Second)
	unsafe, safe, _ := n.heads()
	if !n.engine.onChain(before.Hash, unsafe.Hash) || unsafe.Number < before.Number+2 {
		t.Errorf("unsafe %s after %s", unsafe, before)
	}
	if n.said("rewinding") == 0 || safe.Number >= before.Number {
		t.Errorf("%d rewinds, safe head %s", n.said("rewinding"), safe)
	}
}

func TestUnsafeBlocksGoWithTheirOrigin(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		t.Run(fmt.Sprintf("engine keeps a longer chain %t", lazy), func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			n.engine.lazy = lazy
			s.run(62 * time.Second)
			before, _, _ := n.heads()
			fork := s.l1.head().Number - 3
			s.reorg(3)
			s.run(10 * time.Second)
			unsafe, _, _ := n.heads()
			if !s.l1.canonical(unsafe.L1Origin) || n.engine.onChain(before.Hash, unsafe.Hash) {
				t.Fatalf("unsafe %+v after %s", unsafe, before)
			}
			if unsafe.Time+4 < uint64(s.now.Unix()) {
				t.Errorf("unsafe head is of %d, now is %d", unsafe.Time, s.now.Unix())
			}
			for h := unsafe; h.L1Origin.Number > fork; {
				if !s.l1.canonical(h.L1Origin) {
					t.Fatalf("block %s stands on %s", h, h.L1Origin)
				}
				h = n.engine.ref(h.Number - 1)
			}
		})
	}
}

// An own block that derivation has overtaken is not built on, and no own block is begun while derivation brings what L1
// knows and we do not (RULES 10.4).
func TestSequencerDoesNotBuildWhileDerivationBuilds(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(2 * time.Minute)
	old := n.engine
	_, safe, _ := n.heads()
	n.engine = newModelEngine(s.cfg) // the database is lost
	n.ports.Engine = n.engine
	n.fillBlocks()
	s.batcher.off = true
	n.boot()
	begun := len(n.shared)
	s.run(1500 * time.Millisecond)
	_, now, _ := n.heads()
	if now.Number < safe.Number || !old.onChain(safe.Hash, old.canon[safe.Number]) || n.engine.canon[safe.Number] != safe.Hash {
		t.Fatalf("safe head %s, want at least %s again", now, safe)
	}
	// Before the first derived block nobody knows that there will be any.
	if built := len(n.shared) - begun; built > 5 {
		t.Errorf("%d own blocks in the way of %d derived ones", built, now.Number)
	}
}

func TestOriginsThatContradictEachOtherAreNotPressed(t *testing.T) {
	s, n, _ := pair(t, Sequencing{})
	s.run(20 * time.Second)
	n.until(func(e Effect) bool { _, ok := e.(FetchOrigins); return ok })
	head, _, _ := n.heads()
	begin := s.now
	for range 20 { // L1 says that another block is there, but not when the unsafe chain is looked at
		s.runUntil("origins are asked for", time.Minute, func() bool { return n.busy["origin"] != nil })
		delete(n.busy, "origin")
		n.handle(OriginsFetched{Origins: Origins{Head: head, Current: &eth.L1Block{L1Ref: eth.L1Ref{Number: head.L1Origin.Number}}}})
	}
	if now, _, _ := n.heads(); now != head {
		t.Errorf("head %s, it was %s with a canonical origin", now, head)
	}
	if took := s.now.Sub(begin); took < 19*2*time.Second {
		t.Errorf("asked 20 times in %s, want a block time between", took)
	}
}

// A block that was shared is not replaced by another one because the engine could not take it at once.
func TestASharedBlockIsInsertedAgainNotBuiltAgain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		late bool
	}{
		"temporary": {errDown, false}, "temporary, done": {errDown, true}, "new start": {eth.ErrForkchoice, false}, "new start, done": {eth.ErrForkchoice, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			s.run(20 * time.Second)
			failures := 3
			n.engine.fault = func(op string) (error, bool) {
				if op == "insert" && failures > 0 {
					failures--
					return c.err, c.late
				}
				return nil, false
			}
			s.run(20 * time.Second)
			if failures != 0 && !c.late {
				t.Fatal("the engine did not fail")
			}
			n.engine.fault = noFault
			s.run(10 * time.Second)
			for _, p := range n.shared[:len(n.shared)-1] {
				if id := p.ExecutionPayload.ID(); n.engine.canon[id.Number] != id.Hash {
					t.Errorf("block %s was shared, the chain has %s", id, n.engine.canon[id.Number])
				}
			}
			if unsafe, _, _ := n.heads(); unsafe.Time+4 < uint64(s.now.Unix()) || n.said("own block is void") > 0 {
				t.Errorf("unsafe head %s, %d blocks void", unsafe, n.said("own block is void"))
			}
		})
	}
}
