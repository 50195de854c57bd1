package batch

import (
	"bytes"
	"encoding/binary"
)

// Decoding goes in two steps. The first one finds the columns and checks that they are all there, and allocates
// nothing; its failures end the channel. The second puts the transactions together; its failures cost only this batch.
// The order of the columns is that of RULES 5.2.

// spanBody is a span batch as columns, each a part of the item.
type spanBody struct {
	relTimestamp, l1OriginNum  uint64
	parentCheck, l1OriginCheck []byte
	blocks                     int
	perBlock                   []byte // a bitList of origin bits, and the numbers of transactions as varints
	txs                        txColumns
}

// txColumns are the transactions of all blocks in a row.
type txColumns struct {
	count     int
	creation  bitList // per transaction, whether it has no recipient
	parity    bitList // per transaction, the y parity of its signature
	sigs      []byte  // per transaction, r and s
	tos       []byte  // per transaction with a recipient, its address
	datas     []byte  // per transaction, the type unless legacy, and the list of the other fields
	nonces    []byte  // per transaction, a varint
	gases     []byte  // per transaction, a varint
	protected bitList // per legacy transaction, whether its signature is for one chain only
}

const (
	sigSize     = 2 * uint256Bytes
	addressSize = 20
)

func decodeSpan(body []byte, p Params) (*Span, Reason) {
	var cols spanBody
	if reason := cols.read(body); reason != OK {
		return nil, reason
	}
	if p.BeforeDelta {
		return nil, SpanBeforeDeltaInChannel
	}
	txs, reason := rebuildTxs(&cols.txs, p.ChainID)
	if reason != OK {
		return nil, reason
	}

	s := &Span{
		RelTimestamp: cols.relTimestamp, L1OriginNum: cols.l1OriginNum,
		ParentCheck: [checkLength]byte(cols.parentCheck), L1OriginCheck: [checkLength]byte(cols.l1OriginCheck),
		start: p.GenesisTime + cols.relTimestamp, blockTime: p.BlockTime,
		blocks: cols.blocks, columns: bytes.Clone(cols.perBlock), txs: txs,
	}
	s.mark()
	return s, OK
}

// read finds the columns.
func (s *spanBody) read(body []byte) Reason {
	r := columnReader{rest: body}
	s.relTimestamp = r.uvarint()
	s.l1OriginNum = r.uvarint()
	s.parentCheck = r.bytes(checkLength)
	s.l1OriginCheck = r.bytes(checkLength)
	s.blocks = r.count(SpanTooManyBlocks)
	if r.reason == OK && s.blocks == 0 {
		return SpanNoBlocks
	}

	start := r.rest
	r.bits(s.blocks)
	for range s.blocks {
		s.txs.count += r.count(SpanTooManyTxs)
		if r.reason != OK {
			return r.reason
		}
		if s.txs.count > MaxSpanElements {
			return SpanTooManyTxs
		}
	}
	s.perBlock = start[:len(start)-len(r.rest)]
	s.txs.read(&r)
	return r.reason
}

// read finds the columns of count transactions.
func (c *txColumns) read(r *columnReader) {
	c.creation = r.bits(c.count)
	c.parity = r.bits(c.count)
	c.sigs = r.bytes(c.count * sigSize)
	c.tos = r.bytes((c.count - c.creation.ones()) * addressSize)

	start, legacy := r.rest, 0
	for i := 0; i < c.count && r.reason == OK; i++ {
		if typ, _ := r.txData(); typ == legacyType || typ == untyped {
			legacy++
		}
	}
	c.datas = start[:len(start)-len(r.rest)]
	c.nonces = r.uvarints(c.count)
	c.gases = r.uvarints(c.count)
	c.protected = r.bits(legacy)
}

// columnReader takes values off the front of a byte slice. After the first failure, whose reason it keeps, it gives zero
// values.
type columnReader struct {
	rest   []byte
	reason Reason
}

func (r *columnReader) fail(reason Reason) {
	if r.reason == OK {
		r.reason = reason
	}
	r.rest = nil
}

func (r *columnReader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail(SpanTruncated)
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// uvarint takes a LEB128 number. Encodings longer than needed are allowed, as Go has it (RULES 5.2).
func (r *columnReader) uvarint() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 {
		n := uint64(r.rest[0])
		r.rest = r.rest[1:]
		return n
	}
	n, size := binary.Uvarint(r.rest)
	switch {
	case size == 0:
		r.fail(SpanTruncated)
	case size < 0:
		r.fail(SpanVarintOverflow)
	default:
		r.rest = r.rest[size:]
	}
	return n
}

// count takes a number of elements; tooMany is the reason for more than may be.
func (r *columnReader) count(tooMany Reason) int {
	n := r.uvarint()
	if n > MaxSpanElements {
		r.fail(tooMany)
		return 0
	}
	return int(n)
}

// uvarints takes n numbers without looking at their values.
func (r *columnReader) uvarints(n int) []byte {
	start := r.rest
	for i := 0; i < n && r.reason == OK; i++ {
		r.uvarint()
	}
	return start[:len(start)-len(r.rest)]
}

func (r *columnReader) bits(n int) bitList {
	l := bitList(r.bytes(bitListSize(n)))
	if r.reason == OK && !l.fits(n) {
		r.fail(SpanBitsOutOfRange)
		return nil // nobody shall count bits of elements that do not exist
	}
	return l
}

// txData takes one transaction's type, untyped if it has none, and the content of its list of fields. Of the list only
// the header is looked at.
func (r *columnReader) txData() (typ byte, fields []byte) {
	typ = untyped
	if len(r.rest) > 0 && r.rest[0] < rlpString {
		typ = r.rest[0]
		r.rest = r.rest[1:]
	}
	if len(r.rest) == 0 {
		r.fail(SpanTruncated)
		return 0, nil
	}
	list, head, size, ok := rlpHeader(r.rest)
	switch {
	case !ok:
		r.fail(SpanTxMalformed)
	case !list:
		r.fail(SpanTxNotList)
	case size > MaxSpanElements-uint64(head):
		r.fail(SpanTxTooLong)
	case size > uint64(len(r.rest)-head):
		r.fail(SpanTruncated)
	default:
		return typ, r.bytes(head + int(size))[head:]
	}
	return 0, nil
}
