package attributes

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
)

// wordSize is the size of a Solidity ABI word in bytes.
const wordSize = 32

// wordUint64 reads a word as uint64; false when it does not fit.
func wordUint64(word []byte) (uint64, bool) {
	return binary.BigEndian.Uint64(word[24:32]), isZero(word[:24])
}

// wordAddress reads a word as address; false when the 12 bytes of padding are not zero.
func wordAddress(word []byte) (common.Address, bool) {
	return common.Address(word[12:32]), isZero(word[:12])
}

func isZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
