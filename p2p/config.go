package p2p

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/netutil"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// Memory is the path that stands for no file at all, as op-node has it.
const Memory = "memory"

// Config configures a Node. The fields after Signer hold op-node's flags of the name in the comment, in the form in which
// the flags have them; DefaultConfig has their defaults. Of op-node's flags about peer to peer these have no field:
// --p2p.disable (then there is no Node to open), --p2p.sequencer.key (Signer), --p2p.sync.* and --syncmode.req-resp
// (see the package's text on payload_by_number), and the old names of --p2p.scoring.
type Config struct {
	Rollup *rollup.Config
	Signer gossip.Signer // signs what Publish is given; nil: the node publishes nothing
	Log    *slog.Logger  // nil: none
	Now    func() time.Time

	PrivPath string // p2p.priv.path: file with the identity key, made if it does not exist
	PrivRaw  string // p2p.priv.raw: the key itself, in hex; wins

	ListenIP     string // p2p.listen.ip
	ListenTCP    int    // p2p.listen.tcp; 0: any free port
	ListenUDP    int    // p2p.listen.udp; 0: any free port
	AdvertiseIP  string // p2p.advertise.ip: address or name; empty: learn it from others
	AdvertiseTCP int    // p2p.advertise.tcp; 0: the one listened to
	AdvertiseUDP int    // p2p.advertise.udp; 0: the one listened to

	NoDiscovery   bool     // p2p.no-discovery
	Bootnodes     []string // p2p.bootnodes: ENR or enode; none: those built in
	Static        []string // p2p.static: multiaddrs that end in /p2p/<peer id>
	NetRestrict   string   // p2p.netrestrict: CIDR masks, by commas: no other address is dialled
	PeerstorePath string   // p2p.peerstore.path: directory of known peers and bans; Memory: none
	DiscoveryPath string   // p2p.discovery.path: directory of the discovery database; Memory: none

	Mux       string // p2p.mux: yamux; mplex may be named and is not offered
	Security  string // p2p.security: noise and tls, by commas, best first; or none
	NAT       bool   // p2p.nat: ask the router for a port
	UserAgent string // p2p.useragent
	Ping      bool   // p2p.ping: ping each peer every three minutes

	PeersLo    int           // p2p.peers.lo: as many are looked for
	PeersHi    int           // p2p.peers.hi: from there on peers are dropped
	PeersGrace time.Duration // p2p.peers.grace: a new peer is not dropped for as long
	Dial       time.Duration // p2p.timeout.dial
	Negotiate  time.Duration // p2p.timeout.negotiation: no effect, here as in op-node
	Accept     time.Duration // p2p.timeout.accept: no effect, here as in op-node

	Scoring      string        // p2p.scoring: light or none
	Ban          bool          // p2p.ban.peers
	BanThreshold float64       // p2p.ban.threshold: score below which a peer is banned
	BanDuration  time.Duration // p2p.ban.duration

	MeshD, MeshLo, MeshHi, MeshLazy int           // p2p.gossip.mesh.d, .lo, .dhi, .dlazy
	FloodPublish                    bool          // p2p.gossip.mesh.floodpublish
	MaxAge                          time.Duration // p2p.gossip.timestamp.threshold: older blocks are refused

	Pace Pace
}

// Pace is how often things are done. A zero field has the value named.
type Pace struct {
	Redial    time.Duration // first wait before a lost static peer is dialled again, doubled up to RedialMax; 1 s
	RedialMax time.Duration // 1 min
	Inspect   time.Duration // between two looks at the scores of all peers; 15 s
	Save      time.Duration // between two writings of known peers; 15 s
	Search    time.Duration // between two looks whether there are enough peers; 5 s
	Ping      time.Duration // between two rounds of pings; 3 min
}

func (p Pace) withDefaults() Pace {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&p.Redial, time.Second)
	set(&p.RedialMax, time.Minute)
	set(&p.Inspect, gossip.ScoreInspection)
	set(&p.Save, 15*time.Second)
	set(&p.Search, 5*time.Second)
	set(&p.Ping, 3*time.Minute)
	return p
}

// DefaultConfig has op-node's defaults (of v1.19.6) for a chain.
func DefaultConfig(chain *rollup.Config) Config {
	return Config{
		Rollup: chain, Now: time.Now,
		PrivPath: "opnode_p2p_priv.txt", ListenIP: "0.0.0.0", ListenTCP: 9222,
		PeerstorePath: "opnode_peerstore_db", DiscoveryPath: "opnode_discovery_db",
		Mux: "yamux,mplex", Security: "noise", UserAgent: "optimism", Ping: true,
		PeersLo: 20, PeersHi: 30, PeersGrace: 30 * time.Second,
		Dial: 10 * time.Second, Negotiate: 10 * time.Second, Accept: 10 * time.Second,
		Scoring: "light", Ban: true, BanThreshold: gossip.BanThreshold, BanDuration: gossip.BanDuration,
		MeshD: 8, MeshLo: 6, MeshHi: 12, MeshLazy: 6, MaxAge: gossip.DefaultMaxAge,
	}
}

// settings are the values of a Config that need parsing.
type settings struct {
	listen, advertise netip.Addr // advertise may be a name, which is looked up on Open
	advertiseName     string
	bootnodes         []string // checked as far as possible without a resolver
	static            []peer.AddrInfo
	restrict          *netutil.Netlist // nil: none
	security          []string         // noise, tls; none at all: plaintext
}

const maxMesh = 1000 // op-node's bound

// Check says whether the configuration makes sense; the error is a *rollup.FieldError that names the flag. It looks
// nothing up and opens nothing.
func (c *Config) Check() error {
	_, err := c.parse()
	return err
}

func (c *Config) parse() (settings, error) {
	var s settings
	for _, check := range []func(*settings) error{
		c.checkNeeds, c.checkListen, c.checkAdvertise, c.checkHost, c.checkPeers, c.checkScores, c.checkMesh, c.checkRestrict, c.checkStatic, c.checkBootnodes,
	} {
		if err := check(&s); err != nil {
			return settings{}, err
		}
	}
	return s, nil
}

func bad(field string, value any, fix string) error {
	return &rollup.FieldError{Field: field, Value: fmt.Sprint(value), Fix: fix}
}

func (c *Config) checkNeeds(*settings) error {
	switch {
	case c.Rollup == nil || c.Rollup.L2ChainID == nil || !c.Rollup.L2ChainID.IsUint64():
		return bad("l2_chain_id", "none", "gossip needs a rollup configuration with a chain id of at most 64 bits")
	case c.PrivPath == "" && c.PrivRaw == "":
		return bad("p2p.priv.path", "empty", "name a file for the key of this node; it is made if it does not exist")
	case c.PeerstorePath == "":
		return bad("p2p.peerstore.path", "empty", "name a directory, or say memory to forget peers and bans at the end")
	case c.DiscoveryPath == "" && !c.NoDiscovery:
		return bad("p2p.discovery.path", "empty", "name a directory, or say memory to forget the table at the end")
	case c.Now == nil:
		return bad("Now", "nil", "give a clock, or begin with DefaultConfig")
	}
	return nil
}

func (c *Config) checkListen(s *settings) error {
	ip, err := netip.ParseAddr(c.ListenIP)
	if err != nil {
		return bad("p2p.listen.ip", c.ListenIP, "give an IP address, 0.0.0.0 for all of IPv4")
	}
	s.listen = ip.Unmap()
	for _, port := range []struct {
		name  string
		value int
	}{
		{"p2p.listen.tcp", c.ListenTCP},
		{"p2p.listen.udp", c.ListenUDP},
		{"p2p.advertise.tcp", c.AdvertiseTCP},
		{"p2p.advertise.udp", c.AdvertiseUDP},
	} {
		if port.value != 0 && (port.value < 1024 || port.value > 65535) {
			return bad(port.name, port.value, "give a port from 1024 to 65535, or 0")
		}
	}
	return nil
}

func (c *Config) checkAdvertise(s *settings) error {
	if c.AdvertiseIP == "" {
		return nil
	}
	ip, err := netip.ParseAddr(c.AdvertiseIP)
	if err != nil {
		if strings.ContainsAny(c.AdvertiseIP, " /:") {
			return bad("p2p.advertise.ip", c.AdvertiseIP, "give the IP address, or name, by which others reach this node")
		}
		s.advertiseName = c.AdvertiseIP
		return nil
	}
	if ip.IsUnspecified() {
		return bad("p2p.advertise.ip", c.AdvertiseIP, "give the address by which others reach this node, or leave it empty")
	}
	s.advertise = ip.Unmap()
	return nil
}

func (c *Config) checkHost(s *settings) error {
	yamux := false
	for _, name := range fields(c.Mux) {
		switch name {
		case "yamux":
			yamux = true
		case "mplex": // no kept library has it; every node of the network speaks yamux
		default:
			return bad("p2p.mux", c.Mux, "say yamux")
		}
	}
	if !yamux {
		return bad("p2p.mux", c.Mux, "say yamux, which every node of the network speaks")
	}
	names := fields(c.Security)
	for _, name := range names {
		switch name {
		case "noise", "tls":
			s.security = append(s.security, name)
		case "none":
			if len(names) > 1 {
				return bad("p2p.security", c.Security, "say either none, or noise and tls")
			}
		default:
			return bad("p2p.security", c.Security, "say noise, or noise,tls")
		}
	}
	if len(names) == 0 {
		return bad("p2p.security", "empty", "say noise")
	}
	return nil
}

func (c *Config) checkPeers(*settings) error {
	switch {
	case c.PeersLo < 1:
		return bad("p2p.peers.lo", c.PeersLo, "look for at least 1 peer, 20 is usual")
	case c.PeersHi < c.PeersLo:
		return bad("p2p.peers.hi", c.PeersHi, fmt.Sprintf("at least p2p.peers.lo, which is %d", c.PeersLo))
	case c.PeersHi > maxPeers:
		return bad("p2p.peers.hi", c.PeersHi, fmt.Sprintf("at most %d", maxPeers))
	case c.PeersGrace < 0:
		return bad("p2p.peers.grace", c.PeersGrace, "give a duration of at least 0")
	case c.Dial <= 0:
		return bad("p2p.timeout.dial", c.Dial, "give a duration, 10s is usual")
	}
	return nil
}

func (c *Config) checkScores(*settings) error {
	switch {
	case c.Scoring != "light" && c.Scoring != "none":
		return bad("p2p.scoring", c.Scoring, "say light or none")
	case c.Ban && (c.BanThreshold >= 0 || c.BanThreshold != c.BanThreshold):
		return bad("p2p.ban.threshold", c.BanThreshold, "give a score below 0, -100 is usual")
	case c.Ban && c.BanDuration <= 0:
		return bad("p2p.ban.duration", c.BanDuration, "give a duration, 1h is usual")
	}
	return nil
}

func (c *Config) checkMesh(*settings) error {
	for _, p := range []struct {
		name  string
		value int
	}{
		{"p2p.gossip.mesh.d", c.MeshD},
		{"p2p.gossip.mesh.lo", c.MeshLo},
		{"p2p.gossip.mesh.dhi", c.MeshHi},
		{"p2p.gossip.mesh.dlazy", c.MeshLazy},
	} {
		if p.value < 1 || p.value > maxMesh {
			return bad(p.name, p.value, fmt.Sprintf("give a number of peers from 1 to %d", maxMesh))
		}
	}
	switch {
	case c.MeshLo > c.MeshD:
		return bad("p2p.gossip.mesh.lo", c.MeshLo, fmt.Sprintf("at most p2p.gossip.mesh.d, which is %d", c.MeshD))
	case c.MeshHi < c.MeshD:
		return bad("p2p.gossip.mesh.dhi", c.MeshHi, fmt.Sprintf("at least p2p.gossip.mesh.d, which is %d", c.MeshD))
	case c.MaxAge <= 0:
		return bad("p2p.gossip.timestamp.threshold", c.MaxAge, "give a duration, 60s is usual")
	}
	return nil
}

func (c *Config) checkRestrict(s *settings) error {
	if strings.TrimSpace(c.NetRestrict) == "" {
		return nil
	}
	list, err := netutil.ParseNetlist(c.NetRestrict)
	if err != nil {
		return bad("p2p.netrestrict", c.NetRestrict, "give CIDR masks, separated by commas: "+err.Error())
	}
	s.restrict = list
	return nil
}

func (c *Config) checkStatic(s *settings) error {
	seen := map[peer.ID]int{}
	for _, text := range c.Static {
		for _, text := range fields(text) {
			addr, err := multiaddr.NewMultiaddr(text)
			if err != nil {
				return bad("p2p.static", text, "give a multiaddr such as /ip4/1.2.3.4/tcp/9222/p2p/16Uiu2...: "+err.Error())
			}
			info, err := peer.AddrInfoFromP2pAddr(addr)
			if err != nil || len(info.Addrs) == 0 {
				return bad("p2p.static", text, "the address has to end in /p2p/ and the peer's id")
			}
			if ip, ok := ipOf(addr); ok && s.restrict != nil && !s.restrict.ContainsAddr(ip) {
				return bad("p2p.static", text, "it is outside of p2p.netrestrict and would never be dialled")
			}
			if i, ok := seen[info.ID]; ok {
				s.static[i].Addrs = append(s.static[i].Addrs, info.Addrs...)
				continue
			}
			seen[info.ID] = len(s.static)
			s.static = append(s.static, *info)
		}
	}
	if len(s.static) > maxStatic {
		return bad("p2p.static", fmt.Sprintf("%d peers", len(s.static)), fmt.Sprintf("at most %d", maxStatic))
	}
	return nil
}

func (c *Config) checkBootnodes(s *settings) error {
	for _, text := range c.Bootnodes {
		for _, text := range fields(text) {
			if !strings.HasPrefix(text, "enode://") { // those may have a name instead of an address
				if _, err := enode.Parse(enode.ValidSchemes, text); err != nil {
					return bad("p2p.bootnodes", text, "give node records (enr:...) or URLs (enode://...): "+err.Error())
				}
			}
			s.bootnodes = append(s.bootnodes, text)
		}
	}
	return nil
}

// fields are the parts of a list with commas.
func fields(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// ipOf is the IP address of a multiaddr, if it has one.
func ipOf(addr multiaddr.Multiaddr) (netip.Addr, bool) {
	for _, code := range []int{multiaddr.P_IP4, multiaddr.P_IP6} {
		if text, err := addr.ValueForProtocol(code); err == nil {
			ip, err := netip.ParseAddr(text)
			return ip.Unmap(), err == nil
		}
	}
	return netip.Addr{}, false
}

// netIP is the same address in the type of package net.
func netIP(ip netip.Addr) net.IP { return net.IP(ip.AsSlice()) }
