package batch_test

import (
	"math/rand"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// longSpan is a decoded span of a number of blocks with 0 to 2 transactions each, and with counts that are longer than they
// need to be, as they may be.
func longSpan(t *testing.T, count int) *batch.Span {
	t.Helper()
	r := rand.New(rand.NewSource(int64(count)))
	bits := make([]byte, (count+7)/8)
	r.Read(bits)
	if count%8 > 0 {
		bits[0] &= 1<<(count%8) - 1
	}
	s := oneTx()
	s.l1OriginNum = uvarint(5000)
	s.blocks, s.originBits, s.txCounts = uvarint(uint64(count)), bits, nil
	s.sigs, s.tos, s.nonces, s.gases = nil, nil, nil, nil
	txs := 0
	for i := range count {
		n := r.Intn(3)
		if s.txCounts = append(s.txCounts, byte(n)); i%5 == 0 {
			s.txCounts[len(s.txCounts)-1] |= 0x80
			s.txCounts = append(s.txCounts, 0x80, 0)
		}
		for range n {
			s.datas = append(s.datas, 0x7d, 0xc2, byte(txs>>8)&0x7f, byte(txs)&0x7f)
			s.nonces, s.gases = append(s.nonces, 0), append(s.gases, 0)
			txs++
		}
	}
	s.sigs = make([]byte, 64*txs)
	s.creation, s.parity = make([]byte, (txs+7)/8), make([]byte, (txs+7)/8)
	for i := range txs {
		s.creation[len(s.creation)-1-i/8] |= 1 << (i % 8)
	}
	compareWithReference(t, s.item(), testParams)
	b, reason := batch.Decode(s.item(), testParams)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	return b.(*batch.Span)
}

// A block is the same whether it is walked to from the first one, from any one, or taken out of the middle. Which it is the
// reference says.
func TestBlocksOfASpanAreFoundAnywhere(t *testing.T) {
	for _, count := range []int{1, 2, 63, 64, 65, 127, 128, 129, 300} {
		s := longSpan(t, count)
		all := blockList(longSpan(t, count)) // of another one, so that nothing done to this one is in it
		if s.Len() != count || len(all) != count {
			t.Fatalf("%d blocks, %d walked to, want %d", s.Len(), len(all), count)
		}
		for from := range count + 2 {
			next := from
			for i, b := range s.Blocks(from) {
				if i != next || !reflect.DeepEqual(b, all[i]) {
					t.Fatalf("from %d, block %d: got %+v, want %+v", from, i, b, all[i])
				}
				if next++; i > from+70 {
					break
				}
			}
			if want := max(from, min(count, from+72)); next != want {
				t.Fatalf("from %d: came to %d, want %d", from, next, want)
			}
			if from < count {
				_ = append(s.Block(from).Transactions, hexutil.Bytes{0xEE}) // must not reach the block after it
			}
			if from < count && !reflect.DeepEqual(s.Block(from), all[from]) {
				t.Fatalf("block %d: got %+v, want %+v", from, s.Block(from), all[from])
			}
		}
	}
}

// Blocks are found by their time, and nothing is where there is none.
func TestOverlapFindsTheBlockOfATime(t *testing.T) {
	const count = 200
	s := longSpan(t, count)
	for i, b := range s.Blocks(0) {
		safe := batch.SafeBlock{Ref: eth.L2Ref{Time: b.Timestamp, L1Origin: eth.BlockID{Number: b.EpochNum}}, Transactions: b.Transactions}
		if got := batch.CheckOverlap(s, safe); got != batch.OK {
			t.Errorf("block %d: %v", i, got)
		}
		safe.Transactions = append([]hexutil.Bytes{{2}}, b.Transactions...)
		if got := batch.CheckOverlap(s, safe); got != batch.OverlapTxCount {
			t.Errorf("block %d with a transaction more: %v", i, got)
		}
		safe.Ref.Time++
		if got := batch.CheckOverlap(s, safe); got != batch.OverlapHeightMissing {
			t.Errorf("a second after block %d: %v", i, got)
		}
	}
	for _, time := range []uint64{0, s.Start() - blockTime, s.End() + blockTime, 1<<64 - 2, 1<<64 - 1} {
		if got := batch.CheckOverlap(s, batch.SafeBlock{Ref: eth.L2Ref{Time: time}}); got != batch.OverlapHeightMissing {
			t.Errorf("time %d: %v", time, got)
		}
	}
}

// The first new block is the first one after the safe head, whether or not that is at a time of the span's.
func TestRemainderBeginsAfterTheSafeHead(t *testing.T) {
	const count = 200
	s := longSpan(t, count)
	v := testView(true)
	v.L1Blocks = nil
	for n := s.StartEpoch(); n <= s.EndEpoch(); n++ {
		v.L1Blocks = append(v.L1Blocks, eth.L1Ref{Number: n})
	}
	v.Safe.L1Origin.Number = 0
	for safe := s.Start() - 3; safe <= s.End()+3; safe++ {
		v.Safe.Time = safe
		want := 0
		for want < count && s.Block(want).Timestamp <= safe {
			want++
		}
		if first, reason := s.Remainder(v); first != want || reason != batch.OK {
			t.Fatalf("safe head at %d: got %d, %v; want %d", safe, first, reason, want)
		}
	}
}

// Times may wrap around. Blocks remain one block time apart, and those behind the end of time are long past.
func TestTimesOfASpanWrapAround(t *testing.T) {
	raw := noTxs(4, []byte{0})
	raw.relTimestamp = uvarint(1<<64 - 4 - genesisTime)
	b, reason := batch.Decode(raw.item(), testParams)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	s := b.(*batch.Span)
	var times []uint64
	for _, b := range s.Blocks(0) {
		times = append(times, b.Timestamp)
	}
	if !reflect.DeepEqual(times, []uint64{1<<64 - 4, 1<<64 - 2, 0, 2}) || s.Start() != 1<<64-4 || s.End() != 2 {
		t.Errorf("blocks at %v, from %d to %d", times, s.Start(), s.End())
	}
	for i, time := range times {
		safe := batch.SafeBlock{Ref: eth.L2Ref{Time: time, L1Origin: eth.BlockID{Number: s.Block(i).EpochNum}}}
		if got := batch.CheckOverlap(s, safe); got != batch.OK {
			t.Errorf("block %d: %v", i, got)
		}
	}
	if _, verdict, why := batch.CheckSpanPlace(testView(true), s); verdict != batch.Drop || why != batch.SpanFuture {
		t.Errorf("got %v, %v", verdict, why)
	}
}
