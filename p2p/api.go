package p2p

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// PeerInfo is a peer in the JSON form of op-node's opp2p_self and opp2p_peers (WIRE 2).
type PeerInfo struct {
	PeerID          peer.ID               `json:"peerID"`
	NodeID          enode.ID              `json:"nodeID"`
	UserAgent       string                `json:"userAgent"`
	ProtocolVersion string                `json:"protocolVersion"`
	ENR             string                `json:"ENR"`       // empty if the peer was not discovered
	Addresses       []string              `json:"addresses"` // each with /p2p/<peer id>
	Protocols       []string              `json:"protocols"`
	Connectedness   network.Connectedness `json:"connectedness"`
	Direction       network.Direction     `json:"direction"` // of the first connection
	Protected       bool                  `json:"protected"`
	ChainID         uint64                `json:"chainID"` // 0 if the peer was not discovered
	Latency         time.Duration         `json:"latency"`
	GossipBlocks    bool                  `json:"gossipBlocks"` // it is in one of our topics
	Scores          PeerScores            `json:"scores"`
}

// PeerScores are the parts of a peer's score at the last inspection.
type PeerScores struct {
	Gossip  GossipScores            `json:"gossip"`
	ReqResp gossip.ApplicationScore `json:"reqResp"` // of rejected blocks: nothing is requested
}

// GossipScores is gossipsub's account of a peer.
type GossipScores struct {
	Total              float64     `json:"total"`
	Blocks             TopicScores `json:"blocks"`
	IPColocationFactor float64     `json:"IPColocationFactor"`
	BehavioralPenalty  float64     `json:"behavioralPenalty"`
}

// TopicScores is the sum over the topics of blocks, save for the time, which is the longest.
type TopicScores struct {
	TimeInMesh               float64 `json:"timeInMesh"` // seconds
	FirstMessageDeliveries   float64 `json:"firstMessageDeliveries"`
	MeshMessageDeliveries    float64 `json:"meshMessageDeliveries"`
	InvalidMessageDeliveries float64 `json:"invalidMessageDeliveries"`
}

// PeerDump is the result of opp2p_peers.
type PeerDump struct {
	TotalConnected uint                 `json:"totalConnected"`
	Peers          map[string]*PeerInfo `json:"peers"`
	BannedPeers    []peer.ID            `json:"bannedPeers"` // blocked by hand, and banned
	BannedIPS      []net.IP             `json:"bannedIPS"`
	BannedSubnets  []*net.IPNet         `json:"bannedSubnets"`
}

// PeerStats is the result of opp2p_peerStats.
type PeerStats struct {
	Connected     uint `json:"connected"`
	Table         uint `json:"table"` // nodes in the table of discovery
	BlocksTopic   uint `json:"blocksTopic"`
	BlocksTopicV2 uint `json:"blocksTopicV2"`
	BlocksTopicV3 uint `json:"blocksTopicV3"`
	BlocksTopicV4 uint `json:"blocksTopicV4"`
	Banned        uint `json:"banned"`
	Known         uint `json:"known"`
}

// Errors of the methods of opp2p, in op-node's words.
var (
	ErrDisabledDiscovery = errors.New("discovery disabled")
	ErrInvalidRequest    = errors.New("invalid request")
)

// apiTag protects peers that opp2p_protectPeer named.
const apiTag = "api-protected"

// connectTime bounds opp2p_connectPeer.
const connectTime = 30 * time.Second

// Self describes this node (opp2p_self).
func (n *Node) Self() *PeerInfo {
	info := n.describe(n.host.ID())
	info.GossipBlocks = true
	info.Latency = 0
	if n.discovery != nil {
		info.ENR = n.discovery.local.Node().String()
	}
	return info
}

// Peers describes the connected peers, or all that are known (opp2p_peers).
func (n *Node) Peers(connected bool) *PeerDump {
	ids := n.host.Peerstore().Peers()
	if connected {
		ids = n.host.Network().Peers()
	}
	dump := &PeerDump{Peers: make(map[string]*PeerInfo, len(ids)), BannedPeers: n.barred(), BannedIPS: n.ListBlockedAddrs(), BannedSubnets: n.ListBlockedSubnets()}
	for _, id := range ids {
		info := n.describe(id)
		dump.Peers[id.String()] = info
		if info.Connectedness == network.Connected {
			dump.TotalConnected++
		}
	}
	for _, t := range n.topics {
		for _, id := range t.handle.ListPeers() {
			if info, ok := dump.Peers[id.String()]; ok {
				info.GossipBlocks = true
			}
		}
	}
	return dump
}

// barred lists the peers that are blocked, and those that are banned and not blocked.
func (n *Node) barred() []peer.ID {
	ids := append([]peer.ID{}, n.gate.blockedPeers()...)
	blocked := make(map[peer.ID]bool, len(ids))
	for _, id := range ids {
		blocked[id] = true
	}
	for _, ban := range n.gate.banned() {
		if !blocked[ban.Peer] {
			ids = append(ids, ban.Peer)
		}
	}
	return ids
}

func (n *Node) describe(id peer.ID) *PeerInfo {
	store, net := n.host.Peerstore(), n.host.Network()
	info := &PeerInfo{
		PeerID: id, NodeID: nodeID(id), Connectedness: net.Connectedness(id), Latency: store.LatencyEWMA(id),
		Protected: n.host.ConnManager().IsProtected(id, ""), Scores: n.scoresOf(id),
	}
	if text, err := store.Get(id, "ProtocolVersion"); err == nil {
		info.ProtocolVersion, _ = text.(string)
	}
	if text, err := store.Get(id, "AgentVersion"); err == nil {
		info.UserAgent, _ = text.(string)
	}
	addrs := store.Addrs(id)
	if id == n.host.ID() {
		addrs = n.host.Addrs()
		info.UserAgent = n.cfg.UserAgent
	}
	for _, addr := range addrs {
		info.Addresses = append(info.Addresses, addr.String()+"/p2p/"+id.String())
	}
	if protocols, err := store.GetProtocols(id); err == nil {
		for _, name := range protocols {
			info.Protocols = append(info.Protocols, string(name))
		}
	}
	if conns := net.ConnsToPeer(id); len(conns) > 0 {
		info.Direction = conns[0].Stat().Direction
	}
	if n.discovery != nil {
		if node := n.discovery.record(id); node != nil {
			info.ENR, info.ChainID = node.String(), n.discovery.chain
		}
	}
	return info
}

func (n *Node) scoresOf(id peer.ID) PeerScores {
	out := PeerScores{ReqResp: n.ledger.account(id)}
	scores := n.scores.Load()
	if scores == nil {
		return out
	}
	snapshot, ok := (*scores)[id]
	if !ok {
		return out
	}
	out.Gossip = GossipScores{Total: snapshot.Score, IPColocationFactor: snapshot.IPColocationFactor, BehavioralPenalty: snapshot.BehaviourPenalty}
	for _, topic := range snapshot.Topics {
		blocks := &out.Gossip.Blocks
		blocks.TimeInMesh = max(blocks.TimeInMesh, topic.TimeInMesh.Seconds())
		blocks.FirstMessageDeliveries += topic.FirstMessageDeliveries
		blocks.MeshMessageDeliveries += topic.MeshMessageDeliveries
		blocks.InvalidMessageDeliveries += topic.InvalidMessageDeliveries
	}
	return out
}

// PeerStats counts peers (opp2p_peerStats).
func (n *Node) PeerStats() *PeerStats {
	stats := &PeerStats{
		Connected: uint(len(n.host.Network().Peers())), Banned: uint(len(n.barred())), Known: uint(len(n.host.Peerstore().Peers())),
	}
	if n.discovery != nil {
		stats.Table = uint(len(n.discovery.udp.AllNodes()))
	}
	fields := map[gossip.Version]*uint{
		gossip.V1: &stats.BlocksTopic, gossip.V2: &stats.BlocksTopicV2, gossip.V3: &stats.BlocksTopicV3, gossip.V4: &stats.BlocksTopicV4,
	}
	for _, t := range n.topics {
		*fields[t.version] = uint(len(t.handle.ListPeers()))
	}
	return stats
}

// DiscoveryTable lists the records in the table of discovery, of any chain (opp2p_discoveryTable).
func (n *Node) DiscoveryTable() ([]*enode.Node, error) {
	if n.discovery == nil {
		return nil, ErrDisabledDiscovery
	}
	return n.discovery.udp.AllNodes(), nil
}

// BlockPeer keeps a peer out for good, and ends its connections, which op-node leaves open (opp2p_blockPeer).
func (n *Node) BlockPeer(id peer.ID) error {
	if id.Validate() != nil {
		return ErrInvalidRequest
	}
	if err := n.gate.blockPeer(id); err != nil {
		return err
	}
	n.candidates.drop(id)
	n.book.forget(id)
	return n.host.Network().ClosePeer(id)
}

// UnblockPeer ends a block, or a ban (opp2p_unblockPeer).
func (n *Node) UnblockPeer(id peer.ID) error {
	if id.Validate() != nil {
		return ErrInvalidRequest
	}
	return n.gate.unblockPeer(id)
}

// ListBlockedPeers lists whom BlockPeer was told of (opp2p_listBlockedPeers). Bans are in Peers and Bans.
func (n *Node) ListBlockedPeers() []peer.ID { return append([]peer.ID{}, n.gate.blockedPeers()...) }

// Bans lists the bans in force, the one that ends first in front.
func (n *Node) Bans() []Ban { return n.gate.banned() }

// BlockAddr keeps an IP address out for good, and ends its connections (opp2p_blockAddr).
func (n *Node) BlockAddr(ip net.IP) error {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return ErrInvalidRequest
	}
	if err := n.gate.blockAddr(addr); err != nil {
		return err
	}
	return n.closeRefused()
}

// UnblockAddr undoes BlockAddr (opp2p_unblockAddr).
func (n *Node) UnblockAddr(ip net.IP) error {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return ErrInvalidRequest
	}
	return n.gate.unblockAddr(addr)
}

// ListBlockedAddrs lists blocked IP addresses (opp2p_listBlockedAddrs).
func (n *Node) ListBlockedAddrs() []net.IP {
	out := []net.IP{}
	for _, ip := range n.gate.blockedAddrs() {
		out = append(out, netIP(ip))
	}
	return out
}

// BlockSubnet keeps a subnet out for good, and ends its connections (opp2p_blockSubnet).
func (n *Node) BlockSubnet(subnet *net.IPNet) error {
	prefix, ok := prefixOf(subnet)
	if !ok {
		return ErrInvalidRequest
	}
	if err := n.gate.blockSubnet(prefix); err != nil {
		return err
	}
	return n.closeRefused()
}

// UnblockSubnet undoes BlockSubnet (opp2p_unblockSubnet).
func (n *Node) UnblockSubnet(subnet *net.IPNet) error {
	prefix, ok := prefixOf(subnet)
	if !ok {
		return ErrInvalidRequest
	}
	return n.gate.unblockSubnet(prefix)
}

// ListBlockedSubnets lists blocked subnets (opp2p_listBlockedSubnets).
func (n *Node) ListBlockedSubnets() []*net.IPNet {
	out := []*net.IPNet{}
	for _, subnet := range n.gate.blockedSubnets() {
		ip := netIP(subnet.Addr())
		out = append(out, &net.IPNet{IP: ip, Mask: net.CIDRMask(subnet.Bits(), 8*len(ip))})
	}
	return out
}

// prefixOf is the same subnet in the type of package netip; false if its mask is none.
func prefixOf(subnet *net.IPNet) (netip.Prefix, bool) {
	if subnet == nil {
		return netip.Prefix{}, false
	}
	ip, ok := netip.AddrFromSlice(subnet.IP)
	ones, bits := subnet.Mask.Size()
	if !ok || bits == 0 {
		return netip.Prefix{}, false
	}
	if ip = ip.Unmap(); ip.Is4() && bits == 128 {
		ones -= 96
	}
	prefix, err := ip.Prefix(ones)
	return prefix, err == nil
}

// closeRefused ends the connections of those who may not connect any more.
func (n *Node) closeRefused() error {
	var errs []error
	for _, conn := range n.host.Network().Conns() {
		if !n.gate.allowed(conn.RemotePeer(), conn.RemoteMultiaddr()) {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(errs...)
}

// ProtectPeer keeps the connection manager from dropping a peer (opp2p_protectPeer).
func (n *Node) ProtectPeer(id peer.ID) error {
	if id.Validate() != nil {
		return ErrInvalidRequest
	}
	n.host.ConnManager().Protect(id, apiTag)
	return nil
}

// UnprotectPeer undoes ProtectPeer; a static peer stays protected (opp2p_unprotectPeer).
func (n *Node) UnprotectPeer(id peer.ID) error {
	if id.Validate() != nil {
		return ErrInvalidRequest
	}
	n.host.ConnManager().Unprotect(id, apiTag)
	return nil
}

// ConnectPeer dials a multiaddr that ends in /p2p/<peer id> and waits until the peer is identified (opp2p_connectPeer).
func (n *Node) ConnectPeer(ctx context.Context, addr string) error {
	parsed, err := multiaddr.NewMultiaddr(addr)
	if err != nil {
		return fmt.Errorf("bad peer address: %w", err)
	}
	info, err := peer.AddrInfoFromP2pAddr(parsed)
	if err != nil {
		return fmt.Errorf("bad peer address: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	err = n.host.Connect(ctx, *info)
	n.counts.dialed(err)
	return err
}

// DisconnectPeer ends the connections of a peer and forgets it. As in op-node this lifts a block or ban
// (opp2p_disconnectPeer). A static peer is dialled again.
func (n *Node) DisconnectPeer(id peer.ID) error {
	if id.Validate() != nil {
		return ErrInvalidRequest
	}
	if err := n.host.Network().ClosePeer(id); err != nil {
		return err
	}
	n.candidates.drop(id)
	n.book.forget(id)
	n.host.Peerstore().ClearAddrs(id)
	n.host.Peerstore().RemovePeer(id)
	return n.gate.unblockPeer(id)
}

// Rejections says of each connected peer that sent something that was rejected what that was last, and how often it
// happened since the node was opened.
func (n *Node) Rejections() map[peer.ID]PeerRejections {
	out := map[peer.ID]PeerRejections{}
	for _, id := range n.host.Network().Peers() {
		if last, total := n.ledger.last(id); total > 0 {
			out[id] = PeerRejections{Last: last, Total: total}
		}
	}
	return out
}

// PeerRejections is what a peer sent that was rejected.
type PeerRejections struct {
	Last  Rejection `json:"last"`
	Total uint64    `json:"total"`
}
