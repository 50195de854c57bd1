package l1

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

func TestRateIsBoundedAndBurstsAreASecond(t *testing.T) {
	th := &throttle{limit: 10}
	now := time.Unix(1000, 0)
	var waits []time.Duration
	for range 30 {
		waits = append(waits, th.reserve(now, 1).Round(time.Millisecond))
	}
	for i, got := range waits {
		if want := max(0, time.Duration(i-9)*100*time.Millisecond); got != want {
			t.Errorf("request %d waits %s, want %s", i, got, want)
		}
	}
	if got := th.reserve(now.Add(10*time.Second), 1); got != 0 {
		t.Errorf("after a pause a request waits %s", got)
	}
	th = &throttle{limit: 10}
	th.reserve(now, 25)
	if got := th.reserve(now, 1).Round(time.Millisecond); got != 1600*time.Millisecond {
		t.Errorf("after a batch of 25 the next waits %s, want 1.6s", got)
	}
	th.refund(now, 20)
	if got := th.reserve(now, 1).Round(time.Millisecond); got != 0 {
		t.Errorf("after 20 of them were taken back the next waits %s", got)
	}
	if got := (&throttle{}).reserve(now, 1000); got != 0 {
		t.Errorf("without a limit a request waits %s", got)
	}
}

func TestRefusalHalvesTheRateAndItRecoversByTheSameAmountEachSecond(t *testing.T) {
	start := time.Unix(1000, 0)
	after := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	for _, tc := range []struct {
		name     string
		limit    float64
		requests int       // in the first second
		refusals []float64 // seconds
		at       float64
		want     float64
	}{
		{"nothing was refused", 100, 0, nil, 1, 100},
		{"no limit and nothing was refused", 0, 80, nil, 1, 0},
		{"half of the limit", 100, 0, []float64{0}, 0, 50},
		{"half of what was sent", 0, 80, []float64{0.5}, 0.5, 40},
		{"what was sent in the second before counts", 0, 80, []float64{1.5}, 1.5, 40},
		{"half a minute later it is what was too much", 0, 80, []float64{0.5}, 30.5, 80},
		{"a quarter of it by 7.5 seconds", 100, 0, []float64{0}, 7.5, 62.5},
		{"never above the limit", 100, 0, []float64{0}, 1000, 100},
		{"refusals within a second are one", 100, 0, []float64{0, 0.1, 0.9}, 0.9, 51.5},
		{"each later one halves again", 96, 0, []float64{0, 30, 60}, 60, 48},
		{"not below what a node needs", 0, 1, []float64{0, 2, 4, 6}, 6, leastRate},
		{"nor above a limit below that", 0.5, 1, []float64{0, 2, 4, 6}, 6, 0.5},
		{"a rate nobody configured is forgotten", 0, 80, []float64{0.5}, 601, 0},
	} {
		th := &throttle{limit: tc.limit}
		for range tc.requests {
			th.reserve(start, 1)
		}
		for _, s := range tc.refusals {
			th.refused(after(s))
		}
		if got := th.allowed(after(tc.at)); got < tc.want-0.001 || got > tc.want+0.001 {
			t.Errorf("%s: rate %g, want %g", tc.name, got, tc.want)
		}
	}
}

func TestRetryAfterIsSecondsOrADateAndBounded(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "30": 30 * time.Second, " 30 ": 30 * time.Second, "301": maxRetryAfter, "18446744073709551615": maxRetryAfter,
		"18446744073709551616": 0, "-1": 0, "1.5": 0, "soon": 0,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(time.Hour).Format(http.TimeFormat): maxRetryAfter,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q is %s, want %s", header, got, want)
		}
	}
}

type saidError struct {
	code int
	text string
}

func (e saidError) Error() string  { return e.text }
func (e saidError) ErrorCode() int { return e.code }

func TestWordsOfEndpoints(t *testing.T) {
	const notFound = eth.Fault("not found")
	for _, tc := range []struct {
		code int
		text string
		want eth.Fault
	}{
		{-32005, "daily request count exceeded, request rate limited", eth.L1RateLimited},
		{429, "Your app has exceeded its compute units per second capacity", eth.L1RateLimited},
		{-32000, "Too Many Requests", eth.L1RateLimited},
		{-32000, "project ID request rate limit hit", eth.L1RateLimited},
		{-32000, "monthly quota exceeded", eth.L1RateLimited},
		{-32000, "context deadline exceeded", eth.L1Error},
		{-32000, "response size exceeded", eth.L1Error},
		{-32000, "query timeout exceeded", eth.L1Error},
		{-32002, "request timed out", eth.L1Slow},
		{401, "no", eth.L1Unauthorized},
		{-32000, "Unauthorized", eth.L1Unauthorized},
		{-32000, "must provide an API key", eth.L1Unauthorized},
		{-32601, "the method eth_getBlockReceipts does not exist", eth.L1Error},
		{-32000, "method not found", eth.L1Error},
		{-39001, "unknown", notFound},
		{-32000, "header not found", notFound},
		{-32000, "Unknown block", notFound},
		{4444, "pruned history unavailable", notFound},
		{-32000, "missing trie node", eth.L1Error},
	} {
		err := named(saidError{tc.code, tc.text})
		got := eth.FaultOf(err)
		if errors.Is(err, eth.ErrNotFound) {
			got += notFound
		}
		if got != tc.want {
			t.Errorf("%d %q: %q, want %q", tc.code, tc.text, got, tc.want)
		}
	}
	for _, err := range []error{rpc.ErrNoResult, rpc.ErrMissingBatchResponse} {
		if got := eth.FaultOf(named(err)); got != eth.L1Error {
			t.Errorf("%v: %q", err, got)
		}
	}
}

func TestRestGrowsWithFailuresAndIsForgotten(t *testing.T) {
	start := time.Unix(1000, 0)
	bad := func(fault eth.Fault) error { return eth.WithFault(fault, errors.New("bad")) }
	type step struct {
		at    float64 // seconds
		fault eth.Fault
		after time.Duration
		good  bool // it served
		want  float64
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"it doubles", []step{{0, eth.L1Error, 0, false, 1}, {1, eth.L1Error, 0, false, 3}, {3, eth.L1Slow, 0, false, 7}, {7, eth.L1Error, 0, false, 15}}},
		{"failures during a rest are one", []step{{0, eth.L1Error, 0, false, 1}, {0.1, eth.L1Error, 0, false, 1}, {0.2, eth.L1Slow, 0, false, 1}, {1, eth.L1Error, 0, false, 3}}},
		{"an answer ends it", []step{{0, eth.L1Error, 0, false, 1}, {0.5, "", 0, true, 0.5}}},
		{"who fails again soon rests longer", []step{{0, eth.L1Error, 0, false, 1}, {0.5, "", 0, true, 0.5}, {2, eth.L1Error, 0, false, 4}}},
		{"a good while makes up for it", []step{{0, eth.L1Error, 0, false, 1}, {1, "", 0, true, 1}, {20, eth.L1Error, 0, false, 21}}},
		{"a liar rests longest", []step{{0, eth.L1Lying, 0, false, 120}, {120, eth.L1Lying, 0, false, 360}}},
		{"a lie during a rest counts", []step{{0, eth.L1Error, 0, false, 1}, {0.5, eth.L1Lying, 0, false, 0.5 + 240}}},
		{"as long as it asked for", []step{{0, eth.L1RateLimited, 30 * time.Second, false, 30}, {29, eth.L1RateLimited, 0, false, 30}}},
		{"an answer does not end what it asked for", []step{{0, eth.L1RateLimited, 30 * time.Second, false, 30}, {1, "", 0, true, 30}}},
	} {
		var h health
		for i, s := range tc.steps {
			now := start.Add(time.Duration(s.at * float64(time.Second)))
			if s.good {
				h = h.served(now, true)
			} else {
				h = h.failed(now, bad(s.fault), s.after, 0)
			}
			if got := h.until.Sub(start).Seconds(); got != s.want {
				t.Errorf("%s: after step %d it rests until %g, want %g", tc.name, i, got, s.want)
			}
		}
	}
	var h health
	for now := start; h.rest < time.Minute; now = h.until {
		if h = h.failed(now, bad(eth.L1Error), 0, 0.5); h.until.Sub(now) != h.rest-h.rest/8 {
			t.Errorf("jitter of one half leaves %s of %s", h.until.Sub(now), h.rest)
		}
	}
	if h = h.failed(h.until, bad(eth.L1Error), 0, 0); h.rest != time.Minute {
		t.Errorf("it rests for %s at last, want a minute", h.rest)
	}
}

func TestALabelDoesNotMakeUpForABlock(t *testing.T) {
	now := time.Unix(1000, 0)
	for fault, forgiven := range map[eth.Fault]bool{
		eth.L1Lying: false, eth.L1ReceiptsMissing: false, eth.L1BlockMissing: false, eth.L1Oversized: false,
		eth.L1Unreachable: true, eth.L1Slow: true, eth.L1Error: true, eth.L1Unauthorized: true, eth.L1RateLimited: true, eth.L1WrongChain: true,
	} {
		h := health{}.failed(now, eth.WithFault(fault, errors.New("bad")), 0, 0)
		if got := h.served(now, false).err == nil; got != forgiven {
			t.Errorf("%s: forgiven %v after a label", fault, got)
		}
		if h.served(now, true).err != nil {
			t.Errorf("%s: not forgiven after a block", fault)
		}
	}
}

// The endpoints here have no client: what they would answer is the test's.
func TestOrderOfEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Source
		for i := range 3 {
			s.endpoints = append(s.endpoints, newEndpoint(fmt.Sprint(i), DialConfig{}))
		}
		order := func(want string) {
			t.Helper()
			var r round
			got := ""
			for e := s.next(t.Context(), &r); e != nil; e = s.next(t.Context(), &r) {
				got += e.name
			}
			if got != want {
				t.Errorf("asked %q, want %q", got, want)
			}
		}
		fail := func(i int, fault eth.Fault, after time.Duration) {
			err := error(&busyError{after: after, err: errors.New("bad")})
			s.endpoints[i].failed(eth.WithFault(fault, err))
		}
		order("012")
		fail(0, eth.L1Error, 0)
		order("120")
		fail(1, eth.L1Lying, 0)
		order("20") // one that rests is enough
		fail(2, eth.L1RateLimited, time.Minute)
		order("0") // all rest: the one that may be back first
		time.Sleep(2 * time.Second)
		order("01")
		fail(0, eth.L1RateLimited, 50*time.Second)
		order("1") // the others want to be left alone
		fail(1, eth.L1RateLimited, 5*time.Minute)
		order("")
		time.Sleep(49 * time.Second)
		before := time.Now()
		order("0") // a short wait is worth it
		if got := time.Since(before); got != time.Second {
			t.Errorf("waited for %s, want a second", got)
		}
		time.Sleep(10 * time.Minute)
		order("012")
	})
}

func TestWhatAViewHolds(t *testing.T) {
	ref := func(n uint64, fork, parent byte) eth.L1Ref {
		return eth.L1Ref{Number: n, Hash: common.Hash{fork, byte(n)}, ParentHash: common.Hash{parent, byte(n - 1)}}
	}
	a := func(n uint64) eth.L1Ref { return ref(n, 'a', 'a') }
	b := func(n uint64) eth.L1Ref { return ref(n, 'b', 'b') }
	forked := func(n uint64) eth.L1Ref { return ref(n, 'b', 'a') } // the first on the other fork
	for _, tc := range []struct {
		name  string
		do    func(*view)
		holds []eth.L1Ref
		not   []eth.L1Ref
	}{
		{"nothing", func(*view) {}, nil, []eth.L1Ref{a(5)}},
		{"a block and its parent", func(v *view) { v.learn(a(5)) }, []eth.L1Ref{a(5), a(4)}, []eth.L1Ref{a(6), a(3), b(5), b(4)}},
		{"a head that stands on what is known", func(v *view) { v.learn(a(5)); v.learn(a(6)); v.announce(a(7)) }, []eth.L1Ref{a(4), a(5), a(6), a(7)}, nil},
		{"a head far above", func(v *view) { v.learn(a(5)); v.announce(a(9)) }, []eth.L1Ref{a(9), a(8)}, []eth.L1Ref{a(5), a(4)}},
		{"a head on another fork", func(v *view) { v.learn(a(4)); v.learn(a(5)); v.announce(forked(5)) }, []eth.L1Ref{forked(5), a(4), a(3)}, []eth.L1Ref{a(5)}},
		{"a head further down", func(v *view) { v.learn(a(4)); v.learn(a(5)); v.announce(a(4)) }, []eth.L1Ref{a(4)}, []eth.L1Ref{a(5)}},
		{"a block that contradicts its parent", func(v *view) { v.learn(a(4)); v.learn(a(5)); v.learn(b(6)) }, []eth.L1Ref{b(6), b(5)}, []eth.L1Ref{a(4), a(5)}},
		{"a block that contradicts its child", func(v *view) { v.learn(a(4)); v.learn(a(5)); v.learn(b(3)) }, []eth.L1Ref{b(3)}, []eth.L1Ref{a(4), a(5)}},
		{"final blocks stay", func(v *view) { v.learn(a(3)); v.learn(a(4)); v.finalize(a(5)); v.learn(a(6)); v.announce(b(9)) }, []eth.L1Ref{a(3), a(4), a(5), b(9)}, []eth.L1Ref{a(6)}},
		{"what a final block is not known to stand on is not final", func(v *view) { v.learn(a(3)); v.finalize(a(5)); v.announce(b(9)) }, []eth.L1Ref{a(5), a(4)}, []eth.L1Ref{a(3)}},
		{"a final block on another fork", func(v *view) { v.learn(a(4)); v.learn(a(5)); v.learn(a(6)); v.finalize(b(5)) }, []eth.L1Ref{b(5), b(4)}, []eth.L1Ref{a(4), a(5), a(6)}},
		{"an older final block changes nothing", func(v *view) { v.finalize(a(5)); v.finalize(b(4)); v.announce(b(9)) }, []eth.L1Ref{a(5), a(4)}, []eth.L1Ref{b(4)}},
		{"another chain below finality", func(v *view) { v.learn(a(4)); v.finalize(a(5)); v.learn(b(5)) }, []eth.L1Ref{b(5)}, []eth.L1Ref{a(4), a(5)}},
		{"a head below finality", func(v *view) { v.learn(a(4)); v.finalize(a(5)); v.learn(a(6)); v.announce(a(4)) }, []eth.L1Ref{a(4), a(5)}, []eth.L1Ref{a(6)}},
	} {
		v := &view{refs: make(map[uint64]eth.L1Ref)}
		tc.do(v)
		for _, ref := range tc.holds {
			if !v.holds(ref) {
				t.Errorf("%s: %s is not held", tc.name, ref)
			}
		}
		for _, ref := range tc.not {
			if v.holds(ref) {
				t.Errorf("%s: %s is held", tc.name, ref)
			}
		}
	}
	v := &view{refs: make(map[uint64]eth.L1Ref)}
	for n := range uint64(3 * maxView) {
		v.learn(eth.L1Ref{Number: n})
	}
	if len(v.refs) > maxView {
		t.Errorf("%d blocks are remembered", len(v.refs))
	}
}
