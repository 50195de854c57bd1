package batch_test

import (
	"bytes"
	"math/big"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/batch"
)

// checkSpanOf demands that an item, by the reference decoder, says what the blocks say.
func checkSpanOf(t *testing.T, item []byte, blocks []batch.Block) {
	t.Helper()
	_, s, err := referenceDecode(item, testParams)
	if err != nil || s == nil {
		t.Fatalf("reference decoder: %v", err)
	}
	first, last := blocks[0], blocks[len(blocks)-1]
	if s.relTimestamp != first.Timestamp-genesisTime || s.l1OriginNum != last.EpochNum || s.newEpoch != (first.SequenceNumber == 0) ||
		s.parentCheck != [20]byte(first.ParentHash[:20]) || s.l1OriginCheck != [20]byte(last.EpochHash[:20]) || len(s.times) != len(blocks) {
		t.Fatalf("head: got %+v for blocks %+v", s, blocks)
	}
	for i, b := range blocks {
		if s.times[i] != b.Timestamp || s.epochs[i] != b.EpochNum ||
			!slices.EqualFunc(s.txs[i], b.Transactions, func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("block %d: got time %d, epoch %d, transactions %v; want %+v", i, s.times[i], s.epochs[i], s.txs[i], b)
		}
	}
}

func TestSpanBuilder(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 50 {
		blocks := randomBlocks(r, 1+r.Intn(20), 4)
		b := batch.NewSpanBuilder(testParams)
		if b.Size() != 0 || b.Len() != 0 || len(b.AppendTo(nil)) != 0 {
			t.Fatalf("empty builder: %d bytes, %d blocks", b.Size(), b.Len())
		}
		for i := range blocks {
			if err := b.Add(&blocks[i]); err != nil {
				t.Fatal(err)
			}
			item := b.AppendTo([]byte("before"))[6:]
			if len(item) != b.Size() || b.Len() != i+1 {
				t.Fatalf("encoding of %d bytes, size %d, %d blocks", len(item), b.Size(), b.Len())
			}
			checkSpanOf(t, item, blocks[:i+1])
		}
		whole, err := batch.EncodeSpan(testParams, blocks)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(whole, b.AppendTo(nil)) {
			t.Fatal("block by block and at once differ")
		}
	}
}

func TestSpanBuilderErrors(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	key, err := crypto.ToECDSA(common.Hash{31: 7}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	other := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(11)), &types.DynamicFeeTx{ChainID: big.NewInt(11)})
	otherTx, err := other.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	otherLegacy, err := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(11)), &types.LegacyTx{}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	good := randomTx(r, types.DynamicFeeTxType)
	tx := func(raw hexutil.Bytes) func(*batch.Block) {
		return func(b *batch.Block) { b.Transactions = []hexutil.Bytes{good, raw} }
	}
	for _, c := range []struct {
		name   string
		change func(*batch.Block)
		want   string
	}{
		{"a block too early", func(b *batch.Block) { b.Timestamp -= blockTime }, "last block is at"},
		{"a block too late", func(b *batch.Block) { b.Timestamp++ }, "last block is at"},
		{"an older epoch", func(b *batch.Block) { b.EpochNum-- }, "epoch 49 after epoch 50"},
		{"an epoch left out", func(b *batch.Block) { b.EpochNum += 2 }, "epoch 52 after epoch 50"},
		{"an empty transaction", tx(nil), "transaction 1: empty"},
		{"a deposit", tx(hexutil.Bytes{0x7E, 0xC0}), "a deposit is not part of a batch"},
		{"a blob transaction", tx(hexutil.Bytes{0x03, 0xC0}), "unknown type 0x3"},
		{"a transaction for another chain", tx(otherTx), "not of this chain"},
		{"a legacy transaction for another chain", tx(otherLegacy), "not of this chain"},
		{"a transaction cut off", tx(good[:len(good)-1]), "malformed"},
		{"a transaction and more", tx(append(bytes.Clone(good), 0)), "malformed"},
		{"a typed transaction with the signature value of a legacy one", tx(typed(1, []byte{10}, zero, zero, zero, zero, zero, zero, nothing, []byte{55}, []byte{1}, []byte{1})), "not of this chain"},
		{"a set-code transaction without recipient", tx(typed(4, []byte{10}, zero, zero, zero, zero, zero, zero, zero, nothing, nothing, zero, []byte{1}, []byte{1})), "malformed"},
		{"a post-exec transaction of a string", tx(hexutil.Bytes{0x7D, 0x80}), "malformed"},
		{"more transactions than the format has room for", func(b *batch.Block) { b.Transactions = make([]hexutil.Bytes, batch.MaxSpanElements+1) }, "more than 10000000 elements"},
		{"a transaction that is too long", tx(longTx(t)), "data longer than 10000000 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := batch.Block{Timestamp: nextTime, EpochNum: epoch, Transactions: []hexutil.Bytes{randomTx(r, 0)}}
			next := batch.Block{Timestamp: nextTime + blockTime, EpochNum: epoch, Transactions: []hexutil.Bytes{randomTx(r, 5)}}
			b := batch.NewSpanBuilder(testParams)
			if err := b.Add(&first); err != nil {
				t.Fatal(err)
			}
			before := b.AppendTo(nil)
			bad := next
			c.change(&bad)
			if err := b.Add(&bad); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			if after := b.AppendTo(nil); !bytes.Equal(before, after) || b.Len() != 1 {
				t.Errorf("the batch changed: %x, then %x", before, after)
			}
			if err := b.Add(&next); err != nil {
				t.Fatal(err)
			}
			checkSpanOf(t, b.AppendTo(nil), []batch.Block{first, next})
		})
	}
	if _, err := batch.EncodeSpan(testParams, nil); err == nil {
		t.Error("no blocks: no error")
	}
	if _, err := batch.EncodeSpan(testParams, []batch.Block{{Timestamp: genesisTime - 1}}); err == nil {
		t.Error("before genesis: no error")
	}
}

func longTx(t *testing.T) hexutil.Bytes {
	t.Helper()
	key, err := crypto.ToECDSA(common.Hash{31: 7}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := types.MustSignNewTx(key, types.LatestSignerForChainID(chainID), &types.LegacyTx{Data: make([]byte, batch.MaxSpanElements)}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The limit on transaction data counts its header: exactly 10,000,000 bytes pass in both directions.
func TestLongestTxData(t *testing.T) {
	key, err := crypto.ToECDSA(common.Hash{31: 7}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data int // bytes of call data; the list adds its header (4), value and gas price (1 each), and a header (4)
		ok   bool
	}{
		{"10,000,000 bytes", batch.MaxSpanElements - 10, true},
		{"10,000,001 bytes", batch.MaxSpanElements - 9, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := make([]byte, c.data)
			raw, err := types.MustSignNewTx(key, types.LatestSignerForChainID(chainID), &types.LegacyTx{Data: data}).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			blocks := []batch.Block{{Timestamp: nextTime, EpochNum: epoch, Transactions: []hexutil.Bytes{raw}}}
			item, err := batch.EncodeSpan(testParams, blocks)
			if (err == nil) != c.ok {
				t.Fatalf("encode: %v", err)
			}
			if c.ok {
				checkSpanOf(t, item, blocks)
			}
			byHand := legacy(list(zero, zero, str(data))...).item()
			want := batch.OK
			if !c.ok {
				want = batch.SpanTxTooLong
			}
			if _, reason := batch.Decode(byHand, testParams); reason != want {
				t.Errorf("decode: %v, want %v", reason, want)
			}
			compareWithReference(t, byHand, testParams)
		})
	}
}

// The encoder takes a transaction if and only if geth does and it is signed for this chain; what it took comes out again.
func TestSpanBuilderDifferential(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	rounds := 60_000
	if testing.Short() {
		rounds = 6_000
	}
	taken, refused := 0, 0
	for range rounds {
		kind := []int{0, 5, types.AccessListTxType, types.DynamicFeeTxType, types.SetCodeTxType}[r.Intn(5)]
		raw := hexutil.Bytes(mutate(r, randomTxFrom(r, kind)))
		if len(raw) > 0 && raw[0] == postExecTx[0] {
			continue
		}
		blocks := []batch.Block{{Timestamp: nextTime, EpochNum: epoch, Transactions: []hexutil.Bytes{raw}}}
		item, err := batch.EncodeSpan(testParams, blocks)
		if (err == nil) != signedHere(raw) {
			t.Fatalf("got error %v, geth says %v\n%v", err, err != nil, raw)
		}
		if err != nil {
			refused++
			continue
		}
		taken++
		checkSpanOf(t, item, blocks)
	}
	if taken < rounds/20 || refused < rounds/20 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
}

// randomTxFrom takes one of a few transactions of a kind: signing is slow.
var randomTxFrom = func() func(*rand.Rand, int) hexutil.Bytes {
	made := make(map[int][]hexutil.Bytes)
	return func(r *rand.Rand, kind int) hexutil.Bytes {
		if len(made[kind]) < 100 {
			made[kind] = append(made[kind], randomTx(r, kind))
		}
		return made[kind][r.Intn(len(made[kind]))]
	}
}()

// signedHere says whether geth decodes a transaction and its signature values are for the test chain.
func signedHere(raw []byte) bool {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		return false
	}
	v, r, s := tx.RawSignatureValues()
	if r.BitLen() > 256 || s.BitLen() > 256 || !v.IsUint64() {
		return false
	}
	switch tx.Type() {
	case types.LegacyTxType:
		return slices.Contains([]uint64{27, 28, 55, 56}, v.Uint64())
	case types.AccessListTxType, types.DynamicFeeTxType, types.SetCodeTxType:
		return v.Uint64() < 2 && tx.ChainId().Cmp(chainID) == 0
	}
	return false
}
