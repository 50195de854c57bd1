package rollup

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// oldKeys are keys that op-node had under other names. Which name a file uses does not matter; that it says two things
// does.
type oldKeys struct {
	Interop *uint64 `json:"interop_time"` // lagoon_time, until June 2026

	// Alternative data availability, until 2024: it decides where batches are, so it cannot be ignored.
	UsePlasma          *bool           `json:"use_plasma"`
	PlasmaConfig       *AltDAConfig    `json:"plasma_config"`
	DAChallengeAddress *common.Address `json:"da_challenge_contract_address"`
	DAChallengeAlias   *common.Address `json:"da_challenge_address"`
	DAChallengeWindow  *uint64         `json:"da_challenge_window"`
	DAResolveWindow    *uint64         `json:"da_resolve_window"`
}

// readOldKeys takes the values of old keys, and gives the unknown keys without them.
func (c *Config) readOldKeys(text []byte, unknown []string) ([]string, error) {
	var old oldKeys
	if err := json.Unmarshal(text, &old); err != nil {
		return nil, oldKeyError(text, err)
	}
	if err := c.takeInterop(old.Interop); err != nil {
		return nil, err
	}
	if err := c.takePlasma(&old); err != nil {
		return nil, err
	}
	var left []string
	for _, key := range unknown {
		switch name, _ := formerKeys.find(key); name {
		case "interop_time", "use_plasma":
			continue
		case "plasma_config", "da_challenge_contract_address", "da_challenge_address", "da_challenge_window", "da_resolve_window":
			if c.AltDA != nil {
				continue
			}
		}
		left = append(left, key)
	}
	return left, nil
}

func (c *Config) takeInterop(interop *uint64) error {
	switch {
	case interop == nil:
	case c.LagoonTime == nil:
		c.LagoonTime = interop
	case *c.LagoonTime != *interop:
		return &FieldError{
			Field: "interop_time", Value: fmt.Sprint(*interop),
			Fix: fmt.Sprintf("lagoon_time = %d is the same fork under its new name; leave out the wrong one", *c.LagoonTime),
		}
	}
	return nil
}

// takePlasma makes alt_da of its forerunners, so that the chain is known as what it is.
func (c *Config) takePlasma(old *oldKeys) error {
	before := old.PlasmaConfig
	if before == nil && old.UsePlasma != nil && *old.UsePlasma {
		before = &AltDAConfig{CommitmentType: "KeccakCommitment"} // the only one there was
		set(&before.DAChallengeAddress, old.DAChallengeAlias)
		set(&before.DAChallengeAddress, old.DAChallengeAddress)
		set(&before.DAChallengeWindow, old.DAChallengeWindow)
		set(&before.DAResolveWindow, old.DAResolveWindow)
	}
	switch {
	case c.AltDA == nil:
		c.AltDA = before
	case before != nil && *before != *c.AltDA:
		return &FieldError{
			Field: "alt_da", Value: asJSON(c.AltDA),
			Fix: fmt.Sprintf("the old keys (use_plasma, plasma_config, da_*) say %s; leave those out", asJSON(before)),
		}
	}
	if c.AltDA != nil && old.UsePlasma != nil && !*old.UsePlasma {
		return &FieldError{Field: "use_plasma", Value: "false", Fix: "alt_da is set, which says the opposite; leave out the wrong one"}
	}
	return nil
}

func asJSON(a *AltDAConfig) string {
	text, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// oldKeyError names the old key whose value does not fit.
func oldKeyError(text []byte, whole error) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		name, meant := formerKeys.find(key)
		if !meant {
			continue
		}
		alone, err := json.Marshal(map[string]json.RawMessage{key: all[key]})
		if err != nil {
			return err
		}
		if err := json.Unmarshal(alone, new(oldKeys)); err != nil {
			fix := "leave it out, or write alt_da as op-node has it today"
			if name == "interop_time" {
				fix = "write it as lagoon_time, a number of seconds since 1970"
			}
			return &FieldError{Field: key, Value: string(all[key]), Fix: fix}
		}
	}
	return whole
}
