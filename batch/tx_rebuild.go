package batch

import (
	"bytes"
	"math/big"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// rebuildTxs puts the transactions together from their columns (RULES 5.2, "Rebuild"). All of them are written into one
// piece of memory, which is as long as they can get.
func rebuildTxs(c *txColumns, chainID *big.Int) ([]hexutil.Bytes, Reason) {
	if c.count == 0 {
		return nil, OK
	}
	chain := newChainValues(chainID)
	arena := make([]byte, 0, len(c.datas)+c.count*chain.maxEnvelope())
	out := make([]hexutil.Bytes, c.count)
	row := txRow{cols: c, data: columnReader{rest: c.datas}, nonce: columnReader{rest: c.nonces}, gas: columnReader{rest: c.gases}, tos: c.tos}
	for i := range out {
		start := len(arena)
		var reason Reason
		if arena, reason = row.appendNext(arena, &chain); reason != OK {
			return nil, reason
		}
		out[i] = arena[start:len(arena):len(arena)]
	}
	return out, OK
}

// txRow walks through all columns at once.
type txRow struct {
	cols             *txColumns
	index, legacy    int // transactions passed, and legacy ones among them
	data, nonce, gas columnReader
	tos              []byte
}

// appendNext appends the encoding of the next transaction.
func (w *txRow) appendNext(dst []byte, chain *chainValues) ([]byte, Reason) {
	i := w.index
	w.index++
	typ, content := w.data.txData()
	sig := w.cols.sigs[i*sigSize : (i+1)*sigSize]
	tx := splitTx{
		typ: typ, creation: w.cols.creation.bit(i), parity: w.cols.parity.bit(i),
		r: trimZeros(sig[:uint256Bytes]), s: trimZeros(sig[uint256Bytes:]),
		nonce: w.nonce.uvarint(), gas: w.gas.uvarint(),
	}
	if !tx.creation {
		tx.to, w.tos = w.tos[:addressSize], w.tos[addressSize:]
	}
	switch typ {
	case untyped:
		tx.protected = w.cols.protected.bit(w.legacy)
		w.legacy++
	case accessListType, dynamicFeeType:
	case setCodeType:
		if tx.creation {
			return nil, SpanSetCodeCreation
		}
	case postExecType:
		if !tx.emptyEnvelope() {
			return nil, SpanPostExecEnvelope
		}
		dst = append(dst, postExecType)
		return append(appendListHeader(dst, len(content)), content...), OK
	default:
		return nil, SpanTxTypeUnknown
	}
	var ok bool
	if tx.fields, ok = parseTxData(typ, content); !ok {
		return nil, SpanTxFields
	}
	return tx.appendTo(dst, chain), OK
}

// emptyEnvelope says whether nothing but the data is set, as a post-exec transaction must have it: the rest does not
// reach the transaction, and nobody shall hide data there (specs: lagoon/derivation, unused slots).
func (t *splitTx) emptyEnvelope() bool {
	return t.creation && !t.parity && len(t.r) == 0 && len(t.s) == 0 && t.nonce == 0 && t.gas == 0
}

// trimZeros drops the leading zeros of a 32-byte number.
func trimZeros(n []byte) []byte {
	if n[0] != 0 {
		return n
	}
	return bytes.TrimLeft(n, "\x00")
}
