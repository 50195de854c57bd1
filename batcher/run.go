package batcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/eth"
)

// blocksPerLook bounds the blocks loaded between two looks at the node, so that the loop stays responsive.
const blocksPerLook = 500

// ErrNotRunning says that a batcher is still waiting to start (Status.Reason says what for).
var ErrNotRunning = errors.New("batcher is not posting yet")

// Batcher is a Core with its loop. The goroutine of Run owns all but status and flush.
type Batcher struct {
	cfg    Config
	ports  Ports
	core   *Core
	status atomic.Pointer[Status]
	flush  chan chan<- error

	decision    Decision // newest
	lastError   string
	lastErrorAt time.Time
	lane        lane
	stream      stream
}

// stream is a queue of the Sender and the context of what was sent on it, for one generation of Core.
type stream struct {
	generation uint64
	queue      Queue
	ctx        context.Context //nolint:containedctx // of what was sent on the queue, for as long as it lives
	cancel     context.CancelFunc
}

// New makes a batcher. Run starts it.
func New(cfg Config, ports Ports) (*Batcher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("check batcher config: %w", err)
	}
	core, err := NewCore(cfg.Encoder, cfg.MaxPendingTx)
	if err != nil {
		return nil, err
	}
	b := &Batcher{
		cfg: cfg, ports: ports, core: core, flush: make(chan chan<- error),
		decision: Decision{Reason: NodeNotReady},
		lane:     lane{jobs: make(chan job, cfg.MaxPendingTx), ended: make(chan ended, cfg.MaxPendingTx)},
	}
	b.publish()
	return b, nil
}

// Status is what the batcher is at. It never changes; ask again for a newer one.
func (b *Batcher) Status() *Status { return b.status.Load() }

// Flush loads the newest blocks and closes the channel they are in, so that they are sent now. It returns when that is
// under way, or ErrNotRunning.
func (b *Batcher) Flush(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case b.flush <- reply:
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-reply:
		return err
	}
}

// Run posts until ctx ends, and returns its cause. Transactions that are broadcast stay with the Sender. It must be called
// once.
func (b *Batcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	settled := make(chan uint64, 1)
	workers.Go(func() { b.settle(ctx, settled) })
	workers.Go(func() { b.lane.run(ctx, &workers) })

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case l1 := <-settled:
			b.core.Settled(l1)
		case <-timer.C:
			pause := b.cfg.PollInterval
			if b.look(ctx) {
				b.core.CloseDue()
			} else {
				pause = 0
			}
			timer.Reset(pause)
		case e := <-b.lane.ended:
			b.end(e)
		case reply := <-b.flush:
			reply <- b.flushNow(ctx)
		}
		b.submit(ctx)
		b.publish()
	}
}

// settle waits for the Sender, as often as it takes.
func (b *Batcher) settle(ctx context.Context, settled chan<- uint64) {
	for {
		l1, err := b.ports.Sender.Settle(ctx)
		if err == nil {
			settled <- l1
			return
		}
		if ctx.Err() == nil {
			b.ports.Log.Warn("previous run is unsettled", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(b.cfg.PollInterval):
		}
	}
}

// look asks the node, decides, and loads blocks. It says false if there is more to load at once.
func (b *Batcher) look(ctx context.Context) (done bool) {
	status, err := call(ctx, b.cfg.NetworkTimeout, b.ports.Node.SyncStatus)
	if err != nil {
		b.note("sync status is missing", fmt.Errorf("get sync status: %w", err))
		return true
	}
	b.decide(b.core.Observe(viewOf(&status)))
	for range blocksPerLook {
		if b.decision.Verb != Load {
			return true
		}
		number := b.decision.First
		envelope, err := call(ctx, b.cfg.NetworkTimeout, func(ctx context.Context) (*eth.PayloadEnvelope, error) {
			return b.ports.Blocks.PayloadByNumber(ctx, number)
		})
		if err != nil {
			b.note("block is missing", fmt.Errorf("load block %d: %w", number, err))
			return true
		}
		d, err := b.core.AddBlock(envelope.ExecutionPayload)
		if err != nil {
			b.note("block cannot be posted", err)
		}
		b.decide(d)
	}
	return b.decision.Verb != Load
}

// call bounds a call in time.
func call[T any](ctx context.Context, timeout time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return f(ctx)
}

// flushNow is Flush on the loop's side.
func (b *Batcher) flushNow(ctx context.Context) error {
	for !b.look(ctx) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if !b.core.Flush() {
		return fmt.Errorf("%w: %s", ErrNotRunning, b.decision.Reason)
	}
	return nil
}

// decide remembers a decision, and logs it if it is another one than before.
func (b *Batcher) decide(d Decision) {
	before := b.decision
	b.decision = d
	if d.Verb == before.Verb && d.Reason == before.Reason {
		return
	}
	level := slog.LevelInfo
	switch {
	case d.Verb == Afresh:
		level = slog.LevelWarn
	case d.Reason == UpToDate || d.Reason == NewBlocks:
		level = slog.LevelDebug
	}
	s := b.core.status()
	b.ports.Log.Log(context.Background(), level, "batcher decision", "verb", d.Verb.String(), "reason", d.Reason.String(),
		"safe", s.Safe, "unsafe", s.Unsafe, "current_l1", s.CurrentL1, "head_l1", s.HeadL1,
		"pending_blocks", s.PendingBlocks, "in_flight", s.InFlight)
}

// submit hands over what is to be sent. It does not block: the lane has room for all that Core lets be in flight.
func (b *Batcher) submit(ctx context.Context) {
	if b.stream.queue != nil && b.stream.generation != b.core.Generation() {
		b.stream.cancel()
		b.stream = stream{}
	}
	for s, ok := b.core.Next(); ok; s, ok = b.core.Next() {
		if b.stream.queue == nil {
			streamCtx, cancel := context.WithCancel(ctx)
			b.stream = stream{generation: b.core.Generation(), queue: b.ports.Sender.NewQueue(), ctx: streamCtx, cancel: cancel}
		}
		b.logSubmission(&s)
		b.lane.jobs <- job{
			ctx: b.stream.ctx, queue: b.stream.queue, id: s.ID,
			tx: Tx{To: b.cfg.Encoder.Rollup.BatchInboxAddress, Data: s.Data, Blobs: s.Blob},
		}
	}
}

func (b *Batcher) logSubmission(s *encoder.Submission) {
	c := &s.Channel
	b.ports.Log.Info("batch submitted", "submission", s.ID, "kind", s.Kind.String(), "channel", c.ID.String(), "closed_by", c.Closed.String(),
		"first_block", c.First, "last_block", c.Last, "first_frame", s.First, "frames", s.Frames, "of", c.Frames,
		"bytes", c.Bytes, "input_bytes", c.InputBytes)
}

// end takes the outcome of a submission.
func (b *Batcher) end(e ended) {
	if e.outcome.Err != nil {
		b.core.Failed(e.id)
		b.note("batch failed", fmt.Errorf("send submission %d: %w", e.id, e.outcome.Err))
		return
	}
	b.core.Included(e.id, e.outcome.Included)
	b.ports.Log.Info("batch included", "submission", e.id, "l1_block", e.outcome.Included)
}

// note remembers and logs an error.
func (b *Batcher) note(message string, err error) {
	b.lastError, b.lastErrorAt = err.Error(), time.Now()
	b.ports.Log.Warn(message, "err", err) //nolint:sloglint // every caller gives a constant
}

func (b *Batcher) publish() {
	s := b.core.status()
	s.Verb, s.Reason, s.LastError, s.LastErrorAt = b.decision.Verb, b.decision.Reason, b.lastError, b.lastErrorAt
	b.status.Store(&s)
}
