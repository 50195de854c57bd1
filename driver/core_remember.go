package driver

import (
	"time"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

// saveEvery is how often a snapshot is kept at most: what is derived in that time is derived again after kill -9, from L1
// blocks that are on disk.
const saveEvery = 2 * time.Second

// resumeFrom goes on from the newest of these snapshots. The others are where a rewind finds its way if L1 has reorganised
// since; unsafe blocks may have lost their L1 origin then.
func (c *Core) resumeFrom(snapshots []derive.Snapshot) {
	for _, s := range snapshots {
		c.history.Add(s)
	}
	newest := snapshots[len(snapshots)-1]
	c.machine = derive.Resume(c.cfg.Builder, newest)
	c.recorded, c.saved, c.savedValid = newest.Origin(), newest.Origin(), newest.Origin().Number
	c.known, c.startSafe = true, c.cfg.Rollup.Genesis.L2.Number
	c.truncate = c.heads.Unsafe.Number > c.heads.Safe.Number
}

// saveDue says whether the snapshot between two L1 blocks is to be kept for the next start, which will take it that the
// safe head was derived up to there.
func (c *Core) saveDue() bool {
	return c.cfg.Remember && c.proven() && c.saved != c.machine.Origin() && !c.now.Before(c.saveAt)
}

// save keeps it, and lets go of L1 blocks that no start can need: one begins at most a sequencing window and a channel
// timeout before the head (RULES 8.1, 8.2).
func (c *Core) save() {
	c.saved, c.saveAt = c.machine.Origin(), c.now.Add(saveEvery)
	back := c.cfg.Rollup.SeqWindowSize + c.cfg.Rollup.ChannelTimeout
	keepFrom := uint64(0)
	if origin := c.machine.Safe().L1Origin.Number; origin > back {
		keepFrom = origin - back
	}
	c.l1Lane.busy = true
	c.emit(Save{Remembered{Snapshot: c.machine.Snapshot(), Finalized: c.heads.Finalized, GoneAbove: c.savedValid, KeepFrom: keepFrom}})
	c.savedValid = c.saved.Number
}

// onSaved does not mind a failure: a snapshot that is missing costs time at the next start, waiting for the disk costs it
// now.
func (c *Core) onSaved(e Saved) {
	c.l1Lane.busy = false // what the lane waits for because of L1 is not over
	if e.Err != nil {
		c.savedValid = 0 // whatever was to be forgotten may still be there
		c.report(Warn, "cannot keep a snapshot for the next start", "err", e.Err)
	}
}

// unknownFinal says whether L1 has finalized a block from before the oldest snapshot: what was safe then is known only
// from what was written down.
func (c *Core) unknownFinal() bool {
	final := c.l1.Finalized
	if !c.cfg.RecordSafe || final == (eth.L1Ref{}) || c.asking == final || final.Number <= c.cfg.Rollup.Genesis.L1.Number {
		return false
	}
	_, ok := c.history.At(final.Number)
	return !ok
}

func (c *Core) findFinal() {
	c.asking = c.l1.Finalized
	c.l1Lane.busy = true
	c.emit(FindFinal{L1: c.l1.Finalized})
}

// onFinalFound moves the finalized head to what was safe as of a finalized L1 block. If that is not known, the next
// finalized block may be.
func (c *Core) onFinalFound(e FinalFound) {
	c.l1Lane.busy = false
	if e.Err != nil {
		c.report(Debug, "nothing is written down for a finalized L1 block", "l1", e.L1, "err", e.Err)
		return
	}
	if c.machine != nil {
		c.heads = c.heads.Finalize(e.Safe)
	}
}
