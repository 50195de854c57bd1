package peak

import (
	"runtime"
	"testing"
)

// Memory that is held at once counts in whole, what was held and let go of counts, and garbage hardly does.
func TestOf(t *testing.T) {
	const mb = 1_000_000
	for _, tc := range []struct {
		name         string
		work         func()
		least, below uint64
	}{
		{"nothing", func() {}, 1, 12 * mb},
		{"64 MB held", func() { runtime.KeepAlive(make([]byte, 64*mb)) }, 64 * mb, 80 * mb},
		{"64 MB held and let go of, then collected", func() {
			runtime.KeepAlive(make([]byte, 64*mb))
			runtime.GC()
		}, 64 * mb, 80 * mb},
		{"640 MB one after the other", func() {
			for range 640 {
				runtime.KeepAlive(make([]byte, mb))
			}
		}, mb, 20 * mb},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Of(t, tc.work); got < tc.least || got >= tc.below {
				t.Errorf("peak %d, want from %d to below %d", got, tc.least, tc.below)
			}
		})
	}
}
