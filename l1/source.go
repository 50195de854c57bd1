package l1

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Label names a block by its standing.
type Label string

// The labels of the execution RPC.
const (
	Latest    Label = "latest"
	Safe      Label = "safe"
	Finalized Label = "finalized"
)

// DefaultCacheBytes bounds the blocks kept in memory. A block of Ethereum mainnet is a few kilobytes here, so these are
// some thousand: more than the span between the safe and the unsafe head.
const DefaultCacheBytes = 32 << 20

// DefaultBatchSize is how many requests are sent together at most.
const DefaultBatchSize = 20

// SourceConfig configures a Source. A zero field means what is said of it.
type SourceConfig struct {
	Rollup     *rollup.Config // which chain it is, and which contracts and inbox matter; has passed Check
	CacheBytes int64          // bytes of verified blocks kept in memory; 0: DefaultCacheBytes
	BatchSize  int            // requests sent together at most; 0: DefaultBatchSize
	TrustRPC   bool           // believe what endpoints say: hashes and roots are not computed, and Keep gets nothing
	Keep       BlockKeep      // blocks of earlier runs; nil: every block is asked for
	KeepFailed func(error)    // is told when Keep fails, by any goroutine; nil: nobody is
}

// Source serves verified L1 blocks of several endpoints that offer the same chain. It may be used by several goroutines.
//
// Everything of a block comes from one endpoint: the first in order that is well. Whoever gives no usable answer rests
// for a while, and the next one is asked for the whole block. If all of them rest, the one that may be back first is
// asked nevertheless, unless it wants to be left alone.
//
// Every method's error has the mark (eth.FaultOf) of the first endpoint in order that gave one, and says what every one
// of them said. It is an eth.ErrNotFound if there is no such block, without a mark where that is nobody's fault. It has a
// *VerificationError if an answer is a lie and a *TooLargeError if one is too long. The end of ctx has no mark.
type Source struct {
	endpoints []*Endpoint
	cfg       SourceConfig
	cache     *blockCache
	settling  chan struct{} // has the value of whoever finds out whether kept blocks are canonical

	mu       sync.Mutex // guards the fields below
	view     view
	headFrom *Endpoint // which announced the head last
}

// NewSource makes a Source over endpoints in the order of preference, at least one. They stay the caller's to close.
func NewSource(endpoints []*Endpoint, cfg SourceConfig) *Source {
	if len(endpoints) == 0 {
		panic("an L1 source without an endpoint")
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	if cfg.BatchSize == 0 {
		cfg.BatchSize = DefaultBatchSize
	}
	if cfg.KeepFailed == nil {
		cfg.KeepFailed = func(error) {}
	}
	return &Source{
		endpoints: endpoints, cfg: cfg, cache: newBlockCache(cfg.CacheBytes), settling: make(chan struct{}, 1),
		view: view{refs: make(map[uint64]eth.L1Ref)},
	}
}

// Endpoints says how each endpoint has served so far, in order.
func (s *Source) Endpoints() []EndpointStatus {
	now := time.Now()
	out := make([]EndpointStatus, len(s.endpoints))
	names := make(map[string]int)
	for i, e := range s.endpoints {
		out[i] = e.status()
		if i > 0 && !out[i].Until.After(now) { // it could be in use, and is not because others are preferred
			out[i].Fault, out[i].Cause, out[i].Since, out[i].Until = "", "", time.Time{}, time.Time{}
		}
		names[e.name]++
		if n := names[e.name]; n > 1 {
			out[i].Name = fmt.Sprintf("%s#%d", e.name, n)
		}
	}
	return out
}

// Label gives the block that is called latest, safe or finalized. A chain that has not finalized anything yet answers
// eth.ErrNotFound.
func (s *Source) Label(ctx context.Context, label Label) (eth.L1Ref, error) {
	ref, err := s.label(ctx, label, 0)
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get %s L1 block: %w", label, err)
	}
	return ref, nil
}

// label asks for a label, each endpoint for at most a time (0: any).
func (s *Source) label(ctx context.Context, label Label, timeout time.Duration) (ref eth.L1Ref, err error) {
	if label == Latest {
		return s.latest(ctx, timeout)
	}
	_, err = s.ask(ctx, question{timeout: timeout}, func(ctx context.Context, r reader) (err error) {
		ref, err = r.ref(ctx, byLabel(label))
		return err
	})
	if err != nil {
		return eth.L1Ref{}, err
	}
	if label == Finalized {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.view.finalize(ref)
	}
	return ref, nil
}

// latest asks for the head. An endpoint whose head is below what another one announced before is behind, and asked only
// if there is nobody better: else the head would go back and forth with the endpoint.
func (s *Source) latest(ctx context.Context, timeout time.Duration) (ref eth.L1Ref, err error) {
	s.mu.Lock()
	least, from := s.view.head, s.headFrom
	s.mu.Unlock()
	var behind *Endpoint
	var below eth.L1Ref
	e, err := s.ask(ctx, question{timeout: timeout}, func(ctx context.Context, r reader) (err error) {
		if ref, err = r.ref(ctx, byLabel(Latest)); err != nil {
			return verdictOfHead(err)
		}
		if from != nil && from != r.Endpoint && ref.Number < least {
			if behind == nil {
				behind, below = r.Endpoint, ref
			}
			return eth.WithFault(eth.L1BlockMissing, fmt.Errorf("its head is %d, and %s was at %d", ref.Number, from.name, least))
		}
		return nil
	})
	if err != nil && behind != nil {
		e, ref, err = behind, below, nil
	}
	if err != nil {
		return eth.L1Ref{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.announce(ref)
	s.headFrom = e
	return ref, nil
}

// RefByNumber gives the block with a number on the canonical chain.
func (s *Source) RefByNumber(ctx context.Context, number uint64) (eth.L1Ref, error) {
	b, err := s.kept(ctx, number)
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	if b != nil {
		return b.L1Ref, nil
	}
	ref, err := s.fetchRef(ctx, number)
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	return ref, nil
}

// RefByHash gives the block with a hash, canonical or not.
func (s *Source) RefByHash(ctx context.Context, hash common.Hash) (ref eth.L1Ref, err error) {
	if b, ok := s.cache.get(hash); ok {
		return b.L1Ref, nil
	}
	_, err = s.ask(ctx, question{everybody: true}, func(ctx context.Context, r reader) (err error) {
		ref, err = r.ref(ctx, byHash(hash))
		return err
	})
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get L1 block %s: %w", hash, err)
	}
	return ref, nil
}

// BlockByNumber gives what derivation reads of the block with a number on the canonical chain. An endpoint is asked which
// block that is, unless it is in Keep and known to be canonical as of the last head that Label or Follow has seen.
func (s *Source) BlockByNumber(ctx context.Context, number uint64) (*eth.L1Block, error) {
	b, err := s.kept(ctx, number)
	if b == nil && err == nil {
		b, err = s.fetchBlock(ctx, number)
	}
	if err != nil {
		return nil, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	return b, nil
}

// BlockByHash gives what derivation reads of the block with a hash, canonical or not.
func (s *Source) BlockByHash(ctx context.Context, hash common.Hash) (*eth.L1Block, error) {
	if b, ok := s.cache.get(hash); ok {
		return b, nil
	}
	b, err := s.fetch(ctx, byHash(hash), question{everybody: true, block: true})
	if err != nil {
		return nil, fmt.Errorf("get L1 block %s: %w", hash, err)
	}
	return b, nil
}

// fetch asks one endpoint for a block and all that belongs to it.
func (s *Source) fetch(ctx context.Context, q query, how question) (full *eth.L1Block, err error) {
	_, err = s.ask(ctx, how, func(ctx context.Context, r reader) error {
		b, err := r.block(ctx, q)
		if err != nil {
			return err
		}
		known, ok := s.cache.get(b.header.hash)
		if ok {
			full = known
			return nil
		}
		full, err = r.complete(ctx, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.cache.add(full)
	return full, nil
}

// fetchBlock asks which block has a number now, and notes the answer.
func (s *Source) fetchBlock(ctx context.Context, number uint64) (*eth.L1Block, error) {
	turn := s.turn()
	b, err := s.fetch(ctx, byNumber(number), s.atNumber(number, true))
	if err != nil {
		return nil, err
	}
	s.learn(b.L1Ref, turn)
	s.keep(b)
	return b, nil
}

func (s *Source) fetchRef(ctx context.Context, number uint64) (ref eth.L1Ref, err error) {
	turn := s.turn()
	_, err = s.ask(ctx, s.atNumber(number, false), func(ctx context.Context, r reader) (err error) {
		ref, err = r.ref(ctx, byNumber(number))
		return err
	})
	if err != nil {
		return eth.L1Ref{}, err
	}
	s.learn(ref, turn)
	return ref, nil
}

// atNumber is a question for the block with a number: everybody has those up to the head.
func (s *Source) atNumber(number uint64, block bool) question {
	return question{
		block: block,
		exists: func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return number <= s.view.head
		},
		everybody: s.announcer() == nil,
	}
}

func (s *Source) turn() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.turn
}

// learn notes that a block is canonical, if nothing has changed since the question.
func (s *Source) learn(ref eth.L1Ref, turn uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view.turn == turn {
		s.view.learn(ref)
	}
}
