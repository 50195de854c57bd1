package batch_test

import (
	"bytes"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/testkit/corpus"
)

// seed is an input of a fuzz target with what comes of it.
type seed struct {
	name string
	want batch.Reason
	args []any
}

// checkCorpus checks the committed corpus of a target, and that each input does what it is there for.
func checkCorpus(t *testing.T, target string, does func(args []any) batch.Reason, seeds []seed) {
	t.Helper()
	var files []corpus.Seed
	for _, s := range seeds {
		if got := does(s.args); got != s.want {
			t.Errorf("%s: %s comes to %v, want %v", target, s.name, got, s.want)
		}
		files = append(files, corpus.Seed{Name: s.name, Args: s.args})
	}
	corpus.Check(t, target, files)
}

// kindNames are the transactions that randomTx makes.
var kindNames = map[int]string{
	0: "legacy_protected", 5: "legacy_unprotected", types.AccessListTxType: "access_list", types.DynamicFeeTxType: "dynamic_fee", types.SetCodeTxType: "set_code",
}

// oneOf gives a transaction of a kind, the same one each time.
func oneOf(kind int) hexutil.Bytes { return randomTx(rand.New(rand.NewSource(int64(kind)+41)), kind) }

func mustEncode(t *testing.T, blocks ...batch.Block) []byte {
	t.Helper()
	item, err := batch.EncodeSpan(testParams, blocks)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestCorpusOfBatches(t *testing.T) {
	single := (&batch.Singular{EpochNum: 5, Timestamp: 300, Transactions: []hexutil.Bytes{{2}, {}, make([]byte, 56)}}).Encode()
	var blocks []batch.Block
	for i, kind := range []int{0, 5, types.AccessListTxType, types.DynamicFeeTxType, types.SetCodeTxType} {
		blocks = append(blocks, batch.Block{Timestamp: nextTime + uint64(i)*blockTime, EpochNum: epoch + uint64(i)/2, Transactions: []hexutil.Bytes{oneOf(kind)}})
	}
	span := mustEncode(t, blocks...)
	cut := func(b []byte, n int) []any { return []any{b[:len(b)-n]} }
	checkCorpus(t, "FuzzDecode", func(args []any) batch.Reason {
		_, reason := batch.Decode(args[0].([]byte), testParams)
		return reason
	}, []seed{
		{"singular_three_transactions", batch.OK, []any{single}},
		{"singular_without_transactions", batch.OK, []any{(&batch.Singular{}).Encode()}},
		{"singular_trailing_bytes", batch.OK, []any{append(bytes.Clone(single), 1, 2)}},
		{"singular_cut", batch.SingularMalformed, cut(single, 1)},
		{"singular_type_alone", batch.SingularMalformed, []any{[]byte{0}}},
		{"span_one_transaction_of_each_kind", batch.OK, []any{span}},
		{"span_one_transaction_of_each_kind_cut", batch.SpanTruncated, cut(span, 3)},
		{"span_empty_blocks", batch.OK, []any{noTxs(9, []byte{1, 0x55}).item()}},
		{"span_type_alone", batch.SpanTruncated, []any{[]byte{1}}},
		{"type_2", batch.BatchTypeUnknown, []any{[]byte{2, 0xc0}}},
		{"item_empty", batch.ItemEmpty, []any{[]byte{}}},
	})
}

func TestCorpusOfSpans(t *testing.T) {
	args := func(s *rawSpan) []any { return []any{s.item()[1:], uint64(10), uint64(genesisTime), uint8(1), false} }
	with := func(s *rawSpan, change func(*rawSpan)) []any { change(s); return args(s) }
	tx := func() *rawSpan { return legacy(list(zero, zero, zero)...) }
	beforeDelta := args(tx())
	beforeDelta[4] = true
	wraps := args(noTxs(3, []byte{0}))
	wraps[2] = ^uint64(0)
	r := rand.New(rand.NewSource(8))
	var blocks []batch.Block
	for i := range uint64(4) {
		blocks = append(blocks, batch.Block{Timestamp: nextTime + i*blockTime, EpochNum: epoch + i, Transactions: []hexutil.Bytes{randomTx(r, 0), postExecTx}})
	}
	checkCorpus(t, "FuzzSpan", func(args []any) batch.Reason {
		_, reason := batch.Decode(append([]byte{1}, args[0].([]byte)...), paramsOf(args[1].(uint64), args[2].(uint64), args[3].(uint8), args[4].(bool)))
		return reason
	}, []seed{
		{"four_blocks_eight_transactions", batch.OK, []any{mustEncode(t, blocks...)[1:], uint64(10), uint64(genesisTime), uint8(1), false}},
		{"nine_empty_blocks_of_nine_epochs", batch.OK, args(noTxs(9, []byte{1, 0xff}))},
		{"epochs_below_zero", batch.OK, with(noTxs(9, []byte{1, 0xff}), func(s *rawSpan) { s.l1OriginNum = uvarint(3) })},
		{"time_wraps_around", batch.OK, wraps},
		{"before_delta", batch.SpanBeforeDeltaInChannel, beforeDelta},
		{"no_blocks", batch.SpanNoBlocks, args(noTxs(0, nil))},
		{"blocks_10000000_of_nothing", batch.SpanTruncated, with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(10_000_000) })},
		{"blocks_10000001", batch.SpanTooManyBlocks, with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(10_000_001) })},
		{"blocks_2_to_40", batch.SpanTooManyBlocks, with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(1 << 40) })},
		{"origin_bit_of_no_block", batch.SpanBitsOutOfRange, args(noTxs(9, []byte{2, 0}))},
		{"transactions_10000000_of_nothing", batch.SpanTruncated, with(tx(), func(s *rawSpan) { s.txCounts = uvarint(10_000_000) })},
		{"transactions_5000001_twice", batch.SpanTooManyTxs, with(noTxs(2, []byte{0}), func(s *rawSpan) { s.txCounts = append(uvarint(5_000_001), uvarint(5_000_001)...) })},
		{"transactions_2_to_63", batch.SpanTooManyTxs, with(tx(), func(s *rawSpan) { s.txCounts = uvarint(1 << 63) })},
		{"creation_bit_of_no_transaction", batch.SpanBitsOutOfRange, with(tx(), func(s *rawSpan) { s.creation = []byte{2} })},
		{"type_0_has_a_protected_bit", batch.SpanTruncated, args(oneTx(typed(0, zero, zero, zero)...))},
		{"recipient_cut", batch.SpanTruncated, with(tx(), func(s *rawSpan) { s.tos, s.datas, s.nonces, s.gases, s.protected = s.tos[:9], nil, nil, nil, nil })},
		{"transaction_data_10000001", batch.SpanTxTooLong, args(oneTx(2, 0xfa, 0x98, 0x96, 0x7d))},
		{"transaction_data_2_to_63", batch.SpanTxTooLong, args(oneTx(2, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0))},
		{"nonce_of_65_bits", batch.SpanVarintOverflow, with(tx(), func(s *rawSpan) { s.nonces = []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 2} })},
		{"numbers_longer_than_needed", batch.OK, with(tx(), func(s *rawSpan) { s.nonces, s.txCounts = []byte{0x84, 0x80, 0}, []byte{0x81, 0} })},
		{"protected_bit_missing", batch.SpanTruncated, with(tx(), func(s *rawSpan) { s.protected = nil })},
	})
}

func TestCorpusOfSpanTransactions(t *testing.T) {
	one, addr := []byte{1}, bytes.Repeat([]byte{0xaa}, 20)
	args := func(bits uint8, data []byte) []any {
		return []any{data, addr, bytes.Repeat([]byte{0x11}, 32), bytes.Repeat([]byte{0x22}, 31), uint64(300), uint64(21_000), bits, uint64(10)}
	}
	keys := list(list(str(addr), list(str(make([]byte, 32)))))
	postExec := []any{[]byte(postExecTx), []byte{}, []byte{}, []byte{}, uint64(0), uint64(0), uint8(creates), uint64(10)}
	checkCorpus(t, "FuzzSpanTx", func(args []any) batch.Reason {
		span := spanOfTx(args[0].([]byte), args[1].([]byte), args[2].([]byte), args[3].([]byte), args[4].(uint64), args[5].(uint64), args[6].(uint8))
		_, reason := batch.Decode(span.item(), paramsOf(args[7].(uint64), genesisTime, 1, false))
		return reason
	}, []seed{
		{"legacy_protected", batch.OK, args(guarded, list(one, []byte{2}, str([]byte("data"))))},
		{"legacy_unprotected_odd", batch.OK, args(odd, list(one, []byte{2}, zero))},
		{"legacy_creation", batch.OK, args(creates|guarded, list(zero, zero, str([]byte("code"))))},
		{"legacy_value_of_33_bytes", batch.OK, args(0, list(str(bytes.Repeat(one, 33)), zero, zero))},
		{"legacy_value_with_leading_zero", batch.SpanTxFields, args(0, list([]byte{0x82, 0, 1}, zero, zero))},
		{"legacy_four_fields", batch.SpanTxFields, args(0, list(zero, zero, zero, zero))},
		{"type_0", batch.SpanTxTypeUnknown, args(0, typed(0, zero, zero, zero))},
		{"access_list", batch.OK, args(odd, typed(1, one, one, zero, keys))},
		{"dynamic_fee", batch.OK, args(0, typed(2, one, one, []byte{3}, zero, keys))},
		{"dynamic_fee_one_fee", batch.SpanTxFields, args(0, typed(2, one, one, zero, nothing))},
		{"set_code", batch.OK, args(odd, typed(4, one, one, one, zero, keys, authorization(9, nil)))},
		{"set_code_creation", batch.SpanSetCodeCreation, args(creates, typed(4, one, one, one, zero, keys, authorization(9, nil)))},
		{"set_code_authorization_of_seven", batch.SpanTxFields, args(0, typed(4, one, one, one, zero, nothing, authorization(6, zero)))},
		{"set_code_authorization_parity_of_two_bytes", batch.SpanTxFields, args(0, typed(4, one, one, one, zero, nothing, authorization(3, []byte{0x82, 1, 0})))},
		{"set_code_fee_of_33_bytes", batch.SpanTxFields, args(0, typed(4, one, one, str(bytes.Repeat(one, 33)), zero, nothing, nothing))},
		{"blob_transaction", batch.SpanTxTypeUnknown, args(0, typed(3, zero, zero, zero, zero, nothing))},
		{"post_exec", batch.OK, postExec},
		{"post_exec_with_recipient", batch.SpanPostExecEnvelope, []any{[]byte(postExecTx), []byte{}, []byte{}, []byte{}, uint64(0), uint64(0), uint8(0), uint64(10)}},
		{"post_exec_with_everything", batch.SpanPostExecEnvelope, args(odd, postExecTx)},
		{"deposit", batch.SpanTxTypeUnknown, args(0, typed(0x7e, zero))},
		{"data_empty_nonce_taken_for_it", batch.SpanTxNotList, args(0, nil)},
		{"data_is_a_string", batch.SpanTxNotList, args(0, []byte{0x83, 1, 2, 3})},
	})
}

func TestCorpusOfTransactions(t *testing.T) {
	seeds := []corpus.Seed{
		{Name: "post_exec", Args: []any{[]byte(postExecTx)}},
		{Name: "deposit", Args: []any{[]byte{0x7e, 0xc0}}},
		{Name: "empty", Args: []any{[]byte{}}},
	}
	for kind, name := range kindNames {
		raw := []byte(oneOf(kind))
		seeds = append(seeds, corpus.Seed{Name: name, Args: []any{raw}}, corpus.Seed{Name: name + "_cut", Args: []any{raw[:len(raw)-1]}})
	}
	corpus.Check(t, "FuzzTx", seeds)
}
