package inspect

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/cairn-rollup/cairn/channel"
)

// Item is the payload of one batcher transaction or blob: a version byte and frames (derivation.md#batcher-transaction-format).
type Item struct {
	// Bare: it is frames without the version byte in front of them. Nodes never see that; people do.
	Bare  bool `json:"bare,omitempty"`
	Bytes int  `json:"bytes"`
	// Dropped: nodes drop the whole item. Frames are then those before the place at which reading stopped.
	Dropped *Reason `json:"dropped,omitempty"`
	Stopped *Stop   `json:"stopped,omitempty"`
	Count   int     `json:"count"` // of all frames
	Frames  []Frame `json:"frames,omitempty"`
	// Notes are remarks in words.
	Notes []string `json:"notes,omitempty"`
}

// Stop is the frame that cannot be read.
type Stop struct {
	At    int    `json:"at"` // byte of the item at which it begins
	Found string `json:"found"`
}

// Frame is one piece of a channel (derivation.md#frame-format).
type Frame struct {
	Item   *int   `json:"item,omitempty"` // which of several items it is in, from 0
	At     int    `json:"at"`             // byte of the item at which it begins
	ID     string `json:"id"`             // of the channel
	Number uint16 `json:"number"`
	Bytes  int    `json:"bytes"` // of its data
	IsLast bool   `json:"isLast"`
	// Dropped: nodes drop this frame, under the rules of Options.At. Before Holocene none is dropped for its order.
	Dropped *Reason `json:"dropped,omitempty"`
}

// ReadItem reads an item, or frames without the version byte.
func ReadItem(in Input, o Options) (*Item, error) {
	data, err := in.bytes("an item or a frame")
	if err != nil {
		return nil, err
	}
	if len(data) == channel.BlobSize {
		if _, reason := channel.ParseFrames(data); reason != channel.None {
			return nil, fmt.Errorf("expected an item or a frame, found %s, as many as a blob has ('cairn inspect blob' reads it)", count(len(data), "byte"))
		}
	}
	it, _, ok := readPasted(data, o)
	if !ok {
		return nil, fmt.Errorf("expected an item (00, then frames) or a frame (id 16 bytes, number 2, length 4, data, is_last 1), found 0x%02x at byte 0, and taken as a frame, %s", data[0], whereFramesStop(data))
	}
	return it, nil
}

// whereFramesStop says what is wrong with bare frames.
func whereFramesStop(data []byte) string {
	item := asItem(data)
	_, reason := channel.ParseFrames(item)
	_, at := wholeFrames(item)
	return fmt.Sprintf("at byte %d %s (%s)", at-1, found(item[at:]), reason)
}

// asItem puts the version byte in front of frames.
func asItem(frames []byte) []byte {
	return append([]byte{channel.DerivationVersion0}, frames...)
}

// readPasted gives an item and its frames, which may lack the version byte; ok is false if it is neither, however broken.
func readPasted(data []byte, o Options) (it *Item, frames []channel.Frame, ok bool) {
	if _, reason := channel.ParseFrames(data); reason != channel.None && len(data) > 0 {
		if bare, r := channel.ParseFrames(asItem(data)); r == channel.None {
			return describe(&Item{Bare: true, Bytes: len(data)}, bare, 0, o), bare, true
		}
		if data[0] != channel.DerivationVersion0 {
			return nil, nil, false
		}
	}
	it, frames = readItem(data, o)
	return it, frames, true
}

// readItem gives an item as nodes see it, and its frames, none if nodes drop it.
func readItem(data []byte, o Options) (*Item, []channel.Frame) {
	it := &Item{Bytes: len(data)}
	frames, reason := channel.ParseFrames(data)
	if reason == channel.None {
		return describe(it, frames, 1, o), frames
	}
	it.Dropped = channelReason(reason)
	if len(data) > 1 && data[0] == channel.DerivationVersion0 {
		whole, at := wholeFrames(data)
		it.Stopped = &Stop{At: at, Found: found(data[at:])}
		describe(it, whole, 1, o)
	}
	return it, nil
}

// describe adds the frames, the first of which begins at a byte.
func describe(it *Item, frames []channel.Frame, at int, o Options) *Item {
	it.Count, it.Frames = len(frames), []Frame{}
	var fates []channel.Reason
	if it.Dropped == nil {
		fates = pruned(frames, o)
	}
	for i, f := range frames {
		if o.more(i) {
			out := frame(f, at)
			if fates != nil {
				out.Dropped = channelReason(fates[i])
			}
			it.Frames = append(it.Frames, out)
		}
		at += channel.FrameHeaderLen + len(f.Data)
	}
	switch {
	case it.Bare:
		it.Notes = append(it.Notes, "the version byte 00, which makes an item of frames, is not there")
	case it.Dropped == nil && frames[0].Number != 0 && o.rules().StrictOrder:
		it.Notes = append(it.Notes, fmt.Sprintf("frame %d comes first: it counts only if the frames before it were in earlier items", frames[0].Number))
	}
	return it
}

func frame(f channel.Frame, at int) Frame {
	return Frame{At: at, ID: f.ID.String(), Number: f.Number, Bytes: len(f.Data), IsLast: f.IsLast}
}

// wholeFrames are the frames in front of the place at which an item stops being one, and that place.
func wholeFrames(item []byte) (frames []channel.Frame, at int) {
	const lengthAt = 18
	for at = 1; at+channel.FrameHeaderLen <= len(item); {
		end := at + channel.FrameHeaderLen + int(binary.BigEndian.Uint32(item[at+lengthAt:]))
		if end > len(item) {
			break
		}
		f, reason := channel.ParseFrames(asItem(item[at:end]))
		if reason != channel.None {
			break
		}
		frames, at = append(frames, f...), end
	}
	return frames, at
}

// found says what is there in place of a frame.
func found(rest []byte) string {
	const lengthAt, dataAt = 18, 22
	if len(rest) < dataAt {
		return fmt.Sprintf("%s, less than the header of a frame takes", count(len(rest), "byte"))
	}
	length := binary.BigEndian.Uint32(rest[lengthAt:])
	end := dataAt + uint64(length)
	if end < uint64(len(rest)) && length <= channel.MaxFrameLen {
		return fmt.Sprintf("is_last is 0x%02x", rest[end])
	}
	return fmt.Sprintf("it declares %s of data and then is_last, and %s are left", count(int(length), "byte"), count(len(rest)-dataAt, "byte"))
}

// pruned gives for each frame of an item the reason for which the frame queue drops it.
func pruned(frames []channel.Frame, o Options) []channel.Reason {
	fates := make([]channel.Reason, len(frames))
	if !o.rules().StrictOrder {
		return fates
	}
	// Pruning does not look at the data, which here tells the frames apart.
	tagged := make([]channel.Frame, len(frames))
	for i, f := range frames {
		tagged[i] = f
		tagged[i].Data = binary.BigEndian.AppendUint32(nil, uint32(i)) //nolint:gosec // bounded by MaxData
	}
	_, dropped := channel.Prune(tagged)
	for _, d := range dropped {
		fates[binary.BigEndian.Uint32(d.Frame.Data)] = d.Reason
	}
	return fates
}

// WriteText writes the item for people.
func (it *Item) WriteText(w io.Writer) error {
	var p page
	it.text(&p)
	return p.to(w)
}

func (it *Item) text(p *page) {
	name := "item"
	if it.Bare {
		name = "frames"
	}
	p.row(name, "%s, %s", count(it.Bytes, "byte"), count(it.Count, "frame"))
	if it.Dropped != nil {
		p.row("dropped", "%s", it.Dropped)
	}
	if it.Stopped != nil {
		p.row("stopped", "at byte %d: %s; one bad frame drops the whole item", it.Stopped.At, it.Stopped.Found)
	}
	p.notes(it.Notes)
	frameTable(p, it.Frames, it.Count)
}

func frameTable(p *page, frames []Frame, all int) {
	if len(frames) == 0 {
		return
	}
	item := frames[0].Item != nil
	lines := []string{"FRAME\tCHANNEL\tAT BYTE\tBYTES\tLAST"}
	drops := slices.ContainsFunc(frames, func(f Frame) bool { return f.Dropped != nil })
	if drops {
		lines[0] += "\tDROPPED"
	}
	if item {
		lines[0] = "ITEM\t" + lines[0]
	}
	for _, f := range frames {
		last := "no"
		if f.IsLast {
			last = "yes"
		}
		line := fmt.Sprintf("%d\t%s\t%d\t%s\t%s", f.Number, f.ID, f.At, thousands(uint64(f.Bytes)), last)
		if drops {
			line += "\t" // a row without this cell would end the column
		}
		if f.Dropped != nil {
			line += f.Dropped.String()
		}
		if item {
			line = fmt.Sprintf("%d\t%s", *f.Item, line)
		}
		lines = append(lines, line)
	}
	p.WriteByte('\n')
	p.table(lines)
	p.left(all, len(frames))
}
