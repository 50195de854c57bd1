package geth

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

// openJobs is how many building jobs are kept; a new one takes the place of the oldest.
const openJobs = 4

// Engine is the engine port on an L2 chain in the same process. A block is executed once, whether it is derived,
// sequenced or received.
//
// Errors of all methods, as package eth defines them: eth.RejectedError when attributes or payload are invalid,
// eth.ErrForkchoice when a block named in the forkchoice state is unknown or a label is not on the head's chain, ctx.Err()
// when ctx ended; anything else means that the engine could not answer.
type Engine struct {
	chain   *Chain
	pickFor time.Duration
	// The fields below are guarded by the chain's lock.
	jobs []*job // oldest first
	last uint64 // id of the newest job
}

// job is a block being sequenced: the forced transactions have run, those of the pool are picked when it is sealed.
type job struct {
	id     eth.PayloadID
	open   *building            // nil once sealed
	sealed *eth.PayloadEnvelope // nil until then
}

// NewEngine puts the port on a chain. pickFor bounds the time for which a block that is being sealed takes transactions
// from the pool; 0 means until it is full.
func NewEngine(c *Chain, pickFor time.Duration) (*Engine, error) {
	if !c.rules.IsOptimism() {
		return nil, fmt.Errorf("chain %s is not an L2", c.cfg.Name)
	}
	return &Engine{chain: c, pickFor: pickFor}, nil
}

// Build makes the block that the attributes describe on the head of fc, makes it the head, and sets the labels of fc.
func (e *Engine) Build(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadEnvelope, error) {
	o, err := e.chain.order(fc.HeadBlockHash, attrs)
	if err != nil {
		return nil, err
	}
	o.PickFor = e.pickFor
	e.chain.write.Lock()
	defer e.chain.write.Unlock()
	made, err := e.chain.assemble(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := e.chain.setHead(made.Block.Hash(), fc.SafeBlockHash, fc.FinalizedBlockHash); err != nil {
		return nil, err
	}
	if err := e.chain.sync(); err != nil {
		return nil, err
	}
	return e.chain.envelope(made.Block)
}

// Start begins a building job on the head of fc, which becomes the chain's head if it is not canonical, and sets the
// labels of fc. The forced transactions run now, so that an invalid one is found here; Seal does the rest.
func (e *Engine) Start(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (eth.PayloadID, error) {
	var none eth.PayloadID
	o, err := e.chain.order(fc.HeadBlockHash, attrs)
	if err != nil {
		return none, err
	}
	o.PickFor = e.pickFor
	c := e.chain
	c.write.Lock()
	defer c.write.Unlock()
	if c.closed {
		return none, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	moved, err := c.moves(fc.HeadBlockHash, fc.SafeBlockHash, fc.FinalizedBlockHash)
	if err != nil {
		return none, err
	}
	if c.blocks.GetCanonicalHash(moved.head.Number.Uint64()) == fc.HeadBlockHash {
		c.setLabels(moved)
	} else if err := c.setHead(fc.HeadBlockHash, fc.SafeBlockHash, fc.FinalizedBlockHash); err != nil {
		return none, err
	}
	b, err := c.build(o)
	if err != nil {
		return none, err
	}
	if err := b.force(ctx); err != nil {
		b.stop()
		return none, err
	}
	return e.add(b), c.sync()
}

// add files a job under the next id.
func (e *Engine) add(b *building) (id eth.PayloadID) {
	if len(e.jobs) == openJobs {
		if b := e.jobs[0].open; b != nil {
			b.stop()
		}
		e.jobs = slices.Delete(e.jobs, 0, 1)
	}
	e.last++
	binary.BigEndian.PutUint64(id[:], e.last)
	e.jobs = append(e.jobs, &job{id: id, open: b})
	return id
}

// Seal ends a job: the block is complete and written, and not the head; Insert makes it that without another execution.
// Sealing again gives the same block. When ctx ended the job goes on; after any other error it is gone.
//
// eth.ErrUnknownPayload means that the job is not known, or not any more.
func (e *Engine) Seal(ctx context.Context, id eth.PayloadID) (*eth.PayloadEnvelope, error) {
	c := e.chain
	c.write.Lock()
	defer c.write.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(e.jobs, func(j *job) bool { return j.id == id })
	if at < 0 {
		return nil, fmt.Errorf("%w %s", eth.ErrUnknownPayload, id)
	}
	j := e.jobs[at]
	if j.sealed != nil {
		return j.sealed, nil
	}
	made, err := j.open.complete(ctx)
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil, err
	}
	j.open.stop()
	j.open = nil
	if err == nil {
		err = c.sync()
	}
	if err == nil {
		j.sealed, err = c.envelope(made.Block)
	}
	if err != nil {
		e.jobs = slices.Delete(e.jobs, at, at+1)
		return nil, err
	}
	return j.sealed, nil
}

// Insert makes the block of a payload the head, executing it if it is not known yet, and sets the labels of fc.
// eth.ErrNotFound means that its parent is unknown.
func (e *Engine) Insert(ctx context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) error {
	p := env.ExecutionPayload
	if fc.HeadBlockHash != p.BlockHash {
		return fmt.Errorf("insert block %s with head %s", p.BlockHash, fc.HeadBlockHash)
	}
	c := e.chain
	c.write.Lock()
	defer c.write.Unlock()
	if c.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.blocks.HasBlockAndState(p.BlockHash, p.BlockNumber) {
		block, err := c.decode(env)
		if err != nil {
			return err
		}
		if err := c.importBlock(ctx, block); err != nil {
			return err
		}
	}
	if err := c.setHead(fc.HeadBlockHash, fc.SafeBlockHash, fc.FinalizedBlockHash); err != nil {
		return err
	}
	return c.sync()
}

// Forkchoice makes a known block the head, which rewinds the chain if it is an ancestor, and sets the labels of fc.
func (e *Engine) Forkchoice(ctx context.Context, fc eth.ForkchoiceState) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.chain.SetHead(fc.HeadBlockHash, fc.SafeBlockHash, fc.FinalizedBlockHash)
}

// PayloadByNumber is a block of the canonical chain; eth.ErrNotFound when there is none.
func (e *Engine) PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.found(e.chain.BlockByNumber(number), fmt.Sprintf("block %d", number))
}

// PayloadByHash is any block that was executed here; eth.ErrNotFound when it is unknown.
func (e *Engine) PayloadByHash(ctx context.Context, hash common.Hash) (*eth.PayloadEnvelope, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.found(e.chain.BlockByHash(hash), fmt.Sprintf("block %s", hash))
}

// PayloadByLabel is the block that a label is at; eth.ErrNotFound when it is not set. Labels are latest, safe, finalized.
func (e *Engine) PayloadByLabel(ctx context.Context, label string) (*eth.PayloadEnvelope, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var h *types.Header
	switch label {
	case "latest":
		h = e.chain.Head()
	case "safe":
		h = e.chain.Safe()
	case "finalized":
		h = e.chain.Finalized()
	default:
		return nil, fmt.Errorf("unknown label %q", label)
	}
	if h == nil {
		return nil, fmt.Errorf("%s block: %w", label, eth.ErrNotFound)
	}
	return e.found(e.chain.BlockByHash(h.Hash()), label+" block")
}

func (e *Engine) found(b *types.Block, what string) (*eth.PayloadEnvelope, error) {
	if b == nil {
		return nil, fmt.Errorf("%s: %w", what, eth.ErrNotFound)
	}
	return e.chain.envelope(b)
}
