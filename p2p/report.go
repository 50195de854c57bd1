package p2p

import (
	"cmp"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// Report is what a node tells of its gossip beyond opp2p_*, as JSON (cairn_gossip): Status, Stats and Rejections in one.
type Report struct {
	At     time.Time `json:"at"`
	Opened time.Time `json:"opened_at"`
	Peer   peer.ID   `json:"peer"`
	Agent  string    `json:"agent"`
	Addrs  []string  `json:"addrs"`         // listened to, advertised and observed; without /p2p/<peer id>
	ENR    string    `json:"enr,omitempty"` // empty without discovery

	Reach  Reach  `json:"reach"`
	SeenAt string `json:"seen_at,omitempty"` // IP address; empty: too few peers agree

	Signer   common.Address  `json:"signer"`                    // of blocks that count; zero: not known
	Previous common.Address  `json:"previous_signer,omitzero"`  // whose blocks count too; zero: nobody's
	Held     int             `json:"held"`                      // messages of other signers, kept for the next rotation
	Accepted time.Time       `json:"accepted_at,omitzero"`      // the last block of somebody else; zero: never
	Topics   []ReportTopic   `json:"topics"`                    // of all versions, the oldest first
	Peers    []ReportPeer    `json:"peers"`                     // connected, the oldest connection first
	Bans     []Ban           `json:"bans"`                      // the one that ends first in front
	Refused  []RefusedRecord `json:"refused_records,omitempty"` // discovered nodes of other chains, the newest last

	Discovery bool `json:"discovery"`
	Table     int  `json:"table"` // nodes in the table of discovery
	Static    int  `json:"static"`
	StaticUp  int  `json:"static_up"` // static peers that are connected

	Blocks        uint64            `json:"accepted"` // of others
	Ignored       map[string]uint64 `json:"ignored"`  // messages of others, by reason
	Rejected      map[string]uint64 `json:"rejected"` // messages of others, by reason
	Dials         uint64            `json:"dials"`
	DialFailures  uint64            `json:"dial_failures"`
	Published     uint64            `json:"published"`      // own blocks
	Dropped       uint64            `json:"dropped"`        // accepted blocks that were not fetched in time
	StoreFailures uint64            `json:"store_failures"` // of writing known peers and bans
	Panics        uint64            `json:"panics"`         // while a block was checked: each is a bug
	NotPassed     map[string]uint64 `json:"not_passed"`     // messages that gossipsub did not pass on, by its own reason
	BytesIn       int64             `json:"bytes_in"`
	BytesOut      int64             `json:"bytes_out"`
}

// ReportTopic is the topic of a version.
type ReportTopic struct {
	Version     string            `json:"version"` // blocksv1 to blocksv4
	Subscribers int               `json:"subscribers"`
	Mesh        int               `json:"mesh"`     // peers that whole blocks are exchanged with
	Messages    map[string]uint64 `json:"messages"` // of others, by reason; ok: accepted
}

// ReportPeer is a connected peer.
type ReportPeer struct {
	Peer   peer.ID         `json:"peer"`
	Since  time.Time       `json:"since"`
	Static bool            `json:"static"`
	ByHand bool            `json:"protected_by_hand"`  // opp2p_protectPeer; gossipsub protects the peers of its mesh besides
	Mesh   []string        `json:"mesh"`               // versions in whose mesh it is
	Bad    *PeerRejections `json:"rejected,omitempty"` // what it sent that was rejected
}

// Report gives the report of now.
func (n *Node) Report() Report {
	status, stats := n.Status(), n.Stats()
	r := Report{
		At: n.cfg.Now(), Opened: n.Opened(), Peer: status.Peer, Agent: n.cfg.UserAgent, Addrs: []string{}, ENR: status.ENR, Reach: status.Reach,
		Signer: status.Signers.Current, Previous: status.Signers.Previous, Held: status.Signers.Held, Accepted: status.Accepted,
		Peers: n.reportPeers(), Bans: append([]Ban{}, status.Bans...), Refused: status.Refused,
		Discovery: status.Discovery, Table: status.Table, Static: status.Static, StaticUp: status.StaticUp,
		Dials: stats.Dials, DialFailures: stats.DialFailures, Published: stats.Published, Dropped: stats.Dropped,
		StoreFailures: stats.StoreFailures, Panics: stats.Panics, NotPassed: stats.Rejects, BytesIn: stats.BytesIn, BytesOut: stats.BytesOut,
	}
	if status.SeenAt.IsValid() {
		r.SeenAt = status.SeenAt.String()
	}
	for _, addr := range status.Addrs {
		r.Addrs = append(r.Addrs, addr.String())
	}
	for _, version := range gossip.Versions() {
		t := ReportTopic{Version: version.String(), Subscribers: status.Topics[version], Mesh: status.Mesh[version], Messages: map[string]uint64{}}
		for reason, count := range stats.Messages[version] {
			t.Messages[reason.String()] = count
		}
		r.Topics = append(r.Topics, t)
	}
	r.Blocks, r.Ignored, r.Rejected = verdicts(stats)
	return r
}

// verdicts tells what was ignored from what was rejected, by reason. Of all reasons only an unknown signer is sometimes the
// one and sometimes the other: what no other reason accounts for.
func verdicts(stats Stats) (accepted uint64, ignored, rejected map[string]uint64) {
	ignored, rejected = map[string]uint64{}, map[string]uint64{}
	left := stats.Verdicts[gossip.Ignore]
	var unknown uint64
	for _, reasons := range stats.Messages {
		for reason, count := range reasons {
			switch reason {
			case gossip.OK:
			case gossip.NoSigner, gossip.RetiredSigner, gossip.Duplicate:
				ignored[reason.String()] += count
				left -= min(left, count)
			case gossip.UnknownSigner:
				unknown += count
			default:
				rejected[reason.String()] += count
			}
		}
	}
	if left > 0 {
		ignored[gossip.UnknownSigner.String()] = left
	}
	if unknown > left {
		rejected[gossip.UnknownSigner.String()] = unknown - left
	}
	return stats.Verdicts[gossip.Accept], ignored, rejected
}

func (n *Node) reportPeers() []ReportPeer {
	bad, now := n.Rejections(), n.cfg.Now()
	peers := []ReportPeer{}
	for _, id := range n.host.Network().Peers() {
		p := ReportPeer{Peer: id, Since: now, Static: n.isStatic(id), ByHand: n.host.ConnManager().IsProtected(id, apiTag), Mesh: []string{}}
		for _, conn := range n.host.Network().ConnsToPeer(id) {
			if opened := conn.Stat().Opened; opened.Before(p.Since) {
				p.Since = opened
			}
		}
		for _, t := range n.topics {
			if n.counts.inMesh(t.name, id) {
				p.Mesh = append(p.Mesh, t.version.String())
			}
		}
		if r, ok := bad[id]; ok {
			p.Bad = &r
		}
		peers = append(peers, p)
	}
	slices.SortFunc(peers, func(a, b ReportPeer) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Peer, b.Peer))
	})
	return peers
}

// inMesh says whether whole blocks of a topic are exchanged with a peer.
func (c *counts) inMesh(topic string, id peer.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.mesh[topic][id]
	return ok
}

// Opened is when the node was opened.
func (n *Node) Opened() time.Time { return n.reach.since }
