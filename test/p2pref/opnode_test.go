package p2pref

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ds "github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/log"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	opmetrics "github.com/ethereum-optimism/optimism/op-node/metrics"
	opp2p "github.com/ethereum-optimism/optimism/op-node/p2p"
	"github.com/ethereum-optimism/optimism/op-node/p2p/store"
	"github.com/ethereum-optimism/optimism/op-service/apis"
	"github.com/ethereum-optimism/optimism/op-service/clock"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"
	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"

	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// patience is the most that a test waits for something that has to happen. op-node looks at scores every 15 s.
const patience = 40 * time.Second

// opNode is the peer-to-peer part of an op-node: what its NewNodeP2P makes.
type opNode struct {
	*opp2p.NodeP2P
	trust  *trust
	meter  *meter
	blocks chan received
}

// received is what op-node handed to its driver.
type received struct {
	env  *opeth.ExecutionPayloadEnvelope
	from peer.ID
}

// OnUnsafeL2Payload is called by op-node for each block of others that passed all checks.
func (r *receiver) OnUnsafeL2Payload(_ context.Context, from peer.ID, env *opeth.ExecutionPayloadEnvelope) error {
	r.blocks <- received{env, from}
	return nil
}

type receiver struct{ blocks chan received }

// trust is whose blocks count for an op-node, which a test can change.
type trust struct {
	current atomic.Pointer[common.Address]
}

func (c *trust) set(signer common.Address)                 { c.current.Store(&signer) }
func (c *trust) P2PSequencerAddress() common.Address       { return *c.current.Load() }
func (*trust) PreviousP2PSequencerAddress() common.Address { return common.Address{} }
func (*trust) ConfirmCurrentSigner()                       {}

// meter counts what op-node tells its metrics.
type meter struct {
	opmetrics.Metricer
	mu     sync.Mutex
	events map[pb.TraceEvent_Type]int
	looks  int // inspections of scores
	scores []store.PeerScores
}

func (m *meter) RecordGossipEvent(kind int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[pb.TraceEvent_Type(kind)]++
}

func (m *meter) SetPeerScores(scores []store.PeerScores) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	m.scores = slices.Clone(scores)
}

func (m *meter) count(kind pb.TraceEvent_Type) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.events[kind]
}

func (m *meter) look() (looks int, scores []store.PeerScores) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looks, m.scores
}

// journal is a log, to be read where a test failed.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// tell gives the logger of a node, whose words a failed test prints.
func tell(t *testing.T, who string) slog.Handler {
	j := new(journal)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s", who, j)
		}
	})
	return slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelInfo})
}

// openOpNode starts op-node's host and gossip on loopback with the values that its flags have by default, apart from those
// that stand for files, ports and discovery.
func openOpNode(t *testing.T, clk clock.Clock, believes common.Address, static ...string) *opNode {
	t.Helper()
	priv, _, err := crypto.GenerateSecp256k1Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &opp2p.Config{
		Priv: priv.(*crypto.Secp256k1PrivateKey), NoDiscovery: true, Store: dssync.MutexWrap(ds.NewMapDatastore()),
		ListenIP: net.IPv4(127, 0, 0, 1), ListenTCPPort: 0, UserAgent: "optimism", EnablePingService: true, EnableReqRespSync: true,
		HostMux: []libp2p.Option{opp2p.YamuxC(), opp2p.MplexC()}, HostSecurity: []libp2p.Option{opp2p.NoiseC()},
		PeersLo: 20, PeersHi: 30, PeersGrace: 30 * time.Second,
		MeshD: opp2p.DefaultMeshD, MeshDLo: opp2p.DefaultMeshDlo, MeshDHi: opp2p.DefaultMeshDhi, MeshDLazy: opp2p.DefaultMeshDlazy,
		TimeoutNegotiation: 10 * time.Second, TimeoutAccept: 10 * time.Second, TimeoutDial: 10 * time.Second,
		GossipTimestampThreshold: time.Minute,
		ScoringParams:            must(opp2p.GetScoringParams("light", theirs().BlockTime)),
		BanningEnabled:           true, BanningThreshold: -100, BanningDuration: time.Hour,
	}
	for _, addr := range static {
		info := must(peer.AddrInfoFromString(addr))
		cfg.StaticPeers = append(cfg.StaticPeers, must(peer.AddrInfoToP2pAddrs(info))...)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	n := &opNode{trust: new(trust), blocks: make(chan received, 100), meter: &meter{Metricer: opmetrics.NoopMetrics, events: map[pb.TraceEvent_Type]int{}}}
	n.trust.set(believes)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	n.NodeP2P, err = opp2p.NewNodeP2P(ctx, theirs(), log.NewLogger(tell(t, "op-node")), cfg, &receiver{n.blocks}, nil, n.trust, n.meter, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close op-node: %v", err)
		}
	})
	return n
}

// addr is where an op-node can be dialled.
func (n *opNode) addr() string {
	return must(peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: n.Host().ID(), Addrs: n.Host().Addrs()}))[0].String()
}

// publish has an op-node sign and send a block, as its sequencer does.
func (n *opNode) publish(t *testing.T, by *ecdsa.PrivateKey, env *opeth.ExecutionPayloadEnvelope) {
	t.Helper()
	if err := n.GossipOut().SignAndPublishL2Payload(t.Context(), env, opsigner.NewLocalSigner(by)); err != nil {
		t.Fatalf("op-node does not publish: %v", err)
	}
}

// describe asks op-node what it knows of its peers (opp2p_peers).
func (n *opNode) describe(t *testing.T) *apis.PeerDump {
	t.Helper()
	dump, err := opp2p.NewP2PAPIBackend(n, log.NewLogger(log.DiscardHandler())).Peers(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

// subscribers are op-node's peers in the topic of each version.
func (n *opNode) subscribers() [4][]peer.ID {
	out := n.GossipOut()
	return [4][]peer.ID{out.BlocksTopicV1Peers(), out.BlocksTopicV2Peers(), out.BlocksTopicV3Peers(), out.BlocksTopicV4Peers()}
}

// openNode starts our own with op-node's defaults, on loopback. It believes in signer, and signs with its key.
func openNode(t *testing.T, clk clock.Clock, static ...string) *p2p.Node {
	t.Helper()
	var id [32]byte
	if _, err := rand.Read(id[1:]); err != nil {
		t.Fatal(err)
	}
	id[31] |= 1
	cfg := p2p.DefaultConfig(ours())
	cfg.Now, cfg.Signer, cfg.Log = clk.Now, gossip.NewLocalSigner(key), slog.New(tell(t, "ours"))
	cfg.PrivPath, cfg.PrivRaw = "", hex.EncodeToString(id[:])
	cfg.ListenIP, cfg.ListenTCP = "127.0.0.1", 0
	cfg.PeerstorePath, cfg.DiscoveryPath, cfg.NoDiscovery = p2p.Memory, p2p.Memory, true
	cfg.Static = static
	cfg.Pace = p2p.Pace{Redial: 50 * time.Millisecond, Inspect: 100 * time.Millisecond}
	n, err := p2p.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close ours: %v", err)
		}
	})
	n.Rotate(signer)
	return n
}

// addrOf is where ours can be dialled.
func addrOf(n *p2p.Node) string {
	s := n.Status()
	return s.Addrs[0].String() + "/p2p/" + s.Peer.String()
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(patience)
	defer end.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("never: %s", what)
		}
	}
}

// meshed waits until both exchange whole blocks of all versions: op-node counts its grafts, and does not tell of whom.
func meshed(t *testing.T, a *p2p.Node, b *opNode) {
	t.Helper()
	eventually(t, "ours has op-node in the mesh of all versions", func() bool {
		s := a.Status()
		for _, v := range gossip.Versions() {
			if s.Mesh[v] != 1 || s.Topics[v] != 1 {
				return false
			}
		}
		return true
	})
	eventually(t, "op-node has ours in all topics, and in the mesh of them", func() bool {
		for _, peers := range b.subscribers() {
			if !slices.Equal(peers, []peer.ID{a.Status().Peer}) {
				return false
			}
		}
		return b.meter.count(pb.TraceEvent_GRAFT)-b.meter.count(pb.TraceEvent_PRUNE) == len(gossip.Versions())
	})
}

// connected says whether both have a connection to the other.
func connected(a *p2p.Node, b *opNode) bool {
	ours := a.Peers(true).Peers[b.Host().ID().String()]
	return ours != nil && ours.Connectedness == network.Connected && b.Host().Network().Connectedness(a.Status().Peer) == network.Connected
}
