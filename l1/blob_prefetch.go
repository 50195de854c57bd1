package l1

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/eth"
)

const (
	blobsAhead       = 32   // blobs that are fetched ahead at most, 4 MiB
	blobRequests     = 3    // blocks whose blobs are fetched at a time
	sendersKnown     = 4096 // blobs of which is remembered who sent them
	blobQueuedBlocks = 64   // blocks that wait; what comes beyond is fetched when it is asked for
)

// BlobReader gets verified blobs: BlobSources.
type BlobReader interface {
	Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error)
}

// BlobPrefetcher fetches blobs before they are asked for, of blocks that were fetched ahead themselves. It learns from what
// is asked for whose blobs count, and fetches nobody else's. It may be used by several goroutines.
type BlobPrefetcher struct {
	next  BlobReader
	queue chan *blobOrder

	mu      sync.Mutex // guards the fields below
	batcher common.Address
	learned bool                           // batcher is known
	senders map[common.Hash]common.Address // of blobs, by versioned hash
	oldest  []common.Hash                  // keys of senders, oldest first
	orders  map[common.Hash]*blobOrder     // by hash of the L1 block
	blobs   int                            // of all orders
}

// blobOrder is the blobs of one block on their way.
type blobOrder struct {
	ref     eth.L1Ref
	hashes  []common.Hash
	started bool          // guarded by BlobPrefetcher.mu
	done    chan struct{} // closed when blobs or err is there
	blobs   []*eth.Blob
	err     error
}

// NewBlobPrefetcher makes a BlobPrefetcher over a reader. It fetches nothing ahead before Run and Ahead are called.
func NewBlobPrefetcher(next BlobReader) *BlobPrefetcher {
	return &BlobPrefetcher{
		next: next, queue: make(chan *blobOrder, blobQueuedBlocks),
		senders: make(map[common.Hash]common.Address), orders: make(map[common.Hash]*blobOrder),
	}
}

// Run fetches ahead until ctx is done, ends all its requests and returns the cause. It is called at most once.
func (p *BlobPrefetcher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		// The first verification sets the library up, which takes seconds: now, and not when derivation waits.
		_, err := kzg4844.BlobToCommitment(new(kzg4844.Blob))
		return err
	})
	for range blobRequests {
		group.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case o := <-p.queue:
					p.fetch(ctx, o)
				}
			}
		})
	}
	return group.Wait()
}

func (p *BlobPrefetcher) fetch(ctx context.Context, o *blobOrder) {
	if p.start(o) {
		o.blobs, o.err = p.next.Blobs(ctx, o.ref, o.hashes)
		close(o.done)
	}
}

// start says whether an order was not given up while it waited.
func (p *BlobPrefetcher) start(o *blobOrder) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.started = p.orders[o.ref.Hash] == o
	return o.started
}

// Ahead tells of a block that will be read.
func (p *BlobPrefetcher) Ahead(b *eth.L1Block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var hashes []common.Hash
	for i := range b.Inbox {
		tx := &b.Inbox[i]
		for _, hash := range tx.BlobHashes {
			p.know(hash, tx.From)
		}
		if p.learned && tx.From == p.batcher {
			hashes = append(hashes, tx.BlobHashes...)
		}
	}
	if len(hashes) == 0 || p.orders[b.Hash] != nil || p.blobs+len(hashes) > blobsAhead {
		return
	}
	o := &blobOrder{ref: b.L1Ref, hashes: hashes, done: make(chan struct{})}
	select {
	case p.queue <- o:
		p.orders[b.Hash] = o
		p.blobs += len(hashes)
	default:
	}
}

// know remembers who sent a blob.
func (p *BlobPrefetcher) know(hash common.Hash, sender common.Address) {
	if _, ok := p.senders[hash]; !ok {
		p.oldest = append(p.oldest, hash)
	}
	p.senders[hash] = sender
	if len(p.oldest) > sendersKnown {
		delete(p.senders, p.oldest[0])
		p.oldest = p.oldest[1:]
	}
}

// Blobs is what the reader says, which may have been asked earlier. That fetching ahead failed is no error: it is asked
// again.
func (p *BlobPrefetcher) Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	o := p.take(ref, hashes)
	if o == nil {
		return p.next.Blobs(ctx, ref, hashes)
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, context.Cause(ctx))
	case <-o.done:
	}
	if o.err != nil || len(o.blobs) != len(hashes) {
		return p.next.Blobs(ctx, ref, hashes)
	}
	return o.blobs, nil
}

// take learns whose blobs count, gives up the orders of blocks that were passed, and hands over the one of this block if it
// is under way for the same blobs. One that still waits for its turn is given up: asking is faster.
func (p *BlobPrefetcher) take(ref eth.L1Ref, hashes []common.Hash) *blobOrder {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(hashes) > 0 {
		if sender, ok := p.senders[hashes[0]]; ok {
			p.batcher, p.learned = sender, true
		}
	}
	o := p.orders[ref.Hash]
	for hash, other := range p.orders {
		if other.ref.Number <= ref.Number {
			delete(p.orders, hash)
			p.blobs -= len(other.hashes)
		}
	}
	if o == nil || !o.started || !slices.Equal(o.hashes, hashes) {
		return nil
	}
	return o
}
