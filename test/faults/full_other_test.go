//go:build !linux

package faults

import "testing"

// fill needs /dev/full.
func fill(t *testing.T, _ string) {
	t.Helper()
	t.Skip("a full disk can be had on Linux only")
}
