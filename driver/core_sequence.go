package driver

import (
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/sequence"
)

// sequencer is the plan for the next own block. It goes order → job → sealed → head; each step stands on one parent, and
// is void when the unsafe head is another.
type sequencer struct {
	active   bool
	recover  bool // blocks stay empty, so that derivation from an expired window makes the same ones (RULES 10.1)
	order    *order
	job      *job
	sealed   *sealed
	hold     time.Time // nothing is begun before
	stopping []uint64  // stop requests that wait for the sealed block to be inserted

	lostOrigin, foundOrigin eth.BlockID // see SequencerStatus
}

// order is a block to begin.
type order struct {
	parent     eth.L2Ref
	attributes eth.PayloadAttributes
	origin     eth.BlockID
	number     uint64 // sequence number in the epoch
}

// job is a block that the engine is building.
type job struct {
	*order
	id     eth.PayloadID
	begun  time.Time // ordered
	sealAt time.Time
}

// sealed is a block that exists and is not the head yet.
type sealed struct {
	payload *eth.PayloadEnvelope
	ref     eth.L2Ref
}

// forget drops what was planned with the engine. The engine may have made a sealed block its head already, its answer got
// lost: while its parent is the head it is inserted and not built again (RULES 10.3).
func (s *sequencer) forget() { s.order, s.job = nil, nil }

// stop ends sequencing. A block that is sealed may be the engine's head already: it is still made ours.
func (s *sequencer) stop(id uint64) {
	s.active, s.order, s.job = false, nil, nil
	s.stopping = append(s.stopping, id)
}

// ref is the block that came out of an order.
func (o *order) ref(hash common.Hash) eth.L2Ref {
	return eth.L2Ref{
		Hash: hash, Number: o.parent.Number + 1, ParentHash: o.parent.Hash, Time: o.attributes.Timestamp,
		L1Origin: o.origin, SequenceNumber: o.number,
	}
}

// voidStale drops what does not stand on the unsafe head any more.
func (c *Core) voidStale() {
	s, head := &c.seq, c.heads.Unsafe
	if s.order != nil && s.order.parent != head {
		s.order = nil
	}
	if s.job != nil && s.job.parent != head {
		s.job = nil
	}
	switch {
	case s.sealed == nil || s.sealed.ref.ParentHash == head.Hash:
	case s.sealed.ref == head: // inserted while nobody looked
		c.emit(Publish{s.sealed.payload})
		s.sealed = nil
	default:
		c.report(Warn, "own block is void", "block", s.sealed.ref, "unsafe", head)
		s.sealed = nil
	}
}

// sequence plans the next own block: wait for its time, then ask what L1 offers as origin.
func (c *Core) sequence() {
	c.voidStale()
	s := &c.seq
	if !s.active || c.truncating() || s.sealed != nil || s.order != nil {
		return
	}
	if s.job != nil {
		if c.now.Before(s.job.sealAt) {
			c.wakeAt(s.job.sealAt)
		}
		return
	}
	head := c.heads.Unsafe
	if sequence.Stalled(head, c.heads.Safe, c.cfg.Sequencing.MaxSafeLag) {
		return
	}
	at := sequence.StartAt(head)
	if s.hold.After(at) {
		at = s.hold
	}
	if c.now.Before(at) {
		c.wakeAt(at)
		return
	}
	if c.originLane.free(c.now) {
		c.originLane.busy = true
		next := head.L1Origin.Number + 1
		c.emit(FetchOrigins{
			Head: head, WithNext: next <= c.l1.Head.Number && sequence.Visible(next, c.cfg.Sequencing.Confs, c.l1.Head),
		})
	}
}

// truncating says whether unsafe blocks may have to go.
func (c *Core) truncating() bool { return c.truncate || c.asked.kind == forkchoice.Truncate }

// onOriginsFetched chooses the origin and orders the block.
func (c *Core) onOriginsFetched(e OriginsFetched) {
	c.originLane.done(c.now, c.cfg.Seed, e.Err)
	switch {
	case e.Err != nil:
		c.report(Debug, "no L1 origin for the next block", "head", c.heads.Unsafe, "err", e.Err, "retry", c.originLane.wait.until.Sub(c.now))
		return
	case !c.seq.active || c.machine == nil || e.Head != c.heads.Unsafe:
		return
	}
	known := sequence.Origins{Current: e.Current.L1Ref}
	if e.Next != nil {
		known.Next = &e.Next.L1Ref
	}
	origin := e.Current
	switch sequence.ChooseOrigin(c.cfg.Rollup, e.Head, known) {
	case sequence.Inconsistent:
		c.report(Warn, "L1 origin of the unsafe head is gone", "head", e.Head, "origin", e.Head.L1Origin, "l1", e.Current.L1Ref)
		c.originLost(&e.Origins)
		c.sequencerReset()
		c.truncate = true
		c.holdSequencer(c.blockTime()) // as after every reset (RULES 10.4)
		return
	case sequence.WaitForNext:
		c.holdSequencer(time.Second)
		c.report(Debug, "waiting for the next L1 block: the chain is too far ahead of its origin", "origin", e.Current.L1Ref)
		return
	case sequence.UseNext:
		origin = e.Next
	case sequence.UseCurrent:
	}
	c.orderBlock(e, origin)
}

func (c *Core) orderBlock(e OriginsFetched, origin *eth.L1Block) {
	attrs, _, err := c.cfg.Builder.Build(e.Head, e.SystemConfig, origin, nil)
	switch {
	case errors.Is(err, attributes.ErrOriginMismatch), errors.Is(err, attributes.ErrBeforeOrigin):
		c.truncate = true
		c.sequencerReset()
		c.holdSequencer(c.blockTime())
		return
	case err != nil:
		c.report(Error, "cannot make attributes for the next block", "head", e.Head, "origin", origin.L1Ref, "err", err)
		c.holdSequencer(c.blockTime())
		return
	}
	attrs.NoTxPool = c.seq.recover || sequence.MustBeEmpty(c.cfg.Rollup, attrs.Timestamp, origin.Time)
	o := &order{parent: e.Head, attributes: attrs, origin: origin.ID()}
	if origin.Number == e.Head.L1Origin.Number {
		o.number = e.Head.SequenceNumber + 1
	}
	c.seq.order = o
}

func (c *Core) holdSequencer(d time.Duration) { c.seq.hold = c.now.Add(d) }

func (c *Core) blockTime() time.Duration {
	return time.Duration(c.cfg.Rollup.BlockTime) * time.Second //nolint:gosec // seconds between blocks
}

func (c *Core) onStartSequencer(e StartSequencer) {
	err := func() error {
		switch head := c.heads.Unsafe.Hash; {
		case !c.cfg.Sequencing.Enabled:
			return errors.New("sequencer is not enabled")
		case c.seq.active:
			return errors.New("sequencer already running")
		case c.machine == nil:
			return fmt.Errorf("no prestate, cannot determine if sequencer start at %s is safe", e.Head)
		case head != e.Head:
			return fmt.Errorf("block hash does not match: head %s, received %s", head, e.Head)
		}
		return nil
	}()
	if err == nil {
		c.seq.active = true
		c.report(Debug, "sequencer started", "head", c.heads.Unsafe)
	}
	c.emit(Reply{ID: e.ID, Err: err})
}

// replyStopped answers stop requests once the heads are known and nothing sealed is left.
func (c *Core) replyStopped() {
	if len(c.seq.stopping) == 0 || c.machine == nil || c.seq.sealed != nil {
		return
	}
	for _, id := range c.seq.stopping {
		c.emit(Reply{ID: id, Hash: c.heads.Unsafe.Hash})
	}
	c.seq.stopping = nil
	c.report(Debug, "sequencer stopped", "head", c.heads.Unsafe)
}
