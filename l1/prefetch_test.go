package l1_test

import (
	"context"
	"errors"
	"maps"
	"math/big"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// prefetching is a Prefetcher under test, in a bubble of virtual time. Every answer takes 50 ms.
type prefetching struct {
	*l1.Prefetcher
	t      *testing.T
	model  *modelL1
	cancel context.CancelCauseFunc
	done   chan error
}

// length is how many blocks the chain under test has.
const length = 200

// longChain is a model with blocks 0 to 199, made once and not changed.
var longChain = newModelL1()

var makeLongChain sync.Once

// prefetch runs a Prefetcher over a copy of longChain until the body of the test is over.
func prefetch(t *testing.T, cfg l1.PrefetchConfig, body func(*prefetching)) {
	makeLongChain.Do(func() { (&prefetching{t: t, model: longChain}).grow(0, length, common.Hash{}, 'a', 0) })
	synctest.Test(t, func(t *testing.T) {
		p := &prefetching{t: t, model: newModelL1(), done: make(chan error, 1)}
		maps.Copy(p.model.blocks, longChain.blocks)
		maps.Copy(p.model.receipts, longChain.receipts)
		maps.Copy(p.model.keys, longChain.keys)
		p.model.delay = 50 * time.Millisecond
		server := rpc.NewServer()
		if err := server.RegisterName("eth", p.model); err != nil {
			t.Fatal(err)
		}
		client := rpc.DialInProc(server)
		p.Prefetcher = l1.NewPrefetcher(over(l1.NewEndpoint("model", client, l1.DialConfig{}), l1.SourceConfig{}), cfg)
		ctx, cancel := context.WithCancelCause(t.Context())
		p.cancel = cancel
		go func() { p.done <- p.Run(ctx) }()
		body(p)
		cancel(errStop)
		if err := <-p.done; !errors.Is(err, errStop) {
			t.Errorf("Run ended with %v, want the cause of its context", err)
		}
		client.Close()
		server.Stop()
		time.Sleep(time.Minute) // calls that are still delayed end
	})
}

// grow makes the blocks from one number up to another canonical. Each has a log that makes its receipts matter, and a
// transaction to the inbox with data.
func (p *prefetching) grow(from, to uint64, parent common.Hash, branch byte, data int) {
	p.t.Helper()
	for n := from; n < to; n++ {
		tx := known(p.t, &types.LegacyTx{Nonce: n, To: &inbox, Data: make([]byte, data)})
		header := &types.Header{Number: new(big.Int).SetUint64(n), ParentHash: parent, Coinbase: common.Address{branch}}
		logs := []*types.Log{{Address: portal, Topics: []common.Hash{{1}}}}
		parent = p.model.put(p.t, header, []wireTx{tx}, types.Receipts{{Status: 1, Logs: logs}})
	}
}

// canonical is the hash of the block with a number.
func (p *prefetching) canonical(number uint64) (hash common.Hash) {
	p.model.set(func() { hash = p.model.keys[hexutil.EncodeUint64(number)] })
	return hash
}

// asked is how often a block was asked for by number.
func (p *prefetching) asked(number uint64) (times int) {
	p.model.set(func() { times = p.model.asked[hexutil.EncodeUint64(number)] })
	return times
}

// highest is the highest block that was asked for.
func (p *prefetching) highest() (number uint64) {
	for n := range uint64(length) {
		if p.asked(n) > 0 {
			number = n
		}
	}
	return number
}

// read reads a block.
func (p *prefetching) read(number uint64) *eth.L1Block {
	p.t.Helper()
	b, err := p.BlockByNumber(p.t.Context(), number)
	if err != nil {
		p.t.Fatal(err)
	}
	if b.Number != number {
		p.t.Fatalf("block %d in place of %d", b.Number, number)
	}
	return b
}

// readCanonical reads blocks from one number up to another, and wants them canonical.
func (p *prefetching) readCanonical(from, to uint64) {
	p.t.Helper()
	for n := from; n < to; n++ {
		if got, want := p.read(n).Hash, p.canonical(n); got != want {
			p.t.Errorf("block %d is %s, want %s", n, got, want)
		}
	}
}

// settle waits until what is fetched ahead is there.
func (p *prefetching) settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// askedOnce wants that each block was asked for exactly once, and its receipts as well, and no block from to on.
func (p *prefetching) askedOnce(from, to uint64) {
	p.t.Helper()
	for n := range uint64(length) {
		want := 0
		if n >= from && n < to {
			want = 1
		}
		if got := p.asked(n); got != want {
			p.t.Errorf("block %d was asked for %d times, want %d", n, got, want)
		}
	}
	if got := p.model.count("getBlockReceipts"); got != int(to-from) {
		p.t.Errorf("%d requests for receipts of %d blocks", got, to-from)
	}
}

func TestCatchingUpIsFasterByTheConcurrencyAndCostsNoRequest(t *testing.T) {
	for _, concurrency := range []int{1, 4, 8} {
		prefetch(t, l1.PrefetchConfig{Concurrency: concurrency}, func(p *prefetching) {
			p.Head(length - 1)
			begin := time.Now()
			p.readCanonical(1, 180)
			// One by one it takes 100 ms a block. The first two are read before anything is fetched ahead. The reader
			// takes a block that is not begun upon itself, and is one more.
			took, alone := time.Since(begin), 179*100*time.Millisecond
			if least, most := alone/time.Duration(concurrency+1), alone/time.Duration(concurrency)+300*time.Millisecond; took < least || took > most {
				t.Errorf("concurrency %d: it took %s, want %s to %s", concurrency, took, least, most)
			}
			t.Logf("concurrency %d: %s in place of %s", concurrency, took, alone)
			p.settle()
			p.askedOnce(1, 184) // up to 16 below the head
			p.readCanonical(180, length)
			p.askedOnce(1, length)
		})
	}
}

func TestNothingIsFetchedAhead(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(*prefetching)
		from uint64
		to   uint64
	}{
		{"before a head is announced", func(p *prefetching) { p.readCanonical(1, 9) }, 1, 9},
		{"after one block", func(p *prefetching) { p.Head(length - 1); p.readCanonical(5, 6) }, 5, 6},
		{"of blocks read downwards", func(p *prefetching) {
			p.Head(length - 1)
			for n := uint64(9); n > 0; n-- {
				p.read(n)
			}
		}, 1, 10},
		{"above the margin", func(p *prefetching) { p.Head(26); p.readCanonical(1, 9) }, 1, 11},
		{"below a head that moved down", func(p *prefetching) {
			p.Head(length - 1)
			p.Head(26)
			p.readCanonical(1, 9)
		}, 1, 11},
		{"at the tip", func(p *prefetching) {
			p.read(9)
			for n := uint64(10); n < 100; n++ {
				p.Head(n)
				p.readCanonical(n, n+1)
				time.Sleep(12 * time.Second)
			}
		}, 9, 100},
		{"at a confirmation depth, where some slots have no block or some announcements were missed", func(p *prefetching) {
			next := uint64(1)
			for _, head := range []uint64{5, 6, 7, 10, 11, 11, 14, 15, 22, 23, 24} {
				p.Head(head)
				p.readCanonical(next, head-3)
				next = head - 3
				time.Sleep(12 * time.Second)
			}
		}, 1, 21},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
				tc.do(p)
				p.settle()
				p.askedOnce(tc.from, tc.to)
			})
		})
	}
}

func TestAHeadThatMovesDownTakesBackWhatIsNotBegun(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{Concurrency: 1}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 3)
		synctest.Wait() // block 3 is on its way, others wait
		p.Head(20)
		p.settle()
		if got := p.highest(); got != 4 {
			t.Errorf("block %d was asked for, 16 below the head is 4", got)
		}
	})
}

func TestOthersAheadOfTheReaderDoNotDisturb(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 10)
		for n := uint64(10); n < 60; n++ {
			p.readCanonical(n, n+1)
			if n%10 == 0 {
				p.read(length - 6 + n/20) // a sequencer's origins
				p.read(length - 5 + n/20)
			}
		}
		for n := uint64(1); n < 60; n++ {
			if got := p.asked(n); got != 1 {
				t.Errorf("block %d was asked for %d times", n, got)
			}
		}
		p.readCanonical(100, 102) // the reader itself jumps
		p.settle()
		if p.asked(102) != 1 || p.asked(125) != 1 || p.asked(126) != 0 {
			t.Errorf("after a jump: requests %d %d %d, want 24 blocks fetched ahead", p.asked(102), p.asked(125), p.asked(126))
		}
	})
}

func TestAnotherReaderBetweenDoesNotDisturb(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 11)
		for n := uint64(11); n < 40; n++ {
			p.read(n + 9)
			p.readCanonical(n, n+1)
		}
		for n := uint64(20); n < 40; n++ {
			if got := p.asked(n); got != 2 {
				t.Errorf("block %d was asked for %d times by two readers", n, got)
			}
		}
	})
}

func TestReaderThatGoesBackBeginsAnew(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 11)
		p.settle()
		p.grow(6, length, p.canonical(5), 'b', 0)
		begin := time.Now()
		p.readCanonical(5, 41)
		if took := time.Since(begin); took > 900*time.Millisecond {
			t.Errorf("36 blocks took %s, want two one by one and the others six at a time", took)
		}
	})
}

func TestReorgNearTheHeadIsSeenAtOnceWhenAnnounced(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(75)
		p.readCanonical(1, 11)
		p.settle()
		p.grow(12, length, p.canonical(11), 'b', 0)
		p.Head(75) // 12 to 34 were fetched on the old branch; 11 has 64 on top
		p.readCanonical(11, 60)
		if p.asked(11) != 1 || p.asked(12) != 2 {
			t.Errorf("requests %d for block 11 and %d for 12, want 1 and 2", p.asked(11), p.asked(12))
		}
	})
}

func TestBlockOnItsWayDuringAnAnnouncementIsNotTrusted(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(60)
		p.readCanonical(1, 3)
		time.Sleep(60 * time.Millisecond) // 3 is read, its receipts are not yet
		p.grow(3, length, p.canonical(2), 'b', 0)
		p.Head(60)
		p.readCanonical(3, 10)
	})
}

func TestReorgFarBelowTheHeadIsSeenAfterWhatWasFetchedAhead(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{Concurrency: 2}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 11)
		p.settle()
		p.grow(11, length, p.canonical(10), 'b', 0)
		p.Head(length - 1)
		before, n := p.read(11), uint64(12)
		for ; n < 60; n++ {
			b := p.read(n)
			if b.ParentHash != before.Hash {
				break
			}
			before = b
		}
		if n != 19 { // two at a time, eight ahead of 10: 11 to 18
			t.Errorf("block %d is the first that is no child of the one before, want 19", n)
		}
		p.readCanonical(11, 60) // the reader goes back, and is answered anew
	})
}

func TestBlockFetchedAheadIsHandedOutOnItsParentOnly(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		honest := p.canonical(12)
		p.grow(12, 13, common.Hash{0xbb}, 'b', 0)
		p.Head(length - 1)
		p.readCanonical(1, 11)
		p.settle()
		p.model.set(func() { p.model.keys["0xc"] = honest })
		p.readCanonical(11, 40)
		if got := p.asked(12); got != 2 {
			t.Errorf("block 12 was asked for %d times, want once more after the wrong one", got)
		}
	})
}

func TestFetchingAheadIsBoundedByBytes(t *testing.T) {
	const block = 20_000
	for _, tc := range []struct {
		name     string
		max      int64
		from     uint64 // first large block
		ahead    int    // blocks fetched ahead of 10
		requests int    // for block 11
	}{
		{"three blocks fit", 3*block + block/2, 0, 3, 1},
		{"no block fits", block / 2, 0, 0, 1},
		{"a block that is larger than those before is not kept", block / 2, 11, 0, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prefetch(t, l1.PrefetchConfig{MaxBytes: tc.max}, func(p *prefetching) {
				parent := common.Hash{}
				if tc.from > 0 {
					parent = p.canonical(tc.from - 1)
				}
				p.grow(tc.from, 70, parent, 'c', block)
				p.Head(length - 1)
				p.readCanonical(8, 11)
				p.settle()
				if got, _, _ := p.Held(); got != tc.ahead {
					t.Errorf("%d blocks are kept, want %d", got, tc.ahead)
				}
				for n := uint64(11); n < 40; n++ {
					p.readCanonical(n, n+1)
					synctest.Wait()
					if _, size, counted := p.Held(); size > tc.max || size != counted {
						t.Fatalf("at block %d, %d bytes are kept and %d counted, the limit is %d", n, size, counted, tc.max)
					}
				}
				if got := p.asked(11); got != tc.requests {
					t.Errorf("block 11 was asked for %d times, want %d", got, tc.requests)
				}
			})
		})
	}
}

func TestALargeBlockIsForgotten(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{MaxBytes: 15_000}, func(p *prefetching) {
		p.grow(10, 11, p.canonical(9), 'c', 20_000)
		p.grow(11, 60, p.canonical(10), 'c', 0)
		p.Head(length - 1)
		p.readCanonical(9, 13)
		p.settle()
		if got, _, _ := p.Held(); got != 0 {
			t.Errorf("%d blocks are kept after one that is larger than all of them may be", got)
		}
		p.readCanonical(13, 40)
		p.settle()
		if got, _, _ := p.Held(); got < 2 {
			t.Errorf("%d blocks are kept after 29 small ones", got)
		}
	})
}

func TestErrorsOfFetchingAheadAreSilentAndFollowedByRest(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.read(1)
		p.read(2)
		failed := errors.New("overloaded")
		p.model.set(func() { p.model.fail = failed })
		p.settle()
		if got := p.highest(); got != 8 { // six at a time, not all 24
			t.Errorf("block %d was asked for after the first errors, want 8", got)
		}
		if _, err := p.BlockByNumber(p.t.Context(), 3); err == nil {
			t.Error("the reader's own request failed without an error")
		}
		p.model.set(func() { p.model.fail = nil })
		p.readCanonical(3, 19)
		p.settle()
		if got := p.highest(); got != 18 {
			t.Errorf("block %d was asked for, want none ahead of 18 before 16 are handed out", got)
		}
		p.readCanonical(19, 20)
		p.settle()
		if got := p.highest(); got != 19+24 {
			t.Errorf("block %d was asked for, want 24 ahead of 19", got)
		}
	})
}

func TestFetchingAheadGivesUpAfterItsTimeout(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{Timeout: time.Second}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 3)
		synctest.Wait()
		p.model.set(func() { p.model.delay = 30 * time.Second }) // for the receipts of six blocks under way
		time.Sleep(500 * time.Millisecond)
		p.model.set(func() { p.model.delay = 50 * time.Millisecond })
		begin := time.Now()
		p.readCanonical(3, 4)
		if took := time.Since(begin); took != 600*time.Millisecond {
			t.Errorf("block 3 took %s, want 500ms until the timeout and 100ms for the reader's own request", took)
		}
	})
}

func TestReaderWaitsForABlockOnItsWayAndNotLongerThanItsContext(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 3)
		synctest.Wait()
		ctx, cancel := context.WithTimeoutCause(p.t.Context(), 20*time.Millisecond, errStop)
		defer cancel()
		if _, err := p.BlockByNumber(ctx, 3); !errors.Is(err, errStop) {
			t.Errorf("error %v, want the cause of the context", err)
		}
		begin := time.Now()
		p.readCanonical(3, 4)
		if took := time.Since(begin); took != 80*time.Millisecond || p.asked(3) != 1 {
			t.Errorf("block 3 took %s and %d requests, want the 80ms left of one", took, p.asked(3))
		}
	})
}

func TestAfterTheEndOfRunNothingIsFetchedAheadAndReadingGoesOn(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{}, func(p *prefetching) {
		p.Head(length - 1)
		p.readCanonical(1, 3)
		time.Sleep(10 * time.Millisecond)
		p.cancel(errStop)
		err := <-p.done
		p.done <- err
		time.Sleep(time.Second)
		begun := p.highest()
		if begun != 8 {
			t.Errorf("block %d was asked for before the end, want 8", begun)
		}
		p.readCanonical(3, 100)
		p.settle()
		if got := p.highest(); got != 99 {
			t.Errorf("block %d was asked for, 99 is the last one read", got)
		}
	})
}

func TestReadersAndHeadsAtOnce(t *testing.T) {
	prefetch(t, l1.PrefetchConfig{Concurrency: 4, MaxBytes: 20_000}, func(p *prefetching) {
		p.model.set(func() { p.model.delay = time.Millisecond })
		want := make([]common.Hash, length)
		for n := range want {
			want[n] = p.canonical(uint64(n))
		}
		var group sync.WaitGroup
		for _, from := range []uint64{1, 1, 3, 40, 150} {
			group.Go(func() {
				for n := from; n < length; n++ {
					if b, err := p.BlockByNumber(p.t.Context(), n); err != nil || b.Hash != want[n] {
						t.Errorf("block %d: %v, error %v", n, b, err)
						return
					}
				}
			})
		}
		group.Go(func() {
			for head := range uint64(length) {
				p.Head(head)
				time.Sleep(time.Millisecond)
			}
		})
		group.Wait()
		if _, size, counted := p.Held(); size != counted || size > 20_000 {
			t.Errorf("%d bytes are kept and %d counted", size, counted)
		}
	})
}
