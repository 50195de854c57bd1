package rollup

import (
	"encoding/json"
	"maps"
	"slices"
)

// Parse reads rollup.json. Unknown keys are not an error: other stacks add their own; their paths are returned so that
// the caller can warn. Keys that contradict each other are an error. The result has passed Check.
func Parse(text []byte) (cfg *Config, unknown []string, err error) {
	cfg, unknown, err = ParseUnchecked(text)
	if err != nil {
		return nil, nil, err
	}
	if err := cfg.Check(); err != nil {
		return nil, nil, err
	}
	return cfg, unknown, nil
}

// ParseUnchecked is Parse for a caller who completes or overrides the configuration before Check.
func ParseUnchecked(text []byte) (cfg *Config, unknown []string, err error) {
	cfg = new(Config)
	if err := json.Unmarshal(text, cfg); err != nil {
		return nil, nil, jsonError(text, err)
	}
	if err := duplicate(text); err != nil {
		return nil, nil, err
	}
	if unknown, err = unknownKeys(text); err != nil {
		return nil, nil, err
	}
	if unknown, err = cfg.readOldKeys(text, unknown); err != nil {
		return nil, nil, err
	}
	return cfg, unknown, nil
}

// unknownKeys lists, sorted, the paths of the keys that mean nothing here.
func unknownKeys(text []byte) ([]string, error) {
	own, err := json.Marshal(knownKeys)
	if err != nil {
		return nil, err
	}
	return unknownIn(nil, "", text, own)
}

func unknownIn(found []string, path string, text, known json.RawMessage) ([]string, error) {
	var all, own map[string]json.RawMessage
	if known[0] != '{' {
		return found, nil // a value
	}
	if err := json.Unmarshal(known, &own); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		inner, ok := own[key]
		if !ok {
			found = append(found, path+key)
			continue
		}
		var err error
		if found, err = unknownIn(found, path+key+".", all[key], inner); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// knownKeys is a configuration with every optional key present, so that its JSON lists all keys.
var knownKeys = func() *Config {
	c := &Config{
		MaxSequencerDrift: 1, KeepKarstUpgradeGas: true, PectraBlobScheduleTime: new(uint64),
		ChainOpConfig: &ChainOpConfig{EIP1559DenominatorCanyon: new(uint64)}, AltDA: new(AltDAConfig),
	}
	for _, f := range Forks() {
		c.SetTime(f, new(uint64))
	}
	return c
}()
