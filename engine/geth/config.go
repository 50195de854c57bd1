package geth

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
)

// AnyPort asks for a free port; Chain.URL says which one it became.
const AnyPort = -1

const (
	defaultCache = 160 // MB
	minCache     = 16  // MB, what pebble takes at least

	maxOpenFiles = 512

	// Limits of the transaction pool, in slots of 32 kB. One account may send a whole block: a devnet has few accounts.
	poolAccountSlots = 2048
	poolGlobalSlots  = 16384

	minTip = 1 // wei per gas, the smallest tip a pool transaction may pay

	logCacheBlocks = 32 // blocks whose logs eth_getLogs keeps in memory
)

// rpcModules are the namespaces served on the open port: no admin, no engine.
var rpcModules = []string{"eth", "net", "web3", "txpool", "debug"}

// Config describes one execution chain.
type Config struct {
	// Name tells chains apart: it is the folder below DataDir and the instance name in geth's logs. Required.
	Name string
	// Genesis is the first block; its ChainConfig makes the chain an L1 or, with Optimism set, an L2. Required.
	Genesis *core.Genesis
	// DataDir is where the chain lives. Empty: in memory, gone with Close.
	DataDir string
	// Archive keeps all historic state and writes state through with every block: reorgs of any depth, and a killed
	// process continues at its last block. Without it the newest state lives in memory and is saved by Close only: a
	// killed process continues at the last state that reached the disk, which may be genesis.
	Archive bool
	// Durable waits for the disk before a call returns, so that not even a power cut loses what was acknowledged.
	// Without it a killed process loses its last few blocks, as they wait to be written in memory.
	Durable bool
	// LogIndex keeps an index for eth_getLogs over long ranges. It costs more than making a small block does, in the
	// background; without it a query looks at the bloom filter of each header in its range.
	LogIndex bool
	// CacheMB is the memory for database and state caches together; 0 means 160.
	CacheMB int

	// Host and Port serve JSON-RPC over HTTP and WebSocket. Port 0: not served. AnyPort: a free one.
	Host string
	Port int
	// CORS and VirtualHosts are the allowed browser origins and Host headers; empty allows none but localhost, "*" all.
	CORS, VirtualHosts []string

	// EngineAPI adds the engine_ namespace to the in-process client. Conformance tests only, see the package's invariant.
	EngineAPI bool
	// AuthHost, AuthPort and JWTFile serve the Engine API over HTTP with JWT and imply EngineAPI. Port as above. The
	// file is made if it does not exist.
	AuthHost string
	AuthPort int
	JWTFile  string
}

// Validate says what is wrong with the configuration, and what to do.
func (c *Config) Validate() error {
	switch {
	case c.Name == "":
		return errors.New("chain without a name: set Name, for example l2")
	case c.Genesis == nil || c.Genesis.Config == nil:
		return fmt.Errorf("chain %s: no genesis: set Genesis with its chain configuration", c.Name)
	case c.CacheMB != 0 && c.CacheMB < minCache:
		return fmt.Errorf("chain %s: cache of %d MB: set at least %d, or 0 for the default", c.Name, c.CacheMB, minCache)
	case c.Port != 0 && c.Host == "":
		return fmt.Errorf("chain %s: port %d without a host: set Host, for example 127.0.0.1", c.Name, c.Port)
	case c.AuthPort != 0 && c.AuthHost == "":
		return fmt.Errorf("chain %s: engine port %d without a host: set AuthHost, for example 127.0.0.1", c.Name, c.AuthPort)
	case c.AuthPort != 0 && c.JWTFile == "":
		return fmt.Errorf("chain %s: engine port %d without a secret: set JWTFile", c.Name, c.AuthPort)
	}
	return c.checkGenesisExtraData()
}

// checkGenesisExtraData refuses a genesis that no block can follow: from Holocene on the base fee of a block is computed
// with the parameters in its parent's extraData, and op-geth divides by them unchecked.
func (c *Config) checkGenesisExtraData() error {
	g := c.Genesis
	if !g.Config.IsOptimismHolocene(g.Timestamp) {
		return nil
	}
	if err := eip1559.ValidateOptimismExtraData(g.Config, g.Timestamp, g.ExtraData); err != nil {
		return fmt.Errorf("chain %s: genesis extraData: %w", c.Name, err)
	}
	if _, elasticity, _ := eip1559.DecodeOptimismExtraData(g.Config, g.Timestamp, g.ExtraData); elasticity > g.GasLimit {
		return fmt.Errorf("chain %s: genesis extraData: elasticity %d is above the gas limit %d", c.Name, elasticity, g.GasLimit)
	}
	return nil
}

// nodeConfig is geth's view of the configuration: no peers, no discovery, no IPC.
func (c *Config) nodeConfig() *node.Config {
	nc := &node.Config{
		Name:                 c.Name,
		DataDir:              c.DataDir,
		DBEngine:             rawdb.DBPebble,
		P2P:                  p2p.Config{NoDiscovery: true, NoDial: true},
		BatchRequestLimit:    node.DefaultConfig.BatchRequestLimit,
		BatchResponseMaxSize: node.DefaultConfig.BatchResponseMaxSize,
		HTTPTimeouts:         node.DefaultConfig.HTTPTimeouts,
	}
	if c.Port != 0 {
		nc.HTTPHost, nc.HTTPPort, nc.HTTPModules = c.Host, listenPort(c.Port), rpcModules
		nc.HTTPCors, nc.HTTPVirtualHosts = c.CORS, c.VirtualHosts
		nc.WSHost, nc.WSPort, nc.WSModules, nc.WSOrigins = c.Host, listenPort(c.Port), rpcModules, c.CORS
		if len(nc.HTTPVirtualHosts) == 0 {
			nc.HTTPVirtualHosts = node.DefaultConfig.HTTPVirtualHosts
		}
	}
	if c.AuthPort != 0 {
		nc.AuthAddr, nc.AuthPort, nc.JWTSecret = c.AuthHost, listenPort(c.AuthPort), c.JWTFile
		nc.AuthVirtualHosts = []string{"*"} // the secret guards it
	}
	return nc
}

// ethConfig is geth's view of the chain.
//
// In archive mode the hash scheme is used with snapshots off: every block's trie is written before its head marker, and
// there is no second representation of the state that an unclean end could leave behind the first.
func (c *Config) ethConfig() *ethconfig.Config {
	ec := ethconfig.Defaults
	ec.Genesis = c.Genesis
	ec.SyncMode = ethconfig.FullSync

	cache := c.CacheMB
	if cache == 0 {
		cache = defaultCache
	}
	ec.DatabaseHandles = maxOpenFiles
	ec.DatabaseCache, ec.TrieDirtyCache, ec.TrieCleanCache, ec.SnapshotCache = cache*2/5, cache/5, cache/5, cache/5
	ec.StateScheme = rawdb.PathScheme
	if c.Archive {
		ec.StateScheme, ec.NoPruning, ec.SnapshotCache = rawdb.HashScheme, true, 0
		ec.TransactionHistory = 0 // all
	}

	ec.LogNoHistory = !c.LogIndex

	ec.TxPool.NoLocals, ec.TxPool.Journal = true, ""
	ec.TxPool.PriceLimit = minTip
	ec.TxPool.AccountSlots, ec.TxPool.AccountQueue = poolAccountSlots, poolAccountSlots
	ec.TxPool.GlobalSlots, ec.TxPool.GlobalQueue = poolGlobalSlots, poolGlobalSlots
	ec.RollupDisableTxPoolGossip = true
	return &ec
}

// checkPorts says early, and by address, that a port is taken: geth would only find out with the chain half open.
func (c *Config) checkPorts() error {
	for _, l := range []struct {
		what, host string
		port       int
	}{
		{"JSON-RPC", c.Host, c.Port},
		{"the Engine API", c.AuthHost, c.AuthPort},
	} {
		if l.port <= 0 {
			continue
		}
		address := net.JoinHostPort(l.host, strconv.Itoa(l.port))
		probe, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("chain %s cannot serve %s on %s: %w", c.Name, l.what, address, err)
		}
		if err := probe.Close(); err != nil {
			return fmt.Errorf("probe %s: %w", address, err)
		}
	}
	return nil
}

func listenPort(port int) int { return max(port, 0) }
