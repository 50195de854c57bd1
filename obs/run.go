package obs

import (
	"context"
	"log/slog"
	"time"
)

// lookInterval is the time between two looks at the status: what comes and goes within is no change of state.
const lookInterval = time.Second

// Run writes a line for each change of state, and a status line each interval, until the context ends, whose cause it
// returns. What has changed until then is still written.
func Run(ctx context.Context, source Source, log *slog.Logger, interval time.Duration) error {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	var prev Snapshot
	look := func() {
		next := source()
		for _, l := range Changes(prev, next) {
			log.LogAttrs(ctx, l.Level, l.Msg, l.Attrs...) //nolint:sloglint // messages are static where they are made
		}
		prev = next
	}
	progress, due := NewProgress(), time.Now().Add(interval)
	progress.Step(source(), time.Now())
	for {
		select {
		case <-ctx.Done():
			look()
			return context.Cause(ctx)
		case <-tick.C:
		}
		look()
		if now := time.Now(); !now.Before(due) {
			msg, attrs := progress.Step(prev, now)
			log.LogAttrs(whole(ctx), slog.LevelInfo, msg, attrs...) //nolint:sloglint // messages are static where they are made
			due = now.Add(interval)
		}
	}
}
