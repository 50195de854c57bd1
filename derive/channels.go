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

// pull does one piece of the way from data to batch: take the next batch of the channel that is being read, or else open
// the next channel of the bank, or else add a frame to the channels that are being put together, or else parse an item.
func (m *Machine) pull() (stored, pulled) {
	s := &m.s
	if s.reading {
		return m.nextBatch()
	}
	switch {
	case !s.rules.StrictOrder && m.nextChannel():
	case len(s.frames) > 0:
		m.nextFrame()
	case len(s.source.items) > 0:
		m.nextItem()
	default:
		return stored{}, pulledEnd
	}
	return stored{}, pulledNothing
}

// nextItem parses one item into frames: all of them or none (RULES 3.1), and from Holocene on prunes the queue (RULES 3.2).
func (m *Machine) nextItem() {
	s := &m.s
	item := s.source.items[0]
	s.source.items = tail(s.source.items)
	frames, reason := channel.ParseFrames(item)
	if reason != channel.None {
		m.note(DroppedItem, reason, 1)
		return
	}
	if !s.rules.StrictOrder {
		s.frames = frames
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

func (m *Machine) limits() channel.Limits {
	r := &m.s.rules
	return channel.Limits{
		MaxRLPBytes: r.MaxRLPBytes, ChannelTimeout: r.ChannelTimeout, Brotli: r.Brotli,
		MaxBank: r.MaxChannelBank, ScanBank: r.ScanChannelBank,
	}
}

// nextChannel reads the bank before the next frame goes in (RULES 3.4), and says whether that gave anything.
func (m *Machine) nextChannel() bool {
	s := &m.s
	raw, complete, lost := s.bank.Read(s.origin.Number, m.limits())
	if lost != channel.None {
		m.note(DroppedChannel, lost, 1)
	}
	if complete {
		m.open(raw)
	}
	return complete || lost != channel.None
}

// nextFrame gives one frame to the bank or to the assembler.
func (m *Machine) nextFrame() {
	s := &m.s
	frame := s.frames[0]
	s.frames = tail(s.frames)
	if s.rules.StrictOrder {
		m.assemble(frame)
		return
	}
	pruned, lost := s.bank.Add(frame, s.origin.Number, m.limits())
	if pruned > 0 {
		m.note(DroppedChannel, channel.ChannelPruned, pruned)
	}
	if lost != channel.None {
		m.note(DroppedFrame, lost, 1)
	}
	s.fresh += uint64(len(frame.Data))
}

// assemble gives one frame to the assembler, and opens the channel it completes.
func (m *Machine) assemble(frame channel.Frame) {
	s := &m.s
	limits := m.limits()
	if reason := s.assembler.Expire(s.origin.Number, limits); reason != channel.None {
		m.note(DroppedChannel, reason, 1)
	}
	raw, complete, lost := s.assembler.Add(frame, s.origin.Number, limits)
	switch lost {
	case channel.None:
	case channel.ChannelReplaced, channel.ChannelTooLarge:
		m.note(DroppedChannel, lost, 1)
	default:
		m.note(DroppedFrame, lost, 1)
	}
	if complete {
		m.open(raw)
	}
}

// open begins to read a channel.
func (m *Machine) open(raw channel.Raw) {
	decoder, reason := channel.NewDecoder(raw.Data, m.limits())
	if reason != channel.None {
		m.note(DroppedChannel, reason, 1)
		return
	}
	m.s.batches, m.s.reading = decoder, true
}

// nextBatch takes one batch out of the channel that is being read (RULES 4).
func (m *Machine) nextBatch() (stored, pulled) {
	s := &m.s
	item, rest, reason, ok := s.batches.Next()
	s.batches = rest
	if !ok {
		if reason != channel.None {
			m.note(DroppedChannel, reason, 1)
		}
		s.batches, s.reading = channel.Decoder{}, false
		return stored{}, pulledNothing
	}
	b, why := batch.Decode(item, batch.ParamsAt(m.config, s.origin.Time))
	if why == batch.OK {
		return stored{batch: b, inclusion: s.origin.Number, size: uint64(len(item))}, pulledBatch
	}
	m.note(DroppedBatch, why, 1)
	if why.EndsChannel() {
		s.batches, s.reading = channel.Decoder{}, false
	}
	return stored{}, pulledNothing
}
