package rollup

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// SystemConfig is what the SystemConfig contract on L1 says at some L1 block. There are two of them in derivation: the
// one as of the L1 block being read decides whose data counts; the one as of the L2 head's origin goes into blocks.
// JSON as op-node's.
type SystemConfig struct {
	BatcherAddr common.Address `json:"batcherAddr"`
	// Overhead is the fixed L1 fee overhead before Ecotone; zero after.
	Overhead eth.Bytes32 `json:"overhead"`
	// Scalar is the L1 fee scalar before Ecotone, the versioned pair of scalars after (see Scalars).
	Scalar   eth.Bytes32 `json:"scalar"`
	GasLimit uint64      `json:"gasLimit"`
	// EIP1559Params is denominator ‖ elasticity, big endian; all zero means the chain's constants. From Holocene.
	EIP1559Params eth.Bytes8 `json:"eip1559Params"`
	// OperatorFeeParams holds the scalar in bytes 20..24 and the constant in bytes 24..32. From Isthmus.
	OperatorFeeParams eth.Bytes32 `json:"operatorFeeParams"`
	// MinBaseFee in wei. From Jovian.
	MinBaseFee uint64 `json:"minBaseFee"`
	// DAFootprintGasScalar in gas per byte; 0 means 400. From Jovian.
	DAFootprintGasScalar uint16 `json:"daFootprintGasScalar"`
}

// OperatorFee reads scalar and constant out of OperatorFeeParams.
func (s *SystemConfig) OperatorFee() (scalar uint32, constant uint64) {
	return binary.BigEndian.Uint32(s.OperatorFeeParams[20:24]), binary.BigEndian.Uint64(s.OperatorFeeParams[24:32])
}

// EncodeOperatorFee is the inverse of OperatorFee.
func EncodeOperatorFee(scalar uint32, constant uint64) (out eth.Bytes32) {
	binary.BigEndian.PutUint32(out[20:24], scalar)
	binary.BigEndian.PutUint64(out[24:32], constant)
	return out
}

// EIP1559 reads denominator and elasticity out of EIP1559Params.
func (s *SystemConfig) EIP1559() (denominator, elasticity uint32) {
	return DecodeEIP1559Params(s.EIP1559Params)
}

// DecodeEIP1559Params splits the 8 bytes denominator ‖ elasticity.
func DecodeEIP1559Params(p eth.Bytes8) (denominator, elasticity uint32) {
	return binary.BigEndian.Uint32(p[:4]), binary.BigEndian.Uint32(p[4:])
}

// EncodeEIP1559Params is the inverse of DecodeEIP1559Params.
func EncodeEIP1559Params(denominator, elasticity uint32) (out eth.Bytes8) {
	binary.BigEndian.PutUint32(out[:4], denominator)
	binary.BigEndian.PutUint32(out[4:], elasticity)
	return out
}
