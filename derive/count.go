package derive

import (
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
)

// Counts tell what the machine has done with data that it did not leave out. Like notes they feed metrics, and change
// nothing. What each counts is what op-node's metric counts that is named beside it.
type Counts struct {
	Frames          int // that were taken into a channel: frame_added
	Channels        int // before Holocene: opened in an empty bank, or taken out of it complete; then: begun. head_channel
	ChannelTimeouts int // channels that were given up because of their age: channel_timeout
	ChannelBytes    int // of complete channels whose compression is known, still compressed: channel_input_bytes
	SingularBatches int // that could be decoded, whatever became of them: derived_batches
	SpanBatches     int // the same
}

// Counts returns what was done since it was last asked. Counts are not part of a snapshot: what is read again counts again.
func (m *Machine) Counts() Counts {
	out := m.counts
	m.counts = Counts{}
	return out
}

// countFrame counts a frame, and the channel that it opened if it was the first one.
func (m *Machine) countFrame(lost channel.Reason, opened bool) {
	if lost == channel.None || lost == channel.ChannelReplaced {
		m.counts.Frames++
	}
	if opened {
		m.counts.Channels++
	}
}

func (m *Machine) countChannel(raw *channel.Raw) {
	for _, part := range raw.Parts {
		m.counts.ChannelBytes += len(part)
	}
}

func (m *Machine) countBatch(b batch.Batch) {
	if _, ok := b.(*batch.Span); ok {
		m.counts.SpanBatches++
	} else {
		m.counts.SingularBatches++
	}
}
