package attributes

import (
	"encoding/binary"
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// ExtraData is what the extraData of an L2 header carries: nothing before Holocene, EIP-1559 parameters from Holocene,
// and a minimum base fee too from Jovian (specs: exec-engine.md of Holocene and Jovian).
type ExtraData struct {
	EIP1559Params eth.Bytes8
	MinBaseFee    uint64 // wei
}

// Sizes in bytes and versions of the two layouts.
const (
	holoceneExtraSize    = 9
	holoceneExtraVersion = 0
	jovianExtraSize      = 17
	jovianExtraVersion   = 1
)

// Encode writes the layout of the rules. Before Holocene it is empty.
func (e ExtraData) Encode(rules *rollup.L2Rules) []byte {
	switch {
	case rules.MinBaseFee:
		data := make([]byte, 0, jovianExtraSize)
		data = append(data, jovianExtraVersion)
		data = append(data, e.EIP1559Params[:]...)
		return binary.BigEndian.AppendUint64(data, e.MinBaseFee)
	case rules.EIP1559Params:
		return append([]byte{holoceneExtraVersion}, e.EIP1559Params[:]...)
	default:
		return nil
	}
}

// DecodeExtraData reads the extraData of a block after genesis and refuses what an engine would refuse: another size or
// version, and a zero denominator or elasticity.
func DecodeExtraData(data []byte, rules *rollup.L2Rules) (ExtraData, error) {
	size, version := 0, byte(0)
	switch {
	case rules.MinBaseFee:
		size, version = jovianExtraSize, jovianExtraVersion
	case rules.EIP1559Params:
		size, version = holoceneExtraSize, holoceneExtraVersion
	}
	if len(data) != size {
		return ExtraData{}, fmt.Errorf("extraData has %d bytes, want %d", len(data), size)
	}
	if size == 0 {
		return ExtraData{}, nil
	}
	if data[0] != version {
		return ExtraData{}, fmt.Errorf("extraData has version %d, want %d", data[0], version)
	}
	e := ExtraData{EIP1559Params: eth.Bytes8(data[1:9])}
	if denominator, elasticity := rollup.DecodeEIP1559Params(e.EIP1559Params); denominator == 0 || elasticity == 0 {
		return ExtraData{}, fmt.Errorf("extraData has denominator %d and elasticity %d, want both positive", denominator, elasticity)
	}
	if size == jovianExtraSize {
		e.MinBaseFee = binary.BigEndian.Uint64(data[9:])
	}
	return e, nil
}
