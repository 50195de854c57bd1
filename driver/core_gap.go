package driver

import (
	"errors"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// gap is where blocks are missing between the unsafe head and those of others that wait.
type gap struct {
	head  common.Hash // the unsafe head before it; zero: there is none
	since time.Time   // when it was noticed, or the engine was told last
	told  bool        // the engine was told of the block after it
}

// beyondGap is the lowest block that waits, if it is time to have the engine fetch those before it from its own peers: the
// unsafe head has not moved for two block times, all of L1 is derived, and the next batches bring the missing blocks only later
// (op-node's check of its queue; RULES 7.8). Not while derivation has work: an engine that fetches may refuse blocks meanwhile.
// Without an engine that has peers, derivation alone fills the gap.
func (c *Core) beyondGap() *sealed {
	lowest := c.queue.lowest()
	if lowest == nil || lowest.ref.Number <= c.heads.Unsafe.Number+1 || !c.cfg.EngineSyncs || c.seq.active {
		c.gap = gap{}
		return nil
	}
	if c.gap.head != c.heads.Unsafe.Hash {
		c.gap = gap{head: c.heads.Unsafe.Hash, since: c.now}
	}
	due := c.gap.since.Add(2 * c.blockTime())
	switch {
	case c.now.Before(due):
		c.wakeAt(due)
		return nil
	case c.needs() != NeedL1Head:
		return nil
	}
	return lowest
}

// fillGap has the engine get to the block after the gap. It is told again and again, as it may have found peers.
func (c *Core) fillGap(beyond *sealed) {
	if !c.gap.told {
		c.report(Info, "blocks are missing: the engine is to fetch them", "after", c.heads.Unsafe, "before", beyond.ref)
	}
	c.gap.since, c.gap.told = c.now, true
	labels := c.heads.Labels()
	labels.HeadBlockHash = beyond.ref.Hash
	c.emit(ReachBlock{Labels: labels, Payload: beyond.payload})
}

// onReached takes the engine's answer: it has the block and all before it, or does not have them yet. A block that is not above
// the safe one is none of this chain, and neither is what stands on it.
func (c *Core) onReached(asked call, e EngineDone) {
	switch {
	case errors.Is(e.Err, eth.ErrForkchoice):
		count := c.queue.drop(asked.sealed)
		c.report(Warn, "unsafe blocks do not belong to the safe chain", "block", asked.sealed.ref, "safe", asked.heads.Safe, "left_out", count)
	case e.Err != nil, e.Reached:
		c.onExtended(asked, e)
	}
}
