package derive_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/rollup"
)

func TestCheckSupported(t *testing.T) {
	at := func(f rollup.Fork, time *uint64) func(*rollup.Config) {
		return func(c *rollup.Config) { c.SetTime(f, time) }
	}
	from := func(first rollup.Fork, last rollup.Fork, time *uint64) func(*rollup.Config) {
		return func(c *rollup.Config) {
			for f := rollup.Isthmus; f < first; f++ {
				c.SetTime(f, new(uint64))
			}
			for f := first; f <= last; f++ {
				c.SetTime(f, time)
			}
		}
	}
	genesis, later := uint64(genesisTime), uint64(genesisTime+1)
	for _, c := range []struct {
		name   string
		change func(*rollup.Config)
		field  string
	}{
		{"Holocene at genesis", func(*rollup.Config) {}, ""},
		{"Holocene in the second of genesis", at(rollup.Holocene, &genesis), ""},
		{"Jovian at genesis", from(rollup.Isthmus, rollup.Jovian, new(uint64)), ""},
		{"Karst at genesis", from(rollup.Isthmus, rollup.Karst, new(uint64)), ""},
		{"Isthmus after genesis", from(rollup.Isthmus, rollup.Isthmus, &later), ""},
		{"Jovian after genesis", from(rollup.Jovian, rollup.Jovian, &later), ""},
		{"Karst after genesis", from(rollup.Karst, rollup.Karst, &later), ""},
		{"Karst after genesis, its gas stays", func(c *rollup.Config) {
			from(rollup.Karst, rollup.Karst, &later)(c)
			c.KeepKarstUpgradeGas = true
		}, ""},
		{"all from Isthmus to Karst at once", from(rollup.Isthmus, rollup.Karst, &later), ""},
		{"Lagoon after genesis", from(rollup.Lagoon, rollup.Lagoon, &later), ""},
		{"Lagoon in the second of genesis", from(rollup.Lagoon, rollup.Lagoon, &genesis), "lagoon_time"},
		{"Lagoon at genesis", from(rollup.Lagoon, rollup.Lagoon, new(uint64)), "lagoon_time"},
		{"Holocene after genesis", at(rollup.Holocene, &later), ""},
		{"no Holocene", at(rollup.Holocene, nil), ""},
		{"no fork at all", func(c *rollup.Config) {
			for _, f := range rollup.Forks() {
				c.SetTime(f, nil)
			}
		}, ""},
		{"no EIP-1559 constants", func(c *rollup.Config) { c.ChainOpConfig = nil }, "chain_op_config"},
		{"alternative data availability", func(c *rollup.Config) { c.AltDA = &rollup.AltDAConfig{} }, "alt_da"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(rollup.Holocene, 10, 2)
			c.change(cfg)
			err := derive.CheckSupported(cfg)
			if c.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var field *rollup.FieldError
			if !errors.As(err, &field) || field.Field != c.field || !strings.Contains(err.Error(), c.field) || field.Fix == "" {
				t.Errorf("got %v, want an error about %s", err, c.field)
			}
		})
	}
}
