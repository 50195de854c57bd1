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
	return unknownIn(nil, "", text, knownKeys)
}

func unknownIn(found []string, path string, text json.RawMessage, own keys) ([]string, error) {
	if own == nil {
		return found, nil // a value
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		name, ok := own.find(key)
		if !ok {
			found = append(found, path+key)
			continue
		}
		var err error
		if found, err = unknownIn(found, path+key+".", all[key], own[name]); err != nil {
			return nil, err
		}
	}
	return found, nil
}
