package store

import (
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// An entry is 0x00 ‖ u64 BE L1 number → L1 hash ‖ L2 hash ‖ u64 BE L2 number (RULES 8.5).
const (
	table     = 0x00 // first byte of every key
	keySize   = 1 + 8
	valueSize = 2*common.HashLength + 8
)

// keyOf is the key of an L1 block's entry. Keys are in the order of the numbers.
func keyOf(l1 uint64) []byte { return binary.BigEndian.AppendUint64([]byte{table}, l1) }

// tableEnd is the first key behind all entries.
func tableEnd() []byte { return []byte{table + 1} }

func parseKey(key []byte) (l1 uint64, err error) {
	if len(key) != keySize || key[0] != table {
		return 0, fmt.Errorf("key 0x%x is none of a safe-head index", key)
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

func valueOf(l1, l2 eth.BlockID) []byte {
	value := make([]byte, 0, valueSize)
	value = append(value, l1.Hash[:]...)
	value = append(value, l2.Hash[:]...)
	return binary.BigEndian.AppendUint64(value, l2.Number)
}

func parseValue(number uint64, value []byte) (l1, l2 eth.BlockID, err error) {
	if len(value) != valueSize {
		return eth.BlockID{}, eth.BlockID{}, fmt.Errorf("the safe-head entry of L1 block %d is corrupt: it has %d bytes, not %d", number, len(value), valueSize)
	}
	l1 = eth.BlockID{Hash: common.Hash(value[:32]), Number: number}
	l2 = eth.BlockID{Hash: common.Hash(value[32:64]), Number: binary.BigEndian.Uint64(value[64:])}
	return l1, l2, nil
}
