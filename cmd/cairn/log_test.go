package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func logged(t *testing.T, flags logFlags) string {
	t.Helper()
	var out bytes.Buffer
	log, err := flags.logger(&out)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("too low")
	log.With("node", "l1").WithGroup("block").Info("a sentence", "number", 7, "err", errors.New("two words"), "empty", "")
	return out.String()
}

func TestLogFormats(t *testing.T) {
	text := logged(t, logFlags{Level: "info", Format: "text"})
	if want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3} INFO  a sentence node=l1 block\.number=7 block\.err="two words" block\.empty=""\n$`); !want.MatchString(text) {
		t.Errorf("text: %q", text)
	}
	logfmt := logged(t, logFlags{Level: "INFO", Format: "logfmt"})
	if !strings.HasPrefix(logfmt, "time=") || !strings.Contains(logfmt, ` level=INFO msg="a sentence" node=l1 block.number=7 block.err="two words"`) {
		t.Errorf("logfmt: %q", logfmt)
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(logged(t, logFlags{Level: "info", Format: "json"})), &record); err != nil {
		t.Fatal(err)
	}
	if record["msg"] != "a sentence" || record["node"] != "l1" || record["level"] != "INFO" {
		t.Errorf("json: %v", record)
	}
	if got := logged(t, logFlags{Level: "error", Format: "text"}); got != "" {
		t.Errorf("level error logs %q", got)
	}
	if got := logged(t, logFlags{Level: "debug", Format: "text"}); strings.Count(got, "\n") != 2 {
		t.Errorf("level debug logs %q", got)
	}
}

// What L1 carries may come up in a log line: it must not be able to write lines of its own.
func TestALogLineIsOneLine(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newLineHandler(&out, slog.LevelInfo))
	log.Info("sentence", "value", "a\nb\x1b[2J\r", "quoted", `say "hi"`, "equal", "a=b")
	if got := out.String(); strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\x1b\r") {
		t.Errorf("%q", got)
	}
	if !strings.Contains(out.String(), `quoted="say \"hi\"" equal="a=b"`) {
		t.Errorf("%q", &out)
	}
}

func TestOfTheEngineOnlyTroubleIsLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(engineLog{newLineHandler(&out, slog.LevelDebug)}).With("chain", "l2").WithGroup("g")
	log.Info("Imported new potential chain segment")
	log.Warn("Served eth_call", "err", "execution reverted")
	log.Warn("Unclean shutdown detected", "age", "6s")
	log.Warn("Disk is full", "k", 1)
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "Disk is full chain=l2 g.k=1") {
		t.Errorf("%q", got)
	}
}
