package derive

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// spanCursor walks through a span batch that has passed its checks.
type spanCursor struct {
	span *batch.Span
	next int // index of the next block to take
}

// overlap is a span batch that covers blocks of the safe chain, on its way through the comparison with them.
type overlap struct {
	span   *batch.Span
	number uint64 // the block that is needed now: first the span's parent, then each block it covers
	prefix bool   // the prefix check is still to be made
}

// view is what batch checks look at.
func (m *Machine) view() batch.View {
	s := &m.s
	return batch.View{
		Config: m.config, Safe: s.safe, L1Blocks: s.window.refs,
		Inclusion: s.window.origin.Number, Strict: s.rules.StrictOrder,
	}
}

// step is the batch stage (specs: holocene/derivation, batch queue; RULES 5.8): find the next candidate, check it, build
// on it; without a candidate, build the empty blocks that an expired sequencing window demands, or go on to the next L1
// block.
func (m *Machine) step() Want {
	s := &m.s
	window, behind := s.window.update(s.safe)
	s.window = window
	if behind || s.safe.L1Origin.Number == s.window.origin.Number {
		return m.discard()
	}
	if err := s.window.check(s.safe); err != nil {
		s.halted = Rewind{err.Error()}
		return s.halted
	}
	if err := attributes.CheckFork(m.config, s.safe.Time+m.config.BlockTime); err != nil {
		s.halted = Halt{fmt.Sprintf("L2 block %d: %v", s.safe.Number+1, err)}
		return s.halted
	}
	if s.span.span != nil {
		return m.stepSpan()
	}
	b, got := m.pull()
	switch got {
	case pulledNothing:
		return Working{}
	case pulledEnd:
		return m.stepEmpty()
	case pulledBatch:
	}
	if span, ok := b.(*batch.Span); ok {
		return m.openSpan(span)
	}
	return m.offer(b.(*batch.Singular))
}

// discard uses up data of L1 blocks up to the safe head's origin: whatever it holds has been derived already.
func (m *Machine) discard() Want {
	_, got := m.pull()
	switch got {
	case pulledEnd:
		m.s.exhausted = true
		return m.Next()
	case pulledBatch:
		m.note(DroppedBatch, BeforeSafeHead, 1)
	case pulledNothing:
	}
	return Working{}
}

// openSpan checks the prefix of a span batch (RULES 5.5) and begins to take it apart, at once or after the comparison
// with the safe blocks it covers.
func (m *Machine) openSpan(span *batch.Span) Want {
	parent, verdict, reason := batch.CheckSpanPlace(m.view(), span)
	if verdict != batch.Accept {
		return m.refuse(verdict, reason)
	}
	if parent != m.s.safe.Number {
		m.s.overlap = &overlap{span: span, number: parent, prefix: true}
		return m.Next()
	}
	verdict, reason = batch.CheckSpanLinks(m.view(), span, m.s.safe)
	if verdict != batch.Accept {
		return m.refuse(verdict, reason)
	}
	return m.enter(span)
}

// enter begins to take a checked span apart.
func (m *Machine) enter(span *batch.Span) Want {
	first, reason := span.Remainder(m.view())
	if reason != batch.OK {
		return m.refuse(batch.Drop, reason)
	}
	m.s.span = spanCursor{span: span, next: first}
	return Working{}
}

// compare takes one block of the safe chain that a span batch overlaps: the parent of the span first, for its prefix
// check, then every block that both have (RULES 5.6).
func (m *Machine) compare(safe batch.SafeBlock) {
	s := &m.s
	o := *s.overlap
	s.overlap = nil
	if verdict, reason := o.check(m.view(), safe); verdict != batch.Accept {
		m.refuse(verdict, reason)
		return
	}
	if o.number == s.safe.Number || s.rules.SkipOverlap {
		m.enter(o.span)
		return
	}
	s.overlap = &overlap{span: o.span, number: o.number + 1}
}

// check judges the span by one block of the safe chain.
func (o *overlap) check(view batch.View, safe batch.SafeBlock) (batch.Verdict, batch.Reason) {
	if o.prefix {
		return batch.CheckSpanLinks(view, o.span, safe.Ref)
	}
	if reason := batch.CheckOverlap(o.span, safe); reason != batch.OK {
		return batch.Drop, reason
	}
	return batch.Accept, batch.OK
}

// stepSpan takes the next block out of the span batch.
func (m *Machine) stepSpan() Want {
	s := &m.s
	cursor := s.span
	if cursor.next == len(cursor.span.Blocks) {
		s.span = spanCursor{}
		return Working{}
	}
	b, reason := cursor.span.Singular(cursor.next, s.safe.Hash, s.window.refs)
	if reason != batch.OK {
		return m.refuse(batch.Drop, reason)
	}
	cursor.next++
	s.span = cursor
	return m.offer(&b)
}

// offer checks a singular batch, or a block of a span batch, and builds on it.
func (m *Machine) offer(b *batch.Singular) Want {
	verdict, reason := batch.CheckSingular(m.view(), b)
	if verdict != batch.Accept {
		return m.refuse(verdict, reason)
	}
	return m.build(b)
}

// refuse leaves a candidate out. An invalid one voids the rest of its channel; a past one does no harm (RULES 5.8).
func (m *Machine) refuse(verdict batch.Verdict, reason batch.Reason) Want {
	m.note(DroppedBatch, reason, 1)
	if verdict == batch.Drop {
		m.flush()
	}
	return Working{}
}

// stepEmpty builds the next empty block of an epoch whose sequencing window has ended (RULES 5.8, empty batches), all
// data of the origin being used. Otherwise the next L1 block is needed.
func (m *Machine) stepEmpty() Want {
	s := &m.s
	s.exhausted = true
	if len(s.window.refs) < 2 {
		return m.Next()
	}
	epoch, next := s.window.refs[0], s.window.refs[1]
	if epoch.Number+m.config.SeqWindowSize > s.window.origin.Number {
		return m.Next()
	}
	time := s.safe.Time + m.config.BlockTime
	firstOfEpoch := epoch.Number == s.safe.L1Origin.Number+1
	if time >= next.Time && !firstOfEpoch {
		// The epoch is full. The next one gets its turn with the next L1 block, as op-node has it.
		s.window.blocks, s.window.refs = s.window.blocks[1:], s.window.refs[1:]
		return m.Next()
	}
	s.exhausted = false
	return m.build(&batch.Singular{ParentHash: s.safe.Hash, EpochNum: epoch.Number, EpochHash: epoch.Hash, Timestamp: time})
}

// build turns an accepted batch into attributes (RULES 6.1).
func (m *Machine) build(b *batch.Singular) Want {
	s := &m.s
	epoch := s.window.find(b.EpochNum)
	attrs, next, err := m.epoch.of(m.builder, epoch).Build(s.safe, s.chain, b.Transactions)
	switch {
	case errors.Is(err, attributes.ErrOriginMismatch), errors.Is(err, attributes.ErrBeforeOrigin):
		s.halted = Rewind{err.Error()}
		return s.halted
	case err != nil:
		s.halted = Halt{fmt.Sprintf("attributes of L2 block %d: %v", s.safe.Number+1, err)}
		return s.halted
	}
	d := &Derived{Attributes: attrs, Parent: s.safe, Origin: epoch.ID(), DerivedFrom: s.origin}
	if epoch.Number == s.safe.L1Origin.Number {
		d.SequenceNumber = s.safe.SequenceNumber + 1
	}
	s.out, s.next = d, next
	return Build{d}
}

// epochMemo keeps what the blocks of one epoch share. It changes no result and is no part of the state.
type epochMemo struct {
	hash  common.Hash
	epoch *attributes.Epoch
}

func (c *epochMemo) of(builder *attributes.Builder, origin *eth.L1Block) *attributes.Epoch {
	if c.epoch == nil || c.hash != origin.Hash {
		c.hash, c.epoch = origin.Hash, builder.Epoch(origin)
	}
	return c.epoch
}
