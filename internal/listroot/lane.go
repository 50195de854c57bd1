package listroot

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
)

const (
	rate  = 136 // bytes of a message that go into one permutation of Keccak-256
	words = 25  // of Keccak's state, 64 bits each
	lanes = 4
)

// lane is a node on its way through Keccak. Its RLP is head and tail: what is small is whole in head, so that blocks are taken
// from where they are; a large element is not copied.
type lane struct {
	link
	head [headSize]byte
	size int // of what is in head
	tail []byte
	off  int // bytes that are through
	part [rate]byte
}

// headSize is whole blocks, with room for a branch and padding.
const headSize = (branchSize/rate + 1) * rate

// put makes the RLP of another node the message. Its head has been appended to l.head[:0].
func (l *lane) put(to link, head, tail []byte) {
	if len(head)+len(tail) < headSize {
		head, tail = append(head, tail...), nil
	}
	l.link, l.size, l.tail, l.off = to, len(head), tail, 0
}

// length is that of the message.
func (l *lane) length() int { return l.size + len(l.tail) }

// through says whether the last block has been taken. A message always ends with padding.
func (l *lane) through() bool { return l.off > l.length() }

// block gives the next block, the last one padded.
func (l *lane) block() *[rate]byte {
	from, inTail := l.off, l.off-l.size
	l.off += rate
	switch {
	case l.off <= l.size:
		return (*[rate]byte)(l.head[from:])
	case len(l.tail) == 0:
		pad(l.head[from:l.off], l.size-from)
		return (*[rate]byte)(l.head[from:])
	case inTail >= 0 && inTail+rate <= len(l.tail):
		return (*[rate]byte)(l.tail[inTail:])
	}
	n := copy(l.part[:], l.head[min(from, l.size):l.size])
	n += copy(l.part[n:], l.tail[max(inTail, 0):])
	if n < rate {
		pad(l.part[:], n)
	}
	return &l.part
}

// pad fills a block of which so many bytes are the message's. It is Keccak's padding, not SHA-3's.
func pad(block []byte, n int) {
	clear(block[n:])
	block[n] = 0x01
	block[rate-1] |= 0x80
}

// absorb takes a block into the state of a lane, which the first block of a message finds empty. The words of the lanes
// alternate. They are written out because a loop over them takes half as long again.
func absorb(state *[lanes * words]uint64, i int, block *[rate]byte, first bool) {
	s := (*[lanes*words - lanes + 1]uint64)(state[i&(lanes-1):])
	keep := ^uint64(0)
	if first {
		keep = 0
		for w := rate / 8; w < words; w++ {
			s[lanes*w] = 0
		}
	}
	le := binary.LittleEndian
	s[0] = s[0]&keep ^ le.Uint64(block[0:8])
	s[4] = s[4]&keep ^ le.Uint64(block[8:16])
	s[8] = s[8]&keep ^ le.Uint64(block[16:24])
	s[12] = s[12]&keep ^ le.Uint64(block[24:32])
	s[16] = s[16]&keep ^ le.Uint64(block[32:40])
	s[20] = s[20]&keep ^ le.Uint64(block[40:48])
	s[24] = s[24]&keep ^ le.Uint64(block[48:56])
	s[28] = s[28]&keep ^ le.Uint64(block[56:64])
	s[32] = s[32]&keep ^ le.Uint64(block[64:72])
	s[36] = s[36]&keep ^ le.Uint64(block[72:80])
	s[40] = s[40]&keep ^ le.Uint64(block[80:88])
	s[44] = s[44]&keep ^ le.Uint64(block[88:96])
	s[48] = s[48]&keep ^ le.Uint64(block[96:104])
	s[52] = s[52]&keep ^ le.Uint64(block[104:112])
	s[56] = s[56]&keep ^ le.Uint64(block[112:120])
	s[60] = s[60]&keep ^ le.Uint64(block[120:128])
	s[64] = s[64]&keep ^ le.Uint64(block[128:136])
}

// squeeze reads the hash out of the state of a lane.
func squeeze(state *[lanes * words]uint64, i int, name *ref) {
	name.size = common.HashLength
	for w := range common.HashLength / 8 {
		binary.LittleEndian.PutUint64(name.data[8*w:], state[lanes*w+i])
	}
}
