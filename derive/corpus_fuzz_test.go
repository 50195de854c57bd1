package derive_test

import (
	"bytes"
	"testing"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/testkit/corpus"
)

// The first garbageKinds of hostileWorld are from Holocene on, the others before.
func TestCorpusOfTheMachine(t *testing.T) {
	const item, blob, channelData, batchItem, frameDamage, batchDamage, logData = 0, 1, 2, 3, 4, 5, 6
	const before = garbageKinds
	first := channel.AppendItem(nil, channel.Frame{ID: channel.ID{9}, Data: []byte("unclosed")})
	twice := channel.AppendItem(nil, channel.Frame{ID: channel.ID{1}, Data: []byte("x"), IsLast: true}, channel.Frame{ID: channel.ID{1}, IsLast: true})
	claims := append([]byte{1, 0, 0}, append(make([]byte, 40), 0x80, 0xad, 0xe2, 0x04)...) // a span of 10,000,000 blocks
	singular := append([]byte{0, 0xf8, 0x44}, bytes.Repeat([]byte{0xa0}, 66)...)
	var seeds []corpus.Seed
	for _, s := range []struct {
		name    string
		kind    uint8
		garbage []byte
	}{
		{"item_unclosed_channel", item, first},
		{"item_id_used_twice", item, twice},
		{"item_version_1", item, []byte{1, 2, 3}},
		{"item_empty", item, []byte{}},
		{"blob_length_above_the_maximum", blob, []byte{0, 0, 0xff, 0xff, 0xff}},
		{"blob_empty", blob, []byte{}},
		{"channel_zlib_header_alone", channelData, []byte{0x78, 0x9c}},
		{"channel_compression_unknown", channelData, []byte{2, 0, 0}},
		{"batch_span_that_claims_10000000_blocks", batchItem, claims},
		{"batch_singular_malformed", batchItem, singular},
		{"batch_of_unknown_type", batchItem, []byte{7}},
		{"frame_id_changed", frameDamage, []byte{0, 3, 1}},
		{"frame_number_changed", frameDamage, []byte{0, 18, 1}},
		{"frame_not_the_last", frameDamage, []byte{0xff, 0xff, 1, 0, 22, 1}},
		{"span_block_count_changed", batchDamage, []byte{0, 43, 1}},
		{"span_of_a_later_time", batchDamage, []byte{0, 1, 2}},
		{"config_update_of_nothing", logData, []byte{}},
		{"config_update_of_ones", logData, bytes.Repeat([]byte{0xff}, 32)},
	} {
		seeds = append(
			seeds,
			corpus.Seed{Name: s.name, Args: []any{s.kind, s.garbage}},
			corpus.Seed{Name: s.name + "_before_holocene", Args: []any{s.kind + before, s.garbage}},
		)
	}
	corpus.Check(t, "FuzzMachine", seeds)
}
