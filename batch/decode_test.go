package batch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/big"
	"math/rand"
	"runtime"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// rawSpan is a span batch as its columns, to write ones that no encoder would.
type rawSpan struct {
	relTimestamp, l1OriginNum []byte
	checks                    []byte
	blocks                    []byte
	originBits                []byte
	txCounts                  []byte
	creation, parity          []byte
	sigs, tos, datas          []byte
	nonces, gases             []byte
	protected                 []byte
}

func (s *rawSpan) item() []byte {
	return bytes.Join([][]byte{
		{1},
		s.relTimestamp, s.l1OriginNum, s.checks, s.blocks, s.originBits, s.txCounts, s.creation, s.parity, s.sigs, s.tos,
		s.datas, s.nonces, s.gases, s.protected,
	}, nil)
}

func uvarint(n uint64) []byte { return binary.AppendUvarint(nil, n) }

// oneTx is a span of one block with one transaction of some data, with recipient, unsigned.
func oneTx(data ...byte) *rawSpan {
	return &rawSpan{
		relTimestamp: uvarint(4), l1OriginNum: uvarint(50), checks: make([]byte, 40), blocks: uvarint(1), originBits: []byte{0}, txCounts: uvarint(1),
		creation: []byte{0}, parity: []byte{0}, sigs: make([]byte, 64), tos: make([]byte, 20), datas: data, nonces: uvarint(0), gases: uvarint(0),
	}
}

// legacy is oneTx for data without a type, which needs a protected bit.
func legacy(data ...byte) *rawSpan {
	s := oneTx(data...)
	s.protected = []byte{0}
	return s
}

// noTxs is a span of empty blocks.
func noTxs(blocks uint64, originBits []byte) *rawSpan {
	return &rawSpan{
		relTimestamp: uvarint(4), l1OriginNum: uvarint(50), checks: make([]byte, 40), blocks: uvarint(blocks), originBits: originBits,
		txCounts: make([]byte, blocks),
	}
}

// list is the RLP of a list of raw values.
func list(values ...[]byte) []byte {
	out, err := rlp.EncodeToBytes(rawValues(values))
	if err != nil {
		panic(err)
	}
	return out
}

func rawValues(values [][]byte) (out []rlp.RawValue) {
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

var (
	zero    = []byte{0x80}
	nothing = []byte{0xC0}
)

func str(b []byte) []byte {
	out, err := rlp.EncodeToBytes(b)
	if err != nil {
		panic(err)
	}
	return out
}

func typed(typ byte, values ...[]byte) []byte { return append([]byte{typ}, list(values...)...) }

// authorization is one of type 4 with one field replaced.
func authorization(field int, raw []byte) []byte {
	values := [][]byte{{10}, str(make([]byte, 20)), zero, {1}, {5}, {6}}
	if field < len(values) {
		values[field] = raw
	} else if raw != nil {
		values = append(values, raw)
	}
	return list(list(values...))
}

func TestDecode(t *testing.T) {
	const ends, drops, fine = true, false, false
	big33 := str(bytes.Repeat([]byte{1}, 33))
	big32 := str(bytes.Repeat([]byte{1}, 32))
	with := func(s *rawSpan, change func(*rawSpan)) []byte {
		change(s)
		return s.item()
	}
	postExec := func(change func(*rawSpan)) []byte {
		s := oneTx(postExecTx...)
		s.creation, s.tos = []byte{1}, nil
		change(s)
		return s.item()
	}
	h := str(make([]byte, 32))
	setCode := func(auths []byte) []byte { return oneTx(typed(4, zero, zero, zero, zero, nothing, auths)...).item() }
	singular := func(values ...[]byte) []byte { return append([]byte{0}, list(values...)...) }
	for _, c := range []struct {
		name string
		item []byte
		want batch.Reason
		ends bool
	}{
		{"an item of no bytes", nil, batch.ItemEmpty, ends},
		{"type 2", []byte{2, 0xC0}, batch.BatchTypeUnknown, ends},
		{"type 0x80", []byte{0x80}, batch.BatchTypeUnknown, ends},

		{"singular: five elements", singular(h, []byte{5}, h, []byte{9}, nothing), batch.OK, fine},
		{"singular: transactions of any bytes", singular(h, []byte{5}, h, []byte{9}, list([]byte{0}, zero, str(make([]byte, 60)))), batch.OK, fine},
		{"singular: bytes after the list are ignored", append(singular(h, zero, h, zero, nothing), 1, 2), batch.OK, fine},
		{"singular: nothing after the type", []byte{0}, batch.SingularMalformed, ends},
		{"singular: a string", append([]byte{0}, h...), batch.SingularMalformed, ends},
		{"singular: four elements", singular(h, zero, h, zero), batch.SingularMalformed, ends},
		{"singular: six elements", singular(h, zero, h, zero, nothing, zero), batch.SingularMalformed, ends},
		{"singular: cut off", singular(h, zero, h, zero, nothing)[:40], batch.SingularMalformed, ends},
		{"singular: parent hash of 31 bytes", singular(str(make([]byte, 31)), zero, h, zero, nothing), batch.SingularMalformed, ends},
		{"singular: epoch hash of 33 bytes", singular(h, zero, str(make([]byte, 33)), zero, nothing), batch.SingularMalformed, ends},
		{"singular: epoch number with a leading zero", singular(h, []byte{0}, h, zero, nothing), batch.SingularMalformed, ends},
		{"singular: epoch number of 9 bytes", singular(h, str(bytes.Repeat([]byte{1}, 9)), h, zero, nothing), batch.SingularMalformed, ends},
		{"singular: timestamp of 8 bytes", singular(h, zero, h, str(bytes.Repeat([]byte{1}, 8)), nothing), batch.OK, fine},
		{"singular: timestamp with a leading zero", singular(h, zero, h, []byte{0x82, 0, 1}, nothing), batch.SingularMalformed, ends},
		{"singular: transactions are a string", singular(h, zero, h, zero, zero), batch.SingularMalformed, ends},
		{"singular: a transaction is a list", singular(h, zero, h, zero, list(nothing)), batch.SingularMalformed, ends},
		{"singular: a one-byte transaction with a header of its own", singular(h, zero, h, zero, list([]byte{0x81, 0x05})), batch.SingularMalformed, ends},
		{"singular: a length with a leading zero", append([]byte{0, 0xF9, 0, 0x60}, make([]byte, 0x60)...), batch.SingularMalformed, ends},
		{"singular: a long length for a short list", append([]byte{0, 0xF8, 5}, make([]byte, 5)...), batch.SingularMalformed, ends},

		{"span: one empty block", noTxs(1, []byte{0}).item(), batch.OK, fine},
		{"span: bytes after the last column are ignored", append(noTxs(1, []byte{0}).item(), 1, 2), batch.OK, fine},
		{"span: numbers may be longer than needed", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.relTimestamp = []byte{0x84, 0x80, 0} }), batch.OK, fine},
		{"span: a number of 64 bits", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.l1OriginNum = uvarint(^uint64(0)) }), batch.OK, fine},
		{"span: a number of 65 bits", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.l1OriginNum = []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 2} }), batch.SpanVarintOverflow, ends},
		{"span: a number of 11 bytes", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.l1OriginNum = []byte{128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0} }), batch.SpanVarintOverflow, ends},
		{"span: no blocks", noTxs(0, nil).item(), batch.SpanNoBlocks, ends},
		{"span: 10,000,001 blocks", with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(10_000_001) }), batch.SpanTooManyBlocks, ends},
		{"span: 10,000,000 blocks claimed in few bytes", with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(10_000_000) }), batch.SpanTruncated, ends},
		{"span: 2^64-1 blocks", with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(^uint64(0)) }), batch.SpanTooManyBlocks, ends},
		{"span: 8 blocks, all bits", noTxs(8, []byte{0xFF}).item(), batch.OK, fine},
		{"span: 9 blocks, bit of the ninth", noTxs(9, []byte{1, 0}).item(), batch.OK, fine},
		{"span: 9 blocks, bit of a tenth", noTxs(9, []byte{2, 0}).item(), batch.SpanBitsOutOfRange, ends},
		{"span: 10,000,001 transactions in a block", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.txCounts = uvarint(10_000_001) }), batch.SpanTooManyTxs, ends},
		{"span: 10,000,001 transactions in two blocks", with(noTxs(2, []byte{0}), func(s *rawSpan) { s.txCounts = append(uvarint(10_000_000), 1) }), batch.SpanTooManyTxs, ends},
		{"span: 10,000,000 transactions claimed in few bytes", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.txCounts = uvarint(10_000_000) }), batch.SpanTruncated, ends},
		{"span: creation bit of no transaction", with(legacy(list(zero, zero, zero)...), func(s *rawSpan) { s.creation = []byte{2} }), batch.SpanBitsOutOfRange, ends},
		{"span: parity bit of no transaction", with(legacy(list(zero, zero, zero)...), func(s *rawSpan) { s.parity = []byte{2} }), batch.SpanBitsOutOfRange, ends},
		{"span: protected bit of no transaction", with(legacy(list(zero, zero, zero)...), func(s *rawSpan) { s.protected = []byte{2} }), batch.SpanBitsOutOfRange, ends},
		{"span: no protected bits", oneTx(list(zero, zero, zero)...).item(), batch.SpanTruncated, ends},
		{"span: a recipient missing", with(oneTx(), func(s *rawSpan) { s.tos = s.tos[:19] }), batch.SpanTruncated, ends},
		{"span: transaction data missing, nonce and gas taken for it", oneTx().item(), batch.SpanTxNotList, ends},
		{"span: transaction data is a string", oneTx(0x83, 1, 2, 3).item(), batch.SpanTxNotList, ends},
		{"span: typed transaction data is a byte", oneTx(2, 3).item(), batch.SpanTxNotList, ends},
		{"span: typed transaction data ends after the type", with(oneTx(2), func(s *rawSpan) { s.nonces, s.gases = nil, nil }), batch.SpanTruncated, ends},
		{"span: transaction data of a length with a leading zero", oneTx(2, 0xF9, 0, 0x60).item(), batch.SpanTxMalformed, ends},
		{"span: transaction data longer than the batch", oneTx(2, 0xC9).item(), batch.SpanTruncated, ends},
		{"span: transaction data of 10,000,001 bytes with header", oneTx(2, 0xFA, 0x98, 0x96, 0x7D).item(), batch.SpanTxTooLong, ends},
		{"span: transaction data of 10,000,000 bytes with header, cut off", oneTx(2, 0xFA, 0x98, 0x96, 0x7C).item(), batch.SpanTruncated, ends},
		{"span: nonce missing", with(oneTx(typed(1, zero, zero, zero, nothing)...), func(s *rawSpan) { s.nonces, s.gases = nil, nil }), batch.SpanTruncated, ends},
		{"span: gas of 65 bits", with(oneTx(typed(1, zero, zero, zero, nothing)...), func(s *rawSpan) { s.gases = []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 2} }), batch.SpanVarintOverflow, ends},

		{"legacy: value, gas price, data", legacy(list([]byte{1}, []byte{2}, str([]byte("data")))...).item(), batch.OK, fine},
		{"legacy: value of 33 bytes is the engine's business", legacy(list(big33, zero, zero)...).item(), batch.OK, fine},
		{"legacy: one field too few", legacy(list(zero, zero)...).item(), batch.SpanTxFields, drops},
		{"legacy: one field too many", legacy(list(zero, zero, zero, zero)...).item(), batch.SpanTxFields, drops},
		{"legacy: value with a leading zero", legacy(list([]byte{0}, zero, zero)...).item(), batch.SpanTxFields, drops},
		{"legacy: gas price with a leading zero", legacy(list(zero, []byte{0x82, 0, 1}, zero)...).item(), batch.SpanTxFields, drops},
		{"legacy: value is a list", legacy(list(nothing, zero, zero)...).item(), batch.SpanTxFields, drops},
		{"legacy: data is a list", legacy(list(zero, zero, nothing)...).item(), batch.SpanTxFields, drops},
		{"legacy: one byte of data with a header of its own", legacy(list(zero, zero, []byte{0x81, 5})...).item(), batch.SpanTxFields, drops},
		{"legacy: a field longer than the list", legacy(0xC3, 0x80, 0x80, 0x85).item(), batch.SpanTxFields, drops},
		{"legacy: a long length for a short list", legacy(0xF8, 3, 0x80, 0x80, 0x80).item(), batch.SpanTxMalformed, ends},
		{"legacy: a long length for short data", legacy(list(zero, zero, []byte{0xB8, 2, 0x80, 0x80})...).item(), batch.SpanTxFields, drops},
		{"type 0 has a protected bit and is not legacy", legacy(typed(0, zero, zero, zero)...).item(), batch.SpanTxTypeUnknown, drops},
		{"type 0 without a protected bit", oneTx(typed(0, zero, zero, zero)...).item(), batch.SpanTruncated, ends},
		{"type 1", oneTx(typed(1, zero, zero, zero, nothing)...).item(), batch.OK, fine},
		{"type 1: no access list", oneTx(typed(1, zero, zero, zero)...).item(), batch.SpanTxFields, drops},
		{"type 1: access list is a string", oneTx(typed(1, zero, zero, zero, zero)...).item(), batch.SpanTxFields, drops},
		{"type 1: access list of an address and two keys", oneTx(typed(1, zero, zero, zero, list(list(str(make([]byte, 20)), list(h, h))))...).item(), batch.OK, fine},
		{"type 1: access list with an address of 19 bytes", oneTx(typed(1, zero, zero, zero, list(list(str(make([]byte, 19)), nothing)))...).item(), batch.SpanTxFields, drops},
		{"type 1: access list with a key of 31 bytes", oneTx(typed(1, zero, zero, zero, list(list(str(make([]byte, 20)), list(str(make([]byte, 31))))))...).item(), batch.SpanTxFields, drops},
		{"type 1: access list entry without keys", oneTx(typed(1, zero, zero, zero, list(list(str(make([]byte, 20)))))...).item(), batch.SpanTxFields, drops},
		{"type 1: access list entry of three", oneTx(typed(1, zero, zero, zero, list(list(str(make([]byte, 20)), nothing, zero)))...).item(), batch.SpanTxFields, drops},
		{"type 1: access list entry is a string", oneTx(typed(1, zero, zero, zero, list(zero))...).item(), batch.SpanTxFields, drops},
		{"type 2", oneTx(typed(2, zero, zero, zero, zero, nothing)...).item(), batch.OK, fine},
		{"type 2: one fee", oneTx(typed(2, zero, zero, zero, nothing)...).item(), batch.SpanTxFields, drops},
		{"type 2: fee of 33 bytes is the engine's business", oneTx(typed(2, zero, zero, big33, zero, nothing)...).item(), batch.OK, fine},
		{"type 2: an authorization list", oneTx(typed(2, zero, zero, zero, zero, nothing, nothing)...).item(), batch.SpanTxFields, drops},
		{"type 3 (blob)", oneTx(typed(3, zero, zero, zero, zero, nothing)...).item(), batch.SpanTxTypeUnknown, drops},
		{"type 4: no authorizations", setCode(nothing), batch.OK, fine},
		{"type 4: authorization list missing", oneTx(typed(4, zero, zero, zero, zero, nothing)...).item(), batch.SpanTxFields, drops},
		{"type 4: value of 32 bytes", oneTx(typed(4, big32, zero, zero, zero, nothing, nothing)...).item(), batch.OK, fine},
		{"type 4: value of 33 bytes", oneTx(typed(4, big33, zero, zero, zero, nothing, nothing)...).item(), batch.SpanTxFields, drops},
		{"type 4: fee of 33 bytes", oneTx(typed(4, zero, zero, big33, zero, nothing, nothing)...).item(), batch.SpanTxFields, drops},
		{"type 4: an authorization", setCode(authorization(9, nil)), batch.OK, fine},
		{"type 4: authorization's chain id of 33 bytes", setCode(authorization(0, big33)), batch.SpanTxFields, drops},
		{"type 4: authorization's address of 21 bytes", setCode(authorization(1, str(make([]byte, 21)))), batch.SpanTxFields, drops},
		{"type 4: authorization's nonce of 9 bytes", setCode(authorization(2, str(bytes.Repeat([]byte{1}, 9)))), batch.SpanTxFields, drops},
		{"type 4: authorization's y parity of 255", setCode(authorization(3, []byte{0x81, 255})), batch.OK, fine},
		{"type 4: authorization's y parity of two bytes", setCode(authorization(3, []byte{0x82, 1, 0})), batch.SpanTxFields, drops},
		{"type 4: authorization's r of 33 bytes", setCode(authorization(4, big33)), batch.SpanTxFields, drops},
		{"type 4: authorization's s with a leading zero", setCode(authorization(5, []byte{0})), batch.SpanTxFields, drops},
		{"type 4: authorization of seven", setCode(authorization(6, zero)), batch.SpanTxFields, drops},
		{"type 4: authorization of nothing", setCode(list(nothing)), batch.SpanTxFields, drops},
		{"type 4 without a recipient", with(oneTx(typed(4, zero, zero, zero, zero, nothing, nothing)...), func(s *rawSpan) { s.creation, s.tos = []byte{1}, nil }), batch.SpanSetCodeCreation, drops},
		{"type 5", oneTx(typed(5, zero, zero, zero, zero, nothing)...).item(), batch.SpanTxTypeUnknown, drops},
		{"type 0x7E (deposit)", oneTx(typed(0x7E, zero)...).item(), batch.SpanTxTypeUnknown, drops},
		{"type 0x7D: nothing but data", postExec(func(*rawSpan) {}), batch.OK, fine},
		{"type 0x7D: data of any list", postExec(func(s *rawSpan) { s.datas = []byte{0x7D, 0xC3, 0x81, 0x00, 0xFF} }), batch.OK, fine},
		{"type 0x7D: data of a string", postExec(func(s *rawSpan) { s.datas = []byte{0x7D, 0x80} }), batch.SpanTxNotList, ends},
		{"type 0x7D: a recipient", oneTx(postExecTx...).item(), batch.SpanPostExecEnvelope, drops},
		{"type 0x7D: y parity", postExec(func(s *rawSpan) { s.parity = []byte{1} }), batch.SpanPostExecEnvelope, drops},
		{"type 0x7D: r", postExec(func(s *rawSpan) { s.sigs[31] = 1 }), batch.SpanPostExecEnvelope, drops},
		{"type 0x7D: s", postExec(func(s *rawSpan) { s.sigs[63] = 1 }), batch.SpanPostExecEnvelope, drops},
		{"type 0x7D: nonce", postExec(func(s *rawSpan) { s.nonces = uvarint(1) }), batch.SpanPostExecEnvelope, drops},
		{"type 0x7D: gas", postExec(func(s *rawSpan) { s.gases = uvarint(1) }), batch.SpanPostExecEnvelope, drops},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, reason := batch.Decode(c.item, testParams)
			if reason != c.want || reason.EndsChannel() != c.ends {
				t.Errorf("got %v, ends channel %v; want %v, %v", reason, reason.EndsChannel(), c.want, c.ends)
			}
			if (b != nil) != (reason == batch.OK) {
				t.Errorf("%v with batch %v", reason, b)
			}
			compareWithReference(t, c.item, testParams)
		})
	}
}

// A span batch while Delta is inactive costs only itself, but only if it is one.
func TestDecodeBeforeDelta(t *testing.T) {
	p := testParams
	p.BeforeDelta = true
	for _, c := range []struct {
		name string
		item []byte
		want batch.Reason
		ends bool
	}{
		{"a span batch", noTxs(1, []byte{0}).item(), batch.SpanBeforeDeltaInChannel, false},
		{"a span batch with a type that is unknown", oneTx(typed(5, zero)...).item(), batch.SpanBeforeDeltaInChannel, false},
		{"a malformed span batch", noTxs(0, nil).item(), batch.SpanNoBlocks, true},
		{"a singular batch", (&batch.Singular{}).Encode(), batch.OK, false},
	} {
		if _, reason := batch.Decode(c.item, p); reason != c.want || reason.EndsChannel() != c.ends {
			t.Errorf("%s: got %v, want %v", c.name, reason, c.want)
		}
	}
}

func TestParamsAt(t *testing.T) {
	cfg := testConfig()
	cfg.DeltaTime = at(500)
	for time, before := range map[uint64]bool{499: true, 500: false} {
		p := batch.ParamsAt(cfg, time)
		if p.BeforeDelta != before || p.BlockTime != blockTime || p.GenesisTime != genesisTime || p.ChainID.Cmp(chainID) != 0 {
			t.Errorf("at %d: got %+v", time, p)
		}
	}
}

func TestDecodeSpanTimesAndEpochs(t *testing.T) {
	for _, c := range []struct {
		name       string
		bits       byte
		last       uint64
		want       []uint64
		startEpoch uint64
		newEpoch   bool
	}{
		{"no bits: one epoch", 0b0000, 50, []uint64{50, 50, 50, 50}, 50, false},
		{"bit 0 does not count", 0b0001, 50, []uint64{50, 50, 50, 50}, 50, true},
		{"bit 2: a new epoch with block 2", 0b0100, 50, []uint64{49, 49, 50, 50}, 49, false},
		{"all bits", 0b1111, 50, []uint64{47, 48, 49, 50}, 47, true},
		{"below 0 wraps around", 0b1100, 0, []uint64{1<<64 - 2, 1<<64 - 2, 1<<64 - 1, 0}, 1<<64 - 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := noTxs(4, []byte{c.bits})
			raw.l1OriginNum = uvarint(c.last)
			b, reason := batch.Decode(raw.item(), testParams)
			if reason != batch.OK {
				t.Fatal(reason)
			}
			s := b.(*batch.Span)
			for i, block := range s.Blocks(0) {
				if block.EpochNum != c.want[i] || block.Timestamp != genesisTime+4+uint64(i)*blockTime || block.Transactions != nil {
					t.Errorf("block %d: got %+v, want epoch %d", i, block, c.want[i])
				}
			}
			if s.StartEpoch() != c.startEpoch || s.NewEpoch != c.newEpoch || s.EndEpoch() != c.last || s.L1OriginNum != c.last {
				t.Errorf("got start epoch %d, new epoch %v", s.StartEpoch(), s.NewEpoch)
			}
		})
	}
}

// Signature values by type and chain id (RULES 5.2, "Rebuild"), compared with what geth makes of them.
func TestDecodeSpanChainIDs(t *testing.T) {
	for _, id := range []*big.Int{
		big.NewInt(1), big.NewInt(46), big.NewInt(47), big.NewInt(127), big.NewInt(128), big.NewInt(11155420),
		new(big.Int).SetUint64(1<<64 - 1), new(big.Int).Lsh(big.NewInt(1), 255),
	} {
		p := testParams
		p.ChainID = id
		for bits := range byte(4) {
			legacyTx := legacy(list([]byte{1}, []byte{2}, str([]byte("data")))...)
			legacyTx.parity, legacyTx.protected = []byte{bits & 1}, []byte{bits >> 1}
			typedTx := oneTx(typed(1+bits>>1, append([][]byte{zero, zero}, slices.Concat(slices.Repeat([][]byte{zero}, int(bits>>1)), [][]byte{zero, nothing})...)...)...)
			typedTx.parity = []byte{bits & 1}
			for _, s := range []*rawSpan{legacyTx, typedTx} {
				s.sigs[31], s.sigs[33] = 0x7F, 0x80
				if _, reason := batch.Decode(s.item(), p); reason != batch.OK {
					t.Errorf("chain %v, bits %b: %v", id, bits, reason)
				}
				compareWithReference(t, s.item(), p)
			}
		}
	}
}

// compareWithReference demands that both decoders take an item for the same.
func compareWithReference(t *testing.T, item []byte, p batch.Params) {
	t.Helper()
	got, reason := batch.Decode(item, p)
	single, span, err := referenceDecode(item, p)
	switch {
	case errors.Is(err, errEndsChannel):
		if !reason.EndsChannel() {
			t.Fatalf("got %v, reference: ends the channel\nitem %x", reason, item)
		}
	case errors.Is(err, errDropsBatch):
		if reason == batch.OK || reason.EndsChannel() {
			t.Fatalf("got %v, reference: drops the batch\nitem %x", reason, item)
		}
	case err != nil:
		t.Fatal(err)
	case reason != batch.OK:
		t.Fatalf("got %v, reference: fine\nitem %x", reason, item)
	case single != nil:
		b := got.(*batch.Singular)
		if b.ParentHash != single.ParentHash || b.EpochNum != single.EpochNum || b.EpochHash != single.EpochHash || b.Timestamp != single.Timestamp ||
			!slices.EqualFunc(allTxs(b), single.Transactions, func(a hexutil.Bytes, b []byte) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("got %+v, reference %+v", b, single)
		}
	default:
		compareSpans(t, got.(*batch.Span), span)
	}
}

func compareSpans(t *testing.T, s *batch.Span, ref *referenceSpan) {
	t.Helper()
	if s.RelTimestamp != ref.relTimestamp || s.L1OriginNum != ref.l1OriginNum || s.ParentCheck != ref.parentCheck ||
		s.L1OriginCheck != ref.l1OriginCheck || s.NewEpoch != ref.newEpoch || s.Len() != len(ref.times) {
		t.Fatalf("head: got %+v, reference %+v", s, ref)
	}
	for i, b := range s.Blocks(0) {
		if b.Timestamp != ref.times[i] || b.EpochNum != ref.epochs[i] {
			t.Fatalf("block %d: got time %d, epoch %d; reference %d, %d", i, b.Timestamp, b.EpochNum, ref.times[i], ref.epochs[i])
		}
		if !slices.EqualFunc(b.Transactions, ref.txs[i], func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("block %d: got transactions %v, reference %v", i, b.Transactions, ref.txs[i])
		}
	}
}

// Random spans, and random changes to them, must look the same to both decoders.
func TestDecodeDifferential(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	outcomes := make(map[batch.Reason]int)
	for range rounds {
		item, err := batch.EncodeSpan(testParams, randomBlocks(r, 1+r.Intn(12), 3))
		if err != nil {
			t.Fatal(err)
		}
		compareWithReference(t, item, testParams)
		for range 60 {
			changed := mutate(r, item)
			compareWithReference(t, changed, testParams)
			_, reason := batch.Decode(changed, testParams)
			outcomes[reason]++
		}
	}
	for _, reason := range []batch.Reason{batch.OK, batch.SpanTruncated, batch.SpanTxFields, batch.SpanTxTypeUnknown, batch.SpanTxNotList, batch.SpanTxMalformed, batch.SpanBitsOutOfRange} {
		if outcomes[reason] == 0 {
			t.Errorf("no mutation led to %v: %v", reason, outcomes)
		}
	}
}

// mutate changes, inserts or removes a few bytes.
func mutate(r *rand.Rand, item []byte) []byte {
	out := bytes.Clone(item)
	for range 1 + r.Intn(3) {
		if len(out) < 2 {
			return out
		}
		i := 1 + r.Intn(len(out)-1)
		special := []byte{0, 1, 2, 4, 0x7D, 0x7F, 0x80, 0x81, 0xA0, 0xB7, 0xB8, 0xC0, 0xF7, 0xF8, 0xFF, byte(r.Int())}
		switch r.Intn(6) {
		case 0:
			out[i] ^= 1 << r.Intn(8)
		case 1, 2:
			out[i] = special[r.Intn(len(special))]
		case 3:
			out = slices.Insert(out, i, special[r.Intn(len(special))])
		case 4:
			out = slices.Delete(out, i, i+1)
		case 5:
			out[i]++
		}
	}
	return out
}

// What a batch claims must not be taken at its word: memory goes with the bytes that are there.
func TestDecodeHostileCounts(t *testing.T) {
	claim := func(blocks uint64, txs []byte) []byte {
		return slices.Concat([]byte{1, 0, 0}, make([]byte, 40), uvarint(blocks), make([]byte, (blocks+7)/8), txs)
	}
	for name, item := range map[string][]byte{
		"10,000,000 blocks, origin bits missing":         slices.Concat([]byte{1, 0, 0}, make([]byte, 40), uvarint(10_000_000)),
		"10,000,000 blocks, transactions missing":        claim(10_000_000, nil),
		"10,000,000 transactions, their columns missing": claim(1, uvarint(10_000_000)),
		"10,000,000 transactions, only their bits":       claim(1, append(uvarint(10_000_000), make([]byte, 2_500_000)...)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, reason := batch.Decode(item, testParams); reason != batch.SpanTruncated {
				t.Errorf("got %v", reason)
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
				t.Errorf("allocated %d bytes for an item of %d", grown, len(item))
			}
		})
	}
}

// The decoded batch must not change when the item's memory is used again.
func TestDecodeSharesNoMemory(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	blocks := randomBlocks(r, 5, 4)
	span, err := batch.EncodeSpan(testParams, blocks)
	if err != nil {
		t.Fatal(err)
	}
	single := (&batch.Singular{ParentHash: common.Hash{1}, Transactions: []hexutil.Bytes{{1, 2, 3}, {4}}}).Encode()
	for name, item := range map[string][]byte{"span": span, "singular": single} {
		item = bytes.Clone(item)
		first, _ := batch.Decode(item, testParams)
		second, _ := batch.Decode(bytes.Clone(item), testParams)
		clear(item)
		if !equalBatches(first, second) {
			t.Errorf("%s: the batch changed with its item", name)
		}
		for _, tx := range allTxs(first) {
			_ = append(tx, 0xEE) // must not reach the transaction after it
		}
		if !equalBatches(first, second) {
			t.Errorf("%s: a transaction has room in the one after it", name)
		}
	}
}

func allTxs(b batch.Batch) (out []hexutil.Bytes) {
	switch b := b.(type) {
	case *batch.Singular:
		return slices.Collect(b.Txs())
	case *batch.Span:
		for _, block := range b.Blocks(0) {
			out = append(out, block.Transactions...)
		}
	}
	return out
}

// blockList lists the blocks of a span.
func blockList(s *batch.Span) (out []batch.SpanBlock) {
	for _, b := range s.Blocks(0) {
		out = append(out, b)
	}
	return out
}

func equalBatches(a, b batch.Batch) bool {
	equalTxs := func(a, b []hexutil.Bytes) bool {
		return slices.EqualFunc(a, b, func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) })
	}
	switch a := a.(type) {
	case *batch.Singular:
		b, ok := b.(*batch.Singular)
		return ok && a.ParentHash == b.ParentHash && a.EpochNum == b.EpochNum && a.EpochHash == b.EpochHash && a.Timestamp == b.Timestamp &&
			(a.Many == nil) == (b.Many == nil) && equalTxs(allTxs(a), allTxs(b))
	case *batch.Span:
		b, ok := b.(*batch.Span)
		return ok && a.RelTimestamp == b.RelTimestamp && a.L1OriginNum == b.L1OriginNum && a.ParentCheck == b.ParentCheck &&
			a.L1OriginCheck == b.L1OriginCheck && a.NewEpoch == b.NewEpoch &&
			slices.EqualFunc(blockList(a), blockList(b), func(a, b batch.SpanBlock) bool {
				return a.Timestamp == b.Timestamp && a.EpochNum == b.EpochNum && equalTxs(a.Transactions, b.Transactions)
			})
	}
	return false
}
