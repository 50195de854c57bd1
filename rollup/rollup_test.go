package rollup_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// valid is a configuration that passes Check, with every fork scheduled, 100 s apart from 1000 on, and Regolith at genesis.
func valid() *rollup.Config {
	canyon := uint64(250)
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: common.Hash{1}, Number: 1}, L2: eth.BlockID{Hash: common.Hash{2}, Number: 5}, L2Time: 500,
			SystemConfig: rollup.SystemConfig{BatcherAddr: common.Address{3}, Scalar: eth.Bytes32{1}, GasLimit: 30_000_000},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 3600, ChannelTimeout: 300,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
		BatchInboxAddress: common.Address{4}, DepositContractAddress: common.Address{5}, L1SystemConfigAddress: common.Address{6},
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for i, f := range rollup.Forks() {
		at := uint64(900 + 100*i)
		cfg.SetTime(f, &at)
	}
	cfg.RegolithTime = new(uint64)
	return cfg
}

func TestBlockTimestampAndNumber(t *testing.T) {
	cfg := valid()
	for _, c := range []struct{ number, time uint64 }{{5, 500}, {6, 502}, {1005, 2500}} {
		if got := cfg.BlockTimestamp(c.number); got != c.time {
			t.Errorf("block %d has time %d, want %d", c.number, got, c.time)
		}
		for after := range cfg.BlockTime { // between two blocks it is the last one
			if got, err := cfg.BlockNumber(c.time + after); err != nil || got != c.number {
				t.Errorf("block at %d is %d, %v; want %d", c.time+after, got, err, c.number)
			}
		}
	}
	if n, err := cfg.BlockNumber(499); err == nil {
		t.Errorf("block %d before genesis", n)
	}
}

func TestGenesisL2Ref(t *testing.T) {
	want := eth.L2Ref{Hash: common.Hash{2}, Number: 5, Time: 500, L1Origin: eth.BlockID{Hash: common.Hash{1}, Number: 1}}
	if got := valid().GenesisL2Ref(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestForks(t *testing.T) {
	names := []string{
		"regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst", "lagoon",
	}
	forks := rollup.Forks()
	if len(forks) != len(names) {
		t.Fatalf("%d forks, want %d", len(forks), len(names))
	}
	cfg := new(rollup.Config)
	for i, f := range forks {
		if f.String() != names[i] {
			t.Errorf("fork %d is %s, want %s", i, f, names[i])
		}
		if cfg.Time(f) != nil {
			t.Errorf("%s is scheduled in an empty configuration", f)
		}
		at := uint64(7 + i)
		cfg.SetTime(f, &at)
		if got := cfg.Time(f); got == nil || *got != at {
			t.Errorf("%s: time %v, want %d", f, got, at)
		}
		cfg.SetTime(f, nil)
	}
	if at := cfg.Time(rollup.Bedrock); at == nil || *at != 0 || rollup.Bedrock.String() != "bedrock" {
		t.Errorf("bedrock at %v", at)
	}
	if beyond := rollup.Lagoon + 1; beyond.String() != "fork(12)" || cfg.Time(beyond) != nil {
		t.Errorf("fork beyond the last: %s at %v", beyond, cfg.Time(beyond))
	}
}
