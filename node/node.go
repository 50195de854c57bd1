package node

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	gethrpc "github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
)

// Config says what a node consists of.
type Config struct {
	Rollup       *rollup.Config
	BlobSchedule rollup.BlobSchedule // of L1

	Engine    driver.Engine
	EngineRPC rpc.Caller // eth_getProof of the engine
	L1        *gethrpc.Client
	Beacon    *l1.Beacon
	L1Poll    time.Duration // between looks at L1's head
	L1Labels  time.Duration // between looks at L1's safe and finalized block

	Sequencing    driver.Sequencing
	VerifierConfs uint64
	Publish       driver.Publisher // nil: nobody is told

	RPCAddress  string // host:port of optimism_*
	EnableAdmin bool   // serve admin_* too
	Version     string
	Seed        uint64 // makes retry times its own
	Log         *slog.Logger
}

// Node is a rollup node.
type Node struct {
	cfg    Config
	driver *driver.Driver
	source *l1.Source
	server *rpc.Server
	heads  chan driver.L1Heads
}

// New checks the configuration and opens the RPC port. Run starts the rest.
func New(cfg Config) (*Node, error) {
	if err := cfg.Rollup.Check(); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	if err := derive.CheckSupported(cfg.Rollup); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	n := &Node{cfg: cfg, source: l1.NewSource(cfg.L1, l1.SourceConfig{Rollup: cfg.Rollup}), heads: make(chan driver.L1Heads, 1)}
	n.driver = driver.New(driver.Config{
		Rollup: cfg.Rollup, Builder: &attributes.Builder{Config: cfg.Rollup, Blobs: cfg.BlobSchedule},
		Sequencing: cfg.Sequencing, VerifierConfs: cfg.VerifierConfs, Seed: cfg.Seed,
	}, driver.Ports{
		Engine: cfg.Engine, L1: n.source, Blobs: cfg.Beacon, Publish: cfg.Publish, Heads: n.heads, Log: cfg.Log,
	})
	apis := map[string]any{"optimism": rpc.Optimism{
		Config: cfg.Rollup, Sync: n.SyncStatus, Blocks: cfg.Engine, Storage: rpc.ProvenStorageRoots(cfg.EngineRPC), Release: cfg.Version,
		RefOf: func(p *eth.ExecutionPayload) (eth.L2Ref, error) { return attributes.L2RefOf(cfg.Rollup, p) },
	}.API()}
	if cfg.EnableAdmin {
		apis["admin"] = rpc.Admin{Sequencer: n.driver, Active: func() bool { return n.Status().Sequencer.Active }}.API()
	}
	var err error
	if n.server, err = rpc.Listen(cfg.RPCAddress, cfg.Version, apis); err != nil {
		return nil, err
	}
	return n, nil
}

// URL is where the node answers optimism_*.
func (n *Node) URL() string { return n.server.URL() }

// Status is the driver's state after its last step.
func (n *Node) Status() *driver.Status { return n.driver.Status() }

// SyncStatus is what optimism_syncStatus says.
func (n *Node) SyncStatus() eth.SyncStatus { return n.driver.Status().Sync }

// Driver takes admin requests.
func (n *Node) Driver() *driver.Driver { return n.driver }

// Close gives the port of a node back that was never run.
func (n *Node) Close() error { return n.server.Close() }

// Run drives the node until the context ends or derivation cannot go on.
func (n *Node) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	heads, errs := make(chan l1.Heads, 1), make(chan error, 1)
	group.Go(func() error {
		return n.source.Follow(ctx, l1.FollowConfig{Interval: n.cfg.L1Poll, LabelInterval: n.cfg.L1Labels}, heads, errs)
	})
	group.Go(func() error { return n.passHeads(ctx, heads, errs) })
	group.Go(func() error { return n.driver.Run(ctx) })
	group.Go(func() error { return n.server.Serve(ctx) })
	return group.Wait()
}

// passHeads turns what the L1 source says into driver events. The newest wins.
func (n *Node) passHeads(ctx context.Context, heads <-chan l1.Heads, errs <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-errs:
			n.cfg.Log.Warn("L1 does not answer", "err", err)
		case h := <-heads:
			select {
			case <-n.heads: // stale
			default:
			}
			n.heads <- driver.L1Heads(h)
		}
	}
}
