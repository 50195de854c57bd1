package node

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/cairn-rollup/cairn/batcher"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/txmgr"
)

// Sender fits a transaction manager into the batcher's port.
type Sender struct {
	Manager *txmgr.Manager
	L1      *ethclient.Client
}

// Settle waits until nothing of a previous run is pending, and gives the L1 head after that.
func (s Sender) Settle(ctx context.Context) (uint64, error) {
	select {
	case <-s.Manager.Settled():
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	head, err := s.L1.BlockNumber(ctx)
	if err != nil {
		return 0, fmt.Errorf("read L1 head: %w", err)
	}
	return head, nil
}

// NewQueue makes an ordered stream of transactions.
func (s Sender) NewQueue() batcher.Queue { return queue{s.Manager.NewQueue()} }

type queue struct{ *txmgr.Queue }

// Send hands a transaction over and passes its end on.
func (q queue) Send(ctx context.Context, tx batcher.Tx) (<-chan batcher.Outcome, error) {
	results, err := q.Queue.Send(ctx, txmgr.Candidate{To: &tx.To, Data: tx.Data, Blobs: tx.Blobs})
	if err != nil {
		return nil, err
	}
	out := make(chan batcher.Outcome, 1)
	go func() {
		r := <-results // comes exactly once, also when the manager stops
		if r.Err != nil {
			out <- batcher.Outcome{Err: r.Err}
			return
		}
		out <- batcher.Outcome{Included: eth.BlockID{Hash: r.Receipt.BlockHash, Number: r.Receipt.BlockNumber.Uint64()}}
	}()
	return out, nil
}
