package l1

import (
	"sync"
	"time"
)

const (
	recovery   = 30 * time.Second // after which the rate is again what was too much
	forgetting = 10 * time.Minute // after which a rate nobody configured is forgotten
	leastRate  = 2                // requests per second that the rate is not cut below: what a node needs at the tip
)

// throttle says when the next request may be sent: within the rate configured, and within a lower one that follows what
// the endpoint takes. Each refusal halves that one; it then grows by the same amount every second. Requests may come in
// bursts of a second's worth.
type throttle struct {
	limit float64 // requests per second; 0: any number

	mu     sync.Mutex // guards the fields below
	due    time.Time  // when all that was let through so far would have been sent at the allowed rate
	cutAt  time.Time
	cut    float64 // requests per second allowed at cutAt; 0: never cut
	second time.Time
	sent   float64 // requests in the second that began then
	before float64 // requests in the second before
}

// reserve lets n requests through and says how long to wait before they are sent.
func (t *throttle) reserve(now time.Time, n int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(now, float64(n))
	rate := t.allowed(now)
	if rate == 0 {
		return 0
	}
	if t.due.Before(now) {
		t.due = now
	}
	wait := t.due.Add(share(1, rate)).Sub(now) - burst(rate)
	t.due = t.due.Add(share(n, rate))
	return max(0, wait)
}

// refund takes back what was reserved and not sent.
func (t *throttle) refund(now time.Time, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if rate := t.allowed(now); rate > 0 {
		t.due = t.due.Add(-share(n, rate))
	}
}

// refused halves the rate. Refusals within a second are one: they are of requests sent before the first of them.
func (t *throttle) refused(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut > 0 && now.Sub(t.cutAt) < time.Second {
		return
	}
	rate := t.allowed(now)
	if rate == 0 {
		t.count(now, 0)
		rate = max(t.sent, t.before)
	}
	t.cut, t.cutAt = max(leastRate, rate/2), now
	if t.limit > 0 {
		t.cut = min(t.cut, t.limit)
	}
	t.due = now.Add(burst(t.cut))
}

// allowed is the rate of now in requests per second; 0: any.
func (t *throttle) allowed(now time.Time) float64 {
	since := now.Sub(t.cutAt)
	if t.cut == 0 || (t.limit == 0 && since >= forgetting) {
		return t.limit
	}
	rate := t.cut + t.cut*since.Seconds()/recovery.Seconds()
	if t.limit > 0 {
		return min(rate, t.limit)
	}
	return rate
}

func (t *throttle) count(now time.Time, n float64) {
	switch since := now.Sub(t.second); {
	case since >= 2*time.Second:
		t.second, t.before, t.sent = now, 0, 0
	case since >= time.Second:
		t.second, t.before, t.sent = t.second.Add(time.Second), t.sent, 0
	}
	t.sent += n
}

// share is the time that n requests take at a rate.
func share(n int, rate float64) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// burst is the time whose requests may be sent at once: a second, or what a single one takes.
func burst(rate float64) time.Duration { return max(time.Second, share(1, rate)) }
