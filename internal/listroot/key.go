package listroot

import "math/bits"

// path is a run of nibbles: a key, or a part of it.
type path struct {
	bits uint64 // the first nibble on top; what is behind the last does not matter
	n    int
}

// keyOf is RLP of an index. Those of 2^56 and above would not fit, and no list is that long.
func keyOf(index int) path {
	switch {
	case index == 0:
		return path{bits: 0x80 << 56, n: 2}
	case index < 0x80:
		return path{bits: uint64(index) << 56, n: 2}
	}
	size := (bits.Len(uint(index)) + 7) / 8
	return path{bits: uint64(0x80+size)<<56 | uint64(index)<<(56-8*size), n: 2 + 2*size}
}

// at is a nibble.
func (p path) at(i int) int { return int(p.bits >> (60 - 4*i) & 0xf) }

// part is what is from nibble i to before nibble j.
func (p path) part(i, j int) path { return path{bits: p.bits << (4 * i), n: j - i} }

// shared is how many nibbles two different keys begin with in common. No key is the beginning of another.
func shared(a, b path) int { return bits.LeadingZeros64(a.bits^b.bits) / 4 }

// Flags of hex-prefix encoding.
const (
	flagOdd  = 0x10
	flagLeaf = 0x20
)

// appendPath appends RLP of a path in hex-prefix encoding. An RLP string of one byte below 0x80 is that byte.
func appendPath(dst []byte, flag byte, p path) []byte {
	if p.n > 1 {
		dst = append(dst, 0x80+byte(p.n/2+1))
	}
	if p.n%2 == 1 {
		flag |= flagOdd | byte(p.at(0))
		p.bits <<= 4
	}
	dst = append(dst, flag)
	for range p.n / 2 {
		dst = append(dst, byte(p.bits>>56))
		p.bits <<= 8
	}
	return dst
}

// pathSize is the length of what appendPath appends.
func pathSize(p path) int {
	if p.n > 1 {
		return p.n/2 + 2
	}
	return 1
}
