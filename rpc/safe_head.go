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
	if a.o.SafeHeadAt == nil {
		return nil, errNoSafeHeads
	}
	l1Block, safeHead, err := a.o.SafeHeadAt(uint64(number))
	if errors.Is(err, eth.ErrNotFound) {
		return nil, eth.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("get safe head at L1 block %d: %w", uint64(number), err)
	}
	return &SafeHeadResponse{L1Block: l1Block, SafeHead: safeHead}, nil
}
