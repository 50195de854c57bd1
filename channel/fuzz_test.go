package channel

import (
	"bytes"
	"slices"
	"testing"
)

// patchedBlob is a blob of any bytes that a fuzzer can think of: some at the front, some elsewhere, and zeros.
func patchedBlob(front []byte, at uint32, patch []byte) *[BlobSize]byte {
	blob := new([BlobSize]byte)
	copy(blob[:], front)
	copy(blob[at%BlobSize:], patch)
	return blob
}

// blobByTheLetter reads a blob byte by byte: 127 bytes in each round of four field elements, of which the bytes 31, 63 and
// 95 come from the six free bits of the elements.
func blobByTheLetter(blob *[BlobSize]byte) ([]byte, Reason) {
	const perRound, element = 127, 32
	packed := make([]byte, 0, 1024*perRound)
	for round := range 1024 {
		top := func(i int) byte { return blob[(4*round+i)*element] }
		for at := range perRound {
			var b byte
			switch at {
			case 31:
				b = top(0)%64 + top(1)/16%4*64
			case 63:
				b = top(1)%16 + top(3)%16*16
			case 95:
				b = top(2)%64 + top(3)/16%4*64
			default:
				b = blob[4*round*element+at+1]
			}
			packed = append(packed, b)
		}
	}
	length := int(packed[1])*65536 + int(packed[2])*256 + int(packed[3])
	switch {
	case packed[0] != 0:
		return nil, BlobVersion
	case length > 130_044:
		return nil, BlobLength
	}
	for i := 1; i < 4096; i++ {
		read := i/4 <= (4+length-1)/perRound
		if top := blob[i*element] / 64; top != 0 && read {
			return nil, BlobFieldElement
		}
	}
	data, padding := packed[4:4+length], packed[4+length:]
	for i := range 4096 {
		padding = append(padding, blob[i*element]/64*min(1, byte(i))) // in what is not read the top bits have to be zero, too
	}
	if slices.ContainsFunc(padding, func(b byte) bool { return b != 0 }) {
		return nil, BlobPadding
	}
	return data, None
}

// FuzzDecodeBlob: any blob is what it is to the slow reader, and what is not dropped is what EncodeBlob makes, except for
// the two bits that nobody looks at.
func FuzzDecodeBlob(f *testing.F) {
	f.Fuzz(func(t *testing.T, front []byte, at uint32, patch []byte) {
		blob := patchedBlob(front, at, patch)
		before := *blob
		got, reason := DecodeBlob(blob)
		if *blob != before {
			t.Fatal("the blob was changed")
		}
		want, wantReason := blobByTheLetter(blob)
		if reason != wantReason || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; by the letter %d bytes, %v", len(got), reason, len(want), wantReason)
		}
		if reason == None && *mustEncodeBlob(t, got) != canonical(*blob) {
			t.Fatal("the data encodes to another blob")
		}
	})
}

// modelBank is the channel bank as op-node words it: frames in maps, sizes added up, the oldest channels pruned.
type modelBank struct {
	order    []ID
	channels map[ID]*modelChannel
	opened   map[ID]uint64
}

func (m *modelBank) drop(id ID) {
	m.order = slices.DeleteFunc(slices.Clone(m.order), func(other ID) bool { return other == id })
	delete(m.channels, id)
}

func (m *modelBank) read(origin uint64, l Limits) (data []byte, found, timedOut bool) {
	for i, id := range m.order {
		if i == 0 && m.opened[id]+l.ChannelTimeout < origin {
			m.drop(id)
			return nil, false, true
		}
		if i > 0 && !l.ScanBank {
			break
		}
		if data, ready := m.channels[id].bytes(); ready {
			m.drop(id)
			return data, true, false
		}
	}
	return nil, false, false
}

func (m *modelBank) add(f Frame, origin uint64, l Limits) {
	if m.channels[f.ID] == nil {
		m.channels[f.ID], m.opened[f.ID] = &modelChannel{frames: map[uint16]Frame{}}, origin
		m.order = append(m.order, f.ID)
	}
	if m.opened[f.ID]+l.ChannelTimeout < origin || !m.channels[f.ID].add(f, false) {
		return
	}
	for m.size() > l.MaxBank {
		m.drop(m.order[0])
	}
}

func (m *modelBank) size() (total uint64) {
	for _, c := range m.channels {
		total += uint64(c.size)
	}
	return total
}

// FuzzBank plays frames of a few channels over L1 blocks, and compares with the model. Two bytes make a frame: its channel,
// how many L1 blocks pass before it, whether it is the last one, its number and its length.
func FuzzBank(f *testing.F) {
	f.Fuzz(func(t *testing.T, spec []byte, maxBank uint16, scan bool) {
		l := Limits{ChannelTimeout: 3, MaxBank: uint64(maxBank%4096) + 1, ScanBank: scan}
		m := modelBank{channels: map[ID]*modelChannel{}, opened: map[ID]uint64{}}
		var b Bank
		origin := uint64(10)
		read := func() {
			for {
				data, found, timedOut := m.read(origin, l)
				raw, complete, lost := b.Read(origin, l)
				if complete != found || (lost == ChannelTimedOut) != timedOut || !bytes.Equal(raw.Bytes(), data) {
					t.Fatalf("at %d read %v %v %x, want %v %v %x", origin, complete, lost, raw.Bytes(), found, timedOut, data)
				}
				if !found && !timedOut {
					return
				}
			}
		}
		for i := 0; i+1 < len(spec); i += 2 {
			who, what := spec[i], spec[i+1]
			for range who >> 3 & 3 {
				read()
				origin++
			}
			read()
			frame := Frame{ID: ID{who & 7}, Number: uint16(what & 15), IsLast: what&16 != 0, Data: bytes.Repeat([]byte{what}, int(what>>5)*int(who>>5)*20)}
			m.add(frame, origin, l)
			b.Add(frame, origin, l)
			checkBank(t, &b, &m, l)
		}
		read()
	})
}

// checkBank compares all that the bank keeps of its channels with the model.
func checkBank(t *testing.T, b *Bank, m *modelBank, l Limits) {
	t.Helper()
	if b.size != m.size() || b.size > l.MaxBank || !slices.Equal(b.Open(), m.order) {
		t.Fatalf("size %d of %d, channels %v; want %d, %v", b.size, l.MaxBank, b.Open(), m.size(), m.order)
	}
	var held uint64
	var complete []ID
	for c := range b.all {
		want := m.channels[c.id]
		if c.Frames() != len(want.frames) {
			t.Fatalf("channel %s has %d frames, want %d", c.id, c.Frames(), len(want.frames))
		}
		for _, f := range want.frames {
			held += uint64(len(f.Data)) + FrameOverhead
		}
		held += FrameOverhead
		if _, ready := want.bytes(); ready {
			complete = append(complete, c.id)
		}
	}
	if b.Held() != held || !slices.Equal(slices.Collect(b.complete.all), complete) {
		t.Fatalf("%d bytes are held, want %d; complete are %v, want %v", b.Held(), held, slices.Collect(b.complete.all), complete)
	}
}

// FuzzItems takes any items the way of a node from Holocene on. What is staged and what comes out stays within the limit,
// comes in order and whole, and the items are not written to.
func FuzzItems(f *testing.F) {
	f.Fuzz(func(t *testing.T, first, second []byte, limit uint16) {
		l := Limits{MaxRLPBytes: uint64(limit) + 1, ChannelTimeout: 1, Brotli: true}
		var a Assembler
		before := slices.Concat(first, second)
		for origin, item := range [][]byte{first, second} {
			a.Expire(uint64(origin), l)
			frames, reason := ParseFrames(item)
			if reason != None {
				continue
			}
			kept, _ := Prune(frames)
			for _, frame := range kept {
				held := a
				raw, complete, _ := a.Add(frame, uint64(origin), l)
				staged, open := a.Staged()
				if complete && open || open && (staged.Size() > l.MaxRLPBytes || staged.Ready()) {
					t.Fatalf("complete %v, staged %v with size %d of %d", complete, open, staged.Size(), l.MaxRLPBytes)
				}
				if !complete {
					continue
				}
				counted := uint64(len(raw.Bytes())) + FrameOverhead*(uint64(frame.Number)+1)
				if counted > l.MaxRLPBytes || !frame.IsLast || !bytes.HasSuffix(raw.Bytes(), frame.Data) {
					t.Fatalf("%d bytes that count for %d of %d, by frame %+v", len(raw.Bytes()), counted, l.MaxRLPBytes, frame)
				}
				if again, _, _ := held.Add(frame, uint64(origin), l); !bytes.Equal(again.Bytes(), raw.Bytes()) {
					t.Fatal("a copy of the assembler gives another channel")
				}
				checkDecoder(t, raw.Bytes(), l)
			}
		}
		if !bytes.Equal(slices.Concat(first, second), before) {
			t.Fatal("an item was changed")
		}
	})
}
