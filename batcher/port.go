package batcher

import (
	"context"
	"log/slog"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Node is the rollup node whose chain is posted.
type Node interface {
	SyncStatus(ctx context.Context) (eth.SyncStatus, error)
}

// Blocks reads L2 blocks of the canonical chain. What is not there is eth.ErrNotFound.
type Blocks interface {
	PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
}

// Sender gets transactions of the batcher's account included in L1.
type Sender interface {
	// Settle waits until no transaction of a previous run is pending, and returns the number of an L1 block that is not
	// older than any that includes one of them.
	Settle(ctx context.Context) (l1 uint64, err error)
	// NewQueue makes an ordered stream of transactions.
	NewQueue() Queue
}

// Queue sends transactions in the order of the calls: what is included is included in that order. After one has failed,
// what was sent behind it and is not broadcast yet fails too.
type Queue interface {
	// Send hands a transaction over and returns where its one Outcome will appear. It may block for a while. When ctx ends,
	// a transaction that was not broadcast yet fails; one that was goes on.
	Send(ctx context.Context, tx Tx) (<-chan Outcome, error)
}

// Tx is a transaction to the batch inbox. It must not be changed after it was handed over.
type Tx struct {
	To    common.Address
	Data  []byte
	Blobs []*eth.Blob // any makes it a blob transaction
}

// Outcome is how a transaction ended.
type Outcome struct {
	Included eth.BlockID // the L1 block, if Err is nil; deep enough not to be asked again
	Err      error       // it is not on L1 and never will be
}

// Ports connect a batcher to the world.
type Ports struct {
	Node   Node
	Blocks Blocks
	Sender Sender
	Log    *slog.Logger
}
