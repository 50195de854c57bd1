package channel

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestIDReadsAsHex(t *testing.T) {
	id := ID{0: 0xab, 15: 0x01}
	if got := id.String(); got != "ab000000000000000000000000000001" {
		t.Error(got)
	}
}

func TestFrameWireFormat(t *testing.T) {
	f := Frame{ID: ID{1, 2, 3}, Number: 0x0405, Data: []byte("data"), IsLast: true}
	want := append(append([]byte{1, 2, 3}, make([]byte, 13)...), 0x04, 0x05, 0, 0, 0, 4, 'd', 'a', 't', 'a', 1)
	if got := AppendFrame(nil, f); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if got := AppendFrame(nil, f); len(got) != len(f.Data)+FrameHeaderLen {
		t.Errorf("a frame of %d data bytes takes %d", len(f.Data), len(got))
	}
}

func TestParseFrames(t *testing.T) {
	one := Frame{ID: ID{1}, Number: 7, Data: []byte("one")}
	two := Frame{ID: ID{2}, Number: 65535, Data: []byte{}, IsLast: true}
	good := AppendItem(nil, one, two)
	long := func(n int) []byte { return AppendItem(nil, Frame{Data: make([]byte, n)}) }
	for _, tc := range []struct {
		name   string
		item   []byte
		frames int
		want   Reason
	}{
		{"one frame", AppendItem(nil, one), 1, None},
		{"several frames, also of several channels", good, 2, None},
		{"a frame without data", AppendItem(nil, two), 1, None},
		{"empty item", nil, 0, ItemEmpty},
		{"version is not 0", append([]byte{1}, good[1:]...), 0, ItemVersion},
		{"version byte alone", []byte{0}, 0, ItemNoFrames},
		{"id is cut off", good[:10], 0, FrameTruncated},
		{"number is cut off", good[:18], 0, FrameTruncated},
		{"length is cut off", good[:22], 0, FrameTruncated},
		{"data is cut off", good[:24], 0, FrameTruncated},
		{"is_last is cut off", good[:1+FrameHeaderLen+3-1], 0, FrameTruncated},
		{"second frame is cut off: all are dropped", good[:len(good)-1], 0, FrameTruncated},
		{"trailing byte: all are dropped", append(bytes.Clone(good), 0), 0, FrameTruncated},
		{"length 1,000,000 is fine", long(MaxFrameLen), 1, None},
		{"length 1,000,001 is too long", long(MaxFrameLen + 1), 0, FrameTooLong},
		{"length ffffffff without data is too long", append(good[:19:19], 255, 255, 255, 255), 0, FrameTooLong},
		{"is_last 2", append(good[:len(good)-1:len(good)-1], 2), 0, FrameBadIsLast},
		{"is_last 255", append(good[:len(good)-1:len(good)-1], 255), 0, FrameBadIsLast},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames, reason := ParseFrames(tc.item)
			if reason != tc.want || len(frames) != tc.frames {
				t.Fatalf("%d frames, %v; want %d, %v", len(frames), reason, tc.frames, tc.want)
			}
		})
	}
	frames, _ := ParseFrames(good)
	if !sameFrame(frames[0], one) || !sameFrame(frames[1], two) {
		t.Errorf("got %+v", frames)
	}
}

func TestFrameDataCannotGrowIntoTheItem(t *testing.T) {
	item := AppendItem(nil, Frame{Data: []byte("abc")}, Frame{Number: 1, Data: []byte("def")})
	before := bytes.Clone(item)
	frames, _ := ParseFrames(item)
	_ = append(frames[0].Data, 9, 9, 9)
	if !bytes.Equal(item, before) {
		t.Error("appending to the data of a frame changed the item")
	}
}

func TestBlobFrameFillsABlob(t *testing.T) {
	item := AppendItem(nil, Frame{Data: make([]byte, MaxBlobFrameData)})
	if len(item) != MaxBlobData {
		t.Errorf("the item has %d bytes, a blob carries %d", len(item), MaxBlobData)
	}
}

// FuzzParseFrames: never panics, all or nothing, and what parses is what AppendItem would have written.
func FuzzParseFrames(f *testing.F) {
	f.Add(AppendItem(nil, Frame{ID: ID{1}, Data: []byte("x")}, Frame{ID: ID{2}, Number: 1, IsLast: true}))
	f.Add([]byte{0})
	f.Add([]byte{})
	f.Add(binary.BigEndian.AppendUint32(make([]byte, 19), MaxFrameLen+1))
	f.Fuzz(func(t *testing.T, item []byte) {
		frames, reason := ParseFrames(item)
		if (reason == None) != (len(frames) > 0) {
			t.Fatalf("%d frames with reason %v", len(frames), reason)
		}
		if reason == None && !bytes.Equal(AppendItem(nil, frames...), item) {
			t.Fatal("frames encode to another item")
		}
	})
}

func FuzzFrameRoundTrip(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), uint16(3), []byte("data"), true)
	f.Fuzz(func(t *testing.T, id []byte, number uint16, data []byte, isLast bool) {
		want := Frame{Number: number, Data: data, IsLast: isLast}
		copy(want.ID[:], id)
		if len(data) > MaxFrameLen {
			return
		}
		got, reason := ParseFrames(AppendItem(nil, want))
		if reason != None || len(got) != 1 || !sameFrame(got[0], want) {
			t.Fatalf("got %+v, %v; want %+v", got, reason, want)
		}
	})
}

func BenchmarkParseFrames(b *testing.B) {
	for _, bc := range []struct {
		name  string
		count int
	}{{"1", 1}, {"100", 100}} {
		b.Run(bc.name, func(b *testing.B) {
			var frames []Frame
			for i := range bc.count {
				frames = append(frames, Frame{Number: uint16(i), Data: make([]byte, MaxBlobFrameData/bc.count-FrameHeaderLen)})
			}
			item := AppendItem(nil, frames...)
			b.SetBytes(int64(len(item)))
			b.ReportAllocs()
			for b.Loop() {
				if _, reason := ParseFrames(item); reason != None {
					b.Fatal(reason)
				}
			}
		})
	}
}
