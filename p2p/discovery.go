package p2p

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/common/lru"
	ethcrypto "github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Bounds and paces of discovery.
const (
	maxRefused = 32 // refused records remembered, and chains told of in the log
	walkPace   = 10 * time.Millisecond
)

// discoveryTag is the weight of a discovered peer for the connection manager: better than one of whom no chain is known.
const discoveryTag = 42

// RefusedRecord is a discovered node that is not dialled, though it is of the OP Stack.
type RefusedRecord struct {
	At      time.Time     `json:"at"`
	Node    enode.ID      `json:"nodeID"`
	ChainID uint64        `json:"chainID"` // what the record says; 0 if unreadable
	Verdict RecordVerdict `json:"why"`
}

// discovery is discv5 with the record of this node.
type discovery struct {
	db    *enode.DB
	local *enode.LocalNode
	udp   *discover.UDPv5
	chain uint64

	mu      sync.Mutex
	records lru.BasicLRU[peer.ID, *enode.Node] // of our chain
	seen    map[RecordVerdict]uint64
	refused []RefusedRecord // the newest last
	chains  map[uint64]struct{}
}

// openDiscovery listens on UDP and starts the protocol. boot has to be resolved.
func openDiscovery(cfg *Config, s settings, key *ecdsa.PrivateKey, tcp int, boot []*enode.Node, logger log.Logger) (*discovery, error) {
	path := cfg.DiscoveryPath
	if path == Memory {
		path = ""
	}
	db, err := enode.OpenDB(path)
	if err != nil {
		return nil, fmt.Errorf("open the discovery database %s: %w", path, err)
	}
	conn, err := listenUDP(s, cfg.ListenUDP, tcp)
	if err != nil {
		db.Close()
		return nil, err
	}
	udpPort := conn.LocalAddr().(*net.UDPAddr).Port
	local := enode.NewLocalNode(db, key)
	if s.advertise.IsValid() {
		local.SetStaticIP(netIP(s.advertise))
	} else if !s.listen.IsUnspecified() {
		local.SetFallbackIP(netIP(s.listen))
	}
	local.SetFallbackUDP(or(cfg.AdvertiseUDP, udpPort))
	local.Set(enr.TCP(or(cfg.AdvertiseTCP, tcp))) //nolint:gosec // a port, checked by Config.Check
	local.Set(&opstackEntry{ChainID: cfg.Rollup.L2ChainID.Uint64(), Version: opstackVersion})
	udp, err := discover.ListenV5(conn, local, discover.Config{
		PrivateKey: key, NetRestrict: s.restrict, Bootnodes: boot, Log: logger, ValidSchemes: enode.ValidSchemes,
	})
	if err != nil {
		db.Close()
		return nil, errors.Join(fmt.Errorf("start discovery: %w", err), conn.Close())
	}
	return &discovery{
		db: db, local: local, udp: udp, chain: cfg.Rollup.L2ChainID.Uint64(),
		records: lru.NewBasicLRU[peer.ID, *enode.Node](maxRecords),
		seen:    map[RecordVerdict]uint64{}, chains: map[uint64]struct{}{},
	}, nil
}

// listenUDP opens the port asked for. With none asked for it is the number of the TCP port, as op-node's help says, or any
// if that one is taken.
func listenUDP(s settings, port, tcp int) (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: netIP(s.listen), Port: or(port, tcp)})
	if port == 0 && errors.Is(err, syscall.EADDRINUSE) {
		conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: netIP(s.listen)})
	}
	if err != nil {
		return nil, fmt.Errorf("listen to UDP for discovery (p2p.listen.udp): %w", err)
	}
	return conn, nil
}

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func (d *discovery) close() {
	d.udp.Close()
	d.db.Close()
}

// judge counts a record and remembers what is worth it. told says that nothing was said yet about this chain.
func (d *discovery) judge(node *enode.Node, now time.Time) (verdict RecordVerdict, chain uint64, told bool) {
	verdict, chain = checkRecord(node, d.chain)
	id, err := peerID(node)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[verdict]++
	switch verdict {
	case RecordOurs:
		if err != nil {
			return RecordBadEntry, chain, true
		}
		d.records.Add(id, node)
		return verdict, chain, true
	case RecordNotOPStack:
		return verdict, chain, true
	default:
	}
	d.refused = append(d.refused, RefusedRecord{At: now, Node: node.ID(), ChainID: chain, Verdict: verdict})
	if len(d.refused) > maxRefused {
		d.refused = d.refused[1:]
	}
	if _, told = d.chains[chain]; !told && len(d.chains) < maxRefused {
		d.chains[chain] = struct{}{}
		return verdict, chain, false
	}
	return verdict, chain, true
}

// record is what a peer says of itself in discovery, nil if it was not discovered.
func (d *discovery) record(id peer.ID) *enode.Node {
	d.mu.Lock()
	defer d.mu.Unlock()
	node, _ := d.records.Peek(id)
	return node
}

// walk goes through the network's table in random order and offers what is of this chain, slowly while there are enough
// peers.
func (n *Node) walk(ctx context.Context) {
	nodes := n.discovery.udp.RandomNodes()
	stop := context.AfterFunc(ctx, nodes.Close)
	defer nodes.Close()
	defer stop()
	for nodes.Next() {
		n.discovered(nodes.Node())
		wait := walkPace
		if len(n.host.Network().Peers()) >= n.cfg.PeersLo {
			wait = 4 * n.cfg.Pace.Search
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// discovered judges a record and makes a candidate of it.
func (n *Node) discovered(node *enode.Node) {
	verdict, chain, told := n.discovery.judge(node, n.cfg.Now())
	if !told {
		n.log.Info("discovered nodes that are not of this chain, which is usual: they are not dialled", "why", verdict, "chain", chain, "ours", n.discovery.chain, "enr", node)
	}
	if verdict != RecordOurs {
		return
	}
	info, err := addrInfo(node)
	if err != nil || info.ID == n.host.ID() {
		return
	}
	n.host.ConnManager().TagPeer(info.ID, "opstack", discoveryTag)
	if n.candidates.add(info) {
		n.log.Debug("discovered a node", "peer", info.ID, "addrs", info.Addrs)
		wake(n.found)
	}
}

// bootnodes resolves what is configured or built in. What cannot be used is told and left out: one name that is gone must
// not keep the node from starting.
func (n *Node) bootnodes(ctx context.Context, s settings) []*enode.Node {
	given := len(s.bootnodes) > 0
	texts := s.bootnodes
	if !given {
		texts = Bootnodes(n.cfg.Rollup.L1ChainID)
	}
	nodes := make([]*enode.Node, len(texts))
	var lookups sync.WaitGroup
	for i, text := range texts {
		lookups.Go(func() {
			node, err := parseBootnode(ctx, text)
			if err != nil {
				n.log.Warn("bootnode left out", "bootnode", text, "err", err)
				return
			}
			nodes[i] = node
		})
	}
	lookups.Wait()
	out := nodes[:0]
	for _, node := range nodes {
		if node == nil {
			continue
		}
		out = append(out, node)
		verdict, chain := checkRecord(node, n.cfg.Rollup.L2ChainID.Uint64())
		if given && (verdict == RecordOtherChain || verdict == RecordOtherVersion) {
			n.log.Warn("bootnode is not of this chain: it can tell of others, but is no peer", "why", verdict, "chain", chain, "ours", n.cfg.Rollup.L2ChainID, "bootnode", node)
		}
	}
	if given && len(out) == 0 {
		n.log.Error("no bootnode is usable: nobody will be discovered (p2p.bootnodes)")
	}
	return out
}

// discoveryKey is the key of this node in go-ethereum's type.
func discoveryKey(raw []byte) (*ecdsa.PrivateKey, error) {
	key, err := ethcrypto.ToECDSA(raw)
	if err != nil {
		return nil, fmt.Errorf("use the key of this node for discovery: %w", err)
	}
	return key, nil
}

func (d *discovery) counted() map[RecordVerdict]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.seen)
}

func (d *discovery) lastRefused() []RefusedRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.refused)
}
