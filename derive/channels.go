package derive

import (
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
)

// pulled is what one attempt to get a batch gave.
type pulled uint8

const (
	pulledBatch   pulled = iota
	pulledNothing        // some work is done, there may be more
	pulledEnd            // all data of the origin is used
)

// pull does one piece of the way from data to batch: take the next batch of the channel that is being read, or else add
// a frame to the channel that is being put together, or else parse an item.
func (m *Machine) pull() (batch.Batch, pulled) {
	switch s := &m.s; {
	case s.reading:
		return m.nextBatch()
	case len(s.frames) > 0:
		m.nextFrame()
		return nil, pulledNothing
	case len(s.source.items) > 0:
		m.nextItem()
		return nil, pulledNothing
	}
	return nil, pulledEnd
}

// nextItem parses one item into frames: all of them or none (RULES 3.1), and prunes the queue (RULES 3.2).
func (m *Machine) nextItem() {
	s := &m.s
	item := s.source.items[0]
	s.source.items = tail(s.source.items)
	frames, reason := channel.ParseFrames(item)
	if reason != channel.None {
		m.note(DroppedItem, reason, 1)
		return
	}
	kept, dropped := channel.Prune(frames) // the queue is empty: pull takes frames first
	s.frames = kept
	for _, d := range dropped {
		m.note(DroppedFrame, d.Reason, 1)
	}
}

// tail is a queue without its first element. Of an empty queue no memory stays: snapshots, of which there are many, are
// taken when all queues are empty, and would keep all data of their L1 block alive.
func tail[T any](queue []T) []T {
	if len(queue) == 1 {
		return nil
	}
	return queue[1:]
}

// nextFrame gives one frame to the assembler, and opens the channel it completes.
func (m *Machine) nextFrame() {
	s := &m.s
	limits := channel.Limits{MaxRLPBytes: s.rules.MaxRLPBytes, ChannelTimeout: s.rules.ChannelTimeout, Brotli: s.rules.Brotli}
	if reason := s.assembler.Expire(s.origin.Number, limits); reason != channel.None {
		m.note(DroppedChannel, reason, 1)
	}
	frame := s.frames[0]
	s.frames = tail(s.frames)
	raw, complete, lost := s.assembler.Add(frame, s.origin.Number, limits)
	switch lost {
	case channel.None:
	case channel.ChannelReplaced, channel.ChannelTooLarge:
		m.note(DroppedChannel, lost, 1)
	default:
		m.note(DroppedFrame, lost, 1)
	}
	if !complete {
		return
	}
	decoder, reason := channel.NewDecoder(raw.Data, limits)
	if reason != channel.None {
		m.note(DroppedChannel, reason, 1)
		return
	}
	s.batches, s.reading = decoder, true
}

// nextBatch takes one batch out of the channel that is being read (RULES 4).
func (m *Machine) nextBatch() (batch.Batch, pulled) {
	s := &m.s
	item, rest, reason, ok := s.batches.Next()
	s.batches = rest
	if !ok {
		if reason != channel.None {
			m.note(DroppedChannel, reason, 1)
		}
		s.batches, s.reading = channel.Decoder{}, false
		return nil, pulledNothing
	}
	b, why := batch.Decode(item, batch.ParamsAt(m.config, s.origin.Time))
	if why == batch.OK {
		return b, pulledBatch
	}
	m.note(DroppedBatch, why, 1)
	if why.EndsChannel() {
		s.batches, s.reading = channel.Decoder{}, false
	}
	return nil, pulledNothing
}
