package attributes_test

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The first block of an epoch has the L1 info, the deposits of its origin, and the batch's transactions.
func ExampleBuilder_Build() {
	cfg := &rollup.Config{
		Genesis:                rollup.Genesis{L1: eth.BlockID{Hash: common.Hash{1}, Number: 1}, L2Time: 1000},
		BlockTime:              2,
		DepositContractAddress: portal,
	}
	sys := rollup.SystemConfig{BatcherAddr: batcher, GasLimit: 30_000_000}
	origin := l1Block(2, depositLog(alice, bob, opaque(1, 1, 21000, 0, nil)))
	origin.ParentHash, origin.Time = cfg.Genesis.L1.Hash, 1001

	b := attributes.Builder{Config: cfg}
	attrs, next, err := b.Build(cfg.GenesisL2Ref(), sys, origin, nil)
	fmt.Println(attrs.Timestamp, len(attrs.Transactions), next.GasLimit, err)
	// Output: 1002 2 30000000 <nil>
}

// A malformed update changes nothing and says why.
func ExampleUpdateSystemConfig() {
	cfg := &rollup.Config{L1SystemConfigAddress: systemConfig}
	logs := []*types.Log{updateLog(2, word(50_000_000)), updateLog(2, word(1), word(2))}
	logs[1].Index = 1
	sys, ignored := attributes.UpdateSystemConfig(cfg, rollup.SystemConfig{GasLimit: 30_000_000}, logs, 0)
	fmt.Println(sys.GasLimit)
	for _, update := range ignored {
		fmt.Println(update.LogIndex, update.Reason)
	}
	// Output:
	// 50000000
	// 1 data-layout
}
