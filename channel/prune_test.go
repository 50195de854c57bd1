package channel

import (
	"slices"
	"testing"
)

// The published table of op-node (frame_queue_test.go) first, then cases for the finer points.
var pruneTable = []struct {
	name, in, out string
}{
	{"interleaved channels", "b1 b2! a0 c1! a1 a2! c0 c1 d0 c2! e0", "b1 b2! a0 a1 a2! e0"},
	{"a first frame discards the whole unclosed channel before it", "c0 c1 c2 d0 c3!", "d0"},
	{"out of order and duplicate frames are discarded", "b1 b3! b2 b3!", "b1 b2 b3!"},
	{"a first frame discards an unclosed channel that began earlier", "b1 a0", "a0"},
	{"a non-first frame cannot start a channel after a closed one", "a2! b1", "a2!"},
	{"a first frame starts a channel after a closed one", "a2! b0", "a2! b0"},
	{"a last frame of another channel is not first either", "b1 a2!", "b1"},
	{"a closed channel stays", "b1! a0", "b1! a0"},
	{"a frame after the last one is discarded", "b1! b2", "b1!"},
	{"a gap discards the next frame", "b1 b3", "b1"},
	{"a non-first frame of another channel is discarded", "b1 c3", "b1"},
	{"the pair is looked at anew after a discard", "b1 c3 b2!", "b1 b2!"},

	{"an empty queue", "", ""},
	{"a single frame is never discarded", "a5", "a5"},
	{"a repeated first frame of the same channel is out of order", "a0 a0 a1!", "a0 a1!"},
	{"a repeated first frame does not restart a channel", "a0 a1 a0 a2!", "a0 a1 a2!"},
	{"backwards discarding stops at a closed channel", "a0! b0 b1 c0!", "a0! c0!"},
	{"a reused id: the closed channel before stays", "a0! b0 a0 c0!", "a0! c0!"},
	{"a reused id after a closed channel of the same id is discarded", "a0! a0 a1!", "a0!"},
	{"two channels in a row, both closed", "a0 a1! b0 b1!", "a0 a1! b0 b1!"},
	{"after 65535 comes 0", "a65535 a0", "a65535 a0"},
	{"but not after a last frame", "a65535! a0", "a65535!"},
	{"the whole queue before a first frame is discarded", "a3 a4 a5 b0", "b0"},
}

func TestPrune(t *testing.T) {
	for _, tc := range pruneTable {
		t.Run(tc.name, func(t *testing.T) {
			in := framesOf(t, tc.in)
			kept, dropped := Prune(in)
			if got := notation(kept); got != tc.out {
				t.Errorf("%q becomes %q, want %q", tc.in, got, tc.out)
			}
			if len(kept)+len(dropped) != len(in) {
				t.Errorf("%d kept and %d dropped of %d", len(kept), len(dropped), len(in))
			}
			if got := notation(in); got != tc.in {
				t.Errorf("the input was changed to %q", got)
			}
		})
	}
}

func TestPruneReasons(t *testing.T) {
	_, dropped := Prune(framesOf(t, "a0! a1 b0 b2 c1 d0!"))
	want := []struct {
		frame  string
		reason Reason
	}{
		{"a1", PrunedAfterLast},
		{"b0", PrunedUnclosed},
		{"b2", PrunedOutOfOrder},
		{"c1", PrunedNotFirst},
	}
	if len(dropped) != len(want) {
		t.Fatalf("dropped %v", dropped)
	}
	for i, w := range want {
		if got := dropped[i]; notation([]Frame{got.Frame}) != w.frame || got.Reason != w.reason {
			t.Errorf("%s is dropped: %v; want %s: %v", notation([]Frame{got.Frame}), got.Reason, w.frame, w.reason)
		}
	}
}

// pruneByTheLetter walks the queue as the rules are worded: a cursor over adjacent pairs, one removal at a time.
func pruneByTheLetter(queue []Frame) []Frame {
	queue = slices.Clone(queue)
	cursor := 0
	for cursor+1 < len(queue) {
		current, next := queue[cursor], queue[cursor+1]
		sameID := current.ID == next.ID
		dropNext := sameID && (current.IsLast || next.Number != current.Number+1) || !sameID && next.Number != 0
		dropCurrent := !sameID && next.Number == 0 && !current.IsLast
		switch {
		case dropCurrent:
			queue = slices.Delete(queue, cursor, cursor+1)
			cursor = max(0, cursor-1)
		case dropNext:
			queue = slices.Delete(queue, cursor+1, cursor+2)
		default:
			cursor++
		}
	}
	return queue
}

func FuzzPrune(f *testing.F) {
	f.Add([]byte{0x10, 0x11, 0x92, 0x20, 0x01})
	f.Fuzz(func(t *testing.T, spec []byte) {
		var in []Frame
		for _, b := range spec {
			in = append(in, Frame{ID: ID{'a' + b>>4&3}, Number: uint16(b & 3), IsLast: b&0x80 != 0})
		}
		kept, dropped := Prune(in)
		if got, want := notation(kept), notation(pruneByTheLetter(in)); got != want {
			t.Fatalf("%q becomes %q, want %q", notation(in), got, want)
		}
		if len(kept)+len(dropped) != len(in) {
			t.Fatalf("%d kept and %d dropped of %d", len(kept), len(dropped), len(in))
		}
		again, more := Prune(kept)
		if len(more) != 0 || notation(again) != notation(kept) {
			t.Fatalf("%q is not stable", notation(kept))
		}
	})
}

// A queue made to be expensive: each first frame discards one frame that stood.
func BenchmarkPruneHostile(b *testing.B) {
	frames := make([]Frame, 0, 40_000)
	for i := range 20_000 {
		frames = append(frames, Frame{ID: ID{1}, Number: uint16(i)})
	}
	for i := range 20_000 {
		frames = append(frames, Frame{ID: ID{2, byte(i), byte(i >> 8)}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if kept, _ := Prune(frames); len(kept) != 1 {
			b.Fatal(len(kept))
		}
	}
}
