package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/rollup"
)

// loadChain gives what the flags of the chain give, and what is logged meanwhile.
func loadChain(t *testing.T, args ...string) (*rollup.Config, string, error) {
	t.Helper()
	c := parseNode(t, args...)
	var out bytes.Buffer
	log, _, err := c.Log.logger(&out)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := c.Chain.load(log)
	return cfg, out.String(), err
}

// rollupFile writes the rollup.json of a network, changed: nil removes a key.
func rollupFile(t *testing.T, name string, changes map[string]any) string {
	t.Helper()
	cfg, _, err := network.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for key, value := range changes {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	return writeJSON(t, all)
}

func writeJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheChainComesFromTheRegistryOrAFile(t *testing.T) {
	want, _, err := network.Lookup("op-sepolia")
	if err != nil {
		t.Fatal(err)
	}
	same := rollupFile(t, "op-sepolia", nil)
	for name, args := range map[string][]string{
		"network":                  {"--network=op-sepolia"},
		"alias":                    {"--network=sepolia"},
		"file":                     {"--rollup.config=" + same},
		"both, the same":           {"--network=op-sepolia", "--rollup.config=" + same},
		"file without EIP-1559":    {"--rollup.config=" + rollupFile(t, "op-sepolia", map[string]any{"chain_op_config": nil})},
		"file with overrides back": {"--rollup.config=" + rollupFile(t, "op-sepolia", map[string]any{"karst_time": 5000000000}), "--override.karst=1781712001"},
	} {
		cfg, said, err := loadChain(t, args...)
		if err != nil || !reflect.DeepEqual(cfg, want) {
			t.Errorf("%s: %v, %+v", name, err, cfg)
		}
		if strings.Contains(said, "WARN") != strings.Contains(name, "back") {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestWhatIsOddAboutAFileIsSaid(t *testing.T) {
	_, said, err := loadChain(t, "--rollup.config="+rollupFile(t, "op-mainnet", map[string]any{"karst_time": 1783526402, "cel2_time": 5, "chain_op_config": nil}))
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{
		"keys=cel2_time", "chain_op_config is not in the rollup configuration", "differs from the registry's field=karst_time yours=1783526402 registry=1783526401",
	} {
		if !strings.Contains(said, words) {
			t.Errorf("%q does not say %q", said, words)
		}
	}
	if strings.Count(said, "\n") != 3 {
		t.Errorf("not three lines: %q", said)
	}
}

func TestOverridesReplaceAndAreSaid(t *testing.T) {
	args := []string{"--network=op-mainnet"}
	for i, fork := range rollup.Forks()[1:] {
		args = append(args, "--override."+fork.String(), big.NewInt(int64(4_000_000_000+i)).String())
	}
	cfg, said, err := loadChain(t, append(args, "--override.pectrablobschedule=7", "--override.keep-karst-upgrade-gas=false")...)
	if err != nil {
		t.Fatal(err)
	}
	for i, fork := range rollup.Forks()[1:] {
		if at := cfg.Time(fork); at == nil || *at != uint64(4_000_000_000+i) {
			t.Errorf("%s: %v", fork, at)
		}
	}
	if *cfg.PectraBlobScheduleTime != 7 || cfg.KeepKarstUpgradeGas {
		t.Errorf("pectra %d, keep %t", *cfg.PectraBlobScheduleTime, cfg.KeepKarstUpgradeGas)
	}
	if strings.Count(said, "overridden") != 12 || !strings.Contains(said, "field=lagoon_time before=\"not set\" now=4000000009 by=--override.lagoon") ||
		!strings.Contains(said, "field=keep_karst_upgrade_gas before=true now=false") {
		t.Errorf("%q", said)
	}
	if cfg, _, err := loadChain(t, "--network=op-mainnet", "--override.interop=4000000000"); err != nil || *cfg.LagoonTime != 4_000_000_000 {
		t.Errorf("--override.interop: %v", err)
	}
}

func TestAnOldChainOnSepoliaNeedsItsBlobSchedule(t *testing.T) {
	file := rollupFile(t, "op-sepolia", map[string]any{"pectra_blob_schedule_time": nil})
	_, _, err := loadChain(t, "--rollup.config="+file)
	if err == nil || !strings.Contains(err.Error(), "pectra_blob_schedule_time = not set") || !strings.Contains(err.Error(), "--override.pectrablobschedule") {
		t.Errorf("%v", err)
	}
	for _, more := range []string{"--ignore-missing-pectra-blob-schedule", "--override.pectrablobschedule=1742486400"} {
		if _, _, err := loadChain(t, "--rollup.config="+file, more); err != nil {
			t.Errorf("%s: %v", more, err)
		}
	}
	for name, args := range map[string]string{
		"Mainnet":                     "--network=op-mainnet",
		"a chain younger than Prague": "--rollup.config=" + rollupFile(t, "celo-sep-sepolia", map[string]any{"pectra_blob_schedule_time": nil}),
	} {
		if _, _, err := loadChain(t, args); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// schedule gives the blob schedule for a rollup on an L1, and what is logged meanwhile.
func schedule(t *testing.T, l1 uint64, file string) (rollup.BlobSchedule, string, error) {
	t.Helper()
	var out bytes.Buffer
	log, _, err := (&nodeLogFlags{Level: "info", Format: "text"}).logger(&out)
	if err != nil {
		t.Fatal(err)
	}
	s, err := (&chainFlags{L1ChainConfig: file}).blobSchedule(&rollup.Config{L1ChainID: new(big.Int).SetUint64(l1)}, log)
	return s, out.String(), err
}

func TestBlobFeesOfKnownL1sAreBuiltIn(t *testing.T) {
	for id, config := range map[uint64]*params.ChainConfig{1: params.MainnetChainConfig, 11155111: params.SepoliaChainConfig, 560048: params.HoodiChainConfig} {
		got, said, err := schedule(t, id, "")
		if err != nil || said != "" || len(got) < 5 || !slices.Equal(got, node.BlobSchedule(config)) {
			t.Errorf("L1 %d: %v, %v, %q", id, got, err, said)
		}
	}
	got, _, err := schedule(t, 1, "")
	want := rollup.BlobSchedule{
		{Time: 1710338135, UpdateFraction: 3338477},
		{Time: 1746612311, UpdateFraction: 5007716},
		{Time: 1764798551, UpdateFraction: 5007716},
		{Time: 1765290071, UpdateFraction: 8346193},
		{Time: 1767747671, UpdateFraction: 11684671},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Mainnet: %v, %v, want %v", got, err, want)
	}
	old := *params.MainnetChainConfig
	old.BPO2Time = nil
	got, said, err := schedule(t, 1, writeJSON(t, &old))
	if err != nil || !slices.Equal(got, want) || !strings.Contains(said, "this L1 is built in, and differs") {
		t.Errorf("with an old file: %v, %v, %q", got, err, said)
	}
	if _, said, err := schedule(t, 1, writeJSON(t, params.MainnetChainConfig)); err != nil || said != "" {
		t.Errorf("with a file that says the same: %v, %q", err, said)
	}
}

func TestBlobFeesOfOtherL1sComeFromAFile(t *testing.T) {
	config := func(change func(*params.ChainConfig)) *params.ChainConfig {
		c, blobs := *params.SepoliaChainConfig, *params.SepoliaChainConfig.BlobScheduleConfig
		c.ChainID, c.BlobScheduleConfig = big.NewInt(900), &blobs
		change(&c)
		return &c
	}
	plain := config(func(*params.ChainConfig) {})
	for name, value := range map[string]any{"alone": plain, "in a genesis file": map[string]any{"config": plain, "alloc": map[string]any{}}} {
		got, _, err := schedule(t, 900, writeJSON(t, value))
		if err != nil || !slices.Equal(got, node.BlobSchedule(params.SepoliaChainConfig)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		l1    uint64
		file  string
		words string
	}{
		"no file":           {900, "", "give the chain configuration of L1 900"},
		"Holesky":           {17000, "", "L1 17000, which is not built in"},
		"no such file":      {900, "no.json", "no such file"},
		"of another L1":     {901, writeJSON(t, plain), "it is for chain 900, the rollup's L1 is chain 901"},
		"not JSON":          {900, writeJSON(t, "x"), "not JSON of a chain configuration"},
		"no schedule":       {900, writeJSON(t, config(func(c *params.ChainConfig) { c.BlobScheduleConfig = nil })), "it has no blobSchedule"},
		"a fork without it": {900, writeJSON(t, config(func(c *params.ChainConfig) { c.BlobScheduleConfig.BPO1 = nil })), "blobSchedule.bpo1 is missing"},
		"fraction 0": {
			900, writeJSON(t, config(func(c *params.ChainConfig) { c.BlobScheduleConfig.Prague = &params.BlobConfig{Target: 6, Max: 9} })),
			"blobSchedule.prague.baseFeeUpdateFraction is 0",
		},
	} {
		_, _, err := schedule(t, c.l1, c.file)
		if err == nil || !strings.HasPrefix(err.Error(), "--rollup.l1-chain-config = ") || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.words)
		}
	}
	optimism := config(func(c *params.ChainConfig) { c.BlobScheduleConfig, c.Optimism = nil, &params.OptimismConfig{} })
	if got, _, err := schedule(t, 900, writeJSON(t, optimism)); err != nil || got != nil {
		t.Errorf("an L1 without blobs: %v, %v", got, err)
	}
}

func writeText(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
