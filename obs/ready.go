package obs

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

const (
	// Patience is the count of failures in a row from which on a wait makes a node not ready. With the driver's backoff, that
	// is at least half a minute: a restart of an engine or a short limit of an L1 provider stays below.
	Patience = 10

	// L1HeadAge is the age from which on L1's newest block is too old: 50 slots of 12 seconds, so L1 has stopped or its
	// provider is stuck.
	L1HeadAge = 10 * time.Minute

	maxReason = 500 // bytes of an error's text
)

// Ready says whether a node is fit to be asked about its chain, and all reasons if it is not. Before the start is found,
// whatever the node waits for is a reason; after, only what it has waited for long. Reasons name the [eth.Fault] and its sentence.
func Ready(s Snapshot, now time.Time) (ready bool, reasons []string) {
	reasons = []string{} // JSON: [], not null
	if s.Failure != "" {
		reasons = append(reasons, "derivation failed: "+told(s.FailureFault, s.Failure))
	}
	if !s.Started {
		reasons = append(reasons, "not started yet")
	}
	for _, w := range s.Waits {
		if w.Failures >= Patience || !s.Started {
			reasons = append(reasons, fmt.Sprintf("lane %s waits since %d failures: %s", w.Lane, w.Failures, told(w.Fault, w.Cause)))
		}
	}
	head := s.Sync.HeadL1
	if head.Hash == (common.Hash{}) {
		reasons = append(reasons, "no L1 head known")
	} else if age := ageOf(head.Time, now); age > L1HeadAge {
		reasons = append(reasons, fmt.Sprintf("L1 head %d is %s old", head.Number, age))
	}
	return len(reasons) == 0, reasons
}

// ageOf is how long ago a timestamp in seconds was, in whole seconds; 0 if it is in the future.
func ageOf(timestamp uint64, now time.Time) time.Duration {
	at := uint64(max(now.Unix(), 0)) //nolint:gosec // not negative
	if at <= timestamp {
		return 0
	}
	const century = 100 * 365 * 24 * 3600                          // more does not fit a Duration for long
	return time.Duration(min(at-timestamp, century)) * time.Second //nolint:gosec // bounded
}

var address = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"]*`)

// tell is an error's text for strangers: of an address, which often carries the key of a provider in its path, only the
// host stays; long texts end early.
func tell(text string) string {
	text = address.ReplaceAllStringFunc(text, func(s string) string {
		u, err := url.Parse(s)
		if err != nil {
			return "(address)"
		}
		return u.Scheme + "://" + u.Host
	})
	if len(text) > maxReason {
		text = text[:maxReason] + "..."
	}
	return strings.ToValidUTF8(text, "?")
}
