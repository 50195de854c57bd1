package rpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// errNoSafeHeads has the text of op-node, which dispute tools look for (WIRE 2).
var errNoSafeHeads = errors.New("safe head database not enabled")

// SafeHeadResponse is the answer of optimism_safeHeadAtL1Block.
type SafeHeadResponse struct {
	L1Block  eth.BlockID `json:"l1Block"`
	SafeHead eth.BlockID `json:"safeHead"`
}

// SafeHeadAtL1Block is optimism_safeHeadAtL1Block: the newest L2 block that L1 up to the block gives. A block that is too
// early is answered by "not found" alone, as op-node does; a record that cannot answer says why.
func (a *optimismAPI) SafeHeadAtL1Block(_ context.Context, number hexutil.Uint64) (*SafeHeadResponse, error) {
	l1Block, safeHead, err := a.safeHeadAt(uint64(number))
	if errors.Is(err, eth.ErrNotFound) {
		return nil, eth.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("failed to get safe head at l1 block %s: %w", number, err)
	}
	return &SafeHeadResponse{L1Block: l1Block, SafeHead: safeHead}, nil
}

func (a *optimismAPI) safeHeadAt(l1 uint64) (l1Block, safeHead eth.BlockID, err error) {
	if a.o.SafeHeadAt == nil {
		return eth.BlockID{}, eth.BlockID{}, errNoSafeHeads
	}
	return a.o.SafeHeadAt(l1)
}
