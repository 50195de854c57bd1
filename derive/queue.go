package derive

import (
	"fmt"
	"slices"

	"github.com/cairn-rollup/cairn/batch"
)

// stored is a batch and where it came from.
type stored struct {
	batch     batch.Batch
	from      Provenance
	inclusion uint64 // number of the L1 block in which its channel was read
	size      uint64 // bytes that it holds, about: those of its encoding, and listSize
}

// listSize is how many bytes a batch takes for the list of its transactions, which can be far more than its encoding. A
// span has at least 64 bytes for each transaction, and needs little more than its encoding.
func listSize(b batch.Batch) uint64 {
	const sliceHeader = 24
	if b, ok := b.(*batch.Singular); ok {
		return sliceHeader * uint64(len(b.Transactions))
	}
	return 0
}

// time is that of the batch's block, or of the first of several; 0 if it was not decoded.
func (b *stored) time() uint64 {
	switch b := b.batch.(type) {
	case *batch.Singular:
		return b.Timestamp
	case *batch.Span:
		return b.Start()
	default:
		return 0
	}
}

// pass is a walk through the queue, in order of arrival, for the first batch that is the next one. It is part of the state
// while the verdict on a span batch waits for blocks of the safe chain.
type pass struct {
	added *stored  // a batch that is new: it is judged first, and has no place in the queue yet
	next  int      // position in the queue
	kept  []stored // batches before next that stay
	ended bool     // all data of origin is used
	known *ruling  // what a comparison with the safe chain has decided on the batch whose turn it is
	last  *ruling  // the verdict on the batch that was new, which is now the last one in the queue
}

type ruling struct {
	verdict batch.Verdict
	reason  batch.Reason
}

// ruled is the pass with the verdict it waits for.
func (p *pass) ruled(verdict batch.Verdict, reason batch.Reason) *pass {
	next := *p
	next.known = &ruling{verdict, reason}
	return &next
}

// stepQueue is the batch queue before Holocene (specs: derivation, batch queue; RULES 5.7): batches may come in any order.
// Each one that comes, and the end of an L1 block's data, is followed by a walk through all that are stored. A span batch
// whose turn has come is applied without a look at anything else, and in particular with the L1 blocks it was checked with:
// if one of its blocks is invalid, the batches that follow still have to find the epochs from before it.
func (m *Machine) stepQueue() Want {
	s := &m.s
	switch {
	case s.pass != nil:
		return m.walk()
	case s.span.span != nil:
		if stop := m.checkFork(); stop != nil {
			return stop
		}
		return m.applySpan()
	}
	window, behind := s.window.update(s.head.ref)
	s.window = window
	if behind {
		return m.discard()
	}
	if stop := m.checkHead(); stop != nil {
		return stop
	}
	b, got := m.pull()
	switch got {
	case pulledNothing:
		return Working{}
	case pulledEnd:
		s.pass = &pass{ended: true}
	case pulledBatch:
		s.pass = &pass{added: &b}
	}
	return m.walk()
}

// walk goes on with the pass until it has found the next batch, needs a block of the safe chain, or is over.
func (m *Machine) walk() Want {
	s := &m.s
	p := *s.pass
	for p.added != nil || p.next < len(s.queue) {
		b := p.added
		if b == nil {
			b = &s.queue[p.next]
		}
		if p.known == nil && p.added == nil && p.next == len(s.queue)-1 {
			p.known = p.last
		}
		r, asked := m.verdict(b, p.known)
		if asked {
			p.kept = slices.Clip(p.kept)
			s.pass = &p
			return m.Next()
		}
		p.known = nil
		if p.added != nil {
			if r.verdict == batch.Drop {
				m.noteBatch(r.reason, b)
			} else {
				s.queue, p.last = append(slices.Clip(s.queue), *b), &r
				s.fresh += b.size
			}
			p.added = nil
			continue
		}
		p.next++
		switch r.verdict {
		case batch.Accept:
			s.queue, s.pass = slices.Concat(p.kept, s.queue[p.next:]), nil
			return m.take(b)
		case batch.Future:
			p.kept = append(p.kept, *b)
		case batch.Undecided: // whatever comes after it has to wait, empty blocks too
			s.queue, s.pass = slices.Concat(p.kept, s.queue[p.next-1:]), nil
			return m.goOn(p.ended)
		default:
			m.noteBatch(r.reason, b)
		}
	}
	s.queue, s.pass = p.kept, nil
	return m.stepEmpty(p.ended)
}

// verdict judges a batch of the queue, if that is not done yet. If it takes blocks of the safe chain, they are asked for.
func (m *Machine) verdict(b *stored, known *ruling) (r ruling, asked bool) {
	if known != nil {
		return *known, false
	}
	if _, ok := b.batch.(*batch.Span); ok {
		r.verdict, r.reason, asked = m.judgeSpan(b)
		return r, asked
	}
	r.verdict, r.reason = batch.CheckSingular(m.view(b.inclusion), b.batch.(*batch.Singular))
	return r, false
}

// take builds on the next batch.
func (m *Machine) take(b *stored) Want {
	s := &m.s
	if single, ok := b.batch.(*batch.Singular); ok {
		return m.build(single, b.from.at(0), true)
	}
	span := b.batch.(*batch.Span)
	first, reason := span.Remainder(m.view(s.window.origin.Number))
	if reason != batch.OK {
		s.halted = Halt{fmt.Sprintf("a span batch that passed its checks has a block that does not: %s", reason)}
		return s.halted
	}
	s.span = spanCursor{span: span, from: b.from, next: first}
	return m.applySpan()
}

// applySpan builds the next block of a span batch. Only the last one concludes it.
func (m *Machine) applySpan() Want {
	s := &m.s
	cursor := s.span
	b, reason := cursor.span.Singular(cursor.next, s.head.ref.Hash, s.window.refs)
	if reason != batch.OK {
		s.halted = Halt{fmt.Sprintf("a span batch that passed its checks has a block that does not: %s", reason)}
		return s.halted
	}
	from := cursor.from.at(cursor.next)
	cursor.next++
	concluding := cursor.next == cursor.span.Len()
	if concluding {
		cursor = spanCursor{}
	}
	s.span = cursor
	return m.build(&b, from, concluding)
}
