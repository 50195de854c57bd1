package batcher_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cairn-rollup/cairn/batcher"
)

// play runs a world inside a bubble of virtual time; the script may run batchers in it.
func play(t *testing.T, w *world, script func(ctx context.Context, t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		var live sync.WaitGroup
		live.Go(func() { w.live(ctx) })
		t.Cleanup(func() {
			stop()
			live.Wait()
		})
		script(ctx, t)
	})
}

// start runs a batcher; stop ends it and waits for it. So does the end of the test.
func start(ctx context.Context, t *testing.T, w *world, cfg batcher.Config) (b *batcher.Batcher, stop func()) {
	t.Helper()
	b, err := batcher.New(cfg, batcher.Ports{Node: w, Blocks: w, Sender: w, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	over := errors.New("test stops the batcher")
	stop = sync.OnceFunc(func() {
		cancel(over)
		if err := <-done; !errors.Is(err, over) {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return b, stop
}

// catchUp lets L2 pause until all of it is safe, and fails if that takes longer than an hour.
func catchUp(t *testing.T, w *world, b *batcher.Batcher) {
	t.Helper()
	w.change(func() { w.pause = true })
	for range 3600 {
		if d, unsafe := w.facts(); d.safe == unsafe {
			return
		}
		time.Sleep(time.Second)
	}
	d, unsafe := w.facts()
	t.Fatalf("safe %d, unsafe %d after an hour: %+v", d.safe, unsafe, b.Status())
}

// nothingTwice checks that L1 has no byte in vain.
func nothingTwice(t *testing.T, w *world) {
	t.Helper()
	if d, _ := w.facts(); d.past+d.dropped+d.frames > 0 {
		t.Errorf("L1 has %d blocks twice, %d that cannot be used, %d frames that cannot be used", d.past, d.dropped, d.frames)
	}
}

func TestAllBlocksBecomeSafeAndNothingIsPostedTwice(t *testing.T) {
	for name, set := range map[string]func(*world, *batcher.Config){
		"one confirmation":        func(*world, *batcher.Config) {},
		"ten confirmations":       func(w *world, c *batcher.Config) { w.confirm, c.MaxPendingTx = 10, 32 },
		"derivation lags":         func(w *world, _ *batcher.Config) { w.lag = 5 },
		"one transaction at once": func(_ *world, c *batcher.Config) { c.MaxPendingTx, c.Encoder.MaxTxBytes = 1, 5000 },
		"no time limit on channel": func(_ *world, c *batcher.Config) {
			c.Encoder.MaxChannelDuration, c.Encoder.TargetChannelBytes = 0, 2000
		},
		"little memory": func(_ *world, c *batcher.Config) { c.Encoder.MaxPendingBytes = 5000 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			w := newWorld(cfg.Encoder.Rollup)
			set(w, &cfg)
			play(t, w, func(ctx context.Context, t *testing.T) {
				b, stop := start(ctx, t, w, cfg)
				time.Sleep(10 * time.Minute)
				before, unsafe := w.facts()
				if before.safe < unsafe/2 {
					t.Errorf("safe head at %d of %d after ten minutes", before.safe, unsafe)
				}
				catchUpFlushing(ctx, t, w, b)
				nothingTwice(t, w)

				time.Sleep(3 * time.Minute) // until all is confirmed, then the books agree with L1
				stop()
				d, unsafe := w.facts()
				s := b.Status()
				if s.Bytes != uint64(d.bytes) || s.Blocks != unsafe || s.Txs < s.Channels || s.Channels == 0 || s.Afresh != 0 || s.LastError != "" {
					t.Errorf("%d bytes are on L1, %d blocks: %+v", d.bytes, unsafe, s)
				}
			})
		})
	}
}

// catchUpFlushing is catchUp for channels that no limit of time would close soon.
func catchUpFlushing(ctx context.Context, t *testing.T, w *world, b *batcher.Batcher) {
	t.Helper()
	w.change(func() { w.pause = true })
	must(t, b.Flush(ctx))
	catchUp(t, w, b)
}

func TestFlushPostsWhatThereIs(t *testing.T) {
	cfg := config()
	cfg.Encoder.MaxChannelDuration, cfg.Encoder.TargetChannelBytes = 0, 100_000
	w := newWorld(cfg.Encoder.Rollup)
	play(t, w, func(ctx context.Context, t *testing.T) {
		b, _ := start(ctx, t, w, cfg)
		if err := b.Flush(ctx); !errors.Is(err, batcher.ErrNotRunning) {
			t.Errorf("flush before the start is over: %v", err)
		}
		time.Sleep(5 * time.Minute)
		if d, _ := w.facts(); d.bytes != 0 {
			t.Errorf("%d bytes are posted before the flush", d.bytes)
		}
		_, unsafe := w.facts()
		must(t, b.Flush(ctx))
		time.Sleep(2 * time.Minute)
		if d, _ := w.facts(); d.safe < unsafe {
			t.Errorf("safe %d, want at least %d", d.safe, unsafe)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		for range 3 { // either side of the handshake may come first
			if err := b.Flush(gone); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("flush with a context that is over: %v", err)
			}
		}
	})
}

func TestARestartPostsNothingTwice(t *testing.T) {
	for _, confirm := range []uint64{1, 3} {
		for down := time.Duration(0); down < 40*time.Second; down += 7 * time.Second {
			cfg := config()
			w := newWorld(cfg.Encoder.Rollup)
			w.confirm = confirm
			play(t, w, func(ctx context.Context, t *testing.T) {
				for i := range 6 {
					b, stop := start(ctx, t, w, cfg)
					time.Sleep(3*time.Minute + time.Duration(i)*5*time.Second) // stops at different moments of an L1 block
					if i == 5 {
						catchUp(t, w, b)
					}
					stop()
					time.Sleep(down)
				}
				d, _ := w.facts()
				if d.past != 0 || d.dropped != 0 {
					t.Errorf("down for %s: L1 has %d blocks twice and %d that cannot be used", down, d.past, d.dropped)
				}
			})
		}
	}
}

func TestARestartWaitsForTransactionsOfTheRunBefore(t *testing.T) {
	cfg := config()
	w := newWorld(cfg.Encoder.Rollup)
	play(t, w, func(ctx context.Context, t *testing.T) {
		_, stop := start(ctx, t, w, cfg)
		time.Sleep(3 * time.Minute)
		w.change(func() { w.full = true })
		time.Sleep(time.Minute)
		stop()
		pending := 0
		w.change(func() { pending = len(w.pool) })
		if pending == 0 {
			t.Fatal("nothing is pending")
		}
		b, stop := start(ctx, t, w, cfg)
		time.Sleep(5 * time.Minute)
		w.change(func() {
			if len(w.pool) != pending {
				t.Errorf("%d transactions are pending, %d were", len(w.pool), pending)
			}
			w.full = false
		})
		if s := b.Status(); s.Reason != batcher.PreviousRun {
			t.Errorf("waits because %s", s.Reason)
		}
		catchUp(t, w, b)
		stop()
		if d, _ := w.facts(); d.past != 0 {
			t.Errorf("L1 has %d blocks twice", d.past)
		}
	})
}

func TestSenderFailures(t *testing.T) {
	for name, set := range map[string]func(*world){
		"every fifth transaction is refused": func(w *world) {
			w.refuse = func(n int) error {
				if n%5 == 3 {
					return errRefused
				}
				return nil
			}
		},
		"some transactions are lost and those behind them land": func(w *world) { w.broken = func(n int) bool { return n%15 == 8 } },
		"nothing is taken for a while": func(w *world) {
			w.refuse = func(n int) error {
				if n >= 10 && n < 40 {
					return errRefused
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			w := newWorld(cfg.Encoder.Rollup)
			set(w)
			play(t, w, func(ctx context.Context, t *testing.T) {
				b, stop := start(ctx, t, w, cfg)
				time.Sleep(8 * time.Minute)
				catchUp(t, w, b)
				stop()
				if s := b.Status(); s.Failures == 0 || s.LastError == "" || s.LastErrorAt.IsZero() || s.Afresh > 0 {
					t.Errorf("%+v", s)
				}
				if d, _ := w.facts(); d.past != 0 {
					t.Errorf("L1 has %d blocks twice", d.past)
				}
			})
		})
	}
}

func TestL1Reorgs(t *testing.T) {
	for _, lose := range []bool{false, true} {
		for _, confirm := range []uint64{1, 2, 4} {
			for _, depth := range []int{1, 3, 8} {
				t.Run(fmt.Sprintf("lose %v confirmations %d depth %d", lose, confirm, depth), func(t *testing.T) {
					cfg := config()
					w := newWorld(cfg.Encoder.Rollup)
					w.confirm = confirm
					play(t, w, func(ctx context.Context, t *testing.T) {
						b, _ := start(ctx, t, w, cfg)
						for i := range 4 {
							time.Sleep(4*time.Minute + time.Duration(i)*5*time.Second)
							w.change(func() { w.reorg(depth, lose) })
						}
						catchUp(t, w, b)
					})
				})
			}
		}
	}
}

func TestAConfirmedTransactionThatVanishesFromL1IsPostedAgain(t *testing.T) {
	cfg := config()
	w := newWorld(cfg.Encoder.Rollup)
	play(t, w, func(ctx context.Context, t *testing.T) {
		b, _ := start(ctx, t, w, cfg)
		time.Sleep(5 * time.Minute)
		before := b.Status().Txs
		w.change(func() { w.reorg(4, true) })
		lost, _ := w.facts()
		time.Sleep(5 * time.Minute)
		s := b.Status()
		if s.Afresh == 0 || s.Txs <= before {
			t.Errorf("not started afresh: %+v", s)
		}
		catchUp(t, w, b)
		d, _ := w.facts()
		if d.safe <= lost.safe {
			t.Errorf("safe head is still at %d", d.safe)
		}
	})
}

func TestAReorgOfTheUnsafeChainIsFollowed(t *testing.T) {
	cfg := config()
	w := newWorld(cfg.Encoder.Rollup)
	play(t, w, func(ctx context.Context, t *testing.T) {
		b, _ := start(ctx, t, w, cfg)
		time.Sleep(5*time.Minute + 7*time.Second)
		w.change(func() { w.reorgL2(len(w.l2) - int(w.l1[len(w.l1)-1].derived.safe) - 1) })
		time.Sleep(5 * time.Minute)
		if b.Status().Afresh == 0 {
			t.Error("not started afresh")
		}
		catchUp(t, w, b)
	})
}

func TestABatcherThatWasAwayTooLongPostsNothingExpired(t *testing.T) {
	cfg := config()
	w := newWorld(cfg.Encoder.Rollup)
	play(t, w, func(ctx context.Context, t *testing.T) {
		time.Sleep(time.Duration(window+10) * time.Duration(l1Time) * time.Second)
		b, stop := start(ctx, t, w, cfg)
		time.Sleep(10 * time.Minute)
		stop()
		if s := b.Status(); s.Reason != batcher.WindowOver {
			t.Errorf("waits because %s", s.Reason)
		}
		if d, _ := w.facts(); d.bytes != 0 {
			t.Errorf("%d bytes are posted", d.bytes)
		}
	})
}

func TestANodeThatFailsIsAskedAgain(t *testing.T) {
	cfg := config()
	w := newWorld(cfg.Encoder.Rollup)
	w.nodeErr = errors.New("node is away")
	play(t, w, func(ctx context.Context, t *testing.T) {
		b, _ := start(ctx, t, w, cfg)
		time.Sleep(time.Minute)
		if s := b.Status(); s.LastError != "get sync status: node is away" {
			t.Errorf("last error %q", s.LastError)
		}
		w.change(func() { w.nodeErr = nil })
		time.Sleep(3 * time.Minute)
		catchUp(t, w, b)
		nothingTwice(t, w)
	})
}

func TestNewChecksItsConfig(t *testing.T) {
	for _, spoil := range []func(*batcher.Config){
		func(c *batcher.Config) { c.Encoder.TargetFrames = 0 },
		func(c *batcher.Config) { c.MaxPendingTx = 0 },
		func(c *batcher.Config) { c.PollInterval = 0 },
		func(c *batcher.Config) { c.NetworkTimeout = -1 },
	} {
		cfg := config()
		spoil(&cfg)
		if _, err := batcher.New(cfg, batcher.Ports{}); err == nil {
			t.Errorf("accepted: %+v", cfg)
		}
	}
}
