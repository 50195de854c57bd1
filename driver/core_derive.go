package driver

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/sequence"
)

// derive lets the machine work and brings it what it wants from L1. What it wants from the engine is drive's.
func (c *Core) derive() {
	for range stepsPerEvent {
		c.want = c.machine.Next()
		if _, more := c.want.(derive.Working); !more {
			break
		}
	}
	notes := c.machine.Notes()
	c.dropped = count(c.dropped, notes)
	c.tally(c.machine.Counts())
	for _, n := range notes {
		c.report(Debug, "left out", "what", n.What, "reason", n.Reason, "l1", n.L1, "where", n.Where())
	}
	switch w := c.want.(type) {
	case derive.Working:
		c.wakeAt(c.now)
	case derive.NeedL1:
		c.record()
		c.finalize()
		if c.orphaned() {
			c.rewind("its last L1 block is not on L1's chain any more")
			c.wakeAt(c.now)
			return
		}
		if record, ok := c.unwritten(); ok {
			if c.l1Lane.free(c.now) {
				c.l1Lane.busy = true
				c.emit(record)
			}
			return
		}
		switch {
		case !c.l1Lane.free(c.now):
		case c.unknownFinal():
			c.findFinal()
		case c.saveDue():
			c.save()
		case w.Number <= c.l1.Head.Number && sequence.Visible(w.Number, c.cfg.VerifierConfs, c.l1.Head):
			c.l1Lane.busy, c.finalThen = true, c.l1.Finalized.Number
			c.emit(FetchL1(w))
		}
	case derive.NeedBlobs:
		if c.l1Lane.free(c.now) {
			c.l1Lane.busy = true
			c.emit(FetchBlobs(w))
		}
	case derive.Rewind:
		// The block that derivation stands on does not belong to this L1 chain. It is from the start: a block derived since
		// is left behind with its snapshot when L1 reorganises. Going back in L1 block by block would lead here again.
		c.restart(errors.New(w.Reason))
	case derive.Halt:
		c.fail(c.halted(w.Reason))
	case derive.NeedL2, derive.Build:
	}
}

// halted is why there is no way on. If that is because the engine refuses even a block of deposits, which needs nothing but
// the protocol, its words are part of it: it is the engine then that is to be looked at.
func (c *Core) halted(reason string) error {
	if c.refusal == nil {
		return errors.New("derivation halted: " + reason)
	}
	return eth.WithFault(eth.EngineRejectsBlock, fmt.Errorf("derivation halted: %s: %w", reason, c.refusal))
}

// record keeps a snapshot of the machine once all data of an L1 block is used.
func (c *Core) record() {
	if origin := c.machine.Origin(); c.recorded != origin {
		c.history.Add(c.machine.Snapshot())
		c.recorded = origin
	}
}

// unwritten is the safe head as of an L1 block that has still to be written down: of genesis first, then of each block that
// is used up.
func (c *Core) unwritten() (r RecordSafe, ok bool) {
	switch {
	case !c.cfg.RecordSafe:
	case c.l1Genesis != eth.L1Ref{}:
		return RecordSafe{L1: c.l1Genesis.ID(), L2: c.cfg.Rollup.Genesis.L2}, true
	case c.proven() && !c.repeating() && c.written != c.machine.Origin():
		return RecordSafe{L1: c.machine.Origin().ID(), L2: c.machine.Safe().ID()}, true
	}
	return RecordSafe{}, false
}

// repeating says whether derivation, resumed from a snapshot, is still below what was safe before: all that has been
// written down.
func (c *Core) repeating() bool { return c.machine.Safe().Number < c.heads.Safe.Number }

// proven says whether the safe head as of the L1 block that is used up is known. As long as nothing was derived since the
// start, it is not known from which L1 block on the start was safe; genesis always was.
func (c *Core) proven() bool { return c.known || c.machine.Safe().Number > c.startSafe }

func (c *Core) onSafeRecorded(e SafeRecorded) {
	c.l1Lane.done(c.now, c.cfg.Seed, marked(eth.StoreFailed, e.Err))
	switch {
	case e.Err != nil:
		c.report(Debug, "cannot write down the safe head", "l1", e.L1, "err", e.Err, "retry", c.l1Lane.wait.until.Sub(c.now))
	case c.l1Genesis.ID() == e.L1:
		c.l1Genesis = eth.L1Ref{}
	case c.machine != nil && c.machine.Origin().ID() == e.L1:
		c.written = c.machine.Origin()
	}
}

// orphaned says whether L1's head shows that the block derivation has read last is not on the chain any more. A head
// above it shows that only when the next block is fetched.
func (c *Core) orphaned() bool {
	head := c.l1.Head
	if head.Hash == (eth.L1Ref{}).Hash || head.Number > c.machine.Origin().Number {
		return false
	}
	s, ok := c.history.At(head.Number)
	return ok && s.Origin().Number == head.Number && s.Origin().Hash != head.Hash
}

// rewind goes back by one L1 block: repeated until the next block fits, it finds the fork point. Unsafe blocks stay, but
// their L1 origins are looked at. Without an older snapshot the start is looked for anew.
func (c *Core) rewind(why string) {
	snapshot, ok := c.history.Before(c.machine.Origin().Number)
	if !ok {
		c.restart(eth.WithFault(eth.L1ReorgTooDeep, fmt.Errorf("L1 reorg below the oldest snapshot: %s", why)))
		return
	}
	heads, err := c.heads.Rewind(snapshot.Safe())
	if err != nil {
		c.restart(err)
		return
	}
	c.report(Debug, "rewinding", "why", why, "from", c.machine.Origin(), "to", snapshot.Origin(), "safe", snapshot.Safe())
	c.counts.Rewinds++
	if !c.rewinding { // once for all steps
		c.sequencerReset()
	}
	c.rewinding = true
	c.machine.Restore(snapshot)
	c.history.Add(snapshot) // what is newer belongs to the L1 chain that is gone
	c.recorded = snapshot.Origin()
	c.settled = min(c.settled, snapshot.Origin().Number)
	c.savedValid = min(c.savedValid, snapshot.Origin().Number)
	c.heads, c.truncate, c.differs = heads, true, nil
	c.want = nil
}

func (c *Core) onL1Fetched(e L1Fetched) {
	c.l1Lane.done(c.now, c.cfg.Seed, e.Err)
	need, wanted := c.want.(derive.NeedL1)
	if e.Err != nil {
		c.report(Debug, "no L1 block", "err", e.Err, "retry", c.l1Lane.wait.until.Sub(c.now))
		return
	}
	if !wanted || e.Block.Number != need.Number {
		return // the machine has been rewound meanwhile
	}
	switch err := c.machine.Push(e.Block); {
	case errors.Is(err, derive.ErrNotNext):
		c.onMisfit(e.Block, err)
	case err != nil:
		c.fail(fmt.Errorf("derivation: %w", err))
	default:
		c.counts.L1Blocks++
		c.rewinding = false
		if e.Block.Number <= c.finalThen {
			c.settled = e.Block.Number
		}
	}
}

// onMisfit goes back after an L1 reorg. One block is the next for nobody twice in a row unless L1 contradicts itself,
// as endpoints behind a load balancer do: then there is no hurry.
func (c *Core) onMisfit(block *eth.L1Block, why error) {
	if c.misfit == block.Hash {
		c.l1Lane.done(c.now, c.cfg.Seed, eth.WithFault(eth.L1BlockMissing, why))
	}
	c.misfit = block.Hash
	c.rewind(why.Error())
}

func blobFault(err error) eth.Fault {
	if isMissing(err) {
		return eth.BlobsMissing
	}
	return eth.BeaconError
}

func (c *Core) onBlobsFetched(e BlobsFetched) {
	need, wanted := c.want.(derive.NeedBlobs)
	wanted = wanted && need.Block == e.Block
	if e.Err != nil && wanted && e.Canonical != e.Block && e.Canonical != (eth.L1Ref{}) {
		c.l1Lane.done(c.now, c.cfg.Seed, nil)
		c.rewind("nobody has the blobs of an L1 block that is not on L1's chain any more")
		return
	}
	if e.Err != nil {
		err := fmt.Errorf("blobs of L1 block %s: %w", e.Block, marked(blobFault(e.Err), e.Err))
		c.l1Lane.done(c.now, c.cfg.Seed, err)
		c.report(Debug, "no blobs", "err", err, "retry", c.l1Lane.wait.until.Sub(c.now))
		return
	}
	c.l1Lane.done(c.now, c.cfg.Seed, nil)
	if !wanted {
		return // a new start has been made meanwhile
	}
	if err := c.machine.PushBlobs(e.Blobs); err != nil {
		c.fail(fmt.Errorf("derivation: %w", err))
	}
}

// finalize moves the finalized head to what was derived from finalized L1 blocks (RULES 8.4). A snapshot counts if its
// L1 block is known to be on the finalized chain: it is the finalized block itself, or an ancestor of one that was
// fetched after its height had been finalized.
func (c *Core) finalize() {
	final := c.l1.Finalized
	number := c.settled
	if s, ok := c.history.At(final.Number); ok && s.Origin() == final {
		number = final.Number
	}
	if number == 0 {
		return
	}
	_, safe, ok := c.history.SafeAt(number)
	if !ok {
		return
	}
	if safe.Number > c.startSafe {
		c.heads = c.heads.Finalize(safe)
	}
	c.history.Prune(number)
}
