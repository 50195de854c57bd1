package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// PayloadByNumber is a block of the canonical chain; eth.ErrNotFound when there is none.
func (c *Client) PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	env, err := c.block(ctx, "eth_getBlockByNumber", hexutil.Uint64(number))
	if err == nil && env.ExecutionPayload.BlockNumber != number {
		return nil, fmt.Errorf("asked for block %d, got %d", number, env.ExecutionPayload.BlockNumber)
	}
	return env, err
}

// PayloadByHash is any block that the engine has; eth.ErrNotFound when it does not.
func (c *Client) PayloadByHash(ctx context.Context, hash common.Hash) (*eth.PayloadEnvelope, error) {
	env, err := c.block(ctx, "eth_getBlockByHash", hash)
	if err == nil && env.ExecutionPayload.BlockHash != hash {
		return nil, fmt.Errorf("asked for block %s, got %s", hash, env.ExecutionPayload.BlockHash)
	}
	return env, err
}

// PayloadByLabel is the block that a label is at; eth.ErrNotFound when it is not set. Labels are latest, safe, finalized.
func (c *Client) PayloadByLabel(ctx context.Context, label string) (*eth.PayloadEnvelope, error) {
	switch label {
	case "latest", "safe", "finalized":
		return c.block(ctx, "eth_getBlockByNumber", label)
	default:
		return nil, fmt.Errorf("unknown label %q", label)
	}
}

// block fetches a block with all transactions and makes a payload of it.
func (c *Client) block(ctx context.Context, method string, which any) (*eth.PayloadEnvelope, error) {
	var raw json.RawMessage
	if err := c.call(ctx, &raw, method, which, true); err != nil {
		// op-geth has no code for a label that is not set, only words: "safe block not found".
		if strings.Contains(err.Error(), "block not found") {
			return nil, fmt.Errorf("%s %v: %w", method, which, eth.ErrNotFound)
		}
		return nil, err
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, fmt.Errorf("%s %v: %w", method, which, eth.ErrNotFound)
	}
	env, err := decodeBlock(raw, c.cfg)
	if err != nil {
		return nil, fmt.Errorf("%s %v: %w", method, which, err)
	}
	return env, nil
}

// decodeBlock makes a payload of a block with transactions in JSON, as eth_getBlockBy* gives it. The header has to hash
// to the block's hash, and the transactions to the header's transactions root.
func decodeBlock(raw []byte, cfg *rollup.Config) (*eth.PayloadEnvelope, error) {
	var header types.Header
	if err := json.Unmarshal(raw, &header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	var body struct {
		Hash         common.Hash          `json:"hash"`
		Transactions []*types.Transaction `json:"transactions"`
		Withdrawals  *types.Withdrawals   `json:"withdrawals"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	switch hash := header.Hash(); {
	case hash != body.Hash:
		return nil, fmt.Errorf("block %d says its hash is %s, but its header hashes to %s", header.Number, body.Hash, hash)
	case !header.Number.IsUint64():
		return nil, fmt.Errorf("block number %d", header.Number)
	case header.BaseFee == nil:
		return nil, fmt.Errorf("block %d has no base fee", header.Number)
	}
	txs := make([]hexutil.Bytes, len(body.Transactions))
	for i, tx := range body.Transactions {
		if tx == nil {
			return nil, fmt.Errorf("transaction %d of block %d is null", i, header.Number)
		}
		enc, err := tx.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("transaction %d of block %d: %w", i, header.Number, err)
		}
		txs[i] = enc
	}
	if root := transactionsRoot(txs); root != header.TxHash {
		return nil, fmt.Errorf("transactions of block %d have root %s, its header says %s", header.Number, root, header.TxHash)
	}
	p := &eth.ExecutionPayload{
		ParentHash: header.ParentHash, FeeRecipient: header.Coinbase, StateRoot: header.Root, ReceiptsRoot: header.ReceiptHash,
		LogsBloom: header.Bloom, PrevRandao: header.MixDigest, BlockNumber: header.Number.Uint64(), GasLimit: header.GasLimit,
		GasUsed: header.GasUsed, Timestamp: header.Time, ExtraData: header.Extra, BaseFeePerGas: header.BaseFee,
		BlockHash: body.Hash, Transactions: txs, Withdrawals: body.Withdrawals, BlobGasUsed: header.BlobGasUsed,
		ExcessBlobGas: header.ExcessBlobGas,
	}
	if cfg.L2Rules(header.Time).WithdrawalsRoot {
		p.WithdrawalsRoot = header.WithdrawalsHash
	}
	return &eth.PayloadEnvelope{ParentBeaconBlockRoot: header.ParentBeaconRoot, ExecutionPayload: p}, nil
}
