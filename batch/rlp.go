package batch

import (
	"encoding/binary"
	"math/bits"
)

// RLP, as strict as geth's decoder: lengths and numbers have one encoding each, and a value must fit its container.
// Reflection and intermediate values cost more than the rest of span decoding together, hence this instead of geth's.

const (
	rlpString     = 0x80 // first byte of a string of up to 55 bytes, length added
	rlpLongString = 0xB7 // first byte of a longer one, length of the length added
	rlpList       = 0xC0
	rlpLongList   = 0xF7
	rlpShort      = 55 // bytes whose length fits the first byte
)

// Sizes of what a number may have in bytes, big endian without leading zeros.
const (
	uint8Bytes   = 1
	uint64Bytes  = 8
	uint256Bytes = 32
	anyBytes     = 1 << 62
)

// rlpHeader reads the header of the value at the start of b: bytes of the header, bytes of the content. It does not say
// that the content is there.
func rlpHeader(b []byte) (list bool, head int, size uint64, ok bool) {
	if len(b) == 0 {
		return false, 0, 0, false
	}
	switch c := b[0]; {
	case c < rlpString:
		return false, 0, 1, true
	case c <= rlpLongString:
		// A byte below 0x80 is its own encoding and must not have another.
		if c == rlpString+1 && len(b) > 1 && b[1] < rlpString {
			return false, 0, 0, false
		}
		return false, 1, uint64(c - rlpString), true
	case c < rlpList:
		head, size, ok = rlpLongHeader(b, int(c-rlpLongString))
		return false, head, size, ok
	case c <= rlpLongList:
		return true, 1, uint64(c - rlpList), true
	default:
		head, size, ok = rlpLongHeader(b, int(c-rlpLongList))
		return true, head, size, ok
	}
}

// rlpLongHeader reads a length of n bytes after the first.
func rlpLongHeader(b []byte, n int) (head int, size uint64, ok bool) {
	if len(b) < 1+n || b[1] == 0 {
		return 0, 0, false
	}
	for _, c := range b[1 : 1+n] {
		size = size<<8 | uint64(c)
	}
	return 1 + n, size, size > rlpShort
}

// rlpSplit takes the first value off b: its content and what follows it.
func rlpSplit(b []byte) (list bool, content, rest []byte, ok bool) {
	list, head, size, ok := rlpHeader(b)
	if !ok || size > uint64(len(b)-head) {
		return false, nil, nil, false
	}
	end := head + int(size)
	return list, b[head:end], b[end:], true
}

// takeString takes a string off b.
func takeString(b []byte) (content, rest []byte, ok bool) {
	list, content, rest, ok := rlpSplit(b)
	return content, rest, ok && !list
}

// takeList takes a list off b.
func takeList(b []byte) (content, rest []byte, ok bool) {
	list, content, rest, ok := rlpSplit(b)
	return content, rest, ok && list
}

// takeInt takes a number of at most limit bytes off b.
func takeInt(b []byte, limit int) (content, rest []byte, ok bool) {
	content, rest, ok = takeString(b)
	return content, rest, ok && len(content) <= limit && (len(content) == 0 || content[0] != 0)
}

// takeRawInt is takeInt that gives the number with its header.
func takeRawInt(b []byte, limit int) (raw, rest []byte, ok bool) {
	_, rest, ok = takeInt(b, limit)
	return b[:len(b)-len(rest)], rest, ok
}

// takeUint64 takes a number of at most 64 bits off b.
func takeUint64(b []byte) (n uint64, rest []byte, ok bool) {
	content, rest, ok := takeInt(b, uint64Bytes)
	if !ok {
		return 0, nil, false
	}
	for _, c := range content {
		n = n<<8 | uint64(c)
	}
	return n, rest, true
}

// takeFixed takes a string of exactly size bytes off b.
func takeFixed(b []byte, size int) (content, rest []byte, ok bool) {
	content, rest, ok = takeString(b)
	return content, rest, ok && len(content) == size
}

// headerSize is the length of the header of a list, or of a string other than a single byte below 0x80.
func headerSize(size int) int {
	if size <= rlpShort {
		return 1
	}
	return 1 + byteLen(uint64(size))
}

func byteLen(n uint64) int { return (bits.Len64(n) + 7) / 8 }

// uintSize is the encoded length of a number.
func uintSize(n uint64) int {
	if n < rlpString {
		return 1
	}
	return 1 + byteLen(n)
}

// intSize is the encoded length of a number given as its bytes without leading zeros, at most 55.
func intSize(n []byte) int {
	if len(n) == 1 && n[0] < rlpString {
		return 1
	}
	return 1 + len(n)
}

// stringSize is the encoded length of a string.
func stringSize(s []byte) int {
	if len(s) == 1 && s[0] < rlpString {
		return 1
	}
	return headerSize(len(s)) + len(s)
}

func appendHeader(dst []byte, short, long byte, size int) []byte {
	if size <= rlpShort {
		return append(dst, short+byte(size))
	}
	n := byteLen(uint64(size))
	dst = append(dst, long+byte(n))
	return appendBigEndian(dst, uint64(size), n)
}

func appendBigEndian(dst []byte, n uint64, size int) []byte {
	var buf [8]byte
	binary.BigEndian.PutUint64(buf[:], n)
	return append(dst, buf[8-size:]...)
}

func appendListHeader(dst []byte, size int) []byte {
	return appendHeader(dst, rlpList, rlpLongList, size)
}

func appendUint(dst []byte, n uint64) []byte {
	if n != 0 && n < rlpString {
		return append(dst, byte(n))
	}
	size := byteLen(n)
	return appendBigEndian(append(dst, rlpString+byte(size)), n, size)
}

func appendString(dst, s []byte) []byte {
	if len(s) == 1 && s[0] < rlpString {
		return append(dst, s[0])
	}
	return append(appendHeader(dst, rlpString, rlpLongString, len(s)), s...)
}
