package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/listroot"
	"github.com/cairn-rollup/cairn/rollup"
)

// PayloadByNumber is a block of the canonical chain; eth.ErrNotFound when there is none, with the fault
// eth.EnginePruned when the engine has its header but not its transactions.
func (c *Client) PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	env, err := c.block(ctx, byNumber, hexutil.Uint64(number))
	if err == nil && env.ExecutionPayload.BlockNumber != number {
		return nil, fault(eth.EngineLying, "asked for block %d, got %d", number, env.ExecutionPayload.BlockNumber)
	}
	return env, err
}

// PayloadByHash is any block that the engine has; eth.ErrNotFound as PayloadByNumber gives it.
func (c *Client) PayloadByHash(ctx context.Context, hash common.Hash) (*eth.PayloadEnvelope, error) {
	env, err := c.block(ctx, byHash, hash)
	if err == nil && env.ExecutionPayload.BlockHash != hash {
		return nil, fault(eth.EngineLying, "asked for block %s, got %s", hash, env.ExecutionPayload.BlockHash)
	}
	return env, err
}

// PayloadByLabel is the block that a label is at; eth.ErrNotFound when it is not set, with the fault eth.EnginePruned
// when it is set and the block's transactions are not there. Labels are latest, safe, finalized.
func (c *Client) PayloadByLabel(ctx context.Context, label string) (*eth.PayloadEnvelope, error) {
	switch label {
	case "latest", "safe", "finalized":
		return c.block(ctx, byNumber, label)
	default:
		return nil, fmt.Errorf("unknown label %q", label)
	}
}

// lookup is a way to ask for a block, and for its header only. Not every engine serves the latter.
type lookup struct{ block, header string }

var (
	byNumber = lookup{"eth_getBlockByNumber", "eth_getHeaderByNumber"}
	byHash   = lookup{"eth_getBlockByHash", "eth_getHeaderByHash"}
)

// block fetches a block with all transactions and makes a payload of it.
func (c *Client) block(ctx context.Context, by lookup, which any) (*eth.PayloadEnvelope, error) {
	var raw json.RawMessage
	err := c.call(ctx, &raw, by.block, which, true)
	if err == nil && (len(raw) == 0 || string(raw) == "null") {
		err = c.missing(ctx, by, which)
	}
	var env *eth.PayloadEnvelope
	if err == nil {
		env, err = decodeBlock(raw, c.cfg)
	}
	switch {
	case err == nil:
		return env, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	if number, ok := which.(hexutil.Uint64); ok {
		which = uint64(number)
	}
	err = fmt.Errorf("engine's block %v: %w", which, err)
	switch _, isLabel := which.(string); {
	case eth.FaultOf(err) != "":
		return nil, err
	case errors.Is(err, eth.ErrNotFound) && !isLabel: // whoever asks by number or hash has reason to think it is there
		return nil, eth.WithFault(eth.EngineForgotBlock, err)
	default:
		return nil, eth.WithFault(eth.EngineError, err)
	}
}

// missing tells a block that is not there from one whose header is: engines keep headers when they prune, and geth
// answers null for a body that a snapshot lacks.
func (c *Client) missing(ctx context.Context, by lookup, which any) error {
	var header *struct {
		Number hexutil.Big `json:"number"`
	}
	if err := c.call(ctx, &header, by.header, which); err == nil && header != nil {
		return fault(eth.EnginePruned, "the engine has the header of block %s, and not its transactions: %w", header.Number.String(), eth.ErrNotFound)
	}
	return eth.ErrNotFound
}

// decodeBlock makes a payload of a block with transactions in JSON, as eth_getBlockBy* gives it. The header has to hash
// to the block's hash, and the transactions to the header's transactions root; none at all, where the root says that
// there are some, is how reth gives a block whose body it has pruned.
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
		return nil, fault(eth.EngineLying, "block %d says its hash is %s, but its header hashes to %s", header.Number, body.Hash, hash)
	case !header.Number.IsUint64():
		return nil, fmt.Errorf("block number %d", header.Number)
	case header.BaseFee == nil:
		return nil, fmt.Errorf("block %d has no base fee", header.Number)
	case body.Withdrawals != nil && len(*body.Withdrawals) > 0:
		return nil, fault(eth.EngineLying, "block %d has withdrawals: no L2 block does", header.Number)
	case len(body.Transactions) == 0 && header.TxHash != types.EmptyTxsHash:
		return nil, fault(eth.EnginePruned, "the engine has the header of block %d, and not its transactions: %w", header.Number, eth.ErrNotFound)
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
	if root := listroot.Of(txs); root != header.TxHash {
		return nil, fault(eth.EngineLying, "transactions of block %d have root %s, its header says %s", header.Number, root, header.TxHash)
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
