package p2p

import (
	"context"
	"net"

	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/libp2p/go-libp2p/core/peer"
)

// RPC is op-node's namespace opp2p_ for a JSON-RPC server: opp2p_self, opp2p_peers and so on, with op-node's parameters and
// results (WIRE 2). The methods are those of Node, and nothing else of a Node can be reached.
type RPC struct{ node *Node }

// NewRPC gives what is to be registered under the name opp2p.
func NewRPC(node *Node) *RPC { return &RPC{node} }

// Self describes this node.
func (r *RPC) Self() *PeerInfo { return r.node.Self() }

// Peers describes the connected peers, or all that are known.
func (r *RPC) Peers(connected bool) *PeerDump { return r.node.Peers(connected) }

// PeerStats counts peers.
func (r *RPC) PeerStats() *PeerStats { return r.node.PeerStats() }

// DiscoveryTable lists the records in the table of discovery.
func (r *RPC) DiscoveryTable() ([]*enode.Node, error) { return r.node.DiscoveryTable() }

// BlockPeer keeps a peer out for good.
func (r *RPC) BlockPeer(id peer.ID) error { return r.node.BlockPeer(id) }

// UnblockPeer ends a block, or a ban.
func (r *RPC) UnblockPeer(id peer.ID) error { return r.node.UnblockPeer(id) }

// ListBlockedPeers lists whom BlockPeer was told of.
func (r *RPC) ListBlockedPeers() []peer.ID { return r.node.ListBlockedPeers() }

// BlockAddr keeps an IP address out for good.
func (r *RPC) BlockAddr(ip net.IP) error { return r.node.BlockAddr(ip) }

// UnblockAddr undoes BlockAddr.
func (r *RPC) UnblockAddr(ip net.IP) error { return r.node.UnblockAddr(ip) }

// ListBlockedAddrs lists blocked IP addresses.
func (r *RPC) ListBlockedAddrs() []net.IP { return r.node.ListBlockedAddrs() }

// BlockSubnet keeps a subnet out for good. In JSON it is Go's IPNet: {"IP":"10.0.0.0","Mask":"/wAAAA=="}.
func (r *RPC) BlockSubnet(subnet *net.IPNet) error { return r.node.BlockSubnet(subnet) }

// UnblockSubnet undoes BlockSubnet.
func (r *RPC) UnblockSubnet(subnet *net.IPNet) error { return r.node.UnblockSubnet(subnet) }

// ListBlockedSubnets lists blocked subnets.
func (r *RPC) ListBlockedSubnets() []*net.IPNet { return r.node.ListBlockedSubnets() }

// ProtectPeer keeps the connection manager from dropping a peer.
func (r *RPC) ProtectPeer(id peer.ID) error { return r.node.ProtectPeer(id) }

// UnprotectPeer undoes ProtectPeer.
func (r *RPC) UnprotectPeer(id peer.ID) error { return r.node.UnprotectPeer(id) }

// ConnectPeer dials a multiaddr that ends in /p2p/<peer id>, for half a minute at most.
func (r *RPC) ConnectPeer(ctx context.Context, addr string) error {
	return r.node.ConnectPeer(ctx, addr)
}

// DisconnectPeer ends the connections of a peer and forgets it.
func (r *RPC) DisconnectPeer(id peer.ID) error { return r.node.DisconnectPeer(id) }
