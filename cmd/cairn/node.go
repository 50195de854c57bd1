package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/rollup"
)

// nodeCmd follows, and if asked sequences, a chain through an external execution engine. Flags and environment as
// op-node's.
type nodeCmd struct {
	L1               string        `name:"l1" help:"JSON-RPC of an L1 execution node: HTTP, WebSocket or IPC." default:"http://127.0.0.1:8545" env:"OP_NODE_L1_ETH_RPC" placeholder:"URL"`
	L1Beacon         string        `name:"l1.beacon" help:"Beacon API of an L1 consensus node." required:"" env:"OP_NODE_L1_BEACON" placeholder:"URL"`
	L1SlotDuration   uint64        `name:"l1.beacon.slot-duration-override" help:"Seconds of an L1 slot, for Beacon APIs that do not tell." env:"OP_NODE_L1_BEACON_SLOT_DURATION_OVERRIDE" default:"0"`
	L1Poll           time.Duration `name:"l1.http-poll-interval" help:"Time between two looks at L1's head." default:"12s" env:"OP_NODE_L1_HTTP_POLL_INTERVAL"`
	L1EpochPoll      time.Duration `name:"l1.epoch-poll-interval" help:"Time between two looks at L1's safe and finalized block." default:"6m24s" env:"OP_NODE_L1_EPOCH_POLL_INTERVAL"`
	L2               string        `name:"l2" help:"Engine API of the L2 execution engine." required:"" env:"OP_NODE_L2_ENGINE_RPC" placeholder:"URL"`
	L2JWTSecret      string        `name:"l2.jwt-secret" help:"File with the 32-byte secret of the Engine API, in hex." required:"" env:"OP_NODE_L2_ENGINE_AUTH" placeholder:"FILE" type:"path"`
	RollupConfig     string        `name:"rollup.config" help:"The chain's rollup.json." required:"" env:"OP_NODE_ROLLUP_CONFIG" placeholder:"FILE" type:"path"`
	L1ChainConfig    string        `name:"rollup.l1-chain-config" help:"Chain configuration, or genesis file, of an L1 that is not Mainnet, Sepolia or Hoodi." env:"OP_NODE_ROLLUP_L1_CHAIN_CONFIG" placeholder:"FILE" type:"path"`
	VerifierConfs    uint64        `name:"verifier.l1-confs" help:"L1 blocks on top of one before derivation reads it." default:"0" env:"OP_NODE_VERIFIER_L1_CONFS"`
	SequencerEnabled bool          `name:"sequencer.enabled" help:"Make blocks." env:"OP_NODE_SEQUENCER_ENABLED"`
	SequencerStopped bool          `name:"sequencer.stopped" help:"Wait for admin_startSequencer." env:"OP_NODE_SEQUENCER_STOPPED"`
	SequencerConfs   uint64        `name:"sequencer.l1-confs" help:"L1 blocks on top of one before the sequencer builds on it." default:"4" env:"OP_NODE_SEQUENCER_L1_CONFS"`
	SealingDuration  time.Duration `name:"sequencer.sealing-duration" help:"How long before its timestamp a block is sealed." default:"50ms" env:"OP_NODE_SEQUENCER_SEALING_DURATION"`
	RPCAddr          string        `name:"rpc.addr" help:"IP address of this node's own JSON-RPC." default:"0.0.0.0" env:"OP_NODE_RPC_ADDR"`
	RPCPort          int           `name:"rpc.port" help:"Port of this node's own JSON-RPC." default:"9545" env:"OP_NODE_RPC_PORT"`
	RPCEnableAdmin   bool          `name:"rpc.enable-admin" help:"Serve admin_*." env:"OP_NODE_RPC_ENABLE_ADMIN"`
	SafeDBPath       string        `name:"safedb.path" help:"Directory in which the safe head as of each L1 block is kept, for optimism_safeHeadAtL1Block. Without it, in memory." env:"OP_NODE_SAFEDB_PATH" placeholder:"DIR" type:"path"`
	MetricsEnabled   bool          `name:"metrics.enabled" help:"Serve Prometheus metrics at /metrics." env:"OP_NODE_METRICS_ENABLED"`
	MetricsAddr      string        `name:"metrics.addr" help:"IP address of the metrics." default:"0.0.0.0" env:"OP_NODE_METRICS_ADDR"`
	MetricsPort      int           `name:"metrics.port" help:"Port of the metrics." default:"7300" env:"OP_NODE_METRICS_PORT"`

	Log nodeLogFlags `embed:"" prefix:"log."`
}

// nodeLogFlags are logFlags with a node's default: a node is watched by its log.
type nodeLogFlags struct {
	Level  string `help:"Lowest level to log: debug, info, warn or error." default:"info" env:"OP_NODE_LOG_LEVEL"`
	Format string `help:"text, logfmt or json." default:"text" env:"OP_NODE_LOG_FORMAT"`
}

// Run runs the node until it is interrupted.
func (c *nodeCmd) Run(ctx context.Context, s *streams) error {
	log, err := (&logFlags{Level: c.Log.Level, Format: c.Log.Format}).logger(s.err)
	if err != nil {
		return err
	}
	cfg, err := c.rollup(log.Warn)
	if err != nil {
		return err
	}
	schedule, err := c.blobSchedule(cfg)
	if err != nil {
		return err
	}
	secret, err := engine.ReadJWTSecret(c.L2JWTSecret)
	if err != nil {
		return &rollup.FieldError{Field: "--l2.jwt-secret", Value: c.L2JWTSecret, Fix: err.Error()}
	}
	beacon, err := l1.NewBeacon(c.L1Beacon, l1.BeaconConfig{Clock: l1.SlotClock{SecondsPerSlot: c.L1SlotDuration}})
	if err != nil {
		return &rollup.FieldError{Field: "--l1.beacon", Value: c.L1Beacon, Fix: err.Error()}
	}
	onL1, err := l1.Dial(ctx, c.L1, l1.DefaultMaxAnswer)
	if err != nil {
		return &rollup.FieldError{Field: "--l1", Value: c.L1, Fix: err.Error()}
	}
	defer onL1.Close()
	onL2, err := engine.Dial(ctx, c.L2, secret)
	if err != nil {
		return &rollup.FieldError{Field: "--l2", Value: c.L2, Fix: err.Error()}
	}
	defer onL2.Close()
	metrics := ""
	if c.MetricsEnabled {
		metrics = net.JoinHostPort(c.MetricsAddr, strconv.Itoa(c.MetricsPort))
	}
	n, err := node.New(node.Config{
		Rollup: cfg, BlobSchedule: schedule, Engine: engine.NewClient(onL2, cfg), EngineRPC: onL2,
		L1: onL1, Beacon: beacon, L1Poll: c.L1Poll, L1Labels: c.L1EpochPoll,
		Sequencing: driver.Sequencing{
			Enabled: c.SequencerEnabled, Stopped: c.SequencerStopped, Confs: c.SequencerConfs, Sealing: c.SealingDuration,
		},
		VerifierConfs: c.VerifierConfs, RPCAddress: net.JoinHostPort(c.RPCAddr, strconv.Itoa(c.RPCPort)), EnableAdmin: c.RPCEnableAdmin,
		SafeDB: c.SafeDBPath, MetricsAddress: metrics,
		Version: version(), Seed: rand.Uint64(), Log: log,
	})
	if err != nil {
		return err
	}
	log.Info("node runs", "rpc", n.URL(), "l2_chain", cfg.L2ChainID, "sequencer", c.SequencerEnabled)
	return errors.Join(n.Run(ctx), n.Close())
}

// rollup reads the rollup configuration, and warns of keys that mean nothing here.
func (c *nodeCmd) rollup(warn func(string, ...any)) (*rollup.Config, error) {
	text, err := os.ReadFile(c.RollupConfig)
	if err != nil {
		return nil, &rollup.FieldError{Field: "--rollup.config", Value: c.RollupConfig, Fix: fmt.Sprintf("cannot read it (%s)", err)}
	}
	cfg, unknown, err := rollup.Parse(text)
	if err != nil {
		return nil, &rollup.FieldError{Field: "--rollup.config", Value: c.RollupConfig, Fix: err.Error()}
	}
	if len(unknown) > 0 {
		warn("unknown keys in the rollup configuration are ignored", "file", c.RollupConfig, "keys", unknown)
	}
	return cfg, nil
}

// blobSchedule is that of a known L1, or of the file the user gives.
func (c *nodeCmd) blobSchedule(cfg *rollup.Config) (rollup.BlobSchedule, error) {
	if c.L1ChainConfig == "" {
		for _, known := range []*params.ChainConfig{params.MainnetChainConfig, params.SepoliaChainConfig, params.HoodiChainConfig} {
			if known.ChainID.Cmp(cfg.L1ChainID) == 0 {
				return node.BlobSchedule(known), nil
			}
		}
		return nil, &rollup.FieldError{
			Field: "--rollup.l1-chain-config", Value: "not given",
			Fix: fmt.Sprintf("give the chain configuration of L1 %s, which is not built in: its blob fees depend on it", cfg.L1ChainID),
		}
	}
	bad := func(fix string, args ...any) error {
		return &rollup.FieldError{Field: "--rollup.l1-chain-config", Value: c.L1ChainConfig, Fix: fmt.Sprintf(fix, args...)}
	}
	text, err := os.ReadFile(c.L1ChainConfig)
	if err != nil {
		return nil, bad("cannot read it (%s)", err)
	}
	var genesis struct {
		Config *params.ChainConfig `json:"config"`
	}
	if err := json.Unmarshal(text, &genesis); err != nil {
		return nil, bad("not JSON of a chain configuration (%s)", err)
	}
	if genesis.Config == nil {
		genesis.Config = new(params.ChainConfig)
		if err := json.Unmarshal(text, genesis.Config); err != nil {
			return nil, bad("not a chain configuration (%s)", err)
		}
	}
	if id := genesis.Config.ChainID; id == nil || id.Cmp(cfg.L1ChainID) != 0 {
		return nil, bad("it is for chain %v, the rollup's L1 is chain %v", id, cfg.L1ChainID)
	}
	return node.BlobSchedule(genesis.Config), nil
}
