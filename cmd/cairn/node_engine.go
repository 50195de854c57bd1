package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/rollup"
)

// openedEngine is an engine with what has to be done beside using it.
type openedEngine struct {
	node.Engine
	check func(context.Context, *slog.Logger) // looks whether it fits, once it answers
	close func() error
}

// open opens the engine that the flags ask for.
func (f *l2Flags) open(chain *chainFlags, disk *diskFlags, sealing time.Duration, cfg *rollup.Config, log *slog.Logger) (*openedEngine, error) {
	hash := func(env *eth.PayloadEnvelope) common.Hash { return engine.BlockHash(cfg, env) }
	if f.Engine == embedded {
		return f.openEmbedded(chain, disk, sealing, cfg, log, hash)
	}
	return f.openExternal(disk, cfg, log, hash)
}

// openExternal connects to an Engine API.
func (f *l2Flags) openExternal(disk *diskFlags, cfg *rollup.Config, log *slog.Logger, hash func(*eth.PayloadEnvelope) common.Hash) (*openedEngine, error) {
	secret, made, err := engine.ReadOrMakeJWTSecret(f.JWTSecret)
	if err != nil {
		return nil, wrong("l2.jwt-secret", f.JWTSecret, "%s", err)
	}
	if made {
		log.Warn("a new secret for the Engine API is made: start the engine with the same file", "file", f.JWTSecret)
	}
	conn, err := engine.Dial(engine.DialConfig{URL: f.Endpoint, Secret: &secret})
	if err != nil {
		return nil, wrong("l2", "(as given)", "%s", err)
	}
	invalid := ""
	if disk.DataDir != "" {
		invalid = filepath.Join(disk.DataDir, "invalid")
	}
	client := engine.NewClient(conn, cfg, engine.Options{
		Timeout: f.Timeout, InvalidDir: invalid,
		Report: func(err error) { log.Warn("a block the engine calls invalid was not kept", "err", err) },
	})
	return &openedEngine{
		Engine: node.Engine{Port: client, Sync: client, RPC: conn, BlockHash: hash},
		check:  func(ctx context.Context, log *slog.Logger) { checkMethods(ctx, client, cfg, log) },
		close:  func() error { conn.Close(); return nil },
	}, nil
}

// checkMethods waits until the engine answers and says what it is, and what it lacks for the forks of the chain.
func checkMethods(ctx context.Context, client *engine.Client, cfg *rollup.Config, log *slog.Logger) {
	const again = 10 * time.Second
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		have, err := client.Capabilities(ctx)
		if err != nil {
			log.Debug("the engine does not say what it can do", "err", err)
			timer.Reset(again)
			continue
		}
		version, err := client.Version(ctx)
		if err != nil {
			log.Debug("the engine does not say what it is", "err", err)
		}
		later, err := engine.CheckMethods(cfg, uint64(time.Now().Unix()), have) //nolint:gosec // after 1970
		switch {
		case err != nil:
			log.Error("the engine cannot follow this chain", "engine", version.Text, "err", err)
		case len(later) > 0:
			log.Warn("the engine needs an update before a fork", "engine", version.Text, "missing", later)
		default:
			log.Info("engine found", "engine", version.Text)
		}
		return
	}
}

// openEmbedded opens op-geth in this process.
func (f *l2Flags) openEmbedded(
	chain *chainFlags, disk *diskFlags, sealing time.Duration, cfg *rollup.Config, log *slog.Logger, hash func(*eth.PayloadEnvelope) common.Hash,
) (*openedEngine, error) {
	genesis, err := f.genesis(chain, cfg)
	if err != nil {
		return nil, err
	}
	geth.SetLog(engineLog{log.Handler()})
	opened, err := geth.Open(geth.Config{
		Name: "engine", Genesis: genesis, DataDir: disk.DataDir, Archive: f.Archive, Durable: disk.DataDir != "",
		Host: f.HTTPAddr, Port: f.HTTPPort, CORS: []string{"*"}, VirtualHosts: []string{"*"},
	})
	if err != nil {
		return nil, err
	}
	port, err := geth.NewEngine(opened, sealing)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	log.Info("engine runs in this process", "rpc", opened.URL())
	return &openedEngine{
		Engine: node.Engine{Port: port, RPC: opened.RPC(), BlockHash: hash},
		check:  func(context.Context, *slog.Logger) {},
		close:  opened.Close,
	}, nil
}

// genesis is that of the file, or of the network. Its block has to be the one the rollup starts from.
func (f *l2Flags) genesis(chain *chainFlags, cfg *rollup.Config) (*core.Genesis, error) {
	if f.GenesisFile == "" {
		if chain.Network == "" {
			return nil, wrong("l2.genesis", "not given", "the embedded engine needs the genesis file of the chain, or --network")
		}
		genesis, err := network.Genesis(chain.Network)
		if err != nil {
			return nil, wrong("network", chain.Network, "the embedded engine cannot start from nothing there: %s", err)
		}
		network.SetForks(genesis.Config, cfg) // overrides hold for both halves of the node
		return genesis, nil
	}
	text, err := os.ReadFile(f.GenesisFile)
	if err != nil {
		return nil, wrong("l2.genesis", f.GenesisFile, "cannot read it (%s)", reason(err))
	}
	genesis := new(core.Genesis)
	if err := json.Unmarshal(text, genesis); err != nil || genesis.Config == nil {
		return nil, wrong("l2.genesis", f.GenesisFile, "it is no genesis file of an execution engine (%v)", err)
	}
	network.SetForks(genesis.Config, cfg)
	if got := genesis.ToBlock().Hash(); got != cfg.Genesis.L2.Hash {
		return nil, wrong("l2.genesis", f.GenesisFile, "its block is %s, the rollup starts from %s: give the genesis file of this chain", got, cfg.Genesis.L2.Hash)
	}
	return genesis, nil
}

// syncMode is that of the driver.
func (f *l2Flags) syncMode() driver.SyncMode {
	switch {
	case f.SyncMode == "execution-layer" || f.EngineSync:
		return driver.SyncByEngines
	case f.SyncMode == "consensus-layer":
		return driver.SyncDerive
	default:
		return driver.SyncAuto
	}
}
