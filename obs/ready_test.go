package obs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// atHead is a moment at which the L1 head of full is 12 seconds old.
var atHead = time.Unix(1_700_001_212, 999)

func TestReady(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(s *Snapshot)
		later   time.Duration
		reasons []string
	}{
		"started, and a wait is young":   {change: func(*Snapshot) {}},
		"one failure less than patience": {change: func(s *Snapshot) { s.Waits[0].Failures = Patience - 1 }},
		"patience has ended": {
			change:  func(s *Snapshot) { s.Waits[0].Failures = Patience },
			reasons: []string{"lane engine waits since 10 failures: engine-unreachable: no connection to the execution engine (connection refused)"},
		},
		"a fault that nobody has named": {
			change:  func(s *Snapshot) { s.Waits[0].Failures, s.Waits[0].Fault = Patience, "" },
			reasons: []string{"lane engine waits since 10 failures: connection refused"},
		},
		"a fault without an error": {
			change:  func(s *Snapshot) { s.Waits[0].Failures, s.Waits[0].Cause = Patience, "" },
			reasons: []string{"lane engine waits since 10 failures: engine-unreachable: no connection to the execution engine"},
		},
		"a failure with a name": {
			change:  func(s *Snapshot) { s.Failure, s.FailureFault = "no way on", eth.DerivationHalted },
			reasons: []string{"derivation failed: derivation-halted: the protocol has no way on from here (no way on)"},
		},
		"every long wait is told": {
			change: func(s *Snapshot) {
				s.Waits = []Wait{{Lane: "engine", Cause: "a", Failures: 10}, {Lane: "origin", Cause: "b", Failures: 9}, {Lane: "l1", Cause: "c", Failures: 99}}
			},
			reasons: []string{"lane engine waits since 10 failures: a", "lane l1 waits since 99 failures: c"},
		},
		"not started": {
			change:  func(s *Snapshot) { s.Started, s.Waits = false, nil },
			reasons: []string{"not started yet"},
		},
		"not started tells of young waits too": {
			change: func(s *Snapshot) {
				s.Started, s.Waits = false, []Wait{{Lane: "start", Cause: "genesis differs", Failures: 1}}
			},
			reasons: []string{"not started yet", "lane start waits since 1 failures: genesis differs"},
		},
		"a failure": {
			change:  func(s *Snapshot) { s.Failure = "no such fork" },
			reasons: []string{"derivation failed: no such fork"},
		},
		"an L1 head of 10 minutes is not old yet": {change: func(*Snapshot) {}, later: 10*time.Minute - 12*time.Second},
		"an L1 head of more than 10 minutes is old": {
			change: func(*Snapshot) {}, later: 10*time.Minute - 11*time.Second,
			reasons: []string{"L1 head 100 is 10m1s old"},
		},
		"an L1 head of the future is not old":     {change: func(*Snapshot) {}, later: -time.Hour},
		"an L1 head of the far future is not old": {change: func(s *Snapshot) { s.Sync.HeadL1.Time = ^uint64(0) }},
		"an L1 head of 1970 is a century old at most": {
			change: func(s *Snapshot) { s.Sync.HeadL1.Time = 0 }, later: 200 * 365 * 24 * time.Hour,
			reasons: []string{"L1 head 100 is 876000h0m0s old"},
		},
		"a new node": {
			change:  func(s *Snapshot) { *s = Snapshot{} },
			reasons: []string{"not started yet", "no L1 head known"},
		},
		"keys in addresses stay secret": {
			change: func(s *Snapshot) {
				s.Waits[0] = Wait{Lane: "l1", Failures: 20, Cause: `Post "https://me:pw@l1.example:8545/v3/0123key?apikey=k": dial tcp: refused`}
			},
			reasons: []string{`lane l1 waits since 20 failures: Post "https://l1.example:8545": dial tcp: refused`},
		},
		"an address that is none": {
			change:  func(s *Snapshot) { s.Failure = "ask http://a:b:c/key now" },
			reasons: []string{"derivation failed: ask (address) now"},
		},
		"a long cause is cut, on a character": {
			change:  func(s *Snapshot) { s.Failure = strings.Repeat("a", maxReason-1) + "é and more" },
			reasons: []string{"derivation failed: " + strings.Repeat("a", maxReason-1) + "?..."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := full()
			c.change(&s)
			ready, reasons := Ready(s, atHead.Add(c.later))
			if ready != (len(c.reasons) == 0) || !slices.Equal(reasons, c.reasons) || reasons == nil {
				t.Errorf("got %t, %q; want %q", ready, reasons, c.reasons)
			}
		})
	}
}
