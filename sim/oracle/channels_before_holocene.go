package oracle

import "github.com/cairn-rollup/cairn/rollup"

// A frame counts 200 bytes more than its data in all limits on channel sizes.
const frameOverhead = 200

// bankChannel is a channel in the channel bank, where frames may come in any order.
type bankChannel struct {
	id     channelID
	opened uint64 // number of the L1 block of its first frame
	frames []frame
	closed bool
	end    int // number of the closing frame, once closed
	size   uint64
}

func (c *bankChannel) has(number int) bool {
	for _, f := range c.frames {
		if f.number == number {
			return true
		}
	}
	return false
}

// add is the frame insertion of the specs' channel bank (Loading frames).
func (c *bankChannel) add(f frame) {
	if f.last && c.closed || c.has(f.number) || c.closed && f.number >= c.end {
		return
	}
	if f.last {
		c.closed, c.end = true, f.number
		var kept []frame
		for _, held := range c.frames {
			if held.number < c.end {
				kept = append(kept, held)
			}
		}
		if len(kept) < len(c.frames) {
			// The chains that run take the sizes of all frames off here, not only of those that go.
			c.size = 0
		}
		c.frames = kept
	}
	c.frames = append(c.frames, f)
	c.size += uint64(len(f.data)) + frameOverhead
}

func (c *bankChannel) ready() bool {
	if !c.closed {
		return false
	}
	for number := range c.end + 1 {
		if !c.has(number) {
			return false
		}
	}
	return true
}

func (c *bankChannel) data() []byte {
	var data []byte
	for number := range c.end + 1 {
		for _, f := range c.frames {
			if f.number == number {
				data = append(data, f.data...)
			}
		}
	}
	return data
}

// channelBank takes the frames of the L1 block derivation is at and gives the channels that become readable, in the
// order in which they do: what can be read is read before the next frame goes in.
func (d *derivation) channelBank(frames []frame) [][]byte {
	out := d.readBank()
	for _, f := range frames {
		d.ingest(f)
		out = append(out, d.readBank()...)
	}
	return out
}

func (d *derivation) timedOut(opened uint64) bool {
	return opened+d.channelTimeout(d.now().time) < d.now().number
}

func (d *derivation) readBank() (out [][]byte) {
	for len(d.bank) > 0 {
		if d.timedOut(d.bank[0].opened) {
			d.bank = d.bank[1:]
			continue
		}
		i := 0
		if d.active(rollup.Canyon, d.now().time) {
			for i < len(d.bank)-1 && (!d.bank[i].ready() || d.timedOut(d.bank[i].opened)) {
				i++
			}
		}
		if !d.bank[i].ready() || d.timedOut(d.bank[i].opened) {
			break
		}
		out = append(out, d.bank[i].data())
		d.bank = without(d.bank, i)
	}
	return out
}

func (d *derivation) ingest(f frame) {
	var channel *bankChannel
	for _, c := range d.bank {
		if c.id == f.id {
			channel = c
		}
	}
	if channel == nil {
		channel = &bankChannel{id: f.id, opened: d.now().number}
		d.bank = append(d.bank, channel)
	}
	if d.timedOut(channel.opened) {
		return
	}
	channel.add(f)
	for d.bankSize() > d.maxChannelBankSize(d.now().time) {
		d.bank = d.bank[1:]
	}
}

func (d *derivation) bankSize() (size uint64) {
	for _, c := range d.bank {
		size += c.size
	}
	return size
}
