package channel

import "slices"

// Bank puts channels together before Holocene (derivation.md#channel-bank): any number of channels at a time, the frames of
// each in any order. The zero value is empty and ready. It is a value: a plain copy is a snapshot.
//
// Channels are looked through one by one, as op-node does too; honest batchers have one or two open.
type Bank struct {
	channels []*Channel // in the order they were opened; neither the list nor a channel in it is written through
	size     uint64     // of all channels together, as it counts against Limits.MaxBank
}

// Read takes the next channel out, at L1 block origin. It is to be asked before each frame that is added, until it has
// nothing more to say: how much the bank holds, and with it what it loses, depends on that order.
//
// A first channel that has timed out is dropped, which ends this reading: lost is then ChannelTimedOut, and of raw the id
// is set. Otherwise it is the
// first channel that is taken if it is complete, or with Limits.ScanBank the first one that is.
func (b *Bank) Read(origin uint64, l Limits) (raw Raw, complete bool, lost Reason) {
	if len(b.channels) > 0 && TimedOut(b.channels[0].openBlock, l.ChannelTimeout, origin) {
		late := b.channels[0].id
		b.remove(0)
		return Raw{ID: late}, false, ChannelTimedOut
	}
	for i, c := range b.channels { // none has timed out: they are in the order they were opened
		if c.Ready() {
			b.remove(i)
			return c.raw(), true, None
		}
		if !l.ScanBank {
			break
		}
	}
	return Raw{}, false, None
}

// Add takes a frame that was read from L1 block origin, or says why it is dropped. Then the oldest channels are dropped
// until the rest counts for no more than Limits.MaxBank, be it all of them; pruned are their ids.
func (b *Bank) Add(f Frame, origin uint64, l Limits) (pruned []ID, lost Reason) {
	c := NewChannel(f.ID, origin)
	at := slices.IndexFunc(b.channels, func(c *Channel) bool { return c.id == f.ID })
	if at >= 0 {
		c = *b.channels[at]
	}
	if TimedOut(c.openBlock, l.ChannelTimeout, origin) {
		return nil, FrameTooLate
	}
	before := c.size
	if lost = c.Add(f, false); lost != None {
		return nil, lost
	}
	if at < 0 {
		b.channels = append(slices.Clip(b.channels), &c)
	} else {
		b.channels = slices.Clone(b.channels)
		b.channels[at] = &c
	}
	b.size += c.size - before // the difference wraps around where closing has made the channel smaller
	for b.size > l.MaxBank {
		pruned = append(pruned, b.channels[0].id)
		b.remove(0)
	}
	return pruned, None
}

func (b *Bank) remove(at int) {
	b.size -= b.channels[at].size
	if len(b.channels) == 1 {
		b.channels = nil
		return
	}
	b.channels = slices.Concat(b.channels[:at], b.channels[at+1:])
}

// Open are the ids of the channels in the bank, in the order they were opened.
func (b Bank) Open() []ID {
	ids := make([]ID, len(b.channels))
	for i, c := range b.channels {
		ids[i] = c.id
	}
	return ids
}

// Held is the number of bytes the frames in the bank hold. It is not what they count for.
func (b Bank) Held() (bytes uint64) {
	for _, c := range b.channels {
		bytes += c.held
	}
	return bytes
}
