package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/rollup"
)

// nodeArgs is a command line that lacks nothing.
func nodeArgs(more ...string) []string {
	return append([]string{"--network=op-sepolia", "--l1.beacon=http://b", "--l2=http://e", "--l2.jwt-secret=jwt"}, more...)
}

// Every flag reaches the part that it is for.
func TestFlagsReachTheNode(t *testing.T) {
	c := parseNode(t, nodeArgs(
		"--l1=http://one, http://two", "--l1.beacon-archiver=http://c,http://d", "--l1.http-poll-interval=3s", "--l1.epoch-poll-interval=4s",
		"--l1.trustrpc", "--l1.rpc-max-batch-size=7", "--l1.cache-size=1800", "--verifier.l1-confs=5", "--syncmode=Execution-Layer",
		"--syncmode.offset-el-safe=1h", "--datadir=/data", "--safedb.path=/safe", "--sequencer.enabled", "--sequencer.stopped", "--sequencer.l1-confs=6",
		"--sequencer.sealing-duration=9ms", "--sequencer.recover", "--rpc.addr=127.0.0.2", "--rpc.port=11", "--rpc.enable-admin",
		"--rpc.admin-state=/state", "--fetch-withdrawal-root-from-state", "--metrics.enabled", "--metrics.addr=127.0.0.3", "--metrics.port=12",
		"--status-interval=13s")...)
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	cfg, err := c.config(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(cfg.L1.Endpoints)
	if cfg.Name != "op-sepolia" || cfg.Rollup.L2ChainID.Uint64() != 11155420 || len(cfg.BlobSchedule) < 5 {
		t.Errorf("chain %s, %d blob fees", cfg.Name, len(cfg.BlobSchedule))
	}
	if in := cfg.L1; len(in.Endpoints) != 2 || in.Endpoints[1].Name() != "two" || len(in.Beacons) != 3 || in.Beacons[0].Name() != "b" || in.Beacons[2].Name() != "d" ||
		in.Poll != 3*time.Second || in.Labels != 4*time.Second || !in.TrustRPC || in.BatchSize != 7 || in.CacheBytes != 2*l1.DefaultCacheBytes {
		t.Errorf("L1 %+v", in)
	}
	if s := cfg.Sequencing; !s.Enabled || !s.Stopped || s.Confs != 6 || s.Sealing != 9*time.Millisecond || !cfg.Recover || cfg.VerifierConfs != 5 {
		t.Errorf("sequencing %+v, recover %t, confs %d", s, cfg.Recover, cfg.VerifierConfs)
	}
	if cfg.SyncMode != driver.SyncByEngines || cfg.SyncOffset != time.Hour || cfg.Disk.DataDir != "/data" || cfg.Disk.SafeDB != "/safe" || cfg.Progress != 13*time.Second {
		t.Errorf("sync %d, offset %s, disk %+v, status %s", cfg.SyncMode, cfg.SyncOffset, cfg.Disk, cfg.Progress)
	}
	if s := cfg.Serve; s.RPC != "127.0.0.2:11" || !s.Admin || s.AdminState.Path != "/state" || s.Metrics != "127.0.0.3:12" || !s.StorageFromState {
		t.Errorf("serve %+v", s)
	}
}

func TestWhatIsNotGivenIsNotThere(t *testing.T) {
	c := parseNode(t, nodeArgs()...)
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	cfg, err := c.config(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(cfg.L1.Endpoints)
	if s := cfg.Serve; s.RPC != "0.0.0.0:9545" || s.Admin || s.AdminState != nil || s.Metrics != "" || s.StorageFromState || cfg.L1.TrustRPC || cfg.Recover {
		t.Errorf("%+v, %+v", s, cfg)
	}
	if cfg.SyncMode != driver.SyncDerive || cfg.L1.CacheBytes != l1.DefaultCacheBytes || len(cfg.L1.Endpoints) != 1 {
		t.Errorf("sync %d, L1 %+v", cfg.SyncMode, cfg.L1)
	}
}

func TestFlagsThatStandForOthers(t *testing.T) {
	c := parseNode(t, nodeArgs("--l2.engine-sync", "--sequencer.sealing-duration=-1s")...)
	if err := c.check(); err != nil || c.L2.SyncMode != executionLayer || c.Sequencer.Sealing != 50*time.Millisecond {
		t.Errorf("%v, %s, %s", err, c.L2.SyncMode, c.Sequencer.Sealing)
	}
	window := &rollup.Config{SeqWindowSize: 1200}
	for size, want := range map[uint64]int64{0: 2 * l1.DefaultCacheBytes, 900: l1.DefaultCacheBytes, 1 << 63: maxCacheBlocks * l1.DefaultCacheBytes / 900} {
		if got := (&l1Flags{CacheSize: size}).cacheBytes(window); got != want {
			t.Errorf("--l1.cache-size=%d is %d bytes, want %d", size, got, want)
		}
	}
}

// An embedded engine that is killed keeps its blocks only if it keeps the state of each. A sequencer's must: others were
// told of them.
func TestASequencersEmbeddedEngineKeepsWhatItHasMade(t *testing.T) {
	for _, test := range []struct {
		flags []string
		wrong bool
	}{
		{[]string{"--sequencer.enabled", "--l2.archive=false"}, false}, // an engine of its own looks after itself
		{[]string{"--engine=embedded", "--l2.archive=false"}, false},
		{[]string{"--engine=Embedded", "--sequencer.enabled"}, false},
		{[]string{"--engine=Embedded", "--sequencer.enabled", "--l2.archive=false"}, true},
	} {
		c := parseNode(t, nodeArgs(test.flags...)...)
		var field *rollup.FieldError
		if err := c.check(); test.wrong != errors.As(err, &field) || test.wrong && field.Field != "--l2.archive" {
			t.Errorf("%q: %v", test.flags, err)
		}
	}
	if !parseNode(t, nodeArgs("--engine=embedded")...).L2.Archive {
		t.Error("it is not the default")
	}
}

func TestAChainWithoutBlobsNeedsNoBeacon(t *testing.T) {
	c := parseNode(t, "--network=op-sepolia", "--l2=http://e", "--l2.jwt-secret=jwt", "--l1.beacon.ignore")
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if beacons, err := c.L1.beacons(); err != nil || len(beacons) != 0 {
		t.Errorf("%v, %v", beacons, err)
	}
}

// The header of --l1.beacon is usually a key: nobody else gets it.
func TestTheBeaconHeaderIsForTheFirstAlone(t *testing.T) {
	var got []string
	serve := func(name string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = append(got, name+" "+r.Header.Get("X-Key"))
			w.WriteHeader(http.StatusNotFound)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	one, two := serve("one"), serve("two")
	for _, f := range []l1Flags{
		{Beacon: one, BeaconFallbacks: []string{two}, BeaconHeader: "X-Key: secret", SlotDuration: 12},
		{BeaconFallbacks: []string{two}, BeaconHeader: "X-Key: secret", SlotDuration: 12},
	} {
		beacons, err := f.beacons()
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, beacon := range beacons {
			_, _ = beacon.Blobs(t.Context(), eth.L1Ref{Time: 1700000000}, []common.Hash{{1}})
		}
		seen := map[string]bool{}
		for _, request := range got {
			seen[request] = true
		}
		if len(got) == 0 || seen["two secret"] || seen["one "] || seen["one secret"] != (f.Beacon != "") || !seen["two "] {
			t.Errorf("%q", got)
		}
	}
}
