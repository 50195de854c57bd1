package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// p2pFlags say how blocks are gossiped. What nobody needs to set for an ordinary node is hidden from the help, and stands
// in docs/from-op-node.md.
type p2pFlags struct {
	Disable      bool     `name:"p2p.disable" help:"Do not gossip: unsafe blocks come with L1 only." env:"OP_NODE_P2P_DISABLE"`
	NoDiscovery  bool     `name:"p2p.no-discovery" help:"Do not look for peers." env:"OP_NODE_P2P_NO_DISCOVERY" hidden:""`
	ListenIP     string   `name:"p2p.listen.ip" help:"IP address to be dialled at." env:"OP_NODE_P2P_LISTEN_IP" default:"0.0.0.0" placeholder:"IP" hidden:""`
	ListenTCP    uint64   `name:"p2p.listen.tcp" help:"TCP port of gossip." env:"OP_NODE_P2P_LISTEN_TCP_PORT" default:"9222"`
	ListenUDP    uint64   `name:"p2p.listen.udp" help:"UDP port of discovery; 0: the number of the TCP port." env:"OP_NODE_P2P_LISTEN_UDP_PORT" default:"0" hidden:""`
	AdvertiseIP  string   `name:"p2p.advertise.ip" help:"Address that others reach this node by." env:"OP_NODE_P2P_ADVERTISE_IP" placeholder:"IP"`
	AdvertiseTCP uint64   `name:"p2p.advertise.tcp" help:"TCP port for it, if not the one above." env:"OP_NODE_P2P_ADVERTISE_TCP" default:"0" hidden:""`
	AdvertiseUDP uint64   `name:"p2p.advertise.udp" help:"UDP port for it, if not the one above." env:"OP_NODE_P2P_ADVERTISE_UDP" default:"0" hidden:""`
	Bootnodes    []string `name:"p2p.bootnodes" help:"Where to ask for peers, instead of those built in." env:"OP_NODE_P2P_BOOTNODES" placeholder:"ENR,ENR" hidden:""`
	Static       string   `name:"p2p.static" help:"Peers to stay connected with." env:"OP_NODE_P2P_STATIC" placeholder:"ADDR,ADDR"`
	NetRestrict  string   `name:"p2p.netrestrict" help:"Dial only addresses in these networks." env:"OP_NODE_P2P_NETRESTRICT" placeholder:"CIDR,CIDR" hidden:""`
	NAT          bool     `name:"p2p.nat" help:"Ask the router to let others in." env:"OP_NODE_P2P_NAT" hidden:""`
	PrivPath     string   `name:"p2p.priv.path" help:"File with this node's key; made if missing, in --datadir." env:"OP_NODE_P2P_PRIV_PATH" default:"opnode_p2p_priv.txt" hidden:""`
	PrivRaw      string   `name:"p2p.priv.raw" help:"The key itself, in hex." env:"OP_NODE_P2P_PRIV_RAW" placeholder:"HEX" hidden:""`
	PeersLo      uint64   `name:"p2p.peers.lo" help:"Look for peers until there are as many." env:"OP_NODE_P2P_PEERS_LO" default:"20" hidden:""`
	PeersHi      uint64   `name:"p2p.peers.hi" help:"Drop peers if there are more." env:"OP_NODE_P2P_PEERS_HI" default:"30" hidden:""`

	SequencerKey string `name:"p2p.sequencer.key" help:"Key that signs own blocks, in hex." env:"OP_NODE_P2P_SEQUENCER_KEY" placeholder:"HEX"`

	Scoring       string        `name:"p2p.scoring" help:"light, or none." env:"OP_NODE_P2P_PEER_SCORING" default:"light" hidden:""`
	Ban           bool          `name:"p2p.ban.peers" help:"Ban peers of a low score." env:"OP_NODE_P2P_PEER_BANNING" default:"true" hidden:""`
	BanThreshold  float64       `name:"p2p.ban.threshold" help:"Score below which a peer is banned." env:"OP_NODE_P2P_PEER_BANNING_THRESHOLD" default:"-100" hidden:""`
	BanDuration   time.Duration `name:"p2p.ban.duration" help:"How long a ban lasts." env:"OP_NODE_P2P_PEER_BANNING_DURATION" default:"1h" hidden:""`
	PeersGrace    time.Duration `name:"p2p.peers.grace" help:"How long a new peer is not dropped." env:"OP_NODE_P2P_PEERS_GRACE" default:"30s" hidden:""`
	Mux           string        `name:"p2p.mux" help:"yamux; mplex may be named and is not offered." env:"OP_NODE_P2P_MUX" default:"yamux,mplex" hidden:""`
	Security      string        `name:"p2p.security" help:"noise, tls, or both in order; none for tests." env:"OP_NODE_P2P_SECURITY" default:"noise" hidden:""`
	UserAgent     string        `name:"p2p.useragent" help:"What peers are told that this is." env:"OP_NODE_P2P_AGENT" default:"optimism" hidden:""`
	Negotiation   time.Duration `name:"p2p.timeout.negotiation" help:"Changes nothing, here as in op-node." env:"OP_NODE_P2P_TIMEOUT_NEGOTIATION" default:"10s" hidden:""`
	Accept        time.Duration `name:"p2p.timeout.accept" help:"Changes nothing, here as in op-node." env:"OP_NODE_P2P_TIMEOUT_ACCEPT" default:"10s" hidden:""`
	Dial          time.Duration `name:"p2p.timeout.dial" help:"Time for a dial." env:"OP_NODE_P2P_TIMEOUT_DIAL" default:"10s" hidden:""`
	PeerstorePath string        `name:"p2p.peerstore.path" help:"Directory of known peers and bans; memory: none." env:"OP_NODE_P2P_PEERSTORE_PATH" default:"opnode_peerstore_db" hidden:""`
	DiscoveryPath string        `name:"p2p.discovery.path" help:"Directory of discovery's table; memory: none." env:"OP_NODE_P2P_DISCOVERY_PATH" default:"opnode_discovery_db" hidden:""`
	MeshD         uint64        `name:"p2p.gossip.mesh.d" help:"Peers that blocks are exchanged with." env:"OP_NODE_P2P_GOSSIP_MESH_D" default:"8" hidden:""`
	MeshLo        uint64        `name:"p2p.gossip.mesh.lo" help:"The least of them." env:"OP_NODE_P2P_GOSSIP_MESH_DLO" default:"6" hidden:""`
	MeshHi        uint64        `name:"p2p.gossip.mesh.dhi" help:"The most of them." env:"OP_NODE_P2P_GOSSIP_MESH_DHI" default:"12" hidden:""`
	MeshLazy      uint64        `name:"p2p.gossip.mesh.dlazy" help:"Peers that are told of blocks." env:"OP_NODE_P2P_GOSSIP_MESH_DLAZY" default:"6" hidden:""`
	Flood         bool          `name:"p2p.gossip.mesh.floodpublish" help:"Send own blocks to all peers." env:"OP_NODE_P2P_GOSSIP_FLOOD_PUBLISH" hidden:""`
	Threshold     time.Duration `name:"p2p.gossip.timestamp.threshold" help:"Age from which blocks are refused." env:"OP_NODE_P2P_GOSSIP_TIMESTAMP_THRESHOLD" default:"60s" hidden:""`
	Ping          bool          `name:"p2p.ping" help:"Ping each peer now and then." env:"OP_NODE_P2P_PING" default:"true" hidden:""`

	ReloadSigner time.Duration `name:"l1.runtime-config-reload-interval" help:"Time between two looks at who may sign blocks." env:"OP_NODE_L1_RUNTIME_CONFIG_RELOAD_INTERVAL" default:"10m" hidden:""`

	Signer signerFlags `embed:"" prefix:"signer."`
}

// signerFlags say where a signer of blocks is that is not this process.
type signerFlags struct {
	Endpoint string   `help:"Remote signer (op-signer) of own blocks." env:"OP_NODE_SIGNER_ENDPOINT" placeholder:"URL"`
	Address  string   `help:"Address of its key." env:"OP_NODE_SIGNER_ADDRESS" placeholder:"ADDR"`
	Header   []string `help:"Headers for it, as key=value." env:"OP_NODE_SIGNER_HEADER" hidden:""`
	TLS      bool     `name:"tls.enabled" help:"Show the signer a certificate." env:"OP_NODE_SIGNER_TLS_ENABLED" default:"true" hidden:""`
	CA       string   `name:"tls.ca" help:"Authorities that may have signed the signer's certificate." env:"OP_NODE_SIGNER_TLS_CA" default:"tls/ca.crt" hidden:"" type:"path"`
	Cert     string   `name:"tls.cert" help:"This node's certificate." env:"OP_NODE_SIGNER_TLS_CERT" default:"tls/tls.crt" hidden:"" type:"path"`
	Key      string   `name:"tls.key" help:"Its key." env:"OP_NODE_SIGNER_TLS_KEY" default:"tls/tls.key" hidden:"" type:"path"`
}

// config is the configuration of gossip, nil without it. Whoever makes it opens nothing but the connection to a signer.
func (f *p2pFlags) config(ctx context.Context, chain *rollup.Config, disk *diskFlags, sequencing bool, log *slog.Logger) (*node.Gossip, error) {
	if f.Disable {
		return nil, nil
	}
	setHostLog(log)
	cfg := p2p.DefaultConfig(chain)
	cfg.Log = log
	cfg.PrivPath, cfg.PrivRaw = disk.gossipPath(f.PrivPath), f.PrivRaw
	cfg.ListenIP, cfg.ListenTCP, cfg.ListenUDP = f.ListenIP, small(f.ListenTCP), small(f.ListenUDP)
	cfg.AdvertiseIP, cfg.AdvertiseTCP, cfg.AdvertiseUDP = f.AdvertiseIP, small(f.AdvertiseTCP), small(f.AdvertiseUDP)
	cfg.NoDiscovery, cfg.Bootnodes, cfg.Static, cfg.NetRestrict = f.NoDiscovery, f.Bootnodes, []string{f.Static}, f.NetRestrict
	cfg.PeerstorePath, cfg.DiscoveryPath = disk.gossipPath(f.PeerstorePath), disk.gossipPath(f.DiscoveryPath)
	cfg.Mux, cfg.Security, cfg.NAT, cfg.UserAgent, cfg.Ping = f.Mux, f.Security, f.NAT, f.UserAgent, f.Ping
	cfg.PeersLo, cfg.PeersHi, cfg.PeersGrace = small(f.PeersLo), small(f.PeersHi), f.PeersGrace
	cfg.Dial, cfg.Negotiate, cfg.Accept = f.Dial, f.Negotiation, f.Accept
	cfg.Scoring, cfg.Ban, cfg.BanThreshold, cfg.BanDuration = f.Scoring, f.Ban, f.BanThreshold, f.BanDuration
	cfg.MeshD, cfg.MeshLo, cfg.MeshHi, cfg.MeshLazy = small(f.MeshD), small(f.MeshLo), small(f.MeshHi), small(f.MeshLazy)
	cfg.FloodPublish, cfg.MaxAge = f.Flood, f.Threshold
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if !sequencing {
		return &node.Gossip{P2P: cfg, ReloadSigner: f.ReloadSigner}, nil
	}
	var err error
	if cfg.Signer, err = f.signer(ctx); err != nil {
		return nil, err
	}
	if cfg.Signer == nil {
		log.Warn("own blocks are not announced: there is no key to sign them with", "fix", "--p2p.sequencer.key or --signer.endpoint")
	}
	return &node.Gossip{P2P: cfg, ReloadSigner: f.ReloadSigner}, nil
}

// small is a number as package p2p has it. One that does not fit is too great for all of them, and said to be.
func small(n uint64) int { return int(min(n, math.MaxInt32)) } //nolint:gosec // it fits

// gossipPath is a path of gossip. One that is relative is, as for op-node, in the directory that the node was started in, if
// there is such a file; a new one is made in the data directory, where everything else is.
func (f *diskFlags) gossipPath(path string) string {
	if path == p2p.Memory || path == "" || filepath.IsAbs(path) {
		return path
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return filepath.Join(f.DataDir, path)
}

// signer is what signs own blocks, nil if there is none.
func (f *p2pFlags) signer(ctx context.Context) (gossip.Signer, error) {
	switch remote := f.Signer.Endpoint != ""; {
	case remote && f.SequencerKey != "":
		return nil, wrong("signer.endpoint", "(as given)", "there is --p2p.sequencer.key too; leave out one of them")
	case remote:
		return f.Signer.dial(ctx)
	case f.SequencerKey == "":
		return nil, nil
	}
	key, err := crypto.HexToECDSA(strings.TrimPrefix(f.SequencerKey, "0x"))
	if err != nil {
		return nil, wrong("p2p.sequencer.key", "(secret)", "give 32 bytes in hex")
	}
	return gossip.NewLocalSigner(key), nil
}

func (f *signerFlags) dial(ctx context.Context) (gossip.Signer, error) {
	if !common.IsHexAddress(f.Address) {
		return nil, wrong("signer.address", f.Address, "give the address of the signer's key")
	}
	headers, err := gossip.ParseHeaders(f.Header)
	if err != nil {
		return nil, wrong("signer.header", "(secret)", "write each as key=value")
	}
	cfg := gossip.RemoteSignerConfig{Endpoint: f.Endpoint, Address: common.HexToAddress(f.Address), Headers: headers}
	if f.TLS {
		cfg.TLS = &gossip.TLSFiles{CA: f.CA, Cert: f.Cert, Key: f.Key}
	}
	signer, err := gossip.DialRemoteSigner(ctx, cfg)
	if err != nil {
		return nil, wrong("signer.endpoint", "(as given)", "%s", err)
	}
	return signer, nil
}
