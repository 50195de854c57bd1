package batch

// spanMark is a place in the columns of a span. There is one for every markEvery-th block: few enough that they are
// small beside the columns, many enough that a block is found at once. All numbers fit: of blocks, transactions and
// epochs there are up to MaxSpanElements, and a number of transactions takes up to 10 bytes.
type spanMark struct {
	offset uint32 // of the block's number of transactions, among all of these
	tx     uint32 // position of the block's first transaction
	epochs uint32 // between the first block's L1 origin and the block's
}

const markEvery = 64

// originBits say for each block whether its epoch is another than the block before it has. The first one has no block
// before it, and its bit does not count.
func (s *Span) originBits() bitList { return s.columns[:bitListSize(s.blocks)] }

// txCounts are the numbers of transactions, as varints.
func (s *Span) txCounts() []byte { return s.columns[bitListSize(s.blocks):] }

// mark goes through the columns, derives from them what the fields do not say yet, and says whether they fit together,
// as those of an item that was read do.
func (s *Span) mark() bool {
	s.marks = make([]spanMark, 0, (s.blocks+markEvery-1)/markEvery)
	origins, counts := s.originBits(), columnReader{rest: s.txCounts()}
	size, txs, epochs := len(counts.rest), 0, 0
	for i := range s.blocks {
		if i > 0 && origins.bit(i) {
			epochs++
		}
		if i%markEvery == 0 {
			s.marks = append(s.marks, spanMark{uint32(size - len(counts.rest)), uint32(txs), uint32(epochs)})
		}
		txs += counts.count(SpanTooManyTxs)
	}
	s.NewEpoch = origins.bit(0)
	// The number in the batch is that of the last block, so epochs are counted backwards.
	s.startEpoch = s.L1OriginNum - uint64(epochs)
	return counts.reason == OK && len(counts.rest) == 0 && txs == len(s.txs)
}

// spanWalk is at a block of a span.
type spanWalk struct {
	span    *Span
	origins bitList
	counts  columnReader // after the block's
	index   int
	epoch   uint64
	tx      int // position of its first transaction
	count   int // of its transactions
}

// walkFrom begins at block i.
func (s *Span) walkFrom(i int) spanWalk {
	m := s.marks[i/markEvery]
	w := spanWalk{
		span: s, origins: s.originBits(), counts: columnReader{rest: s.txCounts()[m.offset:]},
		index: i - i%markEvery, epoch: s.startEpoch + uint64(m.epochs), tx: int(m.tx),
	}
	w.count = int(w.counts.uvarint())
	for w.index < i {
		w.next()
	}
	return w
}

// next goes on to the next block.
func (w *spanWalk) next() {
	w.index++
	if w.origins.bit(w.index) {
		w.epoch++
	}
	w.tx += w.count
	w.count = int(w.counts.uvarint())
}

func (w *spanWalk) block() SpanBlock {
	b := SpanBlock{Timestamp: w.span.time(w.index), EpochNum: w.epoch}
	if w.count > 0 {
		end := w.tx + w.count
		b.Transactions = w.span.txs[w.tx:end:end]
	}
	return b
}
