package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/rollup"
)

// A node in the way of op-node: L1 by RPC and Beacon API, an execution engine by Engine API over HTTP with JWT. It ends
// with the sequencer's blocks, and with nothing but L1 to know them from.
func TestNodeFollowsAChainThroughAnEngineAPI(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	cfg := devnet.DefaultConfig()
	cfg.Ports, cfg.L1BlockTime, cfg.L2BlockTime, cfg.BatchMaxWait = devnet.Ports{}, 1, 1, 1
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- d.Run(ctx) }()

	engine, err := geth.Open(geth.Config{
		Name: "l2", Genesis: d.Genesis().L2, AuthHost: "127.0.0.1", AuthPort: geth.AnyPort, JWTFile: path("jwt"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{"rollup.json": d.Genesis().Rollup, "l1.json": d.Genesis().L1} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := new(lockedBuffer)
	node := parseNode(t,
		"--l1", d.Info().L1.RPC, "--l1.beacon", d.Info().L1.Beacon, "--l1.http-poll-interval=200ms", "--l1.epoch-poll-interval=1s",
		"--l2", engine.AuthURL(), "--l2.jwt-secret", path("jwt"), "--rollup.config", path("rollup.json"), "--rollup.l1-chain-config", path("l1.json"),
		"--rpc.addr=127.0.0.1", "--rpc.port=0", "--datadir", path("data"), "--log.level=warn")
	go func() { ended <- node.Run(ctx, &streams{out: out, err: out}) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		}
		if err := errors.Join(engine.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})

	const blocks = 6
	deadline := time.After(40 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for engine.Safe() == nil || engine.Safe().Number.Uint64() < blocks {
		select {
		case <-deadline:
			t.Fatalf("the node's safe head is %v after 40 s; it says:\n%s", engine.Safe(), out)
		case err := <-ended:
			ended <- err
			t.Fatalf("a part ended early: %v; the node says:\n%s", err, out)
		case <-tick.C:
		}
	}
	sequencer, err := ethclient.Dial(d.Info().Sequencer.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer sequencer.Close()
	for n := range int64(blocks + 1) {
		want, err := sequencer.HeaderByNumber(t.Context(), big.NewInt(n))
		if err != nil {
			t.Fatal(err)
		}
		if got := engine.BlockByNumber(uint64(n)).Hash(); got != want.Hash() {
			t.Errorf("block %d: the node has %s, the sequencer %s", n, got, want.Hash())
		}
	}
}

func TestTheDataDirectoryMayBeMissingOnlyIfNobodyNamedIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	taken := diskFlags{DataDir: filepath.Join(file, "data")}
	if err := taken.open(false, log); err != nil || taken.DataDir != "" {
		t.Errorf("the default that cannot be made: %+v, %v", taken, err)
	}
	taken.DataDir = filepath.Join(file, "data")
	var wrong *rollup.FieldError
	if err := taken.open(true, log); !errors.As(err, &wrong) || wrong.Field != "--datadir" || !strings.Contains(wrong.Fix, "--datadir=") {
		t.Errorf("one that was named: %v", err)
	}
	fine := diskFlags{DataDir: filepath.Join(t.TempDir(), "a", "b")}
	if err := fine.open(true, log); err != nil || fine.DataDir == "" {
		t.Errorf("a new one: %+v, %v", fine, err)
	}
	if entries, err := os.ReadDir(fine.DataDir); err != nil || len(entries) != 0 {
		t.Errorf("it holds %v, %v", entries, err)
	}
	if err := new(diskFlags).open(true, log); err != nil {
		t.Errorf("none: %v", err)
	}
}
