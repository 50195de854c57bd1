package devnet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/batcher"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/txmgr"
)

// What the batcher does differently on an L1 of seconds instead of minutes.
const (
	batcherConfs   = 3  // L1 blocks in which a transaction is before it counts
	batcherPending = 10 // transactions that may be on their way
)

// batching is the batcher with its transaction manager.
type batching struct {
	manager *txmgr.Manager
	batcher *batcher.Batcher
	urgent  *urgency
	every   time.Duration
}

// urgency notes that a block with user transactions was made: people wait for it to become safe. It is the publisher of
// the sequencer.
type urgency struct{ seen atomic.Bool }

// Publish looks at a new block of the sequencer.
func (u *urgency) Publish(block *eth.PayloadEnvelope) {
	for _, tx := range block.ExecutionPayload.Transactions {
		if !eth.IsDeposit(tx) {
			u.seen.Store(true)
			return
		}
	}
}

// syncStatus makes a node in this process look like one behind RPC.
type syncStatus struct{ node *node.Node }

// SyncStatus is what optimism_syncStatus says.
func (s syncStatus) SyncStatus(context.Context) (eth.SyncStatus, error) {
	return s.node.SyncStatus(), nil
}

func (d *Devnet) openBatcher(ctx context.Context) (*batching, error) {
	l1, log := ethclient.NewClient(d.l1.RPC()), d.cfg.Log.With("node", "batcher")
	sign, from := txmgr.PrivateKeySigner(d.who.batcher.key)
	tx := txmgr.DefaultConfig()
	tx.From, tx.NumConfirmations, tx.MaxPendingTx, tx.CellProofTime = from, batcherConfs, batcherPending, 0
	tx.ReceiptQueryInterval, tx.RetryInterval = d.cfg.l1BlockTime()/4, d.cfg.l1BlockTime()/4
	tx.RebroadcastInterval, tx.ResubmissionTimeout = 2*d.cfg.l1BlockTime(), 4*d.cfg.l1BlockTime()
	manager, err := txmgr.New(ctx, tx, l1, sign, log)
	if err != nil {
		return nil, err
	}

	cfg := batcher.DefaultConfig(d.genesis.Rollup)
	cfg.MaxPendingTx, cfg.PollInterval = batcherPending, d.cfg.l1BlockTime()/4
	cfg.Encoder.UseBlobs, cfg.Encoder.MaxChannelDuration = !d.cfg.Calldata, d.cfg.BatchMaxWait
	cfg.Encoder.NewID = func() (id channel.ID) {
		_, _ = rand.Read(id[:]) // never fails
		return id
	}
	engine, err := geth.NewEngine(d.sequencer.chain, 0)
	if err != nil {
		return nil, err
	}
	b, err := batcher.New(cfg, batcher.Ports{
		Node: syncStatus{d.sequencer.node}, Blocks: engine, Sender: node.Sender{Manager: manager, L1: l1}, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return &batching{manager: manager, batcher: b, urgent: &d.urgent, every: d.cfg.l1BlockTime()}, nil
}

// run posts until the context ends.
func (b *batching) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.manager.Run(ctx) })
	group.Go(func() error { return b.batcher.Run(ctx) })
	group.Go(func() error { return b.hurry(ctx) })
	return group.Wait()
}

// hurry has blocks with user transactions posted once in an L1 block, instead of when a channel is full.
func (b *batching) hurry(ctx context.Context) error {
	tick := time.NewTicker(b.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		if !b.urgent.seen.Swap(false) {
			continue
		}
		if err := b.batcher.Flush(ctx); errors.Is(err, batcher.ErrNotRunning) {
			b.urgent.seen.Store(true) // later, then
		} else if err != nil {
			return fmt.Errorf("flush: %w", err)
		}
	}
}

func (b *batching) status() BatcherStatus {
	s := b.batcher.Status()
	out := BatcherStatus{Batches: s.Txs, Bytes: s.Bytes}
	if time.Since(s.LastErrorAt) < 10*b.every {
		out.Error = s.LastError
	}
	return out
}
