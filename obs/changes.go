package obs

import (
	"log/slog"
	"time"

	"github.com/cairn-rollup/cairn/internal/prose"
)

// Line is a line for the log.
type Line struct {
	Level slog.Level
	Msg   string // one of a few sentences
	Attrs []slog.Attr
}

// worthTelling is how long a request has to fail before that is a change of state: shorter troubles are common, and nobody
// can do anything about them.
const worthTelling = 2 * time.Second

// Changes are the changes of state from one status to a later one, each of them a line.
func Changes(prev, next Snapshot) []Line {
	var c changes
	c.ends(prev, next)
	c.starts(prev, next)
	c.waits(prev, next)
	c.tip(prev, next)
	c.reorgs(prev, next)
	c.sequencer(prev, next)
	c.endpoints(prev, next)
	return c
}

type changes []Line

func (c *changes) tell(level slog.Level, msg string, attrs ...slog.Attr) {
	*c = append(*c, Line{Level: level, Msg: msg, Attrs: attrs})
}

// blamed are the fields of a fault.
func blamed(s Status) []slog.Attr {
	attrs := []slog.Attr{slog.String("fault", string(s.Code)), slog.String("what", s.Text)}
	if s.Cause != "" {
		attrs = append(attrs, slog.String("err", s.Cause))
	}
	if s.Fix != "" {
		attrs = append(attrs, slog.String("do", s.Fix))
	}
	return attrs
}

func (c *changes) ends(prev, next Snapshot) {
	if prev.Failure == "" && next.Failure != "" {
		c.tell(slog.LevelError, "the node has ended", blamed(blame(next.FailureFault, next.Failure, time.Time{}))...)
	}
}

func (c *changes) starts(prev, next Snapshot) {
	switch {
	case next.Started && (!prev.Started || next.Counts.Restarts != prev.Counts.Restarts):
		c.tell(
			slog.LevelInfo, "started", slog.Uint64("unsafe", next.Sync.UnsafeL2.Number), slog.Uint64("safe", next.Sync.SafeL2.Number),
			slog.Uint64("finalized", next.Sync.FinalizedL2.Number), slog.Uint64("l1", next.Sync.CurrentL1.Number),
		)
	case prev.Started && !next.Started && next.Failure == "":
		attrs := []slog.Attr{}
		if w, ok := next.wait("start"); ok {
			attrs = blamed(blame(w.Fault, w.Cause, w.Since))
		}
		c.tell(slog.LevelWarn, "starting over", attrs...)
	}
}

// lasts says whether a wait is worth a line.
func lasts(w Wait, ok bool) bool { return ok && w.Until.Sub(w.Since) >= worthTelling }

// waits tells when a wait has lasted, when it is for something else, and when it is over.
func (c *changes) waits(prev, next Snapshot) {
	if next.Failure != "" {
		return
	}
	for _, lane := range lanes {
		was, waited := prev.wait(lane)
		is, waits := next.wait(lane)
		switch before, now := lasts(was, waited), lasts(is, waits); {
		case now && (!before || was.Fault != is.Fault):
			c.tell(slog.LevelWarn, "waiting", append([]slog.Attr{slog.String("lane", lane)}, blamed(blame(is.Fault, is.Cause, is.Since))...)...)
		case before && !now:
			c.tell(
				slog.LevelInfo, "goes on", slog.String("lane", lane), slog.String("fault", string(codeOf(was.Fault))),
				slog.String("after", prose.Lasting(was.Until.Sub(was.Since))),
			)
		}
	}
}

func (c *changes) tip(prev, next Snapshot) {
	at := []slog.Attr{slog.Uint64("l1", next.Sync.CurrentL1.Number), slog.Uint64("l1_head", next.Sync.HeadL1.Number), slog.Uint64("safe", next.Sync.SafeL2.Number)}
	switch {
	case !next.Started:
	case next.inStep() && !prev.inStep():
		c.tell(slog.LevelInfo, "in step with L1", at...)
	case prev.inStep() && !next.inStep():
		c.tell(slog.LevelInfo, "behind L1", at...)
	}
}

func (c *changes) reorgs(prev, next Snapshot) {
	if n := next.Counts.Rewinds - prev.Counts.Rewinds; n > 0 {
		c.tell(
			slog.LevelWarn, "L1 has reorganised", slog.Int("blocks", n), slog.Uint64("l1", next.Sync.CurrentL1.Number),
			slog.Uint64("safe", next.Sync.SafeL2.Number),
		)
	}
}

func (c *changes) sequencer(prev, next Snapshot) {
	switch {
	case next.SequencerActive && !prev.SequencerActive:
		c.tell(slog.LevelInfo, "the sequencer is on", slog.Uint64("unsafe", next.Sync.UnsafeL2.Number))
	case prev.SequencerActive && !next.SequencerActive:
		c.tell(slog.LevelInfo, "the sequencer is off", slog.Uint64("unsafe", next.Sync.UnsafeL2.Number))
	}
}

func (c *changes) endpoints(prev, next Snapshot) {
	type id struct{ kind, name string }
	was := make(map[id]Endpoint, len(prev.Endpoints))
	for _, p := range prev.Endpoints {
		was[id{p.Kind, p.Name}] = p
	}
	for _, p := range next.Endpoints {
		who := []slog.Attr{slog.String("kind", p.Kind), slog.String("name", p.Name)}
		before := was[id{p.Kind, p.Name}].Fault
		switch p.Fault {
		case before:
		case "":
			c.tell(slog.LevelInfo, "an endpoint serves again", append(who, slog.String("fault", string(before)))...)
		default:
			c.tell(slog.LevelWarn, "an endpoint is not in use", append(who, blamed(blame(p.Fault, p.Cause, time.Time{}))...)...)
		}
	}
}
