package l1_test

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// followTwo prepares Follow over two endpoints of a chain with blocks 0 to 9, both at block 5.
func followTwo(t *testing.T, cfg l1.FollowConfig, body func(f *following, s *l1.Source, first, second *modelL1)) {
	synctest.Test(t, func(t *testing.T) {
		l := newForkL1(t, 10)
		f := &following{model: l.modelL1, heads: make(chan l1.Heads, 1), errs: make(chan error, 1), done: make(chan error, 1)}
		for _, ref := range l.refs {
			f.hashes = append(f.hashes, ref.Hash)
		}
		first, second := l.twin(), l.twin()
		s := l1.NewSource([]*l1.Endpoint{first.endpoint(t, "first"), second.endpoint(t, "second")}, l1.SourceConfig{Rollup: testConfig()})
		ctx, cancel := context.WithCancelCause(t.Context())
		f.start = func() { go func() { f.done <- s.Follow(ctx, cfg, f.heads, f.errs) }() }
		at(f, first, 5)
		at(f, second, 5)
		body(f, s, first, second)
		cancel(errStop)
		if err := <-f.done; !errors.Is(err, errStop) {
			t.Errorf("Follow ended with %v, want the cause of its context", err)
		}
	})
}

// at puts an endpoint's head at a block.
func at(f *following, m *modelL1, number int) {
	m.set(func() { m.keys["latest"] = f.hashes[number] })
}

func failing(m *modelL1, err error) { m.set(func() { m.fail = err }) }

// heads lets time pass and gives the number delivered since; -1 if none was.
func (f *following) head(d time.Duration) int {
	if got, ok := f.after(d); ok {
		return int(got.Head.Number)
	}
	return -1
}

func TestFollowGoesOnWithAnotherEndpointAndComesBack(t *testing.T) {
	followTwo(t, l1.FollowConfig{Interval: time.Second}, func(f *following, s *l1.Source, first, second *modelL1) {
		f.start()
		if got := f.head(10 * time.Millisecond); got != 5 || second.count("getBlockByNumber") != 0 {
			t.Fatalf("head %d and %d requests to the second endpoint", got, second.count("getBlockByNumber"))
		}
		failing(first, errors.New("overloaded"))
		at(f, second, 6)
		if got := f.head(time.Second); got != 6 {
			t.Errorf("head %d while the first endpoint fails, want that of the second", got)
		}
		select {
		case err := <-f.errs:
			t.Errorf("reported %v though there is a head", err)
		default:
		}
		failing(first, nil)
		at(f, first, 7)
		at(f, second, 8)
		f.head(2 * time.Minute)
		second.set(func() { clear(second.calls) })
		at(f, first, 9)
		if got := f.head(time.Second); got != 9 || second.count("getBlockByNumber") != 0 {
			t.Errorf("head %d and %d requests to the second endpoint, want the first in use again", got, second.count("getBlockByNumber"))
		}
		if got := s.Endpoints()[0]; got.Fault != "" {
			t.Errorf("status %+v", got)
		}
	})
}

func TestFollowLeavesAHangingEndpoint(t *testing.T) {
	followTwo(t, l1.FollowConfig{Interval: time.Second, Timeout: 3 * time.Second}, func(f *following, s *l1.Source, first, second *modelL1) {
		first.set(func() { first.delay = 20 * time.Second })
		at(f, second, 6)
		f.start()
		if got := f.head(3100 * time.Millisecond); got != 6 {
			t.Errorf("head %d after the timeout of one endpoint, want that of the other", got)
		}
		if got := s.Endpoints()[0].Fault; got != eth.L1Slow {
			t.Errorf("fault %q", got)
		}
		first.set(func() { first.delay = 0 })
		time.Sleep(time.Minute) // calls that are still delayed end
	})
}

func TestFollowAnnouncesNoHeadOfAnotherChain(t *testing.T) {
	followTwo(t, l1.FollowConfig{Interval: time.Second}, func(f *following, s *l1.Source, first, second *modelL1) {
		first.set(func() { first.chainID = big.NewInt(1) })
		at(f, first, 9)
		f.start()
		for range 200 {
			if got, ok := f.after(time.Second); ok && got.Head.Number != 5 {
				t.Fatalf("head %d of the endpoint on another chain", got.Head.Number)
			}
		}
		failing(second, errors.New("overloaded"))
		for range 200 {
			if got, ok := f.after(time.Second); ok {
				t.Fatalf("head %d of the endpoint on another chain", got.Head.Number)
			}
		}
		if err := <-f.errs; eth.FaultOf(err) != eth.L1WrongChain {
			t.Errorf("reported %v with the mark %q, want that of the first endpoint", err, eth.FaultOf(err))
		}
		if got := s.Endpoints()[0].Requests["eth_getBlockByNumber"]; got != 0 {
			t.Errorf("%d requests to the endpoint on another chain", got)
		}
	})
}

func TestFollowLeavesAnEndpointThatStandsStillWhileOthersGoOn(t *testing.T) {
	cfg := l1.FollowConfig{Interval: time.Second, Stall: 10 * time.Second}
	followTwo(t, cfg, func(f *following, s *l1.Source, first, second *modelL1) {
		f.start()
		f.head(5 * time.Second)
		at(f, second, 6) // a moment ahead
		if got := f.head(30 * time.Second); got != -1 {
			t.Errorf("head %d, want to stay with the preferred endpoint", got)
		}
		if asked := second.count("getBlockByNumber"); asked == 0 || asked > 4 {
			t.Errorf("the other endpoint was asked %d times in 35 s", asked)
		}
		at(f, second, 8)
		if got := f.head(11 * time.Second); got != 8 {
			t.Errorf("head %d, want that of the endpoint that went on", got)
		}
		if got := s.Endpoints()[0].Fault; got != eth.L1BlockMissing {
			t.Errorf("fault %q of the endpoint that is behind", got)
		}
		for n := range 300 { // the first is tried again, and still behind
			if got, ok := f.after(time.Second); ok {
				t.Fatalf("after %d s the head is %d again", n, got.Head.Number)
			}
		}
		at(f, first, 9)
		if got := f.head(2 * time.Minute); got != 9 {
			t.Errorf("head %d, want that of the first endpoint, which has caught up", got)
		}
	})
}

func TestFollowTakesALowerHeadIfThereIsNoOther(t *testing.T) {
	followTwo(t, l1.FollowConfig{Interval: time.Second}, func(f *following, _ *l1.Source, first, second *modelL1) {
		failing(first, errors.New("overloaded"))
		at(f, second, 9)
		f.start()
		if got := f.head(10 * time.Millisecond); got != 9 {
			t.Fatalf("head %d", got)
		}
		failing(second, errors.New("overloaded"))
		failing(first, nil)
		if got := f.head(time.Minute); got != 5 {
			t.Errorf("head %d, want that of the only endpoint that answers", got)
		}
	})
}

func TestFollowHearsTheEndpointInUse(t *testing.T) {
	followTwo(t, l1.FollowConfig{Interval: 20 * time.Second, LabelInterval: time.Hour}, func(f *following, _ *l1.Source, first, second *modelL1) {
		f.start()
		f.head(time.Second)
		failing(first, errors.New("overloaded"))
		f.head(20 * time.Second) // notices
		f.head(20 * time.Second) // subscribes elsewhere, if the rest is long enough
		at(f, second, 6)
		second.notify(t)
		if got := f.head(300 * time.Millisecond); got != 6 {
			t.Errorf("head %d, want the one announced by the endpoint in use", got)
		}
	})
}

// Two endpoints that disagree about the last blocks do not make the reader go to and fro: the first is right as long as
// it answers.
func TestEndpointsOnDifferentForks(t *testing.T) {
	a, b := newForkL1(t, 21), newForkL1(t, 21)
	b.reorg(5, 8)
	s := l1.NewSource([]*l1.Endpoint{a.endpoint(t, "a"), b.endpoint(t, "b")}, l1.SourceConfig{Rollup: testConfig(), Keep: newMemoryKeep()})
	for range 3 {
		if ref, err := s.Label(t.Context(), l1.Latest); err != nil || ref != a.refs[20] {
			t.Fatalf("head %v, %v", ref, err)
		}
		a.readAll(simply{s, t}, 1, 21)
	}
	if blocks, _ := b.requests(); blocks != 0 {
		t.Errorf("%d requests to the other endpoint", blocks)
	}
	failing(a.modelL1, errors.New("overloaded"))
	if ref, err := s.Label(t.Context(), l1.Latest); err != nil || ref != b.refs[23] {
		t.Fatalf("head %v, %v", ref, err)
	}
	b.readAll(simply{s, t}, 1, 24)
}
