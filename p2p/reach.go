package p2p

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Reach says whether others can connect to this node.
type Reach string

// What is known of it.
const (
	ReachUnknown Reach = "unknown"
	ReachPublic  Reach = "reachable"  // somebody with a public address connected, or AutoNAT says so
	ReachLocal   Reach = "local only" // only peers with private addresses connected
	ReachNot     Reach = "not reachable"
)

// Bounds of the observation.
const (
	patience     = 10 * time.Minute // without anybody connecting until that is remarkable
	minOutbound  = 3                // peers that this node connected to, by then
	maxObservers = 64
	quorum       = 3 // peers that have to see this node at the same address
)

// reach collects what tells whether this node is reachable, and at which address. It is safe for concurrent use.
type reach struct {
	now   func() time.Time
	since time.Time

	mu       sync.Mutex
	public   bool // somebody with a public address connected
	local    bool // somebody with a private one
	autonat  network.Reachability
	observed map[peer.ID]netip.Addr // how peers see this node
	order    []peer.ID
}

func newReach(now func() time.Time) *reach {
	return &reach{now: now, since: now(), observed: map[peer.ID]netip.Addr{}}
}

// inbound notes that somebody connected.
func (r *reach) inbound(from multiaddr.Multiaddr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if manet.IsPublicAddr(from) {
		r.public = true
	} else {
		r.local = true
	}
}

// nat notes what AutoNAT found out.
func (r *reach) nat(state network.Reachability) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.autonat = state
}

// seen notes at which address a peer sees this node.
func (r *reach) seen(by peer.ID, at multiaddr.Multiaddr) {
	if at == nil {
		return
	}
	ip, ok := ipOf(at)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.observed[by]; !ok {
		r.order = append(r.order, by)
	}
	r.observed[by] = ip
	if len(r.order) > maxObservers {
		delete(r.observed, r.order[0])
		r.order = r.order[1:]
	}
}

// address is the one at which most peers see this node, if there are enough of them.
func (r *reach) address() (ip netip.Addr, peers int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	votes := map[netip.Addr]int{}
	for _, at := range r.observed {
		votes[at]++
	}
	for _, at := range slices.SortedFunc(maps.Keys(votes), netip.Addr.Compare) {
		if votes[at] > peers {
			ip, peers = at, votes[at]
		}
	}
	if peers < quorum {
		return netip.Addr{}, peers
	}
	return ip, peers
}

// state weighs it. outbound is the number of peers that this node connected to.
func (r *reach) state(outbound int) Reach {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.public || r.autonat == network.ReachabilityPublic:
		return ReachPublic
	case r.local:
		return ReachLocal
	case r.autonat == network.ReachabilityPrivate:
		return ReachNot
	case r.now().Sub(r.since) >= patience && outbound >= minOutbound:
		return ReachNot
	}
	return ReachUnknown
}
