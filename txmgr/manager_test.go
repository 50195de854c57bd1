package txmgr

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
)

func TestConfirmedWhenHeadIsNumConfirmationsMinusOneAboveTheReceipt(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.slots(1)
		w.landed("a")
		w.slots(1)
		w.pass(11 * time.Second)
		w.open(r)
		w.slots(1) // third block, 12 s later the round that sees it
		w.pass(13 * time.Second)
		if got := w.receipt(r); got.BlockNumber.Uint64() != 1 {
			w.Errorf("block %v, want 1", got.BlockNumber)
		}
		st := w.m.Status()
		if st.Confirmed != 1 || st.Pending != 0 || st.NextNonce != 1 || !st.Settled {
			w.Errorf("status %+v", *st)
		}
		if want := big.NewInt(21000 * 10 * gwei); st.SpentWei.Cmp(want) != 0 {
			w.Errorf("spent %v, want %v", st.SpentWei, want)
		}
	})
}

func TestSendBlocksUntilConfirmed(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		done := make(chan Result, 1)
		go func() {
			r, err := w.m.Send(w.Context(), normal("a"))
			done <- Result{r, err}
		}()
		w.slots(2)
		w.open(done)
		w.slots(3)
		w.receipt(done)
	})
}

func TestNoPollingWhileNothingIsOut(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.pass(time.Minute)
		before := w.l1.calls
		w.pass(24 * time.Hour)
		if w.l1.calls != before {
			w.Errorf("%d calls while idle", w.l1.calls-before)
		}
	})
}

func TestFeeSpikeRaisesUntilIncluded(t *testing.T) {
	for _, tc := range []struct {
		name string
		cand func(string) Candidate
	}{{"normal", normal}, {"blob", blobs}} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				r := w.queue(w.m.NewQueue(), tc.cand("a"), tc.cand("b"), tc.cand("c"))
				w.l1.set(func() {
					w.l1.baseFee, w.l1.blobFee = big.NewInt(200*gwei), big.NewInt(20*gwei) // 20 times
				})
				w.slots(3)
				w.landed()
				w.slots(9)
				w.landed("a", "b", "c")
				for i := range r {
					w.receipt(r[i])
				}
				if w.m.Status().Bumps < 3 {
					w.Errorf("bumps: %d, want 3 or more", w.m.Status().Bumps)
				}
			})
		})
	}
}

func TestRaiseStopsAtFeeLimitAndTransactionStillLands(t *testing.T) {
	for _, tc := range []struct {
		name string
		cand Candidate
	}{{"normal", normal("a")}, {"blob", blobs("a")}} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(c *Config) { c.FeeLimitThreshold = nil }, func(w *world) {
				r := w.queue(w.m.NewQueue(), tc.cand)[0]
				w.pass(3 * time.Hour) // no blocks
				tx := w.l1.pooled(0)
				limit := big.NewInt(5 * (2*10 + 1) * gwei)
				if tx.GasFeeCap().Cmp(limit) > 0 || tx.GasTipCap().Cmp(big.NewInt(5*gwei)) > 0 {
					w.Errorf("fee cap %v, tip %v: above 5 times the market", tx.GasFeeCap(), tx.GasTipCap())
				}
				if tx.Type() == types.BlobTxType && tx.BlobGasFeeCap().Cmp(big.NewInt(5*2*gwei)) > 0 {
					w.Errorf("blob fee cap %v: above 5 times the market", tx.BlobGasFeeCap())
				}
				if w.m.Status().Bumps == 0 || !strings.Contains(w.m.Status().LastError, ErrFeeLimit.Error()) {
					w.Errorf("status %+v, want bumps and the fee limit as last error", *w.m.Status())
				}
				w.slots(5)
				w.receipt(r)
			})
		})
	}
}

func TestMarketAboveMaximumHoldsTheTransactionBack(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxBaseFee = big.NewInt(9 * gwei) }, func(w *world) {
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.pass(time.Minute)
		if len(w.l1.sent) != 0 {
			w.Fatalf("sent %d transactions above MaxBaseFee", len(w.l1.sent))
		}
		w.l1.set(func() { w.l1.baseFee = big.NewInt(8 * gwei) })
		w.slots(6)
		w.receipt(r)
	})
}

func TestReorgThatRemovesTheReceiptReturnsToTheSameNonce(t *testing.T) {
	for _, tc := range []struct {
		name     string
		cand     func(string) Candidate
		reinject bool
	}{
		{"normal, pool took it back", normal, true},
		{"normal, pool lost it", normal, false},
		{"blob, pool took it back", blobs, true},
		{"blob, pool lost it", blobs, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				r := w.queue(w.m.NewQueue(), tc.cand("a"), tc.cand("b"))
				w.slots(2)
				w.landed("a", "b")
				w.l1.reorg(2, tc.reinject)
				w.landed()
				w.slots(2)
				w.landed("a", "b")
				w.open(r[0])
				w.slots(4)
				for i := range r {
					if got := w.receipt(r[i]); w.l1.blocks[got.BlockNumber.Uint64()].header.Hash() != got.BlockHash {
						w.Errorf("receipt of a block that is not canonical: %v", got.BlockNumber)
					}
				}
				w.landed("a", "b")
			})
		})
	}
}

func TestTransactionThePoolForgotIsSentAgain(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		r := w.queue(w.m.NewQueue(), blobs("a"), blobs("b"), blobs("c"))
		w.l1.forget(0) // and with it all behind it
		w.slots(6)
		w.landed("a", "b", "c")
		w.receipt(r[2])
	})
}

func TestLaterTransactionIsNotSentBeforeTheEarlierIsAccepted(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.l1.set(func() { w.l1.failSends = 3 })
		w.queue(w.m.NewQueue(), blobs("a"), blobs("b"), blobs("c"))
		w.pass(5 * time.Second)
		if want := []uint64{0, 0, 0, 0, 1, 2}; !slices.Equal(w.l1.attempts, want) {
			w.Fatalf("sends by nonce: %d, want %d", w.l1.attempts, want)
		}
		w.l1.forget(0) // and all behind it
		w.l1.set(func() { w.l1.failSends, w.l1.attempts = 2, nil })
		w.pass(20 * time.Second)
		if want := []uint64{0, 0, 0, 1, 2}; !slices.Equal(w.l1.attempts[:5], want) {
			w.Fatalf("sends again by nonce: %d, want %d first", w.l1.attempts, want)
		}
	})
}

func TestNonceGapInThePoolIsClosedSoon(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		q := w.m.NewQueue()
		w.queue(q, blobs("a"), blobs("b"))
		w.l1.forget(0)
		w.queue(q, blobs("c")) // is told: nonce too high
		w.pass(3 * time.Second)
		for n := range uint64(3) {
			if w.l1.pooled(n) == nil {
				w.Fatalf("nonce %d is not in the pool", n)
			}
		}
	})
}

func TestThreeQueuedBlobTransactionsKeepTheirOrderUnderFailures(t *testing.T) {
	for _, tc := range []struct {
		name string
		harm func(*modelL1)
	}{
		{"no failure", func(*modelL1) {}},
		{"send fails", func(l *modelL1) { l.failSends = 5 }},
		{"answer is lost", func(l *modelL1) { l.loseAnswer = 2 }},
		{"every call fails for a while", func(l *modelL1) { l.failCalls = 20 }},
		{"tip below the pool's minimum", func(l *modelL1) { l.minTip = big.NewInt(3 * gwei) }},
		{"one transaction a block", func(l *modelL1) { l.perBlock = 1 }},
		{"pool before Osaka", func(l *modelL1) { l.osaka = false }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l1 := newModelL1()
				tc.harm(l1)
				w := newWorld(t, l1, nil)
				r := w.queue(w.m.NewQueue(), blobs("a"), blobs("b"), blobs("c"))
				w.slots(12)
				w.landed("a", "b", "c")
				for i := range r {
					w.receipt(r[i])
				}
			})
		})
	}
}

func TestBlobAndNormalTransactionsAreNeverInThePoolTogether(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		r := w.queue(w.m.NewQueue(), blobs("a"), normal("b"), blobs("c"))
		w.slots(12)
		w.landed("a", "b", "c")
		w.receipt(r[2])
		if e := w.m.Status().LastError; e != "" {
			w.Errorf("something was refused: %s", e)
		}
	})
}

func TestNonceTakenByAnotherTransactionEndsWithErrNonceTaken(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		q := w.m.NewQueue()
		r := w.queue(q, normal("a"), normal("b"))
		w.l1.inject(foreign(0, 500, false))
		w.slots(2)
		w.landed("foreign0", "b")
		w.open(r[0])
		for len(r[0]) == 0 {
			w.open(r[1]) // results come in order
			w.slots(1)
		}
		w.failure(r[0], ErrNonceTaken)
		w.slots(1)
		w.receipt(r[1]) // it was out already
		if _, err := q.Send(w.Context(), normal("c")); !errors.Is(err, ErrQueueBroken) {
			w.Errorf("broken queue: %v, want %v", err, ErrQueueBroken)
		}
		again := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.slots(5)
		w.receipt(again)
		w.landed("foreign0", "b", "a")
	})
}

func TestUsedNonceWithoutReceiptWaitsForDepthBeforeGivingUp(t *testing.T) {
	inBubble(t, func(c *Config) { c.NumConfirmations = 8 }, func(w *world) {
		w.slots(10)
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.l1.inject(foreign(0, 500, false))
		w.slots(7)
		w.l1.reorg(7, false) // the other one is gone, ours gets its chance
		w.slots(10)
		w.receipt(r)
		w.landed("a")
	})
}

func TestRestartWaitsForWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l1 := newModelL1()
		l1.inject(foreign(0, 50, true))
		l1.inject(foreign(1, 50, true))
		w := newWorld(t, l1, nil)
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		if len(l1.sent) != 0 {
			t.Fatal("sent while a transaction of an earlier run is pending")
		}
		select {
		case <-w.m.Settled():
			t.Fatal("settled while a transaction of an earlier run is pending")
		default:
		}
		w.slots(7)
		w.settled()
		w.receipt(r)
		w.landed("foreign0", "foreign1", "a")
	})
}

func TestRestartReplacesWhatIsStuck(t *testing.T) {
	for _, tc := range []struct {
		name string
		blob bool
	}{{"normal", false}, {"blob", true}} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l1 := newModelL1()
				l1.inject(foreign(0, 9, tc.blob)) // below the base fee
				l1.inject(foreign(1, 9, tc.blob))
				w := newWorld(t, l1, nil)
				r := w.queue(w.m.NewQueue(), normal("a"))[0]
				w.pass(2 * time.Minute)
				if l1.pooled(2) != nil || w.m.Status().Fillers != 2 {
					t.Fatalf("candidate sent: %v, fillers %d, want 2", l1.pooled(2), w.m.Status().Fillers)
				}
				w.slots(20)
				w.settled()
				w.receipt(r)
				w.landed("", "", "a")
			})
		})
	}
}

func TestCrashAndRestartDoesNotPostTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newModelL1(), nil)
		r := w.queue(w.m.NewQueue(), blobs("a"), blobs("b"))
		w.stop()
		for i := range r {
			w.failure(r[i], ErrOutstanding)
		}
		w2 := newWorld(t, w.l1, nil)
		w2.slots(2)
		w2.settled()
		w2.landed("a", "b") // the caller sees them on L1 and goes on behind them
		c := w2.queue(w2.m.NewQueue(), blobs("c"))[0]
		w2.slots(5)
		w2.receipt(c)
		w2.landed("a", "b", "c")
	})
}

func TestHiddenTransactionOfTheOtherTypeIsDisplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l1 := newModelL1()
		l1.hidePending = true
		l1.inject(foreign(0, 9, false)) // stuck, and not told by PendingNonceAt
		w := newWorld(t, l1, nil)
		r := w.queue(w.m.NewQueue(), blobs("a"))[0]
		w.slots(16)
		w.failure(r, ErrNonceTaken)
		again := w.queue(w.m.NewQueue(), blobs("a"))[0]
		w.slots(5)
		w.receipt(again)
		w.landed("", "a")
	})
}

func TestDeepReorgLeavesAGapThatIsFilled(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		a := w.queue(w.m.NewQueue(), blobs("a"))[0]
		w.slots(5)
		w.receipt(a)
		w.l1.reorg(5, false) // deeper than NumConfirmations: a is lost, and was reported
		b := w.queue(w.m.NewQueue(), blobs("b"))[0]
		w.slots(12)
		w.receipt(b)
		w.landed("", "b")
	})
}

func TestEndpointThatLagsDelaysButDoesNotHarm(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		a := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.slots(5)
		w.receipt(a)
		w.l1.set(func() { w.l1.lag = 10 })
		b := w.queue(w.m.NewQueue(), normal("b"))[0]
		w.slots(2)
		w.l1.set(func() { w.l1.lag = 1 })
		w.slots(8)
		w.receipt(b)
		w.landed("a", "b")
	})
}

func TestShortLagsDoNotAddUpToAGap(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		a := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.slots(5)
		w.receipt(a)
		for range 4 {
			w.l1.set(func() { w.l1.lag = 10 })
			b := w.queue(w.m.NewQueue(), normal("b"))[0]
			w.pass(30 * time.Second)
			w.l1.set(func() { w.l1.lag = 0 })
			w.slots(5)
			w.receipt(b)
		}
		w.landed("a", "b", "b", "b", "b")
		if want := []uint64{1, 2, 3, 4}; !slices.Equal(slices.Compact(w.l1.attempts[2:]), want) {
			w.Errorf("sends by nonce: %d, want %d: no self-transfer", w.l1.attempts[2:], want)
		}
	})
}

func TestNonceUsedByOthersWhileIdleIsSkipped(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.pass(time.Minute)
		w.l1.inject(foreign(0, 50, false))
		w.slots(1)
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.slots(5)
		w.receipt(r)
		w.landed("foreign0", "a")
	})
}

func TestLargeGapIsFilledInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l1 := newModelL1()
		for n := range uint64(20) {
			l1.inject(foreign(n, 9, false))
		}
		w := newWorld(t, l1, nil)
		w.pass(3 * time.Minute)
		if got := w.m.Status().Fillers; got != maxFillers {
			t.Fatalf("%d fillers, want %d", got, maxFillers)
		}
		w.slots(30)
		w.settled()
		w.landed(make([]string, 20)...)
	})
}

func TestStopInTheMiddleOfASendLeavesItOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l1 := newModelL1()
		l1.hang = true
		w := newWorld(t, l1, nil)
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		w.stop()
		w.failure(r, ErrOutstanding)
	})
}

func TestContextThatEndsBeforeTheBroadcastTakesTheCandidateBack(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.l1.set(func() { w.l1.balance = big.NewInt(1) })
		ctx, cancel := context.WithCancel(w.Context())
		r, err := w.m.NewQueue().Send(ctx, normal("a"))
		if err != nil {
			w.Fatal(err)
		}
		w.pass(time.Second)
		cancel()
		w.l1.set(func() { w.l1.balance = nil })
		w.pass(12 * time.Second)
		w.failure(r, context.Canceled)
		b := w.queue(w.m.NewQueue(), normal("b"))[0]
		w.slots(5)
		if got := w.receipt(b); got == nil || w.m.Status().NextNonce != 1 {
			w.Errorf("next nonce %d, want 1: the nonce was free again", w.m.Status().NextNonce)
		}
		w.landed("b")
	})
}

func TestContextThatEndsAfterTheBroadcastOnlyEndsTheWaiting(t *testing.T) {
	inBubble(t, func(c *Config) { c.SendTimeout = time.Second }, func(w *world) {
		_, err := w.m.Send(w.Context(), normal("a"))
		if !errors.Is(err, ErrOutstanding) || !errors.Is(err, context.DeadlineExceeded) {
			w.Fatalf("Send: %v", err)
		}
		w.slots(5)
		w.landed("a")
		if w.m.Status().Confirmed != 1 {
			w.Errorf("status %+v, want 1 confirmed", *w.m.Status())
		}
	})
}

func TestNeverAcceptedCandidateIsReturnedAndItsNonceUsedAgain(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.l1.set(func() { w.l1.balance = big.NewInt(1) })
		q := w.m.NewQueue()
		r := w.queue(q, normal("a"), normal("b"))
		w.pass(119 * time.Second)
		w.open(r[0])
		w.pass(15 * time.Second)
		w.failure(r[0], ErrNotAccepted)
		w.failure(r[1], ErrQueueBroken)
		w.l1.set(func() { w.l1.balance = nil })
		again := w.queue(w.m.NewQueue(), normal("a"), normal("b"))
		w.slots(6)
		w.receipt(again[1])
		w.landed("a", "b")
	})
}

func TestRaiseThatTheAccountCannotPayLeavesTheAcceptedVersion(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		r := w.queue(w.m.NewQueue(), normal("a"))[0]
		first := w.l1.pooled(0)
		w.l1.set(func() { w.l1.balance = first.Cost() })
		w.pass(2 * time.Hour)
		if now := w.l1.pooled(0); now.Hash() != first.Hash() {
			w.Fatalf("version in the pool changed")
		}
		if !strings.Contains(w.m.Status().LastError, "insufficient funds") {
			w.Errorf("last error %q", w.m.Status().LastError)
		}
		w.slots(5)
		w.receipt(r)
	})
}

func TestWantOfABlobProofVersionIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l1 := newModelL1()
		l1.osaka = false
		w := newWorld(t, l1, nil)
		r := w.queue(w.m.NewQueue(), blobs("a"))[0]
		w.pass(2 * time.Second)
		if tx := l1.pooled(0); tx == nil || tx.BlobTxSidecar().Version != 0 {
			t.Fatalf("in the pool: %v, want a version 0 sidecar", tx)
		}
		l1.set(func() { l1.osaka = true }) // the fork comes while it waits, and the pool drops it
		l1.forget(0)
		w.pass(15 * time.Second)
		if tx := l1.pooled(0); tx == nil || tx.BlobTxSidecar().Version != 1 {
			t.Fatalf("in the pool: %v, want a version 1 sidecar", tx)
		}
		w.slots(5)
		w.receipt(r)
	})
}

func TestRevertedEstimateEndsTheCandidateAndBreaksItsQueue(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.l1.set(func() { w.l1.estimateErr, w.l1.failCalls = errors.New("execution reverted: no"), 2 })
		q := w.m.NewQueue()
		b := normal("b")
		b.GasLimit = 100_000
		r := w.queue(q, normal("a"), b)
		w.pass(3 * time.Second)
		w.failure(r[0], ErrInvalidCandidate)
		w.failure(r[1], ErrQueueBroken)
		w.l1.set(func() { w.l1.estimateErr = errors.New("header not found") })
		r = w.queue(w.m.NewQueue(), normal("c"))
		w.pass(8 * time.Second)
		w.open(r[0])
		w.pass(3 * time.Second)
		w.failure(r[0], ErrNotAccepted)
		w.l1.set(func() { w.l1.estimateErr = nil })
		r = w.queue(w.m.NewQueue(), normal("d"))
		w.slots(5)
		w.receipt(r[0])
		w.landed("d")
	})
}

func TestInvalidCandidateIsRefusedInTurn(t *testing.T) {
	for _, tc := range []struct {
		name string
		cand Candidate
	}{
		{"seven blobs", Candidate{To: &testInbox, Blobs: append(append(blobs("").Blobs, make([]*eth.Blob, 3)...), make([]*eth.Blob, 3)...)}},
		{"blobs create a contract", Candidate{Blobs: blobs("").Blobs}},
		{"negative value", Candidate{To: &testInbox, Value: big.NewInt(-1)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				r := w.queue(w.m.NewQueue(), tc.cand)[0]
				w.failure(r, ErrInvalidCandidate)
				if w.m.Status().NextNonce != 0 {
					w.Errorf("it got a nonce")
				}
			})
		})
	}
}

func TestQueueBlocksWhenEverythingIsFull(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxPendingTx = 1 }, func(w *world) {
		q := w.m.NewQueue()
		w.queue(q, normal("a"), normal("b"), normal("c")) // on L1, next, being prepared
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		if _, err := q.Send(ctx, normal("d")); !errors.Is(err, context.DeadlineExceeded) {
			w.Fatalf("fourth candidate: %v, want to block until the deadline", err)
		}
		if st := w.m.Status(); st.Pending != 1 {
			w.Errorf("pending %d, want 1", st.Pending)
		}
		w.slots(20)
		w.landed("a", "b", "c")
	})
}

func TestStopAnswersEverybody(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxPendingTx = 1 }, func(w *world) {
		q := w.m.NewQueue()
		r := w.queue(q, normal("a"), normal("b"), normal("c"))
		w.stop()
		w.failure(r[0], ErrOutstanding)
		for i := range r[1:] {
			w.failure(r[1+i], ErrStopped)
		}
		if _, err := w.m.NewQueue().Send(w.Context(), normal("d")); !errors.Is(err, ErrStopped) {
			w.Errorf("after the end: %v, want %v", err, ErrStopped)
		}
	})
}

func TestSignerIsCheckedBeforeAnythingIsSent(t *testing.T) {
	otherKey, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		sign Signer
	}{
		{"nothing", func(context.Context, common.Address, *types.Transaction) (*types.Transaction, error) { return nil, nil }},
		{"another transaction", func(context.Context, common.Address, *types.Transaction) (*types.Transaction, error) {
			return foreign(0, 50, false), nil
		}},
		{"another key", func(_ context.Context, _ common.Address, tx *types.Transaction) (*types.Transaction, error) {
			return types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), otherKey)
		}},
		{"an error", func(context.Context, common.Address, *types.Transaction) (*types.Transaction, error) {
			return nil, errors.New("locked")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l1 := newModelL1()
				m, err := newManager(t.Context(), testConfig(), l1, tc.sign, slog.New(slog.DiscardHandler), stubSeal)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() { _ = m.Run(ctx) }()
				_, err = m.Send(t.Context(), normal("a"))
				if !errors.Is(err, ErrNotAccepted) || len(l1.sent) != 0 {
					t.Errorf("Send: %v, %d transactions sent", err, len(l1.sent))
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}

func TestPrivateKeySignerRefusesAnotherAccount(t *testing.T) {
	sign, account := PrivateKeySigner(testKey)
	tx := foreign(0, 50, false)
	if _, err := sign(t.Context(), testInbox, tx); err == nil {
		t.Error("signed for an account that is not the key's")
	}
	if _, err := sign(t.Context(), account, tx); err != nil {
		t.Error(err)
	}
}
