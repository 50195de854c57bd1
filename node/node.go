package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	gethrpc "github.com/ethereum/go-ethereum/rpc"
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
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
	"github.com/cairn-rollup/cairn/store"
)

// prefetchMargin is how many L1 blocks derivation has to be behind before blocks are fetched ahead of it.
const prefetchMargin = 16

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

	SafeDB         string // directory of the safe-head index; empty: in memory
	RPCAddress     string // host:port of optimism_*, /healthz, /livez and /readyz
	EnableAdmin    bool   // serve admin_* too
	MetricsAddress string // host:port of /metrics; empty: not served
	Version        string
	Seed           uint64 // makes retry times its own
	Log            *slog.Logger
}

// Node is a rollup node.
type Node struct {
	cfg    Config
	driver *driver.Driver
	l1     *l1.Prefetcher
	safe   *store.SafeHeads
	server *rpc.Server
	more   []*httpserve.Server // metrics, if they are served
	heads  chan driver.L1Heads
}

// New checks the configuration and opens ports and disk. Run starts the rest, Close ends what New began.
func New(cfg Config) (_ *Node, err error) {
	if err := cfg.Rollup.Check(); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	if err := derive.CheckSupported(cfg.Rollup); err != nil {
		return nil, fmt.Errorf("rollup configuration: %w", err)
	}
	source := l1.NewSource(cfg.L1, l1.SourceConfig{Rollup: cfg.Rollup})
	n := &Node{
		cfg: cfg, heads: make(chan driver.L1Heads, 1),
		l1: l1.NewPrefetcher(source, l1.PrefetchConfig{Margin: cfg.VerifierConfs + prefetchMargin}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.safe, err = store.OpenSafeHeads(cfg.SafeDB); err != nil {
		return nil, err
	}
	n.driver = driver.New(driver.Config{
		Rollup: cfg.Rollup, Builder: &attributes.Builder{Config: cfg.Rollup, Blobs: cfg.BlobSchedule},
		Sequencing: cfg.Sequencing, VerifierConfs: cfg.VerifierConfs, Seed: cfg.Seed,
	}, driver.Ports{
		Engine: cfg.Engine, L1: n.l1, Blobs: cfg.Beacon, Safe: n.safe, Publish: cfg.Publish, Heads: n.heads, Log: cfg.Log,
	})
	apis := map[string]any{"optimism": rpc.Optimism{
		Config: cfg.Rollup, Sync: n.SyncStatus, Blocks: cfg.Engine, Storage: rpc.ProvenStorageRoots(cfg.EngineRPC), Release: cfg.Version,
		SafeHeadAt: n.safe.At,
		RefOf:      func(p *eth.ExecutionPayload) (eth.L2Ref, error) { return attributes.L2RefOf(cfg.Rollup, p) },
	}.API()}
	if cfg.EnableAdmin {
		apis["admin"] = rpc.Admin{Sequencer: n.driver, Active: func() bool { return n.Status().Sequencer.Active }}.API()
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(obs.NewCollector(cfg.Version, n.snapshot), collectors.NewGoCollector())
	health := obs.Handler(n.snapshot, registry, time.Now)
	if n.server, err = rpc.Listen(cfg.RPCAddress, cfg.Version, apis, health); err != nil {
		return nil, err
	}
	if cfg.MetricsAddress != "" {
		metrics, err := httpserve.Listen(cfg.MetricsAddress, health)
		if err != nil {
			return nil, err
		}
		n.more = append(n.more, metrics)
	}
	return n, nil
}

// snapshot is the driver's status as metrics and probes read it.
func (n *Node) snapshot() obs.Snapshot {
	s := n.driver.Status()
	out := obs.Snapshot{
		Sync: s.Sync, Started: s.Started, SequencerEnabled: s.Sequencer.Enabled, SequencerActive: s.Sequencer.Active,
		Dropped: s.Dropped, Failure: s.Failure, FailureFault: s.Fault, Need: s.Need.String(), Moved: obs.Moved(s.Moved), Spent: s.Spent.ByName(),
		Counts: obs.Counts(s.Counts),
		Chain: obs.Chain{
			ChainID: n.cfg.Rollup.L2ChainID.Uint64(), BlockTime: n.cfg.Rollup.BlockTime, SeqWindowSize: n.cfg.Rollup.SeqWindowSize,
			VerifierConfs: n.cfg.VerifierConfs,
		},
	}
	for _, w := range s.Waits {
		out.Waits = append(out.Waits, obs.Wait(w))
	}
	return out
}

// URL is where the node answers optimism_*.
func (n *Node) URL() string { return n.server.URL() }

// Status is the driver's state after its last step.
func (n *Node) Status() *driver.Status { return n.driver.Status() }

// SyncStatus is what optimism_syncStatus says.
func (n *Node) SyncStatus() eth.SyncStatus { return n.driver.Status().Sync }

// Close gives back what New opened. Run must have returned, or never been called.
func (n *Node) Close() error {
	var errs []error
	for _, s := range n.more {
		errs = append(errs, closed(s.Close()))
	}
	if n.server != nil {
		errs = append(errs, closed(n.server.Close()))
	}
	if n.safe != nil {
		errs = append(errs, n.safe.Close())
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
		return n.l1.Follow(ctx, l1.FollowConfig{Interval: n.cfg.L1Poll, LabelInterval: n.cfg.L1Labels}, heads, errs)
	})
	group.Go(func() error { return n.l1.Run(ctx) })
	group.Go(func() error { return n.passHeads(ctx, heads, errs) })
	group.Go(func() error { return n.driver.Run(ctx) })
	group.Go(func() error { return n.server.Serve(ctx) })
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
