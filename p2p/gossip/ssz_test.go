package gossip_test

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// Where the offsets of an SSZ payload stand, and how long its fixed part is (RULES 11.1).
const (
	extraOffsetAt       = 436
	txsOffsetAt         = 504
	withdrawalsOffsetAt = 508
)

var fixedSize = map[gossip.Version]int{gossip.V1: 508, gossip.V2: 512, gossip.V3: 528, gossip.V4: 560}

// rootSize is the length of what stands before the SSZ payload.
func rootSize(v gossip.Version) int {
	if v >= gossip.V3 {
		return 32
	}
	return 0
}

func TestFixedPartsAreOf508And512And528And560Bytes(t *testing.T) {
	for v, size := range fixedSize {
		env := block(v, 1, timeOf[v])
		env.ExecutionPayload.ExtraData, env.ExecutionPayload.Transactions = nil, nil
		if got := len(encode(t, v, env)) - rootSize(v); got != size {
			t.Errorf("%s: %d", v, got)
		}
	}
}

// The bytes are written by hand: every field of the payload has its own value.
func TestLayoutOfEachVersion(t *testing.T) {
	fill := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	le := binary.LittleEndian.AppendUint64
	for v, fixed := range fixedSize {
		var want []byte
		if v >= gossip.V3 {
			want = append(want, fill(20, 32)...)
		}
		want = slices.Concat(want, fill(1, 32), fill(2, 20), fill(3, 32), fill(4, 32), fill(5, 256), fill(6, 32))
		want = le(le(le(le(want, 7), 8), 9), 10)
		want = binary.LittleEndian.AppendUint32(want, uint32(fixed))
		want = slices.Concat(want, []byte{11, 12}, fill(0, 29), []byte{13}, fill(14, 32))
		want = binary.LittleEndian.AppendUint32(want, uint32(fixed+3))
		if v >= gossip.V2 {
			want = binary.LittleEndian.AppendUint32(want, uint32(fixed+3+8+4))
		}
		if v >= gossip.V3 {
			want = le(le(want, 15), 16)
		}
		if v >= gossip.V4 {
			want = append(want, fill(17, 32)...)
		}
		want = append(want, "xyz"...)
		want = append(want, 8, 0, 0, 0, 11, 0, 0, 0, 't', 'x', '1', '2')
		if v >= gossip.V2 {
			want = slices.Concat(le(le(want, 21), 22), fill(23, 20), []byte{24, 0, 0, 0, 0, 0, 0, 0})
		}

		fee := new(big.Int).Lsh(big.NewInt(13), 248)
		p := &eth.ExecutionPayload{
			ParentHash: common.Hash(fill(1, 32)), FeeRecipient: common.Address(fill(2, 20)), StateRoot: common.Hash(fill(3, 32)),
			ReceiptsRoot: common.Hash(fill(4, 32)), LogsBloom: types.Bloom(fill(5, 256)), PrevRandao: common.Hash(fill(6, 32)),
			BlockNumber: 7, GasLimit: 8, GasUsed: 9, Timestamp: 10, BaseFeePerGas: fee.Add(fee, big.NewInt(12<<8|11)),
			BlockHash: common.Hash(fill(14, 32)), ExtraData: []byte("xyz"), Transactions: []hexutil.Bytes{[]byte("tx1"), []byte("2")},
		}
		env := &eth.PayloadEnvelope{ExecutionPayload: p}
		if v >= gossip.V2 {
			p.Withdrawals = &types.Withdrawals{{Index: 21, Validator: 22, Address: common.Address(fill(23, 20)), Amount: 24}}
		}
		if v >= gossip.V3 {
			p.BlobGasUsed, p.ExcessBlobGas, env.ParentBeaconBlockRoot = new(uint64(15)), new(uint64(16)), new(common.Hash(fill(20, 32)))
		}
		if v >= gossip.V4 {
			p.WithdrawalsRoot = new(common.Hash(fill(17, 32)))
		}
		if got := encode(t, v, env); !bytes.Equal(got, want) {
			t.Errorf("%s\n got %x\nwant %x", v, got, want)
		}
		if got, reason := gossip.Decode(v, want); reason != gossip.OK || !reflect.DeepEqual(got, env) {
			t.Errorf("%s: %s\n got %+v\nwant %+v", v, reason, got.ExecutionPayload, env.ExecutionPayload)
		}
	}
}

// lists makes a payload of a version with the given dynamic part and offsets into it; nil offsets are as they should be.
func lists(v gossip.Version, extra, txs, withdrawals []byte) []byte {
	fixed := fixedSize[v]
	out := make([]byte, rootSize(v)+fixed)
	put := func(at, value int) {
		binary.LittleEndian.PutUint32(out[rootSize(v)+at:], uint32(value))
	}
	put(extraOffsetAt, fixed)
	put(txsOffsetAt, fixed+len(extra))
	if v >= gossip.V2 {
		put(withdrawalsOffsetAt, fixed+len(extra)+len(txs))
	}
	return slices.Concat(out, extra, txs, withdrawals)
}

func with(v gossip.Version, body []byte, at int, value uint32) []byte {
	body = bytes.Clone(body)
	binary.LittleEndian.PutUint32(body[rootSize(v)+at:], value)
	return body
}

func offsets(values ...uint32) (out []byte) {
	for _, value := range values {
		out = binary.LittleEndian.AppendUint32(out, value)
	}
	return out
}

var sszCases = []struct {
	name   string
	v      gossip.Version
	body   []byte
	reason gossip.Reason
}{
	{"nothing", gossip.V1, nil, gossip.SSZTruncated},
	{"a byte less than the fixed part", gossip.V1, make([]byte, 507), gossip.SSZTruncated},
	{"V2 with V1's fixed part", gossip.V2, lists(gossip.V1, nil, nil, nil), gossip.SSZTruncated},
	{"V3 without the beacon root", gossip.V3, lists(gossip.V3, nil, nil, nil)[32:], gossip.SSZTruncated},
	{"V4 with V3's fixed part", gossip.V4, lists(gossip.V3, nil, nil, nil), gossip.SSZTruncated},
	{"empty lists", gossip.V4, lists(gossip.V4, nil, nil, nil), gossip.OK},
	{"extra data in the fixed part", gossip.V2, with(gossip.V2, lists(gossip.V2, nil, nil, nil), extraOffsetAt, 511), gossip.SSZExtraDataOffset},
	{"a gap before extra data", gossip.V2, with(gossip.V2, lists(gossip.V2, []byte{1}, nil, nil), extraOffsetAt, 513), gossip.SSZExtraDataOffset},
	{"V3's layout on V4's topic", gossip.V4, lists(gossip.V3, make([]byte, 32), nil, nil), gossip.SSZExtraDataOffset},
	{"transactions before extra data", gossip.V1, with(gossip.V1, lists(gossip.V1, nil, nil, nil), txsOffsetAt, 507), gossip.SSZTransactionsOffset},
	{"transactions behind the end", gossip.V1, with(gossip.V1, lists(gossip.V1, nil, nil, nil), txsOffsetAt, 509), gossip.SSZTransactionsOffset},
	{"transactions at 4 GiB", gossip.V1, with(gossip.V1, lists(gossip.V1, nil, nil, nil), txsOffsetAt, 1<<32-1), gossip.SSZTransactionsOffset},
	{"withdrawals before transactions", gossip.V2, with(gossip.V2, lists(gossip.V2, []byte{1}, nil, nil), withdrawalsOffsetAt, 512), gossip.SSZWithdrawalsOffset},
	{"withdrawals behind the end", gossip.V2, with(gossip.V2, lists(gossip.V2, nil, nil, nil), withdrawalsOffsetAt, 513), gossip.SSZWithdrawalsOffset},
	{"extra data of 32 bytes", gossip.V1, lists(gossip.V1, make([]byte, 32), nil, nil), gossip.OK},
	{"extra data of 33 bytes", gossip.V1, lists(gossip.V1, make([]byte, 33), nil, nil), gossip.SSZExtraDataTooLong},
	{"transactions without an offset", gossip.V1, lists(gossip.V1, nil, []byte{4, 0, 0}, nil), gossip.SSZTransactions},
	{"no transactions in some bytes", gossip.V1, lists(gossip.V1, nil, offsets(0), nil), gossip.SSZTransactions},
	{"an offset that is no multiple of 4", gossip.V1, lists(gossip.V1, nil, offsets(5, 0), nil), gossip.SSZTransactions},
	{"more offsets than there are bytes", gossip.V1, lists(gossip.V1, nil, offsets(8), nil), gossip.SSZTransactions},
	{"a million offsets in 4 bytes", gossip.V1, lists(gossip.V1, nil, offsets(1<<22), nil), gossip.SSZTransactions},
	{"offsets of 4 GiB", gossip.V1, lists(gossip.V1, nil, offsets(1<<32-4), nil), gossip.SSZTransactions},
	{"offsets that overlap the offsets", gossip.V1, lists(gossip.V1, nil, offsets(8, 4), nil), gossip.SSZTransactions},
	{"offsets that go back", gossip.V1, lists(gossip.V1, nil, append(offsets(12, 14, 13), 1, 2, 3), nil), gossip.SSZTransactions},
	{"an offset behind the end", gossip.V1, lists(gossip.V1, nil, append(offsets(8, 10), 1), nil), gossip.SSZTransactions},
	{"an offset of 4 GiB", gossip.V1, lists(gossip.V1, nil, append(offsets(8, 1<<32-1), 1), nil), gossip.SSZTransactions},
	{"a transaction that reaches into withdrawals", gossip.V2, lists(gossip.V2, nil, append(offsets(8, 10), 1), make([]byte, 44)), gossip.SSZTransactions},
	{"an empty transaction", gossip.V1, lists(gossip.V1, nil, offsets(4), nil), gossip.OK},
	{"2^20 transactions", gossip.V1, lists(gossip.V1, nil, bytes.Repeat(offsets(4<<20), 1<<20), nil), gossip.OK},
	{"2^20 and one", gossip.V1, lists(gossip.V1, nil, bytes.Repeat(offsets(4<<20+4), 1<<20+1), nil), gossip.SSZTooManyTransactions},
	{"a withdrawal and a byte", gossip.V2, lists(gossip.V2, nil, nil, make([]byte, 45)), gossip.SSZWithdrawals},
	{"bytes behind an Isthmus payload", gossip.V4, append(lists(gossip.V4, nil, nil, nil), 0), gossip.SSZWithdrawals},
	{"16 withdrawals", gossip.V2, lists(gossip.V2, nil, nil, make([]byte, 16*44)), gossip.OK},
	{"17 withdrawals", gossip.V2, lists(gossip.V2, nil, nil, make([]byte, 17*44)), gossip.SSZTooManyWithdrawals},
}

func TestDecode(t *testing.T) {
	for _, c := range sszCases {
		t.Run(c.name, func(t *testing.T) {
			env, reason := gossip.Decode(c.v, c.body)
			if reason != c.reason || (env == nil) != (reason != gossip.OK) {
				t.Errorf("%s, %v, want %s", reason, env, c.reason)
			}
		})
	}
}

// allocated is the number of bytes that f takes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDecodeTakesNoMoreMemoryThanSixTimesItsInput(t *testing.T) {
	const fixed = 4 << 10 // envelope, numbers
	for _, c := range sszCases {
		if got, limit := allocated(func() { gossip.Decode(c.v, c.body) }), uint64(6*len(c.body)+fixed); got > limit {
			t.Errorf("%s: %d bytes for %d", c.name, got, len(c.body))
		}
		if got := allocated(func() { gossip.Decode(c.v, c.body) }); c.reason != gossip.OK && c.reason != gossip.SSZTransactions && got > fixed {
			t.Errorf("%s: %d bytes for a refusal", c.name, got)
		}
	}
}

func TestDecodedTransactionsCannotGrowIntoEachOther(t *testing.T) {
	env, reason := gossip.Decode(gossip.V1, lists(gossip.V1, []byte{9}, append(offsets(8, 9), 1, 2), nil))
	if reason != gossip.OK {
		t.Fatal(reason)
	}
	p := env.ExecutionPayload
	_ = append(p.Transactions[0], 7)
	_ = append(p.ExtraData, 7)
	if !bytes.Equal(p.Transactions[1], []byte{2}) || !bytes.Equal(p.Transactions[0], []byte{1}) {
		t.Errorf("%v", p.Transactions)
	}
}

func TestAppendRefusesWhatNobodyCouldRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      gossip.Version
		change func(*eth.PayloadEnvelope)
	}{
		{"extra data of 33 bytes", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.ExtraData = make([]byte, 33) }},
		{"2^20 and one transactions", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Transactions = make([]hexutil.Bytes, 1<<20+1) }},
		{"17 withdrawals", gossip.V2, func(e *eth.PayloadEnvelope) { *e.ExecutionPayload.Withdrawals = make([]*types.Withdrawal, 17) }},
		{"more than 10 MiB", gossip.V1, func(e *eth.PayloadEnvelope) {
			e.ExecutionPayload.Transactions = []hexutil.Bytes{make([]byte, gossip.MaxMessageSize)}
		}},
		{"no base fee", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BaseFeePerGas = nil }},
		{"a negative base fee", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BaseFeePerGas = big.NewInt(-1) }},
		{"a base fee of 2^256", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BaseFeePerGas = new(big.Int).Lsh(big.NewInt(1), 256) }},
		{"V2 without withdrawals", gossip.V2, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Withdrawals = nil }},
		{"V3 without blob gas", gossip.V3, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BlobGasUsed = nil }},
		{"V3 without beacon root", gossip.V3, func(e *eth.PayloadEnvelope) { e.ParentBeaconBlockRoot = nil }},
		{"V4 without withdrawals root", gossip.V4, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.WithdrawalsRoot = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := block(c.v, 1, timeOf[c.v])
			encode(t, c.v, env)
			c.change(env)
			if out, err := gossip.Append(nil, c.v, env); err == nil {
				t.Errorf("%d bytes", len(out))
			}
		})
	}
}

// op-node writes V3's layout here, which every node refuses on V4's topic.
func TestEmptyWithdrawalsRootIsEncodedAsIsthmus(t *testing.T) {
	env := block(gossip.V4, 1, isthmusTime)
	env.ExecutionPayload.WithdrawalsRoot = &types.EmptyWithdrawalsHash
	got, reason := gossip.Decode(gossip.V4, encode(t, gossip.V4, env))
	if reason != gossip.OK || *got.ExecutionPayload.WithdrawalsRoot != types.EmptyWithdrawalsHash {
		t.Errorf("%s, %+v", reason, got)
	}
}
