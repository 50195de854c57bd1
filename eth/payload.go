package eth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Bytes8 is an 8-byte value that is hex in JSON.
type Bytes8 [8]byte

// MarshalText writes 0x-hex.
func (b Bytes8) MarshalText() ([]byte, error) { return hexutil.Bytes(b[:]).MarshalText() }

// UnmarshalText reads exactly 8 bytes of 0x-hex.
func (b *Bytes8) UnmarshalText(text []byte) error {
	return hexutil.UnmarshalFixedText("Bytes8", text, b[:])
}

func (b Bytes8) String() string { return hexutil.Encode(b[:]) }

// Bytes32 is a 32-byte value that is hex in JSON and is not a hash.
type Bytes32 [32]byte

// MarshalText writes 0x-hex.
func (b Bytes32) MarshalText() ([]byte, error) { return hexutil.Bytes(b[:]).MarshalText() }

// UnmarshalText reads exactly 32 bytes of 0x-hex.
func (b *Bytes32) UnmarshalText(text []byte) error {
	return hexutil.UnmarshalFixedText("Bytes32", text, b[:])
}

func (b Bytes32) String() string { return hexutil.Encode(b[:]) }

// PayloadID names a building job of an engine.
type PayloadID = Bytes8

// PayloadAttributes is the order to build one L2 block (specs: exec-engine, extended PayloadAttributes). Which
// optional fields are present depends on the forks active at Timestamp.
type PayloadAttributes struct {
	Timestamp             uint64
	PrevRandao            common.Hash
	SuggestedFeeRecipient common.Address
	Withdrawals           *types.Withdrawals // nil before Canyon, empty from Canyon
	ParentBeaconBlockRoot *common.Hash       // nil before Ecotone
	Transactions          []hexutil.Bytes    // forced transactions, EIP-2718 encoded, in block order
	NoTxPool              bool               // true: nothing but Transactions goes into the block
	GasLimit              uint64
	EIP1559Params         *Bytes8 // denominator ‖ elasticity, big endian; nil before Holocene
	MinBaseFee            *uint64 // wei; nil before Jovian
}

type payloadAttributesJSON struct {
	Timestamp             hexutil.Uint64     `json:"timestamp"`
	PrevRandao            common.Hash        `json:"prevRandao"`
	SuggestedFeeRecipient common.Address     `json:"suggestedFeeRecipient"`
	Withdrawals           *types.Withdrawals `json:"withdrawals,omitempty"`
	ParentBeaconBlockRoot *common.Hash       `json:"parentBeaconBlockRoot,omitempty"`
	Transactions          []hexutil.Bytes    `json:"transactions,omitempty"`
	NoTxPool              bool               `json:"noTxPool,omitempty"`
	GasLimit              *hexutil.Uint64    `json:"gasLimit,omitempty"`
	EIP1559Params         *Bytes8            `json:"eip1559Params,omitempty"`
	MinBaseFee            *uint64            `json:"minBaseFee,omitempty"` // a JSON number, as op-geth has it
}

// MarshalJSON writes the Engine API form.
func (a PayloadAttributes) MarshalJSON() ([]byte, error) {
	return json.Marshal(payloadAttributesJSON{
		Timestamp: hexutil.Uint64(a.Timestamp), PrevRandao: a.PrevRandao, SuggestedFeeRecipient: a.SuggestedFeeRecipient,
		Withdrawals: a.Withdrawals, ParentBeaconBlockRoot: a.ParentBeaconBlockRoot, Transactions: a.Transactions,
		NoTxPool: a.NoTxPool, GasLimit: (*hexutil.Uint64)(&a.GasLimit), EIP1559Params: a.EIP1559Params, MinBaseFee: a.MinBaseFee,
	})
}

// UnmarshalJSON reads the Engine API form. The gas limit is required: an OP Stack engine refuses attributes without.
func (a *PayloadAttributes) UnmarshalJSON(text []byte) error {
	var in payloadAttributesJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.GasLimit == nil {
		return errors.New("payload attributes: missing gasLimit")
	}
	*a = PayloadAttributes{
		Timestamp: uint64(in.Timestamp), PrevRandao: in.PrevRandao, SuggestedFeeRecipient: in.SuggestedFeeRecipient,
		Withdrawals: in.Withdrawals, ParentBeaconBlockRoot: in.ParentBeaconBlockRoot, Transactions: in.Transactions,
		NoTxPool: in.NoTxPool, GasLimit: uint64(*in.GasLimit), EIP1559Params: in.EIP1559Params, MinBaseFee: in.MinBaseFee,
	}
	return nil
}

// DepositsOnly is the same order without every transaction that is not a deposit (specs: Holocene, deposits-only
// replacement of an invalid block). Upgrade transactions are deposits and stay.
func (a PayloadAttributes) DepositsOnly() PayloadAttributes {
	var kept []hexutil.Bytes
	for _, tx := range a.Transactions {
		if IsDeposit(tx) {
			kept = append(kept, tx)
		}
	}
	a.Transactions = kept
	return a
}

// OnlyDeposits says whether no transaction but deposits is forced.
func (a *PayloadAttributes) OnlyDeposits() bool {
	for _, tx := range a.Transactions {
		if !IsDeposit(tx) {
			return false
		}
	}
	return true
}

// IsDeposit says whether an encoded transaction is of the deposit type 0x7E.
func IsDeposit(tx []byte) bool { return len(tx) > 0 && tx[0] == types.DepositTxType }

// ExecutionPayload is an L2 block as the Engine API carries it.
type ExecutionPayload struct {
	ParentHash      common.Hash
	FeeRecipient    common.Address
	StateRoot       common.Hash
	ReceiptsRoot    common.Hash
	LogsBloom       types.Bloom
	PrevRandao      common.Hash
	BlockNumber     uint64
	GasLimit        uint64
	GasUsed         uint64
	Timestamp       uint64
	ExtraData       []byte
	BaseFeePerGas   *big.Int
	BlockHash       common.Hash
	Transactions    []hexutil.Bytes
	Withdrawals     *types.Withdrawals // nil before Canyon
	BlobGasUsed     *uint64            // nil before Ecotone; the DA footprint from Jovian
	ExcessBlobGas   *uint64            // nil before Ecotone
	WithdrawalsRoot *common.Hash       // nil before Isthmus
}

// ID is the identity of the block.
func (p *ExecutionPayload) ID() BlockID { return BlockID{Hash: p.BlockHash, Number: p.BlockNumber} }

type executionPayloadJSON struct {
	ParentHash      common.Hash        `json:"parentHash"`
	FeeRecipient    common.Address     `json:"feeRecipient"`
	StateRoot       common.Hash        `json:"stateRoot"`
	ReceiptsRoot    common.Hash        `json:"receiptsRoot"`
	LogsBloom       types.Bloom        `json:"logsBloom"`
	PrevRandao      common.Hash        `json:"prevRandao"`
	BlockNumber     hexutil.Uint64     `json:"blockNumber"`
	GasLimit        hexutil.Uint64     `json:"gasLimit"`
	GasUsed         hexutil.Uint64     `json:"gasUsed"`
	Timestamp       hexutil.Uint64     `json:"timestamp"`
	ExtraData       hexutil.Bytes      `json:"extraData"`
	BaseFeePerGas   *hexutil.Big       `json:"baseFeePerGas"`
	BlockHash       common.Hash        `json:"blockHash"`
	Transactions    []hexutil.Bytes    `json:"transactions"`
	Withdrawals     *types.Withdrawals `json:"withdrawals,omitempty"`
	BlobGasUsed     *hexutil.Uint64    `json:"blobGasUsed,omitempty"`
	ExcessBlobGas   *hexutil.Uint64    `json:"excessBlobGas,omitempty"`
	WithdrawalsRoot *common.Hash       `json:"withdrawalsRoot,omitempty"`
}

// MarshalJSON writes the Engine API form.
func (p ExecutionPayload) MarshalJSON() ([]byte, error) {
	txs := p.Transactions
	if txs == nil {
		txs = []hexutil.Bytes{}
	}
	return json.Marshal(executionPayloadJSON{
		ParentHash: p.ParentHash, FeeRecipient: p.FeeRecipient, StateRoot: p.StateRoot, ReceiptsRoot: p.ReceiptsRoot,
		LogsBloom: p.LogsBloom, PrevRandao: p.PrevRandao, BlockNumber: hexutil.Uint64(p.BlockNumber),
		GasLimit: hexutil.Uint64(p.GasLimit), GasUsed: hexutil.Uint64(p.GasUsed), Timestamp: hexutil.Uint64(p.Timestamp),
		ExtraData: p.ExtraData, BaseFeePerGas: (*hexutil.Big)(p.BaseFeePerGas), BlockHash: p.BlockHash, Transactions: txs,
		Withdrawals: p.Withdrawals, BlobGasUsed: (*hexutil.Uint64)(p.BlobGasUsed),
		ExcessBlobGas: (*hexutil.Uint64)(p.ExcessBlobGas), WithdrawalsRoot: p.WithdrawalsRoot,
	})
}

// UnmarshalJSON reads the Engine API form.
func (p *ExecutionPayload) UnmarshalJSON(text []byte) error {
	var in executionPayloadJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.BaseFeePerGas == nil {
		return fmt.Errorf("payload %s: missing baseFeePerGas", in.BlockHash)
	}
	*p = ExecutionPayload{
		ParentHash: in.ParentHash, FeeRecipient: in.FeeRecipient, StateRoot: in.StateRoot, ReceiptsRoot: in.ReceiptsRoot,
		LogsBloom: in.LogsBloom, PrevRandao: in.PrevRandao, BlockNumber: uint64(in.BlockNumber),
		GasLimit: uint64(in.GasLimit), GasUsed: uint64(in.GasUsed), Timestamp: uint64(in.Timestamp),
		ExtraData: in.ExtraData, BaseFeePerGas: in.BaseFeePerGas.ToInt(), BlockHash: in.BlockHash, Transactions: in.Transactions,
		Withdrawals: in.Withdrawals, BlobGasUsed: (*uint64)(in.BlobGasUsed),
		ExcessBlobGas: (*uint64)(in.ExcessBlobGas), WithdrawalsRoot: in.WithdrawalsRoot,
	}
	return nil
}

// PayloadEnvelope is an L2 block with the one header field that the payload lacks.
type PayloadEnvelope struct {
	ParentBeaconBlockRoot *common.Hash      `json:"parentBeaconBlockRoot,omitempty"` // nil before Ecotone
	ExecutionPayload      *ExecutionPayload `json:"executionPayload"`
}
