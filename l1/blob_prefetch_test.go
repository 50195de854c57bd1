package l1

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// slowBlobs takes a second for each request, and counts them by L1 block.
type slowBlobs struct {
	mu    sync.Mutex
	asked map[uint64]int
	most  int // requests at a time
	now   int
	fails map[uint64]bool // the first request for a block
}

func (s *slowBlobs) Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	s.mu.Lock()
	s.asked[ref.Number]++
	s.now++
	s.most = max(s.most, s.now)
	fail := s.fails[ref.Number]
	s.fails[ref.Number] = false
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(time.Second):
	}
	if fail {
		return nil, errors.New("down")
	}
	out := make([]*eth.Blob, len(hashes))
	for i, hash := range hashes {
		out[i] = &eth.Blob{hash[0], hash[1]}
	}
	return out, nil
}

// requests gives the counters once all is quiet.
func (s *slowBlobs) requests() map[uint64]int {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

var theBatcher, aStranger = common.Address{1}, common.Address{2}

// carrying is a block with blobs: of the batcher, and one of a stranger.
func carrying(number uint64, count int) *eth.L1Block {
	b := &eth.L1Block{L1Ref: eth.L1Ref{Hash: common.Hash{31: byte(number)}, Number: number}}
	tx := eth.InboxTx{From: theBatcher, Blob: true}
	for i := range count {
		tx.BlobHashes = append(tx.BlobHashes, common.Hash{byte(number), byte(i)})
	}
	b.Inbox = []eth.InboxTx{{From: aStranger, Blob: true, BlobHashes: []common.Hash{{byte(number), 99}}}, tx}
	return b
}

// blobWorld runs a prefetcher over slow blobs in a bubble.
func blobWorld(t *testing.T, do func(t *testing.T, p *BlobPrefetcher, s *slowBlobs, read func(*eth.L1Block) time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &slowBlobs{asked: map[uint64]int{}, fails: map[uint64]bool{}}
		p := NewBlobPrefetcher(s)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		do(t, p, s, func(b *eth.L1Block) time.Duration {
			t.Helper()
			began, hashes := time.Now(), b.Inbox[1].BlobHashes
			blobs, err := p.Blobs(t.Context(), b.L1Ref, hashes)
			if err != nil || len(blobs) != len(hashes) {
				t.Fatalf("block %d: %d blobs, %v", b.Number, len(blobs), err)
			}
			for i, blob := range blobs {
				if [2]byte(blob[:2]) != [2]byte(hashes[i][:2]) {
					t.Fatalf("block %d: blob %d is %x", b.Number, i, blob[:2])
				}
			}
			return time.Since(began)
		})
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if p.blobs < 0 || len(p.orders) > blobsAhead {
			t.Errorf("%d blobs of %d orders at the end", p.blobs, len(p.orders))
		}
	})
}

func TestBlobsOfTheBatcherAreFetchedAhead(t *testing.T) {
	blobWorld(t, func(t *testing.T, p *BlobPrefetcher, s *slowBlobs, read func(*eth.L1Block) time.Duration) {
		p.Ahead(carrying(1, 2)) // whose blobs count is not known yet
		if took := read(carrying(1, 2)); took != time.Second {
			t.Errorf("the first block took %s", took)
		}
		for n := uint64(2); n <= 7; n++ {
			p.Ahead(carrying(n, 2))
		}
		p.Ahead(carrying(4, 2)) // again
		time.Sleep(10 * time.Second)
		for n := uint64(2); n <= 7; n++ {
			if took := read(carrying(n, 2)); took != 0 {
				t.Errorf("block %d took %s", n, took)
			}
			if s.requests()[n] != 1 {
				t.Errorf("block %d was asked for %d times", n, s.requests()[n])
			}
		}
		if s.most != blobRequests {
			t.Errorf("%d requests at a time", s.most)
		}
		if took := read(carrying(8, 1)); took != time.Second {
			t.Errorf("a block that nobody announced took %s", took)
		}
	})
}

func TestBlobsAreWaitedForOnlyIfTheyAreUnderWay(t *testing.T) {
	blobWorld(t, func(t *testing.T, p *BlobPrefetcher, s *slowBlobs, read func(*eth.L1Block) time.Duration) {
		p.Ahead(carrying(1, 1))
		read(carrying(1, 1))
		for n := uint64(2); n <= 9; n++ {
			p.Ahead(carrying(n, 1))
		}
		time.Sleep(500 * time.Millisecond) // blocks 2 to 4 are under way
		if took := read(carrying(3, 1)); took != 500*time.Millisecond || s.requests()[3] != 1 {
			t.Errorf("one that was under way took %s, %d requests", took, s.requests()[3])
		}
		if took := read(carrying(9, 1)); took != time.Second {
			t.Errorf("one that waited for its turn took %s", took)
		}
		time.Sleep(10 * time.Second)
		if s.requests()[9] != 1 || s.requests()[8] != 0 {
			t.Errorf("requests %v: what was passed is still fetched", s.requests())
		}
	})
}

func TestFetchingBlobsAheadIsBoundedAndMayFail(t *testing.T) {
	blobWorld(t, func(t *testing.T, p *BlobPrefetcher, s *slowBlobs, read func(*eth.L1Block) time.Duration) {
		p.Ahead(carrying(1, 1))
		read(carrying(1, 1))
		s.fails[2] = true
		for n := uint64(2); n <= 100; n++ {
			p.Ahead(carrying(n, 6))
		}
		time.Sleep(time.Minute)
		fetched := 0
		for n := range s.requests() {
			if n > 1 {
				fetched += 6
			}
		}
		if fetched > blobsAhead || fetched < blobsAhead-6 {
			t.Errorf("%d blobs were fetched ahead", fetched)
		}
		if took := read(carrying(2, 6)); took != time.Second || s.requests()[2] != 2 {
			t.Errorf("after a failure: %s, %d requests", took, s.requests()[2])
		}
		p.Ahead(carrying(7, 6))
		if len(p.orders) == 0 {
			t.Error("nothing is fetched ahead after that")
		}
	})
}

func TestABatcherRotationIsLearned(t *testing.T) {
	blobWorld(t, func(t *testing.T, p *BlobPrefetcher, s *slowBlobs, read func(*eth.L1Block) time.Duration) {
		p.Ahead(carrying(1, 1))
		read(carrying(1, 1))
		rotated := func(number uint64) *eth.L1Block {
			b := carrying(number, 1)
			slices.Reverse(b.Inbox) // the stranger's counts now
			return b
		}
		p.Ahead(rotated(2))
		if took := read(rotated(2)); took != time.Second {
			t.Errorf("blobs of another sender than expected took %s", took)
		}
		p.Ahead(rotated(3))
		time.Sleep(time.Minute)
		if took := read(rotated(3)); took != 0 {
			t.Errorf("after the rotation: %s", took)
		}
		for n := range 2 * sendersKnown {
			p.know(common.BytesToHash(fmt.Append(nil, n)), aStranger)
		}
		if len(p.senders) != sendersKnown || len(p.oldest) != sendersKnown {
			t.Errorf("%d senders are remembered", len(p.senders))
		}
	})
}
