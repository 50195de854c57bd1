package channel

// Channel collects the frames of one id (derivation.md#channel-format). Start one with [NewChannel]. It is a value:
// after a plain copy, adding to either one leaves the other as it was.
type Channel struct {
	id        ID
	openBlock uint64
	frames    frameSet
	size      uint64 // as it counts against limits
	held      uint64 // bytes of data
	closed    bool
	end       uint16 // number of the last frame, once closed
	highest   uint16 // greatest number held, until closed
}

// NewChannel starts an empty channel. openBlock is the number of the L1 block that its first frame to arrive is in.
func NewChannel(id ID, openBlock uint64) Channel {
	return Channel{id: id, openBlock: openBlock}
}

// Add takes a frame into the channel, or drops it and says why. The order of the checks decides only the reason.
// inOrder is the rule from Holocene on: frames must come in the order of their numbers.
func (c *Channel) Add(f Frame, inOrder bool) Reason {
	switch {
	case f.ID != c.id:
		return FrameWrongChannel
	case f.IsLast && c.closed:
		return FrameSecondLast
	case c.frames.has(f.Number):
		return FrameDuplicate
	case c.closed && f.Number >= c.end:
		return FramePastEnd
	case inOrder && int(f.Number) != c.frames.count:
		return FrameOutOfOrder
	}
	if f.IsLast {
		c.close(f.Number)
	}
	c.highest = max(c.highest, f.Number)
	c.frames = c.frames.with(heldFrame{data: f.Data, from: f.From, number: f.Number})
	c.size += uint64(len(f.Data)) + FrameOverhead
	c.held += uint64(len(f.Data))
	return None
}

// close fixes the end of the channel and removes the frames behind it.
//
// op-node subtracts the size of every held frame there, not only of the removed ones. The channel bank prunes by these
// sizes, so this is part of the protocol: the frames that stay count for nothing from then on.
func (c *Channel) close(end uint16) {
	c.closed, c.end = true, end
	if end >= c.highest {
		return
	}
	c.frames = c.frames.below(end)
	c.size, c.held = 0, c.frames.bytes()
}

// ID is the id all frames of the channel have.
func (c Channel) ID() ID { return c.id }

// OpenBlock is the number of the L1 block the channel was opened in; its timeout counts from there.
func (c Channel) OpenBlock() uint64 { return c.openBlock }

// Frames is the number of frames held.
func (c Channel) Frames() int { return c.frames.count }

// Size is what the channel counts for against limits: data plus FrameOverhead for each frame, with the exception that
// closing makes (see Add). It is not the length of Bytes.
func (c Channel) Size() uint64 { return c.size }

// Held is about the number of bytes of memory the channel takes: the data, and FrameOverhead for each frame, which is a
// little more than a frame takes beside it.
func (c Channel) Held() uint64 {
	return c.held + uint64(c.frames.count)*FrameOverhead //nolint:gosec // not negative
}

// Ready says whether the last frame and all before it are there.
func (c Channel) Ready() bool {
	// No frame behind the end is ever held, so counting is enough.
	return c.closed && c.frames.count == int(c.end)+1
}

// raw is the channel, handed over.
func (c Channel) raw() Raw {
	raw := Raw{
		ID: c.id, OpenBlock: c.openBlock,
		Frames: make([]Place, 0, c.frames.count), Parts: make([][]byte, 0, c.frames.count),
	}
	for f := range c.frames.all {
		raw.Frames, raw.Parts = append(raw.Frames, f.from), append(raw.Parts, f.data)
	}
	return raw
}

// Bytes joins the data of the frames, as [Raw.Bytes] does. It is meaningful only if Ready.
func (c Channel) Bytes() []byte { return c.raw().Bytes() }

// timedOut says whether a channel opened in L1 block openBlock is too old to be used at L1 block origin. With origin
// exactly timeout blocks later it is not (derivation.md#channel-format).
func timedOut(openBlock, timeout, origin uint64) bool {
	return openBlock+timeout < origin
}
