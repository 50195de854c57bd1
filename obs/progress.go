package obs

import (
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/internal/prose"
)

const (
	// StatusInterval is the time between status lines that suits people.
	StatusInterval = 30 * time.Second

	rateMemory = 3 * time.Minute      // after which two thirds of what is remembered of a rate is newer
	longestETA = 365 * 24 * time.Hour // what takes longer is not foreseen
)

// Progress makes the status line. It remembers the last status, for rates.
type Progress struct {
	last Snapshot
	at   time.Time // zero: no status has been seen

	l1, l2 float64 // blocks per second, smoothed
	known  bool    // l1 and l2 are
}

// NewProgress makes a Progress that knows nothing; rates are known from the second step on.
func NewProgress() *Progress { return &Progress{} }

var verdictMessages = map[Verdict]string{
	VerdictHealthy: "status: in step with L1", VerdictBehind: "status: catching up with L1", VerdictAttention: "status: needs attention",
	VerdictStarting: "status: starting", VerdictWaiting: "status: waiting", VerdictStopped: "status: stopped",
}

// Step gives the line for a status. Its fields:
//
//	unsafe, safe, finalized  numbers of L2 blocks
//	l1, l1_head              numbers of L1 blocks: the one derivation is at, and L1's newest
//	behind                   how old the newest L2 block is
//	l2_per_s, l1_per_s       blocks derived since the last line; with _avg, over some minutes
//	sequencer                on or off, if this node may sequence
//	eta, bottleneck          while L1 is more than a few blocks ahead, if they can be told: L1, beacon, engine or disk
//	waits, for               codes of what is waited for, and for how long already
func (p *Progress) Step(s Snapshot, now time.Time) (msg string, attrs []slog.Attr) {
	attrs = []slog.Attr{
		slog.Uint64("unsafe", s.Sync.UnsafeL2.Number), slog.Uint64("safe", s.Sync.SafeL2.Number), slog.Uint64("finalized", s.Sync.FinalizedL2.Number),
		slog.Uint64("l1", s.Sync.CurrentL1.Number), slog.Uint64("l1_head", s.Sync.HeadL1.Number),
	}
	if s.Sync.UnsafeL2.Hash != (common.Hash{}) {
		attrs = append(attrs, slog.String("behind", prose.Lasting(ageOf(s.Sync.UnsafeL2.Time, now))))
	}
	l1, l2, timed := p.measure(s, now)
	if timed {
		attrs = append(attrs, rate("l2_per_s", l2), rate("l2_per_s_avg", p.l2), rate("l1_per_s", l1), rate("l1_per_s_avg", p.l1))
	}
	if s.SequencerEnabled {
		attrs = append(attrs, slog.String("sequencer", map[bool]string{true: "on", false: "off"}[s.SequencerActive]))
	}
	if s.Started && s.gap() > tipGap {
		if eta, ok := p.eta(s, l1); ok {
			attrs = append(attrs, slog.String("eta", prose.Lasting(eta)))
		}
		if name := bottleneck(p.last, s); timed && name != "" {
			attrs = append(attrs, slog.String("bottleneck", name))
		}
	}
	e := Explain(s, now)
	if codes := waitsFor(e, s); codes != "" {
		attrs = append(attrs, slog.String("waits", codes))
		if !e.Since.IsZero() {
			attrs = append(attrs, slog.String("for", prose.Lasting(now.Sub(e.Since))))
		}
	}
	p.last, p.at = s, now
	return verdictMessages[e.Verdict], attrs
}

// measure gives the rates since the last status, and smooths them. An L1 block that was taken back does not count.
func (p *Progress) measure(s Snapshot, now time.Time) (l1, l2 float64, ok bool) {
	dt := now.Sub(p.at).Seconds()
	if p.at.IsZero() || dt <= 0 {
		return 0, 0, false
	}
	is, was := s.Counts, p.last.Counts
	l1 = float64(max(is.L1Blocks-is.Rewinds-was.L1Blocks+was.Rewinds, 0)) / dt
	l2 = float64(max(is.Derived+is.Consolidated-was.Derived-was.Consolidated, 0)) / dt
	weight := 1.0
	if p.known {
		weight = 1 - math.Exp(-dt/rateMemory.Seconds())
	}
	p.l1, p.l2, p.known = p.l1+weight*(l1-p.l1), p.l2+weight*(l2-p.l2), true
	return l1, l2, true
}

// eta is when derivation will have caught up with L1, which grows meanwhile as it grew between the block that is derived
// and its head. Unknown while derivation stands still or is no faster than L1.
func (p *Progress) eta(s Snapshot, l1 float64) (time.Duration, bool) {
	at, head := s.Sync.CurrentL1, s.Sync.HeadL1
	if l1 == 0 || at.Hash == (common.Hash{}) || head.Time <= at.Time || head.Number <= at.Number {
		return 0, false
	}
	growth := float64(head.Number-at.Number) / float64(head.Time-at.Time)
	if p.l1 <= growth {
		return 0, false
	}
	seconds := float64(s.gap()) / (p.l1 - growth)
	if seconds > longestETA.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// needs are what can be too slow, with the name for people.
var needs = [...]struct{ need, name string }{{"l1-block", "L1"}, {"blobs", "beacon"}, {"engine", "engine"}, {"disk", "disk"}}

// bottleneck is what derivation waited for longest between two statuses; what it waits for, if the time of that is not
// accounted for yet.
func bottleneck(was, is Snapshot) string {
	var longest time.Duration
	name := ""
	for _, n := range needs {
		if d := is.Spent[n.need] - was.Spent[n.need]; d > longest {
			longest, name = d, n.name
		}
	}
	if name != "" {
		return name
	}
	for _, n := range needs {
		if n.need == is.Need {
			return n.name
		}
	}
	return ""
}

// waitsFor are the codes of what holds the node up, the first one to be looked at first.
func waitsFor(e Explanation, s Snapshot) string {
	var codes []string
	add := func(code Code) {
		if !slices.Contains(codes, string(code)) {
			codes = append(codes, string(code))
		}
	}
	if e.Verdict != VerdictHealthy && e.Verdict != VerdictBehind {
		add(e.Code)
	}
	for _, w := range s.Waits {
		add(codeOf(w.Fault))
	}
	return strings.Join(codes, ",")
}

// rate is a field with two decimals.
func rate(name string, value float64) slog.Attr {
	return slog.Float64(name, math.Round(value*100)/100)
}
