package network

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cairn-rollup/cairn/rollup"
)

// Difference is a value in which a configuration differs from the registry's.
type Difference struct {
	Field          string // path in rollup.json, such as jovian_time
	Ours, Registry string // as rollup.json has them; "not set"
}

// Differences compares a configuration with the registry's for the same L2 chain id. It is empty for a chain that the
// registry does not know. The genesis system config is compared as far as the registry has it.
func Differences(cfg *rollup.Config) ([]Difference, error) {
	known, _, err := ByChainID(cfg.L2ChainID)
	if err != nil || known == nil {
		return nil, err
	}
	known.Genesis.SystemConfig = fill(known.Genesis.SystemConfig, cfg.Genesis.SystemConfig)
	if cfg.ChainOpConfig == nil {
		known.ChainOpConfig = nil
	}
	ours, err := flat(cfg)
	if err != nil {
		return nil, err
	}
	theirs, err := flat(known)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	var out []Difference
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if ours[field] != theirs[field] {
			out = append(out, Difference{Field: field, Ours: orNotSet(ours[field]), Registry: orNotSet(theirs[field])})
		}
	}
	return out, nil
}

// fill takes from another system config what the registry does not have.
func fill(registry, other rollup.SystemConfig) rollup.SystemConfig {
	registry.EIP1559Params, registry.OperatorFeeParams = other.EIP1559Params, other.OperatorFeeParams
	registry.MinBaseFee, registry.DAFootprintGasScalar = other.MinBaseFee, other.DAFootprintGasScalar
	return registry
}

func orNotSet(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

// flat lists the values of a configuration by path.
func flat(cfg *rollup.Config) (map[string]string, error) {
	text, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("compare with the registry: %w", err)
	}
	out := make(map[string]string)
	return out, flatten(out, "", text)
}

func flatten(out map[string]string, path string, text json.RawMessage) error {
	var object map[string]json.RawMessage
	if text[0] != '{' {
		out[path] = string(text)
		return nil
	}
	if err := json.Unmarshal(text, &object); err != nil {
		return fmt.Errorf("compare %s with the registry: %w", path, err)
	}
	for key, value := range object {
		if path != "" {
			key = path + "." + key
		}
		if err := flatten(out, key, value); err != nil {
			return err
		}
	}
	return nil
}

// Complete puts chain_op_config, if it is missing, from the registry into a configuration of a chain that is in it: old
// files do not have it. It says whether it did.
func Complete(cfg *rollup.Config) (bool, error) {
	if cfg.ChainOpConfig != nil {
		return false, nil
	}
	known, _, err := ByChainID(cfg.L2ChainID)
	if err != nil || known == nil {
		return false, err
	}
	cfg.ChainOpConfig = known.ChainOpConfig
	return true, nil
}
