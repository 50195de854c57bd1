package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestOfLibp2pOnlyErrorsAreLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(hostLog{slog.NewTextHandler(&out, nil)}).With("logger", "swarm2")
	log.Warn("a peer misbehaves")
	log.Error("cannot listen", "port", 9222)
	if got := out.String(); strings.Contains(got, "misbehaves") || !strings.Contains(got, "cannot listen") || !strings.Contains(got, "logger=swarm2") {
		t.Errorf("got %q", got)
	}
}
