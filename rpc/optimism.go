package rpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Blocks reads the L2 chain.
type Blocks interface {
	PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
}

// Optimism is the optimism_ namespace.
type Optimism struct {
	Config  *rollup.Config
	Sync    func() eth.SyncStatus
	Blocks  Blocks
	RefOf   func(*eth.ExecutionPayload) (eth.L2Ref, error)
	Storage StorageRoots
	Release string // version of the program

	// SafeHeadAt gives the safe head as of an L1 block, and the L1 block from which that is known; eth.ErrNotFound if nothing
	// is recorded so early. Nil if the node keeps no such record.
	SafeHeadAt func(l1 uint64) (l1Block, safeHead eth.BlockID, err error)
}

// StorageRoots reads the storage root of the L2ToL1MessagePasser at a block, proven against the block's state root.
// Needed for blocks before Isthmus only.
type StorageRoots func(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error)

// API is what goes into the server: the methods become optimism_*.
func (o Optimism) API() any { return &optimismAPI{o} }

type optimismAPI struct{ o Optimism }

// SyncStatus is optimism_syncStatus.
func (a *optimismAPI) SyncStatus(context.Context) (eth.SyncStatus, error) { return a.o.Sync(), nil }

// RollupConfig is optimism_rollupConfig.
func (a *optimismAPI) RollupConfig(context.Context) (*rollup.Config, error) { return a.o.Config, nil }

// Version is optimism_version.
func (a *optimismAPI) Version(context.Context) (string, error) { return a.o.Release, nil }

// OutputAtBlock is optimism_outputAtBlock: the output root that a proposer would post for the block (specs: proposals).
func (a *optimismAPI) OutputAtBlock(ctx context.Context, number hexutil.Uint64) (*eth.OutputResponse, error) {
	envelope, err := a.o.Blocks.PayloadByNumber(ctx, uint64(number))
	if err != nil {
		return nil, fmt.Errorf("failed to get L2 block ref with sync status: %w", err)
	}
	block := envelope.ExecutionPayload
	ref, err := a.o.RefOf(block)
	if err != nil {
		return nil, fmt.Errorf("read L2 block %d: %w", number, err)
	}
	root, err := a.storageRoot(ctx, block)
	if err != nil {
		return nil, err
	}
	status := a.o.Sync()
	return &eth.OutputResponse{
		OutputRoot: eth.OutputRootV0(block.StateRoot, root, block.BlockHash), BlockRef: ref,
		WithdrawalStorageRoot: root, StateRoot: block.StateRoot, Status: &status,
	}, nil
}

// storageRoot is the storage root of the message passer. From Isthmus on the header has it; before, the header's
// withdrawals root means something else and a proof is needed (RULES 12.2).
func (a *optimismAPI) storageRoot(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error) {
	if a.o.Config.L2Rules(block.Timestamp).WithdrawalsRoot {
		if block.WithdrawalsRoot == nil {
			return common.Hash{}, errors.New("the engine's block lacks withdrawalsRoot although Isthmus is active")
		}
		return *block.WithdrawalsRoot, nil
	}
	return a.o.Storage(ctx, block)
}
