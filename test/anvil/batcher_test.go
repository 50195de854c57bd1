//go:build linux

package anvil

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/batcher"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/txmgr"
)

const (
	// confirmations is the depth at which the batcher lets go of a transaction: so small that L1 forgets what it has let go.
	confirmations = 2
	pending       = 8 // transactions
)

// remoteNode is a node behind RPC.
type remoteNode struct{ *rpc.Client }

func (n remoteNode) SyncStatus(ctx context.Context) (s eth.SyncStatus, err error) {
	return s, n.CallContext(ctx, &s, "optimism_syncStatus")
}

// post runs a batcher until the end of the test. It puts all there is into each L1 block, as calldata.
func (w *world) post() *batcher.Batcher {
	w.t.Helper()
	l1 := ethclient.NewClient(w.l1)
	sign, from := txmgr.PrivateKeySigner(w.chain.batcher.key)
	tx := txmgr.DefaultConfig()
	tx.From, tx.NumConfirmations, tx.MaxPendingTx = from, confirmations, pending
	tx.ReceiptQueryInterval, tx.RetryInterval = poll, poll
	tx.RebroadcastInterval, tx.ResubmissionTimeout = 2*time.Second, 4*time.Second
	manager, err := txmgr.New(w.t.Context(), tx, l1, sign, w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := engine.Dial(engine.DialConfig{URL: w.sequencer.engineURL})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(conn.Close)

	cfg := batcher.DefaultConfig(w.chain.rollup)
	cfg.MaxPendingTx, cfg.PollInterval = pending, poll
	cfg.Encoder.UseBlobs, cfg.Encoder.MaxChannelDuration = false, 1
	cfg.Encoder.NewID = func() (id channel.ID) {
		_, _ = rand.Read(id[:]) // never fails
		return id
	}
	b, err := batcher.New(cfg, batcher.Ports{
		Node: remoteNode{w.sequencer.rpc}, Blocks: engine.NewClient(conn, w.chain.rollup, engine.Options{}),
		Sender: node.Sender{Manager: manager, L1: l1}, Log: w.log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	background(w.t, "batcher", func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return manager.Run(ctx) })
		group.Go(func() error { return b.Run(ctx) })
		return group.Wait()
	})
	return b
}

// background runs something until the end of the test, and demands that it does not end before.
func background(t *testing.T, name string, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s ended with: %v", name, err)
		}
	})
}
