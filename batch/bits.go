package batch

import "math/bits"

// bitList is a list of bits as the span format has it: a big-endian number, filled up with zero bits to whole bytes, in
// which bit i, counted from the least significant, belongs to element i.
type bitList []byte

// bitListSize is the number of bytes for n bits.
func bitListSize(n int) int { return (n + 7) / 8 }

// fits says whether no bit is set for an element from n on.
func (l bitList) fits(n int) bool { return n%8 == 0 || l[0]>>(n%8) == 0 }

func (l bitList) bit(i int) bool { return l[len(l)-1-i/8]>>(i%8)&1 == 1 }

// ones counts the bits that are set.
func (l bitList) ones() (n int) {
	for _, b := range l {
		n += bits.OnesCount8(b)
	}
	return n
}

// bitBuilder collects the bits of a bitList. It keeps them in reverse order of bytes, in which they can grow.
type bitBuilder struct {
	count int
	bytes []byte
}

func (b *bitBuilder) add(bit bool) {
	if b.count%8 == 0 {
		b.bytes = append(b.bytes, 0)
	}
	if bit {
		b.bytes[b.count/8] |= 1 << (b.count % 8)
	}
	b.count++
}

func (b *bitBuilder) appendTo(dst []byte) []byte {
	for i := len(b.bytes) - 1; i >= 0; i-- {
		dst = append(dst, b.bytes[i])
	}
	return dst
}
