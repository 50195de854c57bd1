package geth

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/beacon/engine"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

// envelope is a block in the words of the engine port.
func (c *Chain) envelope(b *types.Block) (*eth.PayloadEnvelope, error) {
	p := &eth.ExecutionPayload{
		ParentHash: b.ParentHash(), FeeRecipient: b.Coinbase(), StateRoot: b.Root(), ReceiptsRoot: b.ReceiptHash(),
		LogsBloom: b.Bloom(), PrevRandao: b.MixDigest(), BlockNumber: b.NumberU64(), GasLimit: b.GasLimit(),
		GasUsed: b.GasUsed(), Timestamp: b.Time(), ExtraData: b.Extra(), BaseFeePerGas: b.BaseFee(), BlockHash: b.Hash(),
		Transactions: make([]hexutil.Bytes, len(b.Transactions())),
		BlobGasUsed:  b.BlobGasUsed(), ExcessBlobGas: b.ExcessBlobGas(),
	}
	for i, tx := range b.Transactions() {
		raw, err := tx.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("encode transaction %d of block %d: %w", i, b.NumberU64(), err)
		}
		p.Transactions[i] = raw
	}
	if c.rules.IsShanghai(b.Number(), b.Time()) {
		p.Withdrawals = &types.Withdrawals{}
	}
	if c.rules.IsOptimismIsthmus(b.Time()) {
		p.WithdrawalsRoot = b.WithdrawalsRoot()
	}
	return &eth.PayloadEnvelope{ParentBeaconBlockRoot: b.BeaconRoot(), ExecutionPayload: p}, nil
}

// decode makes a block of a payload. Errors are rejections: the checks are those of newPayload before execution.
func (c *Chain) decode(env *eth.PayloadEnvelope) (*types.Block, error) {
	p := env.ExecutionPayload
	data := engine.ExecutableData{
		ParentHash: p.ParentHash, FeeRecipient: p.FeeRecipient, StateRoot: p.StateRoot, ReceiptsRoot: p.ReceiptsRoot,
		LogsBloom: p.LogsBloom[:], Random: p.PrevRandao, Number: p.BlockNumber, GasLimit: p.GasLimit, GasUsed: p.GasUsed,
		Timestamp: p.Timestamp, ExtraData: p.ExtraData, BaseFeePerGas: p.BaseFeePerGas, BlockHash: p.BlockHash,
		Transactions: make([][]byte, len(p.Transactions)), BlobGasUsed: p.BlobGasUsed, ExcessBlobGas: p.ExcessBlobGas,
		WithdrawalsRoot: p.WithdrawalsRoot,
	}
	for i, raw := range p.Transactions {
		data.Transactions[i] = raw
	}
	switch {
	case p.BaseFeePerGas == nil:
		return nil, eth.Rejected("missing base fee")
	case p.Withdrawals != nil && len(*p.Withdrawals) > 0:
		return nil, eth.Rejected("withdrawals in an L2 block")
	case p.Withdrawals != nil:
		data.Withdrawals = []*types.Withdrawal{}
	}
	isthmus := c.rules.IsIsthmus(p.Timestamp)
	var requests [][]byte
	if isthmus {
		requests = [][]byte{}
	}
	if !isthmus && p.WithdrawalsRoot != nil {
		return nil, eth.Rejected("withdrawalsRoot before Isthmus")
	}
	block, err := engine.ExecutableDataToBlock(data, []common.Hash{}, env.ParentBeaconBlockRoot, requests, c.rules)
	if err != nil {
		return nil, eth.Rejected("%s", err)
	}
	return block, nil
}

// order turns attributes into an order on a parent. Errors are rejections; what depends on the parent is checked later.
func (c *Chain) order(parent common.Hash, a *eth.PayloadAttributes) (Order, error) {
	shanghai := c.rules.IsShanghai(c.rules.LondonBlock, a.Timestamp)
	switch {
	case shanghai && a.Withdrawals == nil:
		return Order{}, eth.Rejected("missing withdrawals")
	case !shanghai && a.Withdrawals != nil:
		return Order{}, eth.Rejected("withdrawals before Canyon")
	case a.Withdrawals != nil && len(*a.Withdrawals) > 0:
		return Order{}, eth.Rejected("withdrawals in an L2 block")
	}
	forced := make([]*types.Transaction, len(a.Transactions))
	for i, raw := range a.Transactions {
		forced[i] = new(types.Transaction)
		if err := forced[i].UnmarshalBinary(raw); err != nil {
			return Order{}, eth.Rejected("forced transaction %d: %s", i, err)
		}
	}
	if err := depositsFirst(forced); err != nil {
		return Order{}, eth.Rejected("%s", err)
	}
	return Order{
		Parent: parent, Time: a.Timestamp, Random: a.PrevRandao, Coinbase: a.SuggestedFeeRecipient,
		BeaconRoot: a.ParentBeaconBlockRoot, GasLimit: a.GasLimit, EIP1559Params: a.EIP1559Params, MinBaseFee: a.MinBaseFee,
		Forced: forced, Pool: !a.NoTxPool,
	}, nil
}

// depositsFirst is the shape of every L2 block: it starts with the L1 info deposit, and deposits come before the rest.
func depositsFirst(txs types.Transactions) error {
	if len(txs) == 0 || !txs[0].IsDepositTx() {
		return errors.New("the first transaction is not a deposit")
	}
	for i := 1; i < len(txs); i++ {
		if txs[i].IsDepositTx() && !txs[i-1].IsDepositTx() {
			return fmt.Errorf("transaction %d is a deposit behind a transaction that is none", i)
		}
	}
	return nil
}
