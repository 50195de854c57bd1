package geth

import (
	"context"
	"log/slog"

	"github.com/ethereum/go-ethereum/log"
)

// SetLog sends op-geth's log lines to a handler. op-geth has one logger for the whole process, so the lines of all
// chains mix; call this once, before Open. Without it op-geth is silent.
//
// What op-geth calls information, several lines per block, is passed on as debug, and so are complaints that only mean
// that the chain is driven from inside. The standard library's default logger is left alone.
func SetLog(h slog.Handler) {
	log.SetDefault(rootLogger{log.NewLogger(quiet{h})})
}

// rootLogger hides the concrete type: op-geth would otherwise install its root logger as the standard library's default
// as well.
type rootLogger struct{ log.Logger }

// expected are op-geth's warnings and errors about things that this package does on purpose.
var expected = map[string]bool{
	"Impossible reorg, please file an issue":                    true, // SetHead to an ancestor
	"Head block is not reachable":                               true, // a new database
	"P2P server will be useless, neither dialing nor listening": true,
	"Inserted known block":                                      true,
	"Nil finalized block cannot evict old blobs":                true, // a new L1 has none
	"Ignoring already known beacon payload":                     true,
}

// quiet passes records on one level lower where op-geth is louder than the user's log should be.
type quiet struct{ next slog.Handler }

func level(l slog.Level) slog.Level {
	if l == slog.LevelInfo {
		return slog.LevelDebug
	}
	return l
}

// Enabled does not know the message, so an expected complaint is looked at when it arrives.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool { return q.next.Enabled(ctx, level(l)) }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = level(r.Level)
	if expected[r.Message] {
		r.Level = slog.LevelDebug
	}
	if !q.next.Enabled(ctx, r.Level) {
		return nil
	}
	return q.next.Handle(ctx, r)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.next.WithAttrs(attrs)} }

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.next.WithGroup(name)} }
