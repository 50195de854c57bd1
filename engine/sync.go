package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// SyncTo gives a block to an engine as the target to sync to by itself, from its own peers (RULES 7.8: newPayload, then
// forkchoiceUpdated with the block as head). Called again with later blocks, it moves the target.
//
// done says that the engine has the block's state and made it its head (forkchoiceUpdated: VALID). Not done and no error:
// it took the target and is on its way; newPayload may say VALID, SYNCING or ACCEPTED, forkchoiceUpdated SYNCING. How far
// it is, Syncing tells; that it never arrives, for want of peers say, only time tells.
//
// The labels of fc may be zero, and safe and finalized should be until the first sync is done: an engine refuses what it
// does not have yet. Errors are those of Insert, but for EngineSyncing and a head that is unknown, which are no errors
// here: eth.RejectedError for INVALID of either call, eth.ErrForkchoice for labels that the engine finds contradictory.
func (c *Client) SyncTo(ctx context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) (done bool, err error) {
	if p := env.ExecutionPayload; fc.HeadBlockHash != p.BlockHash {
		return false, fmt.Errorf("sync to block %s with head %s", p.BlockHash, fc.HeadBlockHash)
	}
	if _, err := c.tellPayload(ctx, env); err != nil {
		return false, err
	}
	status, _, err := c.tellForkchoice(ctx, fc, nil)
	return status == statusValid, err
}

// SyncProgress is how far an engine is with a sync of its own.
type SyncProgress struct {
	Starting uint64 // block at which the sync began; 0 where the engine does not say
	Current  uint64 // block the engine is at
	Highest  uint64 // block it has heard of; never below Current
	// Stage is what the engine is busy with, "" where it does not say. Current may be Highest all the while: geth fetches
	// state after blocks, and says that it syncs until its index of transactions is made.
	Stage string
}

// Syncing asks an engine how far it is (eth_syncing); nil: it says that it does not sync. Before an engine has been
// given a target it says so too.
func (c *Client) Syncing(ctx context.Context) (*SyncProgress, error) {
	const method = "eth_syncing"
	var raw json.RawMessage
	if err := c.call(ctx, &raw, method); err != nil {
		return nil, err
	}
	if string(raw) == "false" {
		return nil, nil
	}
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil, fault(eth.EngineError, "%s: neither false nor an object: %s", method, clip(string(raw)))
	}
	var in syncingJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fault(eth.EngineError, "%s: %w", method, err)
	}
	return &SyncProgress{
		Starting: uint64(in.StartingBlock), Current: uint64(in.CurrentBlock),
		Highest: uint64(max(in.HighestBlock, in.CurrentBlock)), Stage: in.stage(),
	}, nil
}

// syncingJSON has the numbers that all engines give, those of geth by which its stage is known, and the stages of reth
// and erigon, which name the fields differently.
type syncingJSON struct {
	StartingBlock hexutil.Uint64 `json:"startingBlock"`
	CurrentBlock  hexutil.Uint64 `json:"currentBlock"`
	HighestBlock  hexutil.Uint64 `json:"highestBlock"`

	SyncedAccounts   hexutil.Uint64 `json:"syncedAccounts"`
	HealingTrienodes hexutil.Uint64 `json:"healingTrienodes"`
	HealingBytecode  hexutil.Uint64 `json:"healingBytecode"`
	TxIndexRemaining hexutil.Uint64 `json:"txIndexRemainingBlocks"`

	Stages []struct {
		Name        string         `json:"name"`
		StageName   string         `json:"stage_name"`
		Block       hexutil.Uint64 `json:"block"`
		BlockNumber hexutil.Uint64 `json:"block_number"`
	} `json:"stages"`
}

// stage is the first stage that is behind, or what is left when geth has all blocks.
func (in *syncingJSON) stage() string {
	for _, s := range in.Stages {
		if max(s.Block, s.BlockNumber) < in.HighestBlock {
			return clip(s.Name + s.StageName)
		}
	}
	switch {
	case in.HealingTrienodes > 0, in.HealingBytecode > 0:
		return "state healing"
	case in.CurrentBlock < in.HighestBlock:
		return ""
	case in.TxIndexRemaining > 0:
		return "transaction index"
	case in.SyncedAccounts > 0:
		return "state"
	default:
		return ""
	}
}
