package main

import (
	"io"
	"log/slog"
	"os"
	"strings"
)

// logger makes the node's log, and what changes its level. It takes the levels and formats that op-node has beside those
// of logFlags.
func (f *nodeLogFlags) logger(w io.Writer) (*slog.Logger, *slog.LevelVar, error) {
	level, format := f.Level, f.Format
	switch strings.ToLower(level) {
	case "trace", "trce":
		level = "debug-4"
	case "dbug":
		level = "debug"
	case "eror":
		level = "error"
	case "crit":
		level = "error+4"
	}
	switch format {
	case "terminal":
		format = "text"
	case "logfmtms":
		format = "logfmt"
	case "jsonms":
		format = "json"
	}
	log, adjust, err := (&logFlags{Level: level, Format: format}).adjustable(w)
	if err != nil {
		return nil, nil, err
	}
	if h, ok := log.Handler().(*lineHandler); ok {
		h.color = f.Color || f.Format == "terminal"
	}
	if f.PID {
		log = log.With("pid", os.Getpid())
	}
	return log, adjust, nil
}
