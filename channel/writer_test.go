package channel

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/rlp"
)

func newWriter(tb testing.TB, algo Algo, level int) *Writer {
	tb.Helper()
	w, err := NewWriter(algo, level)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func writeChannel(tb testing.TB, w *Writer, batches ...[]byte) {
	tb.Helper()
	for _, b := range batches {
		if err := w.Add(b); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

func TestWriterLevels(t *testing.T) {
	for _, tc := range []struct {
		algo  Algo
		level int
		ok    bool
	}{
		{Zlib, 0, false},
		{Zlib, 1, true},
		{Zlib, DefaultZlibLevel, true},
		{Zlib, 10, false},
		{Zlib, -1, false},
		{Brotli, -1, false},
		{Brotli, 0, true},
		{Brotli, DefaultBrotliLevel, true},
		{Brotli, 11, true},
		{Brotli, 12, false},
		{Algo(9), 1, false},
	} {
		t.Run(fmt.Sprintf("%v %d", tc.algo, tc.level), func(t *testing.T) {
			w, err := NewWriter(tc.algo, tc.level)
			if (err == nil) != tc.ok {
				t.Fatalf("error %v", err)
			}
			if !tc.ok {
				return
			}
			batches := [][]byte{[]byte("one"), noise(1, 1000)}
			writeChannel(t, w, batches...)
			got, end := checkDecoder(t, w.Bytes(), fjord)
			if !sameBatches(got, batches) || end != None {
				t.Errorf("%d batches, %v", len(got), end)
			}
		})
	}
}

func TestWriterMarksBrotliWithItsVersion(t *testing.T) {
	w := newWriter(t, Brotli, 9)
	writeChannel(t, w, []byte("batch"))
	if w.Bytes()[0] != 0x01 {
		t.Errorf("first byte %#x", w.Bytes()[0])
	}
}

func TestWriterPutsEachBatchIntoAStringOfItsOwn(t *testing.T) {
	w := newWriter(t, Zlib, 9)
	sizes := []int{0, 1, 2, 55, 56, 255, 256, 65_535, 65_536, 100_000}
	var want []byte
	for _, first := range []byte{0x00, 0x7f, 0x80, 0xff} {
		for _, n := range sizes {
			batch := bytes.Repeat([]byte{first}, n)
			enc, err := rlp.EncodeToBytes(batch)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, enc...)
			if got := EncodedLen(batch); got != len(enc) {
				t.Errorf("%d times %#x: length %d announced, is %d", n, first, got, len(enc))
			}
			if err := w.Add(batch); err != nil {
				t.Fatal(err)
			}
			if w.InputBytes() != len(want) {
				t.Errorf("%d times %#x: %d input bytes, want %d", n, first, w.InputBytes(), len(want))
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(inflate(t, w.Bytes()), want) {
		t.Error("the channel is not the concatenation of the strings")
	}
}

func TestWriterInputBytesIsWhatTheLimitCounts(t *testing.T) {
	w := newWriter(t, Brotli, 9)
	writeChannel(t, w, noise(1, 300), noise(2, 300))
	whole, _ := checkDecoder(t, w.Bytes(), Limits{MaxRLPBytes: uint64(w.InputBytes()), Brotli: true})
	short, _ := checkDecoder(t, w.Bytes(), Limits{MaxRLPBytes: uint64(w.InputBytes()) - 1, Brotli: true})
	if len(whole) != 2 || len(short) != 1 {
		t.Errorf("%d batches within the limit, %d with one byte less", len(whole), len(short))
	}
}

func TestWriterFlushBringsLenUpToDate(t *testing.T) {
	for _, algo := range []Algo{Zlib, Brotli} {
		t.Run(algo.String(), func(t *testing.T) {
			w := newWriter(t, algo, 9)
			batch := noise(1, 500)
			if err := w.Add(batch); err != nil {
				t.Fatal(err)
			}
			if w.Len() > 10 {
				t.Errorf("%d bytes ready before a flush", w.Len())
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if w.Len() < len(batch) {
				t.Errorf("%d bytes ready for %d that do not compress", w.Len(), len(batch))
			}
			writeChannel(t, w, batch)
			got, end := checkDecoder(t, w.Bytes(), fjord)
			if !sameBatches(got, [][]byte{batch, batch}) || end != None {
				t.Errorf("%d batches, %v", len(got), end)
			}
			if w.Len() != len(w.Bytes()) {
				t.Errorf("length %d of %d bytes", w.Len(), len(w.Bytes()))
			}
		})
	}
}

func TestWriterClosedTakesNothing(t *testing.T) {
	w := newWriter(t, Zlib, 9)
	writeChannel(t, w, []byte("batch"))
	for name, err := range map[string]error{"Add": w.Add([]byte("more")), "Flush": w.Flush(), "Close": w.Close()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriterFrames(t *testing.T) {
	w := newWriter(t, Zlib, 9)
	if _, err := w.Frames(ID{1}, 100); err == nil {
		t.Error("frames of an open channel")
	}
	writeChannel(t, w, noise(1, 70_000))
	size, before := w.Len(), bytes.Clone(w.Bytes())
	for _, tc := range []struct {
		name    string
		maxData int
		frames  int // 0: an error
	}{
		{"no room for data", 0, 0},
		{"more than a frame may have", MaxFrameLen + 1, 0},
		{"more frames than there are numbers", 1, 0},
		{"all in one", MaxFrameLen, 1},
		{"exactly one", size, 1},
		{"one byte too many for one", size - 1, 2},
		{"exactly two", (size + 1) / 2, 2},
		{"many", 100, (size + 99) / 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames, err := w.Frames(ID{1}, tc.maxData)
			if (err == nil) != (tc.frames > 0) || len(frames) != tc.frames {
				t.Fatalf("%d frames, %v; want %d", len(frames), err, tc.frames)
			}
			var joined []byte
			for i, f := range frames {
				last := i == len(frames)-1
				_ = append(f.Data, 0xff) // must not reach into the next frame
				if f.ID != (ID{1}) || int(f.Number) != i || f.IsLast != last || len(f.Data) > tc.maxData || !last && len(f.Data) < tc.maxData {
					t.Fatalf("frame %d: %s %d %v with %d bytes", i, f.ID, f.Number, f.IsLast, len(f.Data))
				}
				joined = append(joined, f.Data...)
			}
			if err == nil && !bytes.Equal(joined, before) {
				t.Error("the frames do not join to the channel")
			}
		})
	}
}

// readBack takes items through the whole reading side.
func readBack(tb testing.TB, items [][]byte, l Limits) ([][]byte, Reason) {
	tb.Helper()
	var a Assembler
	for origin, item := range items {
		if reason := a.Expire(uint64(origin), l); reason != None {
			tb.Fatal(reason)
		}
		frames, reason := ParseFrames(item)
		if reason != None {
			tb.Fatal(reason)
		}
		kept, dropped := Prune(frames)
		if len(dropped) > 0 {
			tb.Fatalf("frame %d is dropped: %v", dropped[0].Frame.Number, dropped[0].Reason)
		}
		for _, f := range kept {
			raw, complete, reason := a.Add(f, uint64(origin), l)
			if reason != None {
				tb.Fatal(reason)
			}
			if !complete {
				continue
			}
			if origin != len(items)-1 {
				tb.Fatalf("complete after item %d of %d", origin, len(items))
			}
			return checkDecoder(tb, raw.Bytes(), l)
		}
	}
	tb.Fatal("the channel was never complete")
	return nil, None
}

// FuzzRoundTrip takes batches from Writer to Decoder, by blobs and by calldata.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("batch"), uint32(3), uint16(10), true)
	f.Add(noise(1, 5000), uint32(200_000), uint16(40_000), false)
	f.Add([]byte{0x80}, uint32(1), uint16(0), true)
	f.Fuzz(func(t *testing.T, first []byte, second uint32, maxData uint16, useBrotli bool) {
		algo, level := Zlib, 6
		if useBrotli {
			algo, level = Brotli, 5
		}
		batches := [][]byte{first, noise(uint64(second), int(second%150_000)), first}
		w := newWriter(t, algo, level)
		writeChannel(t, w, batches...)
		frames, err := w.Frames(ID{7}, int(maxData)+100)
		if err != nil {
			t.Fatal(err)
		}
		var calldata, blobs [][]byte
		calldata = append(calldata, AppendItem(nil, frames...))
		for _, f := range frames {
			item, reason := DecodeBlob(mustEncodeBlob(t, AppendItem(nil, f)))
			if reason != None {
				t.Fatal(reason)
			}
			blobs = append(blobs, item)
		}
		l := Limits{MaxRLPBytes: fjord.MaxRLPBytes, ChannelTimeout: 1 << 20, Brotli: true}
		for _, items := range [][][]byte{calldata, blobs} {
			if got, end := readBack(t, items, l); !sameBatches(got, batches) || end != None {
				t.Fatalf("%d batches, %v", len(got), end)
			}
		}
	})
}

func BenchmarkWriterMainnetChannel(b *testing.B) {
	plain := inflate(b, vector(b, mainnetChannel))
	for _, bc := range []struct {
		algo  Algo
		level int
	}{{Zlib, 9}, {Brotli, 5}, {Brotli, 9}, {Brotli, 10}, {Brotli, 11}} {
		b.Run(fmt.Sprintf("%v-%d", bc.algo, bc.level), func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			var w *Writer
			for b.Loop() {
				w = newWriter(b, bc.algo, bc.level)
				writeChannel(b, w, plain)
			}
			b.ReportMetric(float64(w.Len()), "channel-bytes")
		})
	}
}
