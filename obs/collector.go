package obs

import (
	"encoding/binary"
	"strings"
	"time"

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

	refsLatency = desc("op_node_default_refs_latency", "Timestamps of blocks minus the time at which the node first referred to them, in seconds: below 0 unless a clock is wrong.", "layer", "type")

	idle     = desc("op_node_default_derivation_idle", "1 if all of L1 that may be derived is derived, 0 otherwise.")
	requests = desc("op_node_default_rpc_client_requests_total", "JSON-RPC requests sent, since the node's start; rpc is l1.", "rpc", "method")

	bufferLen = desc("op_node_default_unsafe_payloads_buffer_len", "Unsafe blocks of others that are not the head yet.")
	bufferMem = desc("op_node_default_unsafe_payloads_buffer_mem_size", "Bytes of the unsafe blocks of others that are not the head yet.")

	dropped   = desc("cairn_dropped_total", "Things that derivation left out, since the node's start.", "what", "reason")
	failures  = desc("cairn_wait_failures", "Failures in a row of what the node is trying again, 0 if it does not wait.", "lane")
	mayDecide = desc("cairn_sequencer_enabled", "1 if this node may sequence at all, 0 otherwise.")

	blocks    = desc("cairn_blocks_total", "L2 blocks since the node's start: derived, consolidated (the engine had it), replaced (the engine had another), rejected by the engine, sequenced; received from others, and of these inserted as the unsafe head.", "how")
	l1Blocks  = desc("cairn_l1_blocks_total", "L1 blocks derived from, since the node's start; again after a reorg counts again.")
	rewinds   = desc("cairn_l1_rewinds_total", "Steps back in L1 by one block, after a reorg, since the node's start.")
	needed    = desc("cairn_need_seconds_total", "Time for which derivation could not go on without one thing, since the node's start.", "need")
	headMoved = desc("cairn_head_moved_timestamp_seconds", "When a head changed last, in seconds since 1970.", "head")
	fault     = desc("cairn_fault", "1 for each fault that something waits for; lane failure: that ended the node.", "fault", "lane")
	window    = desc("cairn_seq_window_size", "L1 blocks in which the batch of an L2 block has to come.")
	nextFork  = desc("cairn_next_fork_time", "When the next fork activates, in seconds since 1970.", "fork")

	endpointUp       = desc("cairn_endpoint_up", "1 if an L1 or beacon endpoint serves, 0 while something is wrong with it.", "kind", "name")
	endpointRequests = desc("cairn_endpoint_requests_total", "Requests sent to an endpoint, since the node's start.", "kind", "name", "method")
	endpointFailures = desc("cairn_endpoint_failures_total", "Requests to which an endpoint gave no usable answer, since the node's start.", "kind", "name")
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
	for _, d := range []*prometheus.Desc{
		info, up, sequencing, refsNumber, refsTime, refsHash, refsSeqNr, refsLatency, idle, requests, bufferLen, bufferMem,
		dropped, failures, mayDecide, blocks, l1Blocks, rewinds, needed, headMoved, fault, window, nextFork,
		endpointUp, endpointRequests, endpointFailures,
	} {
		out <- d
	}
	for _, d := range eventMetrics {
		out <- d
	}
	for _, e := range events {
		out <- e.total
		out <- e.last
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
	to.ref("l2", "received_payload", s.Gossip.Newest, s.Gossip.NewestTime)
	to.ref("l2", "l2_buffer_unsafe", s.Queue.Next, 0)
	to.ref("l1_origin", "inconsistent_from", s.LostOrigin, 0)
	to.ref("l1_origin", "inconsistent_to", s.FoundOrigin, 0)

	to.latency("l1", "l1_head", s.Sync.HeadL1.Time, s.Moved.L1)
	to.latency("l1", "l1_derived", s.Sync.CurrentL1.Time, s.Moved.CurrentL1)
	to.latency("l2", "l2_unsafe", s.Sync.UnsafeL2.Time, s.Moved.Unsafe)
	to.latency("l2", "l2_safe", s.Sync.SafeL2.Time, s.Moved.Safe)
	to.latency("l2", "l2_finalized", s.Sync.FinalizedL2.Time, s.Moved.Finalized)
	to.latency("l2", "received_payload", s.Gossip.NewestTime, s.Gossip.NewestAt)

	to.gauge(idle, oneIf(s.Started && s.Failure == "" && s.Need == "l1-head"))
	to.events(s)
	for k, n := range countDropped(s.Dropped) {
		to.counter(dropped, float64(n), k.what, k.reason)
	}
	for lane, n := range countFailures(s.Waits) {
		to.gauge(failures, float64(n), lane)
	}
	for pair := range faultsOf(s) {
		to.gauge(fault, 1, pair.fault, pair.lane)
	}
	to.work(s)
	to.endpoints(s.Endpoints)
	if s.Chain.SeqWindowSize != 0 {
		to.gauge(window, float64(s.Chain.SeqWindowSize))
	}
	if s.Chain.NextFork != "" {
		to.gauge(nextFork, float64(s.Chain.NextForkTime), label(s.Chain.NextFork))
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

type faultLane struct{ fault, lane string }

// faultsOf gives each pair once. A fault without a name is there too: an alert must not miss it.
func faultsOf(s Snapshot) map[faultLane]bool {
	out := make(map[faultLane]bool, len(s.Waits)+1)
	for _, w := range s.Waits {
		out[faultLane{label(string(codeOf(w.Fault))), label(w.Lane)}] = true
	}
	if s.Failure != "" {
		out[faultLane{label(string(codeOf(s.FailureFault))), "failure"}] = true
	}
	return out
}

// sink is where the metrics of one gathering go.
type sink chan<- prometheus.Metric

func (to sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (to sink) counter(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// work shows what has been done, and what time went by for it.
func (to sink) work(s Snapshot) {
	c := s.Counts
	to.counter(blocks, float64(c.Derived), "derived")
	to.counter(blocks, float64(c.Consolidated), "consolidated")
	to.counter(blocks, float64(c.Replaced), "replaced")
	to.counter(blocks, float64(c.Rejected), "rejected")
	to.counter(blocks, float64(c.Sequenced), "sequenced")
	to.counter(blocks, float64(c.Received), "received")
	to.counter(blocks, float64(c.Inserted), "inserted")
	to.gauge(bufferLen, float64(s.Queue.Blocks))
	to.gauge(bufferMem, float64(s.Queue.Bytes))
	to.counter(l1Blocks, float64(c.L1Blocks))
	to.counter(rewinds, float64(c.Rewinds))
	for need, d := range s.Spent {
		to.counter(needed, d.Seconds(), label(need))
	}
	for head, at := range map[string]time.Time{
		"l1": s.Moved.L1, "l1_derived": s.Moved.CurrentL1, "unsafe": s.Moved.Unsafe, "safe": s.Moved.Safe, "finalized": s.Moved.Finalized,
	} {
		if !at.IsZero() {
			to.gauge(headMoved, unix(at), head)
		}
	}
}

// endpoints shows the endpoints. Two of one name are one: it serves if one of them does.
func (to sink) endpoints(all []Endpoint) {
	type method struct{ endpoint, method string }
	type sums struct {
		kind, name string
		up         bool
		failures   uint64
	}
	var order []string
	by := make(map[string]*sums, len(all))
	sent := make(map[method]uint64)
	ofL1 := make(map[string]uint64)
	for _, p := range all {
		key := label(p.Kind) + " " + label(p.Name)
		if by[key] == nil {
			order = append(order, key)
			by[key] = &sums{kind: label(p.Kind), name: label(p.Name)}
		}
		by[key].up = by[key].up || p.Fault == ""
		by[key].failures += p.Failures
		for m, n := range p.Requests {
			sent[method{key, label(m)}] += n
			if p.Kind == "l1" {
				ofL1[label(m)] += n
			}
		}
	}
	for _, key := range order {
		p := by[key]
		to.gauge(endpointUp, oneIf(p.up), p.kind, p.name)
		to.counter(endpointFailures, float64(p.failures), p.kind, p.name)
	}
	for m, n := range sent {
		to.counter(endpointRequests, float64(n), by[m.endpoint].kind, by[m.endpoint].name, m.method)
	}
	for m, n := range ofL1 {
		to.counter(requests, float64(n), "l1", m)
	}
}

// latency shows how late a block was when it was first seen, with op-node's sign. Nothing, if it was not seen coming.
func (to sink) latency(layer, name string, timestamp uint64, seen time.Time) {
	if timestamp != 0 && !seen.IsZero() {
		to.gauge(refsLatency, float64(timestamp)-unix(seen), layer, name)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }

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
