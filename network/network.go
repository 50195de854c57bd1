package network

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/superchain"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Extra is what the registry says of a chain beside its rollup configuration.
type Extra struct {
	Name   string // as --network takes it, such as op-mainnet
	Title  string // as people call it, such as "OP Mainnet"
	Public string // URL of a public JSON-RPC; may be empty
	// DataElsewhere: batches are not, or not only, on L1 (the registry's data_availability_type is not eth-da). It is so
	// for some chains that have no alt_da in their configuration.
	DataElsewhere bool
}

// channelTimeout of every chain of the registry, in L1 blocks, before Granite. The registry does not say it; op-node has
// it as a constant.
const channelTimeout = 300

// aliases are the names op-node had before the registry.
var aliases = map[string]string{"mainnet": "op-mainnet", "sepolia": "op-sepolia"}

// Names lists the networks, sorted, without aliases.
func Names() []string { return slices.Sorted(maps.Keys(ids())) }

// ids are the L2 chain ids by name: <file>-<superchain>, both of the registry.
func ids() map[string]uint64 {
	out := make(map[string]uint64, len(superchain.Chains))
	for id, chain := range superchain.Chains {
		out[chain.Name+"-"+chain.Network] = id
	}
	return out
}

// Lookup gives the configuration of a network. Upper and lower case do not matter, aliases are understood. The result
// has not passed Check: some experiments in the registry do not, unless the caller overrides forks. The error is an
// *UnknownError, or says that the registry is broken.
func Lookup(name string) (*rollup.Config, *Extra, error) {
	name, id, err := find(name)
	if err != nil {
		return nil, nil, err
	}
	return load(name, id)
}

// ByChainID gives the configuration of the network with an L2 chain id; nil without one.
func ByChainID(id *big.Int) (*rollup.Config, *Extra, error) {
	if id == nil || !id.IsUint64() {
		return nil, nil, nil
	}
	chain, ok := superchain.Chains[id.Uint64()]
	if !ok {
		return nil, nil, nil
	}
	return load(chain.Name+"-"+chain.Network, id.Uint64())
}

// find resolves a name as people write it.
func find(name string) (string, uint64, error) {
	all := ids()
	wanted := strings.ToLower(name)
	if full, ok := aliases[wanted]; ok {
		wanted = full
	}
	for known, id := range all {
		if strings.ToLower(known) == wanted {
			return known, id, nil
		}
	}
	return "", 0, &UnknownError{Name: name, Near: nearest(wanted)}
}

func load(name string, id uint64) (*rollup.Config, *Extra, error) {
	chain, err := superchain.GetChain(id)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s from the registry: %w", name, err)
	}
	entry, err := chain.Config()
	if err != nil {
		return nil, nil, fmt.Errorf("read %s from the registry: %w", name, err)
	}
	family, err := superchain.GetSuperchain(chain.Network)
	if err != nil {
		return nil, nil, fmt.Errorf("read superchain %s from the registry: %w", chain.Network, err)
	}
	cfg, err := convert(entry, family.L1.ChainID)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s from the registry: %w", name, err)
	}
	correct(name, cfg)
	return cfg, &Extra{
		Name: name, Title: entry.Name, Public: entry.PublicRPC,
		DataElsewhere: entry.DataAvailabilityType != "" && entry.DataAvailabilityType != "eth-da",
	}, nil
}

// convert turns an entry of the registry into a rollup configuration, as op-node does. Of the genesis system config the
// registry has only what Bedrock had.
func convert(e *superchain.ChainConfig, l1 uint64) (*rollup.Config, error) {
	addresses, sys, forks := e.Addresses, e.Genesis.SystemConfig, e.Hardforks
	switch {
	case addresses.OptimismPortalProxy == nil:
		return nil, fmt.Errorf("OptimismPortalProxy is missing")
	case addresses.SystemConfigProxy == nil:
		return nil, fmt.Errorf("SystemConfigProxy is missing")
	case e.Optimism == nil:
		return nil, fmt.Errorf("the EIP-1559 parameters are missing")
	}
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: blockID(e.Genesis.L1), L2: blockID(e.Genesis.L2), L2Time: e.Genesis.L2Time,
			SystemConfig: rollup.SystemConfig{
				BatcherAddr: sys.BatcherAddr, Overhead: eth.Bytes32(sys.Overhead), Scalar: eth.Bytes32(sys.Scalar), GasLimit: sys.GasLimit,
			},
		},
		BlockTime: e.BlockTime, MaxSequencerDrift: e.MaxSequencerDrift, SeqWindowSize: e.SeqWindowSize, ChannelTimeout: channelTimeout,
		L1ChainID: new(big.Int).SetUint64(l1), L2ChainID: new(big.Int).SetUint64(e.ChainID),
		RegolithTime: new(uint64), CanyonTime: forks.CanyonTime, DeltaTime: forks.DeltaTime, EcotoneTime: forks.EcotoneTime,
		FjordTime: forks.FjordTime, GraniteTime: forks.GraniteTime, HoloceneTime: forks.HoloceneTime, IsthmusTime: forks.IsthmusTime,
		JovianTime: forks.JovianTime, KarstTime: forks.KarstTime, LagoonTime: forks.LagoonTime,
		PectraBlobScheduleTime: forks.PectraBlobScheduleTime,
		BatchInboxAddress:      e.BatchInboxAddr, DepositContractAddress: *addresses.OptimismPortalProxy, L1SystemConfigAddress: *addresses.SystemConfigProxy,
		ChainOpConfig: &rollup.ChainOpConfig{
			EIP1559Elasticity: e.Optimism.EIP1559Elasticity, EIP1559Denominator: e.Optimism.EIP1559Denominator,
			EIP1559DenominatorCanyon: e.Optimism.EIP1559DenominatorCanyon,
		},
	}
	if a := e.AltDA; a != nil {
		cfg.AltDA = &rollup.AltDAConfig{
			DAChallengeAddress: a.DaChallengeContractAddress, CommitmentType: a.DaCommitmentType,
			DAChallengeWindow: a.DaChallengeWindow, DAResolveWindow: a.DaResolveWindow,
		}
	}
	return detach(cfg), nil
}

func blockID(ref superchain.GenesisRef) eth.BlockID {
	return eth.BlockID{Hash: common.Hash(ref.Hash), Number: ref.Number}
}

// detach copies every time, so that a change of the configuration does not reach the registry's own.
func detach(cfg *rollup.Config) *rollup.Config {
	for _, f := range rollup.Forks() {
		cfg.SetTime(f, clone(cfg.Time(f)))
	}
	cfg.PectraBlobScheduleTime = clone(cfg.PectraBlobScheduleTime)
	cfg.ChainOpConfig.EIP1559DenominatorCanyon = clone(cfg.ChainOpConfig.EIP1559DenominatorCanyon)
	return cfg
}

func clone(n *uint64) *uint64 {
	if n == nil {
		return nil
	}
	return new(*n)
}
