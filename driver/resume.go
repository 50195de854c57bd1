package driver

import (
	"context"
	"errors"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
)

// Memory keeps what makes a restart quick. It may forget anything.
type Memory interface {
	Save(Remembered) error
	Load() ([]Remembered, error) // oldest first
}

// Remembered is where a node was when it had read an L1 block.
type Remembered struct {
	Snapshot  derive.Snapshot
	Finalized eth.L2Ref
	GoneAbove uint64 // Save: what was kept at L1 blocks above is of a chain that is gone
	KeepFrom  uint64 // Save: L1 blocks below need not be kept
}

// resume finds the newest snapshot whose safe head the engine still has. All up to there are part of the position, as L1
// may have reorganised meanwhile. Without one it is errNoResume, for the reason given.
func (w walker) resume(ctx context.Context, known eth.L2Ref) (Position, error) {
	all, err := w.memory.Load()
	if err != nil {
		return Position{}, errors.Join(errNoResume, err)
	}
	if len(all) == 0 {
		return Position{}, errNoResume
	}
	labels, _, err := w.labels(ctx, known)
	if err != nil {
		return Position{}, err
	}
	for ; len(all) > 0; all = all[:len(all)-1] {
		newest := all[len(all)-1]
		safe := newest.Snapshot.Safe()
		has, err := w.has(ctx, safe, labels.Unsafe)
		if err != nil {
			return Position{}, err
		}
		if !has {
			continue
		}
		finalized := labels.Finalized
		if newest.Finalized.Number > finalized.Number { // the engine may not have heard of it
			has, err := w.has(ctx, newest.Finalized, labels.Unsafe)
			if err != nil {
				return Position{}, err
			}
			if has {
				finalized = newest.Finalized
			}
		}
		if finalized.Number > labels.Unsafe.Number {
			break // the engine's labels say nothing: findStart knows what to do
		}
		if finalized.Number > safe.Number {
			// The way up to there is derived again, and compared: it has to be on this L1.
			if _, err := w.canonicalOrigin(ctx, finalized); errors.Is(err, errWrongOrigin) {
				break
			} else if err != nil {
				return Position{}, err
			}
			safe = finalized
		}
		p := Position{Heads: forkchoice.Heads{Unsafe: labels.Unsafe, Safe: safe, Finalized: finalized}}
		for _, r := range all {
			p.Resume = append(p.Resume, r.Snapshot)
		}
		return p, nil
	}
	return Position{}, errNoResume
}

var errNoResume = errors.New("no snapshot fits the engine's chain")

// has says whether the engine's canonical chain holds a block.
func (w walker) has(ctx context.Context, block, head eth.L2Ref) (bool, error) {
	if block.Number > head.Number {
		return false, nil
	}
	at, err := w.byNumber(ctx, block.Number)
	if isMissing(err) {
		return false, nil
	}
	return err == nil && at == block, err
}
