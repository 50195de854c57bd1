package main

import (
	"context"
	"log/slog"

	"github.com/libp2p/go-libp2p/gologshim"
)

// hostLog passes on libp2p's errors. Its warnings are about what other nodes do, of which the log of gossip tells what matters.
type hostLog struct{ next slog.Handler }

// setHostLog has libp2p log through a log. It is for the whole process, and has to come before the first host.
func setHostLog(log *slog.Logger) { gologshim.SetDefaultHandler(hostLog{log.Handler()}) }

// Enabled says whether a level is logged.
func (h hostLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.next.Enabled(ctx, level)
}

// Handle passes a record on.
func (h hostLog) Handle(ctx context.Context, r slog.Record) error { return h.next.Handle(ctx, r) }

// WithAttrs adds fields to every line.
func (h hostLog) WithAttrs(attrs []slog.Attr) slog.Handler { return hostLog{h.next.WithAttrs(attrs)} }

// WithGroup puts a prefix before the keys that follow.
func (h hostLog) WithGroup(name string) slog.Handler { return hostLog{h.next.WithGroup(name)} }
