package channel

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
)

// Decoder gives the batches of one channel in order. It is a value: a copy taken at any moment continues from there.
//
// All decompression happens before the first Next, so Next only slices, and a snapshot shares the decompressed bytes.
type Decoder struct {
	batches []byte // whole RLP strings back to back, checked
	end     Reason // why no more follow
}

// Decoder decompresses the channel and finds the batches in it (derivation.md#channel-format, #batch-format). It reads
// at most l.MaxRLPBytes of decompressed bytes, headers of batches included, and holds no more memory than that. If the
// compression is not recognised or not allowed the whole channel is dropped, for the reason given. Later defects leave
// the batches before them intact; Next reports them when it gets there.
//
// l is to be taken from the L1 origin at which the channel became complete.
func (r Raw) Decoder(l Limits) (Decoder, Reason) { return newDecoder(r.Parts, l) }

// NewDecoder is [Raw.Decoder] for a channel in one piece.
func NewDecoder(channelData []byte, l Limits) (Decoder, Reason) {
	return newDecoder([][]byte{channelData}, l)
}

func newDecoder(data [][]byte, l Limits) (Decoder, Reason) {
	compressed := 0
	for _, part := range data {
		compressed += len(part)
	}
	src, reason := newDecompressor(&parts{rest: data}, l.Brotli)
	if reason != None {
		return Decoder{}, reason
	}
	limit := int(min(l.MaxRLPBytes, math.MaxInt))
	r := batchReader{
		src:   portions{src: src},
		limit: limit,
		// Real channels compress by a factor of 2 to 4, so most need no second allocation.
		out: make([]byte, 0, min(limit, 4*compressed)),
	}
	end := r.readAll()
	batches := r.out[:r.whole:r.whole]
	if cap(batches) < cap(r.out)/2 {
		// Behind the last whole batch can lie most of the limit; snapshots shall not keep that alive.
		batches = slices.Clone(batches)
	}
	return Decoder{batches: batches, end: end}, None
}

// Next gives the next batch: the content of the next RLP string, that is batch type and body. It can be empty, which no
// valid batch is. The result aliases the memory of the decoder and must not be changed.
//
// If ok is false, there are no more, and reason says why: None at the clean end of the channel, which includes a
// compressed stream that was cut off and a used-up limit exactly between two batches. With any other reason
// the rest of the channel was dropped. Batches given before remain valid in either case.
func (d Decoder) Next() (batch []byte, rest Decoder, reason Reason, ok bool) {
	if len(d.batches) == 0 {
		return nil, d, d.end, false
	}
	header, size, _ := wholeString(d.batches)
	end := header + size
	rest = Decoder{batches: d.batches[end:], end: d.end}
	return d.batches[header:end:end], rest, None, true
}

// wholeString gives the sizes of header and content of the RLP string at the front of b, which must not be empty. It is
// not ok unless the string is whole and canonical.
func wholeString(b []byte) (header, size int, ok bool) {
	first := b[0]
	if first < rlpString {
		return 0, 1, true
	}
	if first < rlpLongString {
		size = int(first - rlpString)
		return 1, size, size < len(b) && (size != 1 || b[1] >= rlpString)
	}
	header = 2 + int(first-rlpLongString)
	if first >= rlpList || header > len(b) || b[1] == 0 {
		return 0, 0, false
	}
	var declared uint64
	for _, digit := range b[1:header] {
		declared = declared<<8 | uint64(digit)
	}
	if declared <= rlpShortMax || declared > uint64(len(b)-header) {
		return 0, 0, false
	}
	return header, int(declared), true
}

// First bytes of RLP items: below rlpString a byte is its own encoding; from rlpList on it is not a string.
const (
	rlpString     = 0x80 // string of 0 to 55 bytes
	rlpLongString = 0xb8 // string of more, its size in 1 to 8 bytes
	rlpList       = 0xc0
	rlpShortMax   = 55
)

// batchReader reads RLP strings off a decompressor into out, headers included. The rules are those of the RLP stream
// of go-ethereum, on which op-node decides where a damaged channel ends.
type batchReader struct {
	src   portions
	limit int // of len(out)
	out   []byte
	whole int // bytes of out that are whole batches
}

func (r *batchReader) left() int { return r.limit - len(r.out) }

// readAll reads batches until there are no more, and says why.
func (r *batchReader) readAll() Reason {
	for {
		r.takeBuffered()
		r.whole = len(r.out)
		more, reason := r.readBatch()
		if !more {
			return reason
		}
	}
}

// takeBuffered moves all whole batches at the front of the buffer to out. It only saves time, which counts for channels
// with batches by the million; everything that is not plainly right is left to readBatch.
func (r *batchReader) takeBuffered() {
	buffered := r.src.buffered()
	buffered = buffered[:min(len(buffered), r.left())]
	n := 0
	for n < len(buffered) {
		header, size, ok := wholeString(buffered[n:])
		if !ok {
			break
		}
		n += header + size
	}
	r.reserve(n)
	r.out = append(r.out, buffered[:n]...)
	r.src.skip(n)
}

// readBatch reads one batch. Without one, more is false and the reason is that of the end of the channel.
func (r *batchReader) readBatch() (more bool, reason Reason) {
	if r.left() == 0 {
		return false, None
	}
	switch err := r.read(1); {
	case isEnd(err):
		return false, None
	case err != nil:
		return false, StreamCorrupt
	}
	var size uint64
	switch first := r.out[len(r.out)-1]; {
	case first < rlpString:
		return true, None
	case first < rlpLongString:
		size = uint64(first - rlpString)
	case first < rlpList:
		if size, reason = r.readSize(int(first - rlpLongString + 1)); reason != None {
			return false, reason
		}
	default:
		return false, BatchNotString
	}
	if size > uint64(r.left()) {
		return false, BatchOverLimit
	}
	if reason := r.readInside(int(size)); reason != None {
		return false, reason
	}
	if size == 1 && r.out[len(r.out)-1] < rlpString {
		return false, BatchNonCanonical
	}
	return true, None
}

// readSize reads the size of a long string, which takes n bytes.
func (r *batchReader) readSize(n int) (uint64, Reason) {
	if n > r.left() {
		return 0, BatchOverLimit
	}
	if reason := r.readInside(n); reason != None {
		return 0, reason
	}
	var digits [8]byte
	copy(digits[8-n:], r.out[len(r.out)-n:])
	size := binary.BigEndian.Uint64(digits[:])
	if digits[8-n] == 0 || size <= rlpShortMax {
		return 0, BatchNonCanonical
	}
	return size, None
}

func (r *batchReader) readInside(n int) Reason {
	switch err := r.read(n); {
	case isEnd(err):
		return BatchTruncated
	case err != nil:
		return StreamCorrupt
	default:
		return None
	}
}

// isEnd says whether an error means that the data ended, with or without the end mark of the compression.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// read appends exactly n bytes, for which the limit must have room, to out. The memory grows with what really arrives,
// not with n, which is only the claim of a header.
func (r *batchReader) read(n int) error {
	for n > 0 {
		want := n
		if n > readAtOnce+portionSize {
			want = readAtOnce // what is left is more than portionSize, so the next read goes straight through, too
		}
		at := len(r.out)
		r.reserve(want)
		k, err := r.src.Read(r.out[at : at+want])
		r.out = r.out[:at+k]
		n -= k
		if n == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reserve makes room for want more bytes, at least doubling the capacity, but not beyond the limit.
func (r *batchReader) reserve(want int) {
	need := len(r.out) + want
	if need <= cap(r.out) {
		return
	}
	doubled := min(cap(r.out), r.limit/2) * 2
	grown := make([]byte, len(r.out), max(need, doubled))
	copy(grown, r.out)
	r.out = grown
}
