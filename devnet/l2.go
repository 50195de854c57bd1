package devnet

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/driver"
	wire "github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// sealing is how long before a block's timestamp it is sealed, and for how long it may take transactions then.
const sealing = 50 * time.Millisecond

// openChain opens one execution chain of the devnet. All state is kept, so that reorgs of any depth work and a killed
// process continues where it was.
func (d *Devnet) openChain(name string, genesis *core.Genesis, port int) (*geth.Chain, error) {
	if port == 0 {
		port = geth.AnyPort
	}
	chain, err := geth.Open(geth.Config{
		Name: name, Genesis: genesis, DataDir: d.cfg.DataDir, Archive: true, Durable: d.cfg.DataDir != "",
		Host: d.cfg.Host, Port: port, CORS: []string{"*"}, VirtualHosts: []string{"*"},
	})
	if err != nil {
		return nil, err
	}
	d.onClose(chain.Close)
	return chain, nil
}

// l2 is a rollup node with its engine.
type l2 struct {
	chain *geth.Chain
	node  *node.Node
}

// openNode puts a rollup node on an engine of its own. The node gets L1 and nothing else.
func (d *Devnet) openNode(name string, port, nodePort int, sequencing driver.Sequencing, publish driver.Publisher) (*l2, error) {
	chain, err := d.openChain(name, d.genesis.L2, port)
	if err != nil {
		return nil, err
	}
	engine, err := geth.NewEngine(chain, sealing)
	if err != nil {
		return nil, err
	}
	beacon, err := l1.NewBeacon(d.beacon.URL(), l1.BeaconConfig{})
	if err != nil {
		return nil, err
	}
	dataDir := ""
	if d.cfg.DataDir != "" {
		dataDir = filepath.Join(d.cfg.DataDir, name)
	}
	exchange, err := d.gossip(dataDir, sequencing.Enabled)
	if err != nil {
		return nil, err
	}
	n, err := node.New(node.Config{
		Rollup: d.genesis.Rollup, BlobSchedule: node.BlobSchedule(d.genesis.L1.Config),
		Engine: node.Engine{
			Port: engine, RPC: chain.RPC(),
			BlockHash: func(env *eth.PayloadEnvelope) common.Hash { return wire.BlockHash(d.genesis.Rollup, env) },
		},
		L1: node.L1{
			Endpoints: []*l1.Endpoint{l1.NewEndpoint("devnet", d.l1.RPC(), l1.DialConfig{})}, Beacons: []*l1.Beacon{beacon},
			Poll: d.cfg.l1BlockTime() / 4, Labels: d.cfg.l1BlockTime(),
		},
		Sequencing: sequencing, Publish: publish, Gossip: exchange, Disk: node.Disk{DataDir: dataDir},
		Serve:   node.Serve{RPC: d.cfg.address(nodePort), Admin: true},
		Version: d.cfg.Version, Seed: uint64(len(name)), Log: d.cfg.Log.With(slog.String("node", name)),
	})
	if err != nil {
		return nil, fmt.Errorf("open node %s: %w", name, err)
	}
	d.onClose(n.Close)
	return &l2{chain: chain, node: n}, nil
}

// gossip has a node exchange blocks with those that were opened before it, over loopback.
func (d *Devnet) gossip(dataDir string, sequencing bool) (*node.Gossip, error) {
	if d.cfg.NoGossip {
		return nil, nil
	}
	cfg := p2p.DefaultConfig(d.genesis.Rollup)
	cfg.ListenIP, cfg.ListenTCP, cfg.NoDiscovery = "127.0.0.1", 0, true
	cfg.PeerstorePath, cfg.PrivPath = p2p.Memory, filepath.Join(dataDir, "p2p_priv.txt")
	if dataDir == "" {
		key, err := crypto.GenerateKey()
		if err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		cfg.PrivRaw = hex.EncodeToString(crypto.FromECDSA(key))
	}
	if sequencing {
		cfg.Signer = gossip.NewLocalSigner(d.who.signer.key)
	}
	cfg.PeersHi = max(cfg.PeersHi, d.cfg.Verifiers+1)
	for _, other := range d.nodes() {
		cfg.Static = append(cfg.Static, other.node.PeerAddr())
	}
	return &node.Gossip{P2P: cfg, ReloadSigner: d.cfg.l1BlockTime()}, nil
}

// nodes are all that are open, the sequencer first.
func (d *Devnet) nodes() []*l2 {
	if d.sequencer == nil {
		return nil
	}
	return append([]*l2{d.sequencer}, d.verifiers...)
}

func (n *l2) info() NodeInfo {
	return NodeInfo{RPC: n.chain.URL(), WS: n.chain.WebSocketURL(), Node: n.node.URL(), Peer: n.node.PeerAddr()}
}

func (n *l2) heads() HeadsStatus {
	s := n.node.Status()
	waiting := ""
	for _, w := range s.Waits {
		waiting = w.Lane + ": " + w.Cause
	}
	return headsOf(s.Sync, waiting)
}
