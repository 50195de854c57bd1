package obs

import (
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/prose"
)

const (
	// tipGap is how many L1 blocks derivation may have before it and still be in step: L1's head is asked for now and then,
	// and moves while blocks are read.
	tipGap = 8

	l1Silence   = 2 * time.Minute  // L1 misses slots, but never ten in a row
	noBatches   = 10 * time.Minute // after which it is worth saying that no batch comes; many batchers are slower
	oneNeed     = 30 * time.Second // after which what derivation needs is slow; all clients give up on a request before
	l1Unsettled = 30 * time.Minute // L1 finalizes after 13 minutes, and is asked every 7
	ownBlocks   = 5                // block times without an own block, after which the sequencer is stalled
)

// view is a status with what follows from it.
type view struct {
	Snapshot
	now time.Time
}

// wait is the longest wait of the first of the lanes that waits.
func (s *Snapshot) wait(lanes ...string) (Wait, bool) {
	for _, lane := range lanes {
		var worst Wait
		for _, w := range s.Waits {
			if w.Lane == lane && w.Failures > worst.Failures {
				worst = w
			}
		}
		if worst.Failures > 0 {
			return worst, true
		}
	}
	return Wait{}, false
}

// gap is how many L1 blocks there are that derivation has not read and may read.
func (s *Snapshot) gap() uint64 {
	to, at := s.Sync.HeadL1.Number, s.Sync.CurrentL1.Number+s.Chain.VerifierConfs
	return to - min(to, at)
}

// inStep says whether the safe head is where L1 allows.
func (s *Snapshot) inStep() bool {
	return s.Started && s.Sync.HeadL1.Hash != (common.Hash{}) && !s.readingBack() && s.gap() <= tipGap
}

// readingBack says whether derivation stands on an L1 block before the one that the safe head stands on: after a start it
// reads what is open in channels there.
func (s *Snapshot) readingBack() bool { return s.Sync.CurrentL1.Number < s.Sync.SafeL2.L1Origin.Number }

// held is what keeps all of L2 from going on, if anything does. Of an engine and an L1 that both fail, it is the one
// that derivation needs.
func (v view) held() (State, Status, bool) {
	if v.Failure != "" {
		if v.FailureFault == "" {
			return Stopped, Status{
				Code: Unknown, Text: "the node has ended with an error that has no name", Cause: prose.Printable(tell(v.Failure)),
				Fix: "read the error, and start the node again",
			}, true
		}
		return Stopped, blame(v.FailureFault, v.Failure, time.Time{}), true
	}
	lanes := []string{"engine"}
	switch {
	case !v.Started:
		lanes = []string{"start", "engine", "l1"}
	case slices.Contains([]string{"l1-block", "blobs", "disk"}, v.Need):
		lanes = nil // safe asks for the l1 lane first
	}
	if w, ok := v.wait(lanes...); ok {
		return Waiting, blame(w.Fault, w.Cause, w.Since), true
	}
	if !v.Started {
		return Waiting, Status{Code: Starting, Text: "looks for the block to start from in the chains of the engine and of L1"}, true
	}
	return "", Status{}, false
}

// l1 explains the head of L1. The node asks for it all the time, so only its age and the endpoints tell of trouble.
func (v view) l1() Head {
	head := v.Sync.HeadL1
	h := Head{Head: "l1", Number: head.Number, State: Waiting, Moved: v.Moved.L1}
	if v.Failure != "" {
		h.State, h.Status, _ = v.held()
		return h
	}
	known := head.Hash != (common.Hash{})
	age, silence := ageOf(head.Time, v.now), v.now.Sub(v.Moved.L1)
	if v.Moved.L1.IsZero() {
		silence = age
	}
	stalled := silence > l1Silence
	if dead, ok := v.allFail("l1"); ok && (!known || stalled) {
		h.Status = blame(dead.Fault, dead.Cause, v.Moved.L1)
		return h
	}
	switch {
	case !known:
		h.Status = Status{Code: NoL1Head, Text: "the L1 endpoint has not told its head yet"}
	case stalled:
		h.Status = Status{
			Code: L1HeadStalled, Text: fmt.Sprintf("L1 has had no new block for %s", prose.Lasting(silence)), Since: v.Moved.L1,
			Fix: "compare the L1 endpoint's head with an explorer's: if others are ahead, it is stuck, and another endpoint helps",
		}
	case age > L1HeadAge:
		h.Status = Status{
			Code: L1HeadOld, Text: fmt.Sprintf("the L1 endpoint's head is %s old, but moves: it is syncing", prose.Lasting(age)),
			Fix: "wait until the L1 node has caught up, or use another endpoint",
		}
	default:
		h.State, h.Status = Moving, Status{Code: L1Head, Text: fmt.Sprintf("L1's newest block is %s old", prose.Lasting(age))}
	}
	return h
}

// allFail gives the first endpoint of a kind, if there are any and none of them serves.
func (s *Snapshot) allFail(kind string) (first Endpoint, all bool) {
	for _, p := range s.Endpoints {
		switch {
		case p.Kind != kind:
		case p.Fault == "":
			return Endpoint{}, false
		case !all:
			first, all = p, true
		}
	}
	return first, all
}

// safe explains the safe head: what derivation waits for, or how it goes on.
func (v view) safe() Head {
	h := Head{Head: "safe", Number: v.Sync.SafeL2.Number, State: Waiting, Moved: v.Moved.Safe}
	if state, status, ok := v.held(); ok {
		h.State, h.Status = state, status
		return h
	}
	if w, ok := v.wait("l1", "engine"); ok {
		h.Status = blame(w.Fault, w.Cause, w.Since)
		return h
	}
	at, head := v.Sync.CurrentL1, v.Sync.HeadL1
	slow, ok := v.slow()
	switch {
	case ok:
		h.Status = slow
	case v.readingBack():
		h.State, h.Status = Moving, Status{
			Code: ReadingBack,
			Text: fmt.Sprintf("reads L1 again from before its start: at block %d, the safe head stands on %d", at.Number, v.Sync.SafeL2.L1Origin.Number),
		}
	case v.forced():
		h.State, h.Status = Moving, v.forcedBlocks()
	case v.gap() > tipGap:
		h.State, h.Status = Moving, Status{
			Code: Behind, Text: fmt.Sprintf("derives L1 block %d of %d, %s to go", at.Number, head.Number, prose.Plural(v.gap(), "block")),
		}
	default:
		h.State, h.Status = v.tip()
	}
	return h
}

// slow is what derivation has needed for long without an error.
func (v view) slow() (s Status, ok bool) {
	s.Since = v.Moved.CurrentL1
	if v.Moved.Safe.After(s.Since) {
		s.Since = v.Moved.Safe
	}
	if s.Since.IsZero() || v.now.Sub(s.Since) <= oneNeed {
		return Status{}, false
	}
	switch v.Need {
	case "l1-block":
		s.Code, s.Text = SlowL1Block, fmt.Sprintf("waits for L1 block %d", v.Sync.CurrentL1.Number+1)
		s.Fix = "look at the load of the L1 endpoint"
	case "blobs":
		s.Code, s.Text = SlowBlobs, fmt.Sprintf("waits for the blobs of L1 block %d", v.Sync.CurrentL1.Number)
		s.Fix = "look at the load of the beacon endpoint"
	case "engine":
		s.Code, s.Text = SlowEngine, fmt.Sprintf("waits for the execution engine to make or read block %d", v.Sync.SafeL2.Number+1)
		s.Fix = "look at the load of the engine, its disk and its own log"
	case "disk":
		s.Code, s.Text = SlowDisk, "waits for the disk to take the safe head"
		s.Fix = "look at the load and the health of the disk with the data directory"
	default:
		return Status{}, false
	}
	return s, true
}

// lag is how many L1 blocks have been read since the one that the safe head stands on.
func (v view) lag() uint64 {
	at, origin := v.Sync.CurrentL1.Number, v.Sync.SafeL2.L1Origin.Number
	return at - min(at, origin)
}

// forced says whether derivation makes blocks because their sequencing window has passed: the next epoch's ends with the
// L1 block that is read (RULES 5.8).
func (v view) forced() bool {
	window := v.Chain.SeqWindowSize
	return window > 0 && v.lag()+1 >= window
}

// forcedBlocks tells of blocks without a batch. If batches were left out, this node may be the one that is wrong.
func (v view) forcedBlocks() Status {
	s := Status{
		Code: ForcedBlocksOnly,
		Text: fmt.Sprintf("no valid batch came in a sequencing window of %d L1 blocks: new blocks hold nothing but deposits", v.Chain.SeqWindowSize),
		Fix:  "ask whoever runs the batcher whether it is down; nodes follow by themselves once it submits again",
	}
	var left int
	for key, n := range countDropped(v.Dropped) {
		if key.what == "batch" || key.what == "channel" || key.what == "frame" {
			left += n
		}
	}
	if left > 0 {
		s.Text += fmt.Sprintf("; %s left out", prose.Plural(uint64(left), "batch part"))
		s.Fix = "compare the safe head with another node's: if it differs, this node lacks a fork or has a wrong --rollup.config; " +
			"if not, the batcher submits what is invalid"
	}
	return s
}

// tip explains a safe head that is in step with L1.
func (v view) tip() (State, Status) {
	lag, window := v.lag(), v.Chain.SeqWindowSize
	quiet := !v.Moved.Safe.IsZero() && v.now.Sub(v.Moved.Safe) > noBatches
	switch {
	case quiet && window > 0 && lag >= window-window/4:
		return Waiting, Status{
			Code: WindowExpiredRisk, Since: v.Moved.Safe,
			Text: fmt.Sprintf("no batch came in %d of the %d L1 blocks of the sequencing window; when it has passed, unsafe blocks are lost", lag, window),
			Fix:  "get the batcher to submit: ask whoever runs it, or look at its log and its balance",
		}
	case quiet:
		return Waiting, Status{
			Code: NoBatches, Since: v.Moved.Safe, Text: "all of L1 is derived, and no batch was in it for " + prose.Lasting(v.now.Sub(v.Moved.Safe)),
			Fix: "nothing if the batcher submits that rarely; else ask whoever runs it",
		}
	case v.Chain.VerifierConfs > 0:
		return Moving, Status{
			Code: ConfirmationDepth,
			Text: fmt.Sprintf("all of L1 that is %s deep is derived, as --verifier.l1-confs asks", prose.Plural(v.Chain.VerifierConfs, "block")),
		}
	default:
		return Moving, Status{Code: AtL1Head, Text: "all of L1 is derived"}
	}
}

// unsafe explains the unsafe head, which a sequencer moves, or the blocks of other nodes, or else the safe head.
func (v view) unsafe(safe Head) Head {
	h := Head{Head: "unsafe", Number: v.Sync.UnsafeL2.Number, State: Waiting, Moved: v.Moved.Unsafe}
	state, status, held := v.held()
	engine, engineFails := v.wait("engine")
	origin, originFails := v.wait("origin")
	quiet, isQuiet := v.quiet()
	switch {
	case held:
		h.State, h.Status = state, v.withQueue(status, eth.Fault(status.Code))
	case engineFails:
		h.Status = v.withQueue(blame(engine.Fault, engine.Cause, engine.Since), engine.Fault)
	case v.SequencerActive && originFails:
		h.Status = blame(origin.Fault, origin.Cause, origin.Since)
	case v.SequencerActive && v.stalled():
		h.Status = Status{
			Code: SequencerStalled, Since: v.Moved.Unsafe, Text: "the sequencer is on, but makes no blocks",
			Fix: "check that L1 moves, as the chain may not run ahead of its L1 origin for long, and that batches come if the distance to the safe head is limited",
		}
	case v.SequencerActive:
		h.State, h.Status = Moving, Status{Code: Sequencing, Text: "this node makes the blocks"}
	case isQuiet:
		h.Status = quiet
	case v.missing() > 0:
		h.State, h.Status = v.gapped(safe)
	case v.Gossip.Enabled:
		h.State, h.Status = v.following(safe)
	case v.SequencerEnabled:
		h.Status = Status{
			Code: SequencerStopped, Text: "the sequencer of this node is switched off: the unsafe head follows the safe head",
			Fix: "if this node is to make the blocks, call admin_startSequencer with the hash of its unsafe head",
		}
	default:
		h.State, h.Status = safe.State, Status{Code: UnsafeFollowsSafe, Text: "the node hears of new blocks from L1 only: the unsafe head follows the safe head"}
		if ahead := v.Sync.UnsafeL2.Number - min(v.Sync.UnsafeL2.Number, v.Sync.SafeL2.Number); ahead > 0 {
			h.Text += fmt.Sprintf(", which is %s lower", prose.Plural(ahead, "block"))
		}
	}
	return h
}

// stalled says whether the sequencer has made no block for several block times.
func (v view) stalled() bool {
	if v.Moved.Unsafe.IsZero() {
		return false
	}
	patience := max(ownBlocks*time.Duration(v.Chain.BlockTime)*time.Second, 10*time.Second) //nolint:gosec // seconds between blocks
	return v.now.Sub(v.Moved.Unsafe) > patience
}

// finalized explains the finalized head: it goes with L1's finality, as far as that is derived.
func (v view) finalized(safe Head) Head {
	h := Head{Head: "finalized", Number: v.Sync.FinalizedL2.Number, State: Waiting, Moved: v.Moved.Finalized}
	if state, status, ok := v.held(); ok {
		h.State, h.Status = state, status
		return h
	}
	final := v.Sync.FinalizedL1
	age := ageOf(final.Time, v.now)
	switch {
	case final.Hash == (common.Hash{}):
		h.Status = Status{
			Code: L1FinalizedUnknown, Text: "the L1 endpoint has not told a finalized block yet",
			Fix: "nothing just after the start; else check that the L1 endpoint knows the block finalized",
		}
	case v.Sync.CurrentL1.Number < final.Number:
		h.State, h.Status = safe.State, Status{
			Code: FinalizedFollowsSafe, Text: fmt.Sprintf("L1 has finalized block %d, and derivation is at %d", final.Number, v.Sync.CurrentL1.Number),
		}
	case age > l1Unsettled:
		h.Status = Status{
			Code: L1NotFinalizing, Text: fmt.Sprintf("L1's finalized block is %s old", prose.Lasting(age)), Since: time.Unix(int64(final.Time), 0).UTC(), //nolint:gosec // a past time
			Fix: "compare with an explorer: if L1 finalizes, the L1 endpoint is behind; if not, wait",
		}
	default:
		h.State, h.Status = Moving, Status{Code: L1Finality, Text: fmt.Sprintf("what was derived from L1 up to its finalized block %d is final", final.Number)}
	}
	return h
}
