package oracle

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/rollup"
)

var configUpdate = crypto.Keccak256Hash([]byte("ConfigUpdate(uint256,uint8,bytes)"))

// updateSystemConfig applies what the system config contract says in an L1 block. An update that cannot be read is left out,
// the others count. No update waits for its fork: it is in force, it may just have no place in an L2 block yet.
func (d *derivation) updateSystemConfig(system rollup.SystemConfig, block *L1Block) rollup.SystemConfig {
	ecotone := d.active(rollup.Ecotone, block.Header.Time)
	for _, receipt := range block.Receipts {
		if receipt.Status != types.ReceiptStatusSuccessful {
			continue
		}
		for _, log := range receipt.Logs {
			if log.Address == d.config.L1SystemConfigAddress && len(log.Topics) > 0 && log.Topics[0] == configUpdate {
				applyUpdate(&system, log, ecotone)
			}
		}
	}
	return system
}

// applyUpdate applies one update (specs: system config updates): topics are the version, which is 0, and the type; data are
// ABI-encoded bytes of exactly the words the type has.
func applyUpdate(system *rollup.SystemConfig, log *types.Log, ecotone bool) {
	if len(log.Topics) != 3 || !isZero(log.Topics[1][:]) {
		return
	}
	words, ok := payload(log.Data)
	if !ok {
		return
	}
	one := func(zeros int) bool { return len(words) == 1 && isZero(words[0][:zeros]) }
	switch log.Topics[2] {
	case updateType(0): // batcher
		if one(12) {
			copy(system.BatcherAddr[:], words[0][12:])
		}
	case updateType(1): // fee scalars
		if len(words) != 2 {
			return
		}
		if !ecotone {
			system.Overhead, system.Scalar = words[0], words[1]
			return
		}
		// Version 0 has one scalar, version 1 has two.
		scalar := words[1]
		if scalar[0] == 0 && isZero(scalar[1:28]) || scalar[0] == 1 && isZero(scalar[1:24]) {
			system.Overhead, system.Scalar = [32]byte{}, scalar
		}
	case updateType(2): // gas limit
		if one(24) {
			system.GasLimit = getUint(words[0][24:])
		}
	case updateType(4): // EIP-1559 parameters: both or none
		if one(0) {
			denominator, elasticity := getUint(words[0][24:28]), getUint(words[0][28:32])
			if (denominator == 0) == (elasticity == 0) {
				copy(system.EIP1559Params[:], words[0][24:])
			}
		}
	case updateType(5): // operator fee
		if one(0) {
			system.OperatorFeeParams = words[0]
		}
	case updateType(6): // minimum base fee
		if one(24) {
			system.MinBaseFee = getUint(words[0][24:])
		}
	case updateType(7): // DA footprint gas scalar
		if one(30) {
			system.DAFootprintGasScalar = uint16(getUint(words[0][30:]))
		}
	}
}

// updateType is a type of update as the topic has it.
func updateType(x uint64) common.Hash { return common.BytesToHash(word(x)) }

// payload takes ABI-encoded bytes apart into words: where they start (32), their length, and so many words.
func payload(data []byte) (words [][32]byte, ok bool) {
	if len(data) < 64 || len(data)%32 != 0 {
		return nil, false
	}
	for rest := data; len(rest) > 0; rest = rest[32:] {
		words = append(words, [32]byte(rest[:32]))
	}
	start, length, words := words[0], words[1], words[2:]
	if start != [32]byte(word(32)) || length != [32]byte(word(uint64(32*len(words)))) {
		return nil, false
	}
	return words, true
}
