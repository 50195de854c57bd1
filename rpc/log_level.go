package rpc

import (
	"fmt"
	"log/slog"
	"strings"
)

// Levels of op-node that slog has no name for.
const (
	levelTrace = slog.LevelDebug - 4
	levelCrit  = slog.LevelError + 4
)

// logLevel reads the names that op-node reads, in any case, the short ones of old too.
func logLevel(name string) (slog.Level, error) {
	name = strings.ToLower(name)
	switch name {
	case "trace", "trce":
		return levelTrace, nil
	case "debug", "dbug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error", "eror":
		return slog.LevelError, nil
	case "crit":
		return levelCrit, nil
	}
	return 0, fmt.Errorf("unknown level: %s", name)
}
