package channel

import "bytes"

// Bank puts channels together before Holocene (derivation.md#channel-bank): any number of channels at a time, the frames of
// each in any order. The zero value is empty and ready. It is a value: a plain copy is a snapshot.
//
// Honest batchers have one or two channels open. There can be millions, though: no step goes through all of them.
type Bank struct {
	channels tree[ID, *banked] // what they point to is not written through
	order    tree[opening, ID] // of all channels
	complete tree[opening, ID] // of those that are complete
	opened   opening           // of the next channel that is opened
	size     uint64            // of all channels together, as it counts against Limits.MaxBank
	held     uint64            // see Held
}

// opening is the position of a channel in the order in which channels are opened.
type opening uint64

func (o opening) before(other opening) bool { return o < other }

func (id ID) before(other ID) bool { return bytes.Compare(id[:], other[:]) < 0 }

// banked is a channel in the bank.
type banked struct {
	Channel
	opened opening
}

// Read takes the next channel out, at L1 block origin. It is to be asked before each frame that is added, until it has
// nothing more to say: how much the bank holds, and with it what it loses, depends on that order.
//
// A first channel that has timed out is dropped, which ends this reading: lost is then ChannelTimedOut, and of raw the id
// is set. Otherwise it is the
// first channel that is taken if it is complete, or with Limits.ScanBank the first one that is.
func (b *Bank) Read(origin uint64, l Limits) (raw Raw, complete bool, lost Reason) {
	id, open := b.order.first()
	if !open {
		return Raw{}, false, None
	}
	c, _ := b.channels.get(id)
	if timedOut(c.openBlock, l.ChannelTimeout, origin) {
		b.remove(c)
		return Raw{ID: id}, false, ChannelTimedOut
	}
	if l.ScanBank { // none has timed out: they are in the order they were opened
		if id, complete = b.complete.first(); !complete {
			return Raw{}, false, None
		}
		c, _ = b.channels.get(id)
	}
	if !c.Ready() {
		return Raw{}, false, None
	}
	b.remove(c)
	return c.raw(), true, None
}

// Add takes a frame that was read from L1 block origin, or says why it is dropped. Then the oldest channels are dropped
// until the rest counts for no more than Limits.MaxBank, be it all of them; pruned are their ids.
func (b *Bank) Add(f Frame, origin uint64, l Limits) (pruned []ID, lost Reason) {
	c := banked{NewChannel(f.ID, origin), b.opened}
	before, known := b.channels.get(f.ID)
	if known {
		c = *before
	}
	if timedOut(c.openBlock, l.ChannelTimeout, origin) {
		return nil, FrameTooLate
	}
	if lost = c.Add(f, false); lost != None {
		return nil, lost
	}
	if known {
		b.size, b.held = b.size-before.size, b.held-before.memory()
	}
	b.put(&c)
	for b.size > l.MaxBank {
		oldest, _ := b.order.first()
		c, _ := b.channels.get(oldest)
		b.remove(c)
		pruned = append(pruned, oldest)
	}
	return pruned, None
}

// put takes a channel in that is new, or has a frame more.
func (b *Bank) put(c *banked) {
	b.channels = b.channels.with(c.id, c)
	if c.opened == b.opened {
		b.order = b.order.with(c.opened, c.id)
		b.opened++
	}
	if c.Ready() {
		b.complete = b.complete.with(c.opened, c.id)
	}
	b.size, b.held = b.size+c.size, b.held+c.memory()
}

func (b *Bank) remove(c *banked) {
	b.channels = b.channels.without(c.id)
	b.order = b.order.without(c.opened)
	if c.Ready() {
		b.complete = b.complete.without(c.opened)
	}
	b.size, b.held = b.size-c.size, b.held-c.memory()
}

// all goes through the channels in the order they were opened.
func (b Bank) all(yield func(*banked) bool) {
	b.order.all(func(id ID) bool {
		c, _ := b.channels.get(id)
		return yield(c)
	})
}

// Open are the ids of the channels in the bank, in the order they were opened.
func (b Bank) Open() (ids []ID) {
	for id := range b.order.all {
		ids = append(ids, id)
	}
	return ids
}

// Held is about the number of bytes of memory the bank takes, see [Channel.Held]. It is not what its channels count for.
func (b Bank) Held() uint64 { return b.held }

// memory is what a channel takes in the bank.
func (c *banked) memory() uint64 { return c.Held() + FrameOverhead }
