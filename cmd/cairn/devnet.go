package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/rollup"
)

type devnetCmd struct {
	Up          devnetUpCmd       `cmd:"" default:"withargs" help:"Run a devnet (what 'cairn devnet' alone does)."`
	Status      devnetStatusCmd   `cmd:"" help:"Show the heads of a running devnet."`
	Reorg       devnetReorgCmd    `cmd:"" help:"Replace the last L1 blocks of a running devnet."`
	Deposit     devnetDepositCmd  `cmd:"" help:"Deposit ether from L1 to L2."`
	SetGasLimit devnetGasLimitCmd `cmd:"" name:"set-gas-limit" help:"Set the gas limit of L2 blocks, on L1."`
}

// Help says where the flags of the command are that needs no name.
func (devnetCmd) Help() string {
	return "'cairn devnet' alone is 'cairn devnet up' and takes its flags: see 'cairn devnet up --help'."
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
	Verifiers int  `help:"Nodes that follow the sequencer." default:"1"`
	NoGossip  bool `help:"Let blocks reach the verifiers through L1 alone."`
	Verifier  struct {
		Port     int `help:"Port of the first verifier's L2 JSON-RPC (HTTP and WebSocket)." default:"9546"`
		NodePort int `help:"Port of the first verifier's optimism_* and admin_*." default:"7546"`
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
	cfg.Verifiers, cfg.NoGossip = c.Verifiers, c.NoGossip
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
	setHostLog(log)
	cfg := c.config()
	cfg.Log = log
	if err := c.checkFiles(); err != nil {
		return err
	}
	d, err := devnet.Open(ctx, cfg)
	if err != nil {
		return err
	}
	err = c.writeFiles(d.Genesis())
	if err == nil {
		err = runDevnet(ctx, d, screen, began)
	}
	return errors.Join(err, d.Close())
}

// runDevnet runs an open devnet and shows it, until the context or the devnet ends.
func runDevnet(ctx context.Context, d *devnet.Devnet, screen *screen, began time.Time) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(running) }()

	ready, cancel := context.WithCancel(running)
	defer cancel()
	up := make(chan error, 1)
	go func() { up <- d.Ready(ready) }()
	select {
	case err := <-ended:
		cancel()
		<-up
		return ignoreCanceled(err)
	case err := <-up:
		if err == nil {
			screen.table(d.Info(), time.Since(began))
			err = screen.follow(ctx, d, ended)
		}
		stop()
		return errors.Join(ignoreCanceled(err), ignoreCanceled(<-ended))
	}
}

// ignoreCanceled drops the error of being asked to stop.
func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// output is a file that other programs need to join.
type output struct {
	flag, path string
	content    func(*devnet.Genesis) any
}

func (c *devnetUpCmd) outputs() (all []output) {
	if c.RollupOut != "" {
		all = append(all, output{"--rollup-out", c.RollupOut, func(g *devnet.Genesis) any { return g.Rollup }})
	}
	if c.GenesisOut != "" {
		base := strings.TrimSuffix(c.GenesisOut, ".json")
		all = append(all,
			output{"--genesis-out", base + ".l1.json", func(g *devnet.Genesis) any { return g.L1 }},
			output{"--genesis-out", base + ".l2.json", func(g *devnet.Genesis) any { return g.L2 }})
	}
	return all
}

// checkFiles says that an output cannot be written before anything has begun. It leaves nothing behind.
func (c *devnetUpCmd) checkFiles() error {
	for _, o := range c.outputs() {
		if err := writable(o.path); err != nil {
			return o.refused(err)
		}
	}
	return nil
}

// writable opens a file for writing and leaves it as it was; one that is not there it makes and removes.
func writable(path string) error {
	_, err := os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // meant to be read by others
	if err != nil {
		return err
	}
	err = file.Close()
	if isNew {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

func (o *output) refused(err error) error {
	return &rollup.FieldError{Field: o.flag, Value: o.path, Fix: fmt.Sprintf("cannot write it (%s); give a file in a directory that can be written", reason(err))}
}

// reason is what the operating system says, without the path, which is said already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// writeFiles writes the outputs.
func (c *devnetUpCmd) writeFiles(g *devnet.Genesis) error {
	for _, o := range c.outputs() {
		text, err := json.MarshalIndent(o.content(g), "", "  ")
		if err != nil {
			return fmt.Errorf("encode %s: %w", o.path, err)
		}
		if err := os.WriteFile(o.path, append(text, '\n'), 0o644); err != nil { //nolint:gosec // meant to be read by others
			return o.refused(err)
		}
	}
	return nil
}
