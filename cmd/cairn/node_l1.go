package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"

	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/rollup"
)

// knownL1s need no file. Holesky is gone.
var knownL1s = []*params.ChainConfig{params.MainnetChainConfig, params.SepoliaChainConfig, params.HoodiChainConfig}

// blobSchedule says how the rollup's L1 prices blobs: as built in, or as in the file for an L1 that is not.
func (f *chainFlags) blobSchedule(cfg *rollup.Config, log *slog.Logger) (rollup.BlobSchedule, error) {
	var fromFile rollup.BlobSchedule
	if f.L1ChainConfig != "" {
		config, err := f.readL1(cfg)
		if err != nil {
			return nil, err
		}
		fromFile = node.BlobSchedule(config)
	}
	for _, known := range knownL1s {
		if known.ChainID.Cmp(cfg.L1ChainID) != 0 {
			continue
		}
		schedule := node.BlobSchedule(known)
		if f.L1ChainConfig != "" && !reflect.DeepEqual(fromFile, schedule) {
			log.Warn("the L1 chain configuration is ignored: this L1 is built in, and differs", "file", f.L1ChainConfig, "l1_chain", cfg.L1ChainID)
		}
		return schedule, nil
	}
	if f.L1ChainConfig == "" {
		return nil, wrong("rollup.l1-chain-config", "not given", "give the chain configuration of L1 %s, which is not built in: its blob fees depend on it", cfg.L1ChainID)
	}
	return fromFile, nil
}

// readL1 reads an L1 chain configuration, alone or within a genesis file.
func (f *chainFlags) readL1(cfg *rollup.Config) (*params.ChainConfig, error) {
	bad := func(fix string, args ...any) error {
		return wrong("rollup.l1-chain-config", f.L1ChainConfig, fix, args...)
	}
	text, err := os.ReadFile(f.L1ChainConfig)
	if err != nil {
		return nil, bad("cannot read it (%s)", reason(err))
	}
	var genesis struct {
		Config *params.ChainConfig `json:"config"`
	}
	if err := json.Unmarshal(text, &genesis); err != nil {
		return nil, bad("not JSON of a chain configuration (%s)", err)
	}
	config := genesis.Config
	if config == nil {
		config = new(params.ChainConfig)
		if err := json.Unmarshal(text, config); err != nil {
			return nil, bad("not a chain configuration (%s)", err)
		}
	}
	if id := config.ChainID; id == nil || id.Cmp(cfg.L1ChainID) != 0 {
		return nil, bad("it is for chain %v, the rollup's L1 is chain %v", id, cfg.L1ChainID)
	}
	if err := pricesBlobs(config); err != nil {
		return nil, bad("%s", err)
	}
	return config, nil
}

// pricesBlobs demands that every fork with blobs says how they are priced: a missing entry would give a wrong fee, and
// with it another chain, on the day of the fork. An L1 that is an OP Stack chain itself has no blobs.
func pricesBlobs(config *params.ChainConfig) error {
	if config.IsOptimism() {
		return nil
	}
	s := config.BlobScheduleConfig
	if s == nil {
		return errors.New("it has no blobSchedule; take the one of the L1's genesis file")
	}
	for _, fork := range []struct {
		name  string
		time  *uint64
		price *params.BlobConfig
	}{
		{"cancun", config.CancunTime, s.Cancun},
		{"prague", config.PragueTime, s.Prague},
		{"osaka", config.OsakaTime, s.Osaka},
		{"bpo1", config.BPO1Time, s.BPO1},
		{"bpo2", config.BPO2Time, s.BPO2},
		{"bpo3", config.BPO3Time, s.BPO3},
		{"bpo4", config.BPO4Time, s.BPO4},
		{"bpo5", config.BPO5Time, s.BPO5},
	} {
		switch {
		case fork.time == nil:
		case fork.price == nil:
			return fmt.Errorf("%sTime is %d, but blobSchedule.%s is missing", fork.name, *fork.time, fork.name)
		case fork.price.UpdateFraction == 0:
			return fmt.Errorf("blobSchedule.%s.baseFeeUpdateFraction is 0; take the one of the L1's genesis file", fork.name)
		}
	}
	return nil
}

// endpoints are the L1 execution nodes, in the order given. The error does not show a URL, which may hold a key.
func (f *l1Flags) endpoints() ([]*l1.Endpoint, error) {
	var all []*l1.Endpoint
	for i, url := range f.Endpoints {
		endpoint, err := l1.Dial(strings.TrimSpace(url), l1.DialConfig{RateLimit: f.RateLimit, MaxConcurrency: f.MaxConcurrency})
		if err != nil {
			closeAll(all)
			return nil, wrong("l1", fmt.Sprintf("(URL %d of %d)", i+1, len(f.Endpoints)), "%s", err)
		}
		all = append(all, endpoint)
	}
	return all, nil
}

func closeAll(endpoints []*l1.Endpoint) {
	for _, endpoint := range endpoints {
		endpoint.Close()
	}
}

// beacons are the Beacon APIs, --l1.beacon first.
func (f *l1Flags) beacons() ([]*l1.Beacon, error) {
	header, err := f.beaconHeader()
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, url := range append([]string{f.Beacon}, f.BeaconFallbacks...) {
		if url = strings.TrimSpace(url); url != "" {
			urls = append(urls, url)
		}
	}
	if f.Beacon == "" {
		header = nil // it is meant for that one
	}
	all, err := l1.NewBeacons(urls, l1.BeaconConfig{Clock: l1.SlotClock{SecondsPerSlot: f.SlotDuration}, Header: header, FetchAll: f.BeaconFetchAll})
	if err != nil {
		return nil, wrong("l1.beacon", "(as given)", "%s", err)
	}
	return all, nil
}

// maxCacheBlocks is more blocks than L1 has in a year.
const maxCacheBlocks = 3_000_000

// cacheBytes is the memory for the L1 blocks of --l1.cache-size: op-node's default is the default here.
func (f *l1Flags) cacheBytes(cfg *rollup.Config) int64 {
	const usual = 900
	blocks := f.CacheSize
	if blocks == 0 {
		blocks = cfg.SeqWindowSize * 3 / 2
	}
	return int64(min(blocks, maxCacheBlocks)) * l1.DefaultCacheBytes / usual
}
