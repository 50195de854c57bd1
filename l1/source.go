package l1

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

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

// SourceConfig configures a Source.
type SourceConfig struct {
	Rollup     *rollup.Config // which contracts and inbox matter; has passed Check
	CacheBytes int64          // bytes of verified blocks kept in memory; 0: DefaultCacheBytes
	MaxAnswer  int64          // bytes of one answer; 0: DefaultMaxAnswer
}

// Source serves verified L1 blocks. It may be used by several goroutines.
//
// Every method's error is an eth.ErrNotFound if the endpoint does not have the block, a *VerificationError if its answer
// is a lie, a *TooLargeError if it is too long, and otherwise the reason why it could not answer.
type Source struct {
	endpoint endpoint
	cache    *blockCache
}

// NewSource makes a Source over a client, usually from Dial. The client stays the caller's to close.
func NewSource(client *rpc.Client, cfg SourceConfig) *Source {
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	if cfg.MaxAnswer == 0 {
		cfg.MaxAnswer = DefaultMaxAnswer
	}
	return &Source{
		endpoint: endpoint{client: client, rollup: cfg.Rollup, maxAnswer: cfg.MaxAnswer},
		cache:    newBlockCache(cfg.CacheBytes),
	}
}

// Label gives the block that the endpoint calls latest, safe or finalized. A chain that has not finalized anything yet
// answers eth.ErrNotFound.
func (s *Source) Label(ctx context.Context, label Label) (eth.L1Ref, error) {
	ref, err := s.endpoint.ref(ctx, byLabel(label))
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get %s L1 block: %w", label, err)
	}
	return ref, nil
}

// RefByNumber gives the block with a number on the endpoint's canonical chain.
func (s *Source) RefByNumber(ctx context.Context, number uint64) (eth.L1Ref, error) {
	ref, err := s.endpoint.ref(ctx, byNumber(number))
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	return ref, nil
}

// RefByHash gives the block with a hash, canonical or not.
func (s *Source) RefByHash(ctx context.Context, hash common.Hash) (eth.L1Ref, error) {
	if b, ok := s.cache.get(hash); ok {
		return b.L1Ref, nil
	}
	ref, err := s.endpoint.ref(ctx, byHash(hash))
	if err != nil {
		return eth.L1Ref{}, fmt.Errorf("get L1 block %s: %w", hash, err)
	}
	return ref, nil
}

// BlockByNumber gives what derivation reads of the block with a number on the endpoint's canonical chain. The endpoint
// is always asked which block that is.
func (s *Source) BlockByNumber(ctx context.Context, number uint64) (*eth.L1Block, error) {
	b, err := s.endpoint.block(ctx, byNumber(number))
	if err != nil {
		return nil, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	return s.complete(ctx, b)
}

// BlockByHash gives what derivation reads of the block with a hash, canonical or not.
func (s *Source) BlockByHash(ctx context.Context, hash common.Hash) (*eth.L1Block, error) {
	if b, ok := s.cache.get(hash); ok {
		return b, nil
	}
	b, err := s.endpoint.block(ctx, byHash(hash))
	if err != nil {
		return nil, fmt.Errorf("get L1 block %s: %w", hash, err)
	}
	return s.complete(ctx, b)
}

func (s *Source) complete(ctx context.Context, b *block) (*eth.L1Block, error) {
	if known, ok := s.cache.get(b.header.Hash()); ok {
		return known, nil
	}
	full, err := s.endpoint.complete(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("get receipts of L1 block %s: %w", refOf(b.header), err)
	}
	s.cache.add(full)
	return full, nil
}
