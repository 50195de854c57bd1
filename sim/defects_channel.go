package sim

import (
	"encoding/binary"
	"slices"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// oddString stands between the RLP strings of a channel and is none, or is one that is too long.
func (g *generator) oddString() []byte {
	limit := g.Config.L1Rules(g.header.Time).MaxRLPBytes
	switch g.rng.IntN(7) {
	case 0:
		return []byte{0xc2, 0x01, 0x02}
	case 1:
		return []byte{0x81, 0x05}
	case 2:
		return []byte{0xb8, 0x02, 0x00, 0x01}
	case 3:
		return []byte{0xb9, 0x00, 0x40}
	case 4:
		return binary.BigEndian.AppendUint32([]byte{0xbb}, uint32(limit))
	case 5:
		return []byte{0xb9, 0x20, 0x00, 0x01} // longer than what comes
	default:
		return []byte{0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
}

// damage does something to a compressed channel.
func (g *generator) damage(data []byte) []byte {
	switch g.rng.IntN(9) {
	case 0:
		return data[:g.rng.IntN(len(data))]
	case 1: // only the checksum is cut
		return data[:len(data)-min(len(data), 1+g.rng.IntN(6))]
	case 2:
		data[g.rng.IntN(len(data))] ^= 1 << g.rng.IntN(8)
	case 3:
		data[0] = byte(g.rng.IntN(256))
	case 4:
		return nil
	case 5:
		data[1] ^= 0x20 // a preset dictionary, and a wrong header check
	case 6:
		return append(data, g.name()...)
	case 7:
		data[len(data)-1] ^= 1 // the checksum
	case 8:
		data[0] = 0x0f
	}
	return data
}

// disorder does something to the frames of a channel.
func (g *generator) disorder(frames []channel.Frame) []channel.Frame {
	i, k := g.rng.IntN(len(frames)), g.rng.IntN(len(frames))
	what := g.rng.IntN(10)
	if !g.is(rollup.Holocene) && g.chance(30) {
		what = 9 // with channels in any order it takes more to do harm
	}
	switch what {
	case 0:
		return slices.Delete(frames, i, i+1)
	case 1:
		return slices.Insert(frames, k, frames[i])
	case 2:
		frames[i], frames[k] = frames[k], frames[i]
	case 3:
		frames[i].IsLast = !frames[i].IsLast
	case 4:
		frames[i].Number += uint16(g.rng.IntN(3))
	case 5:
		frames[i].Number = uint16(g.rng.IntN(1 << 16))
	case 6: // of a channel that is gone, or of no channel
		binary.BigEndian.PutUint32(frames[i].ID[12:], g.serial-min(g.serial, 1))
	case 7: // begins anew
		return append(slices.Clone(frames[:i]), frames...)
	case 8:
		last := frames[len(frames)-1]
		last.Number += uint16(g.rng.IntN(3))
		return append(frames, last)
	case 9: // the last one first, and one behind it
		behind := frames[i]
		behind.Number, behind.IsLast = uint16(len(frames)+g.rng.IntN(2)), false
		out := append([]channel.Frame{behind}, frames...)
		g.rng.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
		return out
	}
	return frames
}

// fillToLimit makes the batches of a channel, up to one of them, take just as many bytes as a channel may, or one more or
// fewer. What fills it are bytes after the body of a batch, which do not count.
func (g *generator) fillToLimit(items [][]byte) [][]byte {
	limit := int(g.Config.L1Rules(g.header.Time).MaxRLPBytes)
	if g.filled++; limit > 10_000_000 {
		g.filled = 3
	}
	last := g.rng.IntN(len(items))
	left := limit + pick(g.rng, -1, 0, 0, 1)
	for _, item := range items[:last] {
		left -= channel.EncodedLen(item)
	}
	left -= 4 // what RLP puts before a string of this size
	if left >= 1<<24 {
		left--
	}
	grown := make([]byte, left)
	copy(grown, items[last])
	items[last] = grown
	g.counts.add("feature: channel filled to the limit", 1)
	return items
}

// flood posts as many frames as may be held, or one byte more. Before Holocene they are those of a channel that throws out
// another one, all of which is there but its last frame. From Holocene on they are a channel of their own, which counts if it
// is not too large: of zeros behind the end of its compressed data.
func (g *generator) flood() {
	rules := g.Config.L1Rules(g.header.Time)
	over := int(1 - g.Seed/300%2)
	room := int(rules.MaxChannelBank) + over
	g.frames = nil
	g.channel()
	id, data := channel.ID{0xf1}, []byte(nil)
	for _, f := range g.frames {
		data = append(data, f.Data...)
	}
	frames := testkit.Cut(g.frames[0].ID, data, 3)
	if g.frames = nil; rules.StrictOrder {
		room = int(rules.MaxRLPBytes) + over
		id = frames[0].ID
	} else {
		g.frames, data = frames[:2:2], nil
		for _, f := range g.frames {
			room -= len(f.Data) + channel.FrameOverhead
		}
	}
	const most = channel.MaxBlobFrameData
	for number := 0; room > channel.FrameOverhead; number++ {
		part := make([]byte, min(most, room-channel.FrameOverhead))
		data = data[copy(part, data):]
		room -= len(part) + channel.FrameOverhead
		g.frames = append(g.frames, channel.Frame{ID: id, Number: uint16(number), Data: part})
	}
	if rules.StrictOrder {
		g.frames[len(g.frames)-1].IsLast = true
	} else {
		g.frames = append(g.frames, frames[2])
	}
	g.counts.add("feature: flood", 1)
}
