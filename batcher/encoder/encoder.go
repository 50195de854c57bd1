package encoder

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cairn-rollup/cairn/eth"
)

// What AddBlock and Safe can say.
var (
	// ErrReorg: the block does not continue the chain that is held, or the safe head is not on it. What is held is of
	// no use any more.
	ErrReorg = errors.New("L2 chain has changed")
	// ErrOvertaken: blocks became safe by other means than the channel they are in, which is partly unsent.
	ErrOvertaken = errors.New("blocks became safe before their channel was sent")
	// ErrFull: MaxPendingBytes are held. The same block may be added later.
	ErrFull = errors.New("encoder holds as much as it may")
	// ErrWindowClosed: no batch with this block can be included in its sequencing window any more.
	ErrWindowClosed = errors.New("sequencing window is over")
	// ErrTooLarge: not even a channel of its own is large enough for the block.
	ErrTooLarge = errors.New("block is larger than a channel may be")
)

// Encoder holds the L2 blocks that are not safe yet, from AddBlock until Safe. It belongs to one goroutine.
type Encoder struct {
	cfg    Config
	l1     eth.L1Ref
	scale  ratio  // of the newest channel
	lastID uint64 // of a submission

	base     eth.BlockID      // the block before the first one held
	held     []eth.BlockID    // consecutive
	closed   []*closedChannel // oldest first
	open     *builder         // nil, or with at least one block
	closedAt uint64           // L1 head when the newest channel was closed
}

// New makes an empty Encoder whose first block is the one after genesis; Reset changes that.
func New(cfg Config) (*Encoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("check encoder config: %w", err)
	}
	return &Encoder{cfg: cfg, scale: firstScale, base: cfg.Rollup.Genesis.L2}, nil
}

// Reset forgets all blocks, channels and submissions. The next block must be the child of base.
func (e *Encoder) Reset(base eth.BlockID) {
	e.base, e.held, e.closed, e.open = base, nil, nil, nil
}

// Advance tells the L1 head. Which forks are active and how much time is left is judged by it.
func (e *Encoder) Advance(head eth.L1Ref) { e.l1 = head }

// Newest is the block that the next one must be the child of.
func (e *Encoder) Newest() eth.BlockID {
	if len(e.held) == 0 {
		return e.base
	}
	return e.held[len(e.held)-1]
}

// Holds says whether a block is held, or is the one before the first that is held.
func (e *Encoder) Holds(id eth.BlockID) bool {
	if id.Number < e.base.Number || id.Number > e.Newest().Number {
		return false
	}
	if id.Number == e.base.Number {
		return id == e.base
	}
	return id == e.held[id.Number-e.base.Number-1]
}

// PendingBlocks is the number of blocks that are held.
func (e *Encoder) PendingBlocks() int { return len(e.held) }

// PendingBytes is the memory in use, in bytes: of blocks whose channel is open, with their batches, and of frames until
// all frames of their channel and of those before it are confirmed.
func (e *Encoder) PendingBytes() int {
	n := 0
	for _, c := range e.closed {
		if c.frames != nil {
			n += c.Bytes
		}
	}
	if e.open != nil {
		n += e.open.memory()
	}
	return n
}

// AddBlock takes the next block of the unsafe chain. Errors: ErrReorg, ErrFull, ErrWindowClosed, ErrTooLarge; any other
// means that the block is not one that batches can carry. After an error all is as before, but ErrFull may close the
// open channel.
func (e *Encoder) AddBlock(p *eth.ExecutionPayload) error {
	b, err := blockOf(e.cfg.Rollup, p)
	if err != nil {
		return err
	}
	if newest := e.Newest(); b.id.Number != newest.Number+1 || b.batch.ParentHash != newest.Hash {
		return fmt.Errorf("add block %s with parent %s after %s: %w", b.id, b.batch.ParentHash.TerminalString(), newest, ErrReorg)
	}
	if e.windowClosed(b.batch.EpochNum) {
		return fmt.Errorf("add block %s of epoch %d at L1 head %d: %w", b.id, b.batch.EpochNum, e.l1.Number, ErrWindowClosed)
	}
	if e.PendingBytes() >= e.cfg.MaxPendingBytes {
		if e.open != nil && e.open.memory() == e.PendingBytes() {
			e.close(ClosedMemory) // nothing that is on its way will make room
		}
		return fmt.Errorf("add block %s: %w", b.id, ErrFull)
	}
	if err := e.take(&b); err != nil {
		return fmt.Errorf("add block %s: %w", b.id, err)
	}
	e.held = append(e.held, b.id)
	return nil
}

// take puts a block into the open channel, and closes that as its size demands.
func (e *Encoder) take(b *block) error {
	if e.open != nil {
		if why := e.open.overflow(b); why != open {
			e.close(why)
			return e.take(b)
		}
	}
	next := e.open
	if next == nil {
		next = newBuilder(e.cfg.shapeAt(e.l1.Time), e.scale)
		if why := next.overflow(b); why != open {
			return fmt.Errorf("%w: %s", ErrTooLarge, why)
		}
	}
	if err := next.add(b); err != nil {
		return err
	}
	e.open = next
	if next.full() {
		e.close(ClosedTarget)
	}
	return nil
}

// retake puts blocks back that were taken before.
func (e *Encoder) retake(blocks []block) {
	for i := range blocks {
		if err := e.take(&blocks[i]); err != nil {
			panic(fmt.Sprintf("take block %s for the second time: %v", blocks[i].id, err))
		}
	}
}

// close ends the open channel. Blocks beyond its target open the next one.
func (e *Encoder) close(why Closing) {
	b := e.open
	c := b.finish()
	e.closed = append(e.closed, closeChannel(e.cfg.NewID(), why, b, c))
	e.open, e.scale, e.closedAt = nil, b.scale, e.l1.Number
	e.retake(b.blocks[c.blocks:])
}

// CloseDue closes the open channel if a rule of time says so: the end of the oldest block's sequencing window, or
// MaxChannelDuration. Call it when all blocks that there are have been added.
func (e *Encoder) CloseDue() {
	for why := e.due(); why != open; why = e.due() {
		e.close(why)
	}
}

// Flush closes the open channel whatever its size.
func (e *Encoder) Flush() {
	for e.open != nil {
		e.close(ClosedFlush)
	}
}

// Next gives the next submission, if a channel is closed and not sent. It must be answered by Confirmed or Failed, unless
// Safe or Reset comes first. Several may be out at once. Nothing comes out whose sequencing window is over (see Lost).
func (e *Encoder) Next() (Submission, bool) {
	c, ok := e.unsent()
	if !ok || e.windowClosed(c.epoch) {
		return Submission{}, false
	}
	tx := 0
	for c.txs[tx].id != 0 {
		tx++
	}
	e.lastID++
	c.txs[tx].id = e.lastID
	if tx == 0 {
		c.begun = e.lastID
	}
	return c.submission(tx), true
}

// unsent is the oldest channel with a transaction that waits to be sent.
func (e *Encoder) unsent() (*closedChannel, bool) {
	for _, c := range e.closed {
		if c.unsent() {
			return c, true
		}
	}
	return nil, false
}

// Confirmed says that a submission is included in an L1 block for good. One that is not known (any more) changes nothing.
func (e *Encoder) Confirmed(id uint64, inclusion eth.BlockID) {
	c, tx, ok := e.find(id)
	if !ok {
		return
	}
	e.closed[c].txs[tx].included = inclusion.Number
	// Frames may be asked for again as long as something before them can fail.
	for _, c := range e.closed {
		if _, _, all := c.inclusion(); !all {
			return
		}
		c.frames = nil
	}
}

// Failed says that a submission will never be included. It and all behind it come out again from Next, in order and with
// new ids: what was included out of order does not count (specs: holocene, frame queue). If something of a later channel
// was sent too, the failed one's channel comes out again from its first frame: where the first frame of another channel was
// included, what was staged of this one is gone. One that is not known (any more) changes nothing.
//
// All that was sent before must have ended when Next is called again. Else its frames could come between the new ones.
func (e *Encoder) Failed(id uint64) {
	c, tx, ok := e.find(id)
	if !ok {
		return
	}
	later := e.closed[c+1:]
	if slices.ContainsFunc(later, func(l *closedChannel) bool { return l.begun > e.closed[c].begun }) {
		tx = 0
	}
	clear(e.closed[c].txs[tx:])
	for _, c := range later {
		clear(c.txs)
	}
}

// find gives the places of the channel and the transaction of a submission that is out.
func (e *Encoder) find(id uint64) (atChannel, atTx int, ok bool) {
	for i, c := range e.closed {
		for j, tx := range c.txs {
			if id != 0 && tx.id == id && tx.included == 0 {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// Safe tells the safe head. Blocks up to it are forgotten, and channels of which all blocks are. The error is ErrReorg if
// the safe head is not among the blocks held, and ErrOvertaken; then only Reset helps.
func (e *Encoder) Safe(safe eth.BlockID) error {
	if !e.Holds(safe) {
		return fmt.Errorf("safe head %s, held %s to %s: %w", safe, e.base, e.Newest(), ErrReorg)
	}
	e.held = e.held[safe.Number-e.base.Number:]
	e.base = safe
	e.closed = slices.DeleteFunc(e.closed, func(c *closedChannel) bool { return c.Last.Number <= safe.Number })
	if len(e.closed) > 0 && e.closed[0].First.Number <= safe.Number && e.closed[0].unsent() {
		return fmt.Errorf("safe head %s, channel %s of %s to %s: %w", safe, e.closed[0].ID, e.closed[0].First, e.closed[0].Last, ErrOvertaken)
	}
	if e.open == nil || e.open.blocks[0].id.Number > safe.Number {
		return nil
	}
	// Another batcher was faster: what is safe need not be paid for again.
	blocks := e.open.blocks
	e.open = nil
	e.retake(blocks[min(safe.Number-blocks[0].id.Number+1, uint64(len(blocks))):])
	return nil
}
