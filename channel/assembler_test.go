package channel

import (
	"strings"
	"testing"
)

// step is one L1 block: its number, its frames in the notation of the pruning tables, and what must come out.
type step struct {
	origin  uint64
	expired Reason
	frames  string
	lost    string // reasons of the frames, in order; "-" for none
	ready   string // data of the channels completed
	staged  string // id of the channel staged afterwards
}

func TestAssembler(t *testing.T) {
	limits := Limits{MaxRLPBytes: 100_000_000, ChannelTimeout: 50}
	for _, tc := range []struct {
		name   string
		limits Limits
		steps  []step
	}{
		{"one frame", limits, []step{
			{origin: 1, frames: "a0!", lost: "-", ready: "a0!"},
		}},
		{"two frames", limits, []step{
			{origin: 1, frames: "a0 a1!", lost: "- -", ready: "a0a1!"},
		}},
		{"two channels in a row", limits, []step{
			{origin: 1, frames: "a0 a1! b0!", lost: "- - -", ready: "a0a1! b0!"},
		}},
		{"frames of other channels are dropped alone", limits, []step{
			{origin: 1, frames: "a0 b1", lost: "- frame-wrong-channel", staged: "a"},
			{origin: 2, frames: "a1 c1!", lost: "- frame-wrong-channel", staged: "a"},
			{origin: 3, frames: "a2!", lost: "-", ready: "a0a1a2!"},
		}},
		{"a non-first frame without a staged channel is dropped", limits, []step{
			{origin: 1, frames: "a1 a0!", lost: "frame-no-channel -", ready: "a0!"},
		}},
		{"a first frame of another channel replaces the staged one", limits, []step{
			{origin: 1, frames: "b0", lost: "-", staged: "b"},
			{origin: 2, frames: "a0! b1", lost: "channel-replaced frame-no-channel", ready: "a0!"},
		}},
		{"a first frame with the same id restarts the channel", limits, []step{
			{origin: 1, frames: "a0 a1", lost: "- -", staged: "a"},
			{origin: 2, frames: "a0 a1!", lost: "channel-replaced -", ready: "a0a1!"},
		}},
		{"an out of order frame is dropped, the channel stays", limits, []step{
			{origin: 1, frames: "a0 a2 a1 a1 a2!", lost: "- frame-out-of-order - frame-duplicate -", ready: "a0a1a2!"},
		}},
		{"a frame after the last one finds no channel", limits, []step{
			{origin: 1, frames: "a0", lost: "-", staged: "a"},
			{origin: 2, frames: "a1! a2!", lost: "- frame-no-channel", ready: "a0a1!"},
		}},
		{"exactly the size limit is fine", Limits{MaxRLPBytes: FrameOverhead + 3, ChannelTimeout: 50}, []step{
			{origin: 1, frames: "a0!", lost: "-", ready: "a0!"},
		}},
		{"one byte over the size limit drops the channel, even if complete", Limits{MaxRLPBytes: FrameOverhead + 2, ChannelTimeout: 50}, []step{
			{origin: 1, frames: "a0!", lost: "channel-too-large"},
		}},
		{"the overhead of all frames counts against the size limit", Limits{MaxRLPBytes: 2 * FrameOverhead, ChannelTimeout: 50}, []step{
			{origin: 1, frames: "a0 a1 a2! b0!", lost: "- channel-too-large frame-no-channel -", ready: "b0!"},
		}},
		{"exactly open + timeout is in time", limits, []step{
			{origin: 100, frames: "a0", lost: "-", staged: "a"},
			{origin: 150, frames: "a1!", lost: "-", ready: "a0a1!"},
		}},
		{"one block later is too late", limits, []step{
			{origin: 100, frames: "a0", lost: "-", staged: "a"},
			{origin: 151, expired: ChannelTimedOut, frames: "a1!", lost: "frame-no-channel"},
		}},
		{"without frames the channel stays until the timeout", limits, []step{
			{origin: 100, frames: "a0", lost: "-", staged: "a"},
			{origin: 150, staged: "a"},
			{origin: 151, expired: ChannelTimedOut},
			{origin: 152},
		}},
		{"restarting a channel restarts its time", limits, []step{
			{origin: 100, frames: "a0", lost: "-", staged: "a"},
			{origin: 140, frames: "a0", lost: "channel-replaced", staged: "a"},
			{origin: 190, frames: "a1!", lost: "-", ready: "a0a1!"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var a Assembler
			for _, s := range tc.steps {
				if got := a.Expire(s.origin, tc.limits); got != s.expired {
					t.Errorf("block %d: expiry %v, want %v", s.origin, got, s.expired)
				}
				var lost, ready []string
				for _, f := range framesOf(t, s.frames) {
					raw, complete, reason := a.Add(f, s.origin, tc.limits)
					lost = append(lost, strings.Replace(reason.String(), "none", "-", 1))
					if complete {
						ready = append(ready, string(raw.Bytes()))
					}
				}
				if got := strings.Join(lost, " "); got != s.lost {
					t.Errorf("block %d: lost %q, want %q", s.origin, got, s.lost)
				}
				if got := strings.Join(ready, " "); got != s.ready {
					t.Errorf("block %d: ready %q, want %q", s.origin, got, s.ready)
				}
				staged, open := a.Staged()
				if open != (s.staged != "") || open && staged.ID() != (ID{s.staged[0]}) {
					t.Errorf("block %d: staged %v %s, want %q", s.origin, open, staged.ID(), s.staged)
				}
			}
		})
	}
}

func TestAssemblerUsesTheTimeoutOfTheOrigin(t *testing.T) {
	var a Assembler
	a.Add(frameOf(t, "a0"), 100, Limits{MaxRLPBytes: 1000, ChannelTimeout: 300})
	if got := a.Expire(200, Limits{MaxRLPBytes: 1000, ChannelTimeout: 300}); got != None {
		t.Fatalf("before Granite: %v", got)
	}
	if got := a.Expire(200, Limits{MaxRLPBytes: 1000, ChannelTimeout: 50}); got != ChannelTimedOut {
		t.Errorf("from Granite on: %v", got)
	}
}

func TestAssemblerTellsWhereAChannelCameFrom(t *testing.T) {
	var a Assembler
	a.Add(frameOf(t, "a0"), 100, fjord)
	a.Add(frameOf(t, "a1"), 101, fjord)
	raw, complete, _ := a.Add(frameOf(t, "a2!"), 105, fjord)
	if !complete || raw.ID != (ID{'a'}) || raw.OpenBlock != 100 || len(raw.Frames) != 3 || string(raw.Bytes()) != "a0a1a2!" {
		t.Errorf("complete %v: %+v", complete, raw)
	}
}

func TestAssemblerFlush(t *testing.T) {
	var a Assembler
	if got := a.Flush(); got != None {
		t.Errorf("nothing staged: %v", got)
	}
	a.Add(frameOf(t, "a0"), 1, fjord)
	if got := a.Flush(); got != ChannelFlushed {
		t.Errorf("a channel staged: %v", got)
	}
	if _, open := a.Staged(); open {
		t.Error("still staged")
	}
	if _, _, got := a.Add(frameOf(t, "a1!"), 1, fjord); got != FrameNoChannel {
		t.Errorf("the next frame: %v", got)
	}
}

func TestAssemblerIsAValue(t *testing.T) {
	var a Assembler
	a.Add(frameOf(t, "a0"), 1, fjord)
	a.Add(frameOf(t, "a1"), 1, fjord)
	snap := a
	finish := func(a Assembler, last string) string {
		raw, complete, reason := a.Add(Frame{ID: ID{'a'}, Number: 2, Data: []byte(last), IsLast: true}, 1, fjord)
		if !complete {
			t.Fatalf("not complete: %v", reason)
		}
		return string(raw.Bytes())
	}
	if got := finish(a, "x"); got != "a0a1x" {
		t.Errorf("got %q", got)
	}
	a.Add(frameOf(t, "a2"), 1, fjord)
	a.Flush()
	if got := finish(snap, "y"); got != "a0a1y" {
		t.Errorf("from the snapshot: %q", got)
	}
	if got := finish(snap, "z"); got != "a0a1z" {
		t.Errorf("from the snapshot again: %q", got)
	}
}
