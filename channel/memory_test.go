package channel

import (
	"bytes"
	"compress/zlib"
	"io"
	"runtime"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/cairn-rollup/cairn/testkit/peak"
)

// What a process needs for the worst that L1 can carry, input included, is below this many times the limit that the
// protocol sets for it. How it is measured is told in testkit/peak.
const timesTheLimit = 3

// canyon are the limits of the channel bank before Fjord, and tenthOfFjord a tenth of those from then on to Holocene: a bank
// of 1 GB, and channels of 100 MB.
var (
	canyon       = Limits{MaxRLPBytes: 10_000_000, ChannelTimeout: 300, MaxBank: 100_000_000, ScanBank: true}
	tenthOfFjord = Limits{MaxRLPBytes: 10_000_000, ChannelTimeout: 50, MaxBank: 100_000_000, ScanBank: true, Brotli: true}
)

func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
}

// zeros gives n zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// bomb compresses a head and n zero bytes behind it, without holding them.
func bomb(t *testing.T, useBrotli bool, head []byte, n int64) []byte {
	var out bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&out)
	if useBrotli {
		out.WriteByte(brotliVersion)
		w = brotli.NewWriterLevel(&out, 3)
	}
	if _, err := io.Copy(w, io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, n))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read decodes a channel and takes all its batches.
func read(t *testing.T, raw Raw, l Limits) (batches int, size uint64, end Reason) {
	d, reason := raw.Decoder(l)
	if reason != None {
		t.Fatal(reason)
	}
	for rest := d; ; {
		batch, next, reason, ok := rest.Next()
		if !ok {
			runtime.KeepAlive(d) // as a snapshot does
			return batches, size, reason
		}
		batches, size, rest = batches+1, size+uint64(len(batch)), next
	}
}

func TestMemoryOfAZipBomb(t *testing.T) {
	long(t)
	for _, tc := range []struct {
		name    string
		limits  Limits
		brotli  bool
		head    []byte
		zeros   int64
		batches int
		end     Reason
	}{
		{"zlib, before Fjord 10 MB in batches of a byte", bedrock, false, nil, 11_000_000, 10_000_000, None},
		{"brotli, 100 MB in batches of a byte", fjord, true, nil, 101_000_000, 100_000_000, None},
		{"brotli, 100 MB in one batch", fjord, true, []byte{0xbb, 0x05, 0xf5, 0xe0, 0xfb}, 101_000_000, 1, None},
		{"zlib, 100 MB in one batch", fjord, false, []byte{0xbb, 0x05, 0xf5, 0xe0, 0xfb}, 101_000_000, 1, None},
		{"zlib, 90 MB of a batch of 99 MB", fjord, false, []byte{0xbb, 0x05, 0xe6, 0x9e, 0xc0}, 90_000_000, 0, BatchTruncated},
		{"brotli, 90 MB of a batch of 99 MB", fjord, true, []byte{0xbb, 0x05, 0xe6, 0x9e, 0xc0}, 90_000_000, 0, BatchTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, timesTheLimit, tc.limits.MaxRLPBytes, func() {
				data := bomb(t, tc.brotli, tc.head, tc.zeros)
				if len(data) > 1_000_000 {
					t.Errorf("%d bytes are no bomb", len(data))
				}
				batches, size, end := read(t, Raw{Parts: [][]byte{data}}, tc.limits)
				if batches != tc.batches || end != tc.end || size > tc.limits.MaxRLPBytes {
					t.Errorf("%d batches of %d bytes, %v; want %d, %v", batches, size, end, tc.batches, tc.end)
				}
			})
		})
	}
}

// What a header claims costs nothing as long as it does not come.
func TestMemoryOfABatchThatClaimsMuch(t *testing.T) {
	for _, tc := range []struct {
		name string
		head []byte
		end  Reason
	}{
		{"2 to 63", []byte{0xbf, 0x80, 0, 0, 0, 0, 0, 0, 0}, BatchOverLimit},
		{"one more than the limit", []byte{0xbb, 0x05, 0xf5, 0xe0, 0xfc}, BatchOverLimit},
		{"the limit", []byte{0xbb, 0x05, 0xf5, 0xe0, 0xfb}, BatchTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, 0.2, fjord.MaxRLPBytes, func() {
				if batches, _, end := read(t, Raw{Parts: [][]byte{bomb(t, false, tc.head, 1000)}}, fjord); batches != 0 || end != tc.end {
					t.Errorf("%d batches, %v; want %v", batches, end, tc.end)
				}
			})
		})
	}
}

// storedFrames makes a channel of count frames of size bytes, each in an item of its own, so that nothing but the frames is
// held. The data is zlib that did not compress: blocks of noise, each a batch of 60,000 bytes. It is cut off at the end, which
// costs a channel at most the batch that is cut.
func storedFrames(t *testing.T, count, size int, take func(Frame)) {
	const block = 60_000
	batch := append([]byte{0xb9, block >> 8, block & 0xff}, noise(1, block)...)
	stream := []byte{0x78, 0x01}
	for i := range count {
		for len(stream) < size {
			n := uint16(len(batch))
			stream = append(stream, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
			stream = append(stream, batch...)
		}
		frames, reason := ParseFrames(AppendItem(nil, Frame{ID: ID{1}, Number: uint16(i), Data: stream[:size], IsLast: i == count-1}))
		if reason != None {
			t.Fatal(reason)
		}
		take(frames[0])
		stream = append([]byte{}, stream[size:]...)
	}
}

// A channel of 100 MB in frames of 1 MB, a snapshot for each, and then its batches.
func TestMemoryOfALargeChannel(t *testing.T) {
	long(t)
	finish := func(t *testing.T, raw Raw, l Limits, least uint64) {
		if _, size, end := read(t, raw, l); size < least || end != None && end != BatchTruncated && end != BatchOverLimit {
			t.Errorf("%d bytes of batches, %v; want at least %d", size, end, least)
		}
	}
	const frames = 99 // with FrameOverhead for each, one more is above the limit
	for _, tc := range []struct {
		name      string
		snapshots bool
	}{{"assembler", false}, {"assembler, a snapshot for each frame", true}} {
		t.Run(tc.name, func(t *testing.T) {
			// Frames and what they decompress to are there at once.
			peak.Below(t, 2.5, fjord.MaxRLPBytes, func() {
				var a Assembler
				var kept []Assembler
				var raw Raw
				storedFrames(t, frames, MaxFrameLen, func(f Frame) {
					if tc.snapshots {
						kept = append(kept, a)
					}
					raw, _, _ = a.Add(f, 1, fjord)
				})
				finish(t, raw, fjord, 98_000_000)
				runtime.KeepAlive(kept)
			})
		})
	}
	for _, tc := range []struct {
		name      string
		backwards bool
		snapshots bool
	}{{"bank", false, false}, {"bank, last frame first", true, false}, {"bank, a snapshot for each frame", false, true}} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, 1.5, canyon.MaxBank, func() {
				var b Bank
				var kept []Bank
				storedFrames(t, frames, MaxFrameLen, func(f Frame) {
					if tc.snapshots {
						kept = append(kept, b)
					}
					if tc.backwards {
						f.Number = frames - 1 - f.Number
						f.IsLast = f.Number == frames-1
					}
					if _, lost := b.Add(f, 1, canyon); lost != None {
						t.Fatal(lost)
					}
				})
				raw, complete, _ := b.Read(1, canyon)
				if !complete {
					t.Fatal("the channel is not complete")
				}
				if !tc.backwards {
					finish(t, raw, canyon, 9_000_000)
				}
				runtime.KeepAlive(kept)
			})
		})
	}
}

// A channel of as many frames as can be, of a byte each. They count for 13 MB.
func TestMemoryOfAChannelOfTinyFrames(t *testing.T) {
	long(t)
	const counted = MaxFrames * (FrameOverhead + 1)
	for _, tc := range []struct {
		name      string
		every     int // a snapshot after so many frames; 0: none
		backwards bool
	}{{"in order", 0, false}, {"in order, a snapshot for each 218 frames", 218, false}, {"backwards", 0, true}} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, timesTheLimit, counted, func() {
				var kept []Channel
				c := NewChannel(ID{1}, 1)
				for i := range MaxFrames {
					number := uint16(i)
					if tc.backwards {
						number = uint16(MaxFrames - 1 - i)
					}
					item := AppendItem(nil, Frame{ID: ID{1}, Number: number, Data: []byte{1}, IsLast: number == MaxFrames-1})
					frames, _ := ParseFrames(item)
					if reason := c.Add(frames[0], !tc.backwards); reason != None {
						t.Fatal(reason)
					}
					if tc.every > 0 && i%tc.every == 0 {
						kept = append(kept, c)
					}
				}
				if !c.Ready() || len(c.Bytes()) != MaxFrames {
					t.Errorf("%d frames", c.Frames())
				}
				runtime.KeepAlive(kept)
			})
		})
	}
}

// Many channels in the bank, which counts FrameOverhead for each frame. The bank is small here, as what it costs is
// proportional to it.
func TestMemoryOfManyOpenChannels(t *testing.T) {
	long(t)
	for _, tc := range []struct {
		name   string
		frames int // of each channel
		size   int // of each frame
		apart  int // how far apart their numbers are
		most   float64
	}{
		{"of a frame of 10 kB", 1, 10_000, 1, 2},
		{"of a frame of 1 kB", 1, 1000, 1, 2},
		{"of a hundred frames without data", 100, 0, 1, 1.5},
		{"of 17 frames far apart", 17, 0, 4095, 1.5},
		{"of two frames far apart", 2, 0, 65535, 2},
		{"of a frame without data", 1, 0, 1, 2.5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := canyon
			l.MaxBank = 3_000_000
			peak.Below(t, tc.most, l.MaxBank, func() {
				var b Bank
				channels := int(l.MaxBank)/(tc.size+FrameOverhead)/tc.frames + 1
				for i := range channels {
					id := ID{byte(i), byte(i >> 8), byte(i >> 16)}
					for n := range tc.frames {
						frames, _ := ParseFrames(AppendItem(nil, Frame{ID: id, Number: uint16(n * tc.apart), Data: make([]byte, tc.size)}))
						if _, lost := b.Add(frames[0], 1, l); lost != None {
							t.Fatal(lost)
						}
					}
				}
				if open := len(b.Open()); open != channels-1 || b.size > l.MaxBank {
					t.Errorf("%d channels of %d, %d bytes", open, channels-1, b.size)
				}
				runtime.KeepAlive(b)
			})
		})
	}
}

// Frames of a byte that are kept, each in an item with a large one that is dropped.
func TestMemoryOfFramesWithDroppedNeighbours(t *testing.T) {
	long(t)
	peak.Below(t, 0.2, canyon.MaxBank, func() {
		var b Bank
		for i := range 200 {
			item := AppendItem(nil, Frame{ID: ID{byte(i)}, Data: []byte{1}}, Frame{ID: ID{byte(i)}, Data: noise(1, MaxFrameLen)})
			frames, _ := ParseFrames(item)
			if _, lost := b.Add(frames[0], 1, canyon); lost != None {
				t.Fatal(lost)
			}
			if _, lost := b.Add(frames[1], 1, canyon); lost != FrameDuplicate {
				t.Fatal(lost)
			}
		}
		runtime.KeepAlive(b)
	})
}

// The bank from Fjord to Holocene, in channels of 5 MB that wait for their last frame, with a copy of the bank for each
// frame; then they get it, are read, and make place for others. What is read is not more than a channel may decompress to.
func TestMemoryOfTheBankFromFjordOn(t *testing.T) {
	long(t)
	l := tenthOfFjord
	for _, tc := range []struct {
		name     string
		channels int
		frames   int // of each channel
	}{{"one channel", 1, 99}, {"channels of 5 frames", 19, 5}} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, 1.5, l.MaxBank, func() {
				var b Bank
				var kept []Bank
				var ends []Frame
				add := func(f Frame) {
					kept = append(kept, b)
					if _, lost := b.Add(f, 1, l); lost != None {
						t.Fatal(lost)
					}
				}
				for i := range tc.channels {
					storedFrames(t, tc.frames, MaxFrameLen, func(f Frame) {
						f.ID = ID{byte(i)}
						if f.IsLast {
							f.IsLast = false
							ends = append(ends, Frame{ID: f.ID, Number: f.Number + 1, IsLast: true})
						}
						add(f)
					})
				}
				if open := len(b.Open()); open != tc.channels || b.size < l.MaxBank*9/10 {
					t.Errorf("%d channels are open, of %d bytes", open, b.size)
				}
				kept = nil
				for _, f := range ends {
					add(f)
					raw, complete, _ := b.Read(1, l)
					if !complete {
						t.Fatal("the channel is not complete")
					}
					if _, size, end := read(t, raw, l); size < 4_900_000 || end != BatchTruncated && end != BatchOverLimit {
						t.Errorf("%d bytes of batches, %v", size, end)
					}
				}
				runtime.KeepAlive(kept)
			})
		})
	}
}
