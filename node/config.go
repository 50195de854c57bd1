package node

import (
	"log/slog"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
)

// Config says what a node consists of.
type Config struct {
	Name         string // of the network; empty if it has none
	Rollup       *rollup.Config
	BlobSchedule rollup.BlobSchedule // of L1

	Engine Engine
	L1     L1

	Sequencing    driver.Sequencing
	Recover       bool // begin in recover mode
	VerifierConfs uint64
	SyncMode      driver.SyncMode
	SyncOffset    time.Duration    // how far behind a head that the engine has synced to the safe head begins
	Publish       driver.Publisher // is told of own blocks; nil: nobody
	Gossip        *Gossip          // nil: blocks of others come with L1 only, and own ones reach others so

	Disk  Disk
	Serve Serve

	Version  string
	Seed     uint64 // makes retry times its own
	Log      *slog.Logger
	Progress time.Duration // between two lines of status; 0: none
}

// Engine is an execution engine, by whatever way it is reached.
type Engine struct {
	Port      driver.Engine
	Sync      driver.Syncer // nil: it cannot sync by itself
	RPC       rpc.Caller    // eth_getProof
	BlockHash func(*eth.PayloadEnvelope) common.Hash
}

// L1 says how L1 is read.
type L1 struct {
	Endpoints    []*l1.Endpoint // in the order of preference
	Beacons      []*l1.Beacon   // in the order of preference
	Poll         time.Duration  // between looks at the head
	Labels       time.Duration  // between looks at the safe and finalized block
	TrustRPC     bool           // believe what endpoints say
	BatchSize    int            // requests in one message; 0: the default
	CacheBytes   int64          // of blocks in memory; 0: the default
	PrefetchSize int            // blocks fetched ahead at a time; 0: the default
}

// Disk says what outlives the process.
type Disk struct {
	DataDir string // of L1 inputs, snapshots and, unless SafeDB says otherwise, the safe-head index; empty: in memory
	SafeDB  string // directory of the safe-head index, if elsewhere
	Rebuild bool   // throw the L1 inputs away if they are damaged
}

// Serve says what is served where.
type Serve struct {
	RPC              string          // host:port of optimism_*, /healthz, /livez and /readyz
	Admin            bool            // admin_* too
	AdminState       *rpc.AdminState // remembers whether the sequencer runs; nil: nothing does
	SetLogLevel      func(slog.Level) error
	Metrics          string // host:port of /metrics; empty: not served
	StorageFromState bool   // prove withdrawal roots that headers have
}
