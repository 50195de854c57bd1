package driver

import (
	"context"
	"log/slog"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Executor is the part of an execution engine that changes it. Answers are those of package eth: no error, rejected,
// ErrForkchoice, ErrUnknownPayload, or anything else for "try later".
type Executor interface {
	// Build executes attributes on the block that labels call head, and makes the result the head.
	Build(ctx context.Context, labels eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadEnvelope, error)
	// Start begins a block on the head, with transactions of the pool if the attributes allow.
	Start(ctx context.Context, labels eth.ForkchoiceState, attrs *eth.PayloadAttributes) (eth.PayloadID, error)
	// Seal ends a block that was begun. It is not the head yet.
	Seal(ctx context.Context, id eth.PayloadID) (*eth.PayloadEnvelope, error)
	// Insert makes a block the head; labels call it head.
	Insert(ctx context.Context, labels eth.ForkchoiceState, payload *eth.PayloadEnvelope) error
	// Forkchoice sets the labels.
	Forkchoice(ctx context.Context, labels eth.ForkchoiceState) error
}

// L2Reader reads the engine's chain. What is not there is eth.ErrNotFound.
type L2Reader interface {
	PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
	PayloadByHash(ctx context.Context, hash common.Hash) (*eth.PayloadEnvelope, error)
	PayloadByLabel(ctx context.Context, label string) (*eth.PayloadEnvelope, error) // latest, safe, finalized
}

// Engine is an execution engine.
type Engine interface {
	Executor
	L2Reader
}

// Syncer is an engine that can sync to a block by itself, from its own peers.
type Syncer interface {
	// SyncTo makes a block the engine's target, and says whether it is the head already.
	SyncTo(ctx context.Context, labels eth.ForkchoiceState, payload *eth.PayloadEnvelope) (done bool, err error)
}

// L1 reads L1. Blocks are verified. What is not there is eth.ErrNotFound.
type L1 interface {
	RefByNumber(ctx context.Context, number uint64) (eth.L1Ref, error)
	BlockByNumber(ctx context.Context, number uint64) (*eth.L1Block, error)
}

// Blobs fetches blobs of an L1 block by versioned hash, verified, in the order asked.
type Blobs interface {
	Blobs(ctx context.Context, block eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error)
}

// SafeHeads keeps the safe head as of each L1 block. Records above the L1 block of a new one are of an L1 chain that is
// gone.
type SafeHeads interface {
	Record(l1, l2 eth.BlockID) error
	At(l1Number uint64) (l1, l2 eth.BlockID, err error)
}

// Publisher hands blocks to other nodes. It must not block.
type Publisher interface {
	Publish(payload *eth.PayloadEnvelope)
}

// Ports connect a driver to the world.
type Ports struct {
	Engine  Engine
	Sync    Syncer // nil: the engine cannot sync by itself
	L1      L1
	Blobs   Blobs
	Safe    SafeHeads                   // nil: nothing is written down
	Memory  Memory                      // nil: nothing outlives the process
	Publish Publisher                   // nil: nobody is told
	Heads   <-chan L1Heads              // L1's labels, the newest only
	Gossip  <-chan *eth.PayloadEnvelope // blocks of the network, checked; nil: there is none
	Log     *slog.Logger
}
