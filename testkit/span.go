package testkit

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
)

// RawSpan writes a span batch column by column, with nothing checked. For the columns after the block count there is one
// string: only tests of malformed batches need this, and each of them needs other ones.
type RawSpan struct {
	RelTimestamp, L1Origin uint64
	Parent, Origin         common.Hash
	Blocks                 uint64
	Rest                   []byte
}

// Encode gives the item, type included.
func (s RawSpan) Encode() []byte {
	out := binary.AppendUvarint([]byte{1}, s.RelTimestamp)
	out = binary.AppendUvarint(out, s.L1Origin)
	out = append(out, s.Parent[:20]...)
	out = append(out, s.Origin[:20]...)
	return append(binary.AppendUvarint(out, s.Blocks), s.Rest...)
}

// OneTx are the columns of a span of one block with one transaction, whose data column is given.
func OneTx(creation bool, data []byte, nonce, gas uint64) []byte {
	out := []byte{0, 1, byte(flag(creation)), 0} // origin bits, transactions, creation, parity
	out = append(out, make([]byte, 64)...)       // signature
	if !creation {
		out = append(out, make([]byte, 20)...)
	}
	out = append(out, data...)
	return binary.AppendUvarint(binary.AppendUvarint(out, nonce), gas)
}
