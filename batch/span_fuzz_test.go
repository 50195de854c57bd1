package batch_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// paramsOf makes the parameters of a chain out of any numbers.
func paramsOf(chainID, genesis uint64, blockTime uint8, beforeDelta bool) batch.Params {
	return batch.Params{
		ChainID: new(big.Int).SetUint64(max(chainID, 1)), GenesisTime: genesis, BlockTime: uint64(blockTime) + 1, BeforeDelta: beforeDelta,
	}
}

// FuzzSpan reads the body of a span batch on any chain. It is what it is to the reference, holds no more than its bytes can
// stand for, and neither shares memory with them nor writes to them.
func FuzzSpan(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte, chainID, genesis uint64, blockTime uint8, beforeDelta bool) {
		p := paramsOf(chainID, genesis, blockTime, beforeDelta)
		item := append([]byte{1}, body...)
		kept := bytes.Clone(item)
		compareWithReference(t, item, p)
		got, reason := batch.Decode(item, p)
		if !bytes.Equal(item, kept) {
			t.Fatal("the item was changed")
		}
		if reason != batch.OK {
			if got != nil {
				t.Fatalf("%v with batch %+v", reason, got)
			}
			return
		}
		second, _ := batch.Decode(kept, p)
		clear(item)
		if !equalBatches(got, second) {
			t.Fatal("the batch changed with its item")
		}
		checkBounds(t, got.(*batch.Span), len(body), p)
	})
}

// checkBounds demands what is true of every span that came out of so many bytes.
func checkBounds(t *testing.T, s *batch.Span, size int, p batch.Params) {
	t.Helper()
	txs := allTxs(s)
	// A block takes a byte of the column of counts. A transaction takes its signature; beyond that it can be longer than
	// what the batch has of it by the headers of its fields, by the chain id and by a v that has it.
	const signature, envelope = 64, 200
	if s.Len() > size || len(txs)*signature > size {
		t.Fatalf("%d blocks and %d transactions out of %d bytes", s.Len(), len(txs), size)
	}
	total := 0
	for _, tx := range txs {
		total += len(tx)
	}
	if total > size+len(txs)*envelope {
		t.Fatalf("%d bytes of transactions out of %d", total, size)
	}
	before := s.Block(0)
	for i, b := range s.Blocks(1) {
		if step := b.EpochNum - before.EpochNum; b.Timestamp-before.Timestamp != p.BlockTime || step > 1 {
			t.Fatalf("block %d at %d of epoch %d follows one at %d of epoch %d", i, b.Timestamp, b.EpochNum, before.Timestamp, before.EpochNum)
		}
		before = b
	}
	if last := s.EndEpoch(); last != s.L1OriginNum {
		t.Fatalf("the last block is of epoch %d, the span ends in %d", last, s.L1OriginNum)
	}
}

// The bits of a transaction in a span batch, as the target FuzzSpanTx takes them.
const (
	creates = 1 << iota
	odd     // y parity
	guarded // signed for one chain
)

// spanOfTx is a span batch of one block with one transaction, column by column.
func spanOfTx(data, to, r, s []byte, nonce, gas uint64, bits uint8) *rawSpan {
	fixed := func(b []byte, size int) []byte { return common.LeftPadBytes(b[:min(len(b), size)], size) }
	span := oneTx(data...)
	span.sigs = append(fixed(r, 32), fixed(s, 32)...)
	span.creation, span.parity = []byte{bits & creates}, []byte{bits & odd / odd}
	span.protected = []byte{bits & guarded / guarded} // ignored behind a transaction that is not legacy
	span.tos = nil
	if bits&creates == 0 {
		span.tos = fixed(to, 20)
	}
	span.nonces, span.gases = uvarint(nonce), uvarint(gas)
	return span
}

// FuzzSpanTx puts one transaction of a span batch together. It is what it is to the reference, and what comes out is what
// geth reads, with every value where it belongs.
func FuzzSpanTx(f *testing.F) {
	f.Fuzz(func(t *testing.T, data, to, r, s []byte, nonce, gas uint64, bits uint8, chainID uint64) {
		p := paramsOf(chainID, genesisTime, 1, false)
		span := spanOfTx(data, to, r, s, nonce, gas, bits)
		item := span.item()
		compareWithReference(t, item, p)
		got, reason := batch.Decode(item, p)
		txs := allTxs(got)
		if reason != batch.OK || len(txs) != 1 || txs[0][0] == postExecTx[0] {
			return
		}
		var tx types.Transaction
		if err := tx.UnmarshalBinary(txs[0]); err != nil {
			t.Fatalf("geth does not read %v: %v", txs[0], err)
		}
		again, err := tx.MarshalBinary()
		if err != nil || !bytes.Equal(again, txs[0]) {
			t.Fatalf("geth writes %x, %v; want %v", again, err, txs[0])
		}
		if !whole(data) {
			return
		}
		checkTx(t, &tx, span, bits, p)
		if tx.Nonce() != nonce || tx.Gas() != gas {
			t.Errorf("nonce %d and gas %d, want %d and %d", tx.Nonce(), tx.Gas(), nonce, gas)
		}
	})
}

// whole says whether a transaction's data is one value: otherwise the columns behind it begin somewhere in it.
func whole(data []byte) bool {
	if len(data) > 0 && data[0] < 0x80 {
		data = data[1:]
	}
	_, rest, err := rlp.SplitList(data)
	return err == nil && len(rest) == 0
}

// checkTx compares a transaction with the columns it is made of.
func checkTx(t *testing.T, tx *types.Transaction, span *rawSpan, bits uint8, p batch.Params) {
	t.Helper()
	v, r, s := tx.RawSignatureValues()
	wantV := uint64(bits & odd / odd)
	want := new(big.Int).SetUint64(wantV)
	switch {
	case tx.Type() != types.LegacyTxType:
	case bits&guarded != 0:
		want.Add(want, big.NewInt(35)).Add(want, p.ChainID).Add(want, p.ChainID)
	default:
		want.Add(want, big.NewInt(27))
	}
	if v.Cmp(want) != 0 || r.Cmp(new(big.Int).SetBytes(span.sigs[:32])) != 0 || s.Cmp(new(big.Int).SetBytes(span.sigs[32:])) != 0 {
		t.Errorf("signature %v %v %v, want v %v and %x", v, r, s, want, span.sigs)
	}
	if (tx.To() == nil) != (bits&creates != 0) || tx.To() != nil && !bytes.Equal(tx.To()[:], span.tos) {
		t.Errorf("to %v, want %x", tx.To(), span.tos)
	}
	if tx.Type() != types.LegacyTxType && tx.ChainId().Cmp(p.ChainID) != 0 {
		t.Errorf("chain %v, want %v", tx.ChainId(), p.ChainID)
	}
}

// FuzzTx takes any bytes for a transaction. The encoder takes it if geth does and it is signed for this chain, and then it
// comes out of the span as it went in.
func FuzzTx(f *testing.F) {
	f.Fuzz(func(t *testing.T, raw []byte) {
		blocks := []batch.Block{{Timestamp: nextTime, EpochNum: epoch, Transactions: []hexutil.Bytes{raw}}}
		item, err := batch.EncodeSpan(testParams, blocks)
		if isPostExec := len(raw) > 0 && raw[0] == postExecTx[0]; !isPostExec && (err == nil) != signedHere(raw) {
			t.Fatalf("got %v, geth takes it: %v\n%x", err, signedHere(raw), raw)
		}
		if err != nil {
			return
		}
		checkSpanOf(t, item, blocks)
		got, reason := batch.Decode(item, testParams)
		if txs := allTxs(got); reason != batch.OK || len(txs) != 1 || !bytes.Equal(txs[0], raw) {
			t.Fatalf("%v: %x became %v", reason, raw, txs)
		}
	})
}
