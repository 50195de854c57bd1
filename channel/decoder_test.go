package channel

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/rlp"
)

// reference reads a channel the way op-node does, with the same libraries: go-ethereum's RLP stream over a streaming
// decompressor over a buffered reader, until the first error. It gives the batches up to there.
func reference(data []byte, l Limits) ([][]byte, bool) {
	buffered := bufio.NewReader(bytes.NewBuffer(data))
	first, err := buffered.Peek(1)
	if err != nil {
		return nil, false
	}
	var plain io.Reader
	switch {
	case first[0]&0x0f == 8 || first[0]&0x0f == 15:
		if plain, err = zlib.NewReader(buffered); err != nil {
			return nil, false
		}
	case first[0] == 1 && l.Brotli:
		if _, err := buffered.Discard(1); err != nil {
			return nil, false
		}
		plain = brotli.NewReader(buffered)
	default:
		return nil, false
	}
	stream := rlp.NewStream(plain, l.MaxRLPBytes)
	var batches [][]byte
	for {
		batch, err := stream.Bytes()
		if err != nil {
			return batches, true
		}
		batches = append(batches, batch)
	}
}

// checkDecoder decodes a channel, compares with the reference, and gives what came out.
func checkDecoder(tb testing.TB, data []byte, l Limits) ([][]byte, Reason) {
	tb.Helper()
	want, recognised := reference(data, l)
	d, reason := NewDecoder(data, l)
	if recognised != (reason == None) {
		tb.Fatalf("channel accepted: %v, by the reference: %v", reason, recognised)
	}
	checkParts(tb, data, l, d, reason)
	if reason != None {
		return nil, reason
	}
	got, end := drain(d)
	if !sameBatches(got, want) {
		tb.Fatalf("%d batches, the reference gives %d", len(got), len(want))
	}
	total := 0
	for _, b := range got {
		total += len(b)
	}
	if uint64(total) > l.MaxRLPBytes || uint64(len(d.batches)) > l.MaxRLPBytes {
		tb.Fatalf("%d bytes of batches, %d with headers, over the limit of %d", total, len(d.batches), l.MaxRLPBytes)
	}
	return got, end
}

// checkParts decodes the channel as frames cut it, in two ways, and compares with what it is in one piece.
func checkParts(tb testing.TB, data []byte, l Limits, want Decoder, wantReason Reason) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(uint64(len(data)), l.MaxRLPBytes))
	for _, most := range []int{1 + len(data)/3, 1 + len(data)/100} {
		pieces := cutUp(rng, data, most)
		got, reason := Raw{Parts: pieces}.Decoder(l)
		if reason != wantReason || got.end != want.end || !bytes.Equal(got.batches, want.batches) {
			tb.Fatalf("in %d parts: %v, %d bytes of batches, then %v; in one: %v, %d, %v",
				len(pieces), reason, len(got.batches), got.end, wantReason, len(want.batches), want.end)
		}
	}
}

// cutUp cuts data into parts of any size up to most, some of them without a byte.
func cutUp(rng *rand.Rand, data []byte, most int) (pieces [][]byte) {
	for len(data) > 0 {
		n := min(rng.IntN(most+1), len(data))
		pieces = append(pieces, data[:n:n])
		data = data[n:]
	}
	return append(pieces, nil)
}

func TestDecoderRecognisesTheCompression(t *testing.T) {
	plain := rlpStrings(t, []byte("batch"))
	deflated, brotlied := deflate(t, plain), brotliChannel(t, plain)
	withFirst := func(b byte) []byte { return append([]byte{b}, deflated[1:]...) }
	for _, tc := range []struct {
		name   string
		data   []byte
		limits Limits
		want   Reason
	}{
		{"zlib", deflated, bedrock, None},
		{"zlib from Fjord on", deflated, fjord, None},
		{"brotli from Fjord on", brotlied, fjord, None},
		{"brotli before Fjord", brotlied, bedrock, BrotliBeforeFjord},
		{"empty channel", nil, fjord, ChannelEmpty},
		{"low nibble 15 is taken for zlib, which refuses it", withFirst(0x7f), fjord, ZlibHeader},
		{"zlib with a window of 64 KiB", []byte{0x88, 0x1c}, fjord, ZlibHeader},
		{"zlib with a wrong header check", []byte{0x78, 0x9d}, fjord, ZlibHeader},
		{"zlib header is cut off", []byte{0x78}, fjord, ZlibHeader},
		{"zlib with a preset dictionary", append([]byte{0x78, 0xbb, 1, 2, 3, 4}, deflated[2:]...), fjord, ZlibHeader},
		{"zlib with the preset dictionary of no bytes, as op-node", append([]byte{0x78, 0xbb, 0, 0, 0, 1}, deflated[2:]...), fjord, None},
		{"first byte 0", withFirst(0x00), fjord, CompressionUnknown},
		{"first byte 2", withFirst(0x02), fjord, CompressionUnknown},
		{"first byte 0x11 is not brotli", append([]byte{0x11}, brotlied[1:]...), fjord, CompressionUnknown},
		{"zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, fjord, ZlibHeader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			batches, reason := checkDecoder(t, tc.data, tc.limits)
			if reason != tc.want {
				t.Fatalf("reason %v, want %v", reason, tc.want)
			}
			if reason == None && (len(batches) != 1 || string(batches[0]) != "batch") {
				t.Errorf("batches %q", batches)
			}
		})
	}
}

func TestDecoderItems(t *testing.T) {
	a, b := []byte("a batch"), bytes.Repeat([]byte{7}, 300)
	good := rlpStrings(t, a, b)
	with := func(more ...byte) []byte { return append(slices.Clip(bytes.Clone(good)), more...) }
	for _, tc := range []struct {
		name  string
		plain []byte
		limit uint64
		want  [][]byte
		end   Reason
	}{
		{"batches are strings of their own", good, 1000, [][]byte{a, b}, None},
		{"no batches at all", nil, 1000, nil, None},
		{"a string of no bytes is given", with(0x80), 1000, [][]byte{a, b, {}}, None},
		{"a byte below 0x80 is its own encoding", with(0x00, 0x7f), 1000, [][]byte{a, b, {0}, {0x7f}}, None},
		{"a byte from 0x80 on needs a header", with(0x81, 0x80), 1000, [][]byte{a, b, {0x80}}, None},
		{"a list", with(0xc1, 0x01), 1000, [][]byte{a, b}, BatchNotString},
		{"an empty list", with(0xc0), 1000, [][]byte{a, b}, BatchNotString},
		{"a long list", with(0xf8, 0x38), 1000, [][]byte{a, b}, BatchNotString},
		{"a byte below 0x80 with a header is not canonical", with(0x81, 0x7f), 1000, [][]byte{a, b}, BatchNonCanonical},
		{"size below 56 in long form is not canonical", append(with(0xb8, 55), make([]byte, 55)...), 1000, [][]byte{a, b}, BatchNonCanonical},
		{"size 56 in long form is", append(with(0xb8, 56), make([]byte, 56)...), 1000, [][]byte{a, b, make([]byte, 56)}, None},
		{"size 0 in long form is not canonical", with(0xb8, 0), 1000, [][]byte{a, b}, BatchNonCanonical},
		{"leading zero in the size is not canonical", append(with(0xb9, 0, 60), make([]byte, 60)...), 1000, [][]byte{a, b}, BatchNonCanonical},
		{"what follows a defect is not read", append(with(0xc0), good...), 1000, [][]byte{a, b}, BatchNotString},
		{"the data ends inside a header", with(0xb9, 1), 1000, [][]byte{a, b}, BatchTruncated},
		{"the data ends behind a header", with(0x83), 1000, [][]byte{a, b}, BatchTruncated},
		{"the data ends inside a batch", with(0x83, 1, 2), 1000, [][]byte{a, b}, BatchTruncated},
		{"size 2^64-1", with(0xbf, 255, 255, 255, 255, 255, 255, 255, 255), 1000, [][]byte{a, b}, BatchOverLimit},

		{"the limit counts headers; equal is fine", good, uint64(len(good)), [][]byte{a, b}, None},
		{"one byte over the limit", good, uint64(len(good)) - 1, [][]byte{a}, BatchOverLimit},
		{"the limit between two batches is a clean end", good, uint64(len(a)) + 1, [][]byte{a}, None},
		{"the limit between two batches hides a defect", with(0xc0), uint64(len(good)), [][]byte{a, b}, None},
		{"the limit inside the header", good, uint64(len(a)) + 2, [][]byte{a}, BatchOverLimit},
		{"the limit behind one byte of the size", good, uint64(len(a)) + 3, [][]byte{a}, BatchOverLimit},
		{"the limit behind the header", good, uint64(len(a)) + 4, [][]byte{a}, BatchOverLimit},
		{"a limit of one byte", with(), 1, nil, BatchOverLimit},
	} {
		for algo, compress := range map[string]func(testing.TB, []byte) []byte{"zlib": deflate, "brotli": brotliChannel} {
			t.Run(tc.name+"/"+algo, func(t *testing.T) {
				l := Limits{MaxRLPBytes: tc.limit, Brotli: true}
				got, end := checkDecoder(t, compress(t, tc.plain), l)
				if !sameBatches(got, tc.want) || end != tc.end {
					t.Errorf("%d batches, %v; want %d, %v", len(got), end, len(tc.want), tc.end)
				}
			})
		}
	}
}

func TestDecoderWithoutALimitToSpendGivesNothing(t *testing.T) {
	d, reason := NewDecoder(deflate(t, rlpStrings(t, []byte("batch"))), Limits{})
	batches, end := drain(d)
	if reason != None || len(batches) != 0 || end != None {
		t.Errorf("%v: %d batches, %v", reason, len(batches), end)
	}
}

func TestDecoderOfADamagedStream(t *testing.T) {
	small, large := noise(1, 100), noise(2, 50_000)
	badSum := func(data []byte) []byte {
		data = bytes.Clone(data)
		data[len(data)-1] ^= 1
		return data
	}
	cut := func(data []byte, n int) []byte { return data[:len(data)-n] }
	zSmall := deflate(t, rlpStrings(t, large, small))
	zLarge := deflate(t, rlpStrings(t, small, large))
	bSmall := brotliChannel(t, rlpStrings(t, large, small))
	bLarge := brotliChannel(t, rlpStrings(t, small, large))
	for _, tc := range []struct {
		name string
		data []byte
		want [][]byte
		end  Reason
	}{
		{"whole", zSmall, [][]byte{large, small}, None},
		{"whole, with a large batch that the end of the stream comes with", zLarge, [][]byte{small, large}, None},
		{"wrong checksum behind a small batch: all batches count", badSum(zSmall), [][]byte{large, small}, StreamCorrupt},
		{"no checksum behind a small batch: all batches count", cut(zSmall, 4), [][]byte{large, small}, None},
		{"half a checksum behind a small batch: all batches count", cut(zSmall, 2), [][]byte{large, small}, None},
		{"wrong checksum behind a large batch: as op-node, that batch is lost", badSum(zLarge), [][]byte{small}, StreamCorrupt},
		{"no checksum behind a large batch: as op-node, that batch is lost", cut(zLarge, 4), [][]byte{small}, BatchTruncated},
		{"cut off inside the second batch", cut(zLarge, 10_000), [][]byte{small}, BatchTruncated},
		{"cut off inside the first batch", zSmall[:1000], nil, BatchTruncated},
		{"cut off behind the header", zSmall[:2], nil, None},
		{"trailing bytes behind zlib are ignored", append(bytes.Clone(zSmall), 1, 2, 3), [][]byte{large, small}, None},
		{"brotli cut off", cut(bSmall, 1000), nil, BatchTruncated},
		{"brotli without a first byte", bSmall[:1], nil, None},
		{"trailing bytes behind brotli, small batch: all batches count", append(bytes.Clone(bSmall), 1, 2, 3), [][]byte{large, small}, StreamCorrupt},
		{"trailing bytes behind brotli, large batch: as op-node, that batch is lost", append(bytes.Clone(bLarge), 1, 2, 3), [][]byte{small}, StreamCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, end := checkDecoder(t, tc.data, fjord)
			if !sameBatches(got, tc.want) || end != tc.end {
				t.Errorf("%d batches, %v; want %d, %v", len(got), end, len(tc.want), tc.end)
			}
		})
	}
}

// The data errors of a decompressor must not depend on how much we ask it for at once; a batch much larger than
// readAtOnce, cut and damaged at many places, would show that.
func TestDecoderReadsLargeBatchesLikeTheReference(t *testing.T) {
	batch := bytes.Repeat(noise(3, 9_000), 40)
	for _, n := range []int{readAtOnce - 5, readAtOnce, readAtOnce + portionSize - 4, readAtOnce + portionSize, 2*readAtOnce + 1, len(batch)} {
		for _, compress := range []func(testing.TB, []byte) []byte{deflate, brotliChannel} {
			data := compress(t, rlpStrings(t, []byte{1}, batch[:n]))
			for i := range 60 {
				at := len(data) - 1 - i*len(data)/60
				damaged := bytes.Clone(data)
				damaged[at] ^= 0x10
				checkDecoder(t, damaged, fjord)
				checkDecoder(t, data[:at], fjord)
			}
		}
	}
}

// The same for errors that come with the last bytes of a batch, for all the ways in which reads can be cut there.
func TestDecoderSplitsReadsLikeTheReference(t *testing.T) {
	zeros := make([]byte, 2*readAtOnce+3*portionSize)
	for _, near := range []int{portionSize, 2 * portionSize, readAtOnce, readAtOnce + portionSize, readAtOnce + 2*portionSize, 2*readAtOnce + portionSize} {
		for _, off := range []int{-8, -4, -1, 0, 1, 4, 100, portionSize - 1} {
			plain := rlpStrings(t, zeros[:near+off])
			checkDecoder(t, append(brotliChannel(t, plain), 1, 2, 3), fjord)
			data := deflate(t, plain)
			checkDecoder(t, data[:len(data)-4], fjord)
		}
	}
}

func TestDecoderOfAZipBombCostsTheLimitAtMost(t *testing.T) {
	const limit = 1 << 20
	for name, compress := range map[string]func(testing.TB, []byte) []byte{"zlib": deflate, "brotli": brotliChannel} {
		t.Run(name, func(t *testing.T) {
			data := compress(t, make([]byte, 32<<20))
			got, end := checkDecoder(t, data, Limits{MaxRLPBytes: limit, Brotli: true})
			if len(got) != limit || end != None {
				t.Errorf("%d batches, %v", len(got), end)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			NewDecoder(data, Limits{MaxRLPBytes: limit, Brotli: true})
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			// Doubling allocates twice the limit; the rest is the decompressor (brotli has a window of up to 16 MiB).
			if most := uint64(2*limit + 20<<20); allocated > most {
				t.Errorf("%d bytes allocated, more than %d", allocated, most)
			}
		})
	}
}

func TestDecoderDoesNotKeepAnUnfinishedBatchAlive(t *testing.T) {
	plain := append(rlpStrings(t, []byte("batch")), 0xba, 0xff, 0xff, 0xff) // claims 16 MiB
	plain = append(plain, make([]byte, 8<<20)...)                           // brings 8
	data := deflate(t, plain)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	d, reason := NewDecoder(data, fjord)
	after := heap()
	if batches, end := drain(d); reason != None || len(batches) != 1 || end != BatchTruncated {
		t.Errorf("%v: %d batches, %v", reason, len(batches), end)
	}
	if after > before+1<<20 {
		t.Errorf("%d bytes held for a batch of 5", after-before)
	}
}

func TestDecoderIsAValue(t *testing.T) {
	d, _ := NewDecoder(deflate(t, append(rlpStrings(t, []byte("one"), []byte("two"), []byte("three")), 0xc0)), fjord)
	all := [][]byte{[]byte("one"), []byte("two"), []byte("three")}
	_, end := drain(d)
	_, snap, _, _ := d.Next()
	batch, rest, _, ok := snap.Next()
	if !ok || string(batch) != "two" {
		t.Fatalf("second batch %q", batch)
	}
	_ = append(batch, "\x85other"...) // would turn "three" into "other"
	for i, copied := range []Decoder{rest, snap, d} {
		got, gotEnd := drain(copied)
		if !sameBatches(got, all[2-i:]) || gotEnd != end {
			t.Errorf("copy after %d batches goes on with %q, %v", 2-i, got, gotEnd)
		}
	}
	if end != BatchNotString {
		t.Errorf("end %v", end)
	}
}

func TestDecoderStaysAtItsEnd(t *testing.T) {
	d, _ := NewDecoder(deflate(t, []byte{0xc0}), fjord)
	for range 2 {
		_, rest, reason, ok := d.Next()
		if ok || reason != BatchNotString {
			t.Fatalf("ok %v, %v", ok, reason)
		}
		d = rest
	}
	var none Decoder
	if _, _, reason, ok := none.Next(); ok || reason != None {
		t.Errorf("the zero decoder: ok %v, %v", ok, reason)
	}
}

const mainnetChannel = "op-mainnet-channel-121382930.bin"

func TestDecoderOfAMainnetChannel(t *testing.T) {
	data := vector(t, mainnetChannel)
	batches, end := checkDecoder(t, data, bedrock)
	if len(batches) != 1 || end != None {
		t.Fatalf("%d batches, %v", len(batches), end)
	}
	if len(batches[0]) != 1_409_459 || batches[0][0] != 1 {
		t.Errorf("a batch of %d bytes and type %d", len(batches[0]), batches[0][0])
	}
	d, _ := NewDecoder(data, bedrock)
	sum := sha256.Sum256(d.batches)
	const want = "f437cc78d35de8f9271cc4774f9491cabb29c73302ca233efd44d5e936786d5f"
	if got := hex.EncodeToString(sum[:]); got != want || len(d.batches) != 1_409_463 {
		t.Errorf("%d bytes with sha256 %s, want %s", len(d.batches), got, want)
	}
}

func TestDecoderOfADamagedMainnetChannel(t *testing.T) {
	data := vector(t, mainnetChannel)
	for i := range 40 {
		at := i * len(data) / 40
		damaged := bytes.Clone(data)
		damaged[at] ^= 0x04
		checkDecoder(t, damaged, bedrock)
		checkDecoder(t, data[:at], bedrock)
	}
	checkDecoder(t, data[:len(data)-1], bedrock)
}

// FuzzDecoder: any bytes give what the reference gives, within the limit.
func FuzzDecoder(f *testing.F) {
	plain := rlpStrings(f, []byte{1}, make([]byte, 100), noise(1, 200))
	f.Add(deflate(f, plain), uint32(1000), true)
	f.Add(brotliChannel(f, plain), uint32(150), true)
	f.Add(brotliChannel(f, plain), uint32(150), false)
	f.Add([]byte{0x78, 0x9c}, uint32(1), false)
	f.Fuzz(func(t *testing.T, data []byte, limit uint32, brotliAllowed bool) {
		// The reference takes a limit of 0 for none.
		checkDecoder(t, data, Limits{MaxRLPBytes: uint64(limit%(1<<22)) + 1, Brotli: brotliAllowed})
	})
}

// FuzzDecoderDamage makes a channel of batches of interesting sizes, damages it, and compares with the reference.
func FuzzDecoderDamage(f *testing.F) {
	f.Add(uint64(1), uint32(100), uint32(5000), uint32(0), byte(0), uint32(0), false)
	f.Add(uint64(2), uint32(70_000), uint32(1), uint32(3), byte(1), uint32(0), false)
	f.Add(uint64(3), uint32(4096), uint32(140_000), uint32(900), byte(0x80), uint32(60), true)
	f.Fuzz(func(t *testing.T, seed uint64, first, second, at uint32, xor byte, cut uint32, useBrotli bool) {
		content := noise(seed, 400)
		sized := func(n uint32) []byte { return bytes.Repeat(content, int(n%200_000)/len(content)+1)[:n%200_000] }
		plain := rlpStrings(t, sized(first), content, sized(second))
		compress := deflate
		if useBrotli {
			compress = brotliChannel
		}
		data := compress(t, plain)
		data = data[:len(data)-int(cut)%len(data)]
		data[len(data)-1-int(at)%len(data)] ^= xor
		l := Limits{MaxRLPBytes: uint64(len(plain)) - uint64(at%3), Brotli: true}
		checkDecoder(t, data, l)
	})
}

func BenchmarkDecoderMainnetChannel(b *testing.B) {
	data := vector(b, mainnetChannel)
	plain := inflate(b, data)
	brotlied := brotliChannel(b, plain)
	b.Run("zlib/inflate alone", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		b.ReportAllocs()
		out := make([]byte, len(plain))
		for b.Loop() {
			r, err := zlib.NewReader(bytes.NewReader(data))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(r, out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("brotli/decompress alone", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		b.ReportAllocs()
		out := make([]byte, len(plain))
		for b.Loop() {
			if _, err := io.ReadFull(brotli.NewReader(bytes.NewReader(brotlied[1:])), out); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, data := range map[string][]byte{"zlib": data, "brotli": brotlied} {
		b.Run(name+"/Decoder", func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				d, reason := NewDecoder(data, fjord)
				if batches, end := drain(d); reason != None || len(batches) != 1 || end != None {
					b.Fatal(reason, len(batches), end)
				}
			}
		})
	}
}

// A channel of OP Mainnet as it comes: in frames of a blob each.
func BenchmarkDecoderParts(b *testing.B) {
	data := vector(b, mainnetChannel)
	plain := inflate(b, data)
	for name, data := range map[string][]byte{"zlib": data, "brotli": brotliChannel(b, plain)} {
		b.Run(name, func(b *testing.B) {
			raw := Raw{Parts: slices.Collect(slices.Chunk(data, MaxBlobFrameData))}
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				d, reason := raw.Decoder(fjord)
				if batches, end := drain(d); reason != None || len(batches) != 1 || end != None {
					b.Fatal(reason, len(batches), end)
				}
			}
		})
	}
}

// The most batches a limit allows: 100 MB of one-byte strings, in about 100 KB of zlib or 100 bytes of brotli.
func BenchmarkDecoderZipBomb(b *testing.B) {
	zeros := make([]byte, 100_000_000)
	long := rlpStrings(b, zeros[:99_999_995])
	for _, bc := range []struct {
		name string
		data []byte
	}{
		{"zlib/one-byte batches", deflate(b, zeros)},
		{"zlib/one batch", deflate(b, long)},
		{"brotli/one-byte batches", brotliChannel(b, zeros)},
		{"brotli/one batch", brotliChannel(b, long)},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(zeros)))
			b.ReportAllocs()
			for b.Loop() {
				NewDecoder(bc.data, fjord)
			}
			b.ReportMetric(float64(len(bc.data)), "channel-bytes")
		})
	}
}

func inflate(tb testing.TB, data []byte) []byte {
	tb.Helper()
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return plain
}
