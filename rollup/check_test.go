package rollup_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

func TestCheckAcceptsAValidConfiguration(t *testing.T) {
	for name, change := range map[string]func(*rollup.Config){
		"every fork scheduled":           func(*rollup.Config) {},
		"no fork scheduled":              func(c *rollup.Config) { unschedule(c, rollup.Regolith) },
		"Regolith only":                  func(c *rollup.Config) { unschedule(c, rollup.Canyon) },
		"all forks at genesis":           func(c *rollup.Config) { scheduleAll(c, 0) },
		"all forks at once later":        func(c *rollup.Config) { scheduleAll(c, 5000) },
		"smallest sequencing window":     func(c *rollup.Config) { c.SeqWindowSize = 2 },
		"no chain_op_config":             func(c *rollup.Config) { c.ChainOpConfig = nil },
		"no Canyon, no Canyon parameter": func(c *rollup.Config) { unschedule(c, rollup.Canyon); c.ChainOpConfig.EIP1559DenominatorCanyon = nil },
		"no system config contract":      func(c *rollup.Config) { c.L1SystemConfigAddress = common.Address{} },
		"overhead 0":                     func(c *rollup.Config) { c.Genesis.SystemConfig.Overhead = eth.Bytes32{} },
		"genesis at height 0":            func(c *rollup.Config) { c.Genesis.L1.Number, c.Genesis.L2.Number = 0, 0 },
	} {
		cfg := valid()
		change(cfg)
		if err := cfg.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// unschedule takes the forks from first on off the schedule.
func unschedule(c *rollup.Config, first rollup.Fork) {
	for _, f := range rollup.Forks() {
		if f >= first {
			c.SetTime(f, nil)
		}
	}
}

func scheduleAll(c *rollup.Config, at uint64) {
	for _, f := range rollup.Forks() {
		c.SetTime(f, &at)
	}
}

// Every error of Check names the field as it is written in the file, its value, and what to do.
func TestCheckNamesTheField(t *testing.T) {
	big32 := uint64(1) << 32
	for _, c := range []struct {
		name   string
		change func(*rollup.Config)
		field  string
		value  string
		fix    string
	}{
		{"block time 0", func(c *rollup.Config) { c.BlockTime = 0 }, "block_time", "0", "at least 1"},
		{"channel timeout 0", func(c *rollup.Config) { c.ChannelTimeout = 0 }, "channel_timeout", "0", "300"},
		{"window of one", func(c *rollup.Config) { c.SeqWindowSize = 1 }, "seq_window_size", "1", "at least 2"},
		{"no drift", func(c *rollup.Config) { c.MaxSequencerDrift = 0 }, "max_sequencer_drift", "0", "600"},
		{"no L1 hash", func(c *rollup.Config) { c.Genesis.L1.Hash = common.Hash{} }, "genesis.l1.hash", common.Hash{}.String(), "L1 block"},
		{"no L2 hash", func(c *rollup.Config) { c.Genesis.L2.Hash = common.Hash{} }, "genesis.l2.hash", common.Hash{}.String(), "L2 genesis"},
		{"equal hashes", func(c *rollup.Config) { c.Genesis.L2.Hash = c.Genesis.L1.Hash }, "genesis.l2.hash", common.Hash{1}.String(), "wrong layer"},
		{"no genesis time", func(c *rollup.Config) { c.Genesis.L2Time = 0 }, "genesis.l2_time", "0", "timestamp"},
		{
			"no batcher", func(c *rollup.Config) { c.Genesis.SystemConfig.BatcherAddr = common.Address{} },
			"genesis.system_config.batcherAddr", common.Address{}.String(), "batcher",
		},
		{
			"no scalar", func(c *rollup.Config) { c.Genesis.SystemConfig.Scalar = eth.Bytes32{} },
			"genesis.system_config.scalar", eth.Bytes32{}.String(), "scalar",
		},
		{"no gas limit", func(c *rollup.Config) { c.Genesis.SystemConfig.GasLimit = 0 }, "genesis.system_config.gasLimit", "0", "gas limit"},
		{"no L1 chain id", func(c *rollup.Config) { c.L1ChainID = nil }, "l1_chain_id", "<nil>", "positive"},
		{"L1 chain id 0", func(c *rollup.Config) { c.L1ChainID = new(big.Int) }, "l1_chain_id", "0", "positive"},
		{"no L2 chain id", func(c *rollup.Config) { c.L2ChainID = nil }, "l2_chain_id", "<nil>", "positive"},
		{"negative L2 chain id", func(c *rollup.Config) { c.L2ChainID = big.NewInt(-1) }, "l2_chain_id", "-1", "positive"},
		{"equal chain ids", func(c *rollup.Config) { c.L2ChainID = big.NewInt(1) }, "l2_chain_id", "1", "equals l1_chain_id"},
		{
			"no inbox", func(c *rollup.Config) { c.BatchInboxAddress = common.Address{} },
			"batch_inbox_address", common.Address{}.String(), "batches",
		},
		{
			"no portal", func(c *rollup.Config) { c.DepositContractAddress = common.Address{} },
			"deposit_contract_address", common.Address{}.String(), "OptimismPortal",
		},
		{"elasticity 0", func(c *rollup.Config) { c.ChainOpConfig.EIP1559Elasticity = 0 }, "chain_op_config.eip1559Elasticity", "0", "positive"},
		{"denominator 0", func(c *rollup.Config) { c.ChainOpConfig.EIP1559Denominator = 0 }, "chain_op_config.eip1559Denominator", "0", "positive"},
		{
			"Canyon without its denominator", func(c *rollup.Config) { c.ChainOpConfig.EIP1559DenominatorCanyon = nil },
			"chain_op_config.eip1559DenominatorCanyon", "0", "canyon_time",
		},
		{
			"Canyon denominator 0", func(c *rollup.Config) { c.ChainOpConfig.EIP1559DenominatorCanyon = new(uint64) },
			"chain_op_config.eip1559DenominatorCanyon", "0", "canyon_time",
		},
		{
			"elasticity of more than 32 bits", func(c *rollup.Config) { c.ChainOpConfig.EIP1559Elasticity = big32 },
			"chain_op_config.eip1559Elasticity", "4294967296", "below 2^32",
		},
		{
			"Canyon denominator of more than 32 bits", func(c *rollup.Config) { c.ChainOpConfig.EIP1559DenominatorCanyon = &big32 },
			"chain_op_config.eip1559DenominatorCanyon", "4294967296", "below 2^32",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := valid()
			c.change(cfg)
			checkFieldError(t, cfg.Check(), c.field, c.value, c.fix)
		})
	}
}

func checkFieldError(t *testing.T, err error, field, value, fix string) {
	t.Helper()
	var got *rollup.FieldError
	if !errors.As(err, &got) {
		t.Fatalf("%v, want an error about %s", err, field)
	}
	if got.Field != field || got.Value != value || !strings.Contains(got.Fix, fix) {
		t.Errorf("got %+v, want %s = %s and a fix that says %q", got, field, value, fix)
	}
	if text := err.Error(); !strings.HasPrefix(text, field+" = "+value+": ") {
		t.Errorf("message %q does not start with field and value", text)
	}
}

func TestCheckForkOrder(t *testing.T) {
	forks := rollup.Forks()
	for i, f := range forks[1:] {
		before := forks[i]
		t.Run(f.String(), func(t *testing.T) {
			cfg := valid()
			early := *cfg.Time(before)
			cfg.SetTime(f, &early)
			unschedule(cfg, f+1)
			if err := cfg.Check(); err != nil {
				t.Errorf("at the same time as %s: %v", before, err)
			}
			if early == 0 { // Regolith is at genesis: there is no earlier
				late := uint64(1)
				cfg.SetTime(before, &late)
			} else {
				early--
			}
			checkFieldError(t, cfg.Check(), f.String()+"_time", itoa(early), "forks activate in order")

			cfg.SetTime(before, nil)
			checkFieldError(t, cfg.Check(), f.String()+"_time", itoa(early), "set "+before.String()+"_time too")
		})
	}
}

func itoa(n uint64) string { return new(big.Int).SetUint64(n).String() }
