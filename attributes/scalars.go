package attributes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/cairn-rollup/cairn/eth"
)

// Scalars are the two L1 fee scalars from Ecotone on, which SystemConfig.Scalar packs into one word (specs: Ecotone,
// protocol/ecotone/l1-attributes.md, and protocol/system-config.md).
type Scalars struct {
	BaseFee     uint32 // multiplies the L1 base fee
	BlobBaseFee uint32 // multiplies the L1 blob base fee
}

// Versions of the packed word, in its first byte.
const (
	scalarBedrock = 0 // base fee scalar only
	scalarEcotone = 1
)

// ErrScalar means that a fee scalar is not in the versioned encoding.
var ErrScalar = errors.New("invalid fee scalar")

var errDirtyBedrockScalar = fmt.Errorf("%w: version 0 has other bytes than the last four set", ErrScalar)

// Encode packs the scalars in version 1.
func (s Scalars) Encode() (word eth.Bytes32) {
	word[0] = scalarEcotone
	binary.BigEndian.PutUint32(word[24:28], s.BlobBaseFee)
	binary.BigEndian.PutUint32(word[28:32], s.BaseFee)
	return word
}

// DecodeScalars unpacks a word; the error is an ErrScalar. An update with such a word is not taken.
func DecodeScalars(word eth.Bytes32) (Scalars, error) {
	baseFee := binary.BigEndian.Uint32(word[28:32])
	switch version := word[0]; {
	case version == scalarBedrock && !isZero(word[1:28]):
		return Scalars{}, errDirtyBedrockScalar
	case version == scalarBedrock:
		return Scalars{BaseFee: baseFee}, nil
	case version == scalarEcotone && !isZero(word[1:24]):
		return Scalars{}, fmt.Errorf("%w: version 1 has padding %x", ErrScalar, word[1:24])
	case version == scalarEcotone:
		return Scalars{BaseFee: baseFee, BlobBaseFee: binary.BigEndian.Uint32(word[24:28])}, nil
	default:
		return Scalars{}, fmt.Errorf("%w: unknown version %d", ErrScalar, version)
	}
}

// scalarsInUse reads the word of a system config for an L2 block from Ecotone on. A word from before Ecotone was never
// checked: a number of more than 32 bits counts as the largest scalar (RULES 1.2); any other fault is an error.
func scalarsInUse(word eth.Bytes32) (Scalars, error) {
	s, err := DecodeScalars(word)
	if errors.Is(err, errDirtyBedrockScalar) {
		return Scalars{BaseFee: math.MaxUint32}, nil
	}
	return s, err
}
