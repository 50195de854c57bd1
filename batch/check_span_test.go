package batch_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// spanOf makes a span of blocks from a time on, one per epoch number, each with one transaction that tells its index.
func spanOf(start uint64, parent common.Hash, epochs ...uint64) *batch.Span {
	s := batch.Span{
		RelTimestamp: start - genesisTime,
		ParentCheck:  [20]byte(parent[:20]), L1OriginCheck: [20]byte(l1Hash(epochs[len(epochs)-1]).Bytes()[:20]),
	}
	blocks := make([]batch.SpanBlock, len(epochs))
	for i, e := range epochs {
		blocks[i] = batch.SpanBlock{
			Timestamp: start + uint64(i)*blockTime, EpochNum: e, Transactions: []hexutil.Bytes{{0x02, byte(i)}},
		}
	}
	return s.WithBlocks(blockTime, blocks...)
}

// checkPrefix runs both parts of the prefix checks; the L2 block that the second one needs is of an epoch.
func checkPrefix(v batch.View, s *batch.Span, parentEpoch uint64) (batch.Verdict, batch.Reason) {
	parent, verdict, reason := batch.CheckSpanPlace(v, s)
	if verdict != batch.Accept {
		return verdict, reason
	}
	ref := v.Safe
	if parent != ref.Number {
		ref = eth.L2Ref{Hash: l2Hash(parent), Number: parent, L1Origin: eth.BlockID{Hash: l1Hash(parentEpoch), Number: parentEpoch}}
	}
	return batch.CheckSpanLinks(v, s, ref)
}

func TestCheckSpanPrefix(t *testing.T) {
	safe := l2Hash(safeNum)
	oneL1 := func(v *batch.View) { v.L1Blocks = v.L1Blocks[:1] }
	for _, c := range []struct {
		name        string
		span        *batch.Span
		parentEpoch uint64 // of the L2 block before an overlap
		view        func(*batch.View)
		want        want
	}{
		{name: "11: one block on the safe head", span: spanOf(nextTime, safe, epoch), want: accept},
		{name: "11: several blocks over several epochs", span: spanOf(nextTime, safe, epoch, epoch, epoch+1, epoch+2), want: accept},
		{name: "11: starts in the next epoch", span: spanOf(nextTime, safe, epoch+1, epoch+1), want: accept},
		{name: "11: overlaps by one block", span: spanOf(safeTime, l2Hash(safeNum-1), epoch, epoch), parentEpoch: epoch, want: accept},
		{name: "11: overlaps by three blocks, from an older epoch", span: spanOf(safeTime-4, l2Hash(safeNum-3), epoch-1, epoch-1, epoch, epoch), parentEpoch: epoch - 1, want: accept},

		{name: "1: no L1 blocks", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.L1Blocks = nil }, want: both(batch.Undecided, batch.SpanNoL1Blocks)},
		{name: "2: starts in the next epoch, its L1 block not known", span: spanOf(nextTime, safe, epoch+1), view: oneL1, want: both(batch.Undecided, batch.SpanNextEpochUnknown)},
		{name: "2: current epoch before Delta", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.Config.DeltaTime = at(v.L1Blocks[0].Time + 1) }, want: both(batch.Drop, batch.SpanBeforeDelta)},
		{name: "2: current epoch in Delta's first second", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.Config.DeltaTime = at(v.L1Blocks[0].Time) }, want: accept},
		{name: "2: next epoch before Delta", span: spanOf(nextTime, safe, epoch+1), view: func(v *batch.View) { v.Config.DeltaTime = at(v.L1Blocks[1].Time + 1) }, want: both(batch.Drop, batch.SpanBeforeDelta)},
		{name: "2: next epoch in Delta's first second, current one before Delta", span: spanOf(nextTime, safe, epoch+1), view: func(v *batch.View) { v.Config.DeltaTime = at(v.L1Blocks[1].Time) }, want: accept},
		{name: "2: an older start epoch is gated by the current one", span: spanOf(safeTime, l2Hash(safeNum-1), epoch-1, epoch), parentEpoch: epoch - 1, view: func(v *batch.View) { v.Config.DeltaTime = at(v.L1Blocks[0].Time) }, want: accept},
		{name: "2 before 3: future before Delta", span: spanOf(nextTime+blockTime, safe, epoch), view: func(v *batch.View) { v.Config.DeltaTime = nil }, want: both(batch.Drop, batch.SpanBeforeDelta)},
		{name: "3: starts one block late", span: spanOf(nextTime+blockTime, safe, epoch), want: want{batch.Future, batch.Drop, batch.SpanFuture}},
		{name: "3: starts one second late", span: spanOf(nextTime+1, safe, epoch), want: want{batch.Future, batch.Drop, batch.SpanFuture}},
		{name: "4: ends at the safe head", span: spanOf(safeTime-2, l2Hash(safeNum-2), epoch, epoch), want: want{batch.Drop, batch.Past, batch.SpanPast}},
		{name: "4: ends one second before the next block", span: spanOf(nextTime-1, safe, epoch), want: want{batch.Drop, batch.Past, batch.SpanPast}},
		{name: "4 before 5: past and misaligned", span: spanOf(safeTime-3, safe, epoch, epoch), want: want{batch.Drop, batch.Past, batch.SpanPast}},
		{name: "4 before 6: past with another parent", span: spanOf(safeTime-2, l2Hash(1), epoch, epoch), want: want{batch.Drop, batch.Past, batch.SpanPast}},
		{name: "5: starts between the safe head and the next block", span: spanOf(nextTime-1, safe, epoch, epoch), want: both(batch.Drop, batch.SpanBetweenBlocks)},
		{name: "5: starts between two safe blocks", span: spanOf(safeTime-1, safe, epoch, epoch, epoch), want: both(batch.Drop, batch.SpanMisaligned)},
		{name: "5: starts with the block after genesis", span: spanOf(genesisTime+blockTime, l2Hash(genesisNum), epochs(int(safeNum-genesisNum)+1)...), parentEpoch: epoch, want: accept},
		{name: "5: starts with the genesis block", span: spanOf(genesisTime, l2Hash(genesisNum-1), epochs(int(safeNum-genesisNum)+2)...), want: both(batch.Undecided, batch.SpanParentBeforeGenesis)},
		{name: "5: starts with genesis block 0", span: spanOf(genesisTime, l2Hash(genesisNum-1), epochs(int(safeNum-genesisNum)+2)...), view: func(v *batch.View) {
			v.Safe.Number -= genesisNum
			v.Config.Genesis.L2.Number = 0
		}, want: both(batch.Undecided, batch.SpanParentBeforeGenesis)},
		{name: "6: another parent", span: spanOf(nextTime, l2Hash(1), epoch), want: both(batch.Drop, batch.SpanParentMismatch)},
		{name: "6: an overlap with another parent", span: spanOf(safeTime, safe, epoch, epoch), parentEpoch: epoch, want: both(batch.Drop, batch.SpanParentMismatch)},
		{name: "6: only 20 bytes of the parent count", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.Safe.Hash[20] ^= 1 }, want: accept},
		{name: "6: byte 20 of the parent counts", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.Safe.Hash[19] ^= 1 }, want: both(batch.Drop, batch.SpanParentMismatch)},
		{name: "6 before 7: another parent, too late", span: spanOf(nextTime, l2Hash(1), epoch), view: func(v *batch.View) { v.Inclusion = 1000 }, want: both(batch.Drop, batch.SpanParentMismatch)},
		{name: "7: start epoch + window = inclusion is still valid", span: spanOf(nextTime, safe, epoch, epoch+1), view: func(v *batch.View) { v.Inclusion = epoch + window }, want: accept},
		{name: "7: start epoch + window < inclusion", span: spanOf(nextTime, safe, epoch, epoch+1), view: func(v *batch.View) { v.Inclusion = epoch + window + 1 }, want: both(batch.Drop, batch.SpanWindowExpired)},
		{name: "7: an overlapped block's epoch counts", span: spanOf(safeTime, l2Hash(safeNum-1), epoch-1, epoch), parentEpoch: epoch - 1, view: func(v *batch.View) { v.Inclusion = epoch + window }, want: both(batch.Drop, batch.SpanWindowExpired)},
		{name: "8: starts two epochs after the parent's", span: spanOf(nextTime, safe, epoch+2), want: both(batch.Drop, batch.SpanEpochTooNew)},
		{name: "8: starts two epochs after an overlap's parent", span: spanOf(safeTime, l2Hash(safeNum-1), epoch, epoch), parentEpoch: epoch - 2, want: both(batch.Drop, batch.SpanEpochTooNew)},
		{name: "8 before 9: too new, end epoch not known", span: spanOf(nextTime, safe, epoch+3), want: both(batch.Drop, batch.SpanEpochTooNew)},
		{name: "9: hash of another L1 block", span: withOrigin(spanOf(nextTime, safe, epoch, epoch+1), l1Hash(epoch)), want: both(batch.Drop, batch.SpanOriginMismatch)},
		{name: "9: only 20 bytes of the hash count", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.L1Blocks[0].Hash[20] ^= 1 }, want: accept},
		{name: "9: byte 20 of the hash counts", span: spanOf(nextTime, safe, epoch), view: func(v *batch.View) { v.L1Blocks[0].Hash[19] ^= 1 }, want: both(batch.Drop, batch.SpanOriginMismatch)},
		{name: "9: end epoch after the L1 block derivation is at", span: spanOf(nextTime, safe, epoch, epoch+1, epoch+2, epoch+3), want: both(batch.Undecided, batch.SpanOriginUnknown)},
		{name: "9: end epoch before the current one", span: spanOf(nextTime, safe, epoch-1), want: both(batch.Undecided, batch.SpanOriginUnknown)},
		{name: "9 before 10: start epoch too old, end hash wrong", span: withOrigin(spanOf(nextTime, safe, epoch-1, epoch), l1Hash(epoch-1)), want: both(batch.Drop, batch.SpanOriginMismatch)},
		{name: "10: starts before the parent's epoch", span: spanOf(nextTime, safe, epoch-1, epoch), want: both(batch.Drop, batch.SpanEpochTooOld)},
	} {
		for _, strict := range []bool{false, true} {
			t.Run(c.name+map[bool]string{false: " (before Holocene)", true: " (Holocene)"}[strict], func(t *testing.T) {
				v := testView(strict)
				if c.view != nil {
					c.view(&v)
				}
				wantVerdict := c.want.before
				if strict {
					wantVerdict = c.want.strict
				}
				if verdict, reason := checkPrefix(v, c.span, c.parentEpoch); verdict != wantVerdict || reason != c.want.reason {
					t.Errorf("got %v, %v; want %v, %v", verdict, reason, wantVerdict, c.want.reason)
				}
			})
		}
	}
}

// epochs is the current epoch, count times.
func epochs(count int) []uint64 {
	out := make([]uint64, count)
	for i := range out {
		out[i] = epoch
	}
	return out
}

func withOrigin(s *batch.Span, hash common.Hash) *batch.Span {
	s.L1OriginCheck = [20]byte(hash[:20])
	return s
}

func TestCheckSpanPlaceParent(t *testing.T) {
	v := testView(true)
	for _, c := range []struct {
		name   string
		start  uint64
		parent uint64
	}{
		{"no overlap: the safe head", nextTime, safeNum},
		{"the safe head is covered: the block before it", safeTime, safeNum - 1},
		{"five safe blocks are covered", safeTime - 4*blockTime, safeNum - 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := spanOf(c.start, common.Hash{}, epochs(8)...)
			parent, verdict, reason := batch.CheckSpanPlace(v, s)
			if parent != c.parent || verdict != batch.Accept || reason != batch.OK {
				t.Errorf("got %d, %v, %v; want %d", parent, verdict, reason, c.parent)
			}
		})
	}
}

func TestCheckOverlap(t *testing.T) {
	deposit := func(n byte) hexutil.Bytes { return hexutil.Bytes{0x7E, n} }
	safe := func(i int, txs ...hexutil.Bytes) batch.SafeBlock {
		return batch.SafeBlock{
			Ref:          eth.L2Ref{Time: safeTime + uint64(i)*blockTime, L1Origin: eth.BlockID{Number: epoch}},
			Transactions: txs,
		}
	}
	tx := func(n byte) hexutil.Bytes { return hexutil.Bytes{0x02, n} }
	for _, c := range []struct {
		name string
		txs  []hexutil.Bytes // of the span's block
		safe batch.SafeBlock
		want batch.Reason
	}{
		{"the same transactions", []hexutil.Bytes{tx(1), tx(2)}, safe(1, deposit(1), deposit(2), tx(1), tx(2)), batch.OK},
		{"no transactions but deposits", nil, safe(1, deposit(1)), batch.OK},
		{"one fewer in the safe block", []hexutil.Bytes{tx(1), tx(2)}, safe(1, deposit(1), tx(1)), batch.OverlapTxCount},
		{"one more in the safe block", []hexutil.Bytes{tx(1)}, safe(1, deposit(1), tx(1), tx(2)), batch.OverlapTxCount},
		{"replaced by deposits only", []hexutil.Bytes{tx(1)}, safe(1, deposit(1)), batch.OverlapTxCount},
		{"another transaction", []hexutil.Bytes{tx(1), tx(2)}, safe(1, deposit(1), tx(1), tx(3)), batch.OverlapTxMismatch},
		{"another order", []hexutil.Bytes{tx(1), tx(2)}, safe(1, deposit(1), tx(2), tx(1)), batch.OverlapTxMismatch},
		{"a post-exec transaction is no deposit", []hexutil.Bytes{postExecTx}, safe(1, deposit(1), postExecTx), batch.OK},
		{"another epoch", []hexutil.Bytes{tx(1)}, func() batch.SafeBlock {
			b := safe(1, deposit(1), tx(1))
			b.Ref.L1Origin.Number++
			return b
		}(), batch.OverlapEpochMismatch},
		{"only the number of the epoch counts", []hexutil.Bytes{tx(1)}, func() batch.SafeBlock {
			b := safe(1, deposit(1), tx(1))
			b.Ref.L1Origin.Hash = l1Hash(1)
			return b
		}(), batch.OK},
		{"a height before the span", []hexutil.Bytes{tx(1)}, safe(-1, deposit(1), tx(1)), batch.OverlapHeightMissing},
		{"a height after the span", []hexutil.Bytes{tx(1)}, safe(3, deposit(1), tx(1)), batch.OverlapHeightMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := spanOf(safeTime, l2Hash(safeNum-1), epoch, epoch, epoch).WithTxs(1, c.txs...)
			if got := batch.CheckOverlap(s, c.safe); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSpanRemainder(t *testing.T) {
	for _, c := range []struct {
		name  string
		span  *batch.Span
		view  func(*batch.View)
		first int
		want  batch.Reason
	}{
		{name: "all blocks are new", span: spanOf(nextTime, l2Hash(safeNum), epoch, epoch+1), first: 0},
		{name: "blocks up to the safe head are skipped", span: spanOf(safeTime-2, l2Hash(safeNum-2), epoch, epoch, epoch, epoch+1), first: 2},
		{name: "skipped blocks may be of any epoch", span: spanOf(safeTime-2, l2Hash(safeNum-2), epoch-1, epoch-1, epoch, epoch+1), first: 2},
		{name: "nothing is new", span: spanOf(safeTime, l2Hash(safeNum-1), epoch), first: 1},
		{name: "epoch before the safe head's", span: spanOf(safeTime, l2Hash(safeNum-1), epoch-1, epoch-1, epoch), want: batch.ElementEpochTooOld},
		{name: "epoch passed over because its window expired", span: spanOf(nextTime, l2Hash(safeNum), epoch, epoch+1), view: func(v *batch.View) { v.L1Blocks = v.L1Blocks[1:] }, want: batch.ElementEpochUnknown},
		{name: "a later block's epoch is not known: the whole span is spoilt", span: spanOf(nextTime, l2Hash(safeNum), epoch, epoch+1, epoch+2, epoch+3), want: batch.ElementEpochUnknown},
		{name: "no L1 blocks", span: spanOf(nextTime, l2Hash(safeNum), epoch), view: func(v *batch.View) { v.L1Blocks = nil }, want: batch.ElementEpochUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := testView(true)
			if c.view != nil {
				c.view(&v)
			}
			if first, reason := c.span.Remainder(v); first != c.first || reason != c.want {
				t.Errorf("got %d, %v; want %d, %v", first, reason, c.first, c.want)
			}
		})
	}
}

func TestSpanSingular(t *testing.T) {
	s := spanOf(nextTime, l2Hash(safeNum), epoch, epoch+1, epoch+2, epoch+3)
	b, reason := s.Singular(1, l2Hash(7), testL1())
	if reason != batch.OK {
		t.Fatal(reason)
	}
	if b.ParentHash != l2Hash(7) || b.EpochNum != epoch+1 || b.EpochHash != l1Hash(epoch+1) || b.Timestamp != nextTime+blockTime ||
		len(b.Transactions) != 1 || b.Transactions[0][1] != 1 {
		t.Errorf("got %+v", b)
	}
	if _, reason := s.Singular(3, l2Hash(7), testL1()); reason != batch.ElementEpochUnknown {
		t.Errorf("epoch that is not among the L1 blocks: got %v", reason)
	}
}
