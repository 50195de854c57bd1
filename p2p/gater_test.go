package p2p

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p/netutil"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

type fakeConn struct{ remote multiaddr.Multiaddr }

func (c fakeConn) LocalMultiaddr() multiaddr.Multiaddr  { return c.remote }
func (c fakeConn) RemoteMultiaddr() multiaddr.Multiaddr { return c.remote }

func mustGater(t *testing.T, k keep, restrict *netutil.Netlist, now func() time.Time) *gater {
	t.Helper()
	g, err := openGater(k, restrict, 10, now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func idOf(t testing.TB, n byte) peer.ID {
	t.Helper()
	key, err := LoadKey("", keyOf(n))
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhatIsBlockedIsOnDiskAtOnceAndEverythingIsAskedForIt(t *testing.T) {
	clock := newClock()
	k := keep{filepath.Join(t.TempDir(), "barred")}
	first := mustGater(t, k, nil, clock.now)
	blocked, banned, other := idOf(t, 2), idOf(t, 3), idOf(t, 4)
	for _, err := range []error{
		first.blockPeer(blocked), first.ban(banned, clock.now().Add(time.Hour), "it was bad"),
		first.blockAddr(netip.MustParseAddr("10.0.0.1")), first.blockSubnet(netip.MustParsePrefix("10.1.2.3/16")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	g := mustGater(t, k, nil, clock.now) // as after kill -9: the first one was never closed
	good, bad, net := multiaddr.StringCast("/ip4/10.0.0.2/tcp/1"), multiaddr.StringCast("/ip4/10.0.0.1/tcp/1"), multiaddr.StringCast("/ip4/10.1.255.255/tcp/1")
	for _, c := range []struct {
		name  string
		got   bool
		allow bool
	}{
		{"dial a blocked peer", g.InterceptPeerDial(blocked), false},
		{"dial a banned peer", g.InterceptPeerDial(banned), false},
		{"dial another peer", g.InterceptPeerDial(other), true},
		{"dial a good address of a blocked peer", g.InterceptAddrDial(blocked, good), false},
		{"dial a good address", g.InterceptAddrDial(other, good), true},
		{"dial a blocked address", g.InterceptAddrDial(other, bad), false},
		{"dial an address in a blocked subnet", g.InterceptAddrDial(other, net), false},
		{"accept a good address", g.InterceptAccept(fakeConn{good}), true},
		{"accept a blocked address", g.InterceptAccept(fakeConn{bad}), false},
		{"accept an address in a blocked subnet", g.InterceptAccept(fakeConn{net}), false},
		{"accept an address that is none", g.InterceptAccept(fakeConn{multiaddr.StringCast("/unix/x")}), false},
		{"accept a blocked peer", g.InterceptSecured(network.DirInbound, blocked, fakeConn{good}), false},
		{"accept a banned peer", g.InterceptSecured(network.DirInbound, banned, fakeConn{good}), false},
		{"accept another peer", g.InterceptSecured(network.DirInbound, other, fakeConn{good}), true},
	} {
		if c.got != c.allow {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
	if got := g.banned(); len(got) != 1 || got[0].Why != "it was bad" {
		t.Errorf("bans %v", got)
	}
}

func TestBansExpireAndAreNeverShortened(t *testing.T) {
	clock := newClock()
	g := mustGater(t, keep{}, nil, clock.now)
	id := idOf(t, 2)
	_ = g.ban(id, clock.now().Add(time.Hour), "")
	_ = g.ban(id, clock.now().Add(time.Minute), "")
	clock.advance(time.Hour - time.Second)
	if g.InterceptPeerDial(id) || !g.isBanned(id) {
		t.Error("allowed before the end")
	}
	clock.advance(time.Second)
	if !g.InterceptPeerDial(id) || g.isBanned(id) {
		t.Error("not allowed at the end")
	}
	if len(g.banned()) != 0 || g.snapshot().PeerUnbans != 1 {
		t.Errorf("left %v, stats %+v", g.banned(), g.snapshot())
	}
}

func TestUnblockingAPeerEndsItsBan(t *testing.T) {
	clock := newClock()
	k := keep{filepath.Join(t.TempDir(), "barred")}
	g := mustGater(t, k, nil, clock.now)
	id := idOf(t, 2)
	_ = g.ban(id, clock.now().Add(time.Hour), "")
	if err := g.unblockPeer(id); err != nil {
		t.Fatal(err)
	}
	if g := mustGater(t, k, nil, clock.now); !g.InterceptPeerDial(id) {
		t.Error("banned still, after a restart")
	}
}

func TestListsAreBounded(t *testing.T) {
	clock := newClock()
	g := mustGater(t, keep{}, nil, clock.now)
	ip := netip.MustParseAddr("10.0.0.0")
	for range maxBlocked {
		ip = ip.Next()
		if err := g.blockAddr(ip); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.blockAddr(ip.Next()); err == nil {
		t.Error("one more is taken")
	}
	for i := range maxBans + 10 {
		_ = g.ban(peer.ID(rune(i)), clock.now().Add(time.Hour+time.Duration(i)*time.Second), "")
	}
	if got := g.banned(); len(got) != maxBans || got[0].Peer != peer.ID(rune(10)) {
		t.Errorf("%d bans, the first of %q", len(got), got[0].Peer)
	}
}

func TestNetrestrictHoldsForDialsOnly(t *testing.T) {
	list, err := netutil.ParseNetlist("192.168.0.0/16,fd00::/8")
	if err != nil {
		t.Fatal(err)
	}
	g := mustGater(t, keep{}, list, newClock().now)
	in, out := multiaddr.StringCast("/ip4/192.168.3.4/tcp/1"), multiaddr.StringCast("/ip4/10.0.0.1/tcp/1")
	if !g.InterceptAddrDial("x", in) || !g.InterceptAddrDial("x", multiaddr.StringCast("/ip6/fd00::1/tcp/1")) {
		t.Error("inside is refused")
	}
	if g.InterceptAddrDial("x", out) || g.InterceptAddrDial("x", multiaddr.StringCast("/dns4/example.org/tcp/1")) {
		t.Error("outside is dialled")
	}
	if !g.InterceptAccept(fakeConn{out}) {
		t.Error("somebody from outside is not accepted")
	}
}

func TestADamagedFileIsSetAsideAndTheNodeBeginsWithout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "barred")
	if err := os.WriteFile(path, []byte(`{"blockedPeers": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := openGater(keep{path}, nil, 10, newClock().now)
	if err == nil || g == nil {
		t.Fatalf("gater %v, err %v", g, err)
	}
	if err := g.blockPeer(idOf(t, 2)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path + ".damaged"); err != nil || string(text) != `{"blockedPeers": [` {
		t.Errorf("set aside: %q, %v", text, err)
	}
	if g := mustGater(t, keep{path}, nil, newClock().now); g.InterceptPeerDial(idOf(t, 2)) {
		t.Error("what was blocked afterwards is not on disk")
	}
}
