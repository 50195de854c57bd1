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

// UpdateReason enumerates why an update of the system config was not taken. The words of String are stable: metrics and
// golden files are keyed by them.
type UpdateReason uint8

// The reasons, in the order they are looked for. What each means stands in the table below.
const (
	UpdateTaken UpdateReason = iota
	UpdateTopics
	UpdateVersion
	UpdateType
	UpdateLayout
	UpdateRange
	UpdateOneZero
	UpdateScalarVersion

	updateReasonCount
)

const configUpdates = "system-config.md, system config updates (1.2)"

// updateReasonText is what there is to say about a reason: what String, Why and Rule give.
type updateReasonText struct{ word, why, rule string }

var updateReasons = [updateReasonCount]updateReasonText{
	UpdateTaken:   {"taken", "nothing speaks against the update", ""},
	UpdateTopics:  {"topic-count", "the log has more or fewer than three topics", configUpdates},
	UpdateVersion: {"event-version", "the update's version is not 0", configUpdates},
	UpdateType:    {"update-type", "the update's type is none of 0 to 7", configUpdates},
	UpdateLayout:  {"data-layout", "the log's data is not exactly one ABI byte string of the size for the update's type", configUpdates},
	UpdateRange:   {"value-out-of-range", "the new value is too large for its type: its padding is not 0", configUpdates},
	UpdateOneZero: {
		"one-eip1559-param-zero", "one of the EIP-1559 denominator and elasticity is 0, but not both", "op-node (1.2)",
	},
	UpdateScalarVersion: {
		"scalar-encoding", "the fee scalar is not in the versioned encoding, which it must be in from Ecotone on",
		"system-config.md, post-Ecotone scalar encoding (1.2)",
	},
}

func (r UpdateReason) text() updateReasonText {
	if r >= updateReasonCount {
		return updateReasonText{word: fmt.Sprintf("update-reason-%d", uint8(r))}
	}
	return updateReasons[r]
}

// String gives the reason's stable word, in kebab case.
func (r UpdateReason) String() string { return r.text().word }

// Why says in a sentence what was found against what the rule wants. It is empty for a number without a reason.
func (r UpdateReason) Why() string { return r.text().why }

// Rule gives the file and section of the specs that the rule comes from, or op-node where it decides what they leave
// open, and in brackets the section of RULES. It is empty for an update that was taken.
func (r UpdateReason) Rule() string { return r.text().rule }

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
