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
	"unicode/utf8"

	"github.com/cairn-rollup/cairn/devnet"
)

// screen is what a person sees of a running devnet: the table, then one status line. On a terminal the line stays in
// place and log lines scroll above it; elsewhere it is a line now and then. With --json the table is an object on
// standard output and everything else goes to standard error.
type screen struct {
	out   io.Writer // of the table
	side  io.Writer // of everything else
	json  bool
	width func() int // columns of the terminal that side is; nil: it is none

	mu   sync.Mutex
	line string // the status line on display
}

func newScreen(s *streams, asJSON bool) *screen {
	c := &screen{out: s.out, side: s.out, json: asJSON}
	if asJSON {
		c.side = s.err
	}
	if f, ok := c.side.(*os.File); ok && os.Getenv("TERM") != "dumb" && columns(f) > 0 {
		c.width = func() int { return columns(f) }
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
	if c.width != nil && c.line != "" {
		fmt.Fprint(c.side, "\r\x1b[K")
	}
}

func (c *screen) draw() {
	if c.width != nil && c.line != "" {
		fmt.Fprint(c.side, c.line)
	}
}

// show replaces the status line. On a terminal it must not wrap, as only the last line can be replaced: shorter forms
// are taken where the long one does not fit, and the shortest is cut where that does not.
func (c *screen) show(s devnet.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := statusLine(s)
	if c.width == nil {
		fmt.Fprintln(c.side, line)
		return
	}
	most := c.width() - 1 // some terminals wrap as soon as the last column is full
	for _, names := range []lineNames{
		{"  unsafe/safe/final:", "sequencer", "verifier"}, {" ", "sequencer", "verifier"}, {" ", "seq", "ver"},
	} {
		if utf8.RuneCountInString(line) > most {
			line = shortStatusLine(s, names)
		}
	}
	c.clear()
	c.line = cut(line, most)
	c.draw()
}

// hide takes the status line away.
func (c *screen) hide() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	c.line = ""
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	if most < 1 {
		return ""
	}
	return string(runes[:most-1]) + "…"
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
	if info.Sequencer.Peer != "" {
		row("  its gossip", "%s", info.Sequencer.Peer)
	}
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
	if c.width != nil {
		interval = 500 * time.Millisecond
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		c.show(d.Status())
		select {
		case <-ctx.Done():
			c.hide()
			return context.Cause(ctx)
		case err := <-ended:
			c.hide()
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
	heads := func(name string, h devnet.HeadsStatus) string {
		return fmt.Sprintf("  %s unsafe %d safe %d final %d%s", name, h.Unsafe, h.Safe, h.Finalized, note("waits", h.Waiting))
	}
	line := fmt.Sprintf("L1 %d", s.L1Head) + heads("sequencer", s.Sequencer)
	for _, v := range s.Verifiers {
		line += heads("verifier", v)
	}
	return line + fmt.Sprintf("  batches %d, %s posted%s", s.Batcher.Batches, bytesOf(s.Batcher.Bytes), note("batcher", s.Batcher.Error))
}

// lineNames are the words of a short status line.
type lineNames struct{ legend, sequencer, verifier string }

// shortStatusLine is the devnet in about 80 columns. Causes of waits are left to the log.
func shortStatusLine(s devnet.Status, names lineNames) string {
	heads := func(name string, h devnet.HeadsStatus) string {
		if h.Waiting != "" {
			name += "(waits)"
		}
		return fmt.Sprintf(" %s %d/%d/%d ", name, h.Unsafe, h.Safe, h.Finalized)
	}
	line := fmt.Sprintf("L1 %d", s.L1Head) + names.legend + heads(names.sequencer, s.Sequencer)
	for _, v := range s.Verifiers {
		line += heads(names.verifier, v)
	}
	line += fmt.Sprintf(" %d batches, %s", s.Batcher.Batches, bytesOf(s.Batcher.Bytes))
	if s.Batcher.Error != "" {
		line += " (fails)"
	}
	return line
}

// note is a remark in brackets on one line; nothing without a text.
func note(what, text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", what, strings.Join(strings.Fields(text), " "))
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
