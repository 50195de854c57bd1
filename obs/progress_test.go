package obs

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// text writes a line as people see it.
func text(msg string, attrs []slog.Attr) string {
	for _, a := range attrs {
		msg += fmt.Sprintf(" %s=%s", a.Key, a.Value)
	}
	return msg
}

// syncing is a node that has derived L1 up to a block, of which there are 100,000 one every 12 seconds.
func syncing(at uint64) Snapshot {
	s := tip()
	s.Sync.HeadL1 = eth.L1Ref{Hash: s.Sync.HeadL1.Hash, Number: 100_000, Time: 1_700_000_000}
	s.Sync.CurrentL1 = eth.L1Ref{Hash: s.Sync.CurrentL1.Hash, Number: at, Time: 1_700_000_000 - 12*(100_000-at)}
	s.Sync.SafeL2.L1Origin.Number = at - min(at, 5)
	s.Sync.UnsafeL2.Time = 1_700_000_000 - 12*(100_000-at)
	s.Need, s.Counts = "engine", Counts{L1Blocks: int(at), Derived: int(6 * at)} //nolint:gosec // small
	s.Moved = Moved{L1: at2000, CurrentL1: at2000, Safe: at2000}
	return s
}

var at2000 = time.Unix(1_700_000_000, 0)

func TestStatusLineInStepWithL1(t *testing.T) {
	p := NewProgress()
	msg, attrs := p.Step(tip(), atHead)
	if got, want := text(msg, attrs), "status: in step with L1 unsafe=574 safe=574 finalized=240 l1=100 l1_head=100 behind=64s"; got != want {
		t.Errorf("first: %s, want %s", got, want)
	}
	next := tip()
	next.Counts.L1Blocks += 3
	next.Counts.Consolidated += 15
	next.SequencerEnabled, next.SequencerActive = true, true
	next.Moved.Unsafe = atHead.Add(30 * time.Second)
	msg, attrs = p.Step(next, atHead.Add(30*time.Second))
	if got, want := text(msg, attrs), "status: in step with L1 unsafe=574 safe=574 finalized=240 l1=100 l1_head=100 behind=94s l2_per_s=0.5 l2_per_s_avg=0.5 l1_per_s=0.1 l1_per_s_avg=0.1 sequencer=on"; got != want {
		t.Errorf("second: %s, want %s", got, want)
	}
}

func TestStatusLineWhileBehind(t *testing.T) {
	p := NewProgress()
	now := at2000
	was := syncing(10_000)
	was.Spent = map[string]time.Duration{"engine": 10 * time.Hour, "blobs": time.Second}
	if msg, attrs := p.Step(was, now); strings.Contains(text(msg, attrs), "eta") || strings.Contains(text(msg, attrs), "bottleneck") {
		t.Errorf("first: %s", text(msg, attrs))
	}
	is := syncing(10_300)
	is.Moved.Safe, is.Moved.CurrentL1, is.Moved.L1 = now, now, now
	is.Spent = map[string]time.Duration{"engine": 10*time.Hour + 10*time.Second, "blobs": 16 * time.Second}
	now = now.Add(30 * time.Second)
	msg, attrs := p.Step(is, now)
	// 89,700 blocks at 10 a second, while L1 makes one in 12 seconds: 9,045 seconds.
	want := "status: catching up with L1 unsafe=574 safe=574 finalized=240 l1=10300 l1_head=100000 behind=12d11h " +
		"l2_per_s=60 l2_per_s_avg=60 l1_per_s=10 l1_per_s_avg=10 eta=2h30m bottleneck=beacon"
	if got := text(msg, attrs); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	// The next half minute is slower: the average follows slowly.
	is = syncing(10_330)
	now = now.Add(30 * time.Second)
	msg, attrs = p.Step(is, now)
	if got := text(msg, attrs); !strings.Contains(got, "l1_per_s=1 l1_per_s_avg=8.62 eta=2h55m") {
		t.Error(got)
	}

	// Then it stands still: nobody knows for how long.
	now = now.Add(30 * time.Second)
	if got := text(p.Step(is, now)); !strings.Contains(got, "l1_per_s=0 l1_per_s_avg=7.3 bottleneck=engine") {
		t.Error(got)
	}
}

func TestETAIsNeverNonsense(t *testing.T) {
	second := func(change func(was, is *Snapshot)) string {
		p := NewProgress()
		was, is := syncing(10_000), syncing(10_300)
		change(&was, &is)
		p.Step(was, at2000)
		return text(p.Step(is, at2000.Add(30*time.Second)))
	}
	for name, c := range map[string]struct {
		change func(was, is *Snapshot)
		want   bool
	}{
		"faster than L1": {func(_, _ *Snapshot) {}, true},
		"standing still": {func(was, is *Snapshot) { is.Counts = was.Counts }, false},
		"slower than L1": {func(was, is *Snapshot) { is.Counts.L1Blocks = was.Counts.L1Blocks + 2 }, false},
		"hardly faster than L1": {func(was, is *Snapshot) {
			is.Counts.L1Blocks = was.Counts.L1Blocks + 3
			is.Sync.HeadL1.Number, is.Sync.CurrentL1.Number = 1<<40, 1<<40-80_000
		}, true},
		"longer than a year": {func(was, is *Snapshot) {
			is.Counts.L1Blocks = was.Counts.L1Blocks + 3
			is.Sync.HeadL1.Number, is.Sync.HeadL1.Time = 1<<40, 1_700_000_000+12<<40
		}, false},
		"blocks taken back":        {func(was, is *Snapshot) { is.Counts.Rewinds = 300 }, false},
		"L1's times make no sense": {func(_, is *Snapshot) { is.Sync.CurrentL1.Time = is.Sync.HeadL1.Time }, false},
		"in step":                  {func(_, is *Snapshot) { is.Sync.CurrentL1 = is.Sync.HeadL1 }, false},
		"not started":              {func(_, is *Snapshot) { is.Started = false }, false},
		"L1's head is unknown":     {func(_, is *Snapshot) { is.Sync.HeadL1 = eth.L1Ref{} }, false},
	} {
		if got := second(c.change); strings.Contains(got, " eta=") != c.want || strings.Contains(got, "eta=0s") || strings.Contains(got, "NaN") {
			t.Errorf("%s: %s", name, got)
		}
	}
	p := NewProgress()
	p.Step(syncing(1), at2000)
	if got := text(p.Step(syncing(2), at2000)); strings.Contains(got, "per_s") || strings.Contains(got, "eta") {
		t.Errorf("no time has passed: %s", got)
	}
}

func TestBottleneck(t *testing.T) {
	spent := func(l1, blobs, engine, disk, head time.Duration) map[string]time.Duration {
		return map[string]time.Duration{"l1-block": l1, "blobs": blobs, "engine": engine, "disk": disk, "l1-head": head, "nothing": time.Hour}
	}
	for _, c := range []struct {
		was, is map[string]time.Duration
		need    string
		want    string
	}{
		{nil, spent(5, 4, 3, 2, 0), "engine", "L1"},
		{spent(5, 0, 0, 0, 0), spent(5, 1, 0, 0, 0), "", "beacon"},
		{spent(50, 40, 30, 20, 0), spent(51, 41, 32, 20, 99), "", "engine"},
		{spent(1, 1, 1, 1, 0), spent(1, 1, 1, 2, 0), "", "disk"},
		{spent(1, 1, 1, 1, 0), spent(1, 1, 1, 1, 9), "engine", "engine"}, // one long call, not accounted for yet
		{spent(1, 1, 1, 1, 0), spent(1, 1, 1, 1, 9), "l1-head", ""},
		{nil, nil, "nothing", ""},
	} {
		if got := bottleneck(Snapshot{Spent: c.was}, Snapshot{Spent: c.is, Need: c.need}); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.was, c.is, got, c.want)
		}
	}
}

func TestStatusLineSaysWhatIsWaitedFor(t *testing.T) {
	s := failing("l1", eth.BlobsMissing)
	s.Waits = append(s.Waits, Wait{Lane: "engine", Fault: eth.EngineSlow, Failures: 1}, Wait{Lane: "origin", Fault: eth.EngineSlow, Failures: 1})
	if got := text(NewProgress().Step(s, atHead)); !strings.HasPrefix(got, "status: waiting ") || !strings.HasSuffix(got, " waits=blobs-missing,engine-slow for=60s") {
		t.Error(got)
	}
	for verdict, change := range map[string]func(s *Snapshot){
		"status: starting ":        func(s *Snapshot) { s.Started = false },
		"status: needs attention ": func(s *Snapshot) { s.Endpoints[1].Fault = eth.L1Lying },
		"status: stopped ":         func(s *Snapshot) { s.Failure = "over" },
	} {
		s := tip()
		change(&s)
		if got := text(NewProgress().Step(s, atHead)); !strings.HasPrefix(got, verdict) || !strings.Contains(got, " waits=") {
			t.Errorf("%s: %s", verdict, got)
		}
	}
}
