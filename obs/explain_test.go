package obs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// tip is a verifier in step with L1: nothing is wrong with it.
func tip() Snapshot {
	s := full()
	s.SequencerEnabled, s.SequencerActive, s.Waits, s.Need, s.Dropped = false, false, nil, "l1-head", nil
	s.Queue, s.Gossip = Queue{}, Gossip{}
	s.Endpoints[1].Fault, s.Endpoints[1].Cause = "", ""
	s.Sync.UnsafeL2, s.Sync.CurrentL1 = s.Sync.SafeL2, s.Sync.HeadL1
	s.Moved.Unsafe = s.Moved.Safe
	return s
}

// laneOf is where the driver meets a fault.
func laneOf(f eth.Fault) string {
	switch {
	case f == eth.EngineWrongChain, f == eth.EnginePruned, f == eth.EngineBehind, f == eth.L2OriginMissing, f == eth.L1ReorgTooDeep:
		return "start"
	case strings.HasPrefix(string(f), "engine-"):
		return "engine"
	default:
		return "l1"
	}
}

// failing is a node at which one thing fails for a minute.
func failing(lane string, f eth.Fault) Snapshot {
	s := tip()
	s.Sync.CurrentL1 = full().Sync.CurrentL1
	s.Need = "l1-block"
	if lane == "engine" {
		s.Need = "engine"
	}
	s.Started = lane != "start"
	s.Waits = []Wait{{Lane: lane, Fault: f, Cause: "the error", Failures: 9, Since: at(1152)}}
	return s
}

type condition struct {
	head  int // the head that tells of it
	state State
	code  Code
	verdict
	change func(s *Snapshot)
}

type verdict = Verdict

const l1Row, unsafeRow, safeRow, finalizedRow = 0, 1, 2, 3

// conditions are what can be the matter with a node, apart from faults.
var conditions = map[string]condition{
	"all of L1 is derived": {safeRow, Moving, AtL1Head, VerdictHealthy, func(*Snapshot) {}},
	"all of L1 that is deep enough is derived": {safeRow, Moving, ConfirmationDepth, VerdictHealthy, func(s *Snapshot) {
		s.Chain.VerifierConfs, s.Sync.CurrentL1.Number, s.Sync.SafeL2.L1Origin.Number = 20, 80, 79
	}},
	"L1 is nine blocks ahead": {safeRow, Moving, Behind, VerdictBehind, func(s *Snapshot) {
		s.Sync.CurrentL1.Number, s.Moved.CurrentL1, s.Sync.SafeL2.L1Origin.Number = 91, at(1211), 90
	}},
	"L1 is eight blocks ahead, which is no matter": {safeRow, Moving, AtL1Head, VerdictHealthy, func(s *Snapshot) {
		s.Sync.CurrentL1.Number, s.Sync.SafeL2.L1Origin.Number = 92, 90
	}},
	"the start lies before the safe head": {safeRow, Moving, ReadingBack, VerdictBehind, func(s *Snapshot) {
		s.Sync.CurrentL1.Number = 50
	}},
	"nothing has failed yet, and no start is found": {safeRow, Waiting, Starting, VerdictStarting, func(s *Snapshot) {
		*s = Snapshot{}
	}},
	"this node makes the blocks": {unsafeRow, Moving, Sequencing, VerdictHealthy, func(s *Snapshot) {
		s.SequencerEnabled, s.SequencerActive, s.Moved.Unsafe = true, true, at(1211)
	}},
	"the sequencer is switched off": {unsafeRow, Waiting, SequencerStopped, VerdictHealthy, func(s *Snapshot) {
		s.SequencerEnabled = true
	}},
	"the sequencer has made no block for five block times": {unsafeRow, Waiting, SequencerStalled, VerdictWaiting, func(s *Snapshot) {
		s.SequencerEnabled, s.SequencerActive, s.Moved.Unsafe = true, true, at(1201)
	}},
	"nobody tells of unsafe blocks": {unsafeRow, Moving, UnsafeFollowsSafe, VerdictHealthy, func(*Snapshot) {}},
	"other nodes tell of blocks":    {unsafeRow, Moving, UnsafeFollowsGossip, VerdictHealthy, func(s *Snapshot) { s.Gossip = peered() }},
	"an own sequencer is off, and other nodes tell of blocks": {unsafeRow, Moving, UnsafeFollowsGossip, VerdictHealthy, func(s *Snapshot) {
		s.Gossip, s.SequencerEnabled = peered(), true
	}},
	"this node makes the blocks, and others have none to tell of": {unsafeRow, Moving, Sequencing, VerdictHealthy, func(s *Snapshot) {
		s.Gossip, s.SequencerEnabled, s.SequencerActive, s.Moved.Unsafe = Gossip{Enabled: true}, true, true, at(1211)
	}},
	"other nodes tell of the next block but one": {unsafeRow, Waiting, UnsafeGap, VerdictHealthy, func(s *Snapshot) {
		s.Gossip, s.Queue = peered(), Queue{Blocks: 1, Bytes: 9, Lowest: s.Sync.UnsafeL2.Number + 2, Highest: s.Sync.UnsafeL2.Number + 2}
	}},
	"a block is posted far ahead, without gossip": {unsafeRow, Waiting, UnsafeGap, VerdictHealthy, func(s *Snapshot) {
		s.Queue = Queue{Blocks: 1, Lowest: 9999, Highest: 9999}
	}},
	"the next block is on its way to the engine": {unsafeRow, Moving, UnsafeFollowsGossip, VerdictHealthy, func(s *Snapshot) {
		s.Gossip, s.Queue = peered(), Queue{Blocks: 1, Lowest: s.Sync.UnsafeL2.Number + 1, Highest: s.Sync.UnsafeL2.Number + 1}
	}},
	"no block of another node has come in the first 30 seconds": {unsafeRow, Moving, UnsafeFollowsSafe, VerdictHealthy, func(s *Snapshot) {
		s.Gossip = Gossip{Enabled: true, Opened: at(1183)}
	}},
	"no peer for 30 seconds": {unsafeRow, Waiting, NoPeers, VerdictAttention, func(s *Snapshot) {
		s.Gossip = Gossip{Enabled: true, Opened: at(1182), Signer: true}
	}},
	"L1 does not tell who signs for 30 seconds": {unsafeRow, Waiting, SignerUnknown, VerdictAttention, func(s *Snapshot) {
		s.Gossip = Gossip{Enabled: true, Opened: at(1182), Peers: 3}
	}},
	"no block of another node for 30 seconds": {unsafeRow, Waiting, GossipSilent, VerdictAttention, func(s *Snapshot) {
		s.Gossip = peered()
		s.Gossip.Accepted = at(1182)
	}},
	"a slow chain has had no block for nine block times": {unsafeRow, Moving, UnsafeFollowsGossip, VerdictHealthy, func(s *Snapshot) {
		s.Gossip, s.Chain.BlockTime = peered(), 12
		s.Gossip.Accepted = at(1093)
	}},
	"a slow chain has had no block for ten block times": {unsafeRow, Waiting, GossipSilent, VerdictAttention, func(s *Snapshot) {
		s.Gossip, s.Chain.BlockTime = peered(), 12
		s.Gossip.Accepted = at(1092)
	}},
	"L1 has a new block":                 {l1Row, Moving, L1Head, VerdictHealthy, func(*Snapshot) {}},
	"L1's head has never been told":      {l1Row, Waiting, NoL1Head, VerdictWaiting, func(s *Snapshot) { s.Sync.HeadL1, s.Moved.L1 = eth.L1Ref{}, time.Time{} }},
	"L1 has no new block for 2 minutes":  {l1Row, Waiting, L1HeadStalled, VerdictWaiting, func(s *Snapshot) { s.Moved.L1 = at(1091) }},
	"L1 had one 2 minutes ago":           {l1Row, Moving, L1Head, VerdictHealthy, func(s *Snapshot) { s.Moved.L1 = at(1093) }},
	"the L1 node is syncing":             {l1Row, Waiting, L1HeadOld, VerdictWaiting, func(s *Snapshot) { s.Sync.HeadL1.Time -= 600 }},
	"no L1 endpoint serves, L1 is quiet": {l1Row, Waiting, "l1-rate-limited", VerdictWaiting, func(s *Snapshot) { s.Moved.L1 = at(1000); broken(s, eth.L1RateLimited) }},
	"no L1 endpoint serves just now":     {l1Row, Moving, L1Head, VerdictAttention, func(s *Snapshot) { broken(s, eth.L1RateLimited) }},
	"no batch for ten minutes":           {safeRow, Waiting, NoBatches, VerdictWaiting, func(s *Snapshot) { s.Moved.Safe = at(611) }},
	"a batch ten minutes ago":            {safeRow, Moving, AtL1Head, VerdictHealthy, func(s *Snapshot) { s.Moved.Safe = at(613) }},
	"three quarters of the window have passed": {safeRow, Waiting, WindowExpiredRisk, VerdictWaiting, func(s *Snapshot) {
		s.Moved.Safe, s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number = at(0), 80, 40
	}},
	"the window has passed": {safeRow, Moving, ForcedBlocksOnly, VerdictAttention, func(s *Snapshot) {
		s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number = 80, 20
	}},
	"the window has passed but for one block, as forced blocks leave it": {safeRow, Moving, ForcedBlocksOnly, VerdictAttention, func(s *Snapshot) {
		s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number = 80, 21
	}},
	"the window has two blocks left": {safeRow, Moving, AtL1Head, VerdictHealthy, func(s *Snapshot) {
		s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number = 80, 22
	}},
	"an L1 block takes long":        {safeRow, Waiting, SlowL1Block, VerdictWaiting, func(s *Snapshot) { s.Need, s.Moved.CurrentL1, s.Moved.Safe = "l1-block", at(1181), at(1180) }},
	"blobs take long":               {safeRow, Waiting, SlowBlobs, VerdictWaiting, func(s *Snapshot) { s.Need, s.Moved.CurrentL1, s.Moved.Safe = "blobs", at(1181), at(1180) }},
	"the engine takes long":         {safeRow, Waiting, SlowEngine, VerdictWaiting, func(s *Snapshot) { s.Need, s.Moved.CurrentL1, s.Moved.Safe = "engine", at(1181), at(1180) }},
	"the disk takes long":           {safeRow, Waiting, SlowDisk, VerdictWaiting, func(s *Snapshot) { s.Need, s.Moved.CurrentL1, s.Moved.Safe = "disk", at(1181), at(1180) }},
	"blocks come while it is asked": {safeRow, Moving, AtL1Head, VerdictHealthy, func(s *Snapshot) { s.Need, s.Moved.CurrentL1, s.Moved.Safe = "engine", at(1000), at(1211) }},
	"L1 finalizes":                  {finalizedRow, Moving, L1Finality, VerdictHealthy, func(*Snapshot) {}},
	"L1 has never told its finalized block": {finalizedRow, Waiting, L1FinalizedUnknown, VerdictHealthy, func(s *Snapshot) {
		s.Sync.FinalizedL1 = eth.L1Ref{}
	}},
	"L1 has not finalized for 30 minutes": {finalizedRow, Waiting, L1NotFinalizing, VerdictHealthy, func(s *Snapshot) {
		s.Sync.FinalizedL1.Time -= 1200
	}},
	"L1 has finalized more than is derived": {finalizedRow, Moving, FinalizedFollowsSafe, VerdictBehind, func(s *Snapshot) {
		s.Sync.CurrentL1.Number, s.Sync.SafeL2.L1Origin.Number = 39, 30
	}},
	"a fault without a name": {safeRow, Waiting, Unknown, VerdictWaiting, func(s *Snapshot) {
		s.Waits = []Wait{{Lane: "l1", Failures: 1}}
	}},
	"an end without a name": {safeRow, Stopped, Unknown, VerdictStopped, func(s *Snapshot) { s.Failure = "over" }},
	"an endpoint of two fails": {l1Row, Moving, L1Head, VerdictAttention, func(s *Snapshot) {
		s.Endpoints[1].Fault = eth.L1Lying
	}},
}

// peered is gossip as it should be.
func peered() Gossip {
	return Gossip{Enabled: true, Peers: 3, Signer: true, Opened: at(0), Accepted: at(1210)}
}

func broken(s *Snapshot, f eth.Fault) {
	s.Endpoints = slices.Clone(s.Endpoints)
	s.Endpoints[0].Fault, s.Endpoints[1].Fault = f, f
}

func TestEveryConditionHasItsCode(t *testing.T) {
	for name, c := range conditions {
		t.Run(name, func(t *testing.T) {
			s := tip()
			c.change(&s)
			e := Explain(s, atHead)
			h := e.Heads[c.head]
			if h.State != c.state || h.Code != c.code || e.Verdict != c.verdict {
				t.Errorf("got %s %s, verdict %s; want %s %s, %s", h.State, h.Code, e.Verdict, c.state, c.code, c.verdict)
			}
			if h.State == Waiting && h.Code != Starting && h.Code != NoL1Head && h.Fix == "" {
				t.Error("nothing to do")
			}
		})
	}
}

func TestEveryFaultIsExplainedWhereItHurts(t *testing.T) {
	codes := make(map[Code]bool)
	for _, f := range declaredFaults(t) {
		lane := laneOf(f)
		e := Explain(failing(lane, f), atHead)
		safe, unsafe := e.Heads[safeRow], e.Heads[unsafeRow]
		codes[e.Code] = true
		if e.Verdict != VerdictWaiting || e.Code != Code(f) || e.Text != faults[f].text || e.Fix != faults[f].fix || e.Cause != "the error" || e.Since != at(1152) {
			t.Errorf("%s: %+v", f, e.Status)
		}
		if safe.State != Waiting || safe.Code != Code(f) {
			t.Errorf("%s: the safe head is %s, %s", f, safe.State, safe.Code)
		}
		if everything := lane != "l1"; everything != (unsafe.Code == Code(f)) || everything != (e.Heads[finalizedRow].Code == Code(f)) || unsafe.State != Waiting {
			t.Errorf("%s: unsafe %s %s, finalized %s", f, unsafe.State, unsafe.Code, e.Heads[finalizedRow].Code)
		}
		s := tip()
		s.Failure, s.FailureFault = "the error", f
		for _, h := range Explain(s, atHead).Heads {
			if h.State != Stopped || h.Code != Code(f) || h.Cause != "the error" {
				t.Errorf("%s ended the node: %+v", f, h)
			}
		}
	}
	for _, c := range conditions {
		codes[c.code] = true
	}
	if len(codes) < 25 {
		t.Errorf("%d codes", len(codes))
	}
}

func TestOriginConcernsTheUnsafeHeadOfASequencer(t *testing.T) {
	s := failing("origin", eth.L1Slow)
	s.Need, s.Sync.CurrentL1 = "l1-head", s.Sync.HeadL1
	e := Explain(s, atHead)
	if e.Heads[unsafeRow].Code != UnsafeFollowsSafe || e.Heads[safeRow].Code != AtL1Head {
		t.Errorf("verifier: %+v", e.Heads)
	}
	s.SequencerEnabled, s.SequencerActive = true, true
	e = Explain(s, atHead)
	if e.Heads[unsafeRow].Code != "l1-slow" || e.Heads[unsafeRow].State != Waiting || e.Heads[safeRow].Code != AtL1Head || e.Verdict != VerdictWaiting {
		t.Errorf("sequencer: %+v", e.Heads)
	}
}

// A sequencer goes on without L1's inputs for derivation, and of two failures that which derivation needs is told.
func TestWhatDerivationNeedsIsTold(t *testing.T) {
	s := failing("l1", eth.BlobsMissing)
	s.SequencerEnabled, s.SequencerActive, s.Moved.Unsafe = true, true, at(1211)
	if e := Explain(s, atHead); e.Heads[unsafeRow].State != Moving || e.Heads[safeRow].State != Waiting {
		t.Errorf("%+v", e.Heads)
	}
	s.Waits = append(s.Waits, Wait{Lane: "engine", Fault: eth.EngineSlow, Failures: 1})
	for need, want := range map[string]Code{"blobs": "blobs-missing", "l1-block": "blobs-missing", "engine": "engine-slow", "nothing": "engine-slow"} {
		s.Need = need
		e := Explain(s, atHead)
		if e.Heads[safeRow].Code != want || e.Heads[unsafeRow].Code != "engine-slow" {
			t.Errorf("need %s: safe %s, unsafe %s", need, e.Heads[safeRow].Code, e.Heads[unsafeRow].Code)
		}
	}
}

// While L1 is derived, a gap is no matter; an engine that syncs by itself fills it.
func TestAGapIsFilledByDerivationOrByTheEngine(t *testing.T) {
	s := tip()
	s.Sync.HeadL1.Number, s.Sync.CurrentL1.Number, s.Gossip = 900, 100, peered()
	s.Queue = Queue{Blocks: 12, Lowest: s.Sync.UnsafeL2.Number + 5, Highest: s.Sync.UnsafeL2.Number + 16}
	e := Explain(s, atHead)
	want := "there is a gap of 4 blocks: blocks 575 to 578 are missing, 12 blocks of other nodes wait after it; derivation fills it"
	if h := e.Heads[unsafeRow]; h.State != Moving || h.Code != UnsafeGap || h.Text != want || h.Fix != "" || e.Verdict != VerdictBehind {
		t.Errorf("behind: %+v, verdict %s", h, e.Verdict)
	}
	s = tip()
	s.Gossip, s.Queue = peered(), Queue{Blocks: 1, Lowest: s.Sync.UnsafeL2.Number + 3, Highest: s.Sync.UnsafeL2.Number + 3, Fetching: true}
	h := Explain(s, atHead).Heads[unsafeRow]
	if !strings.HasSuffix(h.Text, "1 block of another node waits after it; the engine is asked to fetch them from its peers") || !strings.HasPrefix(h.Fix, "see whether the engine has peers") {
		t.Errorf("an engine with peers: %+v", h)
	}
	s = failing("engine", eth.EngineSyncing)
	s.Queue = Queue{Blocks: 1, Lowest: 9999, Highest: 9999}
	for _, started := range []bool{true, false} {
		s.Started = started
		e = Explain(s, atHead)
		h := e.Heads[unsafeRow]
		if h.Code != "engine-syncing" || !strings.HasSuffix(h.Text, "; the engine fills the gap, 1 block of another node waits") || e.Heads[safeRow].Text == h.Text {
			t.Errorf("started %t: %+v", started, h)
		}
	}
	s = failing("engine", eth.EngineSlow)
	s.Queue = Queue{Blocks: 1, Lowest: 9999, Highest: 9999}
	if h := Explain(s, atHead).Heads[unsafeRow]; h.Text != faults[eth.EngineSlow].text {
		t.Errorf("an engine that does not sync: %q", h.Text)
	}
}

func TestDroppedBatchesMakeForcedBlocksSuspect(t *testing.T) {
	s := tip()
	s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number = 80, 20
	own := Explain(s, atHead)
	s.Dropped = map[string]int{"batch/future": 3, "tx/wrong-sender": 9}
	other := Explain(s, atHead)
	if !strings.Contains(own.Fix, "batcher whether it is down") || !strings.Contains(other.Text, "3 batch parts left out") || !strings.Contains(other.Fix, "rollup.config") {
		t.Errorf("%q, %q, %q", own.Fix, other.Text, other.Fix)
	}
}

func TestExplainSaysNothingSecret(t *testing.T) {
	s := failing("l1", eth.L1Error)
	s.Waits[0].Cause = "Post \"https://u:p@l1.example/v3/KEY\": \x1b[2Jbad\nline"
	s.Endpoints[1].Fault, s.Endpoints[1].Cause = eth.L1Error, "https://l1.example/v3/KEY"
	text, err := json.Marshal(Explain(s, atHead))
	if err != nil || strings.Contains(string(text), "KEY") || strings.Contains(string(text), "u:p") || strings.Contains(string(text), `\u001b`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestExplainAsText(t *testing.T) {
	blobs := failing("l1", eth.BlobsMissing)
	blobs.Waits[0].Cause = "blobs of L1 block 0x6001…:97: 3 blobs of slot 9876543, first 0x01abcdef: beacon /eth/v1/beacon/blobs: status 404: not found"
	blobs.Endpoints[2].Fault, blobs.Endpoints[2].Cause = eth.BlobsMissing, "status 404"
	engine := failing("engine", eth.EngineUnauthorized)
	halted := tip()
	halted.Failure, halted.FailureFault = "derivation halted: fork jovian2 is not known", eth.DerivationHalted
	sequencer := tip()
	sequencer.SequencerEnabled, sequencer.SequencerActive, sequencer.Moved.Unsafe, sequencer.Sync.UnsafeL2 = true, true, at(1211), full().Sync.UnsafeL2
	behind := tip()
	behind.Sync.HeadL1.Number, behind.Sync.CurrentL1.Number, behind.Sync.FinalizedL1.Number, behind.Moved.CurrentL1 = 21_900_000, 20_123_456, 21_899_900, at(1211)
	behind.Sync.SafeL2.L1Origin.Number = 20_123_400
	forced := tip()
	forced.Chain.SeqWindowSize, forced.Sync.SafeL2.L1Origin.Number, forced.Dropped = 80, 20, map[string]int{"batch/future": 3}
	gossip, gap, silent := tip(), tip(), tip()
	gossip.Gossip, gap.Gossip, silent.Gossip = peered(), peered(), peered()
	gap.Queue = Queue{Blocks: 12, Lowest: 579, Highest: 590}
	silent.Gossip.Accepted = at(1000)
	odd := blobs
	odd.Chain.Name = "an \x1b[31modd name"
	for name, c := range map[string]struct {
		status Snapshot
		width  int
		color  bool
	}{
		"tip": {tip(), 80, false}, "new": {Snapshot{}, 80, false}, "blobs": {blobs, 80, false}, "engine": {engine, 0, false},
		"halted": {halted, 80, false}, "sequencer": {sequencer, 80, false}, "behind": {behind, 80, false}, "forced": {forced, 80, false},
		"gossip": {gossip, 80, false}, "gap": {gap, 80, false}, "silent": {silent, 80, false},
		"narrow": {odd, 60, false}, "color": {blobs, 100, true},
	} {
		var out bytes.Buffer
		if err := Explain(c.status, atHead).Write(&out, c.width, c.color); err != nil {
			t.Fatal(err)
		}
		golden.File(t, "testdata/explain-"+name+".txt", out.String())
		bare := strings.NewReplacer(red, "", green, "", yellow, "", reset, "").Replace(out.String())
		for line := range strings.Lines(bare) {
			if most := max(c.width, 60); c.width > 0 && utf8.RuneCountInString(line)-1 > most {
				t.Errorf("%s: line of %d characters: %q", name, utf8.RuneCountInString(line), line)
			}
		}
		if strings.Contains(bare, "\x1b") || (!c.color && bare != out.String()) {
			t.Errorf("%s: control characters in %q", name, out.String())
		}
	}
}

func TestExplainAsJSON(t *testing.T) {
	s := failing("l1", eth.BlobsMissing)
	s.Endpoints[2].Fault, s.Endpoints[2].Cause = eth.BlobsMissing, "status 404"
	text, err := json.MarshalIndent(Explain(s, at(1212)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.File(t, "testdata/explain.json", string(text)+"\n")
	var back Explanation
	if err := json.Unmarshal(text, &back); err != nil || fmt.Sprint(back) != fmt.Sprint(Explain(s, at(1212))) {
		t.Errorf("%v: %+v", err, back)
	}
}
