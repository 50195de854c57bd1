package geth

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

// SetHead makes a known block the head: the next one, one of a side chain, or an ancestor, to which the chain then
// rewinds. Labels that are not zero move too; they have to be on the head's chain.
//
// Errors: eth.ErrForkchoice when a block is unknown or a label is not on the head's chain (nothing moves then); anything
// else means that the chain could not do it.
func (c *Chain) SetHead(head, safe, finalized common.Hash) error {
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.setHead(head, safe, finalized); err != nil {
		return err
	}
	return c.sync()
}

// setHead is SetHead for callers that hold the lock.
func (c *Chain) setHead(head, safe, finalized common.Hash) error {
	if c.closed {
		return ErrClosed
	}
	moved, err := c.moves(head, safe, finalized)
	if err != nil {
		return err
	}
	if c.Head().Hash() != head {
		block := c.block(head)
		if block == nil {
			return fmt.Errorf("head %d (%s) has no body", moved.head.Number, head)
		}
		if _, err := c.blocks.SetCanonical(block); err != nil {
			return fmt.Errorf("set head to block %d: %w", moved.head.Number, err)
		}
	}
	c.setLabels(moved)
	return nil
}

// moves are the blocks that head and labels are to move to; nil where a label stays.
type moves struct{ head, safe, finalized *types.Header }

// moves looks the blocks up and says whether they fit together.
func (c *Chain) moves(head, safe, finalized common.Hash) (m moves, err error) {
	if m.head = c.blocks.GetHeaderByHash(head); m.head == nil {
		return m, fmt.Errorf("head %s is unknown: %w", head, eth.ErrForkchoice)
	}
	if m.safe, err = c.label("safe", safe, m.head); err != nil {
		return m, err
	}
	m.finalized, err = c.label("finalized", finalized, m.head)
	return m, err
}

// setLabels moves the labels and leaves the head.
func (c *Chain) setLabels(m moves) {
	if m.safe != nil {
		c.blocks.SetSafe(m.safe)
	}
	if f := c.Finalized(); m.finalized != nil && (f == nil || f.Hash() != m.finalized.Hash()) { // it writes to the database
		c.blocks.SetFinalized(m.finalized)
	}
}

// label finds the block that a label is to move to; nil for the zero hash.
func (c *Chain) label(name string, hash common.Hash, head *types.Header) (*types.Header, error) {
	if hash == (common.Hash{}) {
		return nil, nil
	}
	h := c.blocks.GetHeaderByHash(hash)
	if h == nil {
		return nil, fmt.Errorf("%s block %s is unknown: %w", name, hash, eth.ErrForkchoice)
	}
	if !c.onChain(h, head) {
		return nil, fmt.Errorf("%s block %d (%s) is not on the chain of head %d (%s): %w",
			name, h.Number, hash, head.Number, head.Hash(), eth.ErrForkchoice)
	}
	return h, nil
}

// onChain says whether a block is head or an ancestor of it. From the first canonical ancestor of head on the index of
// canonical hashes answers.
func (c *Chain) onChain(h, head *types.Header) bool {
	for at := head; at != nil && at.Number.Cmp(h.Number) >= 0; at = c.blocks.GetHeader(at.ParentHash, at.Number.Uint64()-1) {
		if at.Hash() == h.Hash() {
			return true
		}
		if c.blocks.GetCanonicalHash(at.Number.Uint64()) == at.Hash() {
			return c.blocks.GetCanonicalHash(h.Number.Uint64()) == h.Hash()
		}
		if at.Number.Sign() == 0 {
			return false
		}
	}
	return false
}

// Import takes in a block that somebody else made, by executing it; nothing happens if it is known. The head stays.
//
// Errors: eth.RejectedError when the block is invalid, eth.ErrNotFound when its parent is unknown, ctx.Err() when ctx
// ended before the execution started; anything else means that the chain could not do it.
func (c *Chain) Import(ctx context.Context, block *types.Block) error {
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.importBlock(ctx, block); err != nil {
		return err
	}
	return c.sync()
}

// importBlock is Import for callers that hold the lock.
func (c *Chain) importBlock(ctx context.Context, block *types.Block) error {
	if c.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	number := block.NumberU64()
	if c.blocks.HasBlockAndState(block.Hash(), number) {
		return nil
	}
	if number == 0 {
		return eth.Rejected("another genesis block: %s", block.Hash())
	}
	parent := c.blocks.GetHeader(block.ParentHash(), number-1)
	if parent == nil {
		return fmt.Errorf("parent %s of block %d: %w", block.ParentHash(), number, eth.ErrNotFound)
	}
	if err := c.checkImport(block); err != nil {
		return err
	}
	if _, err := c.stateAt(parent); err != nil {
		return err
	}
	if _, err := c.blocks.InsertBlockWithoutSetHead(context.WithoutCancel(ctx), block, false); err != nil {
		return eth.Rejected("block %d (%s): %s", number, block.Hash(), err)
	}
	if !c.blocks.HasBlockAndState(block.Hash(), number) {
		return fmt.Errorf("block %d (%s) was not executed: the chain is stopping", number, block.Hash())
	}
	c.keep(block)
	return nil
}

// checkImport refuses a block that could have no child, see checkElasticity.
func (c *Chain) checkImport(block *types.Block) error {
	if !c.rules.IsOptimismHolocene(block.Time()) {
		return nil
	}
	if err := eip1559.ValidateOptimismExtraData(c.rules, block.Time(), block.Extra()); err != nil {
		return eth.Rejected("block %d (%s): %s", block.NumberU64(), block.Hash(), err)
	}
	_, elasticity, _ := eip1559.DecodeOptimismExtraData(c.rules, block.Time(), block.Extra())
	return checkElasticity(elasticity, block.GasLimit())
}
