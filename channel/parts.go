package channel

import "io"

// parts reads data that lies in parts, and gives byte for byte and read for read what a [bytes.Reader] of the joined data
// gives: a read is short only where the data ends. Where it matters how the input is cut (see newDecompressor), the frames
// of a channel therefore leave no trace.
type parts struct {
	part []byte   // being read
	at   int      // how far
	rest [][]byte // that follow
}

// more says whether there is a byte left, and goes to the part that has it.
func (r *parts) more() bool {
	for r.at == len(r.part) {
		if len(r.rest) == 0 {
			return false
		}
		r.part, r.at, r.rest = r.rest[0], 0, r.rest[1:]
	}
	return true
}

// Read fills p, or gives all that is left; after that it gives io.EOF.
func (r *parts) Read(p []byte) (n int, err error) {
	if !r.more() {
		return 0, io.EOF
	}
	for n < len(p) && r.more() {
		k := copy(p[n:], r.part[r.at:])
		n, r.at = n+k, r.at+k
	}
	return n, nil
}

// ReadByte makes a buffer between the parts and the decompressor of zlib unnecessary.
func (r *parts) ReadByte() (byte, error) {
	if r.at == len(r.part) && !r.more() {
		return 0, io.EOF
	}
	b := r.part[r.at]
	r.at++
	return b, nil
}
