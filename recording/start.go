package recording

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// StartError means that derivation cannot begin on an L2 block, or on any.
type StartError struct{ Reason string }

func (e *StartError) Error() string { return e.Reason }

func cannotStart(format string, args ...any) error {
	return &StartError{fmt.Sprintf(format, args...)}
}

// start finds where derivation begins (RULES 8.2). Reading begins at the lowest L1 block; the block to build on is the one
// that is named, or else the lowest that is far enough above.
func (r *Recording) start(from *uint64) (derive.Start, error) {
	if len(r.l1s) == 0 {
		return derive.Start{}, cannotStart("the recording has no L1 block")
	}
	base, err := r.L1Block(r.l1s[0])
	if err != nil {
		return derive.Start{}, err
	}
	inbox, err := r.inboxAt(base)
	if err != nil {
		return derive.Start{}, err
	}
	if from == nil {
		from = r.manifest.From
	}
	safe, err := r.safeBlock(base, from)
	if err != nil {
		return derive.Start{}, err
	}
	return startOn(r.config, base, inbox, safe)
}

// startOn begins on an L2 block.
func startOn(cfg *rollup.Config, base *eth.L1Block, inbox rollup.SystemConfig, safe *eth.PayloadEnvelope) (derive.Start, error) {
	ref, err := attributes.L2RefOf(cfg, safe.ExecutionPayload)
	if err != nil {
		return derive.Start{}, broken(l2Name(safe.ExecutionPayload.BlockNumber), "executionPayload.transactions", "%w", err)
	}
	chain, err := attributes.SystemConfigOf(cfg, safe.ExecutionPayload)
	if err != nil {
		return derive.Start{}, broken(l2Name(ref.Number), "executionPayload.transactions", "%w", err)
	}
	return derive.Start{Base: base, Inbox: inbox, Safe: ref, Chain: chain}, nil
}

// inboxAt says whose data counts in the lowest L1 block: as an L2 block says whose origin it is, or the genesis.
func (r *Recording) inboxAt(base *eth.L1Block) (rollup.SystemConfig, error) {
	genesis := r.config.Genesis
	switch {
	case base.Number < genesis.L1.Number:
		return rollup.SystemConfig{}, broken(l1Name(base.Number), "", "it is below the L1 block %d that the rollup starts after", genesis.L1.Number)
	case base.Number == genesis.L1.Number && base.Hash != genesis.L1.Hash:
		return rollup.SystemConfig{}, broken(l1Name(base.Number), "hash", "it is %s, and the rollup starts after %s", base.Hash, genesis.L1.Hash)
	case base.Number == genesis.L1.Number:
		return genesis.SystemConfig, nil
	}
	for _, number := range r.l2s {
		env, err := r.L2Block(number)
		if err != nil {
			return rollup.SystemConfig{}, err
		}
		ref, err := attributes.L2RefOf(r.config, env.ExecutionPayload)
		if err != nil {
			return rollup.SystemConfig{}, broken(l2Name(number), "executionPayload.transactions", "%w", err)
		}
		switch {
		case ref.L1Origin.Number < base.Number:
			continue
		case ref.L1Origin.Number > base.Number:
		case ref.L1Origin.Hash != base.Hash:
			return rollup.SystemConfig{}, broken(l1Name(base.Number), "hash", "it is %s, and L2 block %d has its origin in %s", base.Hash, number, ref.L1Origin.Hash)
		default:
			sys, err := attributes.SystemConfigOf(r.config, env.ExecutionPayload)
			if err != nil {
				return sys, broken(l2Name(number), "executionPayload", "%w", err)
			}
			return sys, nil
		}
		break
	}
	return rollup.SystemConfig{}, cannotStart(
		"no recorded L2 block has its origin in the lowest recorded L1 block, %d: it would say who the batcher is there", base.Number)
}

// safeBlock is the block to build on.
func (r *Recording) safeBlock(base *eth.L1Block, from *uint64) (*eth.PayloadEnvelope, error) {
	if from != nil {
		env, err := r.L2Block(*from)
		if errors.Is(err, eth.ErrNotFound) {
			return nil, cannotStart("L2 block %d is not recorded%s", *from, r.has())
		}
		if err != nil {
			return nil, err
		}
		lack, err := r.lacks(base, env)
		if err != nil {
			return nil, err
		}
		if lack > 0 {
			return nil, cannotStart("derivation cannot begin on L2 block %d: a channel with its successor may have begun %d L1 blocks before the lowest recorded one, %d", *from, lack, base.Number)
		}
		return env, nil
	}
	for _, number := range r.l2s {
		env, err := r.L2Block(number)
		if err != nil {
			return nil, err
		}
		lack, err := r.lacks(base, env)
		if err != nil {
			return nil, err
		}
		if lack == 0 {
			return env, nil
		}
	}
	return nil, cannotStart("no recorded L2 block has its L1 origin a channel timeout (%d L1 blocks) above the lowest recorded L1 block, %d%s",
		r.config.L1Rules(base.Time).ChannelTimeout, base.Number, r.has())
}

// has says which L2 blocks there are.
func (r *Recording) has() string {
	lowest, highest, ok := r.L2Range()
	if !ok {
		return ": there are no L2 blocks at all"
	}
	return fmt.Sprintf(": there are %d, from %d to %d", len(r.l2s), lowest, highest)
}

// lacks is how many more L1 blocks the recording would have to reach back for derivation to begin on a block: a channel
// timeout before its origin, as it is at the lowest one, or to the rollup's genesis.
func (r *Recording) lacks(base *eth.L1Block, env *eth.PayloadEnvelope) (uint64, error) {
	ref, err := attributes.L2RefOf(r.config, env.ExecutionPayload)
	if err != nil {
		return 0, broken(l2Name(env.ExecutionPayload.BlockNumber), "executionPayload.transactions", "%w", err)
	}
	if base.Number == r.config.Genesis.L1.Number {
		return 0, nil
	}
	needed := r.config.L1Rules(base.Time).ChannelTimeout
	above := uint64(0)
	if ref.L1Origin.Number > base.Number {
		above = ref.L1Origin.Number - base.Number
	}
	if above >= needed {
		return 0, nil
	}
	return needed - above, nil
}
