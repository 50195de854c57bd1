package p2p

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/p2p/netutil"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

// Bounds of what is blocked and banned.
const (
	maxBlocked = 4096 // of each kind: peers, addresses, subnets
	maxBans    = 4096
)

// Ban is a peer that may not connect for some time.
type Ban struct {
	Peer  peer.ID   `json:"peer"`
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
}

// barred is what a gater keeps on disk.
type barred struct {
	Peers   []peer.ID      `json:"blockedPeers"`
	Addrs   []netip.Addr   `json:"blockedAddrs"`
	Subnets []netip.Prefix `json:"blockedSubnets"`
	Bans    []Ban          `json:"bans"`
}

// gater decides who may connect, and who is dialled. Peers, addresses and subnets are blocked by hand and for good; peers
// are banned for some time. All of that is on disk before a call returns. It is safe for concurrent use.
type gater struct {
	restrict *netutil.Netlist // nil: any address may be dialled
	inbound  int              // connections of others that are let in at a time
	now      func() time.Time
	keep     keep

	mu      sync.Mutex
	peers   map[peer.ID]struct{}
	addrs   map[netip.Addr]struct{}
	subnets map[netip.Prefix]struct{}
	bans    map[peer.ID]Ban
	open    int // connections of others, by what the host tells
	stats   GateStats
}

// GateStats counts what the gater decided.
type GateStats struct {
	DialsAllowed, DialsRefused     uint64 // by peer, and by address
	AcceptsAllowed, AcceptsRefused uint64 // by address, and once more by peer
	PeerBans, PeerUnbans, IPUnbans uint64
}

// openGater loads what is on disk. An error says that this was not possible; the gater works all the same.
func openGater(k keep, restrict *netutil.Netlist, inbound int, now func() time.Time) (*gater, error) {
	g := &gater{
		restrict: restrict, inbound: inbound, now: now, keep: k,
		peers: map[peer.ID]struct{}{}, addrs: map[netip.Addr]struct{}{}, subnets: map[netip.Prefix]struct{}{}, bans: map[peer.ID]Ban{},
	}
	var kept barred
	if err := k.load(&kept); err != nil {
		return g, err
	}
	for _, id := range kept.Peers {
		g.peers[id] = struct{}{}
	}
	for _, ip := range kept.Addrs {
		g.addrs[ip] = struct{}{}
	}
	for _, subnet := range kept.Subnets {
		g.subnets[subnet] = struct{}{}
	}
	for _, ban := range kept.Bans {
		g.bans[ban.Peer] = ban
	}
	return g, nil
}

// save writes everything; the caller holds the lock.
func (g *gater) save() error {
	if g.keep.path == "" {
		return nil
	}
	bans := slices.SortedFunc(maps.Values(g.bans), func(a, b Ban) int { return a.Until.Compare(b.Until) })
	return g.keep.save(barred{
		Peers:   slices.Sorted(maps.Keys(g.peers)),
		Addrs:   slices.SortedFunc(maps.Keys(g.addrs), netip.Addr.Compare),
		Subnets: slices.SortedFunc(maps.Keys(g.subnets), netip.Prefix.Compare),
		Bans:    bans,
	})
}

// errFull is returned by calls that would make a list longer than its bound.
var errFull = errors.New("the list is full")

func block[K comparable](g *gater, set map[K]struct{}, key K) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := set[key]; ok {
		return nil
	}
	if len(set) >= maxBlocked {
		return fmt.Errorf("block %v: %w", key, errFull)
	}
	set[key] = struct{}{}
	return g.save()
}

func unblock[K comparable](g *gater, set map[K]struct{}, key K, lifted func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := set[key]; !ok {
		return nil
	}
	delete(set, key)
	lifted()
	return g.save()
}

func (g *gater) blockPeer(id peer.ID) error       { return block(g, g.peers, id) }
func (g *gater) blockAddr(ip netip.Addr) error    { return block(g, g.addrs, ip.Unmap()) }
func (g *gater) blockSubnet(p netip.Prefix) error { return block(g, g.subnets, p.Masked()) }
func (g *gater) unblockSubnet(p netip.Prefix) error {
	return unblock(g, g.subnets, p.Masked(), func() {})
}

func (g *gater) unblockAddr(ip netip.Addr) error {
	return unblock(g, g.addrs, ip.Unmap(), func() { g.stats.IPUnbans++ })
}

// unblockPeer ends a ban as well.
func (g *gater) unblockPeer(id peer.ID) error {
	g.mu.Lock()
	_, blocked := g.peers[id]
	_, banned := g.bans[id]
	defer g.mu.Unlock()
	if !blocked && !banned {
		return nil
	}
	delete(g.peers, id)
	delete(g.bans, id)
	g.stats.PeerUnbans++
	return g.save()
}

// ban keeps a peer out until a time. A ban in force is never shortened. With too many bans the one that ends first goes.
func (g *gater) ban(id peer.ID, until time.Time, why string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropExpired()
	if old, ok := g.bans[id]; ok && !old.Until.Before(until) {
		return nil
	}
	if len(g.bans) >= maxBans {
		first := slices.MinFunc(slices.Collect(maps.Values(g.bans)), func(a, b Ban) int { return a.Until.Compare(b.Until) })
		delete(g.bans, first.Peer)
	}
	g.bans[id] = Ban{Peer: id, Until: until.UTC(), Why: why}
	g.stats.PeerBans++
	return g.save()
}

func (g *gater) dropExpired() {
	now := g.now()
	for id, ban := range g.bans {
		if !now.Before(ban.Until) {
			delete(g.bans, id)
			g.stats.PeerUnbans++
		}
	}
}

func (g *gater) blockedPeers() []peer.ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.peers))
}

func (g *gater) blockedAddrs() []netip.Addr {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(maps.Keys(g.addrs), netip.Addr.Compare)
}

func (g *gater) blockedSubnets() []netip.Prefix {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(maps.Keys(g.subnets), netip.Prefix.Compare)
}

// banned lists the bans in force, the one that ends first in front.
func (g *gater) banned() []Ban {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropExpired()
	return slices.SortedFunc(maps.Values(g.bans), func(a, b Ban) int { return a.Until.Compare(b.Until) })
}

func (g *gater) isBanned(id peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	ban, ok := g.bans[id]
	return ok && g.now().Before(ban.Until)
}

func (g *gater) snapshot() GateStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stats
}

// peerAllowed and addrAllowed need the lock.
func (g *gater) peerAllowed(id peer.ID) bool {
	if _, blocked := g.peers[id]; blocked {
		return false
	}
	ban, banned := g.bans[id]
	return !banned || !g.now().Before(ban.Until)
}

func (g *gater) addrAllowed(addr multiaddr.Multiaddr) bool {
	ip, ok := ipOf(addr)
	if !ok {
		return false
	}
	if _, blocked := g.addrs[ip]; blocked {
		return false
	}
	for subnet := range g.subnets {
		if subnet.Contains(ip) {
			return false
		}
	}
	return true
}

// allowed asks for a whole connection, for those that exist already.
func (g *gater) allowed(id peer.ID, addr multiaddr.Multiaddr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.peerAllowed(id) && g.addrAllowed(addr)
}

func (g *gater) countDial(allowed bool) bool {
	if allowed {
		g.stats.DialsAllowed++
	} else {
		g.stats.DialsRefused++
	}
	return allowed
}

func (g *gater) countAccept(allowed bool) bool {
	if allowed {
		g.stats.AcceptsAllowed++
	} else {
		g.stats.AcceptsRefused++
	}
	return allowed
}

// InterceptPeerDial is asked before a peer is dialled.
func (g *gater) InterceptPeerDial(id peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.countDial(g.peerAllowed(id))
}

// InterceptAddrDial is asked before each address of the peer is dialled. Names are resolved by then.
func (g *gater) InterceptAddrDial(id peer.ID, addr multiaddr.Multiaddr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	ip, ok := ipOf(addr)
	if !ok || (g.restrict != nil && !g.restrict.ContainsAddr(ip)) {
		return g.countDial(false)
	}
	return g.countDial(g.peerAllowed(id) && g.addrAllowed(addr))
}

// InterceptAccept is asked as soon as somebody connects.
func (g *gater) InterceptAccept(conn network.ConnMultiaddrs) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.countAccept(g.addrAllowed(conn.RemoteMultiaddr()))
}

// InterceptSecured is asked once it is known who it is.
func (g *gater) InterceptSecured(dir network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if dir == network.DirOutbound {
		return g.peerAllowed(id)
	}
	return g.countAccept(g.peerAllowed(id))
}

// InterceptUpgraded is asked last. It bounds how many connect to this node, which the resource manager cannot without
// counting those of whom nothing is known.
func (g *gater) InterceptUpgraded(conn network.Conn) (bool, control.DisconnectReason) {
	if conn.Stat().Direction == network.DirOutbound {
		return true, 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open < g.inbound || g.countAccept(false), 0
}

// opened and closed are told of each connection.
func (g *gater) opened(conn network.Conn) { g.count(conn, 1) }
func (g *gater) closed(conn network.Conn) { g.count(conn, -1) }

func (g *gater) count(conn network.Conn, change int) {
	if conn.Stat().Direction == network.DirOutbound {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open += change
}
