package network_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/superchain"

	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/rollup"
)

// lookup gives a configuration that must be there.
func lookup(t testing.TB, name string) (*rollup.Config, *network.Extra) {
	t.Helper()
	cfg, extra, err := network.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, extra
}

// unfit are the networks whose schedule lacks forks before the last one. op-node takes them, as it orders forks up to
// Isthmus only; nobody runs them any more.
var unfit = map[string]string{"rehearsal-0-bn-0-rehearsal-0-bn": "lagoon_time", "rehearsal-0-bn-1-rehearsal-0-bn": "lagoon_time"}

func TestEveryNetworkOfTheRegistryMakesSense(t *testing.T) {
	names := network.Names()
	if len(names) < 50 || !slices.IsSorted(names) || len(names) != len(superchain.Chains) {
		t.Fatalf("%d names, want those of %d chains in order", len(names), len(superchain.Chains))
	}
	for _, name := range names {
		cfg, extra := lookup(t, name)
		err := cfg.Check()
		var field *rollup.FieldError
		if want := unfit[name]; want != "" {
			if !errors.As(err, &field) || field.Field != want {
				t.Errorf("%s: %v, want a complaint about %s", name, err, want)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if l1 := cfg.L1ChainID.Uint64(); l1 != 1 && l1 != 11155111 {
			t.Errorf("%s: L1 is chain %d", name, l1)
		}
		if extra.Name != name || extra.Title == "" {
			t.Errorf("%s: %+v", name, extra)
		}
		if cfg.RegolithTime == nil || *cfg.RegolithTime != 0 || cfg.ChannelTimeout != 300 {
			t.Errorf("%s: regolith_time %v, channel_timeout %d", name, cfg.RegolithTime, cfg.ChannelTimeout)
		}
		if cfg.AltDA != nil && !extra.DataElsewhere {
			t.Errorf("%s: alt_da, and yet its data is on L1", name)
		}
		same, extraToo, err := network.ByChainID(cfg.L2ChainID)
		if err != nil || !reflect.DeepEqual(same, cfg) || !reflect.DeepEqual(extraToo, extra) {
			t.Errorf("%s: by chain id %s it is %+v, %v", name, cfg.L2ChainID, same, err)
		}
	}
}

// Values from op-node's own tests and the chains' published parameters.
func TestKnownNetworks(t *testing.T) {
	for _, c := range []struct {
		name           string
		l1, l2         uint64
		genesisL2      string
		genesisL2At    uint64
		genesisTime    uint64
		portal, inbox  string
		isthmus, karst uint64
		keepsKarstGas  bool
	}{
		{
			"op-mainnet", 1, 10, "0xdbf6a80fef073de06add9b0d14026d6e5a86c85f6d102c36d3d8e9cf89c2afd3", 105235063, 1686068903,
			"0xbEb5Fc579115071764c7423A4f12eDde41f106Ed", "0xFF00000000000000000000000000000000000010", 1746806401, 1783526401, true,
		},
		{
			"op-sepolia", 11155111, 11155420, "0x102de6ffb001480cc9b8b548fd05c34cd4f46ae4aa91759393db90ea0409887d", 0, 1691802540,
			"0x16Fc5058F25648194471939df75CF27A2fdC48BC", "0xff00000000000000000000000000000011155420", 1744905600, 1781712001, true,
		},
		{
			"unichain-mainnet", 1, 130, "0x3425162ddf41a0a1f0106d67b71828c9a9577e6ddeb94e4f33d2cde1fdc3befe", 0, 1730748359,
			"0x0bd48f6B86a26D3a217d0Fa6FfE2B491B956A7a2", "0xFf00000000000000000000000000000000000130", 1746806401, 1783526401, true,
		},
		{
			"zora-mainnet", 1, 7777777, "0x47555a45a1af8d4728ca337a1e48375a83919b1ea16591e070a07388b7364e29", 0, 1686693839,
			"0x1a0ad011913A150f69f6A19DF447A0CfD9551054", "0x6F54Ca6F6EdE96662024Ffd61BFd18f3f4e34DFf", 1746806401, 1783526401, false,
		},
	} {
		cfg, _ := lookup(t, c.name)
		if cfg.L1ChainID.Uint64() != c.l1 || cfg.L2ChainID.Uint64() != c.l2 {
			t.Errorf("%s: chain %s on %s", c.name, cfg.L2ChainID, cfg.L1ChainID)
		}
		if g := cfg.Genesis; g.L2.Hash != common.HexToHash(c.genesisL2) || g.L2.Number != c.genesisL2At || g.L2Time != c.genesisTime {
			t.Errorf("%s: genesis %+v at %d", c.name, g.L2, g.L2Time)
		}
		if cfg.DepositContractAddress != common.HexToAddress(c.portal) || cfg.BatchInboxAddress != common.HexToAddress(c.inbox) {
			t.Errorf("%s: portal %s, inbox %s", c.name, cfg.DepositContractAddress, cfg.BatchInboxAddress)
		}
		if *cfg.IsthmusTime != c.isthmus || *cfg.KarstTime != c.karst || cfg.KeepKarstUpgradeGas != c.keepsKarstGas {
			t.Errorf("%s: isthmus %d, karst %d, keeps Karst gas %t", c.name, *cfg.IsthmusTime, *cfg.KarstTime, cfg.KeepKarstUpgradeGas)
		}
	}
	cfg, extra := lookup(t, "OP-Sepolia")
	if sys := cfg.Genesis.SystemConfig; extra.Name != "op-sepolia" || cfg.PectraBlobScheduleTime == nil || *cfg.PectraBlobScheduleTime != 1742486400 ||
		sys.BatcherAddr != common.HexToAddress("0x8F23BB38F531600e5d8FDDaAEC41F13FaB46E98c") || sys.GasLimit != 30_000_000 {
		t.Errorf("%s: pectra_blob_schedule_time %v, system config %+v", extra.Name, cfg.PectraBlobScheduleTime, sys)
	}
	if o := cfg.ChainOpConfig; o.EIP1559Elasticity != 6 || o.EIP1559Denominator != 50 || *o.EIP1559DenominatorCanyon != 250 {
		t.Errorf("op-sepolia: chain_op_config %+v", o)
	}
	for alias, name := range map[string]string{"mainnet": "op-mainnet", "Sepolia": "op-sepolia"} {
		if _, extra := lookup(t, alias); extra.Name != name {
			t.Errorf("%s is %s, want %s", alias, extra.Name, name)
		}
	}
}

func TestChainsWithDataElsewhereAreKnownAsSuch(t *testing.T) {
	for name, altDA := range map[string]bool{"cyber-mainnet": true, "xterio-eth-mainnet": true, "fraxtal-mainnet": false, "orderly-mainnet": false} {
		cfg, extra := lookup(t, name)
		if !extra.DataElsewhere || (cfg.AltDA != nil) != altDA {
			t.Errorf("%s: data elsewhere %t, alt_da %+v", name, extra.DataElsewhere, cfg.AltDA)
		}
	}
	if _, extra := lookup(t, "op-mainnet"); extra.DataElsewhere {
		t.Error("op-mainnet has its data on L1")
	}
}

func TestAWrongNameIsAnsweredWithTheNearest(t *testing.T) {
	for name, want := range map[string]string{
		"op-manet": "op-mainnet", "unichain": "unichain-mainnet", "optimism-sepolia": "op-sepolia", "op_sepolia": "op-sepolia", "lisk-mainet": "lisk-mainnet",
	} {
		_, _, err := network.Lookup(name)
		var unknown *network.UnknownError
		if !errors.As(err, &unknown) || unknown.Name != name || len(unknown.Near) != 3 || !slices.Contains(unknown.Near, want) {
			t.Errorf("%s: %v, want it to name %s", name, err, want)
		}
	}
	if _, _, err := network.Lookup(""); err == nil {
		t.Error("a network without a name")
	}
}

func TestAConfigurationIsTheCallersOwn(t *testing.T) {
	cfg, _ := lookup(t, "op-mainnet")
	*cfg.JovianTime, *cfg.ChainOpConfig.EIP1559DenominatorCanyon = 1, 1
	again, _ := lookup(t, "op-mainnet")
	if *again.JovianTime == 1 || *again.ChainOpConfig.EIP1559DenominatorCanyon == 1 {
		t.Error("a change reached the registry")
	}
}

func TestDifferencesNameFieldAndBothValues(t *testing.T) {
	cfg, _ := lookup(t, "op-sepolia")
	cfg.Genesis.SystemConfig.MinBaseFee = 7 // not in the registry
	if got, err := network.Differences(cfg); err != nil || len(got) != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	cfg.JovianTime, cfg.KarstTime, cfg.LagoonTime = new(uint64(5)), nil, new(uint64(6))
	cfg.ChainOpConfig.EIP1559Elasticity = 9
	got, err := network.Differences(cfg)
	want := []network.Difference{
		{Field: "chain_op_config.eip1559Elasticity", Ours: "9", Registry: "6"},
		{Field: "jovian_time", Ours: "5", Registry: "1763568001"},
		{Field: "karst_time", Ours: "not set", Registry: "1781712001"},
		{Field: "lagoon_time", Ours: "6", Registry: "not set"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
	cfg.L2ChainID = big.NewInt(901)
	if got, err := network.Differences(cfg); err != nil || got != nil {
		t.Errorf("a chain of no registry: %v, %v", got, err)
	}
	for _, id := range []*big.Int{nil, big.NewInt(-10), new(big.Int).Lsh(big.NewInt(10), 64)} {
		if cfg, _, err := network.ByChainID(id); cfg != nil || err != nil {
			t.Errorf("chain id %v: %v, %v", id, cfg, err)
		}
	}
}

func TestCompleteFillsTheEIP1559ParametersOfKnownChains(t *testing.T) {
	want, _ := lookup(t, "op-mainnet")
	cfg, _ := lookup(t, "op-mainnet")
	cfg.ChainOpConfig = nil
	if diffs, err := network.Differences(cfg); err != nil || len(diffs) != 0 {
		t.Errorf("missing parameters are a difference: %v, %v", diffs, err)
	}
	if done, err := network.Complete(cfg); !done || err != nil || !reflect.DeepEqual(cfg, want) {
		t.Errorf("%t, %v, %+v", done, err, cfg.ChainOpConfig)
	}
	cfg.ChainOpConfig.EIP1559Elasticity = 9
	if done, err := network.Complete(cfg); done || err != nil || cfg.ChainOpConfig.EIP1559Elasticity != 9 {
		t.Errorf("own parameters were replaced: %t, %v, %+v", done, err, cfg.ChainOpConfig)
	}
	cfg.ChainOpConfig, cfg.L2ChainID = nil, big.NewInt(901)
	if done, err := network.Complete(cfg); done || err != nil || cfg.ChainOpConfig != nil {
		t.Errorf("a chain of no registry: %t, %v", done, err)
	}
}

// Two chains, the older with forks after genesis; not all, as some have large states.
func TestGenesisIsTheBlockTheRollupStartsFrom(t *testing.T) {
	for _, name := range []string{"op-sepolia", "unichain-mainnet"} {
		cfg, _ := lookup(t, name)
		genesis, err := network.Genesis(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := genesis.ToBlock().Hash(); got != cfg.Genesis.L2.Hash {
			t.Errorf("%s: genesis %s, want %s", name, got, cfg.Genesis.L2.Hash)
		}
		if c := genesis.Config; *c.KarstTime != *cfg.KarstTime || *c.PragueTime != *cfg.IsthmusTime || c.ChainID.Cmp(cfg.L2ChainID) != 0 {
			t.Errorf("%s: chain configuration %v", name, c)
		}
	}
	if _, err := network.Genesis("op-mainnet"); err == nil || !strings.Contains(err.Error(), "105235063") {
		t.Errorf("op-mainnet: %v", err)
	}
	if _, err := network.Genesis("op-manet"); err == nil {
		t.Error("the genesis of a network that is not there")
	}
}

func TestSetForksReachesTheEngine(t *testing.T) {
	genesis, err := network.Genesis("op-sepolia")
	if err != nil {
		t.Fatal(err)
	}
	cfg, _ := lookup(t, "op-sepolia")
	for i, f := range rollup.Forks() {
		cfg.SetTime(f, new(uint64(4_000_000_000+i)))
	}
	network.SetForks(genesis.Config, cfg)
	c := genesis.Config
	for i, at := range []*uint64{
		c.RegolithTime, c.CanyonTime, nil /* Delta is not the engine's */, c.EcotoneTime, c.FjordTime, c.GraniteTime, c.HoloceneTime,
		c.IsthmusTime, c.JovianTime, c.KarstTime, c.LagoonTime,
	} {
		if f := rollup.Forks()[i]; f != rollup.Delta && (at == nil || *at != uint64(4_000_000_000+i)) {
			t.Errorf("%s: %v", f, at)
		}
	}
	if *c.ShanghaiTime != *cfg.CanyonTime || *c.CancunTime != *cfg.EcotoneTime || *c.PragueTime != *cfg.IsthmusTime || *c.OsakaTime != *cfg.KarstTime {
		t.Error("the L1 forks do not come with those of the OP Stack")
	}
}

// The registry as op-node v1.19.6 has it is newer than the one in op-geth. Nothing that decides blocks may differ.
func TestCorrectionsAreThoseOfTheLaterRegistry(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/ethereum-optimism/optimism").Output()
	if err != nil {
		t.Skipf("the go command does not say where op-node's module is: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "rust/kona/crates/protocol/registry/etc/configs.json"))
	if err != nil {
		t.Skipf("op-node's module has no registry: %v", err)
	}
	var registry struct {
		Superchains []struct {
			Chains []struct {
				ID      json.Number     `json:"l2_chain_id"`
				Forks   json.RawMessage `json:"hardfork_configuration"`
				Genesis struct {
					L1, L2 struct{ Hash common.Hash }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &registry); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, family := range registry.Superchains {
		for _, chain := range family.Chains {
			id, _ := new(big.Int).SetString(chain.ID.String(), 10)
			cfg, extra, err := network.ByChainID(id)
			if err != nil {
				t.Fatal(err)
			}
			if cfg == nil {
				continue // not in op-geth's
			}
			compared++
			want := rollup.Config{RegolithTime: new(uint64)}
			if err := json.Unmarshal(chain.Forks, &want); err != nil {
				t.Fatal(err)
			}
			if got, want := schedule(cfg), schedule(&want); got != want {
				t.Errorf("%s: %s\nlater registry: %s", extra.Name, got, want)
			}
			if cfg.Genesis.L1.Hash != chain.Genesis.L1.Hash || cfg.Genesis.L2.Hash != chain.Genesis.L2.Hash {
				t.Errorf("%s: other genesis hashes in the later registry", extra.Name)
			}
		}
	}
	if compared < 45 {
		t.Errorf("only %d networks compared", compared)
	}
}

func schedule(cfg *rollup.Config) string {
	var b strings.Builder
	at := func(name string, time *uint64) {
		if time != nil {
			fmt.Fprintf(&b, "%s %d ", name, *time)
		}
	}
	for _, f := range rollup.Forks() {
		at(f.String(), cfg.Time(f))
	}
	at("pectra", cfg.PectraBlobScheduleTime)
	fmt.Fprintf(&b, "keep %t", cfg.KeepKarstUpgradeGas)
	return b.String()
}
