package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	gethlog "github.com/ethereum/go-ethereum/log"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/multiformats/go-multiaddr"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// Node takes part in the gossip of one chain. All methods are safe for concurrent use.
type Node struct {
	cfg       Config
	log       *slog.Logger
	ctx       context.Context //nolint:containedctx // the life of the node; Close ends it
	cancel    context.CancelFunc
	tasks     sync.WaitGroup
	closeOnce sync.Once
	closeErr  error

	host      host.Host
	bandwidth *metrics.BandwidthCounter
	gate      *gater
	book      *book
	ledger    *ledger
	reach     *reach
	counts    *counts
	validator *gossip.Validator
	router    *pubsub.PubSub
	topics    []topic
	blocks    *queue
	turnstile *turnstile
	discovery *discovery // nil: --p2p.no-discovery

	static     map[peer.ID]chan struct{} // written on Open only; a signal says that the peer came or went
	candidates *candidates
	found      chan struct{}
	suspects   chan peer.ID

	inspections chan map[peer.ID]*pubsub.PeerScoreSnapshot
	scores      atomic.Pointer[map[peer.ID]*pubsub.PeerScoreSnapshot]
	saw         network.Notifiee
}

// Open checks the configuration, starts the host, joins the topics and begins to look for peers. It returns an error where
// the node cannot run as configured, such as a port that is taken. Known peers and bans that cannot be read are no
// error: they are told, and the node begins without.
func Open(cfg Config) (*Node, error) {
	s, err := cfg.parse()
	if err != nil {
		return nil, fmt.Errorf("configuration of gossip: %w", err)
	}
	cfg.Pace = cfg.Pace.withDefaults()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Node{
		cfg: cfg, log: cfg.Log, ctx: ctx, cancel: cancel,
		bandwidth: metrics.NewBandwidthCounter(), reach: newReach(cfg.Now), counts: newCounts(), blocks: newQueue(), turnstile: newTurnstile(),
		static: map[peer.ID]chan struct{}{}, candidates: newCandidates(cfg.Now), found: make(chan struct{}, 1),
		suspects: make(chan peer.ID, maxSuspects), inspections: make(chan map[peer.ID]*pubsub.PeerScoreSnapshot, 1),
	}
	if err := n.open(s); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) open(s settings) error {
	key, err := LoadKey(n.cfg.PrivPath, n.cfg.PrivRaw)
	if err != nil {
		return err
	}
	raw, err := key.Raw()
	if err != nil {
		return fmt.Errorf("use the key of this node: %w", err)
	}
	if s.advertiseName != "" {
		if s.advertise, err = lookup(n.ctx, s.advertiseName); err != nil {
			return fmt.Errorf("find the address of p2p.advertise.ip: %w", err)
		}
	}
	if n.validator, err = gossip.NewValidator(gossip.ValidatorConfig{Rollup: n.cfg.Rollup, MaxAge: n.cfg.MaxAge}); err != nil {
		return err
	}
	n.ledger = newLedger(gossip.ApplicationDecayInterval(n.cfg.Rollup.BlockTime), n.cfg.Now)
	if err := n.openFiles(s); err != nil {
		return err
	}
	if n.host, err = newHost(&n.cfg, s, key, n.gate, n.bandwidth); err != nil {
		return err
	}
	n.addStatic(s.static)
	for _, info := range n.book.list() {
		n.candidates.add(info)
	}
	if err := n.watch(); err != nil {
		return err
	}
	if err := n.openRouter(); err != nil {
		return err
	}
	if !n.cfg.NoDiscovery {
		if err := n.openDiscovery(s, raw); err != nil {
			return err
		}
	}
	n.start()
	n.log.Info("gossip is up", "peer", n.host.ID(), "addrs", n.host.Addrs(), "static", len(n.static), "known", len(n.book.list()), "bans", len(n.gate.banned()))
	return nil
}

// Names of the files in the directory of p2p.peerstore.path. op-node's database in the same place is left alone.
const (
	barredFile = "cairn_barred.json"
	knownFile  = "cairn_peers.json"
)

func (n *Node) openFiles(s settings) error {
	var barredKeep, knownKeep keep
	if dir := n.cfg.PeerstorePath; dir != Memory {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the directory of known peers: %w", err)
		}
		barredKeep, knownKeep = keep{filepath.Join(dir, barredFile)}, keep{filepath.Join(dir, knownFile)}
	}
	var err error
	if n.gate, err = openGater(barredKeep, s.restrict, inboundLimit(n.cfg.PeersHi+len(s.static)), n.cfg.Now); err != nil {
		n.log.Error("blocked and banned peers cannot be read: beginning without", "err", err)
		n.counts.storeFailed()
	}
	if n.book, err = openBook(knownKeep, n.cfg.Now); err != nil {
		n.log.Warn("known peers cannot be read: beginning without", "err", err)
		n.counts.storeFailed()
	}
	return nil
}

func (n *Node) addStatic(peers []peer.AddrInfo) {
	for _, info := range peers {
		if info.ID == n.host.ID() {
			n.log.Info("static peer is this node: left out", "peer", info.ID)
			continue
		}
		n.static[info.ID] = make(chan struct{}, 1)
		n.host.ConnManager().Protect(info.ID, staticTag)
		changed := n.static[info.ID]
		n.tasks.Go(func() { n.holdStatic(n.ctx, info, changed) })
	}
}

// openRouter starts gossipsub and joins the topics of all versions.
func (n *Node) openRouter() error {
	mesh := gossip.Mesh{D: n.cfg.MeshD, Dlo: n.cfg.MeshLo, Dhi: n.cfg.MeshHi, Dlazy: n.cfg.MeshLazy}
	options := append(gossip.Options(n.cfg.Rollup.L2ChainID, mesh, n.cfg.FloodPublish),
		pubsub.WithEventTracer(n.counts), pubsub.WithValidateThrottle(n.throttle()), pubsub.WithAppSpecificRpcInspector(n.inspect), pubsub.WithLogger(n.log), pubsub.WithRPCLogger(slog.New(slog.DiscardHandler)))
	if n.cfg.Scoring != "none" {
		options = append(options,
			pubsub.WithPeerScore(gossip.PeerScoreParams(n.cfg.Rollup.BlockTime, n.ledger.score), gossip.PeerScoreThresholds()),
			pubsub.WithPeerScoreInspect(n.inspected, n.cfg.Pace.Inspect))
	}
	var err error
	if n.router, err = pubsub.NewGossipSub(n.ctx, n.host, options...); err != nil {
		return fmt.Errorf("start gossipsub: %w", err)
	}
	for _, version := range gossip.Versions() {
		if err := n.join(version); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) openDiscovery(s settings, raw []byte) error {
	key, err := discoveryKey(raw)
	if err != nil {
		return err
	}
	logger := gethlog.NewLogger(n.log.With("part", "discv5").Handler())
	n.discovery, err = openDiscovery(&n.cfg, s, key, listenedPort(n.host), n.bootnodes(n.ctx, s), logger)
	return err
}

// start begins everything that goes on until Close.
func (n *Node) start() {
	for _, t := range n.topics {
		n.tasks.Go(func() { n.receive(n.ctx, t) })
	}
	n.tasks.Go(func() { n.police(n.ctx) })
	n.tasks.Go(func() { n.search(n.ctx) })
	n.tasks.Go(func() { n.saveBook(n.ctx) })
	n.tasks.Go(func() { n.watchReach(n.ctx) })
	if n.cfg.Ping {
		n.tasks.Go(func() { n.pingPeers(n.ctx) })
	}
	if n.discovery != nil {
		n.tasks.Go(func() { n.walk(n.ctx) })
	}
}

// Close leaves the network and waits until everything has ended. Known peers are written. It can be called twice.
func (n *Node) Close() error {
	n.closeOnce.Do(func() {
		n.cancel()
		if n.discovery != nil {
			n.discovery.close()
		}
		for _, t := range n.topics {
			t.sub.Cancel()
		}
		if n.host != nil {
			if n.saw != nil {
				n.host.Network().StopNotify(n.saw)
			}
			n.closeErr = n.host.Close()
		}
		n.tasks.Wait()
		if n.book != nil {
			n.closeErr = errors.Join(n.closeErr, n.book.save())
		}
	})
	return n.closeErr
}

// Blocks gives the blocks of others that passed all checks. The channel is never closed and has one reader. Who does not
// read in time loses the oldest (Stats.Dropped).
func (n *Node) Blocks() <-chan Block { return n.blocks.out }

// Rotate tells who signs unsafe blocks, as SystemConfig on L1 says; zero means that there is none. Blocks of that signer
// that came too early are on the channel of Blocks when it returns.
func (n *Node) Rotate(signer common.Address) {
	for _, env := range n.validator.Rotate(n.cfg.Now(), signer) {
		n.blocks.put(Block{Envelope: env, At: n.cfg.Now()})
	}
}

// Status is what a node says of itself.
type Status struct {
	Peer      peer.ID
	Addrs     []multiaddr.Multiaddr  // listened to, advertised and observed
	ENR       string                 // empty without discovery
	Peers     int                    // connected
	Table     int                    // nodes in the table of discovery
	Topics    map[gossip.Version]int // peers that subscribed
	Mesh      map[gossip.Version]int // peers of those that whole blocks are exchanged with
	Reach     Reach
	SeenAt    netip.Addr // where at least three peers see this node; zero: not known
	Signers   gossip.SignerStatus
	Accepted  time.Time // when the last block of somebody else was accepted; zero: never
	Bans      []Ban
	Refused   []RefusedRecord // discovered nodes of other chains, the newest last
	Static    int             // static peers
	StaticUp  int             // of which are connected
	Discovery bool
}

// Status gives the state of now.
func (n *Node) Status() Status {
	now := n.cfg.Now()
	s := Status{
		Peer: n.host.ID(), Addrs: n.host.Addrs(), Peers: len(n.host.Network().Peers()), Topics: map[gossip.Version]int{}, Mesh: map[gossip.Version]int{},
		Signers: n.validator.Signers(now), Accepted: n.ledger.lastAccepted(), Bans: n.gate.banned(), Static: len(n.static),
		Reach: n.reach.state(n.outbound()), Discovery: n.discovery != nil,
	}
	s.SeenAt, _ = n.reach.address()
	for _, t := range n.topics {
		s.Topics[t.version] = len(t.handle.ListPeers())
		s.Mesh[t.version] = n.counts.meshed(t.name)
	}
	for id := range n.static {
		if n.host.Network().Connectedness(id) == network.Connected {
			s.StaticUp++
		}
	}
	if n.discovery != nil {
		s.ENR = n.discovery.local.Node().String()
		s.Table = len(n.discovery.udp.AllNodes())
		s.Refused = n.discovery.lastRefused()
	}
	return s
}

func (n *Node) outbound() int {
	count := 0
	for _, conn := range n.host.Network().Conns() {
		if conn.Stat().Direction == network.DirOutbound {
			count++
		}
	}
	return count
}

// watch has the host tell of connections and of what peers say in identify.
func (n *Node) watch() error {
	n.saw = &network.NotifyBundle{
		ConnectedF: func(_ network.Network, conn network.Conn) {
			n.gate.opened(conn)
			if conn.Stat().Direction == network.DirInbound {
				n.reach.inbound(conn.RemoteMultiaddr())
			}
			n.touchStatic(conn.RemotePeer())
		},
		DisconnectedF: func(_ network.Network, conn network.Conn) {
			n.gate.closed(conn)
			n.touchStatic(conn.RemotePeer())
		},
	}
	n.host.Network().Notify(n.saw)
	events, err := n.host.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationCompleted), new(event.EvtLocalReachabilityChanged)})
	if err != nil {
		return fmt.Errorf("listen to the events of the host: %w", err)
	}
	n.tasks.Go(func() {
		defer events.Close()
		for {
			select {
			case <-n.ctx.Done():
				return
			case e, ok := <-events.Out():
				if !ok {
					return
				}
				n.handle(e)
			}
		}
	})
	return nil
}

func (n *Node) touchStatic(id peer.ID) {
	if changed, ok := n.static[id]; ok {
		wake(changed)
	}
}

func (n *Node) handle(e any) {
	switch e := e.(type) {
	case event.EvtLocalReachabilityChanged:
		n.reach.nat(e.Reachability)
	case event.EvtPeerIdentificationCompleted:
		n.reach.seen(e.Peer, e.ObservedAddr)
		n.book.saw(e.Peer, dialable(e))
		if ip, _ := n.reach.address(); ip.IsValid() && n.discovery != nil {
			n.discovery.local.SetFallbackIP(netIP(ip)) // what the configuration or discovery itself found out wins
		}
	}
}

// dialable is where a peer can be dialled another time: the address that was dialled, or else of those it listens to the
// ones with the address it came from.
func dialable(e event.EvtPeerIdentificationCompleted) []multiaddr.Multiaddr {
	if e.Conn.Stat().Direction == network.DirOutbound {
		return []multiaddr.Multiaddr{e.Conn.RemoteMultiaddr()}
	}
	from, ok := ipOf(e.Conn.RemoteMultiaddr())
	if !ok {
		return nil
	}
	var out []multiaddr.Multiaddr
	for _, addr := range e.ListenAddrs {
		if ip, ok := ipOf(addr); ok && ip == from {
			out = append(out, addr)
		}
	}
	return out
}

// saveBook writes the known peers now and then, so that a killed process loses little.
func (n *Node) saveBook(ctx context.Context) {
	failed := false
	for pause(ctx, n.cfg.Pace.Save) {
		err := n.book.save()
		if err != nil {
			n.counts.storeFailed()
			if !failed {
				n.log.Error("known peers cannot be written: they are lost with this process", "err", err)
			}
		}
		failed = err != nil
	}
}

// watchReach tells when it changes whether others can connect.
func (n *Node) watchReach(ctx context.Context) {
	last := ReachUnknown
	for pause(ctx, n.cfg.Pace.Save) {
		state := n.reach.state(n.outbound())
		if state == last {
			continue
		}
		last = state
		ip, peers := n.reach.address()
		if state == ReachNot {
			n.log.Warn("nobody connects to this node: open its ports or set --p2p.advertise.*; blocks still come from the peers it dialled",
				"tcp", listenedPort(n.host), "seen_at", ip, "by", peers)
			continue
		}
		n.log.Info("others connect to this node", "reach", state, "seen_at", ip, "by", peers)
	}
}

// pingPeers measures the latency of each peer in turn, ten at a time.
func (n *Node) pingPeers(ctx context.Context) {
	for pause(ctx, n.cfg.Pace.Ping) {
		var round sync.WaitGroup
		slots := make(chan struct{}, 10)
		for _, id := range n.host.Network().Peers() {
			slots <- struct{}{}
			round.Go(func() {
				defer func() { <-slots }()
				n.pingPeer(ctx, id)
			})
		}
		round.Wait()
	}
}

func (n *Node) pingPeer(ctx context.Context, id peer.ID) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if result, ok := <-ping.Ping(ctx, n.host, id); ok && result.Error != nil {
		n.log.Debug("peer does not answer a ping", "peer", id, "err", result.Error)
	}
}
