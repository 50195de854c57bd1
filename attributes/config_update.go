package attributes

import (
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// configUpdateTopic is keccak256("ConfigUpdate(uint256,uint8,bytes)").
var configUpdateTopic = common.HexToHash("0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be")

// What an update is about, the third topic as a number (specs: protocol/system-config.md).
const (
	updateBatcher = iota
	updateFeeScalars
	updateGasLimit
	updateUnsafeBlockSigner
	updateEIP1559Params
	updateOperatorFee
	updateMinBaseFee
	updateDAFootprint
)

// UpdateReason enumerates why an update of the system config was not taken.
type UpdateReason uint8

// The reasons, in the order they are looked for.
const (
	UpdateTaken         UpdateReason = iota
	UpdateTopics                     // not exactly three topics
	UpdateVersion                    // second topic is not version 0
	UpdateType                       // third topic is no known type
	UpdateLayout                     // data is not exactly one ABI byte string of the type's size
	UpdateRange                      // a value does not fit: its padding is not zero
	UpdateOneZero                    // one of denominator and elasticity is zero and the other is not
	UpdateScalarVersion              // fee scalar not in the versioned encoding, from Ecotone on
)

var updateReasons = [...]string{
	"taken", "topic-count", "event-version", "update-type", "data-layout", "value-out-of-range", "one-eip1559-param-zero",
	"scalar-encoding",
}

func (r UpdateReason) String() string {
	if int(r) < len(updateReasons) {
		return updateReasons[r]
	}
	return fmt.Sprintf("update-reason-%d", uint8(r))
}

// IgnoredUpdate is a log of the system config contract that changed nothing because it is malformed.
type IgnoredUpdate struct {
	LogIndex uint // in the L1 block
	Reason   UpdateReason
}

// UpdateSystemConfig applies the ConfigUpdate logs of one L1 block, in order, to the system config as of its parent
// (RULES 1.2). Logs of failed transactions must not be among them; logs of other contracts and other events are passed
// over. A malformed update is left out and the others still count. No update waits for a fork, but the meaning of fee
// scalars depends on the time of the L1 block.
func UpdateSystemConfig(
	cfg *rollup.Config, sys rollup.SystemConfig, logs []*types.Log, l1Time uint64,
) (rollup.SystemConfig, []IgnoredUpdate) {
	var ignored []IgnoredUpdate
	for _, log := range logs {
		if log.Address != cfg.L1SystemConfigAddress || len(log.Topics) == 0 || log.Topics[0] != configUpdateTopic {
			continue
		}
		next, reason := applyUpdate(sys, log, cfg.L1Rules(l1Time).EcotoneScalars)
		if reason != UpdateTaken {
			ignored = append(ignored, IgnoredUpdate{LogIndex: log.Index, Reason: reason})
			continue
		}
		sys = next
	}
	return sys, ignored
}

// applyUpdate gives the config after one log; it means something only when the reason is UpdateTaken.
func applyUpdate(sys rollup.SystemConfig, log *types.Log, ecotone bool) (rollup.SystemConfig, UpdateReason) {
	if len(log.Topics) != 3 {
		return sys, UpdateTopics
	}
	if log.Topics[1] != (common.Hash{}) {
		return sys, UpdateVersion
	}
	kind, ok := wordUint64(log.Topics[2][:])
	if !ok || kind > updateDAFootprint {
		return sys, UpdateType
	}
	if kind == updateUnsafeBlockSigner {
		return sys, UpdateTaken // concerns gossip, not derivation; the data is not even read
	}
	words := 1
	if kind == updateFeeScalars {
		words = 2
	}
	payload, ok := abiBytes(log.Data, words*wordSize)
	if !ok {
		return sys, UpdateLayout
	}
	switch kind {
	case updateBatcher:
		sys.BatcherAddr, ok = wordAddress(payload)
	case updateFeeScalars:
		return applyFeeScalars(sys, eth.Bytes32(payload[:wordSize]), eth.Bytes32(payload[wordSize:]), ecotone)
	case updateGasLimit:
		sys.GasLimit, ok = wordUint64(payload)
	case updateEIP1559Params:
		sys.EIP1559Params = eth.Bytes8(payload[24:])
		if !validEIP1559Params(sys.EIP1559Params) {
			return sys, UpdateOneZero
		}
	case updateOperatorFee:
		sys.OperatorFeeParams = eth.Bytes32(payload)
	case updateMinBaseFee:
		sys.MinBaseFee, ok = wordUint64(payload)
	case updateDAFootprint:
		sys.DAFootprintGasScalar = binary.BigEndian.Uint16(payload[30:])
		ok = isZero(payload[:30])
	}
	if !ok {
		return sys, UpdateRange
	}
	return sys, UpdateTaken
}

func applyFeeScalars(sys rollup.SystemConfig, overhead, scalar eth.Bytes32, ecotone bool) (rollup.SystemConfig, UpdateReason) {
	if !ecotone {
		sys.Overhead, sys.Scalar = overhead, scalar
		return sys, UpdateTaken
	}
	if _, err := DecodeScalars(scalar); err != nil {
		return sys, UpdateScalarVersion
	}
	sys.Overhead, sys.Scalar = eth.Bytes32{}, scalar
	return sys, UpdateTaken
}

// abiBytes reads the event's data: offset 32, the size, and the payload; nothing after it.
func abiBytes(data []byte, size int) (payload []byte, ok bool) {
	if len(data) != 2*wordSize+size {
		return nil, false
	}
	offset, offsetOK := wordUint64(data)
	length, lengthOK := wordUint64(data[wordSize:])
	if !offsetOK || !lengthOK || offset != wordSize || length != uint64(size) {
		return nil, false
	}
	return data[2*wordSize:], true
}
