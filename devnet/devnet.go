package devnet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/ethdb/pebble"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/devnet/devl1"
	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/internal/httpserve"
	"github.com/cairn-rollup/cairn/rpc"
	"github.com/cairn-rollup/cairn/txmgr"
)

// Devnet is a rollup that is open: everything listens. Run makes it move, Close gives everything back.
type Devnet struct {
	cfg     Config
	who     cast
	genesis *Genesis

	l1        *geth.Chain
	producer  *devl1.Chain
	beacon    *httpserve.Server
	sequencer *l2
	verifiers []*l2
	batcher   *batching
	urgent    urgency
	control   *rpc.Server

	submitting sync.Mutex // held while the control API gives a transaction to L1
	closers    []func() error
}

// Open makes or resumes a devnet. On an error nothing stays open, and a configuration that is wrong (*rollup.FieldError) leaves
// nothing behind on disk.
func Open(ctx context.Context, cfg Config) (_ *Devnet, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	isNew, err := cfg.prepare(time.Now())
	if err != nil {
		return nil, err
	}
	d := &Devnet{cfg: cfg}
	if d.who, err = newCast(); err != nil {
		return nil, err
	}
	if d.genesis, err = newGenesis(&d.cfg, d.who); err != nil {
		return nil, err
	}
	if cfg.DataDir != "" && isNew {
		if err := d.cfg.create(); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := d.openL1(); err != nil {
		return nil, err
	}
	if err := d.openL2(); err != nil {
		return nil, err
	}
	if d.batcher, err = d.openBatcher(ctx); err != nil {
		return nil, fmt.Errorf("open batcher: %w", err)
	}
	d.control, err = rpc.Listen(cfg.address(cfg.Ports.Control), cfg.Version, map[string]any{"devnet": &controlAPI{d}}, nil)
	if err != nil {
		return nil, err
	}
	d.onClose(d.control.Close)
	return d, nil
}

func (d *Devnet) onClose(f func() error) { d.closers = append(d.closers, f) }

// openL1 opens the L1 chain, its blobs and its Beacon API.
func (d *Devnet) openL1() (err error) {
	if d.l1, err = d.openChain("l1", d.genesis.L1, d.cfg.Ports.L1); err != nil {
		return err
	}
	var blobs ethdb.KeyValueStore = memorydb.New()
	if d.cfg.DataDir != "" {
		const cacheMB, handles = 16, 64
		if blobs, err = pebble.New(filepath.Join(d.cfg.DataDir, "blobs"), cacheMB, handles, "", false); err != nil {
			return fmt.Errorf("open blobs: %w", err)
		}
	}
	d.onClose(blobs.Close)
	d.producer = devl1.New(devl1.Config{
		Chain: d.l1, Blobs: devl1.NewBlobStore(blobs), BlockTime: d.cfg.L1BlockTime,
		SafeDistance: d.cfg.L1SafeDistance, FinalizedDistance: d.cfg.L1FinalizedDistance, Log: d.cfg.Log.With("node", "l1"),
	})
	if d.beacon, err = httpserve.Listen(d.cfg.address(d.cfg.Ports.Beacon), d.producer.Beacon(d.cfg.Version)); err != nil {
		return err
	}
	d.onClose(d.beacon.Close)
	return nil
}

// openL2 opens the sequencer and the verifiers.
func (d *Devnet) openL2() (err error) {
	p := d.cfg.Ports
	d.sequencer, err = d.openNode("sequencer", p.Sequencer, p.SequencerNode, driver.Sequencing{
		Enabled: true, Stopped: d.cfg.SequencerStopped, Confs: d.cfg.SequencerConfs, Sealing: sealing,
	}, &d.urgent)
	if err != nil {
		return err
	}
	for i := range d.cfg.Verifiers {
		name := "verifier"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		port, nodePort := p.verifier(i)
		verifier, err := d.openNode(name, port, nodePort, driver.Sequencing{}, nil)
		if err != nil {
			return err
		}
		d.verifiers = append(d.verifiers, verifier)
	}
	return nil
}

// Run moves the devnet until the context ends or a part fails.
func (d *Devnet) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.producer.Run(ctx) })
	group.Go(func() error { return d.beacon.Serve(ctx) })
	group.Go(func() error { return d.control.Serve(ctx) })
	for _, n := range d.nodes() {
		group.Go(func() error { return n.node.Run(ctx) })
	}
	group.Go(func() error { return d.batcher.run(ctx) })
	txmgr.Warm() // for the batcher, and for the nodes that verify its blobs
	err := group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return err
}

// Ready returns once every node has found its start and there is an L2 block, or when the context ends.
func (d *Devnet) Ready(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		up := d.sequencer.node.SyncStatus().UnsafeL2.Number > 0 || d.cfg.SequencerStopped
		for _, n := range d.nodes() {
			up = up && n.node.Status().Started
		}
		if up {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// Close stops what is open, in reverse order. Run must have returned.
func (d *Devnet) Close() error {
	var errs []error
	for _, f := range slices.Backward(d.closers) {
		if err := f(); err != nil && !isClosed(err) {
			errs = append(errs, err)
		}
	}
	d.closers = nil
	return errors.Join(errs...)
}

// Genesis is what both layers began with.
func (d *Devnet) Genesis() *Genesis { return d.genesis }

// Info is the table of addresses.
func (d *Devnet) Info() Info {
	info := Info{
		L1:        L1Info{RPC: d.l1.URL(), WS: d.l1.WebSocketURL(), Beacon: d.beacon.URL(), ChainID: L1ChainID},
		Sequencer: d.sequencer.info(), L2ChainID: L2ChainID, Accounts: d.who.funded, BatchInbox: batchInbox, Control: d.control.URL(),
		Contracts: map[string]common.Address{
			"SystemConfig": d.genesis.Addresses.SystemConfig, "OptimismPortal": d.genesis.Addresses.OptimismPortal,
			"Multicall3": d.genesis.Addresses.Multicall3,
		},
	}
	for _, v := range d.verifiers {
		info.Verifiers = append(info.Verifiers, v.info())
	}
	return info
}

// Status is the moving part.
func (d *Devnet) Status() Status {
	s := Status{
		L1Head: d.l1.Head().Number.Uint64(), Sequencer: d.sequencer.heads(), Batcher: d.batcher.status(),
		Dropped: d.verifiers[0].node.Status().Dropped,
	}
	for _, v := range d.verifiers {
		s.Verifiers = append(s.Verifiers, v.heads())
	}
	return s
}
