package l1_test

import (
	"context"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// following is a Follow under test, in a bubble of virtual time.
type following struct {
	model  *modelL1
	hashes []common.Hash // by number
	heads  chan l1.Heads
	errs   chan error
	cancel context.CancelCauseFunc
	done   chan error
	start  func() // begins Follow; what the model says at first has to be settled before
}

var errStop = errors.New("stop of the test")

// follow prepares Follow over a model with blocks 0 to 9 and no labels yet. The body starts it; it ends with the body.
func follow(t *testing.T, cfg l1.FollowConfig, body func(*following)) {
	synctest.Test(t, func(t *testing.T) {
		f := &following{model: newModelL1(), heads: make(chan l1.Heads, 1), errs: make(chan error, 1), done: make(chan error, 1)}
		for n := range int64(10) {
			f.hashes = append(f.hashes, f.model.put(t, &types.Header{Number: big.NewInt(n)}, nil, nil))
		}
		server := rpc.NewServer()
		if err := server.RegisterName("eth", f.model); err != nil {
			t.Fatal(err)
		}
		client := rpc.DialInProc(server)
		source := over(l1.NewEndpoint("model", client, l1.DialConfig{}), l1.SourceConfig{})
		ctx, cancel := context.WithCancelCause(t.Context())
		f.cancel = cancel
		f.start = func() { go func() { f.done <- source.Follow(ctx, cfg, f.heads, f.errs) }() }
		body(f)
		cancel(errStop)
		if err := <-f.done; !errors.Is(err, errStop) {
			t.Errorf("Follow ended with %v, want the cause of its context", err)
		}
		client.Close()
		server.Stop()
		time.Sleep(time.Minute) // calls that are still delayed end
	})
}

// label moves a label to the block with a number.
func (f *following) label(name string, number int) {
	f.model.set(func() { f.model.keys[name] = f.hashes[number] })
}

// after lets time pass and takes what was delivered since.
func (f *following) after(d time.Duration) (got l1.Heads, ok bool) {
	time.Sleep(d)
	synctest.Wait()
	select {
	case got = <-f.heads:
		return got, true
	default:
		return l1.Heads{}, false
	}
}

func numbers(h l1.Heads) [3]uint64 {
	return [3]uint64{h.Head.Number, h.Safe.Number, h.Finalized.Number}
}

func TestFollowDeliversOnlyChanges(t *testing.T) {
	cfg := l1.FollowConfig{Interval: time.Second, LabelInterval: 4 * time.Second}
	follow(t, cfg, func(f *following) {
		f.label("latest", 5)
		f.start()
		got, ok := f.after(10 * time.Millisecond)
		if !ok || got.Head.Hash != f.hashes[5] || got.Safe != (eth.L1Ref{}) || got.Finalized != (eth.L1Ref{}) {
			t.Fatalf("first heads %+v, want block 5, and zero for what a young chain does not have", got)
		}
		if got, ok := f.after(10 * time.Second); ok {
			t.Errorf("nothing changed and %+v was delivered", got)
		}
		f.label("latest", 6)
		if got, ok := f.after(time.Second); !ok || numbers(got) != [3]uint64{6, 0, 0} {
			t.Errorf("heads %v", numbers(got))
		}
		f.label("safe", 3)
		f.label("finalized", 2)
		if got, ok := f.after(4 * time.Second); !ok || numbers(got) != [3]uint64{6, 3, 2} {
			t.Errorf("heads %v, want safe and finalized within the label interval", numbers(got))
		}
		f.model.set(func() { delete(f.model.keys, "safe") })
		if got, ok := f.after(8 * time.Second); ok {
			t.Errorf("a label that is not found any more changed heads to %v", numbers(got))
		}
		f.label("latest", 4) // a reorg may make the chain shorter
		if got, ok := f.after(time.Second); !ok || numbers(got) != [3]uint64{4, 3, 2} {
			t.Errorf("heads %v", numbers(got))
		}
	})
}

func TestFollowLatestWinsAndNeverWaits(t *testing.T) {
	follow(t, l1.FollowConfig{Interval: time.Second}, func(f *following) {
		for n := 1; n <= 9; n++ {
			f.label("latest", n)
			if n == 1 {
				f.start()
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if got, ok := f.after(0); !ok || got.Head.Number != 9 {
			t.Errorf("a slow reader finds head %d, want the latest", got.Head.Number)
		}
		if got, ok := f.after(0); ok {
			t.Errorf("a stale value was kept: %v", numbers(got))
		}
	})
}

func TestFollowAsksForLabelsLessOften(t *testing.T) {
	follow(t, l1.FollowConfig{Interval: 12 * time.Second, LabelInterval: 96 * time.Second}, func(f *following) {
		f.label("latest", 1)
		f.label("safe", 1)
		f.label("finalized", 1)
		f.start()
		f.after(time.Millisecond)
		f.model.set(func() { clear(f.model.calls) })
		f.after(20 * 96 * time.Second)
		if got, want := f.model.count("getBlockByNumber"), 20*(8+2); got != want {
			t.Errorf("%d requests in 160 slots, want %d", got, want)
		}
	})
}

func TestFollowWakesUpOnAnAnnouncementAndBelievesNothingOfIt(t *testing.T) {
	follow(t, l1.FollowConfig{Interval: time.Hour}, func(f *following) {
		f.label("latest", 1)
		f.start()
		f.after(time.Second)
		f.label("latest", 2)
		f.model.notify(t)
		if got, ok := f.after(10 * time.Millisecond); !ok || got.Head.Hash != f.hashes[2] {
			t.Fatalf("heads %+v, want what the endpoint says when asked", got)
		}
		// A flood of announcements does not become a flood of requests.
		f.model.set(func() { clear(f.model.calls) })
		for range 100 {
			f.model.notify(t)
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if got := f.model.count("getBlockByNumber"); got == 0 || got > 6 {
			t.Errorf("%d requests in a second of 100 announcements", got)
		}
	})
}

func TestFollowReportsErrorsLessAndLessOftenAndGoesOn(t *testing.T) {
	cfg := l1.FollowConfig{Interval: 2 * time.Second, MaxBackoff: 8 * time.Second}
	follow(t, cfg, func(f *following) {
		f.label("latest", 1)
		f.start()
		f.after(time.Millisecond)
		f.model.set(func() { f.model.fail = errors.New("overloaded") })
		var due time.Time // of the next report
		for failures, most := range []time.Duration{1, 2, 4, 8, 8, 8} {
			most *= time.Second
			var failed *l1.FollowError
			if err := <-f.errs; !errors.As(err, &failed) || failed.Failures != failures+1 {
				t.Fatalf("report %v, want failure %d", err, failures+1)
			}
			if failed.RetryIn > most || failed.RetryIn < most/2 {
				t.Errorf("after failure %d the next try is in %s, want between half of %s and it", failures+1, failed.RetryIn, most)
			}
			if failures > 0 && !time.Now().Equal(due) {
				t.Errorf("failure %d is off by %s: announcements must not shorten the wait", failures+1, time.Since(due))
			}
			due = time.Now().Add(failed.RetryIn)
			time.Sleep(most / 4)
			f.model.notify(t)
		}
		f.label("latest", 2)
		f.model.set(func() { f.model.fail = nil })
		if got, ok := f.after(8 * time.Second); !ok || got.Head.Number != 2 {
			t.Errorf("heads %v after the failure is over", numbers(got))
		}
		f.label("latest", 3)
		if got, ok := f.after(2 * time.Second); !ok || got.Head.Number != 3 {
			t.Errorf("heads %v, want the usual interval again", numbers(got))
		}
	})
}

func TestFollowDeliversTheHeadThoughTheLabelsFail(t *testing.T) {
	follow(t, l1.FollowConfig{Interval: time.Second}, func(f *following) {
		f.model.set(func() {
			safe := 0
			f.model.lie = func(_ string, answer any) any {
				if safe++; safe%2 == 0 { // the second request of each look
					return errors.New("overloaded")
				}
				return answer
			}
		})
		f.label("latest", 1)
		f.start()
		if got, ok := f.after(10 * time.Millisecond); !ok || numbers(got) != [3]uint64{1, 0, 0} {
			t.Errorf("heads %v, want the head", numbers(got))
		}
		select {
		case <-f.errs:
		default:
			t.Error("the failure of the labels was not reported")
		}
	})
}

func TestFollowGivesUpOnAStuckEndpoint(t *testing.T) {
	follow(t, l1.FollowConfig{Interval: time.Second, Timeout: 3 * time.Second}, func(f *following) {
		f.model.set(func() { f.model.delay = 5 * time.Second })
		f.start()
		if err := <-f.errs; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("report %v, want the deadline", err)
		}
	})
}

func TestFollowNeedsChannelsForOneValue(t *testing.T) {
	m := newModelL1()
	s := m.source(t, l1.SourceConfig{})
	if err := s.Follow(t.Context(), l1.FollowConfig{}, make(chan l1.Heads), make(chan error, 1)); err == nil {
		t.Error("a channel without room was accepted")
	}
	if err := s.Follow(t.Context(), l1.FollowConfig{}, make(chan l1.Heads, 1), make(chan error, 2)); err == nil {
		t.Error("a channel with room for two was accepted")
	}
}

// This one is over a real WebSocket, whose end can be cut, and waits for what it expects.
func TestFollowSubscribesAgainAfterTheConnectionIsLost(t *testing.T) {
	m := newModelL1()
	m.keys["latest"] = m.put(t, &types.Header{Number: big.NewInt(1)}, nil, nil)
	m.subscribed = make(chan struct{}, 10)
	server := rpc.NewServer()
	defer server.Stop()
	if err := server.RegisterName("eth", m); err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 10)
	web := httptest.NewUnstartedServer(server.WebsocketHandler(nil))
	web.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateHijacked {
			conns <- c
		}
	}
	web.Start()
	defer web.Close()
	client, err := l1.Dial("ws"+strings.TrimPrefix(web.URL, "http"), l1.DialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	cfg := l1.FollowConfig{Interval: 5 * time.Millisecond, LabelInterval: 5 * time.Millisecond, MaxBackoff: 5 * time.Millisecond}
	go func() {
		done <- over(client, l1.SourceConfig{}).Follow(ctx, cfg, make(chan l1.Heads, 1), make(chan error, 1))
	}()
	for range 3 {
		<-m.subscribed
		if err := (<-conns).Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v", err)
	}
}
