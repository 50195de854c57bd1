package testkit

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Addresses of the model's contracts on L1.
var (
	InboxAddress  = common.Address{0xff, 1}
	PortalAddress = common.Address{0xdd, 2}
	ConfigAddress = common.Address{0xcc, 3}
)

// Config is a chain with every fork up to last active at genesis, whose batcher is given. The genesis L1 block is still to
// be named, and with it the time of L2 genesis.
func Config(last rollup.Fork, batcher common.Address) *rollup.Config {
	canyon := uint64(250)
	var scalar eth.Bytes32
	scalar[0], scalar[27], scalar[31] = 1, 7, 100
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L2:           eth.BlockID{Hash: common.Hash{0x22}},
			SystemConfig: rollup.SystemConfig{BatcherAddr: batcher, Scalar: scalar, GasLimit: 30_000_000},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 10, ChannelTimeout: 300,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
		BatchInboxAddress: InboxAddress, DepositContractAddress: PortalAddress, L1SystemConfigAddress: ConfigAddress,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, f := range rollup.Forks() {
		if f <= last {
			cfg.SetTime(f, new(uint64))
		}
	}
	return cfg
}

// StartAt begins the rollup after an L1 block.
func StartAt(cfg *rollup.Config, l1 *L1, l2Time uint64) {
	first := l1.Blocks[0].Header
	cfg.Genesis.L1 = eth.BlockID{Hash: first.Hash(), Number: first.Number.Uint64()}
	cfg.Genesis.L2Time = l2Time
}
