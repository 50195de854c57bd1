package batch_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// distinct are transactions of which no two are alike.
func distinct(count int) []hexutil.Bytes {
	txs := make([]hexutil.Bytes, count)
	for i := range txs {
		txs[i] = hexutil.Bytes{2, byte(i >> 16), byte(i >> 8), byte(i)}
		if i%7 == 0 {
			txs[i] = append(txs[i], make([]byte, 60)...)
		}
	}
	return txs
}

func decodeTxs(t *testing.T, txs []hexutil.Bytes) *batch.Singular {
	t.Helper()
	b, reason := batch.Decode((&batch.Singular{Timestamp: 7, Transactions: txs}).Encode(), testParams)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	return b.(*batch.Singular)
}

func equalTxs(a, b []hexutil.Bytes) bool {
	return slices.EqualFunc(a, b, func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) })
}

// Up to MaxListed transactions are a list. Beyond, they are the same ones, and come out again as they went in.
func TestMoreTransactionsThanAreListed(t *testing.T) {
	for _, c := range []struct {
		count int
		many  bool
	}{{0, false}, {1, false}, {batch.MaxListed, false}, {batch.MaxListed + 1, true}} {
		txs := distinct(c.count)
		item := (&batch.Singular{Timestamp: 7, Transactions: txs}).Encode()
		decoded, reason := batch.Decode(item, testParams)
		if reason != batch.OK {
			t.Fatal(reason)
		}
		b := decoded.(*batch.Singular)
		if (b.Many != nil) != c.many || (len(b.Transactions) == 0) != (c.many || c.count == 0) {
			t.Errorf("%d transactions: many %v, %d listed", c.count, b.Many != nil, len(b.Transactions))
		}
		if b.TxCount() != c.count || !equalTxs(slices.Collect(b.Txs()), txs) || !equalTxs(b.List(), txs) {
			t.Errorf("%d transactions became other ones", c.count)
		}
		if c.many && b.Many.Count() != c.count {
			t.Errorf("%d transactions are counted as %d", c.count, b.Many.Count())
		}
		walked := 0
		for tx := range b.Txs() {
			_ = append(tx, 0xEE) // must not reach the transaction after it
			if walked++; walked == 10 {
				break
			}
		}
		if walked != min(10, c.count) || !equalTxs(b.List(), txs) {
			t.Errorf("%d transactions: %d walked to; one has room in the one after it", c.count, walked)
		}
		if !bytes.Equal(b.Encode(), item) {
			t.Errorf("%d transactions encode to something else", c.count)
		}
		text, err := rlp.EncodeToBytes(b)
		if err != nil || !bytes.Equal(text, item[1:]) {
			t.Errorf("%d transactions: in a snapshot %d bytes, %v", c.count, len(text), err)
		}
		var again batch.Singular
		if err := rlp.DecodeBytes(text, &again); err != nil || !equalBatches(b, &again) {
			t.Errorf("%d transactions out of a snapshot: %v", c.count, err)
		}
		clear(item)
		clear(text)
		if !equalBatches(decodeTxs(t, txs), b) || !equalBatches(&again, b) {
			t.Errorf("%d transactions changed with their item", c.count)
		}
	}
}

// Not being listed changes no verdict. The first offence in order is the reason.
func TestVerdictsOnMoreTransactionsThanAreListed(t *testing.T) {
	const count = batch.MaxListed + 1
	for _, at := range []int{0, 1, count / 2, count - 1} {
		for _, tx := range []hexutil.Bytes{{}, {0x7E}, {0x04}, {0x7D}, {0x02}, {0xff}} {
			for name, change := range map[string]func(*batch.View, *batch.Singular){
				"fine":      func(*batch.View, *batch.Singular) {},
				"isthmus":   func(v *batch.View, _ *batch.Singular) { v.Config.IsthmusTime = new(uint64) },
				"activates": func(v *batch.View, _ *batch.Singular) { next := nextTime; v.Config.JovianTime = &next },
				"drift":     func(v *batch.View, _ *batch.Singular) { v.Config.MaxSequencerDrift, v.Config.FjordTime = 1, nil },
				"parent":    func(_ *batch.View, b *batch.Singular) { b.ParentHash[0] ^= 1 },
			} {
				txs := slices.Repeat([]hexutil.Bytes{{2}}, count)
				txs[at] = tx
				if at+1 < count && len(tx) > 0 {
					txs[at+1] = hexutil.Bytes{} // a second offence
				}
				v := testView(true)
				listed := batch.Singular{ParentHash: l2Hash(safeNum), EpochNum: epoch, EpochHash: l1Hash(epoch), Timestamp: nextTime, Transactions: txs}
				packed := *decodeTxs(t, txs)
				packed.ParentHash, packed.EpochNum, packed.EpochHash, packed.Timestamp = listed.ParentHash, listed.EpochNum, listed.EpochHash, listed.Timestamp
				change(&v, &listed)
				change(&v, &packed)
				got := fmt.Sprint(batch.CheckSingular(v, &packed))
				if want := fmt.Sprint(batch.CheckSingular(v, &listed)); got != want {
					t.Errorf("%s, transaction %d is %x: %s, listed %s", name, at, []byte(tx), got, want)
				}
			}
		}
	}
}

func BenchmarkCheckManyTransactions(b *testing.B) {
	item := (&batch.Singular{
		ParentHash: l2Hash(safeNum), EpochNum: epoch, EpochHash: l1Hash(epoch), Timestamp: nextTime, Transactions: distinct(1_000_000),
	}).Encode()
	v := testView(true)
	b.SetBytes(int64(len(item)))
	b.ReportAllocs()
	for b.Loop() {
		single, reason := batch.Decode(item, testParams)
		if reason != batch.OK {
			b.Fatal(reason)
		}
		if verdict, reason := batch.CheckSingular(v, single.(*batch.Singular)); verdict != batch.Accept {
			b.Fatal(reason)
		}
	}
}
