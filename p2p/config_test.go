package p2p

import (
	"errors"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/rollup"
)

func TestDefaultsAreOpNodes(t *testing.T) {
	cfg := DefaultConfig(isthmusChain())
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	if cfg.ListenTCP != 9222 || cfg.PeersLo != 20 || cfg.PeersHi != 30 || cfg.PeersGrace != 30*time.Second || cfg.BanThreshold != -100 ||
		cfg.BanDuration != time.Hour || cfg.MaxAge != time.Minute || cfg.UserAgent != "optimism" || cfg.FloodPublish || cfg.NAT {
		t.Errorf("%+v", cfg)
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	static := "/ip4/10.1.2.3/tcp/9222/p2p/16Uiu2HAm9wRdzsCuB3yXvYAbxMnkgtyREDXSqmTVuXh7QpZPxZ3T"
	for _, c := range []struct {
		field string
		set   func(*Config)
	}{
		{"l2_chain_id", func(c *Config) { c.Rollup = nil }},
		{"p2p.priv.path", func(c *Config) { c.PrivPath = "" }},
		{"p2p.peerstore.path", func(c *Config) { c.PeerstorePath = "" }},
		{"p2p.discovery.path", func(c *Config) { c.DiscoveryPath = "" }},
		{"p2p.listen.ip", func(c *Config) { c.ListenIP = "localhost" }},
		{"p2p.listen.tcp", func(c *Config) { c.ListenTCP = 80 }},
		{"p2p.listen.udp", func(c *Config) { c.ListenUDP = 70000 }},
		{"p2p.advertise.tcp", func(c *Config) { c.AdvertiseTCP = -1 }},
		{"p2p.advertise.ip", func(c *Config) { c.AdvertiseIP = "0.0.0.0" }},
		{"p2p.advertise.ip", func(c *Config) { c.AdvertiseIP = "1.2.3.4:9222" }},
		{"p2p.mux", func(c *Config) { c.Mux = "mplex" }},
		{"p2p.mux", func(c *Config) { c.Mux = "yamux,spdy" }},
		{"p2p.security", func(c *Config) { c.Security = "none,noise" }},
		{"p2p.security", func(c *Config) { c.Security = "" }},
		{"p2p.peers.lo", func(c *Config) { c.PeersLo = 0 }},
		{"p2p.peers.hi", func(c *Config) { c.PeersHi = 19 }},
		{"p2p.timeout.dial", func(c *Config) { c.Dial = 0 }},
		{"p2p.scoring", func(c *Config) { c.Scoring = "heavy" }},
		{"p2p.ban.threshold", func(c *Config) { c.BanThreshold = 0 }},
		{"p2p.ban.duration", func(c *Config) { c.BanDuration = 0 }},
		{"p2p.gossip.mesh.d", func(c *Config) { c.MeshD = 0 }},
		{"p2p.gossip.mesh.lo", func(c *Config) { c.MeshLo = 9 }},
		{"p2p.gossip.mesh.dhi", func(c *Config) { c.MeshHi = 7 }},
		{"p2p.gossip.mesh.dlazy", func(c *Config) { c.MeshLazy = 1001 }},
		{"p2p.gossip.timestamp.threshold", func(c *Config) { c.MaxAge = 0 }},
		{"p2p.netrestrict", func(c *Config) { c.NetRestrict = "10.0.0.0" }},
		{"p2p.static", func(c *Config) { c.Static = []string{"10.1.2.3:9222"} }},
		{"p2p.static", func(c *Config) { c.Static = []string{"/ip4/10.1.2.3/tcp/9222"} }},
		{"p2p.static", func(c *Config) { c.Static, c.NetRestrict = []string{static}, "192.168.0.0/16" }},
		{"p2p.bootnodes", func(c *Config) { c.Bootnodes = []string{"enr:-nonsense"} }},
	} {
		cfg := DefaultConfig(isthmusChain())
		c.set(&cfg)
		var field *rollup.FieldError
		if err := cfg.Check(); !errors.As(err, &field) || field.Field != c.field || field.Fix == "" {
			t.Errorf("want %s, got %v", c.field, err)
		}
	}
}

func TestStaticPeersWithSeveralAddressesAreOnePeer(t *testing.T) {
	const id = "/p2p/16Uiu2HAm9wRdzsCuB3yXvYAbxMnkgtyREDXSqmTVuXh7QpZPxZ3T"
	cfg := DefaultConfig(isthmusChain())
	cfg.Static = []string{"/ip4/10.1.2.3/tcp/9222" + id + ", /dns4/example.org/tcp/9222" + id}
	s, err := cfg.parse()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.static) != 1 || len(s.static[0].Addrs) != 2 {
		t.Errorf("%v", s.static)
	}
}
