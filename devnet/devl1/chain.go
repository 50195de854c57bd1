package devl1

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/engine/geth"
)

// Config describes the L1 of a devnet.
type Config struct {
	Chain             *geth.Chain
	Blobs             *BlobStore
	BlockTime         uint64 // seconds of a slot
	SafeDistance      uint64 // blocks between head and safe
	FinalizedDistance uint64 // blocks between head and finalized
	Log               *slog.Logger
}

// Chain produces the L1.
type Chain struct {
	cfg     Config
	genesis *types.Header
	reorgs  chan reorg
}

// New prepares an L1. Run starts it.
func New(cfg Config) *Chain {
	return &Chain{cfg: cfg, genesis: cfg.Chain.BlockByNumber(0).Header(), reorgs: make(chan reorg)}
}

// reorg is a request to replace the last blocks.
type reorg struct {
	depth uint64
	done  chan error
}

// Run makes a block in every slot until the context ends. Slots in which nobody ran stay empty.
func (c *Chain) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		slot := c.slotAt(time.Now())
		if slot > c.slotOf(c.cfg.Chain.Head()) {
			if err := c.produce(ctx, slot); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				return fmt.Errorf("make L1 block: %w", err)
			}
		}
		timer.Reset(time.Until(c.timeOf(max(slot, c.slotOf(c.cfg.Chain.Head())) + 1)))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case r := <-c.reorgs:
			r.done <- c.reorganise(ctx, r.depth)
		case <-timer.C:
		}
	}
}

// Reorg replaces the last blocks by others without transactions; what they held goes back to the pool. It must not reach
// below the finalized block.
func (c *Chain) Reorg(ctx context.Context, depth uint64) error {
	r := reorg{depth: depth, done: make(chan error, 1)}
	select {
	case c.reorgs <- r:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// DepthError says that a reorg of this depth is not possible.
type DepthError struct{ Depth, Max uint64 }

func (e *DepthError) Error() string {
	if e.Max == 0 {
		return fmt.Sprintf("depth %d: there is no block above the finalized one yet; wait for one", e.Depth)
	}
	return fmt.Sprintf("depth %d: between 1 and %d blocks can be replaced, those above the finalized one", e.Depth, e.Max)
}

// reorganise makes the last blocks again without transactions. What is random in them comes from the block that was the
// head, so that they are new ones even if this very fork was made before.
func (c *Chain) reorganise(ctx context.Context, depth uint64) error {
	old := c.cfg.Chain.Head()
	number := old.Number.Uint64()
	most := number - c.finalNumber(number)
	if depth == 0 || depth > most {
		return &DepthError{Depth: depth, Max: most}
	}
	fork := c.cfg.Chain.BlockByNumber(number - depth)
	if fork == nil {
		return errors.New("the block to fork from is not there")
	}
	tip := fork
	for n := number - depth + 1; n <= number; n++ {
		slot := c.slotOf(c.cfg.Chain.BlockByNumber(n).Header())
		var err error
		if tip, err = c.assemble(ctx, tip.Hash(), slot, old.Hash(), false); err != nil {
			return err
		}
	}
	if err := c.setHead(tip); err != nil {
		return err
	}
	c.cfg.Log.Warn("L1 reorganised", "depth", depth, "fork", fork.NumberU64(), "old", old.Hash(), "new", tip.Hash())
	return nil
}

// produce makes the block of a slot on the head, and makes it the head.
func (c *Chain) produce(ctx context.Context, slot uint64) error {
	block, err := c.assemble(ctx, c.cfg.Chain.Head().Hash(), slot, common.Hash{}, true)
	if err != nil {
		return err
	}
	return c.setHead(block)
}

func (c *Chain) assemble(ctx context.Context, parent common.Hash, slot uint64, salt common.Hash, pool bool) (*types.Block, error) {
	root := digest("root", slot, salt)
	made, err := c.cfg.Chain.Assemble(ctx, geth.Order{
		Parent: parent, Time: uint64(c.timeOf(slot).Unix()), Random: digest("randao", slot, salt), BeaconRoot: &root, //nolint:gosec // after 1970
		Pool: pool, PickFor: time.Duration(c.cfg.BlockTime) * time.Second / 4, //nolint:gosec // seconds of a slot
	})
	if err != nil {
		return nil, err
	}
	if len(made.Sidecars) > 0 {
		if err := c.cfg.Blobs.Put(slot, made.Block.Hash(), made.Sidecars); err != nil {
			return nil, fmt.Errorf("keep blobs of block %d: %w", made.Block.NumberU64(), err)
		}
	}
	return made.Block, nil
}

func (c *Chain) setHead(block *types.Block) error {
	n := block.NumberU64()
	final := c.finalNumber(n)
	safe := max(n-min(n, c.cfg.SafeDistance), final)
	return c.cfg.Chain.SetHead(block.Hash(), c.ancestor(block, safe), c.ancestor(block, final))
}

// finalNumber is the number of the finalized block below a head; it never goes back.
func (c *Chain) finalNumber(head uint64) uint64 {
	n := head - min(head, c.cfg.FinalizedDistance)
	if f := c.cfg.Chain.Finalized(); f != nil {
		n = max(n, f.Number.Uint64())
	}
	return n
}

// ancestor is the hash of the block at a number on the chain of another.
func (c *Chain) ancestor(block *types.Block, number uint64) common.Hash {
	for block.NumberU64() > number {
		block = c.cfg.Chain.BlockByHash(block.ParentHash())
	}
	return block.Hash()
}

func (c *Chain) slotOf(h *types.Header) uint64 { return (h.Time - c.genesis.Time) / c.cfg.BlockTime }

// slotAt is the slot that a moment falls into; 0 until the second slot begins.
func (c *Chain) slotAt(now time.Time) uint64 {
	since := now.Unix() - int64(c.genesis.Time) //nolint:gosec // a time
	return uint64(max(since, 0)) / c.cfg.BlockTime
}

func (c *Chain) timeOf(slot uint64) time.Time {
	return time.Unix(int64(c.genesis.Time+slot*c.cfg.BlockTime), 0) //nolint:gosec // a time
}

// digest makes header fields that a beacon chain would provide. salt makes the blocks of a reorg differ.
func digest(what string, slot uint64, salt common.Hash) common.Hash {
	return crypto.Keccak256Hash(binary.BigEndian.AppendUint64([]byte(what), slot), salt[:])
}
