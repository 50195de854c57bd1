package p2p

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/insecure"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	tls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
)

// Bounds of a host.
const (
	maxPeers  = 1000 // for p2p.peers.hi
	maxStatic = 200  // for p2p.static

	maxStrangers = 128 // connections of whom it is not known yet who it is; at most 8 of an address (libp2p's default)
)

// inboundLimit is how many peers may have connected to this node at a time. Above p2p.peers.hi the connection manager drops
// some, but only now and then and none that is new.
func inboundLimit(peers int) int { return peers + peers/2 + 16 }

// silence is the time between two looks of the connection manager at the number of peers, as op-node has it.
const silence = time.Minute

// newHost starts a libp2p host that listens: TCP; noise, tls or plaintext; yamux; identify; ping; no relay.
func newHost(cfg *Config, s settings, key crypto.PrivKey, gate *gater, bandwidth metrics.Reporter) (host.Host, error) {
	if err := portIsFree(s.listen, cfg.ListenTCP); err != nil {
		return nil, err
	}
	peers, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, fmt.Errorf("make the peer store: %w", err)
	}
	conns, err := connmgr.NewConnManager(cfg.PeersLo, cfg.PeersHi, connmgr.WithGracePeriod(cfg.PeersGrace), connmgr.WithSilencePeriod(silence))
	if err != nil {
		return nil, fmt.Errorf("make the connection manager: %w", err)
	}
	resources, err := newResources(cfg.PeersHi + len(s.static))
	if err != nil {
		return nil, fmt.Errorf("make the resource manager: %w", err)
	}
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.UserAgent(cfg.UserAgent),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.WithDialTimeout(cfg.Dial),
		libp2p.DisableRelay(),
		libp2p.ListenAddrs(tcpAddr(s.listen, cfg.ListenTCP)),
		libp2p.ConnectionGater(gate),
		libp2p.ConnectionManager(conns),
		libp2p.ResourceManager(resources),
		libp2p.Peerstore(peers),
		libp2p.BandwidthReporter(bandwidth),
		libp2p.Ping(true),
		libp2p.DisableMetrics(), // Stats has them: the registry of the process is not this package's
	}
	if s.advertise.IsValid() || cfg.AdvertiseTCP != 0 {
		options = append(options, libp2p.AddrsFactory(advertised(s.advertise, cfg.AdvertiseTCP)))
	}
	if cfg.NAT {
		options = append(options, libp2p.NATPortMap(), libp2p.EnableNATService(), libp2p.AutoNATServiceRateLimit(10, 5, time.Minute))
	}
	for _, name := range s.security {
		if name == "tls" {
			options = append(options, libp2p.Security(tls.ID, tls.New))
		} else {
			options = append(options, libp2p.Security(noise.ID, noise.New))
		}
	}
	if len(s.security) == 0 {
		options = append(options, libp2p.Security(insecure.ID, insecure.NewWithIdentity))
	}
	h, err := libp2p.New(options...)
	if err != nil {
		return nil, fmt.Errorf("start the libp2p host on %s: %w", tcpAddr(s.listen, cfg.ListenTCP), err)
	}
	return h, nil
}

// portIsFree says whether nobody else listens. libp2p lets any number of its hosts share a port, so that a second node on
// a machine would get some of the first one's connections instead of an error.
func portIsFree(ip netip.Addr, port int) error {
	if port == 0 {
		return nil
	}
	listener, err := net.Listen("tcp", netip.AddrPortFrom(ip, uint16(port)).String()) //nolint:gosec // checked by Config.Check
	if err != nil {
		return bad("p2p.listen.tcp", port, fmt.Sprintf("give another port, or --p2p.disable: %s", err))
	}
	return listener.Close()
}

// newResources bounds what all peers together, and one of them, can make this node hold. A peer needs one connection, and
// a stream in each direction for gossip besides short ones for identify and ping.
func newResources(peers int) (network.ResourceManager, error) {
	const mib = 1 << 20
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)
	conns := rcmgr.LimitVal(2*peers + 2*maxStrangers)
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: conns, ConnsInbound: rcmgr.LimitVal(inboundLimit(peers) + maxStrangers), ConnsOutbound: conns, FD: conns,
			Streams: 16 * conns, StreamsInbound: 8 * conns, StreamsOutbound: 8 * conns,
			Memory: rcmgr.LimitVal64(128*mib + 8*mib*peers),
		},
		Transient: rcmgr.ResourceLimits{ // not known yet who it is
			Conns: maxStrangers + 32, ConnsInbound: maxStrangers, ConnsOutbound: 32, FD: maxStrangers + 32,
			Streams: 256, StreamsInbound: 128, StreamsOutbound: 128, Memory: 64 * mib,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: 4, ConnsInbound: 2, ConnsOutbound: 4, FD: 4, Streams: 64, StreamsInbound: 32, StreamsOutbound: 64, Memory: 64 * mib,
		},
	}
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.Build(scaling.Scale(int64(512*mib), int(conns)))), rcmgr.WithMetricsDisabled())
}

func tcpAddr(ip netip.Addr, port int) multiaddr.Multiaddr {
	family := "ip4"
	if ip.Is6() {
		family = "ip6"
	}
	return multiaddr.StringCast(fmt.Sprintf("/%s/%s/tcp/%d", family, ip, port))
}

// advertised puts the address that the operator named in front of those that others are told by identify. op-node has it
// in its node record only.
func advertised(ip netip.Addr, port int) func([]multiaddr.Multiaddr) []multiaddr.Multiaddr {
	return func(addrs []multiaddr.Multiaddr) []multiaddr.Multiaddr {
		ip, port := ip, port
		for _, addr := range addrs {
			if listened, ok := tcpPort(addr); port == 0 && ok {
				port = listened
			}
			if known, ok := ipOf(addr); !ip.IsValid() && ok && !known.IsUnspecified() && !known.IsLoopback() {
				ip = known
			}
		}
		if !ip.IsValid() || port == 0 {
			return addrs
		}
		out := []multiaddr.Multiaddr{tcpAddr(ip, port)}
		for _, addr := range addrs {
			if !addr.Equal(out[0]) {
				out = append(out, addr)
			}
		}
		return out
	}
}

// listenedPort is the TCP port that the host listens to.
func listenedPort(h host.Host) int {
	for _, addr := range h.Network().ListenAddresses() {
		if port, ok := tcpPort(addr); ok {
			return port
		}
	}
	return 0
}

func tcpPort(addr multiaddr.Multiaddr) (int, bool) {
	text, err := addr.ValueForProtocol(multiaddr.P_TCP)
	if err != nil {
		return 0, false
	}
	at, err := netip.ParseAddrPort("0.0.0.0:" + text)
	return int(at.Port()), err == nil
}
