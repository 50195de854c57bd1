package rpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// StorageRoots reads the storage root of the L2ToL1MessagePasser at a block, proven against the block's state root.
type StorageRoots func(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error)

// OutputAtBlock is optimism_outputAtBlock: the output root that a proposer would post for the block (specs: proposals).
// The status with it never claims more than was so while the block was read: a proposer compares the two.
func (a *optimismAPI) OutputAtBlock(ctx context.Context, number hexutil.Uint64) (*eth.OutputResponse, error) {
	status := a.o.Sync()
	block, ref, err := a.block(ctx, uint64(number))
	if err != nil {
		return nil, fmt.Errorf("failed to get L2 block ref with sync status: %w", err)
	}
	if now := a.o.Sync(); now.SafeL2.Number < status.SafeL2.Number {
		status = now // L1 has gone back: the block may be of either chain
	}
	root, err := a.storageRoot(ctx, block)
	if err != nil {
		return nil, fmt.Errorf("failed to get L2 output at block %s:%d: %w", ref.Hash, ref.Number, err)
	}
	return &eth.OutputResponse{
		OutputRoot: eth.OutputRootV0(block.StateRoot, root, block.BlockHash), BlockRef: ref,
		WithdrawalStorageRoot: root, StateRoot: block.StateRoot, Status: &status,
	}, nil
}

func (a *optimismAPI) block(ctx context.Context, number uint64) (*eth.ExecutionPayload, eth.L2Ref, error) {
	envelope, err := a.o.Blocks.PayloadByNumber(ctx, number)
	if errors.Is(err, eth.ErrNotFound) {
		err = eth.ErrNotFound // the text has the number already
	}
	if err != nil {
		return nil, eth.L2Ref{}, fmt.Errorf("failed to determine L2BlockRef of height %d, could not get payload: %w", number, err)
	}
	ref, err := a.o.RefOf(envelope.ExecutionPayload)
	if err != nil {
		return nil, eth.L2Ref{}, fmt.Errorf("read L2 block %d: %w", number, err)
	}
	return envelope.ExecutionPayload, ref, nil
}

// storageRoot is the storage root of the message passer. From Isthmus on the header has it; before, the header's
// withdrawals root means something else and a proof is needed (RULES 12.2).
func (a *optimismAPI) storageRoot(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error) {
	if a.o.ProveStorageRoots || !a.o.Config.L2Rules(block.Timestamp).WithdrawalsRoot {
		return a.o.Storage(ctx, block)
	}
	if block.WithdrawalsRoot == nil {
		return common.Hash{}, errors.New("the engine's block lacks withdrawalsRoot although Isthmus is active")
	}
	return *block.WithdrawalsRoot, nil
}
