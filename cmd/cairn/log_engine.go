package main

import (
	"context"
	"log/slog"
	"strings"
)

// engineLog passes on what people running a rollup want to know of op-geth: warnings and errors, and of these not the
// failed RPC requests of others, who got the error themselves, nor a line for every time that the process was killed,
// which costs nothing.
type engineLog struct{ next slog.Handler }

// Enabled says whether a level is logged.
func (h engineLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.next.Enabled(ctx, level)
}

// Handle passes a record on.
func (h engineLog) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "Served ") || r.Message == "Unclean shutdown detected" {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs adds fields to every line.
func (h engineLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return engineLog{h.next.WithAttrs(attrs)}
}

// WithGroup puts a prefix before the keys that follow.
func (h engineLog) WithGroup(name string) slog.Handler { return engineLog{h.next.WithGroup(name)} }
