package devnet_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/rollup"
)

// genesisOf opens a devnet for its genesis.
func genesisOf(t *testing.T, change func(*devnet.Config)) *devnet.Genesis {
	t.Helper()
	cfg := testConfig()
	cfg.GenesisTime = 1_700_000_000
	change(&cfg)
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer closeDevnet(t, d)
	return d.Genesis()
}

func TestGenesisIsAFunctionOfItsParameters(t *testing.T) {
	one := genesisOf(t, func(*devnet.Config) {})
	same := genesisOf(t, func(c *devnet.Config) {
		c.L1SafeDistance, c.L1FinalizedDistance, c.Calldata, c.BatchMaxWait = 1, 2, true, 9
	})
	if !reflect.DeepEqual(one.Rollup, same.Rollup) || one.L1.ToBlock().Hash() != same.L1.ToBlock().Hash() || one.L2.ToBlock().Hash() != same.L2.ToBlock().Hash() {
		t.Error("equal parameters gave another genesis")
	}
	later := genesisOf(t, func(c *devnet.Config) { c.GenesisTime++ })
	if one.Rollup.Genesis.L1 == later.Rollup.Genesis.L1 || one.Rollup.Genesis.L2 == later.Rollup.Genesis.L2 || later.Rollup.Genesis.L2Time != 1_700_000_001 {
		t.Error("another genesis time gave the same genesis")
	}

	for what, got := range map[string]any{
		"L1 time": one.L1.Timestamp, "L2 time": one.L2.Timestamp, "L2 time of the rollup": one.Rollup.Genesis.L2Time,
	} {
		if got != uint64(1_700_000_000) {
			t.Errorf("%s is %v", what, got)
		}
	}
	if one.Rollup.Genesis.L1.Hash != one.L1.ToBlock().Hash() || one.Rollup.Genesis.L2.Hash != one.L2.ToBlock().Hash() {
		t.Error("the rollup's genesis is not that of its chains")
	}
	if one.L1.Config.ChainID.Uint64() != devnet.L1ChainID || one.L2.Config.ChainID.Uint64() != devnet.L2ChainID ||
		one.Rollup.L1ChainID.Uint64() != 900 || one.Rollup.L2ChainID.Uint64() != 901 {
		t.Error("chain ids are not 900 and 901")
	}
	million := new(big.Int).Mul(big.NewInt(1_000_000), big.NewInt(params.Ether))
	for _, address := range []string{"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"} {
		a := common.HexToAddress(address)
		if one.L1.Alloc[a].Balance.Cmp(million) != 0 || one.L2.Alloc[a].Balance.Cmp(million) != 0 {
			t.Errorf("%s has %v on L1 and %v on L2", address, one.L1.Alloc[a].Balance, one.L2.Alloc[a].Balance)
		}
	}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		if at := one.Rollup.Time(f); at == nil || *at != 0 {
			t.Errorf("%s is not active at genesis", f)
		}
	}
}

func TestRollupJSONGoesThroughItsParser(t *testing.T) {
	want := genesisOf(t, func(*devnet.Config) {}).Rollup
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, unknown, err := rollup.Parse(text)
	if err != nil || len(unknown) != 0 {
		t.Fatalf("%v, unknown keys %v", err, unknown)
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(text) {
		t.Errorf("came back as\n%s\nwas\n%s", again, text)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
}
