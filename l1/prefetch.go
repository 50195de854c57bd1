package l1

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/eth"
)

// ReorgSafety is how many blocks below the head are asked for again after each announcement of a head: twice as many
// as an epoch of Ethereum has slots, which is what finality takes.
const ReorgSafety = 64

const (
	depthPerRequest = 4  // blocks fetched ahead for each request at a time: the slowest one does not hold up the others
	restAfterError  = 16 // blocks handed out after an error before any is fetched ahead again
)

// PrefetchConfig configures a Prefetcher. A zero field has the value named.
type PrefetchConfig struct {
	Concurrency int           // blocks fetched ahead at a time; 6
	MaxBytes    int64         // bytes of blocks that wait to be asked for; 16 MiB
	Margin      uint64        // blocks below the head never fetched ahead, more than the confirmation depth; 16
	Timeout     time.Duration // of fetching one block ahead, from whoever has it; 30 s
	// Fetched is told of each block that was fetched ahead, by any goroutine; nil: nobody is.
	Fetched func(*eth.L1Block)
}

func (c PrefetchConfig) withDefaults() PrefetchConfig {
	if c.Concurrency == 0 {
		c.Concurrency = 6
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 16 << 20
	}
	if c.Margin == 0 {
		c.Margin = 16
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return c
}

// Prefetcher is a Source that fetches the next blocks before they are asked for, while the caller reads blocks in
// ascending order far below the head. It may be used by several goroutines.
type Prefetcher struct {
	*Source
	cfg  PrefetchConfig
	wake chan struct{} // has a value for each goroutine of Run that should look for work

	mu       sync.Mutex // guards the fields below, and those of each ahead
	head     uint64     // as announced last; 0: not yet
	last     eth.L1Ref  // handed out last to the reader
	stray    eth.L1Ref  // handed out last to somebody ahead of the reader
	ahead    map[uint64]*ahead
	size     int64 // bytes of the blocks in ahead
	estimate int64 // bytes of a block: the largest one, slowly forgotten
	rest     int   // blocks to be handed out until any is fetched ahead
}

// ahead is a block on its way. Once it is not in Prefetcher.ahead any more nobody wants it.
type ahead struct {
	number  uint64
	done    chan struct{} // closed when it is there or has failed
	started bool
	block   *eth.L1Block // nil until it is there
}

// NewPrefetcher makes a Prefetcher over a source. It fetches nothing ahead before Run and Head are called.
func NewPrefetcher(source *Source, cfg PrefetchConfig) *Prefetcher {
	cfg = cfg.withDefaults()
	return &Prefetcher{
		Source: source, cfg: cfg, wake: make(chan struct{}, cfg.Concurrency), ahead: make(map[uint64]*ahead),
	}
}

// Run fetches ahead until ctx is done, ends all its requests and returns the cause. It is called at most once.
func (p *Prefetcher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range p.cfg.Concurrency {
		group.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-p.wake:
					p.work(ctx)
				}
			}
		})
	}
	return group.Wait()
}

// Head announces the head of L1. Near it, what was asked for before counts for nothing: the chain may be another one.
func (p *Prefetcher) Head(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head = number
	p.drop(func(a *ahead) bool {
		return !p.below(a.number, p.cfg.Margin) || (a.started && !p.below(a.number, ReorgSafety))
	})
}

// BlockByNumber is Source.BlockByNumber, except that the endpoint may have been asked earlier: for a block within
// ReorgSafety of the head, after the last call of Head. A block fetched ahead is handed out only as the child of the
// block handed out for the number before it. That fetching ahead failed is no error: the block is then fetched now.
func (p *Prefetcher) BlockByNumber(ctx context.Context, number uint64) (*eth.L1Block, error) {
	b, err := p.take(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("get L1 block %d: %w", number, err)
	}
	if b == nil {
		if b, err = p.Source.BlockByNumber(ctx, number); err != nil {
			return nil, err
		}
	}
	p.handOut(b)
	return b, nil
}

// below says whether a block is known to have that many on top of it.
func (p *Prefetcher) below(number, distance uint64) bool {
	return number <= p.head && p.head-number >= distance
}

// take gives the block fetched ahead, waiting for one that is on its way; nil if there is none to be handed out. The
// error is the cause of ctx.
func (p *Prefetcher) take(ctx context.Context, number uint64) (*eth.L1Block, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.ahead[number]
	if a == nil || number != p.last.Number+1 {
		return nil, nil
	}
	if a.started {
		p.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-a.done:
		}
		p.mu.Lock()
	}
	switch {
	case p.ahead[number] != a: // dropped, or handed out to somebody else
		return nil, nil
	case a.block == nil && a.started: // ctx was faster
		return nil, context.Cause(ctx)
	}
	p.drop(func(other *ahead) bool { return other == a })
	if a.block == nil || a.block.ParentHash != p.last.Hash {
		return nil, nil
	}
	return a.block, nil
}

// handOut notes a block that the caller gets, and orders the ones after it if the caller is reading on. A block at or
// below the one handed out last means that the reader went back. One further up does not: a sequencer looks at its
// origins while derivation is still below, until the next after it is asked for as well, below the margin.
func (p *Prefetcher) handOut(b *eth.L1Block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn(b)
	reads := follows(b, p.last)
	resumes := follows(b, p.stray) && p.below(b.Number, p.cfg.Margin)
	if !reads && !resumes && b.Number > p.last.Number+1 {
		p.stray = b.L1Ref
		return
	}
	if !reads {
		p.drop(func(*ahead) bool { return true })
	}
	p.last, p.stray = b.L1Ref, eth.L1Ref{}
	switch {
	case p.rest > 0:
		p.rest--
	case reads || resumes:
		p.order(b.Number + 1)
	}
}

func follows(b *eth.L1Block, parent eth.L1Ref) bool {
	return b.Number == parent.Number+1 && b.ParentHash == parent.Hash
}

// order wants the blocks from a number on, as far as depth, head and bytes allow.
func (p *Prefetcher) order(from uint64) {
	depth := uint64(depthPerRequest * p.cfg.Concurrency)
	for n := from; n < from+depth && p.below(n, p.cfg.Margin); n++ {
		if p.ahead[n] != nil {
			continue
		}
		if p.size+(p.coming()+1)*p.estimate > p.cfg.MaxBytes {
			return
		}
		p.ahead[n] = &ahead{number: n, done: make(chan struct{})}
		select {
		case p.wake <- struct{}{}:
		default: // all of them are about to look
		}
	}
}

// coming counts the blocks in ahead that are not there yet.
func (p *Prefetcher) coming() (n int64) {
	for _, a := range p.ahead {
		if a.block == nil {
			n++
		}
	}
	return n
}

// work fetches the blocks that are wanted, the lowest first, until there is none or ctx is done.
func (p *Prefetcher) work(ctx context.Context) {
	for ctx.Err() == nil {
		a := p.next()
		if a == nil {
			return
		}
		p.fetch(ctx, a)
	}
}

// next begins with the lowest block that nobody fetches yet; nil if there is none.
func (p *Prefetcher) next() (lowest *ahead) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.ahead {
		if !a.started && (lowest == nil || a.number < lowest.number) {
			lowest = a
		}
	}
	if lowest != nil {
		lowest.started = true
	}
	return lowest
}

func (p *Prefetcher) fetch(ctx context.Context, a *ahead) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	b, err := p.Source.BlockByNumber(ctx, a.number)
	if err == nil && p.cfg.Fetched != nil {
		p.cfg.Fetched(b)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(a.done)
	if p.ahead[a.number] != a {
		return
	}
	if err != nil { // the endpoint may be at its limit: leave it to the caller alone for a while
		p.rest = restAfterError
		p.drop(func(other *ahead) bool { return other == a || !other.started })
		return
	}
	p.learn(b)
	if p.size+sizeOf(b) > p.cfg.MaxBytes {
		delete(p.ahead, a.number)
		return
	}
	a.block = b
	p.size += sizeOf(b)
}

func (p *Prefetcher) learn(b *eth.L1Block) {
	p.estimate = max(sizeOf(b), p.estimate-p.estimate/16)
}

// drop forgets blocks. A request for one of them that has begun is not cut off: its answer goes to the cache.
func (p *Prefetcher) drop(unwanted func(*ahead) bool) {
	for number, a := range p.ahead {
		if !unwanted(a) {
			continue
		}
		delete(p.ahead, number)
		if a.block != nil {
			p.size -= sizeOf(a.block)
		}
	}
}
