package devnet

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/contracts"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Numbers of the devnet's rollup. Fee scalars are OP Mainnet's.
const (
	gasLimit           = 60_000_000
	seqWindowSize      = 3600 // L1 blocks
	channelTimeout     = 300  // L1 blocks, before Granite
	sequencerDrift     = 600  // seconds, before Fjord
	basefeeScalar      = 5227
	blobBasefeeScalar  = 1_014_213
	eip1559Elasticity  = 6
	eip1559Denominator = 250
	eip1559Bedrock     = 50 // denominator before Canyon: in the file, not in force
)

var batchInbox = common.HexToAddress("0xff00000000000000000000000000000000000901")

// Genesis is everything that both layers of a devnet begin with.
type Genesis struct {
	L1, L2    *core.Genesis
	Rollup    *rollup.Config
	Addresses contracts.L1Addresses
}

// newGenesis makes the same genesis from the same parameters.
func newGenesis(cfg *Config, who cast) (*Genesis, error) {
	fund := map[common.Address]*big.Int{}
	million := new(big.Int).Mul(big.NewInt(1_000_000), big.NewInt(params.Ether))
	for _, a := range append(who.funded[:Funded:Funded], who.batcher, who.owner) {
		fund[a.Address] = million
	}
	var g Genesis
	var err error
	g.L1, g.Addresses, err = contracts.L1Genesis(contracts.L1Params{
		ChainID: L1ChainID, Time: cfg.GenesisTime, GasLimit: gasLimit, Fund: fund,
		Owner: who.owner.Address, Batcher: who.batcher.Address, UnsafeBlockSigner: who.signer.Address, BatchInbox: batchInbox,
		L2ChainID: big.NewInt(L2ChainID), L2GasLimit: gasLimit, BasefeeScalar: basefeeScalar, BlobbasefeeScalar: blobBasefeeScalar,
		EIP1559Denominator: eip1559Denominator, EIP1559Elasticity: eip1559Elasticity,
	})
	if err != nil {
		return nil, fmt.Errorf("make L1 genesis: %w", err)
	}
	g.L2, err = contracts.L2Genesis(contracts.L2Params{
		ChainID: L2ChainID, Time: cfg.GenesisTime, GasLimit: gasLimit,
		EIP1559Denominator: eip1559Bedrock, EIP1559Elasticity: eip1559Elasticity, EIP1559DenominatorCanyon: eip1559Denominator,
		Fund: fund, L1: g.Addresses, ProxyAdminOwner: who.owner.Address, FeeRecipient: who.owner.Address,
	})
	if err != nil {
		return nil, fmt.Errorf("make L2 genesis: %w", err)
	}
	g.Rollup = rollupConfig(cfg, who, &g)
	if err := g.Rollup.Check(); err != nil {
		return nil, fmt.Errorf("make rollup configuration: %w", err)
	}
	return &g, nil
}

func rollupConfig(cfg *Config, who cast, g *Genesis) *rollup.Config {
	canyon := uint64(eip1559Denominator)
	c := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: g.L1.ToBlock().Hash()}, L2: eth.BlockID{Hash: g.L2.ToBlock().Hash()}, L2Time: cfg.GenesisTime,
			SystemConfig: rollup.SystemConfig{
				BatcherAddr:   who.batcher.Address,
				Scalar:        attributes.Scalars{BaseFee: basefeeScalar, BlobBaseFee: blobBasefeeScalar}.Encode(),
				GasLimit:      gasLimit,
				EIP1559Params: rollup.EncodeEIP1559Params(eip1559Denominator, eip1559Elasticity),
			},
		},
		BlockTime: cfg.L2BlockTime, MaxSequencerDrift: sequencerDrift, SeqWindowSize: seqWindowSize, ChannelTimeout: channelTimeout,
		L1ChainID: big.NewInt(L1ChainID), L2ChainID: big.NewInt(L2ChainID),
		BatchInboxAddress: batchInbox, DepositContractAddress: g.Addresses.OptimismPortal, L1SystemConfigAddress: g.Addresses.SystemConfig,
		ChainOpConfig: &rollup.ChainOpConfig{
			EIP1559Elasticity: eip1559Elasticity, EIP1559Denominator: eip1559Bedrock, EIP1559DenominatorCanyon: &canyon,
		},
	}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		c.SetTime(f, new(uint64))
	}
	return c
}
