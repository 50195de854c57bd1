package node_test

import (
	"errors"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/rollup"
)

func rollupConfig() *rollup.Config {
	canyon := uint64(250)
	c := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: common.Hash{1}}, L2: eth.BlockID{Hash: common.Hash{2}}, L2Time: 1_700_000_000,
			SystemConfig: rollup.SystemConfig{BatcherAddr: common.Address{1}, Scalar: eth.Bytes32{1}, GasLimit: 30_000_000},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 3600, ChannelTimeout: 300, L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901),
		BatchInboxAddress: common.Address{2}, DepositContractAddress: common.Address{3}, L1SystemConfigAddress: common.Address{4},
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		c.SetTime(f, new(uint64))
	}
	return c
}

// config is that of a node that is opened and not run.
func config(t *testing.T) node.Config {
	t.Helper()
	server := gethrpc.NewServer()
	t.Cleanup(server.Stop)
	client := gethrpc.DialInProc(server)
	t.Cleanup(client.Close)
	beacon, err := l1.NewBeacon("http://127.0.0.1:1", l1.BeaconConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return node.Config{
		Rollup: rollupConfig(), Engine: node.Engine{RPC: client},
		L1:    node.L1{Endpoints: []*l1.Endpoint{l1.NewEndpoint("test", client, l1.DialConfig{})}, Beacons: []*l1.Beacon{beacon}},
		Serve: node.Serve{RPC: "127.0.0.1:0"}, Version: "v1.2.3",
		Log: slog.New(slog.DiscardHandler),
	}
}

func TestAConfigurationThatCannotWorkIsRefusedByField(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*rollup.Config)
		field  string
	}{
		{"incomplete", func(c *rollup.Config) { c.BlockTime = 0 }, "block_time"},
		{"one chain id for both layers", func(c *rollup.Config) { c.L2ChainID = c.L1ChainID }, "l2_chain_id"},
		{"a fork before the one it stands on", func(c *rollup.Config) { c.SetTime(rollup.Fjord, &[]uint64{1_700_000_100}[0]) }, "granite_time"},
		{"a hole in the forks", func(c *rollup.Config) { c.SetTime(rollup.Holocene, nil) }, "isthmus_time"},
		{"a fork of the future at genesis", func(c *rollup.Config) {
			c.SetTime(rollup.Karst, new(uint64))
			c.SetTime(rollup.Lagoon, new(uint64))
		}, "lagoon_time"},
		{"data elsewhere than on L1", func(c *rollup.Config) { c.AltDA = &rollup.AltDAConfig{CommitmentType: "KeccakCommitment"} }, "alt_da"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config(t)
			c.change(cfg.Rollup)
			n, err := node.New(cfg)
			if err == nil {
				_ = n.Close()
			}
			var wrong *rollup.FieldError
			if !errors.As(err, &wrong) || wrong.Field != c.field || wrong.Fix == "" {
				t.Fatalf("%v, want a FieldError about %s", err, c.field)
			}
			if text := err.Error(); !strings.HasPrefix(text, "rollup configuration: "+c.field+" = ") || strings.Contains(text, "\n") {
				t.Errorf("%q", text)
			}
		})
	}
}

func TestANodeOpensItsPortAndGivesItBack(t *testing.T) {
	n, err := node.New(config(t))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(n.URL(), "http://")
	taken := config(t)
	taken.Serve.RPC = address
	if other, err := node.New(taken); err == nil || !strings.Contains(err.Error(), address) || other != nil {
		t.Errorf("a second node on %s: %v, %v", address, other, err)
	}
	if n.Status() == nil || n.SyncStatus() != (eth.SyncStatus{}) {
		t.Errorf("before it runs a node says %+v", n.SyncStatus())
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the port is not given back: %v", err)
	}
	_ = listener.Close()
}

func TestASnapshotTellsOfForksAndOfGossip(t *testing.T) {
	cfg := config(t)
	pectra, karst := uint64(1_742_486_400), uint64(4_000_000_000)
	cfg.Rollup.PectraBlobScheduleTime, cfg.Rollup.KeepKarstUpgradeGas = &pectra, true
	cfg.Rollup.SetTime(rollup.Karst, &karst)
	gossip := p2p.DefaultConfig(cfg.Rollup)
	gossip.ListenIP, gossip.ListenTCP, gossip.NoDiscovery = "127.0.0.1", 0, true
	gossip.PrivPath, gossip.PrivRaw, gossip.PeerstorePath = "", strings.Repeat("11", 32), p2p.Memory
	cfg.Gossip = &node.Gossip{P2P: gossip}
	n, err := node.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	at := time.Unix(5, 0)
	n.FailPublishing(at)
	n.FailPublishing(at.Add(1))
	s := n.Snapshot()
	if g := s.Gossip; !g.Enabled || g.PublishErrors != 2 || !g.PublishErrorAt.Equal(at.Add(1)) || g.Received != 0 || g.NewestTime != 0 {
		t.Errorf("%+v", g)
	}
	forks, last := s.Chain.Forks, obs.Fork{Name: "keep_karst_upgrade_gas", Time: karst}
	if len(forks) != 12 || forks[0] != (obs.Fork{Name: "regolith"}) || forks[9] != (obs.Fork{Name: "karst", Time: karst}) ||
		forks[10] != (obs.Fork{Name: "pectra_blob_schedule", Time: pectra, OfL1: true}) || forks[11] != last {
		t.Errorf("%+v", forks)
	}
	if s.Chain.NextFork != "karst" || s.Chain.NextForkTime != karst {
		t.Errorf("next fork %s at %d", s.Chain.NextFork, s.Chain.NextForkTime)
	}
}
