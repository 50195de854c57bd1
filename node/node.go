package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/httpserve"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/rpc"
	"github.com/cairn-rollup/cairn/store"
	"github.com/cairn-rollup/cairn/upgrades"
)

// prefetchMargin is how many L1 blocks derivation has to be behind before blocks are fetched ahead of it.
const prefetchMargin = 16

// Node is a rollup node.
type Node struct {
	cfg    Config
	driver *driver.Driver
	l1     *l1.Prefetcher
	blobs  *l1.BlobSources
	// blobsAhead fetches those of blocks that l1 has fetched ahead.
	blobsAhead *l1.BlobPrefetcher
	safe       *store.SafeHeads
	inputs     *store.Inputs // nil: in memory
	server     *rpc.Server
	more       []*httpserve.Server // metrics, if they are served
	gossip     *gossiping          // nil: there is none
	heads      chan driver.L1Heads
}

// New checks the configuration and opens ports and disk. Run starts the rest, Close ends what New began.
func New(cfg Config) (*Node, error) {
	if err := cfg.Rollup.Check(); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	if err := derive.CheckSupported(cfg.Rollup); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	n := &Node{cfg: cfg, heads: make(chan driver.L1Heads, 1)}
	if err := n.open(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) open() (err error) {
	if err := n.openDisk(); err != nil {
		return err
	}
	if err := n.recallSequencer(); err != nil {
		return err
	}
	n.openL1()
	if n.cfg.Gossip != nil {
		if n.gossip, err = openGossip(n.cfg.Gossip.P2P, n.cfg.Log); err != nil {
			return err
		}
	}
	n.openDriver()
	return n.openPorts()
}

// recallSequencer has the sequencer begin as admin_* left it, whatever the configuration says, and writes down how it
// begins (op-node's --rpc.admin-state).
func (n *Node) recallSequencer() error {
	state, sequencing := n.cfg.Serve.AdminState, &n.cfg.Sequencing
	if state == nil || !sequencing.Enabled {
		return nil
	}
	started, known, err := state.SequencerStarted()
	if err != nil {
		return err
	}
	if known && started == sequencing.Stopped {
		n.cfg.Log.Warn("the sequencer begins as admin_* left it, not as configured", "started", started, "file", state.Path)
		sequencing.Stopped = !started
	}
	return state.SetSequencerStarted(!sequencing.Stopped)
}

// openDisk opens what outlives the process.
func (n *Node) openDisk() (err error) {
	safeDB, disk, cfg := n.cfg.Disk.SafeDB, n.cfg.Disk, n.cfg.Rollup
	if safeDB == "" && disk.DataDir != "" {
		safeDB = filepath.Join(disk.DataDir, "safedb")
	}
	if n.safe, err = store.OpenSafeHeads(safeDB); err != nil || disk.DataDir == "" {
		return err
	}
	dir := filepath.Join(disk.DataDir, "l1")
	open := func() (*store.Inputs, error) {
		return store.OpenInputs(dir, ownerOf(cfg))
	}
	n.inputs, err = open()
	if err == nil || !disk.Rebuild || errors.Is(err, store.ErrForeign) {
		return err
	}
	n.cfg.Log.Warn("L1 inputs on disk are thrown away, they fill again from L1", "dir", dir, "err", err)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("rebuild store of L1 inputs: %w", err)
	}
	n.inputs, err = open()
	return err
}

// openL1 makes the readers of L1. They connect when they are asked.
func (n *Node) openL1() {
	failed := func(err error) { n.cfg.Log.Warn("L1 inputs on disk do not work, they are fetched instead", "err", err) }
	cfg := l1.SourceConfig{
		Rollup: n.cfg.Rollup, TrustRPC: n.cfg.L1.TrustRPC, BatchSize: n.cfg.L1.BatchSize, CacheBytes: n.cfg.L1.CacheBytes, KeepFailed: failed,
	}
	blobs := l1.BlobSourcesConfig{KeepFailed: failed}
	if n.inputs != nil {
		cfg.Keep, blobs.Keep = n.inputs, n.inputs
	}
	n.blobs = l1.NewBlobSources(n.cfg.L1.Beacons, blobs)
	n.blobsAhead = l1.NewBlobPrefetcher(n.blobs)
	n.l1 = l1.NewPrefetcher(l1.NewSource(n.cfg.L1.Endpoints, cfg), l1.PrefetchConfig{
		Margin: n.cfg.VerifierConfs + prefetchMargin, Concurrency: n.cfg.L1.PrefetchSize, Fetched: n.blobsAhead.Ahead,
	})
}

func (n *Node) openDriver() {
	cfg := n.cfg
	ports := driver.Ports{
		Engine: cfg.Engine.Port, Sync: cfg.Engine.Sync, L1: n.l1, Blobs: n.blobsAhead, Safe: n.safe, Heads: n.heads, Log: cfg.Log,
	}
	if n.gossip != nil {
		ports.Gossip = n.gossip.blocks
	}
	if n.gossip != nil || cfg.Publish != nil {
		ports.Publish = n
	}
	if n.inputs != nil {
		ports.Memory = memory{cfg.Rollup, n.inputs}
	}
	of := upgrades.Transactions
	if cfg.Rollup.AsOpNode117 {
		cfg.Log.Warn("deriving as op-node 1.17 did: this is for recordings and test chains of that time, not for any public chain")
		of = upgrades.AsOpNode117
	}
	n.driver = driver.New(driver.Config{
		Rollup:     cfg.Rollup,
		Builder:    &attributes.Builder{Config: cfg.Rollup, Blobs: cfg.BlobSchedule, Upgrades: of},
		Sequencing: cfg.Sequencing, Recover: cfg.Recover, VerifierConfs: cfg.VerifierConfs,
		SyncMode: cfg.SyncMode, SyncOffset: cfg.SyncOffset, Seed: cfg.Seed,
	}, ports)
}

// openPorts opens what is served.
func (n *Node) openPorts() (err error) {
	cfg := n.cfg
	apis := map[string]any{
		"optimism": rpc.Optimism{
			Config: cfg.Rollup, Sync: n.SyncStatus, Blocks: cfg.Engine.Port, Storage: rpc.ProvenStorageRoots(cfg.Engine.RPC),
			ProveStorageRoots: cfg.Serve.StorageFromState, Release: cfg.Version, SafeHeadAt: n.safe.At,
			RefOf: func(p *eth.ExecutionPayload) (eth.L2Ref, error) { return attributes.L2RefOf(cfg.Rollup, p) },
		}.API(),
	}
	about := rpc.Cairn{
		Explain: func() any { return obs.Explain(n.snapshot(), time.Now()) },
		Status:  func() any { return n.Status() },
	}
	if cfg.Serve.Admin {
		apis["admin"] = n.admin().API()
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(obs.NewCollector(cfg.Version, n.snapshot), collectors.NewGoCollector())
	if n.gossip != nil {
		apis["opp2p"] = p2p.NewRPC(n.gossip.host)
		about.Gossip = func() any { return n.gossip.host.Report() }
		registry.MustRegister(p2p.NewCollector(n.gossip.host))
	}
	apis["cairn"] = about.API()
	health := obs.Handler(n.snapshot, registry, time.Now)
	if n.server, err = rpc.Listen(cfg.Serve.RPC, cfg.Version, apis, health); err != nil {
		return err
	}
	if cfg.Serve.Metrics != "" {
		metrics, err := httpserve.Listen(cfg.Serve.Metrics, health)
		if err != nil {
			return err
		}
		n.more = append(n.more, metrics)
	}
	return nil
}

func (n *Node) admin() rpc.Admin {
	admin := rpc.Admin{
		State: n.cfg.Serve.AdminState, Active: func() bool { return n.Status().Sequencer.Active },
		SetRecoverMode: n.driver.SetRecoverMode, ResetDerivation: n.driver.ResetDerivation,
		PostUnsafePayload: n.driver.PostUnsafePayload, BlockHash: n.cfg.Engine.BlockHash, SetLogLevel: n.cfg.Serve.SetLogLevel,
	}
	if n.cfg.Sequencing.Enabled {
		admin.Sequencer = n.driver
	}
	return admin
}

// URL is where the node answers optimism_*.
func (n *Node) URL() string { return n.server.URL() }

// Publish tells of an own block whoever is to hear of it.
func (n *Node) Publish(payload *eth.PayloadEnvelope) {
	if n.cfg.Publish != nil {
		n.cfg.Publish.Publish(payload)
	}
	if n.gossip != nil {
		n.gossip.Publish(payload)
	}
}

// PeerAddr is where other nodes connect to for gossip: a multiaddr that ends in the peer's id, empty without gossip.
func (n *Node) PeerAddr() string {
	if n.gossip == nil {
		return ""
	}
	s := n.gossip.host.Status()
	if len(s.Addrs) == 0 {
		return ""
	}
	return fmt.Sprintf("%s/p2p/%s", s.Addrs[0], s.Peer)
}

// Status is the driver's state after its last step.
func (n *Node) Status() *driver.Status { return n.driver.Status() }

// SyncStatus is what optimism_syncStatus says.
func (n *Node) SyncStatus() eth.SyncStatus { return n.driver.Status().Sync }

// Close gives back what New opened. Run must have returned, or never been called.
func (n *Node) Close() error {
	var errs []error
	if n.gossip != nil {
		errs = append(errs, n.gossip.host.Close())
	}
	for _, s := range n.more {
		errs = append(errs, closed(s.Close()))
	}
	if n.server != nil {
		errs = append(errs, closed(n.server.Close()))
	}
	if n.safe != nil {
		errs = append(errs, n.safe.Close())
	}
	if n.inputs != nil {
		errs = append(errs, n.inputs.Close())
	}
	return errors.Join(errs...)
}

// closed takes a port that its server has closed already for what it is.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Run drives the node until the context ends or derivation cannot go on.
func (n *Node) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	heads, errs := make(chan l1.Heads, 1), make(chan error, 1)
	group.Go(func() error {
		return n.l1.Follow(ctx, l1.FollowConfig{Interval: n.cfg.L1.Poll, LabelInterval: n.cfg.L1.Labels}, heads, errs)
	})
	group.Go(func() error { return n.l1.Run(ctx) })
	group.Go(func() error { return n.blobsAhead.Run(ctx) })
	group.Go(func() error { return n.passHeads(ctx, heads, errs) })
	group.Go(func() error { return n.driver.Run(ctx) })
	group.Go(func() error { return n.server.Serve(ctx) })
	if n.cfg.Progress > 0 {
		group.Go(func() error { return obs.Run(ctx, n.snapshot, n.cfg.Log, n.cfg.Progress) })
	}
	if g := n.gossip; g != nil {
		group.Go(func() error { return g.pass(ctx) })
		group.Go(func() error { return g.publish(ctx) })
		group.Go(func() error {
			return g.watchSigner(ctx, n.cfg.Gossip.ReloadSigner, unsafeBlockSigner(n.l1, n.cfg.Rollup.L1SystemConfigAddress))
		})
	}
	for _, s := range n.more {
		group.Go(func() error { return s.Serve(ctx) })
	}
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
			n.l1.Head(h.Head.Number)
			select {
			case <-n.heads: // stale
			default:
			}
			n.heads <- driver.L1Heads(h)
		}
	}
}
