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
	frames, reason := channel.ParseFrames(item.data)
	if reason != channel.None {
		m.note(Note{What: DroppedItem, Reason: reason, Place: item.from})
		return
	}
	for i := range frames {
		frames[i].From = item.from
	}
	if !s.rules.StrictOrder {
		s.frames = frames
		return
	}
	kept, dropped := channel.Prune(frames) // the queue is empty: pull takes frames first
	s.frames = kept
	for _, d := range dropped {
		m.noteFrame(d.Reason, d.Frame)
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
		m.noteChannel(lost, raw.ID)
		m.counts.ChannelTimeouts++ // there is no other reason
	}
	if complete {
		m.counts.Channels++
		m.open(raw)
	}
	return complete || lost != channel.None
}

// nextFrame gives one frame to the bank or to the assembler.
func (m *Machine) nextFrame() {
	s := &m.s
	frame := s.frames[0]
	s.frames = tail(s.frames)
	s.fresh += uint64(len(frame.Data)) + freshFrame
	if s.rules.StrictOrder {
		m.assemble(frame)
		return
	}
	empty := s.bank.Held() == 0
	pruned, lost := s.bank.Add(frame, s.origin.Number, m.limits())
	m.countFrame(lost, empty)
	for _, id := range pruned {
		m.noteChannel(channel.ChannelPruned, id)
	}
	if lost != channel.None {
		m.noteFrame(lost, frame)
	}
}

// assemble gives one frame to the assembler, and opens the channel it completes.
func (m *Machine) assemble(frame channel.Frame) {
	s := &m.s
	limits := m.limits()
	before, _ := s.assembler.Staged()
	if reason := s.assembler.Expire(s.origin.Number, limits); reason != channel.None {
		m.noteChannel(reason, before.ID())
		m.counts.ChannelTimeouts++
	}
	raw, complete, lost := s.assembler.Add(frame, s.origin.Number, limits)
	m.countFrame(lost, frame.Number == 0)
	switch lost {
	case channel.None:
	case channel.ChannelReplaced:
		m.noteChannel(lost, before.ID())
	case channel.ChannelTooLarge:
		m.noteChannel(lost, frame.ID)
	default:
		m.noteFrame(lost, frame)
	}
	if complete {
		m.open(raw)
	}
}

// open begins to read a channel.
func (m *Machine) open(raw channel.Raw) {
	decoder, reason := raw.Decoder(m.limits())
	if reason != channel.None {
		m.noteChannel(reason, raw.ID)
		return
	}
	m.countChannel(&raw)
	m.s.batches, m.s.reading = decoder, true
	m.s.from = Provenance{Channel: raw.ID, OpenBlock: raw.OpenBlock, Frames: raw.Frames}
}

// nextBatch takes one batch out of the channel that is being read (RULES 4).
func (m *Machine) nextBatch() (stored, pulled) {
	s := &m.s
	item, rest, reason, ok := s.batches.Next()
	s.batches = rest
	if !ok {
		if reason != channel.None {
			m.noteChannel(reason, s.from.Channel)
		}
		m.closeChannel()
		return stored{}, pulledNothing
	}
	b, why := batch.Decode(item, batch.ParamsAt(m.config, s.origin.Time))
	found := stored{batch: b, from: s.from, inclusion: s.origin.Number, size: uint64(len(item))}
	s.from.Batch++
	if why == batch.OK {
		_, found.from.Span = b.(*batch.Span)
		found.size += listSize(b)
		m.countBatch(b)
		return found, pulledBatch
	}
	m.noteBatch(why, &found)
	if why.EndsChannel() {
		m.closeChannel()
	}
	return stored{}, pulledNothing
}

// closeChannel ends the reading of a channel, wherever it is.
func (m *Machine) closeChannel() {
	m.s.batches, m.s.reading, m.s.from = channel.Decoder{}, false, Provenance{}
}
