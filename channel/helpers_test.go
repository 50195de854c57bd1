package channel

import (
	"bytes"
	"compress/zlib"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/rlp"
)

// fjord and bedrock are the limits before and after the Fjord upgrade.
var (
	bedrock = Limits{MaxRLPBytes: 10_000_000, ChannelTimeout: 300}
	fjord   = Limits{MaxRLPBytes: 100_000_000, ChannelTimeout: 300, Brotli: true}
)

// vector reads a file with real chain data, or skips the test where there is none.
func vector(tb testing.TB, name string) []byte {
	tb.Helper()
	path := filepath.Join("..", "..", "shared", "vectors", name)
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Skipf("no chain data: %v", err)
	}
	return data
}

// noise gives n bytes that do not compress, the same ones for the same seed.
func noise(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// frameOf reads the notation of the pruning tables: channel letter, frame number, "!" for the last one.
func frameOf(tb testing.TB, s string) Frame {
	tb.Helper()
	digits, isLast := strings.CutSuffix(s[1:], "!")
	number, err := strconv.Atoi(digits)
	if err != nil {
		tb.Fatalf("frame %q: %v", s, err)
	}
	return Frame{ID: ID{s[0]}, Number: uint16(number), Data: []byte(s), IsLast: isLast}
}

func framesOf(tb testing.TB, s string) []Frame {
	tb.Helper()
	var frames []Frame
	for _, word := range strings.Fields(s) {
		frames = append(frames, frameOf(tb, word))
	}
	return frames
}

// notation is the inverse of framesOf.
func notation(frames []Frame) string {
	words := make([]string, len(frames))
	for i, f := range frames {
		words[i] = string(f.ID[0]) + strconv.Itoa(int(f.Number))
		if f.IsLast {
			words[i] += "!"
		}
	}
	return strings.Join(words, " ")
}

func sameFrame(a, b Frame) bool {
	return a.ID == b.ID && a.Number == b.Number && a.IsLast == b.IsLast && bytes.Equal(a.Data, b.Data)
}

// rlpStrings encodes batches with go-ethereum's encoder, which the package itself does not use.
func rlpStrings(tb testing.TB, batches ...[]byte) []byte {
	tb.Helper()
	var out []byte
	for _, b := range batches {
		enc, err := rlp.EncodeToBytes(b)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, enc...)
	}
	return out
}

func deflate(tb testing.TB, plain []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func brotliChannel(tb testing.TB, plain []byte) []byte {
	tb.Helper()
	out := bytes.NewBuffer([]byte{brotliVersion})
	w := brotli.NewWriterLevel(out, 4)
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// drain gives all batches of a channel and the reason at its end.
func drain(d Decoder) ([][]byte, Reason) {
	var batches [][]byte
	for {
		batch, rest, reason, ok := d.Next()
		if !ok {
			return batches, reason
		}
		batches = append(batches, batch)
		d = rest
	}
}

func sameBatches(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
