package obs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

func TestChanges(t *testing.T) {
	waiting := func(lane string, f eth.Fault, lasted time.Duration) func(s *Snapshot) {
		return func(s *Snapshot) {
			s.Waits = []Wait{{Lane: lane, Fault: f, Cause: "e", Failures: 2, Since: at(0), Until: at(0).Add(lasted)}}
		}
	}
	none := func(*Snapshot) {}
	behind := func(s *Snapshot) { s.Sync.CurrentL1.Number, s.Sync.SafeL2.L1Origin.Number = 50, 49 }
	start := func(s *Snapshot) { s.Started, s.Sync = false, eth.SyncStatus{} }
	const slow = "WARN waiting lane=l1 fault=l1-slow what=the L1 endpoint does not answer in time err=e do=look at its load and at the network, or add another endpoint with --l1"
	for name, c := range map[string]struct {
		prev, next func(s *Snapshot)
		want       []string
	}{
		"nothing":                        {none, none, nil},
		"counting is none":               {none, func(s *Snapshot) { s.Counts.Derived++; s.Sync.SafeL2.Number++; s.Moved.Safe = at(5000) }, nil},
		"started, in step":               {start, none, []string{"INFO started unsafe=574 safe=574 finalized=240 l1=100", "INFO in step with L1 l1=100 l1_head=100 safe=574"}},
		"started, behind":                {start, behind, []string{"INFO started unsafe=574 safe=574 finalized=240 l1=50"}},
		"starting over":                  {none, func(s *Snapshot) { start(s); waiting("start", eth.EngineForgotBlock, 0)(s) }, []string{"WARN starting over fault=engine-forgot-block what=the execution engine no longer has a block that it had err=e do=nothing if it passes, as the node makes the block again; if it stays, restore the engine's database"}},
		"started over between two looks": {none, func(s *Snapshot) { s.Counts.Restarts++ }, []string{"INFO started unsafe=574 safe=574 finalized=240 l1=100"}},
		"falls behind":                   {none, behind, []string{"INFO behind L1 l1=50 l1_head=100 safe=574"}},
		"catches up":                     {behind, none, []string{"INFO in step with L1 l1=100 l1_head=100 safe=574"}},
		"a block or two":                 {none, func(s *Snapshot) { s.Sync.CurrentL1.Number = 96 }, nil},
		"a short wait":                   {none, waiting("l1", eth.L1Slow, 1900*time.Millisecond), nil},
		"a wait that lasts":              {none, waiting("l1", eth.L1Slow, 2*time.Second), []string{slow}},
		"it begins to last":              {waiting("l1", eth.L1Slow, time.Second), waiting("l1", eth.L1Slow, 3*time.Second), []string{slow}},
		"it lasts on":                    {waiting("l1", eth.L1Slow, 3*time.Second), waiting("l1", eth.L1Slow, 9*time.Second), nil},
		"it is another":                  {waiting("l1", eth.L1Error, 3*time.Second), waiting("l1", eth.L1Slow, 9*time.Second), []string{slow}},
		"it is over":                     {waiting("l1", eth.L1Slow, 75*time.Second), none, []string{"INFO goes on lane=l1 fault=l1-slow after=75s"}},
		"a short one is over":            {waiting("l1", eth.L1Slow, time.Second), none, nil},
		"an unnamed one":                 {none, waiting("engine", "", 2*time.Second), []string{"WARN waiting lane=engine fault=unknown what=a request fails for a reason that has no name err=e do=read the last error"}},
		"the end":                        {waiting("l1", eth.L1Slow, 75*time.Second), func(s *Snapshot) { s.Failure, s.FailureFault = "f", eth.DerivationHalted }, []string{"ERROR the node has ended fault=derivation-halted what=the protocol has no way on from here err=f do=update this program: it may lack a fork of this chain; if it is new, report the last error"}},
		"L1 reorganises":                 {none, func(s *Snapshot) { s.Counts.Rewinds += 3 }, []string{"WARN L1 has reorganised blocks=3 l1=100 safe=574"}},
		"sequencer on":                   {none, func(s *Snapshot) { s.SequencerActive = true }, []string{"INFO the sequencer is on unsafe=574"}},
		"sequencer off":                  {func(s *Snapshot) { s.SequencerActive = true }, none, []string{"INFO the sequencer is off unsafe=574"}},
		"endpoint down": {none, func(s *Snapshot) {
			s.Endpoints[1].Fault, s.Endpoints[1].Cause = eth.L1Oversized, "https://b.example/KEY: big"
		}, []string{"WARN an endpoint is not in use kind=l1 name=b.example fault=l1-oversized what=an answer of the L1 endpoint is larger than a true one can be err=https://b.example big do=check that the address given with --l1 is that of an L1 node, or use another endpoint"}},
		"endpoint up":         {func(s *Snapshot) { s.Endpoints[1].Fault = eth.L1Lying }, none, []string{"INFO an endpoint serves again kind=l1 name=b.example fault=l1-lying"}},
		"endpoint still down": {func(s *Snapshot) { s.Endpoints[1].Fault = eth.L1Lying }, func(s *Snapshot) { s.Endpoints[1].Fault = eth.L1Lying }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			prev, next := tip(), tip()
			c.prev(&prev)
			c.next(&next)
			var got []string
			for _, l := range Changes(prev, next) {
				got = append(got, l.Level.String()+" "+text(l.Msg, l.Attrs))
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestRunWritesChangesAndAStatusLineEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		folder := Fold(b.handler(), 10*time.Minute)
		var now atomic.Pointer[Snapshot]
		set := func(change func(s *Snapshot)) {
			s := tip()
			s.Counts, s.Sync.HeadL1.Time, s.Moved.L1 = Counts{}, uint64(time.Now().Unix()), time.Now() //nolint:gosec // positive
			s.Moved.Safe, s.Sync.UnsafeL2.Time = time.Now(), uint64(time.Now().Unix())                 //nolint:gosec // positive
			change(&s)
			now.Store(&s)
		}
		set(func(s *Snapshot) { *s = Snapshot{} })
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		go func() { done <- Run(ctx, func() Snapshot { return *now.Load() }, slog.New(folder), StatusInterval) }()
		pass(900 * time.Millisecond)
		b.expect(t)
		set(func(*Snapshot) {})
		pass(200 * time.Millisecond)
		b.expect(t, "started unsafe=574 safe=574 finalized=240 l1=100", "in step with L1 l1=100 l1_head=100 safe=574")
		pass(20 * time.Second)
		b.expect(t)
		for range 2 { // the fold lets them through
			set(func(*Snapshot) {})
			pass(30 * time.Second)
			if lines := b.read(); len(lines) != 1 || !strings.HasPrefix(lines[0], "status: in step with L1 unsafe=574 ") {
				t.Errorf("%q", lines)
			}
		}
		over := errors.New("over")
		set(func(s *Snapshot) { s.Failure = "no way on" })
		cancel(over)
		if err := <-done; !errors.Is(err, over) {
			t.Errorf("got %v", err)
		}
		if lines := b.read(); len(lines) != 1 || !strings.HasPrefix(lines[0], "the node has ended ") {
			t.Errorf("what changed last: %q", lines)
		}
		folder.Flush()
	})
}

// An hour with a dead engine, and endpoints that flap each second, through the fold: less than a megabyte an hour.
func TestLogStaysSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		folder := Fold(b.handler(), StatusInterval)
		log := slog.New(folder)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		var looks atomic.Int64
		source := func() Snapshot {
			s := failing("engine", eth.EngineUnreachable)
			s.Waits[0].Until = time.Now()
			s.Waits[0].Since = began
			if looks.Add(1)%2 == 0 {
				s.Endpoints[0].Fault, s.Endpoints[0].Cause = eth.L1RateLimited, strings.Repeat("status 429, ", 40)
			}
			return s
		}
		go func() { _ = Run(ctx, source, log, StatusInterval) }()
		for ctx.Err() == nil { // as a driver that logs each failure
			log.Warn("engine call failed", "call", "build", "err", "dial tcp 127.0.0.1:8551: connect: connection refused")
			time.Sleep(100 * time.Millisecond)
		}
		folder.Flush()
		if size := b.out.Len(); size > 1<<20 || size < 10_000 {
			t.Errorf("%d bytes in an hour", size)
		} else {
			t.Logf("%d bytes in an hour", size)
		}
	})
}
