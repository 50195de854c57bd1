package channel

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/andybalholm/brotli"
)

// Algo is a way to compress channels.
type Algo uint8

// The known ways. Brotli is allowed from Fjord on.
const (
	Zlib Algo = iota
	Brotli
)

// String gives the name of the algorithm.
func (a Algo) String() string {
	switch a {
	case Zlib:
		return "zlib"
	case Brotli:
		return "brotli"
	default:
		return fmt.Sprintf("algo-%d", uint8(a))
	}
}

// Compression levels to use without a reason for others. Level 9 of brotli is nearly as good as 10 in an eighth of the
// time, on the channel measured at NewWriter.
const (
	DefaultZlibLevel   = zlib.BestCompression
	DefaultBrotliLevel = 9
)

// ErrClosed is what writing to a closed Writer gives.
var ErrClosed = errors.New("channel writer is closed")

// Writer compresses batches into a channel. Unlike the readers of this package it is not a value; it has one owner.
type Writer struct {
	out    bytes.Buffer
	enc    compressor
	input  int
	closed bool
}

type compressor interface {
	io.WriteCloser
	Flush() error
}

// NewWriter starts a channel. Levels are 1 to 9 for zlib and 0 to 11 for brotli; greater is smaller and slower.
//
// Measured on a channel of OP Mainnet (143 blocks, 1,409,463 bytes in one span batch; BenchmarkWriterMainnetChannel):
//
//	zlib 9      615,363 bytes   0.36 s
//	brotli 5    563,534 bytes   0.06 s
//	brotli 9    561,027 bytes   0.17 s
//	brotli 10   560,500 bytes   1.4 s
//	brotli 11   546,050 bytes   5.0 s
func NewWriter(algo Algo, level int) (*Writer, error) {
	w := new(Writer)
	switch {
	case algo == Zlib && zlib.BestSpeed <= level && level <= zlib.BestCompression:
		enc, err := zlib.NewWriterLevel(&w.out, level)
		if err != nil {
			return nil, fmt.Errorf("start zlib: %w", err)
		}
		w.enc = enc
	case algo == Brotli && brotli.BestSpeed <= level && level <= brotli.BestCompression:
		w.out.WriteByte(brotliVersion)
		w.enc = brotli.NewWriterLevel(&w.out, level)
	default:
		return nil, fmt.Errorf("start channel writer: no level %d of %s", level, algo)
	}
	return w, nil
}

// Add appends a batch (type byte and body) to the channel. Each batch is an RLP string of its own.
func (w *Writer) Add(batch []byte) error {
	if w.closed {
		return ErrClosed
	}
	var header [9]byte
	for _, part := range [][]byte{appendStringHeader(header[:0], batch), batch} {
		if _, err := w.enc.Write(part); err != nil {
			return fmt.Errorf("compress batch: %w", err)
		}
		w.input += len(part)
	}
	return nil
}

// InputBytes is the number of bytes that count against Limits.MaxRLPBytes when the channel is read.
func (w *Writer) InputBytes() int { return w.input }

// Len is the number of compressed bytes so far. It lags behind the input by what the compressor holds back; Flush and
// Close bring it up to date.
func (w *Writer) Len() int { return w.out.Len() }

// Flush makes the compressor write what it holds back. It makes the channel larger, so it is not for every batch.
func (w *Writer) Flush() error {
	if w.closed {
		return ErrClosed
	}
	if err := w.enc.Flush(); err != nil {
		return fmt.Errorf("flush channel: %w", err)
	}
	return nil
}

// Close completes the channel. Only then it can be split into frames.
func (w *Writer) Close() error {
	if w.closed {
		return ErrClosed
	}
	w.closed = true
	if err := w.enc.Close(); err != nil {
		return fmt.Errorf("close channel: %w", err)
	}
	return nil
}

// Bytes is the compressed channel so far. It is valid until the next call of Add, Flush or Close.
func (w *Writer) Bytes() []byte { return w.out.Bytes() }

// Frames splits the closed channel into frames of at most maxData data bytes, all but the last of exactly so many.
// They alias the memory of w. It fails if the channel is still open, if maxData is not between 1 and MaxFrameLen, and if
// more than MaxFrames frames would be needed.
func (w *Writer) Frames(id ID, maxData int) ([]Frame, error) {
	if !w.closed {
		return nil, errors.New("split channel into frames: it is not closed")
	}
	if maxData < 1 || maxData > MaxFrameLen {
		return nil, fmt.Errorf("split channel into frames: %d bytes per frame are not between 1 and %d", maxData, MaxFrameLen)
	}
	data := w.out.Bytes()
	count := (len(data) + maxData - 1) / maxData
	if count > MaxFrames {
		return nil, fmt.Errorf("split channel into frames: %d are more than the %d a channel can have", count, MaxFrames)
	}
	frames := make([]Frame, count)
	for i := range frames {
		end := min(maxData, len(data))
		frames[i] = Frame{ID: id, Number: uint16(i), Data: data[:end:end], IsLast: i == count-1}
		data = data[end:]
	}
	return frames, nil
}

// EncodedLen is by how much Add would increase InputBytes for this batch.
func EncodedLen(batch []byte) int {
	var header [9]byte
	return len(appendStringHeader(header[:0], batch)) + len(batch)
}

// appendStringHeader appends what RLP puts in front of the string s.
func appendStringHeader(dst, s []byte) []byte {
	switch {
	case len(s) == 1 && s[0] < rlpString:
		return dst
	case len(s) <= rlpShortMax:
		return append(dst, rlpString+byte(len(s)))
	}
	sizeLen := (bits.Len(uint(len(s))) + 7) / 8
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(s)))
	dst = append(dst, rlpLongString+byte(sizeLen-1))
	return append(dst, size[8-sizeLen:]...)
}
