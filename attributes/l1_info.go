package attributes

import (
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// L1Info is what the first transaction of an L2 block tells the L2 about its L1 origin and about the system config
// (RULES 6.2). A format carries some of the fields; the others are zero.
type L1Info struct {
	Number         uint64      // of the L1 origin
	Time           uint64      // of the L1 origin, seconds since 1970
	BaseFee        uint256.Int // of the L1 origin, wei
	BlockHash      common.Hash // of the L1 origin
	SequenceNumber uint64      // L2 blocks since the first of the epoch
	BatcherAddr    common.Address

	// Bedrock format only.
	L1FeeOverhead eth.Bytes32
	L1FeeScalar   eth.Bytes32

	// From the Ecotone format on.
	BlobBaseFee       uint256.Int // of the L1 origin, wei per blob gas
	BaseFeeScalar     uint32
	BlobBaseFeeScalar uint32

	// From the Isthmus format on.
	OperatorFeeScalar   uint32
	OperatorFeeConstant uint64

	// From the Jovian format on; gas per byte, never 0 in a derived block.
	DAFootprintGasScalar uint16
}

// infoLayouts gives size and selector of the call data for each format.
var infoLayouts = [...]struct {
	selector [4]byte
	size     int
}{
	rollup.InfoBedrock: {[4]byte{0x01, 0x5d, 0x8e, 0xb9}, 4 + 8*wordSize}, // setL1BlockValues(…)
	rollup.InfoEcotone: {[4]byte{0x44, 0x0a, 0x5e, 0x20}, 164},            // setL1BlockValuesEcotone()
	rollup.InfoIsthmus: {[4]byte{0x09, 0x89, 0x99, 0xbe}, 176},            // setL1BlockValuesIsthmus()
	rollup.InfoJovian:  {[4]byte{0x3d, 0xb6, 0xbe, 0x2b}, 178},            // setL1BlockValuesJovian()
}

// Encode writes the call data of the L1 info transaction.
func (i *L1Info) Encode(f rollup.InfoFormat) []byte {
	layout := infoLayouts[f]
	data := make([]byte, layout.size)
	copy(data, layout.selector[:])
	if f == rollup.InfoBedrock {
		i.putBedrock(data)
		return data
	}
	binary.BigEndian.PutUint32(data[4:], i.BaseFeeScalar)
	binary.BigEndian.PutUint32(data[8:], i.BlobBaseFeeScalar)
	binary.BigEndian.PutUint64(data[12:], i.SequenceNumber)
	binary.BigEndian.PutUint64(data[20:], i.Time)
	binary.BigEndian.PutUint64(data[28:], i.Number)
	i.BaseFee.WriteToSlice(data[36:68])
	i.BlobBaseFee.WriteToSlice(data[68:100])
	copy(data[100:132], i.BlockHash[:])
	copy(data[144:164], i.BatcherAddr[:])
	if f >= rollup.InfoIsthmus {
		binary.BigEndian.PutUint32(data[164:], i.OperatorFeeScalar)
		binary.BigEndian.PutUint64(data[168:], i.OperatorFeeConstant)
	}
	if f >= rollup.InfoJovian {
		binary.BigEndian.PutUint16(data[176:], i.DAFootprintGasScalar)
	}
	return data
}

// putBedrock writes the eight ABI words after the selector.
func (i *L1Info) putBedrock(data []byte) {
	words := data[4:]
	binary.BigEndian.PutUint64(words[24:], i.Number)
	binary.BigEndian.PutUint64(words[wordSize+24:], i.Time)
	i.BaseFee.WriteToSlice(words[2*wordSize : 3*wordSize])
	copy(words[3*wordSize:], i.BlockHash[:])
	binary.BigEndian.PutUint64(words[4*wordSize+24:], i.SequenceNumber)
	copy(words[5*wordSize+12:], i.BatcherAddr[:])
	copy(words[6*wordSize:], i.L1FeeOverhead[:])
	copy(words[7*wordSize:], i.L1FeeScalar[:])
}

// ParseL1Info reads the call data of an L1 info transaction. It accepts exactly what Encode writes: the size and selector
// of the format, and zeros where a value is padded.
func ParseL1Info(data []byte, f rollup.InfoFormat) (L1Info, error) {
	layout := infoLayouts[f]
	if len(data) != layout.size {
		return L1Info{}, fmt.Errorf("L1 info has %d bytes, want %d", len(data), layout.size)
	}
	if selector := [4]byte(data); selector != layout.selector {
		return L1Info{}, fmt.Errorf("L1 info has selector %x, want %x", selector, layout.selector)
	}
	if f == rollup.InfoBedrock {
		return parseBedrockInfo(data[4:])
	}
	batcher, ok := wordAddress(data[132:164])
	if !ok {
		return L1Info{}, fmt.Errorf("L1 info has batcher hash %x, want an address", data[132:164])
	}
	i := L1Info{
		BaseFeeScalar:     binary.BigEndian.Uint32(data[4:]),
		BlobBaseFeeScalar: binary.BigEndian.Uint32(data[8:]),
		SequenceNumber:    binary.BigEndian.Uint64(data[12:]),
		Time:              binary.BigEndian.Uint64(data[20:]),
		Number:            binary.BigEndian.Uint64(data[28:]),
		BaseFee:           *new(uint256.Int).SetBytes32(data[36:68]),
		BlobBaseFee:       *new(uint256.Int).SetBytes32(data[68:100]),
		BlockHash:         common.Hash(data[100:132]),
		BatcherAddr:       batcher,
	}
	if f >= rollup.InfoIsthmus {
		i.OperatorFeeScalar = binary.BigEndian.Uint32(data[164:])
		i.OperatorFeeConstant = binary.BigEndian.Uint64(data[168:])
	}
	if f >= rollup.InfoJovian {
		i.DAFootprintGasScalar = binary.BigEndian.Uint16(data[176:])
	}
	return i, nil
}

func parseBedrockInfo(words []byte) (L1Info, error) {
	number, okNumber := wordUint64(words)
	time, okTime := wordUint64(words[wordSize:])
	sequence, okSequence := wordUint64(words[4*wordSize:])
	batcher, okBatcher := wordAddress(words[5*wordSize:])
	if !okNumber || !okTime || !okSequence || !okBatcher {
		return L1Info{}, fmt.Errorf("L1 info has a value out of range (number %t, time %t, sequence number %t, batcher %t in range)",
			okNumber, okTime, okSequence, okBatcher)
	}
	return L1Info{
		Number:         number,
		Time:           time,
		BaseFee:        *new(uint256.Int).SetBytes32(words[2*wordSize : 3*wordSize]),
		BlockHash:      common.Hash(words[3*wordSize : 4*wordSize]),
		SequenceNumber: sequence,
		BatcherAddr:    batcher,
		L1FeeOverhead:  eth.Bytes32(words[6*wordSize : 7*wordSize]),
		L1FeeScalar:    eth.Bytes32(words[7*wordSize : 8*wordSize]),
	}, nil
}
