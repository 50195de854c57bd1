package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/doctor"
)

// doctorCmd examines what cairn node would be started with. It takes the same flags, so that "node" becomes "doctor" in a
// command line and nothing else changes.
type doctorCmd struct {
	nodeCmd `embed:""`
	JSON    bool `name:"json" help:"Print one JSON object, with all findings and the verdict, at the end."`
}

// Help says what it does, and what it does not.
func (doctorCmd) Help() string {
	return "Reads and changes nothing, and ends within 15 seconds. One line for each check: ok, or what to do. " +
		"The exit code is 0 if all is well or there are warnings, 1 if something fails, 2 if the flags make no sense."
}

// Run examines, and fails if a check does.
func (c *doctorCmd) Run(ctx context.Context, s *streams) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	var verdict doctor.Verdict
	if c.JSON {
		all := []doctor.Finding{}
		verdict = doctor.Examine(ctx, cfg, func(f doctor.Finding) { all = append(all, f) })
		if err := writeFindings(s.out, all, verdict); err != nil {
			return err
		}
	} else {
		p := &findingPrinter{out: s.out, color: colored(s.out)}
		verdict = doctor.Examine(ctx, cfg, p.print)
		p.sum(verdict)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case verdict.Level == doctor.Fail:
		return fmt.Errorf("%d of %d checks failed", verdict.Count[doctor.Fail], total(verdict))
	}
	return nil
}

// config is what the node would be started with. What is odd about the files cairn node says itself.
func (c *doctorCmd) config() (doctor.Config, error) {
	if err := c.check(); err != nil {
		return doctor.Config{}, err
	}
	quiet := slog.New(slog.DiscardHandler)
	cfg, err := c.Chain.load(quiet)
	if err != nil {
		return doctor.Config{}, err
	}
	schedule, err := c.Chain.blobSchedule(cfg, quiet)
	if err != nil {
		return doctor.Config{}, err
	}
	header, err := c.L1.beaconHeader()
	if err != nil {
		return doctor.Config{}, err
	}
	if c.L1.Beacon == "" {
		header = nil // it is meant for that one
	}
	out := doctor.Config{
		Rollup: cfg, BlobSchedule: schedule, L1: trimmed(c.L1.Endpoints...),
		Beacons: trimmed(append([]string{c.L1.Beacon}, c.L1.BeaconFallbacks...)...), BeaconHeader: header,
		FetchAll: c.L1.BeaconFetchAll, SlotSeconds: c.L1.SlotDuration,
		Engine: c.L2.Endpoint, JWTSecret: c.L2.JWTSecret, DataDir: c.Disk.DataDir,
		Ports: append(c.serverPorts(), c.P2P.ports()...),
	}
	if c.L2.Engine == embedded {
		out.Engine = ""
	}
	return out, nil
}

// serverPorts are those that questions come in by.
func (c *nodeCmd) serverPorts() []doctor.Port {
	ports := []doctor.Port{doctor.ServerPort("rpc", address(c.Serve.RPCAddr, c.Serve.RPCPort))}
	if c.L2.Engine == embedded {
		ports = append(ports, doctor.ServerPort("l2.http", address(c.L2.HTTPAddr, c.L2.HTTPPort)))
	}
	if c.Serve.MetricsEnabled {
		ports = append(ports, doctor.ServerPort("metrics", address(c.Serve.MetricsAddr, c.Serve.MetricsPort)))
	}
	if c.Serve.PprofEnabled {
		ports = append(ports, doctor.ServerPort("pprof", address(c.Serve.PprofAddr, c.Serve.PprofPort)))
	}
	return ports
}

// ports are those of gossip, and of discovery beside it.
func (f *p2pFlags) ports() []doctor.Port {
	if f.Disable {
		return nil
	}
	tcp := doctor.Port{Name: "p2p", Address: address(f.ListenIP, small(f.ListenTCP)), AddrFlag: "p2p.listen.ip", PortFlag: "p2p.listen.tcp"}
	if f.NoDiscovery {
		return []doctor.Port{tcp}
	}
	udp := doctor.Port{Name: "discovery", UDP: true, Address: address(f.ListenIP, small(cmp.Or(f.ListenUDP, f.ListenTCP))), AddrFlag: "p2p.listen.ip", PortFlag: "p2p.listen.udp"}
	return []doctor.Port{tcp, udp}
}

// trimmed drops empty URLs and the space around the others.
func trimmed(urls ...string) (out []string) {
	for _, url := range urls {
		if url = strings.TrimSpace(url); url != "" {
			out = append(out, url)
		}
	}
	return out
}

// colored says whether a stream is a terminal that shows colours.
func colored(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && columns(f) > 0
}

// findingPrinter writes findings as they come.
type findingPrinter struct {
	out   io.Writer
	color bool
}

// levelMarks are how a level is written, and its colour.
var levelMarks = map[doctor.Level]struct{ text, color string }{
	doctor.OK:   {"ok", "\x1b[32m"},
	doctor.Warn: {"warn", "\x1b[33m"},
	doctor.Fail: {"FAIL", "\x1b[31m"},
	doctor.Skip: {"skip", "\x1b[2m"},
}

func (p *findingPrinter) print(f doctor.Finding) {
	mark := levelMarks[f.Level]
	level := fmt.Sprintf("%-4s", mark.text)
	if p.color {
		level = mark.color + level + "\x1b[0m"
	}
	of := f.Of
	if of == "" {
		of = "-"
	}
	fmt.Fprintf(p.out, "%s  %-23s %-21s  %s\n", level, f.Check, of, f.Text)
	if f.Fix != "" {
		fmt.Fprintf(p.out, "      fix: %s\n", f.Fix)
	}
}

func total(v doctor.Verdict) (n int) {
	for _, count := range v.Count {
		n += count
	}
	return n
}

func (p *findingPrinter) sum(v doctor.Verdict) {
	words := map[doctor.Level]string{
		doctor.OK: "All is well", doctor.Warn: "A node can run; see the warnings", doctor.Fail: "A node would not run well; see what failed",
	}
	fmt.Fprintf(p.out, "\n%s: %d ok, %d warnings, %d failed, %d skipped, in %.1f s.\n", words[v.Level],
		v.Count[doctor.OK], v.Count[doctor.Warn], v.Count[doctor.Fail], v.Count[doctor.Skip], v.Took.Seconds())
}

// writeFindings writes everything as one object.
func writeFindings(out io.Writer, all []doctor.Finding, v doctor.Verdict) error {
	type counts struct {
		OK   int `json:"ok"`
		Warn int `json:"warn"`
		Fail int `json:"fail"`
		Skip int `json:"skip"`
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Verdict  doctor.Level     `json:"verdict"`
		TookMS   int64            `json:"took_ms"`
		Counts   counts           `json:"counts"`
		Findings []doctor.Finding `json:"findings"`
	}{
		v.Level, v.Took.Round(time.Millisecond).Milliseconds(),
		counts{v.Count[doctor.OK], v.Count[doctor.Warn], v.Count[doctor.Fail], v.Count[doctor.Skip]},
		slices.Clip(all),
	})
}
