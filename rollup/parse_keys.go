package rollup

import (
	"encoding/json"
	"maps"
	"strings"
)

// keys are the keys of an object that mean something, each with those of its own value: nil if that is no object.
type keys map[string]keys

// find gives the key that encoding/json takes a key of a text for. Upper and lower case make no difference to it.
func (k keys) find(key string) (name string, found bool) {
	if _, found := k[key]; found {
		return key, true
	}
	for name := range k {
		if strings.EqualFold(name, key) {
			return name, true
		}
	}
	return "", false
}

// knownKeys are those of the configuration, formerKeys those that only readOldKeys takes, and allKeys both.
var (
	knownKeys  = keysOf(fullConfig())
	formerKeys = keysOf(&oldKeys{PlasmaConfig: new(AltDAConfig)})
	allKeys    = func() keys {
		all := maps.Clone(knownKeys)
		maps.Copy(all, formerKeys)
		return all
	}()
)

// fullConfig is a configuration with every optional key present, so that its JSON lists all keys.
func fullConfig() *Config {
	c := &Config{
		MaxSequencerDrift: 1, KeepKarstUpgradeGas: true, PectraBlobScheduleTime: new(uint64),
		ChainOpConfig: &ChainOpConfig{EIP1559DenominatorCanyon: new(uint64)}, AltDA: new(AltDAConfig),
	}
	for _, f := range Forks() {
		c.SetTime(f, new(uint64))
	}
	return c
}

// keysOf are the keys that a value of our own has in JSON.
func keysOf(value any) keys {
	text, err := json.Marshal(value)
	if err != nil {
		panic("the keys of a configuration: " + err.Error())
	}
	return keysIn(text)
}

func keysIn(text json.RawMessage) keys {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object == nil {
		return nil
	}
	own := make(keys, len(object))
	for key, value := range object {
		own[key] = keysIn(value)
	}
	return own
}
