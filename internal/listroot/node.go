package listroot

import (
	"math/bits"

	"github.com/ethereum/go-ethereum/common"
)

// ref is how a node is named in the one above: by its RLP if that is shorter than a hash, else by its hash.
type ref struct {
	size byte // of what is in data: a hash has 32 bytes, and 0 means that there is no node
	data [common.HashLength]byte
}

func (r *ref) isHash() bool { return r.size == common.HashLength }

// len is the length of what append appends.
func (r *ref) len() int {
	if r.isHash() || r.size == 0 {
		return int(r.size) + 1
	}
	return int(r.size)
}

// append appends the node's name: a hash as an RLP string, no node as the empty one.
func (r *ref) append(dst []byte) []byte {
	if r.isHash() || r.size == 0 {
		dst = append(dst, 0x80+r.size)
	}
	return append(dst, r.data[:r.size]...)
}

// link is where a node belongs.
type link struct {
	up   *branch // nil: at the top
	slot int
	skip path // nibbles between the branch above and the node: if there are any, an extension stands between them
}

// branch is a branch node that is not hashed yet. Keys of a list end in no branch, so it has no value.
type branch struct {
	link          // known when it is closed
	depth    int  // nibbles above
	pending  int  // children whose names are not known yet
	open     bool // there may be more children
	children [16]ref
}

// branchSize is the length of the largest branch in RLP: 16 hashes, no value, and the header.
const branchSize = 3 + 16*(1+common.HashLength) + 1

// RLP of strings and lists of 56 bytes and more has the length of the length in its first byte.
const (
	shortString, longString = 0x80, 0xb7
	shortList, longList     = 0xc0, 0xf7
	longFrom                = 56
)

// appendHeader appends what stands in front of so many bytes of a string or list.
func appendHeader(dst []byte, short, long byte, size int) []byte {
	if size < longFrom {
		return append(dst, short+byte(size))
	}
	bytes := (bits.Len(uint(size)) + 7) / 8
	dst = append(dst, long+byte(bytes))
	for i := bytes - 1; i >= 0; i-- {
		dst = append(dst, byte(size>>(8*i)))
	}
	return dst
}

// appendLeaf appends a leaf without the last bytes of it, which are those of the element.
func appendLeaf(dst []byte, rest path, element []byte) []byte {
	var room [9]byte
	header := room[:0]
	if len(element) > 1 || element[0] >= 0x80 {
		header = appendHeader(header, shortString, longString, len(element))
	}
	dst = appendHeader(dst, shortList, longList, pathSize(rest)+len(header)+len(element))
	return append(appendPath(dst, flagLeaf, rest), header...)
}

func appendExtension(dst []byte, skip path, child *ref) []byte {
	dst = appendHeader(dst, shortList, longList, pathSize(skip)+child.len())
	return child.append(appendPath(dst, 0, skip))
}

func appendBranch(dst []byte, b *branch) []byte {
	size := 1
	for i := range b.children {
		size += b.children[i].len()
	}
	dst = appendHeader(dst, shortList, longList, size)
	for i := range b.children {
		dst = b.children[i].append(dst)
	}
	return append(dst, shortString)
}
