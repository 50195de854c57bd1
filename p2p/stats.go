package p2p

import (
	"maps"
	"sync"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/internal/histogram"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// Stats are counts since the node was opened, for metrics. Where op-node has the metric its name is in the comment.
type Stats struct {
	Peers, Streams    int     // p2p_peer_count, p2p_stream_count: now
	BytesIn, BytesOut int64   // p2p_bandwidth_bytes_total{direction}
	RateIn, RateOut   float64 // bytes per second

	Mesh     map[string]int                              // peers that whole blocks are exchanged with, by topic: now
	Events   map[string]uint64                           // p2p_gossip_events_total{type}
	Messages map[gossip.Version]map[gossip.Reason]uint64 // what Check said; gossip.OK: accepted
	Verdicts map[gossip.Verdict]uint64                   // the same, summed up
	Rejects  map[string]uint64                           // what gossipsub did not pass on, by its own reason: throttled, queue full, ...

	Scores map[string]histogram.Histogram // peer_scores{type}: what each inspection found of each peer

	Gate GateStats // p2p_dials{allow}, p2p_accepts{allow}, p2p_peer_unbans, p2p_ip_unbans

	Dials, DialFailures uint64
	Published           uint64                   // blocks of this node
	Dropped             uint64                   // accepted blocks that nobody fetched in time
	Shed                uint64                   // messages not looked at: their sender has too many waiting
	Panics              uint64                   // in validation: each is a bug
	StoreFailures       uint64                   // of writing known peers and bans
	Records             map[RecordVerdict]uint64 // discovered
}

// counts is what Stats is made of. It is safe for concurrent use.
type counts struct {
	mu   sync.Mutex
	s    Stats
	mesh map[string]map[peer.ID]struct{} // by topic
}

func newCounts() *counts {
	return &counts{mesh: map[string]map[peer.ID]struct{}{}, s: Stats{
		Events: map[string]uint64{}, Messages: map[gossip.Version]map[gossip.Reason]uint64{},
		Verdicts: map[gossip.Verdict]uint64{}, Rejects: map[string]uint64{}, Scores: newScores(),
	}}
}

func (c *counts) add(field *uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*field++
}

func (c *counts) published()   { c.add(&c.s.Published) }
func (c *counts) panicked()    { c.add(&c.s.Panics) }
func (c *counts) storeFailed() { c.add(&c.s.StoreFailures) }

func (c *counts) shed(messages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Shed += uint64(messages)
}

func (c *counts) dialed(err error) {
	c.add(&c.s.Dials)
	if err != nil {
		c.add(&c.s.DialFailures)
	}
}

func (c *counts) judged(version gossip.Version, verdict gossip.Verdict, reason gossip.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.s.Messages[version] == nil {
		c.s.Messages[version] = map[gossip.Reason]uint64{}
	}
	c.s.Messages[version][reason]++
	c.s.Verdicts[verdict]++
}

// Trace counts an event of gossipsub, and follows who is in the mesh. The types and reasons are gossipsub's, of which there
// are few.
func (c *counts) Trace(event *pb.TraceEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Events[event.GetType().String()]++
	switch event.GetType() {
	case pb.TraceEvent_REJECT_MESSAGE:
		c.s.Rejects[event.GetRejectMessage().GetReason()]++
	case pb.TraceEvent_GRAFT:
		topic := event.GetGraft().GetTopic()
		if c.mesh[topic] == nil {
			c.mesh[topic] = map[peer.ID]struct{}{}
		}
		c.mesh[topic][peer.ID(event.GetGraft().GetPeerID())] = struct{}{}
	case pb.TraceEvent_PRUNE:
		delete(c.mesh[event.GetPrune().GetTopic()], peer.ID(event.GetPrune().GetPeerID()))
	case pb.TraceEvent_ON_CLOSED_OUTBOUND_STREAM:
		for _, peers := range c.mesh {
			delete(peers, peer.ID(event.GetOnClosedOutboundStream().GetPeerID()))
		}
	default:
	}
}

// meshed is how many peers of a topic whole blocks are exchanged with.
func (c *counts) meshed(topic string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.mesh[topic])
}

func (c *counts) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Events, s.Verdicts, s.Rejects = maps.Clone(s.Events), maps.Clone(s.Verdicts), maps.Clone(s.Rejects)
	s.Scores = maps.Clone(s.Scores)
	s.Mesh = make(map[string]int, len(c.mesh))
	for topic, peers := range c.mesh {
		s.Mesh[topic] = len(peers)
	}
	s.Messages = make(map[gossip.Version]map[gossip.Reason]uint64, len(c.s.Messages))
	for version, reasons := range c.s.Messages {
		s.Messages[version] = maps.Clone(reasons)
	}
	return s
}

// Stats gives the counts of now.
func (n *Node) Stats() Stats {
	s := n.counts.snapshot()
	s.Peers = len(n.host.Network().Peers())
	for _, conn := range n.host.Network().Conns() {
		s.Streams += len(conn.GetStreams())
	}
	total := n.bandwidth.GetBandwidthTotals()
	s.BytesIn, s.BytesOut, s.RateIn, s.RateOut = total.TotalIn, total.TotalOut, total.RateIn, total.RateOut
	s.Gate = n.gate.snapshot()
	s.Dropped = n.blocks.count()
	if n.discovery != nil {
		s.Records = n.discovery.counted()
	}
	return s
}
