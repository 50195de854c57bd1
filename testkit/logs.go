package testkit

import (
	"encoding/binary"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Events of the two contracts.
var (
	DepositTopic = crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)"))
	UpdateTopic  = crypto.Keccak256Hash([]byte("ConfigUpdate(uint256,uint8,bytes)"))
)

// Kinds of updates, the third topic of a ConfigUpdate.
const (
	UpdateBatcher = iota
	UpdateFeeScalars
	UpdateGasLimit
	UpdateUnsafeBlockSigner
	UpdateEIP1559Params
	UpdateOperatorFee
	UpdateMinBaseFee
	UpdateDAFootprint
	UpdateKinds // their number
)

// Word is a number as an ABI word.
func Word(n uint64) (w common.Hash) {
	binary.BigEndian.PutUint64(w[24:], n)
	return w
}

// abiBytes is a byte string as the only value of an event, without padding.
func abiBytes(payload []byte) []byte {
	offset, length := Word(32), Word(uint64(len(payload)))
	return append(append(offset[:], length[:]...), payload...)
}

// UpdateLog is a ConfigUpdate of a kind with a payload.
func UpdateLog(kind uint64, payload ...common.Hash) *types.Log {
	var data []byte
	for _, word := range payload {
		data = append(data, word[:]...)
	}
	return &types.Log{
		Address: ConfigAddress, Topics: []common.Hash{UpdateTopic, {}, Word(kind)}, Data: abiBytes(data),
	}
}

// BatcherLog makes somebody the batcher.
func BatcherLog(batcher common.Address) *types.Log {
	return UpdateLog(UpdateBatcher, common.BytesToHash(batcher[:]))
}

// Deposit is a deposit as the contract logs it.
type Deposit struct {
	From, To    common.Address
	Mint, Value *big.Int
	Gas         uint64
	Creation    byte
	Data        []byte
}

// Log is what the contract emits: the opaque data in whole words.
func (d Deposit) Log() *types.Log {
	var opaque [73]byte
	d.Mint.FillBytes(opaque[:32])
	d.Value.FillBytes(opaque[32:64])
	binary.BigEndian.PutUint64(opaque[64:], d.Gas)
	opaque[72] = d.Creation
	data := abiBytes(append(opaque[:], d.Data...))
	for len(data)%32 != 0 {
		data = append(data, 0)
	}
	return &types.Log{
		Address: PortalAddress, Data: data,
		Topics: []common.Hash{DepositTopic, common.BytesToHash(d.From[:]), common.BytesToHash(d.To[:]), {}},
	}
}
