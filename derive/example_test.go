package derive_test

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// An L1 block carries a batch. The machine asks for the L1 block, orders the L2 block, and asks for the next L1 block.
func Example() {
	cfg := testConfig(rollup.Holocene, 10, 2)
	genesis := eth.L1Ref{Hash: cfg.Genesis.L1.Hash, Time: cfg.Genesis.L2Time}
	machine := derive.New(&attributes.Builder{Config: cfg}, derive.Start{
		Base:  &eth.L1Block{L1Ref: genesis, BaseFee: common.Big1},
		Inbox: cfg.Genesis.SystemConfig, Safe: cfg.GenesisL2Ref(), Chain: cfg.Genesis.SystemConfig,
	})

	b := batch.Singular{ParentHash: cfg.Genesis.L2.Hash, EpochHash: cfg.Genesis.L1.Hash, Timestamp: cfg.Genesis.L2Time + 2}
	w, _ := channel.NewWriter(channel.Brotli, channel.DefaultBrotliLevel)
	_ = w.Add(b.Encode())
	_ = w.Close()
	frames, _ := w.Frames(channel.ID{1}, channel.MaxFrameLen)
	tx := eth.InboxTx{From: cfg.Genesis.SystemConfig.BatcherAddr, Data: channel.AppendItem(nil, frames...)}
	block := &eth.L1Block{
		L1Ref:   eth.L1Ref{Hash: common.Hash{1}, Number: 1, ParentHash: genesis.Hash, Time: genesis.Time + 12},
		BaseFee: common.Big1, Inbox: []eth.InboxTx{tx},
	}

	for done := false; !done; {
		var err error
		switch want := machine.Next().(type) {
		case derive.NeedL1:
			fmt.Println("need L1 block", want.Number)
			if want.Number == block.Number {
				err = machine.Push(block)
			} else {
				done = true
			}
		case derive.Build:
			fmt.Println("build on", want.Parent.Number, "at", want.Attributes.Timestamp)
			err = machine.Confirm(want.Ref(common.Hash{2}))
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("safe block", machine.Safe().Number, "from L1 block", machine.Origin().Number)
	// Output:
	// need L1 block 1
	// build on 0 at 1002
	// need L1 block 2
	// safe block 1 from L1 block 1
}
