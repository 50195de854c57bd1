package channel

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// addAll adds frames and gives the reasons.
func addAll(c *Channel, frames []Frame, inOrder bool) []Reason {
	var reasons []Reason
	for _, f := range frames {
		reasons = append(reasons, c.Add(f, inOrder))
	}
	return reasons
}

func TestChannelAdd(t *testing.T) {
	for _, tc := range []struct {
		name    string
		frames  string
		inOrder bool
		want    []Reason // of all frames
		held    int
		ready   bool
		bytes   string
	}{
		{
			name: "another id", frames: "a0 b1",
			want: []Reason{None, FrameWrongChannel}, held: 1,
		},
		{
			name: "another id goes before all other checks", frames: "a0! b0!",
			want: []Reason{None, FrameWrongChannel}, held: 1, ready: true, bytes: "a0!",
		},
		{
			name: "a second last frame", frames: "a2! a4!",
			want: []Reason{None, FrameSecondLast}, held: 1,
		},
		{
			name: "a second last frame goes before a duplicate", frames: "a2! a2!",
			want: []Reason{None, FrameSecondLast}, held: 1,
		},
		{
			name: "a duplicate number", frames: "a2 a2",
			want: []Reason{None, FrameDuplicate}, held: 1,
		},
		{
			name: "a duplicate number as last frame does not close", frames: "a0 a0! a1!",
			want: []Reason{None, FrameDuplicate, None}, held: 2, ready: true, bytes: "a0a1!",
		},
		{
			name: "a duplicate of the end goes before past the end", frames: "a2! a2",
			want: []Reason{None, FrameDuplicate}, held: 1,
		},
		{
			name: "a frame past the end", frames: "a2! a10",
			want: []Reason{None, FramePastEnd}, held: 1,
		},
		{
			name: "closing removes frames past the end", frames: "a10 a0 a2!",
			want: []Reason{None, None, None}, held: 2,
		},
		{
			name: "before Holocene any order", frames: "a2! a0 a1",
			want: []Reason{None, None, None}, held: 3, ready: true, bytes: "a0a1a2!",
		},
		{
			name: "a removed frame can not come back", frames: "a3 a1! a3 a0",
			want: []Reason{None, None, FramePastEnd, None}, held: 2, ready: true, bytes: "a0a1!",
		},
		{
			name: "Holocene: not the first frame", frames: "a2", inOrder: true,
			want: []Reason{FrameOutOfOrder}, held: 0,
		},
		{
			name: "Holocene: out of order", frames: "a0 a2", inOrder: true,
			want: []Reason{None, FrameOutOfOrder}, held: 1,
		},
		{
			name: "Holocene: a duplicate goes before out of order", frames: "a0 a0", inOrder: true,
			want: []Reason{None, FrameDuplicate}, held: 1,
		},
		{
			name: "Holocene: in order", frames: "a0 a1 a2!", inOrder: true,
			want: []Reason{None, None, None}, held: 3, ready: true, bytes: "a0a1a2!",
		},
		{
			name: "a single last frame", frames: "a0!",
			want: []Reason{None}, held: 1, ready: true, bytes: "a0!",
		},
		{
			name: "closed but incomplete is not ready", frames: "a0 a2!",
			want: []Reason{None, None}, held: 2,
		},
		{
			name: "complete but not closed is not ready", frames: "a0 a1",
			want: []Reason{None, None}, held: 2,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := NewChannel(ID{'a'}, 7)
			if got := addAll(&c, framesOf(t, tc.frames), tc.inOrder); !slices.Equal(got, tc.want) {
				t.Errorf("reasons %v, want %v", got, tc.want)
			}
			if c.Frames() != tc.held || c.Ready() != tc.ready {
				t.Errorf("%d frames held, ready %v; want %d, %v", c.Frames(), c.Ready(), tc.held, tc.ready)
			}
			if tc.ready && string(c.Bytes()) != tc.bytes {
				t.Errorf("bytes %q, want %q", c.Bytes(), tc.bytes)
			}
			if c.ID() != (ID{'a'}) || c.OpenBlock() != 7 {
				t.Errorf("channel %s opened in %d", c.ID(), c.OpenBlock())
			}
		})
	}
}

func TestChannelSize(t *testing.T) {
	sized := func(number uint16, n int, isLast bool) Frame {
		return Frame{ID: ID{1}, Number: number, Data: make([]byte, n), IsLast: isLast}
	}
	for _, tc := range []struct {
		name   string
		frames []Frame
		want   uint64
	}{
		{"no frames", nil, 0},
		{"data and 200 for each frame", []Frame{sized(0, 10, false), sized(1, 20, false)}, 430},
		{"dropped frames do not count", []Frame{sized(0, 10, false), sized(0, 20, false)}, 210},
		{"closing at the highest frame keeps the size", []Frame{sized(0, 10, false), sized(1, 20, true)}, 430},
		{
			"closing below the highest frame forgets the frames that stay, too",
			[]Frame{sized(0, 10, false), sized(5, 50, false), sized(1, 20, true)},
			220,
		},
		{
			"frames after that count again",
			[]Frame{sized(5, 50, false), sized(2, 20, true), sized(0, 10, false), sized(1, 1, false)},
			220 + 210 + 201,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := NewChannel(ID{1}, 0)
			addAll(&c, tc.frames, false)
			if c.Size() != tc.want {
				t.Errorf("size %d, want %d", c.Size(), tc.want)
			}
		})
	}
}

func TestChannelHoldsAllFrameNumbers(t *testing.T) {
	order := rand.New(rand.NewPCG(1, 2)).Perm(MaxFrames)
	c := NewChannel(ID{1}, 0)
	want := make([]byte, 0, 2*MaxFrames)
	for n := range MaxFrames {
		want = append(want, byte(n>>8), byte(n))
	}
	for i, n := range order {
		if c.Ready() {
			t.Fatalf("ready after %d frames", i)
		}
		f := Frame{ID: ID{1}, Number: uint16(n), Data: want[2*n : 2*n+2], IsLast: n == MaxFrames-1}
		if reason := c.Add(f, false); reason != None {
			t.Fatalf("frame %d: %v", n, reason)
		}
	}
	if !c.Ready() || !bytes.Equal(c.Bytes(), want) {
		t.Error("the frames do not join to the data")
	}
}

func TestTimedOut(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		open, timeout, origin uint64
		want                  bool
	}{
		{"same block", 100, 50, 100, false},
		{"exactly timeout blocks later is still fine", 100, 50, 150, false},
		{"one more is not", 100, 50, 151, true},
		{"timeout before Granite", 100, 300, 400, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := timedOut(tc.open, tc.timeout, tc.origin); got != tc.want {
				t.Errorf("timed out: %v", got)
			}
		})
	}
}

// modelChannel is the channel of the specification with a plain map, sizes counted as op-node counts them.
type modelChannel struct {
	frames  map[uint16]Frame
	size    int
	closed  bool
	end     uint16
	highest uint16
}

func (m *modelChannel) add(f Frame, inOrder bool) bool {
	_, held := m.frames[f.Number]
	if f.IsLast && m.closed || held || m.closed && f.Number >= m.end || inOrder && int(f.Number) != len(m.frames) {
		return false
	}
	if f.IsLast {
		m.closed, m.end = true, f.Number
		if m.end < m.highest {
			for number, old := range m.frames {
				m.size -= len(old.Data) + 200
				if number >= m.end {
					delete(m.frames, number)
				}
			}
			m.highest = m.end
		}
	}
	m.highest = max(m.highest, f.Number)
	m.frames[f.Number] = f
	m.size += len(f.Data) + 200
	return true
}

func (m *modelChannel) bytes() (joined []byte, ready bool) {
	if !m.closed {
		return nil, false
	}
	for number := range int(m.end) + 1 {
		f, held := m.frames[uint16(number)]
		if !held {
			return nil, false
		}
		joined = append(joined, f.Data...)
	}
	return joined, true
}

// FuzzChannel compares with the model, and every snapshot on the way with what it was when it was taken.
func FuzzChannel(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0x83}, false)
	f.Add([]byte{9, 5, 3, 0x84, 1, 2, 0}, false)
	f.Add([]byte{0, 1, 0x82}, true)
	f.Fuzz(func(t *testing.T, spec []byte, inOrder bool) {
		type moment struct {
			c     Channel
			size  int
			held  int
			ready bool
			data  []byte
		}
		c, m := NewChannel(ID{}, 0), modelChannel{frames: map[uint16]Frame{}}
		var moments []moment
		for i, b := range spec {
			frame := Frame{Number: uint16(b&0x7f) * 517, IsLast: b&0x80 != 0, Data: []byte{byte(i), b}}
			if inOrder {
				frame.Number = uint16(b & 0x7f)
			}
			if got, want := c.Add(frame, inOrder) == None, m.add(frame, inOrder); got != want {
				t.Fatalf("frame %d of %x added: %v, want %v", i, spec, got, want)
			}
			data, ready := m.bytes()
			moments = append(moments, moment{c, m.size, len(m.frames), ready, data})
		}
		for i, m := range moments {
			if int(m.c.Size()) != m.size || m.c.Frames() != m.held || m.c.Ready() != m.ready {
				t.Fatalf("after frame %d of %x: size %d, %d frames, ready %v; want %d, %d, %v",
					i, spec, m.c.Size(), m.c.Frames(), m.c.Ready(), m.size, m.held, m.ready)
			}
			if m.ready && !bytes.Equal(m.c.Bytes(), m.data) {
				t.Fatalf("after frame %d of %x: bytes %x, want %x", i, spec, m.c.Bytes(), m.data)
			}
		}
	})
}

func TestChannelIsAValue(t *testing.T) {
	c := NewChannel(ID{'a'}, 0)
	addAll(&c, framesOf(t, "a0 a1"), false)
	left, right, closed := c, c, c
	addAll(&left, []Frame{{ID: ID{'a'}, Number: 2, Data: []byte("left"), IsLast: true}}, false)
	addAll(&right, []Frame{{ID: ID{'a'}, Number: 2, Data: []byte("right"), IsLast: true}}, false)
	addAll(&closed, framesOf(t, "a0!"), false) // dropped
	if got := string(left.Bytes()); got != "a0a1left" {
		t.Errorf("left copy: %q", got)
	}
	if got := string(right.Bytes()); got != "a0a1right" {
		t.Errorf("right copy: %q", got)
	}
	if c.Frames() != 2 || c.Ready() || c.Size() != 404 || closed != c {
		t.Errorf("the original has %d frames, ready %v, size %d", c.Frames(), c.Ready(), c.Size())
	}
}

func BenchmarkChannelAdd(b *testing.B) {
	for _, bc := range []struct {
		name  string
		order func(i int) uint16
	}{
		{"ascending", func(i int) uint16 { return uint16(i) }},
		{"descending", func(i int) uint16 { return uint16(MaxFrames - 1 - i) }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := NewChannel(ID{}, 0)
				for i := range MaxFrames {
					c.Add(Frame{Number: bc.order(i)}, false)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/MaxFrames, "ns/frame")
		})
	}
}
