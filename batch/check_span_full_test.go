package batch_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// The world of these tests is that of the others: L1 blocks 50, 51, 52 of times 19,990, 20,002 and 20,014; the safe head
// is at 20,000 in epoch 50.
func TestCheckSpanBlocks(t *testing.T) {
	parent := eth.L2Ref{Number: safeNum, L1Origin: eth.BlockID{Number: epoch}}
	older := eth.L2Ref{Number: safeNum - 2, L1Origin: eth.BlockID{Number: epoch - 1}}
	start := func(epochs ...uint64) *batch.Span { return spanOf(nextTime, l2Hash(safeNum), epochs...) }
	overlapping := func(epochs ...uint64) *batch.Span { return spanOf(safeTime-2, l2Hash(safeNum-2), epochs...) }
	with := func(s *batch.Span, i int, txs ...hexutil.Bytes) *batch.Span {
		return s.WithTxs(i, txs...)
	}
	empty := func(s *batch.Span) *batch.Span {
		for i := range s.Len() {
			s = s.WithTxs(i)
		}
		return s
	}
	drift := func(seconds uint64) func(*batch.View) {
		return func(v *batch.View) { v.Config.MaxSequencerDrift, v.Config.FjordTime = seconds, nil }
	}
	tx := hexutil.Bytes{0x02}
	for _, c := range []struct {
		name   string
		span   *batch.Span
		parent eth.L2Ref
		view   func(*batch.View)
		want   want
	}{
		{name: "blocks of one epoch", span: start(epoch, epoch), parent: parent, want: accept},
		{name: "a block in the first second of its epoch", span: start(epoch + 1), parent: parent, want: accept},
		{name: "a block before its epoch", span: start(epoch, epoch+1, epoch+2), parent: parent, want: both(batch.Drop, batch.TimestampBeforeOrigin)},
		{name: "an epoch that is not known", span: start(epoch, epoch+1), parent: parent, view: func(v *batch.View) { v.L1Blocks = v.L1Blocks[:1] }, want: both(batch.Drop, batch.ElementEpochUnknown)},
		{name: "an epoch before the safe head's", span: overlapping(epoch-1, epoch-1, epoch-1), parent: older, want: both(batch.Drop, batch.ElementEpochTooOld)},
		{name: "an epoch passed over because its window expired", span: start(epoch), parent: parent, view: func(v *batch.View) { v.L1Blocks = v.L1Blocks[1:] }, want: both(batch.Drop, batch.ElementEpochUnknown)},
		{name: "blocks that are safe already are not looked at", span: overlapping(epoch-1, epoch-1, epoch), parent: older, want: accept},

		{name: "transactions up to the drift", span: start(epoch), parent: parent, view: drift(12), want: accept},
		{name: "transactions one second beyond the drift", span: start(epoch), parent: parent, view: drift(11), want: both(batch.Drop, batch.DriftExceeded)},
		{name: "of the second block, too", span: start(epoch, epoch), parent: parent, view: drift(13), want: both(batch.Drop, batch.DriftExceeded)},
		{name: "from Fjord on the drift is 1800 seconds", span: start(epoch), parent: parent, view: func(v *batch.View) { v.Config.MaxSequencerDrift = 11 }, want: accept},
		{name: "the epoch's time decides about Fjord", span: start(epoch), parent: parent, view: func(v *batch.View) {
			v.Config.MaxSequencerDrift, v.Config.FjordTime = 11, at(v.L1Blocks[0].Time+1)
		}, want: both(batch.Drop, batch.DriftExceeded)},
		{name: "an empty block beyond the drift that could be in the next epoch", span: empty(start(epoch)), parent: parent, view: drift(11), want: both(batch.Drop, batch.DriftNextAvailable)},
		{name: "an empty block beyond the drift before the next epoch", span: empty(start(epoch)), parent: parent, view: func(v *batch.View) {
			drift(11)(v)
			v.L1Blocks[1].Time++
		}, want: accept},
		{name: "an empty block beyond the drift, the next epoch not known", span: empty(start(epoch)), parent: parent, view: func(v *batch.View) {
			drift(11)(v)
			v.L1Blocks = v.L1Blocks[:1]
		}, want: both(batch.Undecided, batch.DriftNextUnknown)},
		{name: "the first block of an epoch may be far ahead if empty", span: empty(start(epoch + 1)), parent: parent, view: func(v *batch.View) {
			drift(3)(v)
			v.L1Blocks[1].Time, v.L1Blocks[2].Time = nextTime-10, nextTime
		}, want: accept},
		{name: "the second one may not, if it could be in the next one", span: empty(start(epoch+1, epoch+1)), parent: parent, view: func(v *batch.View) {
			drift(3)(v)
			v.L1Blocks[1].Time, v.L1Blocks[2].Time = nextTime-10, nextTime
		}, want: both(batch.Drop, batch.DriftNextAvailable)},
		{name: "not if it has transactions", span: start(epoch + 1), parent: parent, view: func(v *batch.View) {
			drift(3)(v)
			v.L1Blocks[1].Time -= 10
		}, want: both(batch.Drop, batch.DriftExceeded)},
		{name: "whether a covered block entered the epoch says nothing about the next one", span: empty(overlapping(epoch, epoch, epoch)), parent: older, view: drift(11), want: both(batch.Drop, batch.DriftNextAvailable)},

		{name: "an empty transaction", span: with(start(epoch, epoch), 1, tx, hexutil.Bytes{}), parent: parent, want: both(batch.Drop, batch.TxEmpty)},
		{name: "a deposit", span: with(start(epoch, epoch), 1, tx, hexutil.Bytes{0x7E}), parent: parent, want: both(batch.Drop, batch.TxDeposit)},
		{name: "a set-code transaction before Isthmus", span: with(start(epoch), 0, hexutil.Bytes{0x04}), parent: parent, want: both(batch.Drop, batch.TxSetCodeTooEarly)},
		{name: "a set-code transaction from Isthmus on", span: with(start(epoch), 0, hexutil.Bytes{0x04}), parent: parent, view: func(v *batch.View) { v.Config.IsthmusTime = at(0) }, want: accept},
		{name: "a set-code transaction in Isthmus's first second", span: with(start(epoch, epoch), 1, hexutil.Bytes{0x04}), parent: parent, view: func(v *batch.View) { v.Config.IsthmusTime = at(nextTime + blockTime) }, want: accept},
		{name: "a post-exec transaction", span: with(start(epoch), 0, postExecTx), parent: parent, want: both(batch.Drop, batch.TxPostExecTooEarly)},
		{name: "any other transaction", span: with(start(epoch), 0, hexutil.Bytes{0xff}, hexutil.Bytes{0x03}), parent: parent, want: accept},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := testView(false)
			if c.view != nil {
				c.view(&v)
			}
			verdict, reason := batch.CheckSpanBlocks(v, c.span, c.parent)
			if verdict != c.want.before || reason != c.want.reason {
				t.Errorf("got %v, %v; want %v, %v", verdict, reason, c.want.before, c.want.reason)
			}
		})
	}
}

// A span of one block, and a singular batch of that block, have the same chances on the safe head.
func TestCheckSpanBlocksIsAsStrictAsCheckSingular(t *testing.T) {
	parent := eth.L2Ref{Number: safeNum, L1Origin: eth.BlockID{Number: epoch}}
	for _, drift := range []uint64{1, 11, 12} {
		for known := 1; known <= 3; known++ {
			for e := epoch; e <= epoch+1; e++ {
				for _, late := range []uint64{0, 1} { // of L1 block 51
					for _, txs := range [][]hexutil.Bytes{nil, {{0x02}}, {{}}, {{0x7E}}, {{0x04}}} {
						v := testView(false)
						v.Config.MaxSequencerDrift, v.Config.FjordTime = drift, nil
						v.L1Blocks[1].Time += late
						v.L1Blocks = v.L1Blocks[:known]
						if e == epoch+1 && known == 1 {
							continue // a matter of the prefix
						}
						s := spanOf(nextTime, l2Hash(safeNum), e).WithTxs(0, txs...)
						single := batch.Singular{ParentHash: l2Hash(safeNum), EpochNum: e, EpochHash: l1Hash(e), Timestamp: nextTime, Transactions: txs}
						got, why := batch.CheckSpanBlocks(v, s, parent)
						want, reason := batch.CheckSingular(v, &single)
						if got != want || why != reason {
							t.Errorf("drift %d, %d L1 blocks, epoch %d, txs %v: %v, %v; singular %v, %v", drift, known, e, txs, got, why, want, reason)
						}
					}
				}
			}
		}
	}
}
