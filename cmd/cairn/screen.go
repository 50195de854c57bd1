package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cairn-rollup/cairn/devnet"
)

// screen is what a person sees of a running devnet: the table, then one status line. On a terminal the line stays in
// place and log lines scroll above it; elsewhere it is a line now and then. With --json the table is an object on
// standard output and everything else goes to standard error.
type screen struct {
	out      io.Writer // of the table
	side     io.Writer // of everything else
	json     bool
	terminal bool // side is one

	mu   sync.Mutex
	line string // the status line on display
}

func newScreen(s *streams, asJSON bool) *screen {
	c := &screen{out: s.out, side: s.out, json: asJSON}
	if asJSON {
		c.side = s.err
	}
	if f, ok := c.side.(*os.File); ok {
		info, err := f.Stat()
		c.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	return c
}

// log is where log lines go.
func (c *screen) log() io.Writer { return (*screenLog)(c) }

type screenLog screen

// Write puts log lines above the status line.
func (l *screenLog) Write(p []byte) (int, error) {
	c := (*screen)(l)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	n, err := c.side.Write(p)
	c.draw()
	return n, err
}

func (c *screen) clear() {
	if c.terminal && c.line != "" {
		fmt.Fprint(c.side, "\r\x1b[K")
	}
}

func (c *screen) draw() {
	if c.terminal && c.line != "" {
		fmt.Fprint(c.side, c.line)
	}
}

// show replaces the status line.
func (c *screen) show(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.terminal {
		fmt.Fprintln(c.side, line)
		return
	}
	c.clear()
	c.line = line
	c.draw()
}

// table prints where everything is.
func (c *screen) table(info devnet.Info, took time.Duration) {
	if c.json {
		_ = json.NewEncoder(c.out).Encode(info) // if nobody reads, nobody misses it
		return
	}
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "Devnet is up after %.1f s. Ctrl-C ends it.\n\nEndpoints\n", took.Seconds())
	row("L1", "%s   %s   chain id %d", info.L1.RPC, info.L1.WS, info.L1.ChainID)
	row("L1 beacon", "%s", info.L1.Beacon)
	row("L2 sequencer", "%s   %s   chain id %d", info.Sequencer.RPC, info.Sequencer.WS, info.L2ChainID)
	row("  its node", "%s", info.Sequencer.Node)
	for _, v := range info.Verifiers {
		row("L2 verifier", "%s   %s", v.RPC, v.WS)
		row("  its node", "%s", v.Node)
	}
	row("control", "%s", info.Control)
	fmt.Fprintf(&b, "\nContracts on L1\n")
	names := make([]string, 0, len(info.Contracts))
	for name := range info.Contracts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		row(name, "%s", info.Contracts[name])
	}
	row("batch inbox", "%s", info.BatchInbox)
	fmt.Fprintf(&b, "\nAccounts, funded on both layers (public keys of the test mnemonic: never use them elsewhere)\n")
	for _, a := range info.Accounts {
		fmt.Fprintf(&b, "  %s   %s\n", a.Address, a.PrivateKey)
	}
	fmt.Fprintln(c.out, b.String())
}

// plainInterval is the time between status lines where they cannot be replaced.
const plainInterval = 10 * time.Second

// follow shows the status until the context or the devnet ends.
func (c *screen) follow(ctx context.Context, d *devnet.Devnet, ended chan error) error {
	interval := plainInterval
	if c.terminal {
		interval = 500 * time.Millisecond
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		c.show(statusLine(d.Status()))
		select {
		case <-ctx.Done():
			c.mu.Lock()
			c.clear()
			c.line = ""
			c.mu.Unlock()
			return context.Cause(ctx)
		case err := <-ended:
			ended <- nil // Run has returned; whoever waits for it need not know how
			if err == nil {
				err = fmt.Errorf("the devnet ended by itself")
			}
			return err
		case <-tick.C:
		}
	}
}

// statusLine is the devnet in one line.
func statusLine(s devnet.Status) string {
	var b strings.Builder
	heads := func(name string, h devnet.HeadsStatus) {
		fmt.Fprintf(&b, "  %s unsafe %d safe %d final %d", name, h.Unsafe, h.Safe, h.Finalized)
		if h.Waiting != "" {
			fmt.Fprintf(&b, " (waits: %s)", h.Waiting)
		}
	}
	fmt.Fprintf(&b, "L1 %d", s.L1Head)
	heads("sequencer", s.Sequencer)
	for _, v := range s.Verifiers {
		heads("verifier", v)
	}
	fmt.Fprintf(&b, "  batches %d, %s posted", s.Batcher.Batches, bytesOf(s.Batcher.Bytes))
	if s.Batcher.Error != "" {
		fmt.Fprintf(&b, " (batcher: %s)", s.Batcher.Error)
	}
	return b.String()
}

func bytesOf(n uint64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
