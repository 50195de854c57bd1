package network

import (
	"fmt"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/rollup"
)

// Genesis gives the L2 genesis of a network, for an engine that starts with nothing. Its block is the one the rollup
// configuration starts from. OP Mainnet has no such genesis: its configuration starts from a block with the state of
// the years before Bedrock, which has to be imported.
func Genesis(name string) (*core.Genesis, error) {
	cfg, extra, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	if cfg.Genesis.L2.Number != 0 {
		return nil, fmt.Errorf("genesis of %s: the rollup starts from L2 block %d, whose state is not in the registry; import a database of that block",
			extra.Name, cfg.Genesis.L2.Number)
	}
	genesis, err := core.LoadOPStackGenesis(cfg.L2ChainID.Uint64())
	if err != nil {
		return nil, fmt.Errorf("genesis of %s: %w", extra.Name, err)
	}
	SetForks(genesis.Config, cfg)
	if got := genesis.ToBlock().Hash(); got != cfg.Genesis.L2.Hash {
		return nil, fmt.Errorf("genesis of %s: its hash is %s, the rollup configuration says %s", extra.Name, got, cfg.Genesis.L2.Hash)
	}
	return genesis, nil
}

// SetForks gives an engine's chain configuration the fork times of a rollup configuration, overrides included: both
// halves of a node must go by the same schedule.
func SetForks(engine *params.ChainConfig, cfg *rollup.Config) {
	engine.RegolithTime, engine.CanyonTime = clone(cfg.RegolithTime), clone(cfg.CanyonTime)
	engine.EcotoneTime, engine.FjordTime, engine.GraniteTime = clone(cfg.EcotoneTime), clone(cfg.FjordTime), clone(cfg.GraniteTime)
	engine.HoloceneTime, engine.IsthmusTime = clone(cfg.HoloceneTime), clone(cfg.IsthmusTime)
	engine.JovianTime, engine.KarstTime, engine.LagoonTime = clone(cfg.JovianTime), clone(cfg.KarstTime), clone(cfg.LagoonTime)
	// The L1 forks that come with them (specs: each upgrade's execution overview). op-geth does not couple Osaka itself.
	engine.ShanghaiTime, engine.CancunTime = clone(cfg.CanyonTime), clone(cfg.EcotoneTime)
	engine.PragueTime, engine.OsakaTime = clone(cfg.IsthmusTime), clone(cfg.KarstTime)
}
