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
	c.frames = c.frames.with(f.Number, f.Data, f.From)
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

// Ready says whether the last frame and all before it are there.
func (c Channel) Ready() bool {
	// No frame behind the end is ever held, so counting is enough.
	return c.closed && c.frames.count == int(c.end)+1
}

// raw is the channel, handed over.
func (c Channel) raw() Raw {
	places := make([]Place, c.frames.count)
	for i := range places {
		places[i] = c.frames.from(uint16(i)) //nolint:gosec // there are at most MaxFrames
	}
	return Raw{ID: c.id, OpenBlock: c.openBlock, Frames: places, Data: c.Bytes()}
}

// Bytes joins the data of the frames. It is meaningful only if Ready. A channel of one frame gives that frame's data
// without copying it.
func (c Channel) Bytes() []byte {
	if c.frames.count == 1 {
		data, _ := c.frames.get(c.end)
		return data
	}
	total := 0
	for i := range c.frames.count {
		data, _ := c.frames.get(uint16(i))
		total += len(data)
	}
	joined := make([]byte, 0, total)
	for i := range c.frames.count {
		data, _ := c.frames.get(uint16(i))
		joined = append(joined, data...)
	}
	return joined
}

// TimedOut says whether a channel opened in L1 block openBlock is too old to be used at L1 block origin. With origin
// exactly timeout blocks later it is not (derivation.md#channel-format).
func TimedOut(openBlock, timeout, origin uint64) bool {
	return openBlock+timeout < origin
}
