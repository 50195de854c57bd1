package driver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
)

func TestBackoffGrowsIsCappedAndJittered(t *testing.T) {
	now := time.Unix(genesisTime, 12345)
	delays := func(seed uint64) (out []time.Duration) {
		var b backoff
		if b.waiting(now) {
			t.Error("the zero value waits")
		}
		for i := range 40 {
			b = b.failed(now, seed, errDown)
			if b.failures != i+1 || !errors.Is(b.cause, errDown) {
				t.Fatalf("after %d failures: %+v", i+1, b)
			}
			if !b.waiting(now) || b.waiting(b.until) {
				t.Error("waits not until the time it says")
			}
			out = append(out, b.until.Sub(now))
		}
		return out
	}
	one, other := delays(1), delays(2)
	for i, d := range one {
		least := min(backoffMax, backoffFirst<<min(i, 20))
		if d < least || d >= least+least/4 {
			t.Errorf("failure %d waits %s, want from %s to a quarter more", i+1, d, least)
		}
	}
	if slices.Equal(one, other) {
		t.Error("two nodes wait alike")
	}
	if !slices.Equal(one, delays(1)) {
		t.Error("the same node and time give other waits")
	}
}

// A failure of one request is waited for on its lane, seen, and forgotten with the first answer.
func TestWaitsAreVisibleAndEndWithTheFirstAnswer(t *testing.T) {
	cases := map[string]struct {
		lane  string
		cause string
		l1    fault
		l2    fault
	}{
		"L1 down":          {"l1", "connection refused", broken(errDown, "l1"), noFault},
		"engine down":      {"engine", "connection refused", noFault, broken(errDown, "build", "label", "start", "seal", "insert")},
		"engine reads":     {"origin", "connection refused", noFault, broken(errDown, "read")},
		"L1 for sequencer": {"origin", "connection refused", broken(errDown, "l1"), noFault},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			s.run(20 * time.Second)
			s.l1.fault, n.engine.fault = c.l1, c.l2
			n.waits, n.total = nil, 0
			s.run(time.Minute)
			of := func(w Wait) bool { return w.Lane == c.lane }
			at := slices.IndexFunc(n.status().Waits, of)
			if at < 0 {
				t.Fatalf("no wait on lane %s: %+v", c.lane, n.status().Waits)
			}
			w := n.status().Waits[at]
			if !strings.Contains(w.Cause, c.cause) || w.Failures < 8 || w.Failures > 14 || w.Until.Sub(s.now) > backoffMax*5/4 {
				t.Errorf("waits %+v at %s", w, s.now)
			}
			if slices.ContainsFunc(n.status().Waits, func(w Wait) bool { return w.Lane == "start" }) || n.said("starting over") > 0 {
				t.Error("a temporary failure is a new start")
			}
			if n.total > 300 {
				t.Errorf("%d steps in a minute", n.total)
			}
			s.l1.fault, n.engine.fault = noFault, noFault
			s.run(30 * time.Second)
			if w := n.status().Waits; len(w) != 0 {
				t.Errorf("still waits %+v", w)
			}
			if unsafe, safe, _ := n.heads(); unsafe.Time+4 < uint64(s.now.Unix()) || unsafe.Number-safe.Number > 6 {
				t.Errorf("unsafe %s, safe %s", unsafe, safe)
			}
		})
	}
}

func TestNothingIsHotWhenEverythingIsDown(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	s.run(20 * time.Second)
	everything := func(string) (error, bool) { return errDown, false }
	s.l1.fault, n.engine.fault, verifier.engine.fault = everything, everything, everything
	n.boot() // one from the beginning, one in the middle
	n.total, verifier.total = 0, 0
	s.run(10 * time.Minute)
	for _, n := range s.nodes {
		if n.total < 60 || n.total > 600 {
			t.Errorf("%s: %d steps in ten minutes", n.name, n.total)
		}
	}
}

// The engine and we disagree about the chain: all is looked at anew, the later the more often.
func TestForkchoiceErrorIsANewStart(t *testing.T) {
	rejected := eth.Rejected("links to a bad block")
	for name, c := range map[string]struct {
		err error
		op  string
	}{
		"forkchoice state does not fit": {fmt.Errorf("-38002: %w", eth.ErrForkchoice), "build"},
		"parent is not there":           {eth.ErrNotFound, "build"},
		"labels do not fit":             {eth.ErrForkchoice, "label"},
		"labels are rejected":           {rejected, "label"},
		"safe block is not there":       {eth.ErrNotFound, "consolidate"},
	} {
		t.Run(name, func(t *testing.T) {
			s, n, verifier := pair(t, Sequencing{})
			if c.op == "consolidate" {
				verifier = n
			}
			s.run(20 * time.Second)
			verifier.engine.fault = func(op string) (error, bool) {
				core := verifier.driver.core
				if op == c.op || c.op == "consolidate" && op == "read" && core.engine.busy && core.asked.kind == forkchoice.Consolidate {
					return c.err, false
				}
				return nil, false
			}
			starts, most := verifier.said("start found"), 0
			s.run(time.Minute)
			again := verifier.said("start found") - starts
			if again < 4 || again > 15 {
				t.Errorf("%d new starts in a minute, want about nine: later and later", again)
			}
			if verifier.most > 400 {
				t.Errorf("%d steps in a second", most)
			}
			verifier.engine.fault = noFault
			s.run(40 * time.Second)
			if _, safe, _ := verifier.heads(); safe.Number < 40 || verifier.failed != nil {
				t.Errorf("safe head %s, ended with %v", safe, verifier.failed)
			}
			if w := verifier.status().Waits; len(w) != 0 {
				t.Errorf("still waits %+v", w)
			}
			// After a calm minute a new start is not late.
			s.run(calm)
			verifier.driver.core.now = s.now
			verifier.driver.core.restart(errDown)
			if w := verifier.status().Waits; len(w) != 1 || w[0].Lane != "start" || w[0].Failures != 1 {
				t.Errorf("waits %+v", w)
			}
		})
	}
}

// Only a rejection says that a derived block is invalid: a job that got lost inside of Build does not.
func TestALostJobIsNoRejectionOfADerivedBlock(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(20 * time.Second)
	verifier.engine.fault = broken(fmt.Errorf("engine_getPayloadV4: %w", eth.ErrUnknownPayload), "build")
	s.run(10 * time.Second)
	if w := verifier.status().Waits; len(w) != 1 || w[0].Lane != "engine" {
		t.Errorf("waits %+v", w)
	}
	verifier.engine.fault = noFault
	s.run(30 * time.Second)
	if d := verifier.status().Dropped; len(d) != 0 {
		t.Errorf("dropped %v", d)
	}
	if _, safe, _ := verifier.heads(); safe.Number < 20 {
		t.Errorf("safe head %s", safe)
	}
}

// An answer that belongs to a time before a new start changes nothing.
func TestAnswersFromBeforeANewStartAreIgnored(t *testing.T) {
	answers := map[string]Event{
		"L1 block": L1Fetched{Block: &eth.L1Block{}}, "L1 error": L1Fetched{Err: errDown},
		"blobs": BlobsFetched{}, "blobs error": BlobsFetched{Err: errDown, Canonical: eth.L1Ref{Number: 3}},
		"origins": OriginsFetched{}, "origins error": OriginsFetched{Err: errDown},
		"engine": EngineDone{}, "engine error": EngineDone{Err: errDown}, "engine rejects": EngineDone{Err: eth.Rejected("no")},
		"engine disagrees": EngineDone{Err: eth.ErrForkchoice}, "engine lost the job": EngineDone{Err: eth.ErrUnknownPayload},
		"heads": L1Heads{}, "tick": Tick{},
	}
	for name, ev := range answers {
		for _, started := range []bool{false, true} {
			s, n, _ := pair(t, Sequencing{})
			s.batcher.blob = true
			s.run(20 * time.Second)
			core := n.driver.core
			core.now = s.now
			core.restart(errDown)
			starts := core.start.wait.failures
			core.Handle(s.now, ev)
			if core.machine != nil || core.failure != nil || core.start.wait.failures != starts {
				t.Errorf("%s: machine %v, failure %v, %+v", name, core.machine, core.failure, core.start.wait)
			}
			if !started {
				continue
			}
			pos, err := n.driver.walk.findStart(t.Context(), core.heads.Finalized)
			if err != nil {
				t.Fatal(err)
			}
			core.Handle(s.now, StartFound{Start: pos})
			switch ev.(type) {
			case L1Fetched, BlobsFetched: // stale, or an error like any other
				core.Handle(s.now, ev)
			}
			if core.machine == nil || core.failure != nil {
				t.Errorf("%s, after the start: machine %v, failure %v", name, core.machine, core.failure)
			}
		}
	}
}

// With no fault and no event pending a node that could move would be stuck: in each state that a node without work comes
// to it waits for L1's next block or for its clock, and for nothing else.
func TestIdleMeansNothingToDo(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	s.run(61 * time.Second)
	for _, n := range []*node{n, verifier} {
		core := n.driver.core
		need, ok := core.want.(derive.NeedL1)
		if len(n.busy) != 0 || !ok || need.Number != s.l1.head().Number+1 || core.heads.Labels() != core.told {
			t.Errorf("%s: busy %v, wants %+v, labels told %t", n.name, n.busy, core.want, core.heads.Labels() == core.told)
		}
		if !core.wake.After(s.now) {
			t.Errorf("%s: wakes at %s", n.name, core.wake)
		}
		// Asking again gives no work either.
		for _, e := range core.Handle(s.now, Tick{}) {
			if _, wake := e.(Wake); !wake {
				t.Errorf("%s: %T", n.name, e)
			}
		}
	}
}

func TestTamperedSpanBatchesReplaceUnsafeBlocks(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{})
	s.batcher.span = true
	s.batcher.change = func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		if number%10 == 7 {
			return nil
		}
		return txs
	}
	s.run(2 * time.Minute)
	_, safe, _ := verifier.heads()
	if safe.Number < 40 || n.engine.canon[safe.Number] != safe.Hash || n.said("unsafe block differs from L1, it will be replaced") < 3 {
		t.Errorf("safe head %s, %d replaced", safe, n.said("unsafe block differs from L1, it will be replaced"))
	}
}

// An engine that has gone away, or has come back with less than it had, is noticed before the next block is needed.
func TestAnIdleEngineIsReminded(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.l1.lag = 1000 // finality does not come either
	s.run(100 * time.Second)
	s.batcher.off = true
	s.run(10 * time.Second)
	e := verifier.engine
	e.calls = nil
	s.run(2 * remindEvery)
	if len(e.calls) < 2 || len(e.calls) > 3 || e.calls[0] != "label" {
		t.Errorf("calls of an idle engine: %v", e.calls)
	}
	e.fault = broken(errDown, "label")
	s.run(remindEvery + time.Second)
	if w := verifier.status().Waits; len(w) != 1 || w[0].Lane != "engine" {
		t.Errorf("the engine is gone, the node waits for %+v", w)
	}
	e.fault = noFault
	s.run(30 * time.Second)
	if w := verifier.status().Waits; len(w) != 0 {
		t.Errorf("the engine is back, the node waits for %+v", w)
	}
	before, _, _ := verifier.heads()
	e.lose(3)
	verifier.amnesia = true
	verifier.final = eth.L2Ref{}
	s.run(remindEvery + 30*time.Second)
	if now, _, _ := verifier.heads(); now != before || verifier.status().Counts.Restarts == 0 || e.canon[len(e.canon)-1] != before.Hash {
		t.Errorf("the engine lost blocks: head is %s, was %s; %+v", now, before, verifier.status().Counts)
	}
}
