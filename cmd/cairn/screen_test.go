package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

var someStatus = devnet.Status{
	L1Head:    140,
	Sequencer: devnet.HeadsStatus{Unsafe: 279, Safe: 270, Finalized: 255, L1: 139},
	Verifiers: []devnet.HeadsStatus{{Unsafe: 270, Safe: 270, Finalized: 255, L1: 139}},
	Batcher:   devnet.BatcherStatus{Batches: 12, Bytes: 34_567},
}

func waitingStatus() devnet.Status {
	s := someStatus
	s.Verifiers = []devnet.HeadsStatus{{Unsafe: 1, Waiting: "l1: connection\nrefused"}}
	s.Batcher = devnet.BatcherStatus{Error: "out of money"}
	return s
}

func TestStatusLines(t *testing.T) {
	var b strings.Builder
	for _, s := range []devnet.Status{{}, someStatus, waitingStatus()} {
		b.WriteString(statusLine(s) + "\n")
		b.WriteString(shortStatusLine(s, lineNames{"  legend:", "sequencer", "verifier"}) + "\n")
	}
	golden.File(t, "testdata/status-lines.txt", b.String())
}

func TestBytesAreReadable(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 9_999: "9999 B", 10_000: "10.0 kB", 131_072: "131.1 kB", 9_999_999: "10000.0 kB", 10_000_000: "10.0 MB", 1 << 40: "1099511.6 MB",
	} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// terminal understands what the screen writes: text, carriage return, line feed, and erasing to the end of the line.
func terminal(t *testing.T, written string, width int) (lines []string) {
	t.Helper()
	line := []rune{}
	at := 0
	for rest := written; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "\x1b[K"):
			line, rest = line[:at], rest[3:]
			continue
		case rest[0] == '\r':
			at, rest = 0, rest[1:]
			continue
		case rest[0] == '\n':
			lines, line, at, rest = append(lines, string(line)), line[:0], 0, rest[1:]
			continue
		}
		r := []rune(rest)[0]
		line, rest = append(line[:at], r), rest[len(string(r)):]
		if at++; at >= width {
			t.Fatalf("a line of the screen reaches column %d: %q", width, string(line))
		}
	}
	return append(lines, string(line))
}

func TestOnATerminalTheStatusLineStaysInPlace(t *testing.T) {
	for _, width := range []int{1, 20, 80, 120, 200} {
		var side bytes.Buffer
		c := &screen{side: &side, width: func() int { return width }}
		for _, s := range []devnet.Status{{}, someStatus, waitingStatus(), someStatus} {
			c.show(s)
		}
		c.show(someStatus)
		lines := terminal(t, side.String(), width)
		if len(lines) != 1 || lines[0] != c.line {
			t.Errorf("width %d: the terminal shows %q, want %q alone", width, lines, c.line)
		}
		c.hide()
		if lines := terminal(t, side.String(), width); len(lines) != 1 || lines[0] != "" {
			t.Errorf("width %d: after the end the terminal shows %q", width, lines)
		}
	}
	for width, want := range map[int]string{
		121: "L1 140  sequencer unsafe 279 safe 270 final 255  verifier unsafe 270 safe 270 final 255  batches 12, 34.6 kB posted",
		100: "L1 140  unsafe/safe/final: sequencer 279/270/255  verifier 270/270/255  12 batches, 34.6 kB",
		80:  "L1 140  sequencer 279/270/255  verifier 270/270/255  12 batches, 34.6 kB",
		64:  "L1 140  seq 279/270/255  ver 270/270/255  12 batches, 34.6 kB",
		30:  "L1 140  seq 279/270/255  ver…",
	} {
		c := &screen{side: new(bytes.Buffer), width: func() int { return width }}
		if c.show(someStatus); c.line != want {
			t.Errorf("width %d: %q, want %q", width, c.line, want)
		}
	}
}

func TestLogLinesScrollAboveTheStatusLine(t *testing.T) {
	var side bytes.Buffer
	c := &screen{side: &side, width: func() int { return 200 }}
	log := slog.New(newLineHandler(c.log(), slog.LevelInfo))
	log.Info("before")
	c.show(someStatus)
	log.Info("between")
	c.show(someStatus)
	lines := terminal(t, side.String(), 200)
	if len(lines) != 3 || !strings.HasSuffix(lines[0], "before") || !strings.HasSuffix(lines[1], "between") || lines[2] != statusLine(someStatus) {
		t.Errorf("the terminal shows %q", lines)
	}
}

func TestElsewhereStatusLinesFollowEachOther(t *testing.T) {
	var out, errs bytes.Buffer
	c := newScreen(&streams{out: &out, err: &errs}, false)
	c.show(someStatus)
	c.show(waitingStatus())
	want := statusLine(someStatus) + "\n" + statusLine(waitingStatus()) + "\n"
	if out.String() != want || errs.Len() != 0 || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("standard output is %q, want %q", &out, want)
	}
}

func someInfo() devnet.Info {
	return devnet.Info{
		L1:         devnet.L1Info{RPC: "http://127.0.0.1:8545", WS: "ws://127.0.0.1:8545", Beacon: "http://127.0.0.1:5052", ChainID: 900},
		Sequencer:  devnet.NodeInfo{RPC: "http://127.0.0.1:9545", WS: "ws://127.0.0.1:9545", Node: "http://127.0.0.1:7545", Peer: "/ip4/127.0.0.1/tcp/38879/p2p/16Uiu2HAkzKVMdxRMXFyq2mrLF7hz47WCm1wekjLyGqZWYaqifUFy"},
		Verifiers:  []devnet.NodeInfo{{RPC: "http://127.0.0.1:9546", WS: "ws://127.0.0.1:9546", Node: "http://127.0.0.1:7546"}},
		L2ChainID:  901,
		Accounts:   []devnet.Account{{Address: common.Address{1}, PrivateKey: bytes.Repeat([]byte{2}, 32)}},
		Contracts:  map[string]common.Address{"SystemConfig": {3}, "OptimismPortal": {4}},
		BatchInbox: common.Address{5}, Control: "http://127.0.0.1:7420",
	}
}

func TestTheTable(t *testing.T) {
	var out bytes.Buffer
	newScreen(&streams{out: &out}, false).table(someInfo(), 1234*time.Millisecond)
	golden.File(t, "testdata/table.txt", out.String())
}

func TestTheTableAsJSONIsOneObjectOnStandardOutput(t *testing.T) {
	var out, errs bytes.Buffer
	c := newScreen(&streams{out: &out, err: &errs}, true)
	c.table(someInfo(), time.Second)
	c.show(someStatus)
	slog.New(newLineHandler(c.log(), slog.LevelWarn)).Warn("trouble")
	if strings.Count(out.String(), "\n") != 1 || !json.Valid(out.Bytes()) {
		t.Errorf("standard output is not one line of JSON: %q", &out)
	}
	if !strings.Contains(errs.String(), "sequencer unsafe") || !strings.Contains(errs.String(), "trouble") {
		t.Errorf("standard error lacks status and log: %q", &errs)
	}
	golden.File(t, "testdata/table.json", out.String())
}
