package batcher

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/eth"
)

// Core decides. It is a plain state machine without I/O and clock, and belongs to one goroutine.
type Core struct {
	enc          *encoder.Encoder
	maxPendingTx int

	phase      phase
	settled    bool   // the Sender has nothing of a previous run
	newest     uint64 // the newest L1 block known to contain something of ours
	passed     uint64 // derivation must get past this L1 block
	view       View   // newest complete one in which derivation had not gone back
	holdOff    bool   // a submission failed, or the view says nothing: nothing is sent before the next view
	generation uint64
	inFlight   map[uint64]flight // by submission
	counts     Counts
}

// phase is how far the start is.
type phase uint8

const (
	draining phase = iota // until nothing of ours is pending
	deriving              // until derivation is past Core.passed
	running
)

// flight is a submission that has not ended.
type flight struct {
	generation uint64
	bytes      int
	blocks     int // of the channel, if this is its last submission
}

// Counts add up what happened since the start.
type Counts struct {
	Blocks   uint64 // L2 blocks in the channels counted next
	Channels uint64 // whose last frame was included
	Txs      uint64 // included
	Bytes    uint64 // of calldata and of whole blobs in them
	Failures uint64 // submissions that were not included
	Afresh   uint64 // times Core started afresh
}

// NewCore makes a Core that waits for Settled.
func NewCore(cfg encoder.Config, maxPendingTx int) (*Core, error) {
	enc, err := encoder.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Core{enc: enc, maxPendingTx: maxPendingTx, inFlight: map[uint64]flight{}}, nil
}

// Settled says that no transaction of a previous run is pending any more, and that those which were included are in L1
// blocks up to a number.
func (c *Core) Settled(l1 uint64) {
	c.settled = true
	c.newest = max(c.newest, l1)
}

// Observe says what to do in view of the node. It may be called at any time; the same view twice gives the same answer,
// except that Afresh is said once.
func (c *Core) Observe(v View) Decision {
	c.holdOff = true
	if !v.complete() {
		return Decision{Reason: NodeNotReady}
	}
	if v.CurrentL1.Number < c.view.CurrentL1.Number {
		// The safe head may be on its way back to where it was. Nothing is thrown away and nothing is sent meanwhile.
		return Decision{Reason: DerivationWentBack}
	}
	c.holdOff = false
	safeBefore := c.view.Safe
	c.view = v
	if c.phase != running {
		if why, wait := c.start(); wait {
			return Decision{Reason: why}
		}
		safeBefore = v.Safe
	}
	c.enc.Advance(v.HeadL1)
	if why, lost := c.useless(safeBefore); lost {
		return c.afresh(why)
	}
	return c.load()
}

// start goes through the phases of the start, and says what for it waits.
func (c *Core) start() (why Reason, wait bool) {
	if c.phase == draining {
		switch {
		case !c.settled:
			return PreviousRun, true
		case len(c.inFlight) > 0:
			return InFlight, true
		}
		c.phase, c.passed = deriving, max(c.view.HeadL1.Number, c.newest)
	}
	if c.view.CurrentL1.Number <= c.passed {
		return Deriving, true
	}
	c.phase = running
	c.enc.Reset(c.view.Safe.ID())
	return 0, false
}

// useless says why what is held cannot go on (RULES 12.1), and lets go of what is safe.
func (c *Core) useless(safeBefore eth.L2Ref) (Reason, bool) {
	v := &c.view
	if v.Safe.Number < safeBefore.Number {
		return SafeWentBack, true
	}
	if err := c.enc.Safe(v.Safe.ID()); errors.Is(err, encoder.ErrOvertaken) {
		return SafeOvertook, true
	} else if err != nil {
		return SafeChanged, true
	}
	if v.Unsafe.Number >= v.Safe.Number && v.Unsafe.Number <= c.enc.Newest().Number && !c.enc.Holds(v.Unsafe.ID()) {
		return UnsafeChanged, true
	}
	switch c.enc.Lost(v.CurrentL1.Number) {
	case encoder.LostStalled:
		return Stalled, true
	case encoder.LostTimeout:
		return ChannelTimeout, true
	case encoder.LostWindowClosed:
		return WindowMissed, true
	default:
		return 0, false
	}
}

// afresh forgets everything but what is in flight.
func (c *Core) afresh(why Reason) Decision {
	c.counts.Afresh++
	c.generation++
	c.phase = draining
	c.enc.Reset(c.view.Safe.ID())
	return Decision{Verb: Afresh, Reason: why}
}

// load says which blocks are missing.
func (c *Core) load() Decision {
	newest, unsafe := c.enc.Newest().Number, c.view.Unsafe.Number
	switch {
	case unsafe < c.view.Safe.Number:
		return Decision{Reason: UnsafeBehind}
	case unsafe <= newest:
		return Decision{Reason: UpToDate}
	}
	return Decision{Verb: Load, Reason: NewBlocks, First: newest + 1, Last: unsafe}
}

// AddBlock takes the next block to load, and says how to go on. An error is about the block itself: it cannot be posted,
// and nothing after it, until the chain is another one.
func (c *Core) AddBlock(p *eth.ExecutionPayload) (Decision, error) {
	if c.phase != running {
		return Decision{Reason: Deriving}, nil
	}
	err := c.enc.AddBlock(p)
	switch {
	case err == nil:
		return c.load(), nil
	case errors.Is(err, encoder.ErrReorg):
		return c.afresh(UnsafeChanged), nil
	case errors.Is(err, encoder.ErrFull):
		return Decision{Reason: MemoryFull}, nil
	case errors.Is(err, encoder.ErrWindowClosed):
		return Decision{Reason: WindowOver}, nil
	default:
		return Decision{Reason: Unpostable}, fmt.Errorf("encode: %w", err)
	}
}

// CloseDue closes the open channel if it is time for that. Call it when all blocks there are to load were added.
func (c *Core) CloseDue() {
	if c.phase == running && !c.holdOff {
		c.enc.CloseDue()
	}
}

// Next gives the next submission, if there is one and it may be sent now. It must be answered by Included or Failed.
func (c *Core) Next() (encoder.Submission, bool) {
	if c.phase != running || c.holdOff || len(c.inFlight) >= c.maxPendingTx || c.abandoned() {
		return encoder.Submission{}, false
	}
	s, ok := c.enc.Next()
	if !ok {
		return s, false
	}
	f := flight{generation: c.generation, bytes: s.DataBytes()}
	if s.Final {
		f.blocks = s.Channel.Blocks()
	}
	c.inFlight[s.ID] = f
	return s, true
}

// abandoned says whether something is in flight that is not counted on. Were anything sent before that has ended, its
// frames could come to lie between those of now.
func (c *Core) abandoned() bool {
	for _, f := range c.inFlight {
		if f.generation != c.generation {
			return true
		}
	}
	return false
}

// Included says that a submission is included in an L1 block.
func (c *Core) Included(id uint64, at eth.BlockID) {
	f, ok := c.inFlight[id]
	if !ok {
		return
	}
	delete(c.inFlight, id)
	c.newest = max(c.newest, at.Number)
	c.counts.Txs++
	c.counts.Bytes += uint64(f.bytes)
	if f.blocks > 0 {
		c.counts.Channels++
		c.counts.Blocks += uint64(f.blocks)
	}
	c.enc.Confirmed(id, at)
}

// Failed says that a submission will never be included. All that was sent behind it is abandoned too.
func (c *Core) Failed(id uint64) {
	f, ok := c.inFlight[id]
	if !ok {
		return
	}
	delete(c.inFlight, id)
	c.counts.Failures++
	c.holdOff = true
	c.enc.Failed(id)
	if f.generation == c.generation {
		c.generation++
	}
}

// Generation changes when everything in flight is abandoned. What is not broadcast yet should be taken back then.
func (c *Core) Generation() uint64 { return c.generation }

// Flush closes the open channel, so that everything loaded is sent. It does nothing, and says so, before the start is
// over.
func (c *Core) Flush() bool {
	if c.phase != running {
		return false
	}
	c.enc.Flush()
	return true
}
