package p2p

import (
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Metrics that mean the same as op-node's have its names, types and labels. It has a gauge for the bandwidth and counters
// without _total, and so they are here.
var (
	peerCount    = desc("op_node_default_p2p_peer_count", "Connected peers.")
	streamCount  = desc("op_node_default_p2p_stream_count", "Open streams.")
	gossipEvents = desc("op_node_default_p2p_gossip_events_total", "Events of gossipsub, since the node's start.", "type")
	bandwidth    = desc("op_node_default_p2p_bandwidth_bytes_total", "Bytes exchanged with peers, since the node's start.", "direction")
	peerUnbans   = desc("op_node_default_p2p_peer_unbans", "Bans and blocks of peers that have ended, since the node's start.")
	ipUnbans     = desc("op_node_default_p2p_ip_unbans", "Blocks of IP addresses that were undone, since the node's start.")
	dials        = desc("op_node_default_p2p_dials", "Dials that were considered, by whether they were allowed, since the node's start.", "allow")
	peerScores   = desc("op_node_default_peer_scores", "What each inspection found of each peer that gossipsub remembers: its score, and what the score is made of.", "type")
	accepts      = desc("op_node_default_p2p_accepts", "Connections of others that were considered, by whether they were allowed, since the node's start.", "allow")

	messages      = desc("cairn_gossip_messages_total", "Blocks that others sent, by topic and by the rule that decided (ok: accepted), since the node's start.", "topic", "reason")
	verdictCount  = desc("cairn_gossip_verdicts_total", "Blocks that others sent, by what became of them, since the node's start.", "verdict")
	notPassed     = desc("cairn_gossip_not_passed_total", "Messages that gossipsub did not pass on, by its own reason, since the node's start.", "reason")
	subscribers   = desc("cairn_gossip_topic_peers", "Connected peers that subscribed to a topic.", "topic")
	meshPeers     = desc("cairn_gossip_mesh_peers", "Peers that whole blocks of a topic are exchanged with.", "topic")
	publishCount  = desc("cairn_gossip_published_total", "Own blocks that were announced, since the node's start.")
	dropCount     = desc("cairn_gossip_dropped_total", "Accepted blocks that the driver did not fetch in time, since the node's start.")
	dialFailures  = desc("cairn_gossip_dial_failures_total", "Dials that did not lead to a connection, since the node's start.")
	bansInForce   = desc("cairn_gossip_bans", "Peers that are banned now.")
	banCount      = desc("cairn_gossip_bans_total", "Bans since the node's start.")
	staticPeers   = desc("cairn_gossip_static_peers", "Peers of --p2p.static.")
	staticUp      = desc("cairn_gossip_static_peers_up", "Peers of --p2p.static that are connected.")
	tableNodes    = desc("cairn_gossip_table_nodes", "Nodes in the table of discovery, of any chain.")
	recordCount   = desc("cairn_gossip_records_total", "Records of discovered nodes, by whether they are of use, since the node's start.", "verdict")
	reachState    = desc("cairn_gossip_reachable", "1 if others can connect to this node: reachable; local only: from private addresses; unknown: nothing has told yet.", "reach")
	signerKnown   = desc("cairn_gossip_signer_known", "1 if L1 has told who signs blocks, 0 otherwise.")
	heldMessages  = desc("cairn_gossip_held_messages", "Messages of unknown signers that are kept until L1 tells of a new one.")
	acceptedAt    = desc("cairn_gossip_accepted_timestamp_seconds", "When a block of another node was accepted last, in seconds since 1970; the node's start if none was.")
	storeFailures = desc("cairn_gossip_store_failures_total", "Writes of known peers and bans that did not work, since the node's start.")
	panicCount    = desc("cairn_gossip_panics_total", "Bugs met while a block was checked, since the node's start.")
)

// descs are all of them.
var descs = []*prometheus.Desc{
	peerCount, streamCount, gossipEvents, bandwidth, peerUnbans, ipUnbans, dials, accepts, peerScores,
	messages, verdictCount, notPassed, subscribers, meshPeers, publishCount, dropCount, dialFailures, bansInForce, banCount, staticPeers,
	staticUp, tableNodes, recordCount, reachState, signerKnown, heldMessages, acceptedAt, storeFailures, panicCount,
}

// Collector makes metrics of a node's gossip each time it is asked. It has no state of its own.
type Collector struct {
	look   func() (Status, Stats)
	opened time.Time
}

// NewCollector gives the metrics of a node.
func NewCollector(n *Node) *Collector {
	return &Collector{look: func() (Status, Stats) { return n.Status(), n.Stats() }, opened: n.Opened()}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	status, stats := c.look()
	to := sink(out)
	to.connections(stats)
	to.blocks(stats)
	for version, peers := range status.Topics {
		to.gauge(subscribers, float64(peers), version.String())
	}
	for version, peers := range status.Mesh {
		to.gauge(meshPeers, float64(peers), version.String())
	}
	to.gauge(bansInForce, float64(len(status.Bans)))
	to.gauge(staticPeers, float64(status.Static))
	to.gauge(staticUp, float64(status.StaticUp))
	to.gauge(tableNodes, float64(status.Table))
	for _, reach := range []Reach{ReachUnknown, ReachPublic, ReachLocal, ReachNot} {
		to.gauge(reachState, oneIf(status.Reach == reach), string(reach))
	}
	to.gauge(signerKnown, oneIf(status.Signers.Current != (common.Address{})))
	to.gauge(heldMessages, float64(status.Signers.Held))
	accepted := status.Accepted
	if accepted.IsZero() {
		accepted = c.opened
	}
	to.gauge(acceptedAt, float64(accepted.UnixMilli())/1e3)
}

// sink is where the metrics of one gathering go.
type sink chan<- prometheus.Metric

func (to sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (to sink) counter(d *prometheus.Desc, value uint64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

func (to sink) connections(s Stats) {
	to.gauge(peerCount, float64(s.Peers))
	to.gauge(streamCount, float64(s.Streams))
	to.gauge(bandwidth, float64(s.BytesIn), "in")
	to.gauge(bandwidth, float64(s.BytesOut), "out")
	to.counter(peerUnbans, s.Gate.PeerUnbans)
	to.counter(ipUnbans, s.Gate.IPUnbans)
	to.counter(dials, s.Gate.DialsAllowed, "true")
	to.counter(dials, s.Gate.DialsRefused, "false")
	to.counter(accepts, s.Gate.AcceptsAllowed, "true")
	to.counter(accepts, s.Gate.AcceptsRefused, "false")
	to.counter(banCount, s.Gate.PeerBans)
	to.counter(dialFailures, s.DialFailures)
	to.counter(storeFailures, s.StoreFailures)
	for _, verdict := range []RecordVerdict{RecordOurs, RecordNotOPStack, RecordBadEntry, RecordOtherChain, RecordOtherVersion, RecordNoAddress} {
		to.counter(recordCount, s.Records[verdict], string(verdict))
	}
}

// blocks shows what came and went. Verdicts and the acceptance of each topic are there from the start, so that a rate of
// them begins with the first block.
func (to sink) blocks(s Stats) {
	for _, version := range gossip.Versions() {
		to.counter(messages, s.Messages[version][gossip.OK], version.String(), gossip.OK.String())
		for reason, count := range s.Messages[version] {
			if reason != gossip.OK {
				to.counter(messages, count, version.String(), reason.String())
			}
		}
	}
	for _, verdict := range []gossip.Verdict{gossip.Accept, gossip.Ignore, gossip.Reject} {
		to.counter(verdictCount, s.Verdicts[verdict], verdict.String())
	}
	for reason, count := range s.Rejects {
		to.counter(notPassed, count, strings.ToValidUTF8(reason, "?"))
	}
	for kind, count := range s.Events {
		to.counter(gossipEvents, count, strings.ToValidUTF8(kind, "?"))
	}
	to.counter(publishCount, s.Published)
	to.counter(dropCount, s.Dropped)
	to.counter(panicCount, s.Panics)
	for kind, h := range s.Scores {
		to <- prometheus.MustNewConstHistogram(peerScores, h.Count(), h.Sum(), h.Cumulative(), kind)
	}
}

func oneIf(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
