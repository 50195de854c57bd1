package p2p

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

func TestReachability(t *testing.T) {
	public, private := multiaddr.StringCast("/ip4/8.8.8.8/tcp/1"), multiaddr.StringCast("/ip4/10.0.0.1/tcp/1")
	for _, c := range []struct {
		name     string
		happens  func(*reach, *clock)
		outbound int
		want     Reach
	}{
		{"at the start", func(*reach, *clock) {}, 9, ReachUnknown},
		{"nobody for ten minutes", func(_ *reach, c *clock) { c.advance(patience) }, minOutbound, ReachNot},
		{"nobody for ten minutes, and hardly any peer at all", func(_ *reach, c *clock) { c.advance(patience) }, minOutbound - 1, ReachUnknown},
		{"somebody from outside", func(r *reach, _ *clock) { r.inbound(public) }, 0, ReachPublic},
		{"somebody from the same network", func(r *reach, c *clock) { r.inbound(private); c.advance(patience) }, 9, ReachLocal},
		{"AutoNAT says no", func(r *reach, _ *clock) { r.nat(network.ReachabilityPrivate) }, 0, ReachNot},
		{"AutoNAT says yes", func(r *reach, _ *clock) { r.nat(network.ReachabilityPublic) }, 0, ReachPublic},
	} {
		clock := newClock()
		r := newReach(clock.now)
		c.happens(r, clock)
		if got := r.state(c.outbound); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOwnAddressIsWhereThreePeersSeeIt(t *testing.T) {
	r := newReach(newClock().now)
	at := func(ip string) multiaddr.Multiaddr { return multiaddr.StringCast("/ip4/" + ip + "/tcp/1") }
	r.seen("a", at("1.1.1.1"))
	r.seen("b", at("1.1.1.1"))
	r.seen("b", at("1.1.1.1"))
	r.seen("liar", at("6.6.6.6"))
	r.seen("shy", nil)
	if ip, n := r.address(); ip.IsValid() || n != 2 {
		t.Errorf("two peers: %s by %d", ip, n)
	}
	r.seen("c", at("1.1.1.1"))
	if ip, n := r.address(); ip.String() != "1.1.1.1" || n != 3 {
		t.Errorf("three peers: %s by %d", ip, n)
	}
	for i := range 10 * maxObservers {
		r.seen(peer.ID(rune(i+1000)), at("2.2.2.2"))
	}
	if len(r.observed) != maxObservers || len(r.order) != maxObservers {
		t.Errorf("%d observers", len(r.observed))
	}
}
