package gossip

import (
	"sync"

	"github.com/golang/snappy"
)

// Limits of a message, in bytes.
const (
	// MaxMessageSize bounds the message as gossiped as well as what it decompresses to.
	MaxMessageSize = 10 << 20
	// minMessageSize is a signature and at least one byte that it signs.
	minMessageSize = SignatureSize + 1
)

// maxExpansion is more than snappy can expand: a copy of up to 64 bytes takes 3, so no input grows 22-fold. A header that
// claims more is a lie that can be told before any memory is taken.
const maxExpansion = 22

// buffers are for decompressed messages, which live as long as a check.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest buffer kept: messages above it are rare, and some of them hostile.
const maxPooled = 1 << 20

func getBuffer() *[]byte { return buffers.Get().(*[]byte) }

func putBuffer(b *[]byte) {
	if cap(*b) <= maxPooled {
		buffers.Put(b)
	}
}

// decompress undoes snappy block compression into dst, which it replaces by a larger one where it must. Lengths are
// checked before memory is taken.
func decompress(dst, data []byte) ([]byte, Reason) {
	length, err := snappy.DecodedLen(data)
	switch {
	case err != nil:
		return nil, BadSnappy
	case length > MaxMessageSize:
		return nil, TooLarge
	case length > maxExpansion*len(data):
		return nil, BadSnappy
	}
	plain, err := snappy.Decode(dst[:cap(dst)], data)
	if err != nil {
		return nil, BadSnappy
	}
	return plain, OK
}

// open decompresses a message into dst and takes signature and signed bytes apart. Both are parts of plain.
func open(dst, data []byte) (plain []byte, sig Signature, body []byte, reason Reason) {
	length, err := snappy.DecodedLen(data)
	if err == nil && length < minMessageSize {
		return nil, sig, nil, TooSmall
	}
	if plain, reason = decompress(dst, data); reason != OK {
		return nil, sig, nil, reason
	}
	return plain, Signature(plain[:SignatureSize]), plain[SignatureSize:], OK
}
