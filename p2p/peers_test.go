package p2p

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func unlimited(t testing.TB) network.ResourceManager {
	t.Helper()
	m, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(rcmgr.InfiniteLimits), rcmgr.WithMetricsDisabled())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAStaticPeerIsDialledAgainAfterItWasKilled(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	cfgA := testConfig(t, chain, clock.now)
	cfgA.Signer = signerOf(t, 1)
	a := openNode(t, cfgA)
	cfgB := testConfig(t, chain, clock.now)
	cfgB.Static = []string{addrOf(a)}
	b := openNode(t, cfgB)
	meshed(t, 1, gossip.V4, a, b)
	port := listenedPort(a.host)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b noticed", func() bool { return !connected(b, a.host.ID()) })
	eventually(t, "b dialled in vain", func() bool { return b.Stats().DialFailures >= 2 })
	if s := b.Status(); s.Static != 1 || s.StaticUp != 0 {
		t.Errorf("status: %d of %d static peers", s.StaticUp, s.Static)
	}
	cfgA.ListenTCP = port
	again := openNode(t, cfgA)
	meshed(t, 1, gossip.V4, again, b)
	if err := again.Publish(context.Background(), blockAt(chain, 1, uint64(clock.now().Unix()), 0)); err != nil {
		t.Fatal(err)
	}
	recv(t, b)
	if s := b.Status(); s.StaticUp != 1 {
		t.Errorf("status: %d static peers", s.StaticUp)
	}
}

func TestStaticAddressOfThisNodeIsLeftOut(t *testing.T) {
	clock := newClock()
	cfg := testConfig(t, isthmusChain(), clock.now)
	cfg.PrivRaw = keyOf(9)
	cfg.Static = []string{"/ip4/127.0.0.1/tcp/9222/p2p/" + idOf(t, 9).String()}
	if n := openNode(t, cfg); len(n.static) != 0 {
		t.Errorf("%d static peers", len(n.static))
	}
}

func TestWaitsDoubleUpToABound(t *testing.T) {
	b := backoff{first: time.Second, most: time.Minute}
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		for range 100 {
			if got := b.after(failures); got < want*3/4 || got > want*5/4+1 {
				t.Fatalf("after %d failures: %s, want about %s", failures, got, want)
			}
		}
	}
}

func TestAHostilePeerIsBannedForAnHourAndAcrossRestarts(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	dir := t.TempDir()
	cfg := testConfig(t, chain, clock.now)
	cfg.PeerstorePath = dir
	n := openNode(t, cfg)
	bad := newStranger(t, chain.L2ChainID)
	bad.join(t, n)
	serial := uint32(0)
	eventually(t, "banned", func() bool { // it goes on whenever gossipsub listens to it again
		serial++
		bad.publish(t, gossip.V4, noSnappy(serial))
		clock.advance(time.Second)
		return len(n.Bans()) == 1
	})
	ban := n.Bans()[0]
	if ban.Peer != bad.host.ID() || ban.Until.Sub(clock.now()) > time.Hour || ban.Until.Sub(clock.now()) < 50*time.Minute || !strings.Contains(ban.Why, "bad-snappy") {
		t.Errorf("ban %+v", ban)
	}
	eventually(t, "disconnected", func() bool { return !connected(n, bad.host.ID()) })
	// n is not closed first: what follows is what a killed process leaves.
	cfg.PrivRaw = randomKey(t)
	again := openNode(t, cfg)
	if dump := again.Peers(true); !slices.Equal(dump.BannedPeers, []peer.ID{bad.host.ID()}) {
		t.Errorf("banned after restart: %v", dump.BannedPeers)
	}
	if got := again.PeerStats().Banned; got != 1 {
		t.Errorf("peerStats.banned = %d", got)
	}
	info := peer.AddrInfo{ID: again.host.ID(), Addrs: again.host.Network().ListenAddresses()}
	_ = bad.host.Connect(context.Background(), info) // the refusal may come after the handshake
	eventually(t, "refused", func() bool { return again.Stats().Gate.AcceptsRefused > 0 && !connected(again, bad.host.ID()) })
	clock.advance(time.Hour)
	eventually(t, "let in again", func() bool {
		_ = bad.host.Connect(context.Background(), info)
		return connected(again, bad.host.ID())
	})
}

// noSnappy is a message whose length does not fit in 32 bits.
func noSnappy(i uint32) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Repeat([]byte{0xff}, 10), i)
}

func TestStaticPeersAreNeverBanned(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	bad := newStranger(t, chain.L2ChainID)
	cfg := testConfig(t, chain, clock.now)
	cfg.Static = []string{bad.host.Network().ListenAddresses()[0].String() + "/p2p/" + bad.host.ID().String()}
	n := openNode(t, cfg)
	bad.join(t, n)
	serial := uint32(0)
	eventually(t, "blamed for far more than another would be banned for", func() bool {
		serial++
		bad.publish(t, gossip.V4, noSnappy(serial))
		clock.advance(time.Second)
		return n.Rejections()[bad.host.ID()].Total > 2*maxOffences
	})
	eventually(t, "scores inspected", func() bool { return n.Peers(true).Peers[bad.host.ID().String()].Scores.Gossip.Total < 0 })
	if bans := n.Bans(); len(bans) != 0 || !connected(n, bad.host.ID()) {
		t.Errorf("bans %v, connected %v", bans, connected(n, bad.host.ID()))
	}
	if last := n.Rejections()[bad.host.ID()].Last; last.Why != "bad-snappy" || last.Topic != gossip.Topic(chain.L2ChainID, gossip.V4) {
		t.Errorf("last %+v", last)
	}
}

func TestKnownPeersAreDialledAfterARestart(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	a := openNode(t, testConfig(t, chain, clock.now))
	cfg := testConfig(t, chain, clock.now)
	cfg.PeerstorePath = t.TempDir()
	b := openNode(t, cfg)
	connect(t, b, a)
	eventually(t, "a is on disk, without b being closed", func() bool {
		text, err := os.ReadFile(filepath.Join(cfg.PeerstorePath, knownFile))
		return err == nil && strings.Contains(string(text), a.host.ID().String())
	})
	cfg.PrivRaw = randomKey(t)
	again := openNode(t, cfg)
	eventually(t, "connected without being told to", func() bool { return connected(again, a.host.ID()) })
}

func TestNetrestrictKeepsANodeFromDialling(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	a := openNode(t, testConfig(t, chain, clock.now))
	cfg := testConfig(t, chain, clock.now)
	cfg.NetRestrict = "10.0.0.0/8"
	b := openNode(t, cfg)
	if err := b.ConnectPeer(context.Background(), addrOf(a)); err == nil {
		t.Error("dialled outside of netrestrict")
	}
	if b.Stats().Gate.DialsRefused == 0 {
		t.Error("not counted")
	}
	connect(t, a, b) // others may come from anywhere
}

func TestBlockingEndsConnections(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	for _, c := range []struct {
		name         string
		block, allow func(n *Node, id peer.ID) error
	}{
		{"peer", func(n *Node, id peer.ID) error { return n.BlockPeer(id) }, func(n *Node, id peer.ID) error { return n.UnblockPeer(id) }},
		{"addr", func(n *Node, _ peer.ID) error { return n.BlockAddr(net.IPv4(127, 0, 0, 1)) }, func(n *Node, _ peer.ID) error { return n.UnblockAddr(net.IPv4(127, 0, 0, 1)) }},
		{"subnet", func(n *Node, _ peer.ID) error { return n.BlockSubnet(subnet(t, "127.0.0.0/8")) }, func(n *Node, _ peer.ID) error { return n.UnblockSubnet(subnet(t, "127.0.0.0/8")) }},
	} {
		a, b := openNode(t, testConfig(t, chain, clock.now)), openNode(t, testConfig(t, chain, clock.now))
		connect(t, b, a)
		eventually(t, c.name+": connected", func() bool { return connected(a, b.host.ID()) })
		if err := c.block(a, b.host.ID()); err != nil {
			t.Fatal(err)
		}
		eventually(t, c.name+": disconnected", func() bool { return !connected(a, b.host.ID()) && !connected(b, a.host.ID()) })
		if err := a.ConnectPeer(context.Background(), addrOf(b)); err == nil {
			t.Errorf("%s: dialled though blocked", c.name)
		}
		if err := c.allow(a, b.host.ID()); err != nil {
			t.Fatal(err)
		}
		connect(t, a, b)
	}
}

func subnet(t testing.TB, text string) *net.IPNet {
	t.Helper()
	_, out, err := net.ParseCIDR(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDisconnectedPeersAreForgotten(t *testing.T) {
	clock := newClock()
	chain := isthmusChain()
	a, b := openNode(t, testConfig(t, chain, clock.now)), openNode(t, testConfig(t, chain, clock.now))
	connect(t, b, a)
	eventually(t, "a knows b", func() bool { return len(a.book.list()) == 1 })
	if err := a.ProtectPeer(b.host.ID()); err != nil || !a.Peers(true).Peers[b.host.ID().String()].Protected {
		t.Errorf("protect: %v", err)
	}
	if err := a.UnprotectPeer(b.host.ID()); err != nil || a.Peers(true).Peers[b.host.ID().String()].Protected {
		t.Errorf("unprotect: %v", err)
	}
	if err := a.DisconnectPeer(b.host.ID()); err != nil {
		t.Fatal(err)
	}
	if connected(a, b.host.ID()) || len(a.book.list()) != 0 || len(a.host.Peerstore().Addrs(b.host.ID())) != 0 {
		t.Error("still known")
	}
	for _, err := range []error{a.BlockPeer(""), a.UnblockPeer(""), a.ProtectPeer(""), a.UnprotectPeer(""), a.DisconnectPeer(""), a.BlockAddr(nil), a.UnblockAddr(net.IP{1}), a.BlockSubnet(nil), a.UnblockSubnet(&net.IPNet{})} {
		if err != ErrInvalidRequest { //nolint:errorlint // op-node's words exactly
			t.Errorf("got %v", err)
		}
	}
	if err := a.ConnectPeer(context.Background(), "10.0.0.1:9222"); err == nil {
		t.Error("no multiaddr, and no error")
	}
}

func TestThousandsOfDialsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	clock := newClock()
	chain := isthmusChain()
	cfg := testConfig(t, chain, clock.now)
	cfg.PeersLo, cfg.PeersHi = 4, 8
	n := openNode(t, cfg)
	before := runtime.NumGoroutine()
	to := n.host.Network().ListenAddresses()[0]
	port, _ := tcpPort(to)
	// Two thousand connections that say nothing, as many at a time as the node lets in.
	var open []net.Conn
	for range 2000 {
		conn, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		open = append(open, conn)
	}
	if more := runtime.NumGoroutine() - before; len(open) == 0 || more > 5*maxStrangers {
		t.Errorf("%d goroutines for %d silent connections", more, len(open))
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	// And some that do everything right, under keys of their own.
	limit, most := inboundLimit(cfg.PeersHi), 0
	for range 2 * limit {
		h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.Transport(tcp.NewTCPTransport), libp2p.DisableMetrics(), libp2p.DisableRelay(), libp2p.ResourceManager(unlimited(t)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = h.Connect(ctx, peer.AddrInfo{ID: n.host.ID(), Addrs: []multiaddr.Multiaddr{to}})
		cancel()
		most = max(most, len(n.host.Network().Conns()))
	}
	if most != limit {
		t.Errorf("%d proper peers got in, want %d", most, limit)
	}
}
