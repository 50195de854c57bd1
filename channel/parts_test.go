package channel

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/andybalholm/brotli"
)

// Reads of any size give the same bytes and the same errors as reads of the joined data.
func TestPartsAreReadLikeJoinedData(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		data := noise(rng.Uint64(), rng.IntN(200))
		r := &parts{rest: cutUp(rng, data, 1+rng.IntN(40))}
		joined := bytes.NewReader(data)
		for reads := 0; joined.Len() > 0 || reads < 3; reads++ {
			if rng.IntN(3) == 0 {
				got, err := r.ReadByte()
				want, wantErr := joined.ReadByte()
				if got != want || !errors.Is(err, wantErr) {
					t.Fatalf("byte %x, %v; want %x, %v", got, err, want, wantErr)
				}
				continue
			}
			size := rng.IntN(60)
			got, want := make([]byte, size), make([]byte, size)
			n, err := r.Read(got)
			wantN, wantErr := joined.Read(want)
			if n != wantN || !errors.Is(err, wantErr) || !bytes.Equal(got, want) {
				t.Fatalf("read of %d: %d bytes %x, %v; want %d, %x, %v", size, n, got, err, wantN, want, wantErr)
			}
		}
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Fatalf("behind the end: %v", err)
		}
	}
}

// joinedDecoder decodes a channel in one piece, which the decompressors read from memory with nothing of this package in
// between: brotli in the portions that op-node's buffer makes.
func joinedDecoder(tb testing.TB, data []byte, l Limits) Decoder {
	tb.Helper()
	var src io.Reader
	if data[0] == brotliVersion {
		first := min(portionSize, len(data))
		src = brotli.NewReader(io.MultiReader(bytes.NewReader(data[1:first]), bytes.NewReader(data[first:])))
	} else {
		r, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			tb.Fatal(err)
		}
		src = r
	}
	r := batchReader{src: portions{src: src}, limit: int(l.MaxRLPBytes)}
	end := r.readAll()
	return Decoder{batches: r.out[:r.whole], end: end}
}

// However frames cut a channel, and wherever it is damaged, what comes of it is what comes of the joined channel.
func TestDecoderOfADamagedChannelInParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	content := noise(5, 4000)
	for range 400 {
		var batches [][]byte
		for range 1 + rng.IntN(4) {
			batches = append(batches, bytes.Repeat(content[:1+rng.IntN(len(content))], 1+rng.IntN(40))) // up to 160 kB
		}
		compress := []func(testing.TB, []byte) []byte{deflate, brotliChannel}[rng.IntN(2)]
		data := compress(t, rlpStrings(t, batches...))
		switch at := 2 + rng.IntN(len(data)-2); rng.IntN(4) {
		case 0:
			data[at] ^= 1 << rng.IntN(8)
		case 1:
			data = data[:at]
		case 2:
			data = append(data, noise(rng.Uint64(), 1+rng.IntN(2*portionSize))...)
		case 3:
			data[len(data)-1] ^= 1 // the checksum of zlib, the end of brotli
		}
		l := fjord
		l.MaxRLPBytes = 1 + rng.Uint64N(400_000)
		want := joinedDecoder(t, data, l)
		for _, most := range []int{1, 1 + rng.IntN(100), 1 + rng.IntN(portionSize), 1 + rng.IntN(100_000), len(data)} {
			got, reason := Raw{Parts: cutUp(rng, data, most)}.Decoder(l)
			if reason != None || got.end != want.end || !bytes.Equal(got.batches, want.batches) {
				t.Fatalf("in parts of up to %d bytes: %v, %d bytes of batches, then %v; joined %d, then %v",
					most, reason, len(got.batches), got.end, len(want.batches), want.end)
			}
		}
	}
}

// A brotli stream whose last byte is the last one that op-node's buffer got with the version byte: what follows it comes
// with the next read, and then costs no batch.
func TestDecoderOfABrotliStreamThatEndsWithTheFirstPortion(t *testing.T) {
	seen := make(map[int]bool)
	for seed := range uint64(2000) {
		content := noise(seed, portionSize-60+int(seed%32))
		data := brotliChannel(t, rlpStrings(t, append(content, make([]byte, 2*portionSize)...)))
		if len(data) < portionSize-1 || len(data) > portionSize+1 {
			continue
		}
		seen[len(data)] = true
		batches, end := checkDecoder(t, append(data, 1, 2, 3), fjord)
		if kept := len(batches) == 1; kept != (len(data) == portionSize) || end != StreamCorrupt {
			t.Errorf("a stream of %d bytes: %d batches, %v", len(data), len(batches), end)
		}
	}
	if len(seen) != 3 {
		t.Errorf("streams of %v bytes, want one byte less and more than a portion, too", seen)
	}
}
