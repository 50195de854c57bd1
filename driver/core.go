package driver

import (
	"errors"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// Config says what kind of node it is.
type Config struct {
	Rollup        *rollup.Config
	Builder       *attributes.Builder
	Sequencing    Sequencing
	Recover       bool   // begin in recover mode
	VerifierConfs uint64 // L1 blocks on top of one before derivation reads it
	RecordSafe    bool   // write down the safe head as of each L1 block; New sets it if there is a port for it
	SyncMode      SyncMode
	SyncOffset    time.Duration // how far behind a head that the engine has synced to its safe head is set
	EngineSyncs   bool          // the engine can sync by itself; New sets it if there is a port for it
	Remember      bool          // keep snapshots for the next start; New sets it if there is a port for it
	MaxUnsafe     uint64        // bytes that blocks of others may take which cannot be the head yet; 0: DefaultMaxUnsafe
	Seed          uint64        // makes this node's retry jitter its own
}

// Sequencing configures the sequencer.
type Sequencing struct {
	Enabled    bool          // the node may sequence
	Stopped    bool          // it waits for admin_startSequencer
	Confs      uint64        // L1 blocks on top of one before it becomes an origin
	Sealing    time.Duration // how long before its timestamp a block is sealed
	MaxSafeLag uint64        // L2 blocks between safe and unsafe head at which the sequencer stalls; 0: never
}

// DefaultMaxUnsafe is enough for some thousand blocks of an ordinary chain.
const DefaultMaxUnsafe = 256 << 20

// stepsPerEvent bounds the derivation work done between two events, so that the sequencer's timer is never late by more
// than a few milliseconds.
const stepsPerEvent = 128

// Core decides. It has no clock, no goroutine and does no I/O: the same events give the same effects.
type Core struct {
	cfg Config

	machine   *derive.Machine // nil until the start is found
	history   derive.History
	recorded  eth.L1Ref // origin of the newest snapshot in history
	written   eth.L1Ref // L1 block whose safe head was written down last
	l1Genesis eth.L1Ref // L1's first block if all of L2 is derived and that is still to be written down
	known     bool      // from which L1 block on the start was safe: it was genesis, or a snapshot says so
	startSafe uint64    // number of the safe head at the start: what it was derived from is not known
	resume    bool      // the next start may be from a snapshot of an earlier run
	saved     eth.L1Ref // origin of the snapshot that was kept last
	saveAt    time.Time // no snapshot is kept before
	// savedValid is the L1 block up to which kept snapshots are of the chain that derivation is on.
	savedValid uint64
	asking     eth.L1Ref // finalized L1 block that was looked up last
	settled    uint64    // highest L1 block that was fetched when L1 had already finalized its height
	finalThen  uint64    // L1's finalized height when the block in flight was asked for
	want       derive.Want

	heads     forkchoice.Heads
	told      eth.ForkchoiceState // what the engine has acknowledged
	truncate  bool                // unsafe blocks may have lost their L1 origin
	rewinding bool                // from the first step back in L1 until a block fits
	restore   bool                // the engine's head may be what an invalid block was to be built on
	differs   *derive.Derived     // the derived block that the unsafe chain does not hold

	queue  unsafeQueue // blocks of others that are not the head yet
	gap    gap         // before them
	pruned uint64      // number of the safe head up to which nothing waits any more
	trail  []eth.L2Ref // the newest blocks of the unsafe chain, up to its head: where others may have forked off
	sync   *engineSync // what the engine is to reach by itself

	l1  L1Heads
	seq sequencer

	engine, l1Lane, originLane lane
	start                      lane        // the search for the start, which the engine lane does: only the waiting between two
	calledAt                   time.Time   // when the engine was asked for something last
	asked                      call        // what the engine lane is doing
	misfit                     common.Hash // the last L1 block that did not fit

	dropped map[string]int
	refusal error // of the last derived block, if the engine called it invalid
	failure error // why the node has ended
	moved   Moved
	spent   Spent
	counts  Counts
	last    Last
	need    Need // since now

	measured Measured

	now  time.Time
	wake time.Time
	out  []Effect
}

// lane is the view Core has of a goroutine that does one effect at a time.
type lane struct {
	name string
	busy bool
	wait backoff
}

func (l *lane) free(now time.Time) bool { return !l.busy && !l.wait.waiting(now) }

// done notes the end of an effect; err is the reason for waiting before the next.
func (l *lane) done(now time.Time, seed uint64, err error) {
	l.busy = false
	if err == nil {
		l.wait = backoff{}
		return
	}
	l.wait = l.wait.failed(now, seed, err)
}

// NewCore makes a Core that will look for its start first.
func NewCore(cfg Config) *Core {
	if cfg.MaxUnsafe == 0 {
		cfg.MaxUnsafe = DefaultMaxUnsafe
	}
	return &Core{
		cfg: cfg, queue: newUnsafeQueue(cfg.MaxUnsafe), measured: newMeasured(), resume: cfg.Remember, seq: sequencer{active: cfg.Sequencing.Enabled && !cfg.Sequencing.Stopped, recover: cfg.Recover}, dropped: map[string]int{},
		engine: lane{name: "engine"}, l1Lane: lane{name: "l1"}, originLane: lane{name: "origin"}, start: lane{name: "start"},
	}
}

// Handle takes an event and says what to do.
func (c *Core) Handle(now time.Time, ev Event) []Effect {
	if c.failure != nil {
		return nil
	}
	if !c.now.IsZero() {
		c.spent[c.need] += now.Sub(c.now)
	}
	c.now, c.out, c.wake = now, nil, time.Time{}
	before := c.tips()
	switch e := ev.(type) {
	case Tick:
	case L1Heads:
		c.measureL1Reorg(e.Head)
		c.l1 = e
	case StartFound:
		c.onStartFound(e)
	case L1Fetched:
		c.onL1Fetched(e)
	case BlobsFetched:
		c.onBlobsFetched(e)
	case SafeRecorded:
		c.onSafeRecorded(e)
	case Saved:
		c.onSaved(e)
	case FinalFound:
		c.onFinalFound(e)
	case OriginsFetched:
		c.onOriginsFetched(e)
	case EngineDone:
		c.onEngineDone(e)
	case StartSequencer:
		c.onStartSequencer(e)
	case StopSequencer:
		c.seq.stop(e.ID)
	case SetRecoverMode:
		c.onSetRecoverMode(e)
	case ResetDerivation:
		c.onResetDerivation(e)
	case PostUnsafe:
		c.emit(Reply{ID: e.ID, Err: c.onUnsafe(e.Payload)})
	case Gossiped:
		if err := c.onUnsafe(e.Payload); err != nil {
			c.report(Warn, "block of the network cannot be read", "block", e.Payload.ExecutionPayload.ID(), "err", err)
		}
	case EngineSynced:
		c.onEngineSynced(e)
	}
	c.follow()
	c.plan()
	c.need = c.needs()
	c.moved = c.moved.since(before, c.tips(), now)
	return c.out
}

// plan computes anew what is missing, and orders it where a lane is free.
func (c *Core) plan() {
	if c.machine != nil && c.failure == nil {
		c.derive() // may end in a new start, or for good
	}
	switch {
	case c.failure != nil:
		return
	case c.machine != nil:
		c.sequence()
		c.drive()
	case c.sync != nil:
		if c.engine.free(c.now) {
			c.orderSync()
		}
	case c.engine.free(c.now) && c.start.free(c.now):
		c.engine.busy = true
		c.emit(FindStart{Finalized: c.heads.Finalized, Resume: c.resume})
	}
	c.replyStopped()
	for _, l := range c.lanes() {
		if !l.busy && l.wait.waiting(c.now) {
			c.wakeAt(l.wait.until)
		}
	}
	if !c.wake.IsZero() {
		c.emit(Wake{c.wake})
	}
}

// lanes are all that can wait after a failure. The search for the start counts while it goes on.
func (c *Core) lanes() []*lane {
	lanes := []*lane{&c.engine, &c.l1Lane, &c.originLane}
	if c.machine == nil {
		lanes = append(lanes, &c.start)
	}
	return lanes
}

func (c *Core) emit(e Effect) { c.out = append(c.out, e) }

func (c *Core) report(s Severity, message string, fields ...any) {
	c.emit(Report{Severity: s, Message: message, Fields: fields})
}

// wakeAt asks for a Tick no later than a time.
func (c *Core) wakeAt(at time.Time) {
	if c.wake.IsZero() || at.Before(c.wake) {
		c.wake = at
	}
}

// calm is how long a node has to do without a new start before it may have one without waiting longer than the first
// time.
const calm = time.Minute

// restart looks for the start again, the later the more often it comes to that.
func (c *Core) restart(why error) {
	if c.now.Sub(c.start.wait.until) > calm {
		c.start.wait = backoff{}
	}
	c.start.done(c.now, c.cfg.Seed, why)
	c.counts.Restarts++
	c.sequencerReset()
	c.report(Warn, "starting over", "why", why, "retry", c.start.wait.until.Sub(c.now))
	c.forget()
}

// forget drops everything that was concluded from the engine's chain.
func (c *Core) forget() {
	c.machine, c.want, c.differs, c.truncate, c.restore, c.resume, c.refusal = nil, nil, nil, false, false, false, nil
	c.history, c.recorded, c.settled, c.rewinding = derive.History{}, eth.L1Ref{}, 0, false
	c.told = eth.ForkchoiceState{}
	c.seq.forget()
}

func (c *Core) fail(err error) {
	c.failure = err
	c.emit(Fail{err})
}

func (c *Core) onStartFound(e StartFound) {
	c.engine.done(c.now, c.cfg.Seed, nil)
	if e.Err != nil {
		c.start.done(c.now, c.cfg.Seed, e.Err)
		c.report(Debug, "no start found", "err", e.Err, "retry", c.start.wait.until.Sub(c.now))
		return
	}
	p := e.Start
	if err := p.Heads.Check(); err != nil {
		c.fail(err)
		return
	}
	c.heads, c.resume, c.last.Start = p.Heads, false, c.now
	if len(p.Resume) > 0 {
		c.resumeFrom(p.Resume)
	} else {
		c.startSafe = p.Heads.Safe.Number
		c.machine, c.savedValid = derive.New(c.cfg.Builder, p.Derive), 0
		c.l1Genesis, c.known = p.L1Genesis, p.L1Genesis != eth.L1Ref{}
	}
	c.report(Debug, "start found", "unsafe", p.Heads.Unsafe, "safe", p.Heads.Safe, "finalized", p.Heads.Finalized, "l1", c.machine.Origin(),
		"resumed", len(p.Resume) > 0)
}

// Status is the node as others see it.
func (c *Core) Status() Status {
	s := Status{
		Started: c.machine != nil,
		Sequencer: SequencerStatus{
			Enabled: c.cfg.Sequencing.Enabled, Active: c.seq.active, LostOrigin: c.seq.lostOrigin, FoundOrigin: c.seq.foundOrigin,
		},
		Dropped: c.dropped, At: c.now, Need: c.need, Moved: c.moved, Spent: c.spent, Counts: c.counts, Last: c.last, Measured: c.measured,
		Sync: eth.SyncStatus{
			CurrentL1Finalized: c.l1.Finalized, HeadL1: c.l1.Head, SafeL1: c.l1.Safe, FinalizedL1: c.l1.Finalized,
			UnsafeL2: c.heads.Unsafe, SafeL2: c.heads.Safe, FinalizedL2: c.heads.Finalized, PendingSafeL2: c.pendingSafe(),
			CrossUnsafeL2: c.heads.Unsafe, LocalSafeL2: c.heads.Safe,
		},
	}
	if c.machine != nil {
		s.Sync.CurrentL1 = c.machine.Origin()
	}
	s.Queue = c.queue.status()
	s.Queue.Fetching = c.gap.told
	if c.failure != nil {
		s.Failure, s.Fault = c.failure.Error(), faultOf("", c.failure)
	}
	for _, l := range c.lanes() {
		if l.wait.failures > 0 {
			s.Waits = append(s.Waits, Wait{
				Lane: l.name, Fault: faultOf(l.name, l.wait.cause), Cause: l.wait.cause.Error(), Failures: l.wait.failures,
				Since: l.wait.since, Until: l.wait.until,
			})
		}
	}
	return s
}

// isMissing says whether an error only means that something is not there yet.
func isMissing(err error) bool { return errors.Is(err, eth.ErrNotFound) }
