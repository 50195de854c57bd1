package main

import (
	"io"
	"log/slog"
	"strings"

	"github.com/cairn-rollup/cairn/rollup"
)

// logFlags choose how much is logged and in what form; names as op-node's.
type logFlags struct {
	Level  string `help:"Lowest level to log: debug, info, warn or error." default:"warn" env:"OP_NODE_LOG_LEVEL"`
	Format string `help:"text, logfmt or json." default:"text" env:"OP_NODE_LOG_FORMAT"`
}

func (f *logFlags) logger(w io.Writer) (*slog.Logger, error) {
	log, _, err := f.adjustable(w)
	return log, err
}

// adjustable is a logger whose level can be changed while it logs.
func (f *logFlags) adjustable(w io.Writer) (*slog.Logger, *slog.LevelVar, error) {
	level := new(slog.LevelVar)
	if err := level.UnmarshalText([]byte(strings.ToUpper(f.Level))); err != nil {
		return nil, nil, &rollup.FieldError{Field: "--log.level", Value: f.Level, Fix: "give debug, info, warn or error"}
	}
	options := &slog.HandlerOptions{Level: level}
	switch f.Format {
	case "text":
		return slog.New(newLineHandler(w, level)), level, nil
	case "logfmt":
		return slog.New(slog.NewTextHandler(w, options)), level, nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), level, nil
	}
	return nil, nil, &rollup.FieldError{Field: "--log.format", Value: f.Format, Fix: "give text, logfmt or json"}
}
