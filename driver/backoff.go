package driver

import "time"

const (
	backoffFirst = 100 * time.Millisecond
	backoffMax   = 10 * time.Second
)

// backoff is the waiting of one lane after failures: exponential, capped, with jitter so that nodes that failed together
// do not come back together. The zero value does not wait.
type backoff struct {
	failures int
	since    time.Time // of the first failure
	until    time.Time
	cause    error
}

// failed is the backoff after one more failure. seed makes the jitter differ between nodes.
func (b backoff) failed(now time.Time, seed uint64, cause error) backoff {
	delay := backoffFirst << min(b.failures, 10)
	delay = min(delay, backoffMax)
	// Jitter up to a quarter, from a hash of what is at hand: Core has no randomness of its own.
	h := (seed ^ uint64(b.failures+1)*0x9e3779b97f4a7c15 ^ uint64(now.UnixNano())) * 0xbf58476d1ce4e5b9 //nolint:gosec // a hash
	delay += time.Duration(h>>33) % (delay / 4)                                                         //nolint:gosec // 31 bits
	if b.failures == 0 {
		b.since = now
	}
	return backoff{failures: b.failures + 1, since: b.since, until: now.Add(delay), cause: cause}
}

// waiting says whether it is too early to try again.
func (b backoff) waiting(now time.Time) bool { return now.Before(b.until) }
