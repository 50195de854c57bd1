package batch

import "github.com/cairn-rollup/cairn/eth"

// CheckSpanBlocks says whether every new block of a span may follow the one before (specs: delta/span-batches, span batch
// validity; RULES 5.6). It is for a span that CheckSpanLinks accepted with this parent, before Holocene: the span is then
// judged as a whole, and its blocks are not looked at again. From Holocene on CheckSingular judges each when its turn
// comes. CheckOverlap is due after it.
func CheckSpanBlocks(v View, s *Span, parent eth.L2Ref) (Verdict, Reason) {
	before := parent.L1Origin.Number
	for _, b := range s.Blocks(0) {
		moves := b.EpochNum > before
		before = b.EpochNum
		if b.Timestamp <= v.Safe.Time {
			continue
		}
		if verdict, reason := checkSpanBlock(&v, &b, moves); verdict != Accept {
			return verdict, reason
		}
	}
	return Accept, OK
}

// checkSpanBlock judges one block; moves is whether it is the first of its epoch.
func checkSpanBlock(v *View, b *SpanBlock, moves bool) (Verdict, Reason) {
	if b.EpochNum < v.Safe.L1Origin.Number {
		return Drop, ElementEpochTooOld
	}
	origin, ok := findL1(v.L1Blocks, b.EpochNum)
	if !ok {
		return Drop, ElementEpochUnknown
	}
	if b.Timestamp < origin.Time {
		return Drop, TimestampBeforeOrigin
	}
	if b.Timestamp > origin.Time+v.Config.L1Rules(origin.Time).SequencerDriftAt {
		switch next, known := findL1(v.L1Blocks, b.EpochNum+1); {
		case len(b.Transactions) > 0:
			return Drop, DriftExceeded
		case moves: // however far ahead
		case !known:
			return Undecided, DriftNextUnknown
		case b.Timestamp >= next.Time:
			return Drop, DriftNextAvailable
		}
	}
	return checkTxs(b.Transactions, v.Config.L2Rules(b.Timestamp))
}
