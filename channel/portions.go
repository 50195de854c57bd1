package channel

import (
	"compress/zlib"
	"io"

	"github.com/andybalholm/brotli"
)

// brotliVersion is the first byte of a channel compressed with brotli (fjord/derivation.md#brotli-channel-compression).
const brotliVersion = 0x01

// newDecompressor recognises the compression by the first byte and starts reading.
//
// zlib is that of the standard library on purpose: it decides together with the RLP stream how much of a damaged
// channel counts, and op-node uses the same one. The faster one of klauspost gives up earlier on a cut-off stream.
func newDecompressor(data *parts, brotliAllowed bool) (io.Reader, Reason) {
	if !data.more() {
		return nil, ChannelEmpty
	}
	first := data.part[data.at]
	switch method := first & 0x0f; {
	case method == 8 || method == 15: // 15 is reserved for zlib, which then refuses it
		r, err := zlib.NewReader(data)
		if err != nil {
			return nil, ZlibHeader
		}
		return r, None
	case first != brotliVersion:
		return nil, CompressionUnknown
	case !brotliAllowed:
		return nil, BrotliBeforeFjord
	}
	// On broken input the decompressor's output depends on how the input is cut. op-node reads through a buffer of
	// portionSize, which the look at the first byte has filled, and from then on passes larger reads through. How frames cut
	// the channel must not matter, see parts.
	data.at++
	return brotli.NewReader(io.MultiReader(io.LimitReader(data, portionSize-1), data)), None
}

const (
	// portionSize is the size of the buffers that op-node reads through.
	portionSize = 4096
	// readAtOnce bounds single reads, and with them how far the memory runs ahead of the data. The results don't depend
	// on it, as long as no read that op-node makes directly ends in one that goes through the buffer.
	readAtOnce = 64 << 10
)

// portions asks a decompressor for data in the portions op-node does: small reads are served from a buffer, larger ones
// go straight through while the buffer is empty.
//
// That matters on damaged streams only. A decompressor can return its last bytes together with an error. Read into the
// buffer, the bytes count and the error comes later; read directly, the error hits the batch that the bytes complete.
// So a wrong checksum costs a channel its last batch if that is large, and nothing if it is small.
type portions struct {
	src  io.Reader
	buf  [portionSize]byte
	r, w int
	err  error // came with what is in buf
}

// buffered is what Read would give from the buffer; skip takes n bytes off it.
func (s *portions) buffered() []byte { return s.buf[s.r:s.w] }
func (s *portions) skip(n int)       { s.r += n }

// maxEmptyReads bounds how often a source may give neither data nor an error.
const maxEmptyReads = 100

// Read fills p at least in part, or gives an error. Bytes can come together with an error.
func (s *portions) Read(p []byte) (int, error) {
	for range maxEmptyReads {
		if s.r == s.w {
			if s.err != nil {
				return 0, s.err
			}
			if len(p) >= portionSize {
				n, err := s.src.Read(p)
				if n > 0 || err != nil {
					return n, err
				}
				continue
			}
			s.r = 0
			s.w, s.err = s.src.Read(s.buf[:])
			continue
		}
		n := copy(p, s.buf[s.r:s.w])
		s.r += n
		return n, nil
	}
	return 0, io.ErrNoProgress
}
