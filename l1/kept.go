package l1

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
)

const (
	keptRun  = 4096 // kept blocks found to be canonical by one answer
	keptBack = 64   // kept blocks found to be stale at once; further down the block asked for is fetched
)

// kept gives the block with a number out of Keep if it is canonical; nil if an endpoint is to be asked.
//
// Whether it is may be known, from a block above that stands on it. Else the kept blocks above are followed as far as
// each stands on the one before, and the first block above these is fetched, which is needed soon anyway: if it stands on
// the last of them, all are canonical. If not, that last one is stale and dropped, and so on downwards.
func (s *Source) kept(ctx context.Context, number uint64) (*eth.L1Block, error) {
	if s.cfg.Keep == nil {
		return nil, nil
	}
	b := s.fromKeep(number)
	if b == nil || s.holds(b.L1Ref) {
		return b, nil
	}
	select {
	case s.settling <- struct{}{}:
		defer func() { <-s.settling }()
	case <-ctx.Done():
		return nil, ended(ctx, eth.L1Slow, "wait for the block above the kept ones")
	}
	if b = s.fromKeep(number); b == nil {
		return nil, nil
	}
	run, known := s.run(b)
	if known {
		return b, nil
	}
	for range min(keptBack, len(run)) {
		top := run[len(run)-1]
		canonical, err := s.settle(ctx, top)
		if err != nil {
			return nil, err
		}
		if canonical && s.holds(top) { // else as of a head that is not the last one any more
			s.learnRun(run)
			return b, nil
		}
		if !canonical {
			run = run[:len(run)-1]
		}
	}
	return nil, nil
}

// run gives the kept blocks from one upwards as far as each stands on the one before and nothing contradicts them. They
// are known to be canonical if any of them is.
func (s *Source) run(b *eth.L1Block) (run []eth.L1Ref, known bool) {
	for next := b; next != nil && len(run) < keptRun && !s.contradicts(next.L1Ref); next = s.fromKeep(next.Number + 1) {
		if len(run) > 0 && next.ParentHash != run[len(run)-1].Hash {
			break
		}
		run = append(run, next.L1Ref)
		if s.holds(next.L1Ref) {
			s.learnRun(run)
			return run, true
		}
	}
	return run, false
}

func (s *Source) contradicts(ref eth.L1Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.contradicts(ref)
}

// settle finds out whether the last of a run of kept blocks is canonical, and drops it if not. The error says that no
// endpoint could tell.
func (s *Source) settle(ctx context.Context, top eth.L1Ref) (bool, error) {
	above := s.fromKeep(top.Number + 1)
	if above == nil || above.ParentHash != top.Hash { // else the run was cut for its length
		above, err := s.fetchBlock(ctx, top.Number+1)
		switch {
		case err == nil && above.ParentHash == top.Hash:
			return true, nil
		case err == nil:
			s.drop(top.Number)
			return false, nil
		case !errors.Is(err, eth.ErrNotFound):
			return false, err
		}
	}
	at, err := s.fetchRef(ctx, top.Number)
	switch {
	case err == nil && at.Hash == top.Hash:
		return true, nil
	case err != nil && !errors.Is(err, eth.ErrNotFound):
		return false, err
	}
	s.drop(top.Number)
	return false, nil
}

func (s *Source) holds(ref eth.L1Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.holds(ref)
}

// learnRun notes that the blocks of a run are canonical because its last one is known to be.
func (s *Source) learnRun(run []eth.L1Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(run) - 1; i >= 0; i-- {
		s.view.learn(run[i])
	}
}

// fromKeep reads a kept block; nil if there is none. One that was read lately is in memory.
func (s *Source) fromKeep(number uint64) *eth.L1Block {
	s.mu.Lock()
	at, ok := s.view.refs[number]
	s.mu.Unlock()
	if ok {
		if b, ok := s.cache.get(at.Hash); ok {
			return b
		}
	}
	b, err := s.cfg.Keep.Block(number)
	switch {
	case errors.Is(err, eth.ErrNotFound):
		return nil
	case err != nil:
		s.cfg.KeepFailed(fmt.Errorf("read kept L1 block %d: %w", number, err))
		return nil
	}
	return b
}

// keep puts a block where it outlives the process, and drops the one below if that is not its parent.
func (s *Source) keep(b *eth.L1Block) {
	if s.cfg.Keep == nil || s.cfg.TrustRPC {
		return
	}
	if err := s.cfg.Keep.PutBlock(b); err != nil {
		s.cfg.KeepFailed(fmt.Errorf("keep L1 block %s: %w", b.L1Ref, err))
	}
	if b.Number == 0 {
		return
	}
	below, err := s.cfg.Keep.Block(b.Number - 1)
	if err == nil && below.Hash != b.ParentHash {
		s.drop(below.Number)
	}
}

func (s *Source) drop(number uint64) {
	if err := s.cfg.Keep.DropBlock(number); err != nil && !errors.Is(err, eth.ErrNotFound) {
		s.cfg.KeepFailed(fmt.Errorf("drop kept L1 block %d: %w", number, err))
	}
}
