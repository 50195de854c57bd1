package sequence_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/sequence"
)

func TestStartAt(t *testing.T) {
	head := eth.L2Ref{Time: 1000}
	if got, want := sequence.StartAt(head), time.Unix(1000, 0); !got.Equal(want) {
		t.Errorf("one block time before the block's own: got %s, want %s", got, want)
	}
}

func TestSealAt(t *testing.T) {
	cfg, head := &rollup.Config{BlockTime: 2}, eth.L2Ref{Time: 1000}
	for sealing, want := range map[time.Duration]time.Time{
		0:                     time.Unix(1002, 0),
		50 * time.Millisecond: time.Unix(1001, 950_000_000),
		3 * time.Second:       time.Unix(999, 0),
	} {
		if got := sequence.SealAt(cfg, head, sealing); !got.Equal(want) {
			t.Errorf("%s before the block's time: got %s, want %s", sealing, got, want)
		}
	}
}

func TestStalled(t *testing.T) {
	for _, c := range []struct {
		name                 string
		unsafe, safe, maxLag uint64
		want                 bool
	}{
		{"no limit", 1000, 0, 0, false},
		{"below the limit", 109, 100, 10, false},
		{"at the limit", 110, 100, 10, true},
		{"above the limit", 111, 100, 10, true},
		{"all is safe", 100, 100, 1, false},
		{"one block at a time", 101, 100, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sequence.Stalled(eth.L2Ref{Number: c.unsafe}, eth.L2Ref{Number: c.safe}, c.maxLag); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// The next block of a chain at time 1000: build from then on, seal 50 ms before 1002.
func ExampleSealAt() {
	cfg, head := &rollup.Config{BlockTime: 2}, eth.L2Ref{Time: 1000}
	fmt.Println(sequence.StartAt(head).UnixMilli(), sequence.SealAt(cfg, head, 50*time.Millisecond).UnixMilli())
	// Output: 1000000 1001950
}
