package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// lineHandler writes log records for people: time, level, sentence, then key=value.
type lineHandler struct {
	mu     *sync.Mutex
	w      io.Writer
	level  slog.Leveler
	color  bool   // the levels
	prefix string // group
	fields string // of With
}

func newLineHandler(w io.Writer, level slog.Leveler) *lineHandler {
	return &lineHandler{mu: new(sync.Mutex), w: w, level: level}
}

// Enabled says whether a level is logged.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle writes one line.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s", r.Time.Format("15:04:05.000"), h.levelText(r.Level), r.Message)
	b.WriteString(h.fields)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(field(h.prefix, a))
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b.Bytes())
	return err
}

// levelText is a level in a column, coloured if asked: red for errors, yellow for warnings, green for the usual.
func (h *lineHandler) levelText(level slog.Level) string {
	text := fmt.Sprintf("%-5s", level)
	switch {
	case !h.color:
		return text
	case level >= slog.LevelError:
		return "\x1b[31m" + text + "\x1b[0m"
	case level >= slog.LevelWarn:
		return "\x1b[33m" + text + "\x1b[0m"
	case level >= slog.LevelInfo:
		return "\x1b[32m" + text + "\x1b[0m"
	}
	return text
}

// WithAttrs adds fields to every line.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	for _, a := range attrs {
		next.fields += field(h.prefix, a)
	}
	return &next
}

// WithGroup puts a prefix before the keys that follow.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	next := *h
	next.prefix += name + "."
	return &next
}

func field(prefix string, a slog.Attr) string {
	value := a.Value.Resolve().String()
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r == '"' || r == '=' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		value = strconv.Quote(value)
	}
	return " " + prefix + a.Key + "=" + value
}
