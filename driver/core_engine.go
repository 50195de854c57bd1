package driver

import (
	"errors"
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/sequence"
)

// call is an engine call in flight with all that its answer is judged by: Core may think otherwise by then.
type call struct {
	kind    forkchoice.Call
	heads   forkchoice.Heads
	labels  eth.ForkchoiceState // what the engine has acknowledged if it says yes
	order   *order              // of Start
	job     *job                // of Seal
	sealed  *sealed             // of Insert, Extend and Reach
	derived *derive.Derived     // of Consolidate and Build
}

// remindEvery is how long an engine is left alone at most. To be told the labels again finds out that it is gone, or has been
// started anew and lost blocks, before the next block is needed.
const remindEvery = 20 * time.Second

// drive gives the engine its next call.
func (c *Core) drive() {
	if !c.engine.free(c.now) {
		return
	}
	if !c.now.Before(c.calledAt.Add(remindEvery)) {
		c.told = eth.ForkchoiceState{}
	}
	s := &c.seq
	build, derived := c.want.(derive.Build)
	read, reading := c.want.(derive.NeedL2)
	posted, beyond := c.queue.child(c.heads.Unsafe.Hash), c.beyondGap()
	kind := forkchoice.Next(c.heads, c.told, forkchoice.Ready{
		Restore:  c.restore,
		Sealed:   s.sealed != nil,
		SealDue:  s.job != nil && !c.now.Before(s.job.sealAt),
		Order:    s.order != nil && s.job == nil,
		Posted:   posted != nil,
		Truncate: c.truncate,
		Derived:  derived,
		Known:    derived && build.Parent.Number < c.heads.Unsafe.Number,
		Differs:  derived && c.differs == build.Derived,
		Read:     reading,
		Gap:      beyond != nil,
	})
	labels := c.heads.Labels()
	c.asked = call{
		kind: kind, heads: c.heads, labels: labels, order: s.order, job: s.job, sealed: s.sealed, derived: build.Derived,
	}
	switch kind {
	case forkchoice.Idle:
		c.wakeAt(c.calledAt.Add(remindEvery))
		return
	case forkchoice.Insert:
		labels.HeadBlockHash = s.sealed.ref.Hash
		c.emit(InsertBlock{Labels: labels, Payload: s.sealed.payload})
	case forkchoice.Extend:
		c.asked.sealed = posted
		labels.HeadBlockHash = posted.ref.Hash
		c.emit(InsertBlock{Labels: labels, Payload: posted.payload})
	case forkchoice.Seal:
		c.emit(SealJob{Job: s.job.id})
	case forkchoice.Start:
		c.emit(StartJob{Labels: labels, Attributes: &s.order.attributes})
	case forkchoice.Truncate:
		c.truncate = false // unless something happens until the answer
		c.emit(TruncateUnsafe{Heads: c.heads})
	case forkchoice.Consolidate:
		c.emit(ReadBlock{Number: build.Parent.Number + 1})
	case forkchoice.Build:
		labels.HeadBlockHash = build.Parent.Hash
		c.emit(BuildBlock{Labels: labels, Attributes: &build.Attributes})
	case forkchoice.Read:
		c.emit(ReadBlock(read))
	case forkchoice.Reach:
		c.asked.sealed = beyond
		c.fillGap(beyond)
	case forkchoice.Label, forkchoice.Restore:
		c.emit(SetLabels{Labels: labels})
	}
	c.engine.busy, c.calledAt = true, c.now
}

// onEngineDone takes the answer to the call in flight. Done and rejected are answers; a forkchoice error means that our
// idea of the engine's chain is wrong; everything else is tried again later.
func (c *Core) onEngineDone(e EngineDone) {
	asked := c.asked
	c.asked = call{}
	if c.machine == nil {
		c.engine.done(c.now, c.cfg.Seed, nil)
		return // the answer belongs to a time before a new start
	}
	if e.Err != nil && (asked.kind == forkchoice.Seal || eth.IsRejected(e.Err) && (asked.kind == forkchoice.Start || asked.kind == forkchoice.Insert)) {
		c.sequencingFailed()
	}
	switch err := e.Err; {
	case err == nil, eth.IsRejected(err) && asked.makesBlock(), errors.Is(err, eth.ErrForkchoice) && asked.kind == forkchoice.Reach:
		c.engine.done(c.now, c.cfg.Seed, nil)
		c.onAnswer(asked, e)
	case errors.Is(err, eth.ErrForkchoice), errors.Is(err, eth.ErrNotFound), eth.IsRejected(err):
		c.engine.done(c.now, c.cfg.Seed, nil)
		if asked.kind == forkchoice.Extend {
			c.queue.drop(asked.sealed) // it may be what the engine stumbled over
		}
		c.restart(fmt.Errorf("engine call %s: %w", asked.kind, err))
	default:
		c.truncate = c.truncate || asked.kind == forkchoice.Truncate
		c.engine.done(c.now, c.cfg.Seed, err)
		c.report(Debug, "engine call failed", "call", asked.kind, "err", err, "retry", c.engine.wait.until.Sub(c.now))
		if errors.Is(err, eth.ErrUnknownPayload) && asked.kind == forkchoice.Seal && c.seq.job == asked.job {
			c.seq.job = nil // the engine lost it: it is started again (RULES 7.3)
		}
	}
}

// makesBlock says whether a block can be rejected by the call. To reject labels is to disagree about the chain.
func (a *call) makesBlock() bool {
	switch a.kind {
	case forkchoice.Start, forkchoice.Seal, forkchoice.Insert, forkchoice.Extend, forkchoice.Reach, forkchoice.Build:
		return true
	default:
		return false
	}
}

func (c *Core) onAnswer(asked call, e EngineDone) {
	switch asked.kind {
	case forkchoice.Insert:
		c.onInserted(asked, e)
	case forkchoice.Extend:
		c.onExtended(asked, e)
	case forkchoice.Reach:
		c.onReached(asked, e)
	case forkchoice.Seal:
		c.onSealed(asked, e)
	case forkchoice.Start:
		c.onJobStarted(asked, e)
	case forkchoice.Truncate:
		c.onTruncated(asked, e)
	case forkchoice.Consolidate:
		c.onRead(asked, e)
	case forkchoice.Build:
		c.onBuilt(asked, e)
	case forkchoice.Read:
		c.check(c.machine.PushL2(e.Payload.ExecutionPayload))
	case forkchoice.Label:
		c.told = asked.labels
	case forkchoice.Restore:
		c.told, c.restore = asked.labels, false
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
func (c *Core) onBuilt(asked call, e EngineDone) {
	d := asked.derived
	if e.Err != nil {
		c.counts.Rejected++
		c.refusal = e.Err
		c.report(Warn, "derived block is invalid", "parent", d.Parent, "l1", d.DerivedFrom, "err", e.Err, "deposits_only", d.Attributes.OnlyDeposits())
		c.check(c.machine.Reject())
		if !c.cfg.Rollup.L1Rules(d.DerivedFrom.Time).ReplaceInvalid {
			c.heads = c.heads.Restored() // the batch is gone with all its blocks
		}
		// Some engines take their head back to the parent of what they are to build, and leave it there.
		c.restore = d.Parent.Number < c.heads.Unsafe.Number
		return
	}
	ref := d.Ref(e.Payload.ExecutionPayload.BlockHash)
	c.check(c.machine.Confirm(ref))
	c.told = asked.labels
	c.told.HeadBlockHash = ref.Hash
	c.differs, c.refusal = nil, nil
	if d.Concluding {
		c.heads = c.heads.Derived(ref)
	} else {
		c.heads = c.heads.Pending(ref)
	}
	c.counts.Derived++
	c.holdSequencer(c.blockTime()) // L1 knows more than we do: no own block before that is taken in (RULES 10.4)
	c.report(Debug, "derived", "block", ref, "txs", len(d.Attributes.Transactions), "l1", d.DerivedFrom)
}

// onRead compares the unsafe block with what was derived for its height (RULES 7.2).
func (c *Core) onRead(asked call, e EngineDone) {
	d := asked.derived
	ref := d.Ref(e.Payload.ExecutionPayload.BlockHash)
	if why := attributes.Matches(c.cfg.Rollup, &d.Attributes, d.Parent.Hash, e.Payload); why != attributes.MismatchNone {
		if ref.Number <= c.heads.Safe.Number && !d.Attributes.OnlyDeposits() {
			// It is safe, so all of this has happened before: the engine has rejected the block then, and what stands there is what came
			// in its place.
			c.check(c.machine.Reject())
			return
		}
		if ref.Number <= c.heads.Safe.Number {
			c.restart(eth.WithFault(eth.EngineLying, fmt.Errorf("safe block %s differs from what L1 says in its %s", ref, why)))
			return
		}
		c.report(Warn, "unsafe block differs from L1, it will be replaced", "block", ref, "field", why, "l1", d.DerivedFrom)
		c.differs = d
		c.counts.Replaced++
		return
	}
	c.check(c.machine.Confirm(ref))
	c.counts.Consolidated++
	c.refusal = nil
	if d.Concluding {
		c.heads = c.heads.Consolidated(ref)
	}
	c.report(Debug, "consolidated", "block", ref, "l1", d.DerivedFrom)
}

// onJobStarted takes the id of a job. A plan that was given up meanwhile stays so: the engine forgets its job by itself.
func (c *Core) onJobStarted(asked call, e EngineDone) {
	s := &c.seq
	if s.order != asked.order {
		return
	}
	s.order = nil
	if e.Err != nil {
		c.report(Error, "engine refuses the sequencer's attributes", "err", e.Err)
		c.holdSequencer(c.blockTime())
		return
	}
	o := asked.order
	s.job = &job{order: o, id: e.Job, begun: c.calledAt, sealAt: sequence.SealAt(c.cfg.Rollup, o.parent, c.cfg.Sequencing.Sealing)}
}

func (c *Core) onSealed(asked call, e EngineDone) {
	s := &c.seq
	if s.job != asked.job {
		return // given up meanwhile
	}
	s.job = nil
	if e.Err != nil {
		c.report(Error, "sealed block is invalid", "err", e.Err)
		c.holdSequencer(c.blockTime())
		return
	}
	c.sealedOne(asked.job, e.Payload.ExecutionPayload)
	s.sealed = &sealed{payload: e.Payload, ref: asked.job.ref(e.Payload.ExecutionPayload.BlockHash)}
}

func (c *Core) onInserted(asked call, e EngineDone) {
	c.seq.sealed = nil
	if e.Err != nil {
		c.report(Error, "own block is invalid", "err", e.Err)
		c.holdSequencer(c.blockTime())
		return
	}
	ref, payload := asked.sealed.ref, asked.sealed.payload.ExecutionPayload
	c.told = asked.labels
	c.told.HeadBlockHash = ref.Hash
	c.heads = c.heads.Extended(ref)
	c.counts.Sequenced++
	c.emit(Publish{asked.sealed.payload}) // others hear of it once it is ours, and nothing here waits for them
	c.report(Info, "sequenced", "block", ref, "origin", ref.L1Origin, "txs", len(payload.Transactions), "gas", payload.GasUsed)
}

// onTruncated cuts the unsafe chain down to what still has its L1 origin. If L1 went back meanwhile, it was looked at too
// short a part of it.
func (c *Core) onTruncated(asked call, e EngineDone) {
	c.truncate = c.truncate || asked.heads.Safe != c.heads.Safe
	if e.Head != c.heads.Unsafe {
		c.report(Warn, "unsafe blocks lost their L1 origin", "from", c.heads.Unsafe, "to", e.Head)
		c.heads = c.heads.Truncated(e.Head)
	}
}
