package batch

import (
	"bytes"
	"math/big"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// arenaSize is how much memory is taken at once for the transactions of a span. How long one gets is not known before it is
// written, and one that has zeros for a signature gets a tenth of what it could: memory for all of them at once would be
// twice the span.
const arenaSize = 256 << 10

// rebuildTxs puts the transactions together from their columns (RULES 5.2, "Rebuild").
func rebuildTxs(c *txColumns, chainID *big.Int) ([]hexutil.Bytes, Reason) {
	if c.count == 0 {
		return nil, OK
	}
	chain := newChainValues(chainID)
	envelope := chain.maxEnvelope()
	out := make([]hexutil.Bytes, c.count)
	row := txRow{cols: c, data: columnReader{rest: c.datas}, nonce: columnReader{rest: c.nonces}, gas: columnReader{rest: c.gases}, tos: c.tos}
	var arena []byte
	for i := range out {
		typ, content := row.data.txData()
		if most := len(content) + envelope; cap(arena)-len(arena) < most {
			left := most + len(row.data.rest) + (len(out)-i-1)*envelope
			arena = make([]byte, 0, max(most, min(left, arenaSize)))
		}
		start := len(arena)
		var reason Reason
		if arena, reason = row.appendNext(arena, typ, content, &chain); reason != OK {
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

// appendNext appends the encoding of the next transaction, whose type and list of other fields have been taken.
func (w *txRow) appendNext(dst []byte, typ byte, content []byte, chain *chainValues) ([]byte, Reason) {
	i := w.index
	w.index++
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
// reach the transaction, and nobody shall hide data there (specs: protocol/lagoon/derivation.md, unused signature and gas
// accounting slots; RULES 5.9). These specs are newer than op-node v1.19.6, which does not look.
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
