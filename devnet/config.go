package devnet

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/cairn-rollup/cairn/rollup"
)

// Ports are the TCP ports of a devnet. HTTP and WebSocket share a port.
type Ports struct {
	L1, Beacon               int
	Sequencer, SequencerNode int
	Verifier, VerifierNode   int // of the first verifier; those of the others follow
	Control                  int
}

// verifier are the ports of a verifier.
func (p *Ports) verifier(i int) (rpc, node int) {
	next := func(port int) int {
		if port == 0 {
			return 0
		}
		return port + i
	}
	return next(p.Verifier), next(p.VerifierNode)
}

// Config describes a devnet. DefaultConfig has the usual values.
type Config struct {
	DataDir string // empty: everything is in memory and gone at the end
	Host    string // address to listen on
	Ports   Ports  // 0: a free one

	L1BlockTime         uint64 // seconds
	L2BlockTime         uint64 // seconds
	L1SafeDistance      uint64 // L1 blocks between head and safe
	L1FinalizedDistance uint64 // L1 blocks between head and finalized
	SequencerConfs      uint64 // L1 blocks on top of one before the sequencer builds on it
	SequencerStopped    bool   // wait for admin_startSequencer

	Verifiers int  // nodes that follow
	NoGossip  bool // blocks reach the verifiers through L1 alone

	Calldata     bool   // post batches as calldata instead of blobs
	BatchMaxWait uint64 // L1 blocks after which a batch without user transactions is posted

	GenesisTime uint64 // seconds since 1970; 0: now
	Version     string
	Log         *slog.Logger
}

// Chain ids of a devnet.
const (
	L1ChainID = 900
	L2ChainID = 901
)

// DefaultConfig is a devnet in memory on the loopback interface, at the ports where people look first.
func DefaultConfig() Config {
	return Config{
		Host: "127.0.0.1", Ports: Ports{
			L1: 8545, Beacon: 5052, Sequencer: 9545, SequencerNode: 7545, Verifier: 9546, VerifierNode: 7546, Control: 7420,
		},
		L1BlockTime: 4, L2BlockTime: 2, L1SafeDistance: 4, L1FinalizedDistance: 8, SequencerConfs: 2, Verifiers: 1,
		BatchMaxWait: 8, Version: "dev", Log: slog.New(slog.DiscardHandler),
	}
}

// fieldError names a flag that is wrong, and what to do. It is a *rollup.FieldError.
func fieldError(flag, value, fix string) error {
	return &rollup.FieldError{Field: flag, Value: value, Fix: fix}
}

const (
	maxBlockTime = 3600 // seconds
	maxVerifiers = 50   // each is a whole node with its engine
)

// Validate says what is wrong; the error is a *rollup.FieldError.
func (c *Config) Validate() error {
	bad := func(field string, value any, fix string) error {
		return fieldError(field, fmt.Sprint(value), fix)
	}
	switch {
	case c.L1BlockTime == 0 || c.L1BlockTime > maxBlockTime:
		return bad("--l1.block-time", c.L1BlockTime, "give seconds from 1 to 3600")
	case c.L2BlockTime == 0 || c.L2BlockTime > maxBlockTime:
		return bad("--l2.block-time", c.L2BlockTime, "give seconds from 1 to 3600")
	case c.L2BlockTime > c.L1BlockTime:
		return bad("--l2.block-time", c.L2BlockTime, fmt.Sprintf("give at most --l1.block-time (%d): L2 makes a block in every epoch", c.L1BlockTime))
	case c.L1FinalizedDistance < c.L1SafeDistance:
		return bad("--l1.finalized-distance", c.L1FinalizedDistance, fmt.Sprintf("give at least --l1.safe-distance (%d)", c.L1SafeDistance))
	case c.BatchMaxWait == 0:
		return bad("--batcher.max-wait", c.BatchMaxWait, "give at least 1 L1 block")
	case c.Verifiers < 1 || c.Verifiers > maxVerifiers:
		return bad("--verifiers", c.Verifiers, fmt.Sprintf("give a number from 1 to %d", maxVerifiers))
	case net.ParseIP(c.Host) == nil:
		return bad("--host", strconv.Quote(c.Host), "give an IP address, 127.0.0.1 for this machine only")
	}
	return c.checkPorts()
}

// checkPorts finds ports that are taken, or given twice, before anything is made.
func (c *Config) checkPorts() error {
	if err := c.probe(0); err != nil {
		return fieldError("--host", c.Host, fmt.Sprintf("cannot listen there (%s); give an address of this machine, such as 127.0.0.1", cause(err)))
	}
	p := &c.Ports
	seen := map[int]string{}
	type port struct {
		flag   string
		number int
	}
	ports := []port{
		{"--l1.port", p.L1},
		{"--l1.beacon-port", p.Beacon},
		{"--sequencer.port", p.Sequencer},
		{"--sequencer.node-port", p.SequencerNode},
	}
	for i := range c.Verifiers {
		number, nodeNumber := p.verifier(i)
		ports = append(ports, port{"--verifier.port", number}, port{"--verifier.node-port", nodeNumber})
	}
	for _, port := range append(ports, port{"--control.port", p.Control}) {
		if port.number == 0 {
			continue
		}
		value := strconv.Itoa(port.number)
		if port.number < 0 || port.number > 65535 {
			return fieldError(port.flag, value, "give a port from 1 to 65535, or --ports auto")
		}
		if other, twice := seen[port.number]; twice {
			return fieldError(port.flag, value, other+" has the same; give another port")
		}
		seen[port.number] = port.flag
		if err := c.probe(port.number); err != nil {
			return fieldError(port.flag, value, fmt.Sprintf("cannot listen there (%s); give another port, or --ports auto", cause(err)))
		}
	}
	return nil
}

// probe listens on a port for a moment; 0 is any.
func (c *Config) probe(port int) error {
	listener, err := net.Listen("tcp", c.address(port))
	if err != nil {
		return err
	}
	return listener.Close()
}

// cause is the innermost error: what the operating system says.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func (c *Config) address(port int) string { return net.JoinHostPort(c.Host, strconv.Itoa(port)) }

func (c *Config) l1BlockTime() time.Duration { return time.Duration(c.L1BlockTime) * time.Second } //nolint:gosec // at most an hour
