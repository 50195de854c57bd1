package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Driver is a Core with its loop and lanes.
type Driver struct {
	core   *Core
	ports  Ports
	walk   walker
	status atomic.Pointer[Status]
	admin  chan request
	ended  chan struct{} // closed when Run has returned

	engine, l1, origin lanePorts
}

// lanePorts connect the loop with one lane: one effect in, one event out.
type lanePorts struct {
	in  chan Effect
	out chan Event
}

func newLane() lanePorts { return lanePorts{in: make(chan Effect, 1), out: make(chan Event, 1)} }

// request is an admin call on its way to the loop.
type request struct {
	event func(id uint64) Event
	reply chan Reply
}

// New makes a driver. Run starts it.
func New(cfg Config, ports Ports) *Driver {
	cfg.RecordSafe, cfg.Remember = ports.Safe != nil, ports.Memory != nil
	cfg.EngineSyncs = ports.Sync != nil
	d := &Driver{
		core: NewCore(cfg), ports: ports, walk: walker{cfg: cfg.Rollup, l1: ports.L1, l2: ports.Engine, memory: ports.Memory},
		admin: make(chan request), ended: make(chan struct{}), engine: newLane(), l1: newLane(), origin: newLane(),
	}
	d.publishStatus()
	return d
}

// Status is the node's state after the last step. It never changes; ask again for a newer one.
func (d *Driver) Status() *Status { return d.status.Load() }

func (d *Driver) publishStatus() {
	s := d.core.Status()
	d.status.Store(&s)
}

// Run drives the node until the context ends (its cause is returned) or derivation cannot go on. It runs once.
func (d *Driver) Run(ctx context.Context) error {
	defer close(d.ended)
	ctx, cancel := context.WithCancelCause(ctx)
	var lanes sync.WaitGroup
	defer lanes.Wait()
	defer cancel(nil)
	for _, l := range []struct {
		ports lanePorts
		do    func(context.Context, Effect) Event
	}{{d.engine, d.doEngine}, {d.l1, d.doL1}, {d.origin, d.doOrigin}} {
		lanes.Go(func() { serve(ctx, l.ports, l.do) })
	}

	timer := time.NewTimer(0)
	defer timer.Stop()
	replies := map[uint64]chan Reply{}
	for id := uint64(1); ; id++ {
		var ev Event
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case ev = <-d.engine.out:
		case <-timer.C:
			ev = Tick{}
		case ev = <-d.l1.out:
		case ev = <-d.origin.out:
		case heads := <-d.ports.Heads:
			ev = heads
		case payload := <-d.ports.Gossip:
			ev = Gossiped{payload}
		case r := <-d.admin:
			replies[id] = r.reply
			ev = r.event(id)
		}
		effects := d.core.Handle(time.Now(), ev)
		d.publishStatus() // first: whoever gets a reply may look at the status
		for _, effect := range effects {
			if fail, ok := effect.(Fail); ok {
				return fail.Err
			}
			d.perform(ctx, effect, timer, replies)
		}
	}
}

// serve does the effects of one lane, one at a time.
func serve(ctx context.Context, p lanePorts, do func(context.Context, Effect) Event) {
	for {
		select {
		case <-ctx.Done():
			return
		case effect := <-p.in:
			p.out <- do(ctx, effect) // never blocks: the loop orders one effect at a time
		}
	}
}

// perform starts an effect. It never blocks: a lane has room for the one effect Core may order.
func (d *Driver) perform(ctx context.Context, effect Effect, timer *time.Timer, replies map[uint64]chan Reply) {
	switch e := effect.(type) {
	case FetchL1, FetchBlobs, RecordSafe, Save, FindFinal:
		d.l1.in <- e
	case FetchOrigins:
		d.origin.in <- e
	case Wake:
		timer.Reset(time.Until(e.At))
	case Publish:
		if d.ports.Publish != nil {
			d.ports.Publish.Publish(e.Payload)
		}
	case Reply:
		replies[e.ID] <- e
		delete(replies, e.ID)
	case Report:
		d.ports.Log.Log(ctx, levels[e.Severity], e.Message, e.Fields...) //nolint:sloglint // a Report's message is static where it is made
	default:
		d.engine.in <- e
	}
}

var levels = [...]slog.Level{Debug: slog.LevelDebug, Info: slog.LevelInfo, Warn: slog.LevelWarn, Error: slog.LevelError}

// doEngine does one effect of the engine lane.
func (d *Driver) doEngine(ctx context.Context, effect Effect) Event {
	var done EngineDone
	switch e := effect.(type) {
	case FindStart:
		return d.findStart(ctx, e)
	case SyncEngine:
		done, err := d.syncEngine(ctx, e)
		return EngineSynced{Done: done, Err: err}
	case BuildBlock:
		done.Payload, done.Err = d.ports.Engine.Build(ctx, e.Labels, e.Attributes)
	case ReadBlock:
		done.Payload, done.Err = d.ports.Engine.PayloadByNumber(ctx, e.Number)
	case StartJob:
		done.Job, done.Err = d.ports.Engine.Start(ctx, e.Labels, e.Attributes)
	case SealJob:
		done.Payload, done.Err = d.ports.Engine.Seal(ctx, e.Job)
	case InsertBlock:
		done.Err = d.ports.Engine.Insert(ctx, e.Labels, e.Payload)
	case TruncateUnsafe:
		done.Head, _, done.Err = d.walk.canonicalUnsafe(ctx, e.Heads)
	case ReachBlock:
		done.Reached, done.Err = d.ports.Sync.SyncTo(ctx, e.Labels, e.Payload)
	case SetLabels:
		done.Err = d.ports.Engine.Forkchoice(ctx, e.Labels)
	default:
		panic(fmt.Sprintf("effect %T has no lane", effect))
	}
	return done
}

// findStart resumes an earlier run if it can, or else walks.
func (d *Driver) findStart(ctx context.Context, e FindStart) StartFound {
	if e.Resume {
		start, err := d.walk.resume(ctx, e.Finalized)
		if !errors.Is(err, errNoResume) {
			return StartFound{Start: start, Err: err}
		}
	}
	start, err := d.walk.findStart(ctx, e.Finalized)
	return StartFound{Start: start, Err: err}
}

// syncEngine tells the engine its target, and labels it once it is there.
func (d *Driver) syncEngine(ctx context.Context, e SyncEngine) (done bool, err error) {
	labels := eth.ForkchoiceState{HeadBlockHash: e.Target.Hash}
	if done, err = d.ports.Sync.SyncTo(ctx, labels, e.Payload); err != nil || !done {
		return false, err
	}
	settled := e.Target
	if genesis := d.walk.cfg.Genesis.L2.Number; e.Behind > 0 {
		if settled, err = d.walk.byNumber(ctx, max(genesis, e.Target.Number-min(e.Behind, e.Target.Number))); err != nil {
			return false, err
		}
	}
	labels.SafeBlockHash, labels.FinalizedBlockHash = settled.Hash, settled.Hash
	return true, d.ports.Engine.Forkchoice(ctx, labels)
}

// doL1 does one effect of the L1 lane.
func (d *Driver) doL1(ctx context.Context, effect Effect) Event {
	switch e := effect.(type) {
	case RecordSafe:
		return SafeRecorded{L1: e.L1, Err: d.ports.Safe.Record(e.L1, e.L2)}
	case Save:
		return Saved{Err: d.ports.Memory.Save(e.Remembered)}
	case FindFinal:
		return d.findFinal(ctx, e)
	case FetchBlobs:
		return d.fetchBlobs(ctx, e)
	}
	block, err := d.ports.L1.BlockByNumber(ctx, effect.(FetchL1).Number)
	return L1Fetched{Block: block, Err: err}
}

// findFinal looks up what was written down for a finalized L1 block. Nothing, or something about another L1 block of this
// height, is eth.ErrNotFound.
func (d *Driver) findFinal(ctx context.Context, e FindFinal) FinalFound {
	done := FinalFound{L1: e.L1}
	l1, l2, err := d.ports.Safe.At(e.L1.Number)
	switch {
	case err != nil:
		done.Err = err
	case l1 != e.L1.ID():
		done.Err = eth.ErrNotFound
	default:
		if done.Safe, done.Err = d.walk.byNumber(ctx, l2.Number); done.Err == nil && done.Safe.ID() != l2 {
			done.Err = eth.ErrNotFound
		}
	}
	return done
}

// fetchBlobs finds out, if there are no blobs, whether the block they belong to is still on L1's chain: if not, nobody
// will ever serve them.
func (d *Driver) fetchBlobs(ctx context.Context, e FetchBlobs) BlobsFetched {
	done := BlobsFetched{Block: e.Block}
	if done.Blobs, done.Err = d.ports.Blobs.Blobs(ctx, e.Block, e.Hashes); done.Err == nil {
		return done
	}
	if ref, err := d.ports.L1.RefByNumber(ctx, e.Block.Number); err == nil {
		done.Canonical = ref
	}
	return done
}

// doOrigin does one effect of the origin lane.
func (d *Driver) doOrigin(ctx context.Context, effect Effect) Event {
	origins, err := d.walk.origins(ctx, effect.(FetchOrigins))
	return OriginsFetched{Origins: origins, Err: err}
}

// StartSequencer begins to sequence if head is the unsafe head (admin_startSequencer).
func (d *Driver) StartSequencer(ctx context.Context, head common.Hash) error {
	_, err := d.ask(ctx, func(id uint64) Event { return StartSequencer{ID: id, Head: head} })
	return err
}

// StopSequencer ends sequencing and returns the unsafe head to start on again (admin_stopSequencer).
func (d *Driver) StopSequencer(ctx context.Context) (common.Hash, error) {
	return d.ask(ctx, func(id uint64) Event { return StopSequencer{ID: id} })
}

// SetRecoverMode has the sequencer make empty blocks, or not any more (admin_setRecoverMode).
func (d *Driver) SetRecoverMode(ctx context.Context, on bool) error {
	_, err := d.ask(ctx, func(id uint64) Event { return SetRecoverMode{ID: id, On: on} })
	return err
}

// ResetDerivation concludes everything anew from the engine's chain and L1 (admin_resetDerivationPipeline).
func (d *Driver) ResetDerivation(ctx context.Context) error {
	_, err := d.ask(ctx, func(id uint64) Event { return ResetDerivation{ID: id} })
	return err
}

// PostUnsafePayload hands over a block whose hash was checked (admin_postUnsafePayload).
func (d *Driver) PostUnsafePayload(ctx context.Context, payload *eth.PayloadEnvelope) error {
	_, err := d.ask(ctx, func(id uint64) Event { return PostUnsafe{ID: id, Payload: payload} })
	return err
}

func (d *Driver) ask(ctx context.Context, event func(uint64) Event) (common.Hash, error) {
	r := request{event: event, reply: make(chan Reply, 1)}
	select {
	case d.admin <- r:
	case <-d.ended:
		return common.Hash{}, errEnded
	case <-ctx.Done():
		return common.Hash{}, errors.Join(errors.New("the node is not answering"), context.Cause(ctx))
	}
	select {
	case reply := <-r.reply:
		return reply.Hash, reply.Err
	case <-d.ended:
		return common.Hash{}, errEnded
	case <-ctx.Done():
		return common.Hash{}, context.Cause(ctx)
	}
}

var errEnded = errors.New("the node has ended")
