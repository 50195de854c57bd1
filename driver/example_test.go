package driver_test

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// A Core is handed events and answers with effects. Whoever runs it does them, and hands in what came out.
func Example() {
	genesis := eth.L1Ref{Hash: common.Hash{1}, Time: 1000}
	cfg := &rollup.Config{
		Genesis:   rollup.Genesis{L1: genesis.ID(), L2: eth.BlockID{Hash: common.Hash{2}}, L2Time: 1000},
		BlockTime: 2, SeqWindowSize: 10, ChannelTimeout: 300, L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
	}
	for f := rollup.Regolith; f <= rollup.Holocene; f++ {
		cfg.SetTime(f, new(uint64))
	}
	core := driver.NewCore(driver.Config{Rollup: cfg, Builder: &attributes.Builder{Config: cfg}})
	now := time.Unix(1010, 0)
	handle := func(ev driver.Event) {
		fmt.Printf("%T\n", ev)
		for _, effect := range core.Handle(now, ev) {
			switch e := effect.(type) {
			case driver.Report:
				fmt.Println("  report:", e.Message)
			case driver.Wake:
				fmt.Println("  wake me in", e.At.Sub(now).Truncate(100*time.Millisecond))
			case driver.FetchL1:
				fmt.Println("  fetch L1 block", e.Number)
			default:
				fmt.Printf("  %T\n", e)
			}
		}
	}

	handle(driver.Tick{})
	handle(driver.L1Heads{Head: eth.L1Ref{Hash: common.Hash{3}, Number: 1, ParentHash: genesis.Hash, Time: 1012}})
	start := driver.Position{
		Heads:  forkchoice.Heads{Unsafe: cfg.GenesisL2Ref(), Safe: cfg.GenesisL2Ref(), Finalized: cfg.GenesisL2Ref()},
		Derive: derive.Start{Base: &eth.L1Block{L1Ref: genesis}, Safe: cfg.GenesisL2Ref()},
	}
	handle(driver.StartFound{Start: start})
	handle(driver.L1Fetched{Err: errors.New("connection refused")})
	fmt.Println(core.Status().Waits[0].Lane, "waits:", core.Status().Waits[0].Cause)
	// Output:
	// driver.Tick
	//   driver.FindStart
	// driver.L1Heads
	// driver.StartFound
	//   report: start found
	//   fetch L1 block 1
	//   driver.SetLabels
	// driver.L1Fetched
	//   report: no L1 block
	//   wake me in 100ms
	// l1 waits: connection refused
}
