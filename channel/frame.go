package channel

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
)

// Wire constants of items and frames (derivation.md#batcher-transaction-format, #frame-format).
const (
	// DerivationVersion0 is the first byte of every item that carries frames.
	DerivationVersion0 = 0x00
	// MaxFrameLen is the greatest number of data bytes a frame may declare; exactly as many are fine.
	MaxFrameLen = 1_000_000
	// FrameHeaderLen is what a frame takes on the wire beside its data: id 16, number 2, length 4, is_last 1.
	FrameHeaderLen = 16 + 2 + 4 + 1
	// FrameOverhead is what a held frame counts for beside its data in the size of a channel.
	FrameOverhead = 200
	// MaxFrames is how many frames a channel can have: the frame number has 16 bits.
	MaxFrames = 1 << 16
	// MaxBlobFrameData is the greatest number of data bytes of a frame that is alone in a blob.
	MaxBlobFrameData = MaxBlobData - 1 - FrameHeaderLen
)

// ID names a channel. Batchers draw it at random; readers give it no meaning.
type ID [16]byte

// String gives the id in hex, without prefix.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Frame is one piece of a channel.
type Frame struct {
	ID     ID
	Number uint16
	Data   []byte
	IsLast bool
	From   Place // not on the wire: whoever has read the item says where it was
}

// ParseFrames reads an item: version byte 0, then one frame or more. It is all or nothing: one bad frame, or trailing
// bytes, drop the whole item. The Data of a frame that is alone in the item aliases it, so item must not change afterwards.
// Several frames have their Data for themselves: those that are kept shall not keep the memory of those that are dropped.
func ParseFrames(item []byte) ([]Frame, Reason) {
	if len(item) == 0 {
		return nil, ItemEmpty
	}
	if item[0] != DerivationVersion0 {
		return nil, ItemVersion
	}
	if len(item) == 1 {
		return nil, ItemNoFrames
	}
	var frames []Frame
	for rest := item[1:]; len(rest) > 0; {
		f, n, reason := parseFrame(rest)
		if reason != None {
			return nil, reason
		}
		frames = append(frames, f)
		rest = rest[n:]
	}
	if len(frames) > 1 {
		for i := range frames {
			frames[i].Data = bytes.Clone(frames[i].Data)
		}
	}
	return frames, None
}

// parseFrame reads the frame at the front of b and says how many bytes it took.
func parseFrame(b []byte) (Frame, int, Reason) {
	const lengthAt, dataAt = 18, 22
	if len(b) < dataAt {
		return Frame{}, 0, FrameTruncated
	}
	length := binary.BigEndian.Uint32(b[lengthAt:])
	if length > MaxFrameLen {
		return Frame{}, 0, FrameTooLong
	}
	end := dataAt + int(length)
	if len(b) <= end {
		return Frame{}, 0, FrameTruncated
	}
	if b[end] > 1 {
		return Frame{}, 0, FrameBadIsLast
	}
	return Frame{
		ID:     ID(b[:16]),
		Number: binary.BigEndian.Uint16(b[16:]),
		Data:   b[dataAt:end:end],
		IsLast: b[end] == 1,
	}, end + 1, None
}

// AppendFrame appends the wire form of f to dst. Readers drop a frame with more than MaxFrameLen data bytes.
func AppendFrame(dst []byte, f Frame) []byte {
	dst = append(dst, f.ID[:]...)
	dst = binary.BigEndian.AppendUint16(dst, f.Number)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(f.Data)))
	dst = append(dst, f.Data...)
	if f.IsLast {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendItem appends an item that carries frames, which must not be none, to dst.
func AppendItem(dst []byte, frames ...Frame) []byte {
	dst = append(dst, DerivationVersion0)
	for _, f := range frames {
		dst = AppendFrame(dst, f)
	}
	return dst
}
