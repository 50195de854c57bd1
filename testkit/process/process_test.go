//go:build linux

package process

import (
	"slices"
	"testing"
)

func TestAProcessIsStartedEndsAndIsKilled(t *testing.T) {
	dir := t.TempDir()
	short := New(t, dir, "short", "/bin/sh", "-c", "echo one; echo two; echo three >&2")
	short.Kill() // was never started
	for range 2 {
		short.Start()
		<-short.done
	}
	if got := Last(short.Log, 4); !short.Ended() || got != "three\none\ntwo\nthree" {
		t.Errorf("ended %t, its log ends with %q", short.Ended(), got)
	}
	long := New(t, dir, "long", "/bin/sh", "-c", "sleep 60")
	long.Start()
	if long.Ended() {
		t.Error("a program that goes on has ended")
	}
	long.Kill()
	if !long.Ended() {
		t.Error("a killed program goes on")
	}
	if ports := FreePorts(t, 3); len(ports) != 3 || len(slices.Compact(slices.Sorted(slices.Values(ports)))) != 3 {
		t.Errorf("free ports %v", ports)
	}
}
