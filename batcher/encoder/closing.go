package encoder

import "fmt"

// Closing says by which rule a channel was closed (RULES 12.1).
type Closing uint8

// The rules.
const (
	open             Closing = iota
	ClosedTarget             // it has the size it shall have
	ClosedRLPLimit           // one more block, and readers might not read it to its end
	ClosedFrameLimit         // one more block, and there might not be enough frame numbers
	ClosedDuration           // MaxChannelDuration is over
	ClosedSeqWindow          // the sequencing window of its oldest block ends soon
	ClosedMemory             // MaxPendingBytes are held, and no other channel is there to be sent
	ClosedFlush              // Flush was called
)

var closingNames = [...]string{
	open: "open", ClosedTarget: "target", ClosedRLPLimit: "rlp-limit", ClosedFrameLimit: "frame-limit",
	ClosedDuration: "duration", ClosedSeqWindow: "seq-window", ClosedMemory: "memory", ClosedFlush: "flush",
}

func (c Closing) String() string {
	if int(c) < len(closingNames) {
		return closingNames[c]
	}
	return fmt.Sprintf("closing-%d", uint8(c))
}

// due says by which rule of time the open channel is to be closed at the L1 head.
func (e *Encoder) due() Closing {
	if e.open == nil {
		return open
	}
	oldest := e.open.blocks[0].batch.EpochNum
	switch {
	case e.l1.Number+e.cfg.SubSafetyMargin >= oldest+e.cfg.Rollup.SeqWindowSize:
		return ClosedSeqWindow
	case e.cfg.MaxChannelDuration > 0 && e.l1.Number >= max(oldest, e.closedAt)+e.cfg.MaxChannelDuration:
		return ClosedDuration
	}
	return open
}

// Loss says why what was sent, or is to be sent, will not make its blocks safe.
type Loss uint8

// The losses.
const (
	NotLost          Loss = iota
	LostStalled           // derivation passed the whole channel, and its blocks are not safe
	LostTimeout           // its frames are further apart on L1 than the channel timeout, or will be
	LostWindowClosed      // the sequencing window of its oldest block ended before all of it was sent
)

var lossNames = [...]string{
	NotLost: "not-lost", LostStalled: "stalled", LostTimeout: "channel-timeout", LostWindowClosed: "seq-window-closed",
}

func (l Loss) String() string {
	if int(l) < len(lossNames) {
		return lossNames[l]
	}
	return fmt.Sprintf("loss-%d", uint8(l))
}

// Lost says whether to give up what is held, given the L1 block derivation is at. It must be asked after Safe with the
// safe head of the same moment.
//
//   - A channel that derivation has passed while its blocks are not safe was dropped or has vanished from L1: from Holocene
//     on nothing behind it can be applied either.
//   - The rest of a channel must be included within the channel timeout of its first frame. SubSafetyMargin before that
//     the rest is given up, so that it is not paid for in vain.
//   - A batch included after its epoch + sequencing window is dropped: nothing is ever sent that cannot be included by then.
func (e *Encoder) Lost(currentL1 uint64) Loss {
	timeout := e.cfg.Rollup.L1Rules(e.l1.Time).ChannelTimeout
	for _, c := range e.closed {
		first, last, all := c.inclusion()
		switch {
		case all && last-first > timeout:
			return LostTimeout
		case all && last < currentL1:
			return LostStalled
		case !all && first > 0 && e.l1.Number+e.cfg.SubSafetyMargin >= first+timeout:
			return LostTimeout
		}
	}
	if oldest, ok := e.oldestUnsent(); ok && e.windowClosed(oldest) {
		return LostWindowClosed
	}
	return NotLost
}

// oldestUnsent is the epoch of the oldest block of which something was not sent yet.
func (e *Encoder) oldestUnsent() (epoch uint64, ok bool) {
	for _, c := range e.closed {
		if c.unsent() {
			return c.epoch, true
		}
	}
	if e.open != nil {
		return e.open.blocks[0].batch.EpochNum, true
	}
	return 0, false
}

// windowClosed says whether a batch of an epoch can no longer be included in time: inclusion in epoch + window is still
// valid (specs: derivation, batch queue), and the next L1 block is the one after the head.
func (e *Encoder) windowClosed(epoch uint64) bool {
	return epoch+e.cfg.Rollup.SeqWindowSize < e.l1.Number+1
}
