package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/engine/geth"
)

type devnetCmd struct {
	Up          devnetUpCmd       `cmd:"" default:"withargs" help:"Run a devnet (what 'cairn devnet' alone does)."`
	Status      devnetStatusCmd   `cmd:"" help:"Show the heads of a running devnet."`
	Reorg       devnetReorgCmd    `cmd:"" help:"Replace the last L1 blocks of a running devnet."`
	Deposit     devnetDepositCmd  `cmd:"" help:"Deposit ether from L1 to L2."`
	SetGasLimit devnetGasLimitCmd `cmd:"" name:"set-gas-limit" help:"Set the gas limit of L2 blocks, on L1."`
}

type devnetUpCmd struct {
	Datadir string `help:"Keep everything in this directory and resume from it. Without it all is in memory." placeholder:"DIR" type:"path"`
	JSON    bool   `name:"json" help:"Print the table of addresses as one JSON object on standard output once all is up; everything else goes to standard error."`

	RollupOut  string `help:"Write the rollup configuration (rollup.json) to a file." placeholder:"FILE" type:"path"`
	GenesisOut string `help:"Write the genesis blocks to FILE.l1.json and FILE.l2.json (a .json at the end of FILE is dropped), for 'geth init'." placeholder:"FILE" type:"path"`

	Host  string `help:"IP address to listen on." default:"127.0.0.1"`
	Ports string `help:"'default' for the ports below, 'auto' for free ones." enum:"default,auto" default:"default"`

	L1 struct {
		BlockTime         uint64 `help:"Seconds between L1 blocks." default:"4"`
		SafeDistance      uint64 `help:"L1 blocks between head and safe." default:"4"`
		FinalizedDistance uint64 `help:"L1 blocks between head and finalized." default:"8"`
		Port              int    `help:"Port of L1's JSON-RPC (HTTP and WebSocket)." default:"8545"`
		BeaconPort        int    `help:"Port of L1's Beacon API." default:"5052"`
	} `embed:"" prefix:"l1."`
	L2 struct {
		BlockTime uint64 `help:"Seconds between L2 blocks." default:"2"`
	} `embed:"" prefix:"l2."`
	Sequencer struct {
		L1Confs  uint64 `name:"l1-confs" help:"L1 blocks on top of one before the sequencer builds on it." default:"2"`
		Stopped  bool   `help:"Wait for admin_startSequencer."`
		Port     int    `help:"Port of the sequencer's L2 JSON-RPC (HTTP and WebSocket)." default:"9545"`
		NodePort int    `help:"Port of the sequencer's optimism_* and admin_*." default:"7545"`
	} `embed:"" prefix:"sequencer."`
	Verifier struct {
		Port     int `help:"Port of the verifier's L2 JSON-RPC (HTTP and WebSocket)." default:"9546"`
		NodePort int `help:"Port of the verifier's optimism_* and admin_*." default:"7546"`
	} `embed:"" prefix:"verifier."`
	Batcher struct {
		DataAvailabilityType string `help:"Post batches as 'blobs' or 'calldata'." enum:"blobs,calldata" default:"blobs"`
		MaxWait              uint64 `help:"L1 blocks after which batches without user transactions are posted; others are posted at once." default:"8"`
	} `embed:"" prefix:"batcher."`
	Control struct {
		Port int `help:"Port of the commands to a running devnet." default:"7420"`
	} `embed:"" prefix:"control."`

	Log logFlags `embed:"" prefix:"log."`
}

// config turns the flags into the devnet's configuration.
func (c *devnetUpCmd) config() devnet.Config {
	cfg := devnet.DefaultConfig()
	cfg.DataDir, cfg.Host, cfg.Version = c.Datadir, c.Host, version()
	cfg.L1BlockTime, cfg.L2BlockTime = c.L1.BlockTime, c.L2.BlockTime
	cfg.L1SafeDistance, cfg.L1FinalizedDistance = c.L1.SafeDistance, c.L1.FinalizedDistance
	cfg.SequencerConfs, cfg.SequencerStopped = c.Sequencer.L1Confs, c.Sequencer.Stopped
	cfg.Calldata, cfg.BatchMaxWait = c.Batcher.DataAvailabilityType == "calldata", c.Batcher.MaxWait
	cfg.Ports = devnet.Ports{
		L1: c.L1.Port, Beacon: c.L1.BeaconPort, Sequencer: c.Sequencer.Port, SequencerNode: c.Sequencer.NodePort,
		Verifier: c.Verifier.Port, VerifierNode: c.Verifier.NodePort, Control: c.Control.Port,
	}
	if c.Ports == "auto" {
		cfg.Ports = devnet.Ports{}
	}
	return cfg
}

// Run runs a devnet until it is interrupted.
func (c *devnetUpCmd) Run(ctx context.Context, s *streams) error {
	began := time.Now()
	screen := newScreen(s, c.JSON)
	log, err := c.Log.logger(screen.log())
	if err != nil {
		return err
	}
	geth.SetLog(engineLog{log.Handler()})
	cfg := c.config()
	cfg.Log = log
	d, err := devnet.Open(ctx, cfg)
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if !closed {
			_ = d.Close() // the error that led here says more
		}
	}()
	if err := c.writeFiles(d.Genesis()); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(running) }()

	ready, cancel := context.WithCancel(running)
	defer cancel()
	up := make(chan error, 1)
	go func() { up <- d.Ready(ready) }()
	select {
	case err = <-ended:
		cancel()
		<-up
	case err = <-up:
		if err == nil {
			screen.table(d.Info(), time.Since(began))
			err = screen.follow(ctx, d, ended)
		}
		stop()
		err = errors.Join(err, ignoreCanceled(<-ended))
	}
	closed = true
	return errors.Join(err, d.Close())
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// writeFiles writes what other programs need to join.
func (c *devnetUpCmd) writeFiles(g *devnet.Genesis) error {
	if c.RollupOut != "" {
		if err := writeJSON("--rollup-out", c.RollupOut, g.Rollup); err != nil {
			return err
		}
	}
	if c.GenesisOut == "" {
		return nil
	}
	base := c.GenesisOut
	if filepath.Ext(base) == ".json" {
		base = base[:len(base)-len(".json")]
	}
	if err := writeJSON("--genesis-out", base+".l1.json", g.L1); err != nil {
		return err
	}
	return writeJSON("--genesis-out", base+".l2.json", g.L2)
}

func writeJSON(flag, path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil { //nolint:gosec // meant to be read by others
		return &devnet.FieldError{Field: flag, Value: path, Fix: fmt.Sprintf("cannot write it (%s); give a file in a directory that can be written", err)}
	}
	return nil
}
