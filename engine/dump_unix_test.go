//go:build unix

package engine

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe that nobody reads is a disk that hangs.
func TestHangingDiskDoesNotHangTheEngine(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "invalid.part")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	late := make(chan error, 1)
	d := &dump{dir: dir, report: func(err error) { late <- err }, busy: make(chan struct{}, 1), wait: time.Millisecond}
	if _, err := d.keep(t.Context(), "invalid-1-00000000.json", &invalidFile{}); err == nil || !strings.Contains(err.Error(), "took more than 1ms") {
		t.Errorf("the first: %v", err)
	}
	if _, err := d.keep(t.Context(), "invalid-2-00000000.json", &invalidFile{}); err == nil || !strings.Contains(err.Error(), "busy") {
		t.Errorf("the second: %v", err)
	}
	// The disk goes on, and what comes too late is reported. A folder in its place makes it fail.
	if err := os.Mkdir(filepath.Join(dir, "invalid-1-00000000.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	drain(t, pipe)
	if err := <-late; err == nil || !strings.Contains(err.Error(), "invalid-1-00000000.json") {
		t.Errorf("what came too late: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.wait = time.Hour
	if _, err := d.keep(ctx, "invalid-3-00000000.json", &invalidFile{}); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("the end of ctx: %v", err)
	}
	drain(t, pipe)
	d.busy <- struct{}{} // until it is written
	if names := files(t, dir); len(names) != 2 || names[1] != "invalid-3-00000000.json" {
		t.Errorf("files %v", names)
	}
}

// drain reads a pipe until its writer is done.
func drain(t *testing.T, pipe string) {
	t.Helper()
	reader, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Fatal(err)
	}
}
