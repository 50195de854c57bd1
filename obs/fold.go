package obs

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxFolded bounds what is remembered. Further lines are written as they come.
const maxFolded = 256

// telling are the fields that make a difference: what is wrong, and with what. Others are details that change all the
// time.
var telling = []string{"err", "error", "why", "what", "fault", "reason", "lane", "call", "kind", "name", "field"}

// Folder is a handler that writes a line once in a while, however often it is logged.
//
// Two lines are the same if they have the same level, message, logger (its fields and groups) and telling fields; the
// numbers within those, as of blocks, ports and hashes, may differ. The first is written at once. Its repeats are counted
// and written as one line, with the fields of the last, when the window ends, or before the first line of another state:
// one with the same message that has not been seen within the window. Several lines that alternate are all folded.
//
// Debug lines are never folded: who asks for them wants them all.
type Folder struct {
	next   slog.Handler
	logger string // fields and groups of next, which tell loggers apart
	*folds
}

// folds is what all loggers of one Folder share. The lock is held while lines are written, so that a repeat is never
// counted after the line that says how many there were.
type folds struct {
	window time.Duration
	mu     sync.Mutex
	lines  map[string]*folded
}

// folded is a line that has been written within the window.
type folded struct {
	next    slog.Handler
	state   string      // message and logger
	repeats int         // since it was written last
	last    slog.Record // of the repeats
	timer   *time.Timer // to the end of the window
}

// Fold gives a handler that folds what it gives to next. Flush must be called at the end.
func Fold(next slog.Handler, window time.Duration) *Folder {
	return &Folder{next: next, folds: &folds{window: window, lines: make(map[string]*folded)}}
}

type wholeKey struct{}

// whole makes the lines of a context come through: what is written regularly is not a repeat.
func whole(ctx context.Context) context.Context { return context.WithValue(ctx, wholeKey{}, true) }

// Enabled says whether a level is logged.
func (f *Folder) Enabled(ctx context.Context, level slog.Level) bool {
	return f.next.Enabled(ctx, level)
}

// Handle writes a record, or counts it.
func (f *Folder) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelInfo || ctx.Value(wholeKey{}) != nil {
		return f.next.Handle(ctx, r)
	}
	state := f.logger + "\n" + r.Message
	key := fmt.Sprintf("%s\n%d%s", state, r.Level, difference(r))
	f.mu.Lock()
	defer f.mu.Unlock()
	if line, ok := f.lines[key]; ok {
		line.repeats, line.last = line.repeats+1, r.Clone()
		return nil
	}
	f.write(func(l *folded) bool { return l.state == state })
	if len(f.lines) < maxFolded {
		f.lines[key] = &folded{next: f.next, state: state, timer: time.AfterFunc(f.window, func() { f.expire(key) })}
	}
	return f.next.Handle(ctx, r)
}

// expire ends the window of a line; what was repeated within gets another one.
func (f *folds) expire(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	line, ok := f.lines[key]
	switch {
	case !ok: // flushed meanwhile
	case line.repeats == 0:
		delete(f.lines, key)
	default:
		line.write()
		line.timer.Reset(f.window)
	}
}

// write writes how often a line was repeated. Who logged it has gone on: nobody is there for an error.
func (l *folded) write() {
	times := "times"
	if l.repeats == 1 {
		times = "time"
	}
	r := slog.NewRecord(time.Now(), l.last.Level, fmt.Sprintf("%s (repeated %d %s)", l.last.Message, l.repeats, times), l.last.PC)
	l.last.Attrs(func(a slog.Attr) bool {
		r.AddAttrs(a)
		return true
	})
	l.repeats = 0
	_ = l.next.Handle(context.Background(), r)
}

// Flush writes what has been counted and forgets all lines.
func (f *folds) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lines {
		l.timer.Stop()
	}
	f.write(func(*folded) bool { return true })
	clear(f.lines)
}

// write writes what has been counted of some lines, in the order of the last repeats.
func (f *folds) write(which func(*folded) bool) {
	var lines []*folded
	for _, l := range f.lines {
		if l.repeats > 0 && which(l) {
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b *folded) int { return a.last.Time.Compare(b.last.Time) })
	for _, l := range lines {
		l.write()
	}
}

// WithAttrs adds fields to every line.
func (f *Folder) WithAttrs(attrs []slog.Attr) slog.Handler {
	logger := f.logger
	for _, a := range attrs {
		logger += " " + a.String()
	}
	return &Folder{next: f.next.WithAttrs(attrs), logger: logger, folds: f.folds}
}

// WithGroup puts a prefix before the keys that follow.
func (f *Folder) WithGroup(name string) slog.Handler {
	return &Folder{next: f.next.WithGroup(name), logger: f.logger + " " + name + ".", folds: f.folds}
}

// difference is what of a record's fields makes a difference.
func difference(r slog.Record) string {
	var b strings.Builder
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains(telling, a.Key) {
			fmt.Fprintf(&b, "\n%s=%s", a.Key, shape(a.Value.Resolve().String()))
		}
		return true
	})
	return b.String()
}

var numbers = regexp.MustCompile(`[0-9A-Za-z]*[0-9][0-9A-Za-z]*`)

// durations are spans of time as Go writes them.
var durations = regexp.MustCompile(`([0-9]+(\.[0-9]+)?(ns|µs|ms|s|m|h))+`)

// shape is a text without its numbers and hashes. Numbers of three digits stay: they are answers of HTTP.
func shape(text string) string {
	text = durations.ReplaceAllString(text, "#")
	return numbers.ReplaceAllStringFunc(text, func(s string) string {
		if len(s) == 3 && strings.Trim(s, "0123456789") == "" {
			return s
		}
		return "#"
	})
}
