package geth_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/engine/geth"
)

// An L1 in memory, and its first block.
func Example() {
	chain, err := geth.Open(geth.Config{Name: "l1", Genesis: l1Genesis(), Archive: true})
	if err != nil {
		log.Fatal(err)
	}
	defer chain.Close()

	parent := chain.Head()
	made, err := chain.Assemble(context.Background(), geth.Order{
		Parent: parent.Hash(), Time: parent.Time + 12, BeaconRoot: &common.Hash{}, Pool: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := chain.SetHead(made.Block.Hash(), common.Hash{}, common.Hash{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("head is block", chain.Head().Number)
	// Output: head is block 1
}
