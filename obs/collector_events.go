package obs

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/internal/histogram"
)

// event is what op-node has two metrics for: how often something happened, and when it did last.
type event struct{ total, last *prometheus.Desc }

func eventOf(name, help string, labels ...string) event {
	return event{
		total: desc("op_node_default_"+name+"_total", help+", since the node's start.", labels...),
		last:  desc("op_node_default_last_"+name+"_unix", "When "+name+"_total grew last, in seconds since 1970; 0: never.", labels...),
	}
}

var (
	resets          = eventOf("pipeline_resets", "Starts that were found, the first one included; an L1 reorg is none, which cairn_l1_rewinds_total counts")
	unsafePayloads  = eventOf("unsafe_payloads", "Blocks of other nodes that passed all checks")
	publishErrors   = eventOf("publishing_errors", "Attempts to sign and announce an own block that failed, and own blocks for which there was no room")
	frameAdded      = eventOf("frame_added", "Frames taken into a channel")
	headChannel     = eventOf("head_channel", "Channels begun; before Holocene opened in an empty bank, or taken out of it complete")
	channelTimeout  = eventOf("channel_timeout", "Channels given up because of their age")
	derivedBatches  = eventOf("derived_batches", "Batches decoded from channels, whatever became of them", "type")
	sequencingError = eventOf("sequencing_errors", "Own blocks that the engine would not begin, seal or insert")
	sequencerReset  = eventOf("sequencer_resets", "Times at which the sequencer gave up what it had begun, because the chain was to be looked at anew")
	lostOrigin      = eventOf("sequencer_inconsistent_l1_origin", "Times at which the L1 origin of the head was gone when an own block was to be begun")

	events = []event{
		resets, unsafePayloads, publishErrors, frameAdded, headChannel, channelTimeout, derivedBatches, sequencingError, sequencerReset, lostOrigin,
	}

	channelBytes = desc("op_node_default_channel_input_bytes", "Bytes of complete channels, still compressed, since the node's start.")
	sequencedTxs = desc("op_node_default_transactions_sequenced_total", "Transactions of own blocks as they were sealed, since the node's start; type is deposits or txns.", "type")

	reorgDepth   = desc("op_node_default_l1_reorg_depth", "L1 blocks by which L1's head is lower than the one before it, of another chain.")
	building     = desc("op_node_default_sequencer_building_diff_seconds", "Time from the order of an own block until it is sealed, minus the block time.")
	buildings    = desc("op_node_default_sequencer_building_diff_total", "Own blocks that sequencer_building_diff_seconds tells of, since the node's start.")
	sealing      = desc("op_node_default_sequencer_sealing_seconds", "Time that the engine took to seal an own block.")
	sealings     = desc("op_node_default_sequencer_sealing_total", "Own blocks that sequencer_sealing_seconds tells of, since the node's start.")
	forkTimes    = desc("op_node_default_hardfork_activation_timestamp", "When each scheduled fork activates, in seconds since 1970; activation_basis is the clock that counts.", "chain_id", "fork", "activation_basis")
	eventMetrics = []*prometheus.Desc{channelBytes, sequencedTxs, reorgDepth, building, buildings, sealing, sealings, forkTimes}
)

// happened shows an event. Like op-node's, a time that has not come is 0.
func (to sink) happened(e event, times uint64, last time.Time, labels ...string) {
	at := 0.
	if !last.IsZero() {
		at = unix(last)
	}
	to.counter(e.total, float64(times), labels...)
	to.gauge(e.last, at, labels...)
}

func (to sink) histogram(d *prometheus.Desc, h histogram.Histogram) {
	to <- prometheus.MustNewConstHistogram(d, h.Count(), h.Sum(), h.Cumulative())
}

// events shows what op-node has counters and histograms for.
func (to sink) events(s Snapshot) {
	c, last := s.Counts, s.Last
	starts := c.Restarts // before the start after the last of them is found
	if s.Started {
		starts++
	}
	to.happened(resets, uint64(starts), last.Start) //nolint:gosec // counts are not negative, here and below
	to.happened(unsafePayloads, s.Gossip.Received, s.Gossip.NewestAt)
	to.happened(publishErrors, uint64(s.Gossip.PublishErrors), s.Gossip.PublishErrorAt) //nolint:gosec // as above
	for _, k := range []struct {
		event
		times  int
		last   time.Time
		labels []string
	}{
		{frameAdded, c.Frames, last.Frame, nil},
		{headChannel, c.Channels, last.Channel, nil},
		{channelTimeout, c.ChannelTimeouts, last.ChannelTimeout, nil},
		{derivedBatches, c.SingularBatches, last.SingularBatch, []string{"singular"}},
		{derivedBatches, c.SpanBatches, last.SpanBatch, []string{"span"}},
		{sequencingError, c.SequencingErrors, last.SequencingError, nil},
		{sequencerReset, c.SequencerResets, last.SequencerReset, nil},
		{lostOrigin, c.LostOrigins, last.LostOrigin, nil},
	} {
		to.happened(k.event, uint64(k.times), k.last, k.labels...) //nolint:gosec // as above
	}
	to.counter(channelBytes, float64(c.ChannelBytes))
	to.counter(sequencedTxs, float64(c.SequencedDeposits), "deposits")
	to.counter(sequencedTxs, float64(c.SequencedTxs), "txns")
	to.histogram(reorgDepth, s.Measured.L1Reorgs)
	to.histogram(building, s.Measured.Building)
	to.counter(buildings, float64(s.Measured.Building.Count()))
	to.histogram(sealing, s.Measured.Sealing)
	to.counter(sealings, float64(s.Measured.Sealing.Count()))
	for _, f := range s.Chain.Forks {
		basis := "l2_timestamp"
		if f.OfL1 {
			basis = "l1_origin_timestamp"
		}
		to.gauge(forkTimes, float64(f.Time), strconv.FormatUint(s.Chain.ChainID, 10), label(f.Name), basis)
	}
}
