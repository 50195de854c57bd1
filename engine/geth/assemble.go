package geth

import (
	"context"

	"github.com/ethereum/go-ethereum/core/types"
)

// Assembled is a block that was made and written.
type Assembled struct {
	Block    *types.Block
	Receipts types.Receipts
	// Sidecars of the blob transactions, in their order. Nobody else keeps them once the block is canonical.
	Sidecars []*types.BlobTxSidecar
	Requests [][]byte // EIP-7685, without empty ones; nil before Prague
}

// Assemble makes a block by executing it once, and writes it with receipts and state. The head stays where it is: see
// SetHead.
//
// Errors: eth.RejectedError when the order or a forced transaction is invalid, eth.ErrForkchoice when the parent is
// unknown, ctx.Err() when ctx ended before the block was complete; anything else means that the chain could not do it.
func (c *Chain) Assemble(ctx context.Context, o Order) (*Assembled, error) {
	c.write.Lock()
	defer c.write.Unlock()
	made, err := c.assemble(ctx, o)
	if err != nil {
		return nil, err
	}
	return made, c.sync()
}

// assemble is Assemble for callers that hold the lock and write more after it.
func (c *Chain) assemble(ctx context.Context, o Order) (*Assembled, error) {
	if c.closed {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := c.build(o)
	if err != nil {
		return nil, err
	}
	defer b.stop()
	if err := b.force(ctx); err != nil {
		return nil, err
	}
	return b.complete(ctx)
}

// complete does what is left after the forced transactions.
func (b *building) complete(ctx context.Context) (*Assembled, error) {
	if b.order.Pool {
		if err := b.pick(ctx); err != nil {
			return nil, err
		}
	}
	return b.finish()
}
