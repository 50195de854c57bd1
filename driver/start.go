package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// walker walks the engine's chain backwards and compares it with L1.
type walker struct {
	cfg    *rollup.Config
	l1     L1
	l2     L2Reader
	memory Memory // nil: none
}

// windowsUntilSynced is how many sequencing windows the origin of the head of an engine without safe block has to be above
// genesis, for the engine to count as one that was synced or restored by other means than this (RULES 8.1).
const windowsUntilSynced = 14

// windowsTooDeep is how many sequencing windows an L1 reorg may take from the unsafe chain (RULES 8.1). More is another L1.
const windowsTooDeep = 5

// findStart finds the place to begin (RULES 8.1, 8.2): the unsafe head, cut down to blocks whose L1 origin is canonical;
// a safe head so old that the L1 blocks it was derived from are beyond doubt; and the L1 block from which its next
// channel can have begun. The finalized head is the engine's, or known if that is higher.
func (w walker) findStart(ctx context.Context, known eth.L2Ref) (Position, error) {
	heads, labelled, err := w.labels(ctx, known)
	if err != nil {
		return Position{}, err
	}
	if w.syncedElsewhere(heads, labelled) {
		labelled, heads.Safe, heads.Finalized = heads.Unsafe, heads.Unsafe, heads.Unsafe
	}
	if heads.Unsafe.Number < known.Number {
		return Position{}, eth.WithFault(eth.EngineBehind,
			fmt.Errorf("the engine's head %s is below block %s, which was finalized: let it sync, or restore its database", heads.Unsafe, known))
	}
	var canonical eth.L2Ref
	if heads.Unsafe, canonical, err = w.canonicalUnsafe(ctx, heads); err != nil {
		return Position{}, err
	}
	if heads.Safe, err = w.settledSafe(ctx, heads.Finalized, labelled, canonical); err != nil {
		return Position{}, err
	}
	start, err := w.deriveStart(ctx, heads.Safe)
	return Position{Heads: heads, Derive: start, L1Genesis: w.l1Genesis(ctx, heads.Safe)}, err
}

// l1Genesis is L1's first block if everything is derived from genesis on: the L2 genesis block has been safe since then
// (RULES 8.5). An L1 that does not have it any more is no trouble.
func (w walker) l1Genesis(ctx context.Context, safe eth.L2Ref) eth.L1Ref {
	if safe.ID() != w.cfg.Genesis.L2 {
		return eth.L1Ref{}
	}
	ref, err := w.l1.RefByNumber(ctx, 0)
	if err != nil {
		return eth.L1Ref{}
	}
	return ref
}

// labels reads the engine's labels: unsafe, and as safe and finalized its finalized block; and the block it calls safe.
func (w walker) labels(ctx context.Context, known eth.L2Ref) (heads forkchoice.Heads, safe eth.L2Ref, err error) {
	unsafe, err := w.label(ctx, "latest")
	if err != nil {
		return heads, safe, err
	}
	finalized, err := w.label(ctx, "finalized")
	if isUnset(err) {
		finalized, err = w.byNumber(ctx, w.cfg.Genesis.L2.Number)
	}
	if err != nil {
		return heads, safe, err
	}
	safe, err = w.label(ctx, "safe")
	if isUnset(err) {
		safe, err = finalized, nil
	}
	if err != nil {
		return heads, safe, err
	}
	if known.Number > finalized.Number {
		finalized = known
	}
	return forkchoice.Heads{Unsafe: unsafe, Safe: finalized, Finalized: finalized}, safe, nil
}

// isUnset says whether an error means that a label is not set. That its block was pruned is something else.
func isUnset(err error) bool { return isMissing(err) && eth.FaultOf(err) != eth.EnginePruned }

// syncedElsewhere says whether the engine got its chain from peers or from a snapshot, so that its labels say nothing
// (RULES 8.1, 2 and 3): its head is then all there is to trust.
func (w walker) syncedElsewhere(heads forkchoice.Heads, safe eth.L2Ref) bool {
	unsafe, genesis := heads.Unsafe, w.cfg.Genesis
	if unsafe.Number < heads.Finalized.Number || unsafe.Number < safe.Number {
		return true
	}
	return heads.Finalized.Number == genesis.L2.Number && safe.Number == genesis.L2.Number && unsafe.Number > genesis.L2.Number &&
		unsafe.L1Origin.Number > genesis.L1.Number+windowsUntilSynced*w.cfg.SeqWindowSize
}

// canonicalUnsafe is the highest block from safe to unsafe whose L1 origin is on the L1 chain, or might be: an origin
// above L1's head is given the benefit of the doubt. canonical is the highest one without doubt.
func (w walker) canonicalUnsafe(ctx context.Context, heads forkchoice.Heads) (unsafe, canonical eth.L2Ref, err error) {
	unsafe = heads.Unsafe
	n := unsafe
	for n.Number > heads.Safe.Number {
		origin, err := w.l1.RefByNumber(ctx, n.L1Origin.Number)
		known := err == nil
		switch {
		case err != nil && !isMissing(err):
			return unsafe, canonical, err
		case known && origin.Hash == n.L1Origin.Hash:
			return unsafe, n, nil
		}
		if n.L1Origin.Number+windowsTooDeep*w.cfg.SeqWindowSize < heads.Unsafe.L1Origin.Number {
			return unsafe, canonical, eth.WithFault(eth.L2OriginMissing, fmt.Errorf(
				"no L1 origin of the engine's chain from %s down to %s is on L1: wrong L1", heads.Unsafe, n))
		}
		for epoch := n.L1Origin; n.L1Origin == epoch && n.Number > heads.Safe.Number; {
			if n, err = w.parent(ctx, n); err != nil {
				return unsafe, canonical, err
			}
		}
		if known {
			unsafe = n
		}
	}
	return unsafe, n, sameAt(n, heads.Safe)
}

// sameAt says that the engine's chain must go through a block it has called safe or finalized.
func sameAt(n, label eth.L2Ref) error {
	if n.Number == label.Number && n.Hash != label.Hash {
		return fmt.Errorf("the engine's chain has block %s, but %s was safe or finalized: %w", n, label, eth.ErrForkchoice)
	}
	return nil
}

// settledSafe is the block to derive on: the last one whose batch must have been on L1 a sequencing window ago, as the
// engine's own label may come from L1 blocks that are gone; the finalized block at the lowest (RULES 8.1).
func (w walker) settledSafe(ctx context.Context, finalized, labelled, canonical eth.L2Ref) (eth.L2Ref, error) {
	at, err := w.byNumber(ctx, finalized.Number)
	if err != nil {
		return eth.L2Ref{}, err
	}
	if err := sameAt(at, finalized); err != nil {
		return eth.L2Ref{}, err
	}
	from := canonical
	if labelled.Number < canonical.Number {
		if from, err = w.byNumber(ctx, labelled.Number); err != nil {
			return eth.L2Ref{}, err
		}
	}
	if canonical.L1Origin.Number <= w.cfg.SeqWindowSize {
		return finalized, nil
	}
	old, ok, err := w.lastUpTo(ctx, from, canonical.L1Origin.Number-w.cfg.SeqWindowSize-1, finalized.Number)
	if err != nil {
		return eth.L2Ref{}, err
	}
	if !ok || old.Number-old.SequenceNumber <= finalized.Number {
		return finalized, nil
	}
	first, err := w.byNumber(ctx, old.Number-old.SequenceNumber)
	if err != nil {
		return eth.L2Ref{}, err
	}
	return w.parent(ctx, first) // says so if it is not the first of its epoch
}

// deriveStart goes back from the safe head by the channel timeout (RULES 8.2): to the highest block whose L1 origin is that
// far below the safe head's, where the origin of that block decides how far that is.
func (w walker) deriveStart(ctx context.Context, safe eth.L2Ref) (derive.Start, error) {
	chain, err := w.systemConfig(ctx, safe)
	if err != nil {
		return derive.Start{}, err
	}
	safeOrigin, err := w.canonicalOrigin(ctx, safe)
	if err != nil {
		return derive.Start{}, err
	}
	n, origin, timeout := safe, safeOrigin, w.cfg.L1Rules(safeOrigin.Time).ChannelTimeout
	for { // at most twice: the timeout has changed once, at Granite
		target := w.cfg.Genesis.L1.Number
		if safe.L1Origin.Number > target+timeout {
			target = safe.L1Origin.Number - timeout
		}
		var ok bool
		if n, ok, err = w.lastUpTo(ctx, safe, target, w.cfg.Genesis.L2.Number); err != nil {
			return derive.Start{}, err
		}
		if origin, err = w.canonicalOrigin(ctx, n); err != nil {
			return derive.Start{}, err
		}
		if !ok && n.Number != w.cfg.Genesis.L2.Number {
			return w.deriveStartBelow(ctx, safe, chain, n, origin)
		}
		there := w.cfg.L1Rules(origin.Time).ChannelTimeout
		if n.Number == w.cfg.Genesis.L2.Number || n.L1Origin.Number <= w.cfg.Genesis.L1.Number || there <= timeout {
			break
		}
		timeout = there
	}
	inbox, err := w.systemConfig(ctx, n)
	if err != nil {
		return derive.Start{}, err
	}
	base, err := w.l1.BlockByNumber(ctx, n.L1Origin.Number)
	if err != nil {
		return derive.Start{}, fmt.Errorf("read L1 block %s: %w", n.L1Origin, err)
	}
	if base.L1Ref != origin {
		return derive.Start{}, wrongOrigin(n, base.L1Ref)
	}
	return derive.Start{Base: base, Inbox: inbox, Safe: safe, Chain: chain}, nil
}

// lastUpTo is the highest block, from a block down to a height, whose L1 origin is at or below a number. Origins go up with
// the chain, so it doubles its steps downwards and halves what is left: some twenty reads for a day of blocks. Not ok, and
// the lowest block that the engine has from that height on, if the origins of all of them are above.
func (w walker) lastUpTo(ctx context.Context, from eth.L2Ref, origin, floor uint64) (n eth.L2Ref, ok bool, err error) {
	if from.L1Origin.Number <= origin {
		return from, true, nil
	}
	above, below := from, eth.L2Ref{}             // the lowest known to be above; the highest known not to be
	limit, known, step := floor, false, uint64(1) // nothing is looked for below limit; known: below is set
	for above.Number > limit {
		next := limit
		switch {
		case known:
			next = below.Number + (above.Number-below.Number)/2
			if next == below.Number {
				return below, true, nil
			}
		case above.Number-limit > step:
			next, step = above.Number-step, 2*step
		}
		at, err := w.byNumber(ctx, next)
		switch {
		case isMissing(err):
			limit, step = next+1, 1
		case err != nil:
			return n, false, err
		case at.L1Origin.Number <= origin:
			below, known = at, true
		default:
			above = at
		}
	}
	return above, false, nil
}

// deriveStartBelow finds the start for an engine whose oldest block is lowest, with an L1 origin above the one that is
// wanted: a pruned one, or one restored from a snapshot. The rest of the way leads along L1. Which batcher counted there is
// what lowest says, if nothing has changed the system config on the way.
func (w walker) deriveStartBelow(ctx context.Context, safe eth.L2Ref, chain rollup.SystemConfig, lowest eth.L2Ref, origin eth.L1Ref) (derive.Start, error) {
	inbox, err := w.systemConfig(ctx, lowest)
	if err != nil {
		return derive.Start{}, err
	}
	block, err := w.l1.BlockByNumber(ctx, origin.Number)
	if err != nil {
		return derive.Start{}, fmt.Errorf("read L1 block %s: %w", origin, err)
	}
	if block.L1Ref != origin {
		return derive.Start{}, wrongOrigin(lowest, block.L1Ref)
	}
	for block.Number > w.cfg.Genesis.L1.Number && block.Number+w.cfg.L1Rules(block.Time).ChannelTimeout > safe.L1Origin.Number {
		if w.changesConfig(block) {
			return derive.Start{}, eth.WithFault(eth.EnginePruned, fmt.Errorf(
				"the engine has no L2 blocks below %s, and L1 block %s changes the system config: restore a database that reaches %d L1 blocks further back",
				lowest, block.L1Ref, block.Number+w.cfg.L1Rules(block.Time).ChannelTimeout-safe.L1Origin.Number))
		}
		parent, err := w.l1.BlockByNumber(ctx, block.Number-1)
		if err != nil {
			return derive.Start{}, fmt.Errorf("read L1 block %d: %w", block.Number-1, err)
		}
		if parent.Hash != block.ParentHash {
			return derive.Start{}, fmt.Errorf("L1 block %s does not follow %s: L1 has reorganised meanwhile", block.L1Ref, parent.L1Ref)
		}
		block = parent
	}
	return derive.Start{Base: block, Inbox: inbox, Safe: safe, Chain: chain}, nil
}

// changesConfig says whether an L1 block holds a log of the system config contract.
func (w walker) changesConfig(block *eth.L1Block) bool {
	return slices.ContainsFunc(block.Logs, func(l *types.Log) bool { return l.Address == w.cfg.L1SystemConfigAddress })
}

// systemConfig is that of an L2 block.
func (w walker) systemConfig(ctx context.Context, n eth.L2Ref) (rollup.SystemConfig, error) {
	payload, err := w.l2.PayloadByHash(ctx, n.Hash)
	if err != nil {
		return rollup.SystemConfig{}, fmt.Errorf("read L2 block %s: %w", n, err)
	}
	sys, err := attributes.SystemConfigOf(w.cfg, payload.ExecutionPayload)
	if err != nil {
		return rollup.SystemConfig{}, fmt.Errorf("system config of L2 block %s: %w", n, err)
	}
	return sys, nil
}

// canonicalOrigin is the L1 origin of a block that derivation cannot do without.
func (w walker) canonicalOrigin(ctx context.Context, n eth.L2Ref) (eth.L1Ref, error) {
	origin, err := w.l1.RefByNumber(ctx, n.L1Origin.Number)
	switch {
	case err != nil:
		return eth.L1Ref{}, fmt.Errorf("read L1 origin of L2 block %s: %w", n, err)
	case origin.ID() != n.L1Origin:
		return eth.L1Ref{}, wrongOrigin(n, origin)
	}
	return origin, nil
}

var errWrongOrigin = errors.New("wrong L1, or it has reorganised")

func wrongOrigin(n eth.L2Ref, l1 eth.L1Ref) error {
	return eth.WithFault(eth.L2OriginMissing, fmt.Errorf("L2 block %s has L1 origin %s, but L1 has %s: %w", n, n.L1Origin, l1, errWrongOrigin))
}

func (w walker) label(ctx context.Context, label string) (eth.L2Ref, error) {
	p, err := w.l2.PayloadByLabel(ctx, label)
	return w.ref(p, err, label)
}

func (w walker) byNumber(ctx context.Context, number uint64) (eth.L2Ref, error) {
	p, err := w.l2.PayloadByNumber(ctx, number)
	return w.ref(p, err, fmt.Sprint(number))
}

func (w walker) parent(ctx context.Context, n eth.L2Ref) (eth.L2Ref, error) {
	p, err := w.l2.PayloadByHash(ctx, n.ParentHash)
	parent, err := w.ref(p, err, "parent of "+n.String())
	if err == nil && !follows(n, parent) {
		return eth.L2Ref{}, eth.WithFault(eth.EngineWrongChain, fmt.Errorf(
			"L2 block %s (origin %s, sequence number %d) does not continue the epochs of its parent (origin %s, sequence number %d)",
			n, n.L1Origin, n.SequenceNumber, parent.L1Origin, parent.SequenceNumber))
	}
	return parent, err
}

// follows is the rule of epochs between a block and its parent (RULES 8.1): the same origin and the next sequence number,
// or the next origin and sequence number 0.
func follows(n, parent eth.L2Ref) bool {
	if n.SequenceNumber == 0 {
		return n.L1Origin.Number == parent.L1Origin.Number+1
	}
	return n.L1Origin == parent.L1Origin && n.SequenceNumber == parent.SequenceNumber+1
}

// ref reads the reference out of a block, and finds an engine of another chain out by its genesis.
func (w walker) ref(p *eth.PayloadEnvelope, err error, what string) (eth.L2Ref, error) {
	if err != nil {
		return eth.L2Ref{}, fmt.Errorf("read L2 block %s: %w", what, err)
	}
	id := p.ExecutionPayload.ID()
	if id.Number == w.cfg.Genesis.L2.Number && id.Hash != w.cfg.Genesis.L2.Hash {
		return eth.L2Ref{}, eth.WithFault(eth.EngineWrongChain,
			fmt.Errorf("the engine's genesis block is %s, the rollup's is %s: wrong chain", id.Hash, w.cfg.Genesis.L2.Hash))
	}
	ref, err := attributes.L2RefOf(w.cfg, p.ExecutionPayload)
	if err != nil {
		return eth.L2Ref{}, fmt.Errorf("read L2 block %s: %w", what, err)
	}
	return ref, nil
}

// origins reads what the sequencer needs to build on a head.
func (w walker) origins(ctx context.Context, order FetchOrigins) (Origins, error) {
	out := Origins{Head: order.Head}
	var err error
	if out.SystemConfig, err = w.systemConfig(ctx, order.Head); err != nil {
		return out, err
	}
	number := order.Head.L1Origin.Number
	if out.Current, err = w.l1.BlockByNumber(ctx, number); err != nil {
		return out, fmt.Errorf("read L1 block %d: %w", number, err)
	}
	if order.WithNext {
		out.Next, err = w.l1.BlockByNumber(ctx, number+1)
		if err != nil && !errors.Is(err, eth.ErrNotFound) {
			return out, fmt.Errorf("read L1 block %d: %w", number+1, err)
		}
	}
	return out, nil
}
