package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
)

// nodeCmd follows, and if asked sequences, a chain. Flags and environment as op-node's.
type nodeCmd struct {
	nodeFlags  `embed:""`
	Legacy     legacyFlags   `embed:"" group:"legacy"`
	HelpLegacy helpLegacyArg `name:"help-legacy" help:"List the flags of op-node that are accepted and do nothing, or are refused."`

	given givenFlags
}

// foldWindow is for how long a line that is repeated is only counted.
const foldWindow = 30 * time.Second

// Run runs the node until it is interrupted.
func (c *nodeCmd) Run(ctx context.Context, s *streams) error {
	log, level, err := c.Log.logger(s.err)
	if err != nil {
		return err
	}
	folded := obs.Fold(log.Handler(), foldWindow)
	defer folded.Flush()
	log = slog.New(folded)
	if err := c.check(); err != nil {
		return err
	}
	c.given.report(log)
	cfg, err := c.config(log)
	if err != nil {
		return err
	}
	defer closeAll(cfg.L1.Endpoints)
	if err := c.Disk.open(c.given.atStart["datadir"], log); err != nil {
		return err
	}
	cfg.Disk.DataDir = c.Disk.DataDir
	if cfg.Gossip, err = c.P2P.config(ctx, cfg.Rollup, &c.Disk, c.Sequencer.Enabled, log); err != nil {
		return err
	}
	cfg.Serve.SetLogLevel = func(l slog.Level) error {
		level.Set(l)
		return nil
	}
	profiles, err := c.Serve.profiles()
	if err != nil {
		return err
	}
	return errors.Join(c.runWith(ctx, cfg), profiles.end())
}

// runWith opens the engine and runs the node until the context ends.
func (c *nodeCmd) runWith(ctx context.Context, cfg node.Config) error {
	opened, err := c.L2.open(&c.Chain, &c.Disk, c.Sequencer.Sealing, cfg.Rollup, cfg.Log)
	if err != nil {
		return err
	}
	cfg.Engine = opened.Engine
	n, err := node.New(cfg)
	if err != nil {
		return errors.Join(err, opened.close())
	}
	cfg.Log.Info("node runs", "rpc", n.URL(), "l2_chain", cfg.Rollup.L2ChainID, "network", cfg.Name, "sequencer", c.Sequencer.Enabled)
	checking, stop := context.WithCancel(ctx)
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		opened.check(checking, cfg.Log)
	}()
	err = n.Run(ctx)
	stop()
	<-checked
	return errors.Join(err, n.Close(), opened.close())
}

// config is the node's configuration but for the engine. The caller closes the L1 endpoints.
func (c *nodeCmd) config(log *slog.Logger) (cfg node.Config, err error) {
	cfg = node.Config{
		Sequencing: driver.Sequencing{
			Enabled: c.Sequencer.Enabled, Stopped: c.Sequencer.Stopped, Confs: c.Sequencer.Confs, Sealing: c.Sequencer.Sealing,
		},
		Recover: c.Sequencer.Recover, VerifierConfs: c.L1.VerifierConfs,
		SyncMode: c.L2.syncMode(), SyncOffset: c.L2.OffsetSafe,
		Disk:  node.Disk{DataDir: c.Disk.DataDir, SafeDB: c.Disk.SafeDB, Rebuild: c.Disk.Rebuild},
		Serve: c.Serve.config(), Version: version(), Seed: rand.Uint64(), Log: log, Progress: c.Log.Status,
	}
	if cfg.Rollup, err = c.Chain.load(log); err != nil {
		return cfg, err
	}
	if _, extra, err := network.ByChainID(cfg.Rollup.L2ChainID); err == nil && extra != nil {
		cfg.Name = extra.Name
	}
	if cfg.BlobSchedule, err = c.Chain.blobSchedule(cfg.Rollup, log); err != nil {
		return cfg, err
	}
	cfg.L1 = node.L1{
		Poll: c.L1.Poll, Labels: c.L1.EpochPoll, TrustRPC: c.L1.TrustRPC, BatchSize: c.L1.MaxBatchSize, CacheBytes: c.L1.cacheBytes(cfg.Rollup),
	}
	if cfg.L1.Beacons, err = c.L1.beacons(); err != nil {
		return cfg, err
	}
	cfg.L1.Endpoints, err = c.L1.endpoints()
	return cfg, err
}

// config says what is served where.
func (f *serveFlags) config() node.Serve {
	out := node.Serve{RPC: address(f.RPCAddr, f.RPCPort), Admin: f.EnableAdmin, StorageFromState: f.RootFromState}
	if f.AdminState != "" {
		out.AdminState = &rpc.AdminState{Path: f.AdminState}
	}
	if f.MetricsEnabled {
		out.Metrics = address(f.MetricsAddr, f.MetricsPort)
	}
	return out
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// wrong is the error for a flag.
func wrong(flag string, value any, fix string, args ...any) error {
	return &rollup.FieldError{Field: "--" + flag, Value: fmt.Sprint(value), Fix: fmt.Sprintf(fix, args...)}
}
