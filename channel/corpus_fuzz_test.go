package channel

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/cairn-rollup/cairn/testkit/corpus"
)

// seed is an input of a fuzz target with what comes of it.
type seed struct {
	name string
	want Reason
	args []any
}

// checkCorpus checks the committed corpus of a target, and that each input does what it is there for.
func checkCorpus(t *testing.T, target string, does func(args []any) Reason, seeds []seed) {
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

func TestCorpusOfFrames(t *testing.T) {
	one := Frame{ID: ID{1, 15: 0xff}, Data: []byte("one")}
	two := Frame{ID: ID{1, 15: 0xff}, Number: 1, Data: []byte("two"), IsLast: true}
	both := AppendItem(nil, one, two)
	with := func(change func([]byte) []byte) []any { return []any{change(bytes.Clone(both))} }
	var many []Frame
	for i := range 30 {
		many = append(many, Frame{ID: ID{byte(i)}, Number: uint16(i) * 2115, IsLast: i%2 == 0})
	}
	checkCorpus(t, "FuzzParseFrames", func(args []any) Reason {
		_, reason := ParseFrames(args[0].([]byte))
		return reason
	}, []seed{
		{"one_frame", None, []any{AppendItem(nil, one)}},
		{"one_frame_without_data", None, []any{AppendItem(nil, Frame{ID: ID{3}, IsLast: true})}},
		{"two_frames_of_one_channel", None, []any{both}},
		{"thirty_frames_without_data_of_many_channels", None, []any{AppendItem(nil, many...)}},
		{"item_empty", ItemEmpty, []any{[]byte{}}},
		{"version_alone", ItemNoFrames, []any{[]byte{0}}},
		{"version_1", ItemVersion, with(func(b []byte) []byte { b[0] = 1; return b })},
		{"one_frame_id_cut", FrameTruncated, with(func(b []byte) []byte { return b[:9] })},
		{"one_frame_length_cut", FrameTruncated, with(func(b []byte) []byte { return b[:22] })},
		{"two_frames_second_truncated", FrameTruncated, with(func(b []byte) []byte { return b[:len(b)-3] })},
		{"two_frames_is_last_missing", FrameTruncated, with(func(b []byte) []byte { return b[:len(b)-1] })},
		{"two_frames_trailing_byte", FrameTruncated, with(func(b []byte) []byte { return append(b, 0) })},
		{"two_frames_is_last_2", FrameBadIsLast, with(func(b []byte) []byte { b[len(b)-1] = 2; return b })},
		{"length_one_more_than_there", FrameTruncated, with(func(b []byte) []byte { b[len(b)-5]++; return b })},
		{"length_1000000_of_nothing", FrameTruncated, with(func(b []byte) []byte { return append(b[:19], 0x00, 0x0f, 0x42, 0x40, 0) })},
		{"length_1000001", FrameTooLong, with(func(b []byte) []byte { return append(b[:19], 0x00, 0x0f, 0x42, 0x41, 0) })},
		{"length_ffffffff", FrameTooLong, with(func(b []byte) []byte { return append(b[:19], 0xff, 0xff, 0xff, 0xff, 0) })},
	})
}

// zlibDynamic is a stream with Huffman tables of its own, which fuzzers do not come upon: one batch of 200 letters.
const zlibDynamic = "78da1ccc3bb55d5114c350acf26f2f888110586f9cdbb9b0e6bfff12160cb06219dea2870011b7fab650671f26d3645e353d722881dfbd8fc0b3" +
	"2c49106be0b58b2dca85914c11e3852a57b4bba31fef449a6a720d37fad1ef88c497fd1c6ea3e59acafd0b0000ffff91724f16"

// stored makes a zlib stream without compressing, so that the bytes do not depend on a compressor.
func stored(plain []byte) []byte {
	out := []byte{0x78, 0x01, 0x01, byte(len(plain)), byte(len(plain) >> 8), ^byte(len(plain)), ^byte(len(plain) >> 8)}
	a, b := uint32(1), uint32(0)
	for _, c := range plain {
		a = (a + uint32(c)) % 65521
		b = (b + a) % 65521
	}
	return append(append(out, plain...), byte(b>>8), byte(b), byte(a>>8), byte(a))
}

func TestCorpusOfChannels(t *testing.T) {
	plain := rlpStrings(t, []byte{1}, []byte("a batch"), bytes.Repeat([]byte("long "), 20), []byte{})
	zlib, brotli := stored(plain), brotliChannel(t, plain)
	const room = uint32(1000)
	with := func(data []byte, change func([]byte) []byte) []any {
		return []any{change(bytes.Clone(data)), room, true}
	}
	dynamic, err := hex.DecodeString(zlibDynamic)
	if err != nil {
		t.Fatal(err)
	}
	checkCorpus(t, "FuzzDecoder", func(args []any) Reason {
		d, reason := NewDecoder(args[0].([]byte), Limits{MaxRLPBytes: uint64(args[1].(uint32)) + 1, Brotli: args[2].(bool)})
		if reason != None {
			return reason
		}
		_, reason = drain(d)
		return reason
	}, []seed{
		{"zlib_four_batches", None, []any{zlib, room, false}},
		{"zlib_with_huffman_tables", None, []any{dynamic, room, false}},
		{"zlib_with_huffman_tables_damaged", StreamCorrupt, with(dynamic, func(b []byte) []byte { b[9] ^= 0x10; return b })},
		{"zlib_limit_between_two_batches", None, []any{zlib, uint32(8), false}},
		{"zlib_limit_inside_a_batch", BatchOverLimit, []any{zlib, uint32(20), false}},
		{"zlib_no_checksum", None, with(zlib, func(b []byte) []byte { return b[:len(b)-4] })},
		{"zlib_checksum_wrong", StreamCorrupt, with(zlib, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })},
		{"zlib_cut_inside_a_batch", BatchTruncated, with(zlib, func(b []byte) []byte { return b[:len(b)-30] })},
		{"zlib_block_type_3", StreamCorrupt, with(zlib, func(b []byte) []byte { b[2] = 7; return b })},
		{"zlib_with_a_dictionary", ZlibHeader, with(zlib, func(b []byte) []byte { b[1] = 0x20; return b })},
		{"zlib_header_alone", None, []any{[]byte{0x78, 0x9c}, room, false}},
		{"zlib_method_15", ZlibHeader, with(zlib, func(b []byte) []byte { b[0] = 0x7f; return b })},
		{"brotli_four_batches", None, []any{brotli, room, true}},
		{"brotli_before_fjord", BrotliBeforeFjord, []any{brotli, room, false}},
		{"brotli_cut", BatchTruncated, with(brotli, func(b []byte) []byte { return b[:len(b)-8] })},
		{"brotli_version_alone", None, []any{[]byte{1}, room, true}},
		{"compression_unknown", CompressionUnknown, with(zlib, func(b []byte) []byte { b[0] = 0x02; return b })},
		{"channel_empty", ChannelEmpty, []any{[]byte{}, room, true}},
		{"batch_is_a_list", BatchNotString, []any{stored([]byte{0xc1, 0x80}), room, false}},
		{"batch_longer_than_its_header_needs", BatchNonCanonical, []any{stored([]byte{0x81, 0x05}), room, false}},
		{"batch_size_with_leading_zero", BatchNonCanonical, []any{stored([]byte{0xb9, 0x00, 0x80}), room, false}},
		{"batch_claims_what_is_left", None, []any{stored(append([]byte{0xb8, 99}, bytes.Repeat([]byte("x"), 120)...)), uint32(100), false}},
		{"batch_claims_a_byte_more_than_is_left", BatchOverLimit, []any{stored(append([]byte{0xb8, 100}, bytes.Repeat([]byte("x"), 120)...)), uint32(100), false}},
		{"batch_claims_2_to_63", BatchOverLimit, []any{stored([]byte{0xbf, 0x80, 0, 0, 0, 0, 0, 0, 0}), room, false}},
	})
}

func TestCorpusOfBlobs(t *testing.T) {
	front := func(data []byte) []byte { b := mustEncodeBlob(t, data); return bytes.TrimRight(b[:], "\x00") }
	hello := front([]byte("hello"))
	ones := front(bytes.Repeat([]byte{0xff}, 200))
	nothing := []byte{}
	checkCorpus(t, "FuzzDecodeBlob", func(args []any) Reason {
		_, reason := DecodeBlob(patchedBlob(args[0].([]byte), args[1].(uint32), args[2].([]byte)))
		return reason
	}, []seed{
		{"all_zero", None, []any{nothing, uint32(0), nothing}},
		{"five_bytes", None, []any{hello, uint32(0), nothing}},
		{"two_rounds_of_ones", None, []any{ones, uint32(0), nothing}},
		{"full", None, []any{[]byte{0, 0, 1, 0xfb, 0xfc}, uint32(130_000), bytes.Repeat([]byte{0x3f}, 60)}},
		{"version_1", BlobVersion, []any{hello, uint32(1), []byte{1}}},
		{"length_130045", BlobLength, []any{[]byte{0, 0, 1, 0xfb, 0xfd}, uint32(0), nothing}},
		{"length_ffffff", BlobLength, []any{[]byte{0, 0, 0xff, 0xff, 0xff}, uint32(0), nothing}},
		{"top_bits_of_element_0_are_masked", None, []any{hello, uint32(0), []byte{0xc0}}},
		{"top_bit_of_element_1", BlobFieldElement, []any{ones, uint32(32), []byte{0x80}}},
		{"top_bit_of_element_3", BlobFieldElement, []any{ones, uint32(96), []byte{0x80}}},
		{"top_bit_of_the_first_element_of_round_1", BlobFieldElement, []any{ones, uint32(128), []byte{0x40}}},
		{"byte_behind_the_data", BlobPadding, []any{hello, uint32(10), []byte{1}}},
		{"six_bits_behind_the_data", BlobPadding, []any{hello, uint32(96), []byte{1}}},
		{"byte_in_an_unread_round", BlobPadding, []any{hello, uint32(5000), []byte{1}}},
		{"last_byte", BlobPadding, []any{hello, uint32(BlobSize - 1), []byte{1}}},
	})
}

func TestCorpusOfTheBank(t *testing.T) {
	last := byte(16)
	corpus.Check(t, "FuzzBank", []corpus.Seed{
		{Name: "two_channels_interleaved", Args: []any{[]byte{0, 0, 1, 0, 0, 1 + last, 1, 1 + last}, uint16(4000), true}},
		{Name: "the_second_is_ready_first", Args: []any{[]byte{0, 0, 1, 0 + last, 0, 1 + last}, uint16(4000), false}},
		{Name: "a_last_frame_removes_those_behind_it", Args: []any{[]byte{0, 5, 0, 1, 0, 3 + last, 0, 0, 0, 2}, uint16(4000), true}},
		{Name: "a_channel_times_out", Args: []any{[]byte{0, 0, 24, 1, 24, 2, 1, 0}, uint16(4000), true}},
		{Name: "the_oldest_channel_is_pruned", Args: []any{[]byte{0, 0, 1, 0, 2, 0, 3, 0}, uint16(700), true}},
		{Name: "as_much_as_the_bank_may_hold", Args: []any{[]byte{0, 0, 1, 0, 0, 1 + last}, uint16(2*FrameOverhead - 1), true}},
		{Name: "a_frame_alone_is_more_than_the_bank", Args: []any{[]byte{0x20, 0xe0}, uint16(200), true}},
		{Name: "duplicate_and_second_last", Args: []any{[]byte{0, 2 + last, 0, 2 + last, 0, 1 + last, 0, 1, 0, 0}, uint16(4000), true}},
	})
}

func TestCorpusOfItems(t *testing.T) {
	data := stored(rlpStrings(t, []byte("a batch"), []byte("another")))
	half := len(data) / 2
	first := Frame{ID: ID{1}, Data: data[:half]}
	last := Frame{ID: ID{1}, Number: 1, Data: data[half:], IsLast: true}
	restart, other := first, Frame{ID: ID{2}, Data: data, IsLast: true}
	corpus.Check(t, "FuzzItems", []corpus.Seed{
		{Name: "a_channel_in_two_items", Args: []any{AppendItem(nil, first), AppendItem(nil, last), uint16(2000)}},
		{Name: "a_channel_replaced", Args: []any{AppendItem(nil, first), AppendItem(nil, other), uint16(2000)}},
		{Name: "a_channel_restarted", Args: []any{AppendItem(nil, first), AppendItem(nil, restart, last), uint16(2000)}},
		{Name: "a_channel_too_large", Args: []any{AppendItem(nil, first), AppendItem(nil, last), uint16(300)}},
		{Name: "frames_pruned", Args: []any{AppendItem(nil, last, first, first, last, other), AppendItem(nil, last), uint16(2000)}},
	})
}
