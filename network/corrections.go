package network

import "github.com/cairn-rollup/cairn/rollup"

// The registry that ships with op-geth is of June 2026 (superchain.EmbeddedRegistryCommit). Later entries of the
// registry changed what blocks are valid after Karst. Source: the registry as of op-node v1.19.6, which has it in
// rust/kona/crates/protocol/registry/etc/configs.json.

// keepsKarstGas are the networks that went through Karst before the gas of its upgrade transactions was taken back:
// keep_karst_upgrade_gas, a key that op-geth's reader of the registry does not know.
var keepsKarstGas = map[string]bool{
	"op-mainnet": true, "unichain-mainnet": true, "soneium-mainnet": true, "ink-mainnet": true,
	"op-sepolia": true, "unichain-sepolia": true, "soneium-minato-sepolia": true, "ink-sepolia": true,
	"mode-sepolia": true, "metal-sepolia": true, "lisk-sepolia": true, "zora-sepolia": true,
}

// karst are activation times set later.
var karst = map[string]uint64{"worldchain-mainnet": 1789992000, "worldchain-sepolia": 1788868800}

// correct puts in what the registry of that day did not have. What it has stays.
func correct(name string, cfg *rollup.Config) {
	if keepsKarstGas[name] {
		cfg.KeepKarstUpgradeGas = true
	}
	if at, ok := karst[name]; ok && cfg.KarstTime == nil {
		cfg.KarstTime = new(at)
	}
}
