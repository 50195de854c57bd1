package obs

import (
	"encoding/binary"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/eth"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	info       = desc("op_node_default_info", "Version of the node; the value is always 1.", "version")
	up         = desc("op_node_default_up", "1 if the node has found its start and runs, 0 before and after a failure.")
	sequencing = desc("op_node_default_sequencer_active", "1 if the sequencer is switched on, 0 otherwise.")

	refsNumber = desc("op_node_default_refs_number", "Numbers of the L1 and L2 blocks that the node refers to.", "layer", "type")
	refsTime   = desc("op_node_default_refs_time", "Timestamps of the L1 and L2 blocks that the node refers to, in seconds since 1970.", "layer", "type")
	refsHash   = desc("op_node_default_refs_hash", "First 8 bytes, little endian, of the hashes of the L1 and L2 blocks that the node refers to.", "layer", "type")
	refsSeqNr  = desc("op_node_default_refs_seqnr", "Sequence numbers in their epoch of the L2 blocks that the node refers to.", "type")

	dropped   = desc("cairn_dropped_total", "Things that derivation left out, since the node's start.", "what", "reason")
	failures  = desc("cairn_wait_failures", "Failures in a row of what the node is trying again, 0 if it does not wait.", "lane")
	mayDecide = desc("cairn_sequencer_enabled", "1 if this node may sequence at all, 0 otherwise.")
)

// lanes are always shown, so that an alert on one sees 0 and not nothing.
var lanes = [...]string{"engine", "l1", "origin", "start"}

// Collector makes metrics from a node's newest status each time it is asked. It has no state of its own: one gathering is
// one snapshot.
type Collector struct {
	version string
	source  Source
}

// NewCollector gives the metrics of the node behind source. version is the label of op_node_default_info.
func NewCollector(version string, source Source) *Collector {
	return &Collector{version: label(version), source: source}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{info, up, sequencing, refsNumber, refsTime, refsHash, refsSeqNr, dropped, failures, mayDecide} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	s, to := c.source(), sink(out)
	to.gauge(info, 1, c.version)
	to.gauge(up, oneIf(s.Started && s.Failure == ""))
	to.gauge(sequencing, oneIf(s.SequencerActive && s.Failure == ""))
	to.gauge(mayDecide, oneIf(s.SequencerEnabled))

	// The types are op-node's, which shows neither CurrentL1Finalized nor CrossUnsafeL2.
	to.l1("l1_head", s.Sync.HeadL1)
	to.l1("l1_safe", s.Sync.SafeL1)
	to.l1("l1_finalized", s.Sync.FinalizedL1)
	to.l1("l1_derived", s.Sync.CurrentL1)
	to.l2("l2_unsafe", s.Sync.UnsafeL2)
	to.l2("l2_safe", s.Sync.SafeL2)
	to.l2("l2_finalized", s.Sync.FinalizedL2)
	to.l2("l2_pending_safe", s.Sync.PendingSafeL2)
	to.l2("l2_local_safe", s.Sync.LocalSafeL2)

	for k, n := range countDropped(s.Dropped) {
		out <- prometheus.MustNewConstMetric(dropped, prometheus.CounterValue, float64(n), k.what, k.reason)
	}
	for lane, n := range countFailures(s.Waits) {
		to.gauge(failures, float64(n), lane)
	}
}

type whatReason struct{ what, reason string }

// countDropped sums by labels: two keys of a status must not become one series twice, which would spoil the gathering.
func countDropped(counts map[string]int) map[whatReason]int {
	sum := make(map[whatReason]int, len(counts))
	for key, n := range counts {
		what, reason, _ := strings.Cut(key, "/")
		sum[whatReason{label(what), label(reason)}] += n
	}
	return sum
}

// countFailures gives every known lane and those that wait. Of two waits of a lane, the longer one counts.
func countFailures(waits []Wait) map[string]int {
	worst := make(map[string]int, len(lanes))
	for _, lane := range lanes {
		worst[lane] = 0
	}
	for _, w := range waits {
		worst[label(w.Lane)] = max(worst[label(w.Lane)], w.Failures)
	}
	return worst
}

// sink is where the metrics of one gathering go.
type sink chan<- prometheus.Metric

func (to sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (to sink) l1(name string, ref eth.L1Ref) { to.ref("l1", name, ref.ID(), ref.Time) }

// l2 shows a block and, as layer l1_origin, the L1 block of its epoch, whose time it does not know.
func (to sink) l2(name string, ref eth.L2Ref) {
	if ref.Hash == (common.Hash{}) {
		return
	}
	to.ref("l2", name, ref.ID(), ref.Time)
	to.ref("l1_origin", name, ref.L1Origin, 0)
	to.gauge(refsSeqNr, float64(ref.SequenceNumber), name)
}

// ref shows nothing of a block that is not known: 0 would be a block.
func (to sink) ref(layer, name string, id eth.BlockID, time uint64) {
	if id.Hash == (common.Hash{}) {
		return
	}
	to.gauge(refsNumber, float64(id.Number), layer, name)
	to.gauge(refsHash, float64(binary.LittleEndian.Uint64(id.Hash[:8])), layer, name)
	if time != 0 {
		to.gauge(refsTime, float64(time), layer, name)
	}
}

func oneIf(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// label makes a string fit for a label's value, which must be UTF-8.
func label(s string) string { return strings.ToValidUTF8(s, "?") }
