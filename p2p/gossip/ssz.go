package gossip

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

// The layout of an execution payload in SSZ, in bytes (WIRE 6). Numbers are little endian. Fields of variable size have an
// offset in the fixed part and follow it in order.
const (
	atTimestamp = 32 + 20 + 32 + 32 + types.BloomByteLength + 32 + 8 + 8 + 8

	fixedV1 = atTimestamp + 8 + offsetSize + 32 + 32 + offsetSize
	fixedV2 = fixedV1 + offsetSize
	fixedV3 = fixedV2 + 8 + 8
	fixedV4 = fixedV3 + 32

	offsetSize     = 4
	withdrawalSize = 8 + 8 + 20 + 8
)

// Limits of lists (consensus-specs, except for withdrawals where op-node's is lower than the protocol needs: L2 has none).
const (
	maxExtraDataBytes = 32
	maxTransactions   = 1 << 20
	maxWithdrawals    = 16
)

// fixedSize is the length of the part with a place for every field.
func (v Version) fixedSize() int {
	return [versions]int{V1: fixedV1, V2: fixedV2, V3: fixedV3, V4: fixedV4}[v]
}

// rootSize is the length of what stands in front of the SSZ payload.
func (v Version) rootSize() int {
	if v.hasBeaconRoot() {
		return common.HashLength
	}
	return 0
}

// peekTimestamp reads the block's time where the decoder would find it, without decoding.
func (v Version) peekTimestamp(body []byte) (timestamp uint64, ok bool) {
	at := v.rootSize() + atTimestamp
	if len(body) < at+8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(body[at:]), true
}

// Decode reads the signed part of a message: the parent beacon block root from V3 on, and the payload in SSZ. The envelope
// keeps body: its transactions and extra data are parts of it. The memory taken besides is at most 6 times the length
// of body. Decode does not say whether the block hash is right.
func Decode(v Version, body []byte) (*eth.PayloadEnvelope, Reason) {
	if len(body) < v.rootSize()+v.fixedSize() {
		return nil, SSZTruncated
	}
	env := &eth.PayloadEnvelope{ExecutionPayload: new(eth.ExecutionPayload)}
	if v.hasBeaconRoot() {
		env.ParentBeaconBlockRoot = new(common.Hash(body[:common.HashLength]))
		body = body[common.HashLength:]
	}
	p := env.ExecutionPayload
	in := fields{rest: body}
	in.bytes(p.ParentHash[:])
	in.bytes(p.FeeRecipient[:])
	in.bytes(p.StateRoot[:])
	in.bytes(p.ReceiptsRoot[:])
	in.bytes(p.LogsBloom[:])
	in.bytes(p.PrevRandao[:])
	p.BlockNumber = in.uint64()
	p.GasLimit = in.uint64()
	p.GasUsed = in.uint64()
	p.Timestamp = in.uint64()
	extraAt := in.offset()
	p.BaseFeePerGas = in.uint256()
	in.bytes(p.BlockHash[:])
	txsAt := in.offset()
	end := uint64(len(body))
	withdrawalsAt := end
	if v.hasWithdrawals() {
		withdrawalsAt = in.offset()
	}
	if v.hasBlobGas() {
		p.BlobGasUsed = new(in.uint64())
		p.ExcessBlobGas = new(in.uint64())
	}
	if v.hasWithdrawalsRoot() {
		p.WithdrawalsRoot = new(common.Hash)
		in.bytes(p.WithdrawalsRoot[:])
	}

	switch {
	case extraAt != uint64(v.fixedSize()):
		return nil, SSZExtraDataOffset
	case txsAt < extraAt || txsAt > end:
		return nil, SSZTransactionsOffset
	case withdrawalsAt < txsAt || withdrawalsAt > end:
		return nil, SSZWithdrawalsOffset
	case txsAt-extraAt > maxExtraDataBytes:
		return nil, SSZExtraDataTooLong
	}
	p.ExtraData = body[extraAt:txsAt:txsAt]
	var reason Reason
	if p.Transactions, reason = decodeTransactions(body[txsAt:withdrawalsAt]); reason != OK {
		return nil, reason
	}
	if v.hasWithdrawals() {
		if p.Withdrawals, reason = decodeWithdrawals(body[withdrawalsAt:]); reason != OK {
			return nil, reason
		}
	}
	return env, OK
}

// decodeTransactions reads a list of byte lists: an offset for each, then the transactions. The first offset says how
// many there are.
func decodeTransactions(list []byte) ([]hexutil.Bytes, Reason) {
	if len(list) == 0 {
		return []hexutil.Bytes{}, OK
	}
	if len(list) < offsetSize {
		return nil, SSZTransactions
	}
	end := uint64(len(list))
	in := fields{rest: list}
	at := in.offset()
	switch {
	case at == 0 || at%offsetSize != 0 || at > end:
		return nil, SSZTransactions
	case at/offsetSize > maxTransactions:
		return nil, SSZTooManyTransactions
	}
	txs := make([]hexutil.Bytes, at/offsetSize)
	for i := range txs {
		next := end
		if i+1 < len(txs) {
			next = in.offset()
		}
		if next < at || next > end {
			return nil, SSZTransactions
		}
		txs[i] = list[at:next:next]
		at = next
	}
	return txs, OK
}

func decodeWithdrawals(list []byte) (*types.Withdrawals, Reason) {
	switch {
	case len(list)%withdrawalSize != 0:
		return nil, SSZWithdrawals
	case len(list)/withdrawalSize > maxWithdrawals:
		return nil, SSZTooManyWithdrawals
	}
	all := make(types.Withdrawals, len(list)/withdrawalSize)
	in := fields{rest: list}
	for i := range all {
		w := &types.Withdrawal{Index: in.uint64(), Validator: in.uint64()}
		in.bytes(w.Address[:])
		w.Amount = in.uint64()
		all[i] = w
	}
	return &all, OK
}

// fields reads one field after the other. Whoever reads has made sure that they are there.
type fields struct{ rest []byte }

func (f *fields) take(n int) []byte {
	field := f.rest[:n]
	f.rest = f.rest[n:]
	return field
}

func (f *fields) bytes(dst []byte) { copy(dst, f.take(len(dst))) }
func (f *fields) uint64() uint64   { return binary.LittleEndian.Uint64(f.take(8)) }
func (f *fields) offset() uint64   { return uint64(binary.LittleEndian.Uint32(f.take(offsetSize))) }

func (f *fields) uint256() *big.Int {
	number := [32]byte(f.take(32))
	slices.Reverse(number[:])
	return new(big.Int).SetBytes(number[:])
}

// Append writes the signed part of a message behind dst. The error says that the envelope cannot be of that version: a
// field is missing or too much, or a list is too long. The layout is that of the version, whatever the values: op-node
// falls back to V3's where the withdrawals root is the root of an empty trie, and no node takes that on V4's topic.
func Append(dst []byte, v Version, env *eth.PayloadEnvelope) ([]byte, error) {
	if reason := checkPresence(v, env); reason != OK {
		return nil, fmt.Errorf("encode payload as %s: %s", v, reason)
	}
	p := env.ExecutionPayload
	size, err := sizeOf(v, p)
	if err != nil {
		return nil, fmt.Errorf("encode payload as %s: %w", v, err)
	}
	extraAt := v.fixedSize()
	txsAt := extraAt + len(p.ExtraData)
	withdrawalsAt := size
	if v.hasWithdrawals() {
		withdrawalsAt -= len(*p.Withdrawals) * withdrawalSize
	}

	le := binary.LittleEndian
	out := slices.Grow(dst, v.rootSize()+size)
	if v.hasBeaconRoot() {
		out = append(out, env.ParentBeaconBlockRoot[:]...)
	}
	out = append(out, p.ParentHash[:]...)
	out = append(out, p.FeeRecipient[:]...)
	out = append(out, p.StateRoot[:]...)
	out = append(out, p.ReceiptsRoot[:]...)
	out = append(out, p.LogsBloom[:]...)
	out = append(out, p.PrevRandao[:]...)
	out = le.AppendUint64(out, p.BlockNumber)
	out = le.AppendUint64(out, p.GasLimit)
	out = le.AppendUint64(out, p.GasUsed)
	out = le.AppendUint64(out, p.Timestamp)
	out = le.AppendUint32(out, uint32(extraAt))
	out = appendUint256(out, p.BaseFeePerGas)
	out = append(out, p.BlockHash[:]...)
	out = le.AppendUint32(out, uint32(txsAt))
	if v.hasWithdrawals() {
		out = le.AppendUint32(out, uint32(withdrawalsAt))
	}
	if v.hasBlobGas() {
		out = le.AppendUint64(out, *p.BlobGasUsed)
		out = le.AppendUint64(out, *p.ExcessBlobGas)
	}
	if v.hasWithdrawalsRoot() {
		out = append(out, p.WithdrawalsRoot[:]...)
	}

	out = append(out, p.ExtraData...)
	at := len(p.Transactions) * offsetSize
	for _, tx := range p.Transactions {
		out = le.AppendUint32(out, uint32(at))
		at += len(tx)
	}
	for _, tx := range p.Transactions {
		out = append(out, tx...)
	}
	if v.hasWithdrawals() {
		for _, w := range *p.Withdrawals {
			out = le.AppendUint64(out, w.Index)
			out = le.AppendUint64(out, w.Validator)
			out = append(out, w.Address[:]...)
			out = le.AppendUint64(out, w.Amount)
		}
	}
	return out, nil
}

// sizeOf is the length of a payload in SSZ, or an error if nobody could read it.
func sizeOf(v Version, p *eth.ExecutionPayload) (int, error) {
	size := v.fixedSize() + len(p.ExtraData) + offsetSize*len(p.Transactions)
	for _, tx := range p.Transactions {
		size += len(tx)
	}
	if v.hasWithdrawals() {
		if len(*p.Withdrawals) > maxWithdrawals {
			return 0, fmt.Errorf("%d withdrawals, at most %d", len(*p.Withdrawals), maxWithdrawals)
		}
		size += withdrawalSize * len(*p.Withdrawals)
	}
	switch {
	case len(p.ExtraData) > maxExtraDataBytes:
		return 0, fmt.Errorf("%d bytes of extra data, at most %d", len(p.ExtraData), maxExtraDataBytes)
	case len(p.Transactions) > maxTransactions:
		return 0, fmt.Errorf("%d transactions, at most %d", len(p.Transactions), maxTransactions)
	case size > MaxMessageSize:
		return 0, fmt.Errorf("%d bytes, at most %d", size, MaxMessageSize)
	case p.BaseFeePerGas == nil || p.BaseFeePerGas.Sign() < 0 || p.BaseFeePerGas.BitLen() > 256:
		return 0, fmt.Errorf("base fee %v is no 256-bit number", p.BaseFeePerGas)
	}
	return size, nil
}

// appendUint256 writes a number that is known to fit.
func appendUint256(dst []byte, n *big.Int) []byte {
	var number [32]byte
	n.FillBytes(number[:])
	slices.Reverse(number[:])
	return append(dst, number[:]...)
}
