package batch_test

import (
	"bytes"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// FuzzDecode feeds any bytes to the decoder: it must not panic, must agree with the reference, and what it takes for a
// batch must come out the same after encoding it again.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewSource(5))
	for range 10 {
		item, err := batch.EncodeSpan(testParams, randomBlocks(r, 1+r.Intn(3), 3))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(item)
	}
	f.Add((&batch.Singular{EpochNum: 5, Timestamp: 300, Transactions: []hexutil.Bytes{{2}, {}, make([]byte, 56)}}).Encode())
	f.Add(legacy(list(zero, zero, zero)...).item())
	f.Add(oneTx(typed(4, zero, zero, zero, zero, nothing, authorization(9, nil))...).item())
	f.Add([]byte{})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, item []byte) {
		compareWithReference(t, item, testParams)
		b, reason := batch.Decode(item, testParams)
		if reason != batch.OK {
			return
		}
		var again []byte
		switch b := b.(type) {
		case *batch.Singular:
			again = b.Encode()
			if !bytes.HasPrefix(item, again) {
				t.Fatalf("item %x, encoded again %x", item, again)
			}
		case *batch.Span:
			if b.Start() < genesisTime {
				return // the sum wrapped around: no encoder makes that
			}
			var err error
			if again, err = batch.EncodeSpan(testParams, blocksOf(b)); err != nil {
				t.Fatal(err)
			}
		}
		if second, reason := batch.Decode(again, testParams); reason != batch.OK || !equalBatches(b, second) {
			t.Fatalf("%v: %+v, decoded again %+v", reason, b, second)
		}
	})
}

// FuzzSpanRoundTrip encodes random blocks with signed transactions.
func FuzzSpanRoundTrip(f *testing.F) {
	for seed := range int64(10) {
		f.Add(seed, uint8(seed*3), uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed int64, count, maxTxs uint8) {
		blocks := randomBlocks(rand.New(rand.NewSource(seed)), 1+int(count%40), int(maxTxs%6))
		item, err := batch.EncodeSpan(testParams, blocks)
		if err != nil {
			t.Fatal(err)
		}
		checkSpanOf(t, item, blocks)
		compareWithReference(t, item, testParams)
	})
}

// FuzzSingularRoundTrip compares with geth's RLP in both directions.
func FuzzSingularRoundTrip(f *testing.F) {
	f.Add(int64(1), uint64(0), uint64(0), []byte{})
	f.Add(int64(2), uint64(127), uint64(128), []byte{0x7F})
	f.Add(int64(3), uint64(1<<63), uint64(255), bytes.Repeat([]byte{0x80}, 56))
	f.Fuzz(func(t *testing.T, seed int64, epochNum, timestamp uint64, raw []byte) {
		r := rand.New(rand.NewSource(seed))
		b := &batch.Singular{EpochNum: epochNum, Timestamp: timestamp, Transactions: []hexutil.Bytes{raw}}
		r.Read(b.ParentHash[:])
		r.Read(b.EpochHash[:])
		for range r.Intn(4) {
			b.Transactions = append(b.Transactions, randomTx(r, types.DynamicFeeTxType))
		}
		item := b.Encode()
		want, err := rlp.EncodeToBytes([]any{b.ParentHash, b.EpochNum, b.EpochHash, b.Timestamp, b.Transactions})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(item, append([]byte{0}, want...)) {
			t.Fatalf("got %x, geth has %x", item, want)
		}
		if again, reason := batch.Decode(item, testParams); reason != batch.OK || !equalBatches(b, again) {
			t.Fatalf("%v: %+v, decoded %+v", reason, b, again)
		}
	})
}
