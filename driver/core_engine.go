package driver

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/sequence"
)

// drive gives the engine its next call.
func (c *Core) drive() {
	if !c.engine.free(c.now) {
		return
	}
	s := &c.seq
	build, derived := c.want.(derive.Build)
	read, reading := c.want.(derive.NeedL2)
	c.call = forkchoice.Next(c.heads, c.told, forkchoice.Ready{
		Sealed:   s.sealed != nil,
		SealDue:  s.job != nil && !c.now.Before(s.job.sealAt),
		Order:    s.order != nil && s.job == nil,
		Truncate: c.truncate,
		Derived:  derived,
		Differs:  derived && c.differs == build.Derived,
		Read:     reading,
	})
	labels := c.heads.Labels()
	switch c.call {
	case forkchoice.Idle:
		return
	case forkchoice.Insert:
		labels.HeadBlockHash = s.sealed.ref.Hash
		c.emit(InsertBlock{Labels: labels, Payload: s.sealed.payload})
	case forkchoice.Seal:
		c.emit(SealJob{Job: s.job.id})
	case forkchoice.Start:
		c.emit(StartJob{Labels: labels, Attributes: &s.order.attributes})
	case forkchoice.Truncate:
		c.emit(TruncateUnsafe{Heads: c.heads})
	case forkchoice.Consolidate:
		c.emit(ReadBlock{Number: c.heads.Safe.Number + 1})
	case forkchoice.Build:
		labels.HeadBlockHash = build.Parent.Hash
		c.emit(BuildBlock{Labels: labels, Attributes: &build.Attributes})
	case forkchoice.Read:
		c.emit(ReadBlock(read))
	case forkchoice.Label:
		c.emit(SetLabels{Labels: labels})
	}
	c.engine.busy = true
}

// onEngineDone takes the answer to the call in flight. A rejection is an answer; a forkchoice error means that our idea
// of the engine's chain is wrong; everything else is tried again later.
func (c *Core) onEngineDone(e EngineDone) {
	call := c.call
	c.call = forkchoice.Idle
	if e.Err != nil && !eth.IsRejected(e.Err) && !errors.Is(e.Err, eth.ErrUnknownPayload) {
		c.engine.done(c.now, c.cfg.Seed, e.Err)
		c.report(Warn, "engine call failed", "call", call, "err", e.Err, "retry", c.engine.wait.until.Sub(c.now))
		if errors.Is(e.Err, eth.ErrForkchoice) || isMissing(e.Err) {
			c.restart(e.Err.Error())
		}
		return
	}
	c.engine.done(c.now, c.cfg.Seed, nil)
	if c.machine == nil {
		return // the answer belongs to a time before a new start
	}
	switch call {
	case forkchoice.Insert:
		c.onInserted(e)
	case forkchoice.Seal:
		c.onSealed(e)
	case forkchoice.Start:
		c.onJobStarted(e)
	case forkchoice.Truncate:
		c.onTruncated(e)
	case forkchoice.Consolidate:
		c.onRead(e)
	case forkchoice.Build:
		c.onBuilt(e)
	case forkchoice.Read:
		c.check(c.machine.PushL2(e.Payload.ExecutionPayload))
	case forkchoice.Label:
		c.told = c.heads.Labels()
	case forkchoice.Idle:
	}
}

// check ends the node on an error that only a mistake in this program can cause.
func (c *Core) check(err error) {
	if err != nil {
		c.fail(fmt.Errorf("derivation: %w", err))
	}
}

// onBuilt takes the block that came out of derived attributes, or the engine's refusal.
func (c *Core) onBuilt(e EngineDone) {
	d := c.want.(derive.Build).Derived
	if e.Err != nil {
		c.report(Warn, "derived block is invalid", "parent", d.Parent, "l1", d.DerivedFrom, "err", e.Err, "deposits_only", d.Attributes.OnlyDeposits())
		c.check(c.machine.Reject())
		return
	}
	ref := d.Ref(e.Payload.ExecutionPayload.BlockHash)
	c.check(c.machine.Confirm(ref))
	c.told = c.heads.Labels()
	c.told.HeadBlockHash = ref.Hash
	c.heads, c.differs = c.heads.Derived(ref), nil
	c.report(Debug, "derived", "block", ref, "txs", len(d.Attributes.Transactions), "l1", d.DerivedFrom)
}

// onRead compares the unsafe block with what was derived for its height (RULES 7.2).
func (c *Core) onRead(e EngineDone) {
	d := c.want.(derive.Build).Derived
	ref := d.Ref(e.Payload.ExecutionPayload.BlockHash)
	if why := attributes.Matches(c.cfg.Rollup, &d.Attributes, d.Parent.Hash, e.Payload); why != attributes.MismatchNone {
		c.report(Warn, "unsafe block differs from L1, it will be replaced", "block", ref, "field", why, "l1", d.DerivedFrom)
		c.differs = d
		return
	}
	c.check(c.machine.Confirm(ref))
	c.heads = c.heads.Consolidated(ref)
	c.report(Debug, "consolidated", "block", ref, "l1", d.DerivedFrom)
}

func (c *Core) onJobStarted(e EngineDone) {
	s := &c.seq
	o := s.order
	s.order = nil
	switch {
	case e.Err != nil:
		c.report(Error, "engine refuses the sequencer's attributes", "err", e.Err)
		c.holdSequencer(c.blockTime())
	case o != nil && s.active:
		s.job = &job{order: o, id: e.Job, sealAt: sequence.SealAt(c.cfg.Rollup, o.parent, c.cfg.Sequencing.Sealing)}
	}
}

func (c *Core) onSealed(e EngineDone) {
	s := &c.seq
	j := s.job
	s.job = nil
	switch {
	case errors.Is(e.Err, eth.ErrUnknownPayload):
		c.report(Warn, "engine lost the building job, starting it again")
	case e.Err != nil:
		c.report(Error, "sealed block is invalid", "err", e.Err)
		c.holdSequencer(c.blockTime())
	case j != nil && s.active:
		s.sealed = &sealed{payload: e.Payload, ref: j.ref(e.Payload.ExecutionPayload.BlockHash)}
		c.emit(Publish{e.Payload})
	}
}

func (c *Core) onInserted(e EngineDone) {
	done := c.seq.sealed
	c.seq.sealed = nil
	if e.Err != nil {
		c.report(Error, "own block is invalid", "err", e.Err)
		c.holdSequencer(c.blockTime())
		return
	}
	c.told = c.heads.Labels()
	c.told.HeadBlockHash = done.ref.Hash
	c.heads = c.heads.Extended(done.ref)
	c.report(Info, "sequenced", "block", done.ref, "origin", done.ref.L1Origin, "txs", len(done.payload.ExecutionPayload.Transactions), "gas", done.payload.ExecutionPayload.GasUsed)
}

func (c *Core) onTruncated(e EngineDone) {
	if e.Err != nil {
		c.fail(e.Err) // a search is never rejected
		return
	}
	c.truncate = false
	if e.Head != c.heads.Unsafe {
		c.report(Warn, "unsafe blocks lost their L1 origin", "from", c.heads.Unsafe, "to", e.Head)
		c.heads = c.heads.Truncated(e.Head)
	}
}
