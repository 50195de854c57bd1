package geth

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	gethbackend "github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/catalyst"
	"github.com/ethereum/go-ethereum/eth/filters"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
)

// ErrClosed is the answer of a chain after Close.
var ErrClosed = errors.New("chain is closed")

// keptBlocks is how many of the newest blocks stay decoded, with senders: making one of them the head needs both.
const keptBlocks = 16

// Chain is one execution chain. Methods may be called from any goroutine; those that write wait for each other.
type Chain struct {
	cfg     Config
	stack   *node.Node
	backend *gethbackend.Ethereum
	blocks  *core.BlockChain
	rules   *params.ChainConfig
	client  *rpc.Client

	// write is held while a block is made, taken in, or a label moves: op-geth's own lock covers only parts of that.
	write  sync.Mutex
	closed bool                   // guarded by write
	recent []*types.Block         // guarded by write; newest last
	open   map[*building]struct{} // guarded by write; not stopped yet
}

// Open starts a chain, or continues it where its data directory left off.
func Open(cfg Config) (*Chain, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.checkPorts(); err != nil {
		return nil, err
	}
	stack, err := node.New(cfg.nodeConfig())
	if errors.Is(err, node.ErrDatadirUsed) {
		return nil, fmt.Errorf("chain %s: data directory %s is in use by another process", cfg.Name, cfg.DataDir)
	}
	if err != nil {
		return nil, fmt.Errorf("chain %s: %w", cfg.Name, err)
	}
	backend, err := gethbackend.New(stack, cfg.ethConfig())
	if err != nil {
		return nil, errors.Join(cfg.openError(err), stack.Close())
	}
	stack.RegisterAPIs(cfg.apis(backend))
	if err := stack.Start(); err != nil {
		return nil, fmt.Errorf("chain %s: start: %w", cfg.Name, err)
	}
	backend.SetSynced() // there is nobody to sync with: the pool takes transactions at once
	if err := indexFromGenesis(backend); err != nil {
		return nil, errors.Join(fmt.Errorf("chain %s: %w", cfg.Name, err), stack.Close())
	}
	return &Chain{
		cfg: cfg, stack: stack, backend: backend,
		blocks: backend.BlockChain(), rules: backend.BlockChain().Config(), client: stack.Attach(),
		open: make(map[*building]struct{}),
	}, nil
}

// indexFromGenesis says of a new chain that its transactions are indexed: there are none. op-geth would answer any
// question for a transaction or receipt with "indexing is in progress" until the first block, where clients expect null.
// Its indexer looks at the database again when the head is announced, so genesis is announced, until the indexer, which
// begins to listen some time after the start, has heard it.
func indexFromGenesis(backend *gethbackend.Ethereum) error {
	blocks := backend.BlockChain()
	if blocks.CurrentBlock().Number.Sign() != 0 || rawdb.ReadTxIndexTail(backend.ChainDb()) != nil {
		return nil
	}
	rawdb.WriteTxIndexTail(backend.ChainDb(), 0)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		progress, err := blocks.TxIndexProgress()
		if err != nil {
			return fmt.Errorf("read progress of the transaction index: %w", err)
		}
		if progress.Done() {
			return nil
		}
		if _, err := blocks.SetCanonical(blocks.Genesis()); err != nil {
			return fmt.Errorf("announce genesis: %w", err)
		}
		<-tick.C
	}
	return errors.New("transaction index does not begin")
}

// apis are the services that op-geth's command line adds outside of the backend.
func (c *Config) apis(backend *gethbackend.Ethereum) []rpc.API {
	system := filters.NewFilterSystem(backend.APIBackend, filters.Config{LogCacheSize: logCacheBlocks})
	apis := []rpc.API{{Namespace: "eth", Service: filters.NewFilterAPI(system)}}
	if c.EngineAPI || c.AuthPort != 0 {
		// "Authenticated" makes the node open the port for it.
		apis = append(apis, rpc.API{
			Namespace: "engine", Service: catalyst.NewConsensusAPI(backend), Authenticated: c.AuthPort != 0,
		})
	}
	return apis
}

// openError puts what the user can do about it into op-geth's reason for not opening a data directory.
func (c *Config) openError(err error) error {
	var mismatch *core.GenesisMismatchError
	if errors.As(err, &mismatch) {
		return fmt.Errorf("chain %s: data directory %s holds another chain: its genesis block is %s, the configured one is %s; "+
			"use another directory, or delete this one", c.Name, c.DataDir, mismatch.Stored, mismatch.New)
	}
	return fmt.Errorf("chain %s: open data directory %q: %w", c.Name, c.DataDir, err)
}

// Close saves what is in memory and releases everything. A second Close does nothing.
func (c *Chain) Close() error {
	c.write.Lock()
	defer c.write.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	for b := range c.open {
		b.stop()
	}
	c.client.Close()
	if err := c.stack.Close(); err != nil {
		return fmt.Errorf("chain %s: close: %w", c.cfg.Name, err)
	}
	return nil
}

// RPC is a client of the chain inside the process, with all namespaces. It is closed with the chain.
func (c *Chain) RPC() *rpc.Client { return c.client }

// URL is where JSON-RPC is served over HTTP; the same address serves WebSocket. Empty when it is not served.
func (c *Chain) URL() string {
	if c.cfg.Port == 0 {
		return ""
	}
	return c.stack.HTTPEndpoint()
}

// WebSocketURL is where JSON-RPC is served over WebSocket. Empty when it is not served.
func (c *Chain) WebSocketURL() string {
	if c.cfg.Port == 0 {
		return ""
	}
	return c.stack.WSEndpoint()
}

// AuthURL is where the Engine API is served over HTTP. Empty when it is not served.
func (c *Chain) AuthURL() string {
	if c.cfg.AuthPort == 0 {
		return ""
	}
	return c.stack.HTTPAuthEndpoint()
}

// Config is the chain's execution configuration; not to be written to.
func (c *Chain) Config() *params.ChainConfig { return c.rules }

// GenesisHash is the hash of block 0.
func (c *Chain) GenesisHash() common.Hash { return c.blocks.Genesis().Hash() }

// Head is the header of the head block.
func (c *Chain) Head() *types.Header { return c.blocks.CurrentBlock() }

// Safe is the header of the safe block; nil when there is none. It is not stored: after Open it is the finalized block.
func (c *Chain) Safe() *types.Header { return c.blocks.CurrentSafeBlock() }

// Finalized is the header of the finalized block; nil when there is none.
func (c *Chain) Finalized() *types.Header { return c.blocks.CurrentFinalBlock() }

// BlockByHash is a block of the chain or of a side chain; nil when unknown.
func (c *Chain) BlockByHash(hash common.Hash) *types.Block { return c.blocks.GetBlockByHash(hash) }

// BlockByNumber is a block of the canonical chain; nil when there is none.
func (c *Chain) BlockByNumber(number uint64) *types.Block { return c.blocks.GetBlockByNumber(number) }

// Receipts are the receipts of a block, in order of its transactions; nil when unknown.
func (c *Chain) Receipts(hash common.Hash) types.Receipts { return c.blocks.GetReceiptsByHash(hash) }

// keep remembers a block that was just made or taken in. The caller holds the lock.
func (c *Chain) keep(b *types.Block) {
	if len(c.recent) == keptBlocks {
		c.recent = slices.Delete(c.recent, 0, 1)
	}
	c.recent = append(c.recent, b)
}

// block finds a block, decoded already if it is a recent one. The caller holds the lock.
func (c *Chain) block(hash common.Hash) *types.Block {
	for _, b := range slices.Backward(c.recent) {
		if b.Hash() == hash {
			return b
		}
	}
	return c.blocks.GetBlockByHash(hash)
}

// sync makes all writes so far outlive the process and the machine, if the chain was opened for that.
func (c *Chain) sync() error {
	if !c.cfg.Durable {
		return nil
	}
	if err := c.backend.ChainDb().SyncKeyValue(); err != nil {
		return fmt.Errorf("sync database: %w", err)
	}
	return nil
}
