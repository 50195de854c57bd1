package batch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Block is an L2 block as a span batch is made of.
type Block struct {
	Timestamp      uint64      // seconds since 1970
	ParentHash     common.Hash // only that of the first block is used
	EpochNum       uint64      // number of its L1 origin
	EpochHash      common.Hash // hash of its L1 origin; only that of the last block is used
	SequenceNumber uint64      // position in its epoch; only that of the first block is used
	Transactions   []hexutil.Bytes
}

// SpanBuilder makes a span batch block by block. Adding a block costs time in proportion to that block, asking for the
// size costs nothing, and encoding costs one copy of what was added: growing a batch of n bytes and looking at its size
// after each block is linear in n, encoding it after each block is not.
type SpanBuilder struct {
	params                 Params
	chain                  chainValues
	first, last            Block // without transactions
	blocks, txs, legacyTxs int
	originBits             bitBuilder
	txCounts               []byte
	creation, parity       bitBuilder
	sigs, tos, datas       []byte
	nonces, gases          []byte
	protected              bitBuilder
	parts                  []splitTx // of the block being added
}

// NewSpanBuilder starts an empty span batch for a chain.
func NewSpanBuilder(p Params) *SpanBuilder {
	return &SpanBuilder{params: p, chain: newChainValues(p.ChainID)}
}

// EncodeSpan gives the item of a channel that says all of these blocks. See Add for what is an error.
func EncodeSpan(p Params, blocks []Block) ([]byte, error) {
	if len(blocks) == 0 {
		return nil, errors.New("encode span batch: no blocks")
	}
	b := NewSpanBuilder(p)
	for i := range blocks {
		if err := b.Add(&blocks[i]); err != nil {
			return nil, err
		}
	}
	return b.AppendTo(make([]byte, 0, b.Size())), nil
}

// Add appends a block. After an error the batch is as it was before. It is an error when the block does not follow the
// one before it by one block time and at most one epoch, is older than genesis, exceeds a limit of the format, or has a
// transaction that the format has no place for: a deposit, which the caller is to leave out, one of an unknown type, one
// for another chain, or one that is not well formed.
func (b *SpanBuilder) Add(block *Block) error {
	if err := b.checkOrder(block); err != nil {
		return fmt.Errorf("add block at %d to span batch: %w", block.Timestamp, err)
	}
	b.parts = b.parts[:0]
	for i, tx := range block.Transactions {
		part, err := split(tx, &b.chain)
		if err != nil {
			return fmt.Errorf("add block at %d to span batch: transaction %d: %w", block.Timestamp, i, err)
		}
		b.parts = append(b.parts, part)
	}

	newEpoch := block.SequenceNumber == 0
	if b.blocks > 0 {
		newEpoch = block.EpochNum != b.last.EpochNum
	}
	b.last = *block
	b.last.Transactions = nil
	if b.blocks == 0 {
		b.first = b.last
	}
	b.blocks++
	b.originBits.add(newEpoch)
	b.txCounts = binary.AppendUvarint(b.txCounts, uint64(len(b.parts)))
	for i := range b.parts {
		b.addTx(&b.parts[i])
	}
	return nil
}

func (b *SpanBuilder) checkOrder(block *Block) error {
	switch {
	case b.blocks+1 > MaxSpanElements || b.txs+len(block.Transactions) > MaxSpanElements:
		return fmt.Errorf("more than %d elements", MaxSpanElements)
	case b.blocks == 0 && block.Timestamp < b.params.GenesisTime:
		return fmt.Errorf("genesis is at %d", b.params.GenesisTime)
	case b.blocks == 0:
		return nil
	case block.Timestamp != b.last.Timestamp+b.params.BlockTime:
		return fmt.Errorf("last block is at %d, block time is %d", b.last.Timestamp, b.params.BlockTime)
	case block.EpochNum != b.last.EpochNum && block.EpochNum != b.last.EpochNum+1:
		return fmt.Errorf("epoch %d after epoch %d", block.EpochNum, b.last.EpochNum)
	}
	return nil
}

func (b *SpanBuilder) addTx(t *splitTx) {
	b.txs++
	b.creation.add(t.creation)
	b.parity.add(t.parity)
	b.sigs = appendPadded(appendPadded(b.sigs, t.r), t.s)
	b.tos = append(b.tos, t.to...)
	b.datas = t.appendData(b.datas)
	b.nonces = binary.AppendUvarint(b.nonces, t.nonce)
	b.gases = binary.AppendUvarint(b.gases, t.gas)
	if t.typ == untyped {
		b.legacyTxs++
		b.protected.add(t.protected)
	}
}

// Len is the number of blocks.
func (b *SpanBuilder) Len() int { return b.blocks }

// Size is the length of the encoding in bytes; 0 while there is no block.
func (b *SpanBuilder) Size() int {
	if b.blocks == 0 {
		return 0
	}
	return 1 + uvarintSize(b.first.Timestamp-b.params.GenesisTime) + uvarintSize(b.last.EpochNum) + 2*checkLength +
		uvarintSize(uint64(b.blocks)) + bitListSize(b.blocks) + len(b.txCounts) + 2*bitListSize(b.txs) +
		len(b.sigs) + len(b.tos) + len(b.datas) + len(b.nonces) + len(b.gases) + bitListSize(b.legacyTxs)
}

// AppendTo appends the item of a channel: type 1, then the columns in the order of RULES 5.2. Nothing while there is no
// block.
func (b *SpanBuilder) AppendTo(dst []byte) []byte {
	if b.blocks == 0 {
		return dst
	}
	dst = append(dst, spanType)
	dst = binary.AppendUvarint(dst, b.first.Timestamp-b.params.GenesisTime)
	dst = binary.AppendUvarint(dst, b.last.EpochNum)
	dst = append(dst, b.first.ParentHash[:checkLength]...)
	dst = append(dst, b.last.EpochHash[:checkLength]...)
	dst = binary.AppendUvarint(dst, uint64(b.blocks))
	dst = b.originBits.appendTo(dst)
	dst = append(dst, b.txCounts...)
	dst = b.creation.appendTo(dst)
	dst = b.parity.appendTo(dst)
	dst = append(dst, b.sigs...)
	dst = append(dst, b.tos...)
	dst = append(dst, b.datas...)
	dst = append(dst, b.nonces...)
	dst = append(dst, b.gases...)
	return b.protected.appendTo(dst)
}

// uvarintSize is the length of a number in LEB128.
func uvarintSize(n uint64) int { return max(1, (bits.Len64(n)+6)/7) }

// appendPadded appends a number with leading zeros up to 32 bytes.
func appendPadded(dst, n []byte) []byte {
	var padded [uint256Bytes]byte
	copy(padded[uint256Bytes-len(n):], n)
	return append(dst, padded[:]...)
}

// appendData appends what the column of transaction data says: the type, unless legacy, and the list of the fields that
// have no column of their own.
func (t *splitTx) appendData(dst []byte) []byte {
	if t.typ != untyped {
		dst = append(dst, t.typ)
	}
	dst = appendListHeader(dst, t.fields.size())
	dst = append(dst, t.fields.value...)
	dst = append(dst, t.fields.fees...)
	return append(dst, t.fields.tail...)
}

var (
	errTxEmpty     = errors.New("empty")
	errTxMalformed = errors.New("malformed")
	errTxChain     = errors.New("signature value or chain id is not of this chain")
	errTxDeposit   = errors.New("a deposit is not part of a batch")
	errTxTooLong   = fmt.Errorf("data longer than %d bytes", MaxSpanElements)
)

// split takes an EIP-2718 encoding apart.
func split(tx []byte, chain *chainValues) (splitTx, error) {
	if len(tx) == 0 {
		return splitTx{}, errTxEmpty
	}
	t := splitTx{typ: untyped}
	if tx[0] < rlpString {
		t.typ, tx = tx[0], tx[1:]
	}
	switch t.typ {
	case untyped, accessListType, dynamicFeeType, setCodeType, postExecType:
	case types.DepositTxType:
		return splitTx{}, errTxDeposit
	default:
		return splitTx{}, fmt.Errorf("unknown type %#x", t.typ)
	}
	content, rest, ok := takeList(tx)
	if !ok || len(rest) > 0 {
		return splitTx{}, errTxMalformed
	}
	if t.typ == postExecType {
		// Nothing is taken out of it: the list itself is the data.
		t.creation, t.fields.tail = true, content
	} else if err := t.splitFields(content, chain); err != nil {
		return splitTx{}, err
	}
	if size := t.fields.size(); headerSize(size)+size > MaxSpanElements {
		return splitTx{}, errTxTooLong
	}
	return t, nil
}

// splitFields reads the fields in the order in which appendTo writes them.
func (t *splitTx) splitFields(b []byte, chain *chainValues) (err error) {
	var id, v []byte
	var ok bool
	if t.typ != untyped {
		if id, b, ok = takeRawInt(b, uint256Bytes); !ok {
			return errTxMalformed
		}
		if string(id) != string(chain.id) {
			return errTxChain
		}
	}
	if t.nonce, b, ok = takeUint64(b); !ok {
		return errTxMalformed
	}
	if t.fields.fees, b, ok = takeFees(t.typ, b); !ok {
		return errTxMalformed
	}
	if t.gas, b, ok = takeUint64(b); !ok {
		return errTxMalformed
	}
	if t.to, b, ok = takeString(b); !ok || len(t.to) != 0 && len(t.to) != addressSize || len(t.to) == 0 && t.typ == setCodeType {
		return errTxMalformed
	}
	t.creation = len(t.to) == 0
	if t.fields.value, b, ok = takeRawInt(b, numberLimit(t.typ)); !ok {
		return errTxMalformed
	}
	if t.fields.tail, b, ok = takeTail(t.typ, b); !ok {
		return errTxMalformed
	}
	if v, b, ok = takeRawInt(b, anyBytes); !ok {
		return errTxMalformed
	}
	if t.parity, t.protected, ok = chain.findV(v, t.typ == untyped); !ok {
		return errTxChain
	}
	if t.r, b, ok = takeInt(b, uint256Bytes); !ok {
		return errTxMalformed
	}
	if t.s, b, ok = takeInt(b, uint256Bytes); !ok || len(b) > 0 {
		return errTxMalformed
	}
	return nil
}
