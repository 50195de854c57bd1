package testkit

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
)

// Compressors are large, and a simulation makes channels by the million.
var (
	zlibs   = sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(io.Discard, 2) }}
)

type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// Compress makes the data of a channel out of the RLP strings, or whatever else, that it shall decompress to.
func Compress(algo channel.Algo, plain []byte) []byte {
	pool, out := &zlibs, new(bytes.Buffer)
	if algo == channel.Brotli {
		pool = &brotlis
		out.WriteByte(1)
	}
	w := pool.Get().(compressor)
	defer pool.Put(w)
	w.Reset(out)
	_, err := w.Write(plain)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("compress to memory: %v", err))
	}
	return out.Bytes()
}

// Cut splits a channel into a number of frames, the last of which may be short or empty.
func Cut(id channel.ID, data []byte, count int) []channel.Frame {
	frames := make([]channel.Frame, count)
	size := (len(data) + count - 1) / count
	for i := range frames {
		part := data[min(i*size, len(data)):min((i+1)*size, len(data))]
		frames[i] = channel.Frame{ID: id, Number: uint16(i), Data: part, IsLast: i == count-1}
	}
	return frames
}

// Blob packs an item, which must fit.
func Blob(item []byte) *eth.Blob {
	b, err := channel.EncodeBlob(item)
	if err != nil {
		panic(err)
	}
	return (*eth.Blob)(b)
}
