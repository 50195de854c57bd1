package batch

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Singular is the batch of one L2 block (specs: derivation, batch format).
type Singular struct {
	ParentHash   common.Hash     // the L2 block it builds on
	EpochNum     uint64          // number of its L1 origin
	EpochHash    common.Hash     // hash of its L1 origin
	Timestamp    uint64          // of the L2 block, seconds since 1970
	Transactions []hexutil.Bytes // EIP-2718 encodings in block order, without deposits
}

// Encode gives the item of a channel: type 0, then the RLP list of the fields.
func (b *Singular) Encode() []byte {
	txsSize := 0
	for _, tx := range b.Transactions {
		txsSize += stringSize(tx)
	}
	size := 2*(1+common.HashLength) + uintSize(b.EpochNum) + uintSize(b.Timestamp) + headerSize(txsSize) + txsSize

	out := make([]byte, 0, 1+headerSize(size)+size)
	out = append(out, singularType)
	out = appendListHeader(out, size)
	out = appendString(out, b.ParentHash[:])
	out = appendUint(out, b.EpochNum)
	out = appendString(out, b.EpochHash[:])
	out = appendUint(out, b.Timestamp)
	out = appendListHeader(out, txsSize)
	for _, tx := range b.Transactions {
		out = appendString(out, tx)
	}
	return out
}

// decodeSingular reads the body after the type: a list of exactly five elements.
func decodeSingular(body []byte) (*Singular, Reason) {
	fields, _, ok := takeList(body)
	if !ok {
		return nil, SingularMalformed
	}
	b := new(Singular)
	var parent, epoch, txs []byte
	if parent, fields, ok = takeFixed(fields, common.HashLength); !ok {
		return nil, SingularMalformed
	}
	if b.EpochNum, fields, ok = takeUint64(fields); !ok {
		return nil, SingularMalformed
	}
	if epoch, fields, ok = takeFixed(fields, common.HashLength); !ok {
		return nil, SingularMalformed
	}
	if b.Timestamp, fields, ok = takeUint64(fields); !ok {
		return nil, SingularMalformed
	}
	if txs, fields, ok = takeList(fields); !ok || len(fields) > 0 {
		return nil, SingularMalformed
	}
	b.ParentHash, b.EpochHash = common.Hash(parent), common.Hash(epoch)
	if b.Transactions, ok = copyStrings(txs); !ok {
		return nil, SingularMalformed
	}
	return b, OK
}

// copyStrings reads a list's content as strings. They are counted before anything is allocated, and share one copy.
func copyStrings(content []byte) ([]hexutil.Bytes, bool) {
	count := 0
	for rest := content; len(rest) > 0; count++ {
		var ok bool
		if _, rest, ok = takeString(rest); !ok {
			return nil, false
		}
	}
	if count == 0 {
		return nil, true
	}
	out, rest := make([]hexutil.Bytes, count), bytes.Clone(content)
	for i := range out {
		var s []byte
		s, rest, _ = takeString(rest)
		out[i] = s[:len(s):len(s)]
	}
	return out, true
}
