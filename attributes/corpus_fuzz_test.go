package attributes_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/corpus"
)

// seed is an input of a fuzz target; good says whether it is well-formed.
type seed struct {
	name string
	good bool
	args []any
}

// checkCorpus checks the committed corpus of a target, and that each input does what it is there for.
func checkCorpus(t *testing.T, target string, good func(args []any) bool, seeds []seed) {
	t.Helper()
	var files []corpus.Seed
	for _, s := range seeds {
		if got := good(s.args); got != s.good {
			t.Errorf("%s: %s is well-formed: %v, want %v", target, s.name, got, s.good)
		}
		files = append(files, corpus.Seed{Name: s.name, Args: s.args})
	}
	corpus.Check(t, target, files)
}

func TestCorpusOfDeposits(t *testing.T) {
	plain := depositLog(alice, bob, opaque(5, 6, 7, 0, []byte("data")))
	args := func(log *types.Log) []any { return []any{topicBytes(log), log.Data, uint32(4)} }
	with := func(at int, value byte) []any {
		log := *plain
		log.Data = bytes.Clone(log.Data)
		log.Data[at] = value
		return args(&log)
	}
	topics := func(change func([]byte) []byte) []any { return []any{change(topicBytes(plain)), plain.Data, uint32(4)} }
	largest := depositLog(alice, bob, concat(bytes.Repeat([]byte{0xff}, 72), []byte{0}))
	whole := depositLog(alice, bob, opaque(1, 2, 3, 0, make([]byte, 23)))
	checkCorpus(t, "FuzzDepositLogs", func(args []any) bool {
		log := &types.Log{Address: portal, Topics: append([]common.Hash{depositTopic}, topicsOf(args[0].([]byte))...), Data: args[1].([]byte)}
		_, err := attributes.UserDeposits(common.Hash{1}, []*types.Log{log}, portal)
		return err == nil
	}, []seed{
		{"call_with_mint_value_and_data", true, args(plain)},
		{"call_without_mint_and_data", true, args(depositLog(alice, bob, opaque(0, 6, 7, 0, nil)))},
		{"creation", true, args(depositLog(alice, common.Address{}, opaque(0, 0, 7, 1, []byte("code"))))},
		{"creation_255", true, args(depositLog(alice, bob, opaque(0, 0, 7, 255, nil)))},
		{"largest_numbers", true, args(largest)},
		{"data_of_whole_words", true, args(whole)},
		{"padding_set", true, with(len(plain.Data)-1, 9)},
		{"address_padding_set", true, topics(func(b []byte) []byte { b[0], b[33] = 1, 1; return b })},
		{"opaque_data_of_72_bytes", false, args(depositLog(alice, bob, make([]byte, 72)))},
		{"no_data", false, []any{topicBytes(plain), []byte{}, uint32(4)}},
		{"data_not_in_whole_words", false, []any{topicBytes(plain), plain.Data[:len(plain.Data)-1], uint32(4)}},
		{"word_missing", false, []any{topicBytes(plain), plain.Data[:len(plain.Data)-32], uint32(4)}},
		{"word_too_many", false, []any{topicBytes(plain), append(bytes.Clone(plain.Data), make([]byte, 32)...), uint32(4)}},
		{"word_too_many_behind_whole_words", false, []any{topicBytes(whole), append(bytes.Clone(whole.Data), make([]byte, 32)...), uint32(4)}},
		{"offset_64", false, with(31, 64)},
		{"offset_of_256_bits", false, with(0, 0xff)},
		{"length_of_256_bits", false, with(32, 0xff)},
		{"length_2_to_63", false, with(56, 0x80)},
		{"version_1", false, topics(func(b []byte) []byte { b[len(b)-1] = 1; return b })},
		{"three_topics", false, topics(func(b []byte) []byte { return b[:64] })},
		{"five_topics", false, topics(func(b []byte) []byte { return append(b, make([]byte, 32)...) })},
	})
}

func TestCorpusOfConfigUpdates(t *testing.T) {
	args := func(log *types.Log) []any { return []any{topicBytes(log), log.Data, uint32(4), true} }
	full := bytes.Repeat([]byte{0xff}, 32)
	scalars := ecotoneScalar(1368, 810949)
	params := rollup.EncodeEIP1559Params(250, 6)
	odd := rollup.EncodeEIP1559Params(250, 0)
	bedrock := args(updateLog(1, full, full))
	bedrock[3] = false
	batcher := updateLog(0, common.BytesToHash(batcher[:]).Bytes())
	topics := func(change func([]byte) []byte) []any {
		return []any{change(topicBytes(batcher)), batcher.Data, uint32(4), true}
	}
	checkCorpus(t, "FuzzConfigLogs", func(args []any) bool {
		log := &types.Log{Address: systemConfig, Topics: append([]common.Hash{updateTopic}, topicsOf(args[0].([]byte))...), Data: args[1].([]byte)}
		last := map[bool]rollup.Fork{false: rollup.Delta, true: rollup.Jovian}[args[3].(bool)]
		_, ignored := attributes.UpdateSystemConfig(chain(t, last), distinctConfig, []*types.Log{log}, 1000)
		return len(ignored) == 0
	}, []seed{
		{"0_batcher", true, args(batcher)},
		{"0_batcher_padding_set", false, args(updateLog(0, full))},
		{"1_fee_scalars_before_ecotone", true, bedrock},
		{"1_fee_scalars_version_1", true, args(updateLog(1, full, scalars[:]))},
		{"1_fee_scalars_version_1_padding_set", false, args(updateLog(1, word(0), concat([]byte{1}, make([]byte, 22), []byte{1}, make([]byte, 8))))},
		{"1_fee_scalars_version_0", true, args(updateLog(1, word(0), word(1<<32-1)))},
		{"1_fee_scalars_version_0_of_33_bits", false, args(updateLog(1, word(0), word(1<<32)))},
		{"1_fee_scalars_version_255", false, args(updateLog(1, word(0), full))},
		{"1_fee_scalars_of_one_word", false, args(updateLog(1, word(0)))},
		{"2_gas_limit", true, args(updateLog(2, word(60_000_000)))},
		{"2_gas_limit_of_65_bits", false, args(updateLog(2, concat(make([]byte, 23), []byte{1}, make([]byte, 8))))},
		{"3_unsafe_block_signer_of_nothing", true, []any{topicBytes(updateLog(3)), []byte{}, uint32(4), true}},
		{"4_eip1559_params", true, args(updateLog(4, make([]byte, 24), params[:]))},
		{"4_eip1559_elasticity_zero", false, args(updateLog(4, make([]byte, 24), odd[:]))},
		{"5_operator_fee", true, args(updateLog(5, full))},
		{"6_min_base_fee", true, args(updateLog(6, word(1<<63)))},
		{"7_da_footprint_scalar_of_17_bits", false, args(updateLog(7, word(1<<16)))},
		{"7_da_footprint_scalar", true, args(updateLog(7, word(1<<16-1)))},
		{"8_unknown", false, args(updateLog(8, word(1)))},
		{"length_of_two_words_for_one", false, args(&types.Log{Topics: batcher.Topics, Data: concat(word(32), word(64), word(1))})},
		{"offset_0", false, args(&types.Log{Topics: batcher.Topics, Data: concat(word(0), word(32), word(1))})},
		{"version_1", false, topics(func(b []byte) []byte { b[31] = 1; return b })},
		{"type_of_256_bits", false, topics(func(b []byte) []byte { b[32] = 1; return b })},
		{"two_topics", false, topics(func(b []byte) []byte { return b[:32] })},
	})
}

func TestCorpusOfL1Info(t *testing.T) {
	var seeds []seed
	for i, format := range formats {
		info := mainnetInfo(format)
		data := info.Encode(format)
		name := []string{"bedrock", "ecotone", "isthmus", "jovian"}[i]
		damaged := func(at int, value byte) []any {
			data := bytes.Clone(data)
			data[at] = value
			return []any{data, uint8(i)}
		}
		padding := map[bool]int{true: 4 + 5*32, false: 132}[format == rollup.InfoBedrock] // of the batcher's address
		seeds = append(
			seeds,
			seed{name, true, []any{data, uint8(i)}},
			seed{name + "_cut", false, []any{data[:len(data)-1], uint8(i)}},
			seed{name + "_wrong_selector", false, damaged(0, 0)},
			seed{name + "_batcher_hash_is_no_address", false, damaged(padding, 1)},
			seed{fmt.Sprintf("%s_read_as_another_format", name), false, []any{data, uint8((i + 1) % 4)}},
		)
	}
	checkCorpus(t, "FuzzParseL1Info", func(args []any) bool {
		_, err := attributes.ParseL1Info(args[0].([]byte), formats[args[1].(uint8)])
		return err == nil
	}, seeds)
}
