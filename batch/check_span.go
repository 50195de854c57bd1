package batch

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// CheckSpanPlace says whether a span covers the next block and starts where a block starts: rows 1 to 5 of the prefix
// checks (specs: holocene, span batch validity; RULES 5.5). On Accept, parent is the number of the L2 block that the span
// builds on: that of the safe head, or an older one when the span starts with blocks that are safe already. CheckSpanLinks
// needs its reference.
func CheckSpanPlace(v View, s *Span) (parent uint64, verdict Verdict, reason Reason) {
	if len(v.L1Blocks) == 0 {
		return 0, Undecided, SpanNoL1Blocks // 1
	}
	origin := v.L1Blocks[0]
	if s.StartEpoch() == origin.Number+1 {
		if len(v.L1Blocks) < 2 {
			return 0, Undecided, SpanNextEpochUnknown // 2
		}
		origin = v.L1Blocks[1]
	}
	start, safe := s.Start(), v.Safe.Time
	switch {
	case !v.Config.L1Rules(origin.Time).SpanBatches:
		return 0, Drop, SpanBeforeDelta // 2
	case start > v.nextTime():
		return 0, v.early(), SpanFuture // 3
	case s.End() < v.nextTime():
		return 0, v.late(), SpanPast // 4
	case start == v.nextTime():
		return v.Safe.Number, Accept, OK
	case start > safe:
		return 0, Drop, SpanBetweenBlocks // 5
	case (safe-start)%v.Config.BlockTime != 0:
		return 0, Drop, SpanMisaligned // 5
	}
	back := (safe-start)/v.Config.BlockTime + 1
	if back > v.Safe.Number || v.Safe.Number-back < v.Config.Genesis.L2.Number {
		// There is no such block to derive from. op-node asks for it, in vain, and remains undecided.
		return 0, Undecided, SpanParentBeforeGenesis // 5
	}
	return v.Safe.Number - back, Accept, OK
}

// CheckSpanLinks says whether a span fits its parent and the L1 chain: rows 6 to 11 of the prefix checks. It is for a span
// that CheckSpanPlace accepted; parent is the block with the number it gave. After Accept, CheckOverlap is due for every
// height above the parent's up to the safe head's.
func CheckSpanLinks(v View, s *Span, parent eth.L2Ref) (Verdict, Reason) {
	start := s.StartEpoch()
	switch {
	case !startsWith(parent.Hash, s.ParentCheck):
		return Drop, SpanParentMismatch // 6
	case v.expired(start):
		return Drop, SpanWindowExpired // 7
	case start > parent.L1Origin.Number+1:
		return Drop, SpanEpochTooNew // 8
	}
	end, ok := findL1(v.L1Blocks, s.EndEpoch())
	switch {
	case !ok:
		return Undecided, SpanOriginUnknown // 9
	case !startsWith(end.Hash, s.L1OriginCheck):
		return Drop, SpanOriginMismatch // 9
	case start < parent.L1Origin.Number:
		return Drop, SpanEpochTooOld // 10
	}
	return Accept, OK
}

func startsWith(hash common.Hash, check [checkLength]byte) bool {
	return bytes.Equal(hash[:checkLength], check[:])
}

// SafeBlock is an L2 block that is safe already.
type SafeBlock struct {
	Ref          eth.L2Ref
	Transactions []hexutil.Bytes // EIP-2718 encodings in block order, deposits included; those come first
}

// CheckOverlap says whether a span tells the same about a height as the safe chain does (specs: derivation, batch queue;
// RULES 5.6). If it does not, the span is about another history and is to be dropped whole, blocks after the safe head
// included: since 2026-08 from Holocene on too, where op-node used to skip such blocks unseen (PR 22215).
func CheckOverlap(s *Span, safe SafeBlock) Reason {
	b, ok := s.at(safe.Ref.Time)
	if !ok {
		return OverlapHeightMissing
	}
	deposits := 0
	for _, tx := range safe.Transactions {
		if eth.IsDeposit(tx) {
			deposits++
		}
	}
	batched := safe.Transactions[deposits:]
	if len(batched) != len(b.Transactions) {
		return OverlapTxCount
	}
	for i, tx := range b.Transactions {
		if !bytes.Equal(tx, batched[i]) {
			return OverlapTxMismatch
		}
	}
	if b.EpochNum != safe.Ref.L1Origin.Number {
		return OverlapEpochMismatch
	}
	return OK
}
