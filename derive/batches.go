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
	from Provenance
	next int // index of the next block to take
}

// trial is a span batch that covers blocks of the safe chain, on its way through the comparison with them.
type trial struct {
	batch  *stored
	number uint64 // the block that is needed now: first the span's parent, then each block it covers
	prefix bool   // the checks on the parent are still to be made
}

func (t *trial) span() *batch.Span { return t.batch.batch.(*batch.Span) }

// view is what a batch is judged against that was in a given L1 block.
func (m *Machine) view(inclusion uint64) batch.View {
	s := &m.s
	return batch.View{
		Config: m.config, Safe: s.head.ref, L1Blocks: s.window.refs, Inclusion: inclusion, Strict: s.rules.StrictOrder,
	}
}

// step finds the next batch and builds on it. Without one it builds the empty blocks that an expired sequencing window
// demands, or goes on to the next L1 block.
func (m *Machine) step() Want {
	if m.s.rules.StrictOrder {
		return m.stepInOrder()
	}
	return m.stepQueue()
}

// stepInOrder is the batch stage from Holocene on (specs: holocene/derivation, batch queue; RULES 5.8): a batch is the next
// one or none.
func (m *Machine) stepInOrder() Want {
	s := &m.s
	window, behind := s.window.update(s.head.ref)
	s.window = window
	if behind || s.head.ref.L1Origin.Number == s.window.origin.Number {
		return m.discard()
	}
	if stop := m.checkHead(); stop != nil {
		return stop
	}
	if s.span.span != nil {
		return m.stepSpan()
	}
	b, got := m.pull()
	switch got {
	case pulledNothing:
		return Working{}
	case pulledEnd:
		return m.stepEmpty(true)
	case pulledBatch:
	}
	if _, ok := b.batch.(*batch.Span); ok {
		return m.openSpan(&b)
	}
	return m.offer(b.batch.(*batch.Singular), b.from.at(0))
}

// checkHead stops the machine if it cannot build on its head.
func (m *Machine) checkHead() Want {
	s := &m.s
	if err := s.window.check(s.head.ref); err != nil {
		s.halted = Rewind{err.Error()}
		return s.halted
	}
	return m.checkFork()
}

// checkFork stops the machine before a block of a fork whose rules are not here.
func (m *Machine) checkFork() Want {
	head := m.s.head.ref
	if err := attributes.CheckFork(m.config, head.Time+m.config.BlockTime); err != nil {
		m.s.halted = Halt{fmt.Sprintf("L2 block %d: %v", head.Number+1, err)}
	}
	return m.s.halted
}

// discard uses up data of L1 blocks up to the safe head's origin: whatever it holds has been derived already.
func (m *Machine) discard() Want {
	b, got := m.pull()
	switch got {
	case pulledEnd:
		return m.goOn(true)
	case pulledBatch:
		m.noteBatch(BeforeSafeHead, &b)
	case pulledNothing:
	}
	return Working{}
}

// openSpan checks a span batch and begins to take it apart, at once or after the comparison with the safe blocks it covers.
func (m *Machine) openSpan(b *stored) Want {
	verdict, reason, asked := m.judgeSpan(b)
	if asked {
		return m.Next()
	}
	m.judged(b, verdict, reason)
	return Working{}
}

// judged begins to take a span apart if it was accepted.
func (m *Machine) judged(b *stored, verdict batch.Verdict, reason batch.Reason) {
	if verdict != batch.Accept {
		m.refuse(b, verdict, reason)
		return
	}
	span := b.batch.(*batch.Span)
	first, reason := span.Remainder(m.view(m.s.window.origin.Number))
	if reason != batch.OK {
		m.refuse(b, batch.Drop, reason)
		return
	}
	m.s.span = spanCursor{span: span, from: b.from, next: first}
}

// judgeSpan checks a span batch (RULES 5.5, 5.6). If that takes blocks of the safe chain, asked is true: they are asked
// for, and compare has the rest.
func (m *Machine) judgeSpan(b *stored) (verdict batch.Verdict, reason batch.Reason, asked bool) {
	view, head, span := m.view(b.inclusion), m.s.head.ref, b.batch.(*batch.Span)
	parent, verdict, reason := batch.CheckSpanPlace(view, span)
	if verdict != batch.Accept {
		return verdict, reason, false
	}
	if parent != head.Number {
		m.s.trial = &trial{batch: b, number: parent, prefix: true}
		return verdict, reason, true
	}
	verdict, reason = checkSpan(view, span, head)
	return verdict, reason, false
}

// checkSpan checks a span batch on its parent; but for the blocks it covers, and from Holocene on for each of its own.
func checkSpan(view batch.View, span *batch.Span, parent eth.L2Ref) (batch.Verdict, batch.Reason) {
	verdict, reason := batch.CheckSpanLinks(view, span, parent)
	if verdict != batch.Accept || view.Strict {
		return verdict, reason
	}
	return batch.CheckSpanBlocks(view, span, parent)
}

// compare takes one block of the safe chain that a span batch overlaps: the parent of the span first, for the checks on it,
// then every block that both have (RULES 5.6).
func (m *Machine) compare(safe batch.SafeBlock) {
	s := &m.s
	t := *s.trial
	s.trial = nil
	verdict, reason := t.check(m.view(t.batch.inclusion), safe)
	switch {
	case verdict == batch.Accept && t.number < s.head.ref.Number && !s.rules.SkipOverlap:
		t.number, t.prefix = t.number+1, false
		s.trial = &t
	case s.pass != nil:
		s.pass = s.pass.ruled(verdict, reason)
	default:
		m.judged(t.batch, verdict, reason)
	}
}

// check judges the span by one block of the safe chain.
func (t *trial) check(view batch.View, safe batch.SafeBlock) (batch.Verdict, batch.Reason) {
	if t.prefix {
		return checkSpan(view, t.span(), safe.Ref)
	}
	if reason := batch.CheckOverlap(t.span(), safe); reason != batch.OK {
		return batch.Drop, reason
	}
	return batch.Accept, batch.OK
}

// stepSpan takes the next block out of the span batch.
func (m *Machine) stepSpan() Want {
	s := &m.s
	cursor := s.span
	if cursor.next == cursor.span.Len() {
		s.span = spanCursor{}
		return Working{}
	}
	b, reason := cursor.span.Singular(cursor.next, s.head.ref.Hash, s.window.refs)
	from := cursor.from.at(cursor.next)
	if reason != batch.OK {
		return m.refuse(&stored{batch: cursor.span, from: *from}, batch.Drop, reason)
	}
	cursor.next++
	s.span = cursor
	return m.offer(&b, from)
}

// offer checks a singular batch, or a block of a span batch, and builds on it.
func (m *Machine) offer(b *batch.Singular, from *Provenance) Want {
	verdict, reason := batch.CheckSingular(m.view(m.s.window.origin.Number), b)
	if verdict != batch.Accept {
		return m.refuse(&stored{batch: b, from: *from}, verdict, reason)
	}
	return m.build(b, from, true)
}

// refuse leaves a candidate out. An invalid one voids the rest of its channel; a past one does no harm (RULES 5.8).
func (m *Machine) refuse(b *stored, verdict batch.Verdict, reason batch.Reason) Want {
	m.noteBatch(reason, b)
	if verdict == batch.Drop {
		m.flush()
	}
	return Working{}
}

// goOn looks for more data, which ended says there is none of before the next L1 block.
func (m *Machine) goOn(ended bool) Want {
	if !ended {
		return Working{}
	}
	m.s.exhausted = true
	return m.Next()
}

// stepEmpty builds the next empty block of an epoch whose sequencing window has ended (RULES 5.8, empty batches). In the
// last L1 block of the window all data has to be used first. Otherwise it goes on.
func (m *Machine) stepEmpty(ended bool) Want {
	s := &m.s
	if len(s.window.refs) < 2 {
		return m.goOn(ended)
	}
	epoch, next := s.window.refs[0], s.window.refs[1]
	if last := epoch.Number + m.config.SeqWindowSize; last > s.window.origin.Number || last == s.window.origin.Number && !ended {
		return m.goOn(ended)
	}
	head := s.head.ref
	time := head.Time + m.config.BlockTime
	firstOfEpoch := epoch.Number == head.L1Origin.Number+1
	if time >= next.Time && !firstOfEpoch {
		// The epoch is full. The next one gets its turn with the next L1 block, as op-node has it.
		s.window.blocks, s.window.refs = s.window.blocks[1:], s.window.refs[1:]
		return m.goOn(ended)
	}
	return m.build(&batch.Singular{ParentHash: head.Hash, EpochNum: epoch.Number, EpochHash: epoch.Hash, Timestamp: time}, nil, true)
}

// minTxGas is the least gas that a transaction other than a deposit takes of its block's limit, refunds included: the
// intrinsic gas, which no fork up to here has lowered (Ethereum yellow paper, G_transaction).
const minTxGas = 21_000

// build turns an accepted batch into attributes (RULES 6.1). concluding is false for all but the last block of a span batch
// that is valid as a whole or not at all.
//
// One with so many transactions that no engine takes it is refused here, as if the engine had: the attributes of a batch as
// long as a channel would take many times the memory that the channel may, and their JSON as much again.
func (m *Machine) build(b *batch.Singular, from *Provenance, concluding bool) Want {
	s := &m.s
	head, epoch := s.head.ref, s.window.find(b.EpochNum)
	txs, count := b.Transactions, b.TxCount()
	if count > batch.MaxListed {
		txs = nil // until it is known whether the block has room for them
	}
	prepared := m.epoch.of(m.builder, epoch)
	attrs, next, err := prepared.Build(head, s.head.chain, txs)
	tooMany := count > batch.MaxListed && uint64(count) > attrs.GasLimit/minTxGas
	if count > batch.MaxListed && !tooMany && err == nil {
		attrs, next, err = prepared.Build(head, s.head.chain, b.List())
	}
	switch {
	case errors.Is(err, attributes.ErrOriginMismatch), errors.Is(err, attributes.ErrBeforeOrigin):
		s.halted = Rewind{err.Error()}
		return s.halted
	case err != nil:
		s.halted = Halt{fmt.Sprintf("attributes of L2 block %d: %v", head.Number+1, err)}
		return s.halted
	}
	d := &Derived{Attributes: attrs, Parent: head, Origin: epoch.ID(), DerivedFrom: s.origin, From: from, Concluding: concluding}
	if epoch.Number == head.L1Origin.Number {
		d.SequenceNumber = head.SequenceNumber + 1
	}
	s.out, s.next = d, next
	if tooMany {
		m.invalid(TooManyTransactions)
	}
	if s.out == nil {
		return Working{}
	}
	return Build{s.out}
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
