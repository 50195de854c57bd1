package channel

import "slices"

// Limits are the rules that the current L1 origin sets for channels. They depend on its time, never on the block a
// channel was opened in or on timestamps of batches.
type Limits struct {
	// MaxRLPBytes bounds what is decompressed of a channel, and what the frames of a staged channel may count for.
	MaxRLPBytes uint64
	// ChannelTimeout is the number of L1 blocks a channel may take after the one it was opened in.
	ChannelTimeout uint64
	// Brotli is whether channels may be compressed with brotli: from Fjord on.
	Brotli bool
	// MaxBank bounds what all channels of a Bank may count for; an Assembler has no use for it.
	MaxBank uint64
	// ScanBank is whether a Bank gives any complete channel, from Canyon on, or only the oldest channel.
	ScanBank bool
}

// Assembler puts channels together from Holocene on (holocene/derivation.md#channel-bank): one channel at a time, its
// frames in order. The zero value is empty and ready. It is a value: a plain copy is a snapshot.
type Assembler struct {
	staged Channel
	open   bool
}

// Raw is a complete channel, still compressed, and where it came from.
type Raw struct {
	ID        ID
	OpenBlock uint64   // number of the L1 block with the frame that came first
	Frames    []Place  // where each frame was, in the order of their numbers
	Parts     [][]byte // the data of each frame, in the same order: one behind the other they are the channel
}

// Bytes joins the parts. If there is one only, that is the result, without a copy.
func (r Raw) Bytes() []byte {
	if len(r.Parts) == 1 {
		return r.Parts[0]
	}
	return slices.Concat(r.Parts...)
}

// Expire drops the staged channel if it has timed out at L1 block origin, and then gives ChannelTimedOut. It must be
// called before the first frame of each L1 block is added; further calls in the same block change nothing.
func (a *Assembler) Expire(origin uint64, l Limits) Reason {
	if !a.open || !timedOut(a.staged.openBlock, l.ChannelTimeout, origin) {
		return None
	}
	*a = Assembler{}
	return ChannelTimedOut
}

// Add takes the next frame of the frame queue, read from L1 block origin. If that completes the staged channel, it is
// handed over, complete is true, and nothing is staged any more.
//
// The reason says what was lost. A reason Frame… concerns the frame alone, the staged channel stays as it is.
// ChannelReplaced concerns the channel staged before: the frame is the first one of a new channel, and was taken.
// ChannelTooLarge concerns the channel with this frame in it, even if it would have been complete.
func (a *Assembler) Add(f Frame, origin uint64, l Limits) (raw Raw, complete bool, lost Reason) {
	if f.Number == 0 {
		// A first frame always starts afresh, even if it repeats the id of the staged channel.
		if a.open {
			lost = ChannelReplaced
		}
		*a = Assembler{staged: NewChannel(f.ID, origin), open: true}
	}
	if !a.open {
		return Raw{}, false, FrameNoChannel
	}
	if reason := a.staged.Add(f, true); reason != None {
		return Raw{}, false, reason
	}
	if a.staged.Size() > l.MaxRLPBytes {
		*a = Assembler{}
		return Raw{}, false, ChannelTooLarge
	}
	if !f.IsLast {
		return Raw{}, false, lost
	}
	c := a.staged
	*a = Assembler{}
	return c.raw(), true, lost
}

// Flush drops the staged channel because a later stage gave it up, and gives ChannelFlushed if there was one.
func (a *Assembler) Flush() Reason {
	if !a.open {
		return None
	}
	*a = Assembler{}
	return ChannelFlushed
}

// Staged is the channel being assembled, if there is one.
func (a Assembler) Staged() (Channel, bool) { return a.staged, a.open }
