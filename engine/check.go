package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/listroot"
	"github.com/cairn-rollup/cairn/rollup"
)

// check compares a sealed payload with the attributes it was ordered by. An impossible shape is a rejection (RULES 7.3,
// payload sanity); another block than the one ordered, or a wrong block hash, is an engine that cannot be used. Either
// way it is the engine that is wrong.
func (j *job) check(env *eth.PayloadEnvelope, rules rollup.L2Rules) error {
	p, a := env.ExecutionPayload, j.attrs
	if err := depositsFirst(p.Transactions); err != nil {
		return eth.WithFault(eth.EngineLying, eth.Rejected("%s", err))
	}
	differs := func(field string, got, want any) error {
		return fault(eth.EngineLying, "engine built another block than ordered: %s is %v, ordered %v", field, got, want)
	}
	switch {
	case p.ParentHash != j.parent:
		return differs("parent", p.ParentHash, j.parent)
	case p.Timestamp != a.Timestamp:
		return differs("timestamp", p.Timestamp, a.Timestamp)
	case p.PrevRandao != a.PrevRandao:
		return differs("prevRandao", p.PrevRandao, a.PrevRandao)
	case p.FeeRecipient != a.SuggestedFeeRecipient:
		return differs("fee recipient", p.FeeRecipient, a.SuggestedFeeRecipient)
	case p.GasLimit != a.GasLimit:
		return differs("gas limit", p.GasLimit, a.GasLimit)
	case len(p.Transactions) < len(a.Transactions) || a.NoTxPool && len(p.Transactions) != len(a.Transactions):
		return differs("number of transactions", len(p.Transactions), len(a.Transactions))
	case p.Withdrawals != nil && len(*p.Withdrawals) > 0: // the block hash is computed without them
		return differs("number of withdrawals", len(*p.Withdrawals), 0)
	}
	for i, tx := range a.Transactions {
		if !bytes.Equal(p.Transactions[i], tx) {
			return differs(fmt.Sprintf("hash of transaction %d", i), crypto.Keccak256Hash(p.Transactions[i]), crypto.Keccak256Hash(tx))
		}
	}
	// Only OP Stack engines return the beacon root; it was ours anyway, and the block hash covers it.
	env.ParentBeaconBlockRoot = a.ParentBeaconBlockRoot
	if hash := blockHash(env, rules); hash != p.BlockHash {
		return fault(eth.EngineLying, "engine built block %d with hash %s, but its content hashes to %s", p.BlockNumber, p.BlockHash, hash)
	}
	return nil
}

// depositsFirst is the shape of every L2 block: it starts with the L1 info deposit, and deposits come before the rest.
func depositsFirst(txs []hexutil.Bytes) error {
	if len(txs) == 0 || !eth.IsDeposit(txs[0]) {
		return errors.New("the first transaction is not a deposit")
	}
	for i := 1; i < len(txs); i++ {
		if eth.IsDeposit(txs[i]) && !eth.IsDeposit(txs[i-1]) {
			return fmt.Errorf("transaction %d is a deposit behind a transaction that is none", i)
		}
	}
	return nil
}

// blockHash computes the hash of the header that a payload stands for.
func blockHash(env *eth.PayloadEnvelope, rules rollup.L2Rules) common.Hash {
	p := env.ExecutionPayload
	h := types.Header{
		ParentHash: p.ParentHash, UncleHash: types.EmptyUncleHash, Coinbase: p.FeeRecipient, Root: p.StateRoot,
		TxHash: listroot.Of(p.Transactions), ReceiptHash: p.ReceiptsRoot,
		Bloom: p.LogsBloom, Difficulty: new(big.Int), Number: new(big.Int).SetUint64(p.BlockNumber), GasLimit: p.GasLimit,
		GasUsed: p.GasUsed, Time: p.Timestamp, Extra: p.ExtraData, MixDigest: p.PrevRandao, BaseFee: p.BaseFeePerGas,
		BlobGasUsed: p.BlobGasUsed, ExcessBlobGas: p.ExcessBlobGas, ParentBeaconRoot: env.ParentBeaconBlockRoot,
	}
	if rules.Withdrawals {
		h.WithdrawalsHash = &types.EmptyWithdrawalsHash
	}
	if rules.WithdrawalsRoot {
		h.WithdrawalsHash, h.RequestsHash = p.WithdrawalsRoot, &types.EmptyRequestsHash
	}
	return h.Hash()
}
