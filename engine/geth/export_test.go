package geth

import "github.com/ethereum/go-ethereum/core/types"

// InsertChain is op-geth's own way to a new head, to compare with.
func InsertChain(c *Chain, block *types.Block) error {
	_, err := c.blocks.InsertChain(types.Blocks{block})
	return err
}
