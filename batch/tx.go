package batch

import (
	"bytes"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// The transaction types a span batch can carry.
const (
	legacyType     = types.LegacyTxType
	accessListType = types.AccessListTxType
	dynamicFeeType = types.DynamicFeeTxType
	setCodeType    = types.SetCodeTxType
	postExecType   = 0x7D // Lagoon
	// untyped marks a legacy transaction: its data has no type byte. A type byte 0 is something else, see txData.
	untyped = 0xFF
)

// txFields are the fields of a transaction that the span format keeps together in its data. They are RLP with headers,
// so that putting a transaction together, or taking it apart, is copying.
type txFields struct {
	value []byte
	fees  []byte // gas price, or priority fee and maximum fee
	tail  []byte // data, access list and authorization list, as far as the type has them
}

// size is the length of the content of the list of these fields.
func (f *txFields) size() int { return len(f.value) + len(f.fees) + len(f.tail) }

// parseTxData takes the content of a transaction's data apart: value, fees, then the tail.
func parseTxData(typ byte, content []byte) (f txFields, ok bool) {
	rest := content
	if f.value, rest, ok = takeRawInt(rest, numberLimit(typ)); !ok {
		return f, false
	}
	if f.fees, rest, ok = takeFees(typ, rest); !ok {
		return f, false
	}
	f.tail, rest, ok = takeTail(typ, rest)
	return f, ok && len(rest) == 0
}

// numberLimit is the size in bytes up to which geth takes a value or a fee. Only with type 4 it began to use 256-bit
// numbers; any length passes before, and the execution engine has to refuse it.
func numberLimit(typ byte) int {
	if typ == setCodeType {
		return uint256Bytes
	}
	return anyBytes
}

// takeFees takes the one or two fees of a type off b.
func takeFees(typ byte, b []byte) (fees, rest []byte, ok bool) {
	if _, rest, ok = takeInt(b, numberLimit(typ)); !ok {
		return nil, nil, false
	}
	if typ == dynamicFeeType || typ == setCodeType {
		if _, rest, ok = takeInt(rest, numberLimit(typ)); !ok {
			return nil, nil, false
		}
	}
	return b[:len(b)-len(rest)], rest, true
}

// takeTail takes the data and the lists of a type off b.
func takeTail(typ byte, b []byte) (tail, rest []byte, ok bool) {
	if _, rest, ok = takeString(b); !ok {
		return nil, nil, false
	}
	if typ != untyped {
		if rest, ok = skipAccessList(rest); !ok {
			return nil, nil, false
		}
	}
	if typ == setCodeType {
		if rest, ok = skipAuthorizations(rest); !ok {
			return nil, nil, false
		}
	}
	return b[:len(b)-len(rest)], rest, true
}

// skipAccessList passes over a list of [address, [storage key …]] (EIP-2930).
func skipAccessList(b []byte) (rest []byte, ok bool) {
	entries, rest, ok := takeList(b)
	if !ok {
		return nil, false
	}
	for len(entries) > 0 {
		var entry, keys []byte
		if entry, entries, ok = takeList(entries); !ok {
			return nil, false
		}
		if _, entry, ok = takeFixed(entry, addressSize); !ok {
			return nil, false
		}
		if keys, entry, ok = takeList(entry); !ok || len(entry) > 0 {
			return nil, false
		}
		for len(keys) > 0 {
			if _, keys, ok = takeFixed(keys, common.HashLength); !ok {
				return nil, false
			}
		}
	}
	return rest, true
}

// skipAuthorizations passes over a list of [chain id, address, nonce, y parity, r, s] (EIP-7702).
func skipAuthorizations(b []byte) (rest []byte, ok bool) {
	entries, rest, ok := takeList(b)
	if !ok {
		return nil, false
	}
	for len(entries) > 0 {
		var entry []byte
		if entry, entries, ok = takeList(entries); !ok {
			return nil, false
		}
		if _, entry, ok = takeInt(entry, uint256Bytes); !ok {
			return nil, false
		}
		if _, entry, ok = takeFixed(entry, addressSize); !ok {
			return nil, false
		}
		for _, limit := range [...]int{uint64Bytes, uint8Bytes, uint256Bytes, uint256Bytes} {
			if _, entry, ok = takeInt(entry, limit); !ok {
				return nil, false
			}
		}
		if len(entry) > 0 {
			return nil, false
		}
	}
	return rest, true
}

// chainValues are the parts of a transaction that follow from the chain id, as RLP, indexed by y parity.
type chainValues struct {
	id          []byte
	unprotected [2][]byte // v = 27 + y
	protected   [2][]byte // v = 35 + 2·chain id + y (EIP-155)
	parity      [2][]byte // v = y, typed transactions
}

func newChainValues(chainID *big.Int) chainValues {
	number := func(n *big.Int) []byte { return appendString(nil, n.Bytes()) }
	v := new(big.Int).Lsh(chainID, 1)
	v.Add(v, big.NewInt(35))
	return chainValues{
		id:          number(chainID),
		unprotected: [2][]byte{{27}, {28}},
		protected:   [2][]byte{number(v), number(new(big.Int).Add(v, big.NewInt(1)))},
		parity:      [2][]byte{{rlpString}, {1}},
	}
}

// maxEnvelope is the most that a transaction can be longer than its fields, for one chain.
func (c *chainValues) maxEnvelope() int {
	const typeAndHeader, nonceAndGas, to, signature = 1 + 9, 2 * 9, 1 + addressSize, 2 * (1 + uint256Bytes)
	return typeAndHeader + nonceAndGas + to + signature + len(c.id) + len(c.protected[1])
}

// findV finds y parity and protection by the RLP of a v.
func (c *chainValues) findV(v []byte, legacy bool) (parity, protected, ok bool) {
	for y := range 2 {
		switch {
		case !legacy && bytes.Equal(v, c.parity[y]), legacy && bytes.Equal(v, c.unprotected[y]):
			return y == 1, false, true
		case legacy && bytes.Equal(v, c.protected[y]):
			return y == 1, true, true
		}
	}
	return false, false, false
}

// splitTx is a transaction taken apart: what the columns of a span batch say about it.
type splitTx struct {
	typ       byte
	creation  bool // no recipient
	parity    bool
	protected bool   // legacy only
	r, s      []byte // without leading zeros
	to        []byte // nil for a creation
	nonce     uint64
	gas       uint64
	fields    txFields
}

// appendTo appends the EIP-2718 encoding. Legacy and typed transactions have the same order of fields:
// [chain id unless legacy], nonce, fees, gas, to, value, data and lists, v, r, s.
func (t *splitTx) appendTo(dst []byte, chain *chainValues) []byte {
	y := 0
	if t.parity {
		y = 1
	}
	id, v := chain.id, chain.parity[y]
	if t.typ == untyped {
		id, v = nil, chain.unprotected[y]
		if t.protected {
			v = chain.protected[y]
		}
	}
	size := len(id) + uintSize(t.nonce) + uintSize(t.gas) + stringSize(t.to) + t.fields.size() +
		len(v) + intSize(t.r) + intSize(t.s)

	if t.typ != untyped {
		dst = append(dst, t.typ)
	}
	dst = appendListHeader(dst, size)
	dst = append(dst, id...)
	dst = appendUint(dst, t.nonce)
	dst = append(dst, t.fields.fees...)
	dst = appendUint(dst, t.gas)
	dst = appendString(dst, t.to)
	dst = append(dst, t.fields.value...)
	dst = append(dst, t.fields.tail...)
	dst = append(dst, v...)
	dst = appendString(dst, t.r)
	return appendString(dst, t.s)
}
