package driver

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// walker walks the engine's chain backwards and compares it with L1.
type walker struct {
	cfg *rollup.Config
	l1  L1
	l2  L2Reader
}

// findStart finds the place to begin (RULES 8.1, 8.2): the unsafe head, cut down to blocks whose L1 origin is canonical;
// a safe head so old that the L1 blocks it was derived from are beyond doubt; and the L1 block from which its next
// channel can have begun. The finalized head is the engine's, or known if that is higher.
func (w walker) findStart(ctx context.Context, known eth.L2Ref) (Position, error) {
	unsafe, err := w.label(ctx, "latest")
	if err != nil {
		return Position{}, err
	}
	finalized, err := w.label(ctx, "finalized")
	if isMissing(err) {
		finalized, err = w.byNumber(ctx, w.cfg.Genesis.L2.Number)
	}
	if err != nil {
		return Position{}, err
	}
	if known.Number > finalized.Number {
		finalized = known
	}
	if unsafe.Number < finalized.Number {
		return Position{}, fmt.Errorf("the engine's head %s is below its finalized block %s: restore its database", unsafe, finalized)
	}
	labelled, err := w.label(ctx, "safe")
	if isMissing(err) {
		labelled, err = finalized, nil
	}
	if err != nil {
		return Position{}, err
	}
	heads := forkchoice.Heads{Unsafe: unsafe, Safe: finalized, Finalized: finalized}
	var canonical eth.L2Ref
	if heads.Unsafe, canonical, err = w.canonicalUnsafe(ctx, heads); err != nil {
		return Position{}, err
	}
	if heads.Safe, err = w.settledSafe(ctx, finalized, labelled, canonical); err != nil {
		return Position{}, err
	}
	start, err := w.deriveStart(ctx, heads.Safe)
	return Position{Heads: heads, Derive: start}, err
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
	n := canonical
	for n.Number > finalized.Number {
		old := n.L1Origin.Number+w.cfg.SeqWindowSize < canonical.L1Origin.Number
		first := n.SequenceNumber == 0
		parent, err := w.parent(ctx, n)
		if err != nil {
			return eth.L2Ref{}, err
		}
		if old && first && n.Number <= labelled.Number {
			return parent, nil
		}
		n = parent
	}
	return finalized, sameAt(n, finalized)
}

// deriveStart goes back from the safe head by the channel timeout (RULES 8.2).
func (w walker) deriveStart(ctx context.Context, safe eth.L2Ref) (derive.Start, error) {
	payload, err := w.l2.PayloadByHash(ctx, safe.Hash)
	if err != nil {
		return derive.Start{}, fmt.Errorf("read L2 block %s: %w", safe, err)
	}
	chain, err := attributes.SystemConfigOf(w.cfg, payload.ExecutionPayload)
	if err != nil {
		return derive.Start{}, fmt.Errorf("system config of L2 block %s: %w", safe, err)
	}
	n := safe
	var origin eth.L1Ref
	for {
		if origin.ID() != n.L1Origin {
			if origin, err = w.canonicalOrigin(ctx, n); err != nil {
				return derive.Start{}, err
			}
		}
		if n.Number == w.cfg.Genesis.L2.Number || n.L1Origin.Number <= w.cfg.Genesis.L1.Number ||
			n.L1Origin.Number+w.cfg.L1Rules(origin.Time).ChannelTimeout <= safe.L1Origin.Number {
			break
		}
		if n, err = w.parent(ctx, n); err != nil {
			return derive.Start{}, err
		}
	}
	payload, err = w.l2.PayloadByHash(ctx, n.Hash)
	if err != nil {
		return derive.Start{}, fmt.Errorf("read L2 block %s: %w", n, err)
	}
	inbox, err := attributes.SystemConfigOf(w.cfg, payload.ExecutionPayload)
	if err != nil {
		return derive.Start{}, fmt.Errorf("system config of L2 block %s: %w", n, err)
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

func wrongOrigin(n eth.L2Ref, l1 eth.L1Ref) error {
	return fmt.Errorf("L2 block %s has L1 origin %s, but L1 has %s: wrong L1, or it has reorganised", n, n.L1Origin, l1)
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
	return w.ref(p, err, "parent of "+n.String())
}

// ref reads the reference out of a block, and finds an engine of another chain out by its genesis.
func (w walker) ref(p *eth.PayloadEnvelope, err error, what string) (eth.L2Ref, error) {
	if err != nil {
		return eth.L2Ref{}, fmt.Errorf("read L2 block %s: %w", what, err)
	}
	id := p.ExecutionPayload.ID()
	if id.Number == w.cfg.Genesis.L2.Number && id.Hash != w.cfg.Genesis.L2.Hash {
		return eth.L2Ref{}, fmt.Errorf("the engine's genesis block is %s, the rollup's is %s: wrong chain", id.Hash, w.cfg.Genesis.L2.Hash)
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
	p, err := w.l2.PayloadByHash(ctx, order.Head.Hash)
	if err != nil {
		return out, fmt.Errorf("read L2 block %s: %w", order.Head, err)
	}
	if out.SystemConfig, err = attributes.SystemConfigOf(w.cfg, p.ExecutionPayload); err != nil {
		return out, fmt.Errorf("system config of L2 block %s: %w", order.Head, err)
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
