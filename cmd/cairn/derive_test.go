package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// recorded is a small recording, which package recording's tests have made: a chain with one of everything.
const recorded = "testdata/recording"

func TestDeriveHelpTeaches(t *testing.T) {
	for file, args := range map[string][]string{
		"help-derive.txt":        {"derive", "--help"},
		"help-derive-run.txt":    {"derive", "run", "--help"},
		"help-derive-record.txt": {"derive", "record", "--help"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := runs(t, args...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden.File(t, "testdata/"+file, stdout)
		})
	}
}

// timings are what is another number each time.
var timings = regexp.MustCompile(`[0-9.]+ s, [0-9]+ blocks per second|"seconds":[0-9.e-]+,"blocksPerSecond":[0-9.e-]+`)

func timeless(text string) string { return timings.ReplaceAllString(text, "(TIME)") }

func TestDeriveTellsOfEveryBlockAndEverythingDropped(t *testing.T) {
	for file, args := range map[string][]string{
		"derive.txt":            {"--frames"},
		"derive-block.txt":      {"--block=2"},
		"derive-replaced.txt":   {"--block=4"},
		"derive-attributes.txt": {"--attributes", "--from=4", "--to=5"},
		"derive-all.txt":        {"--all", "--from=2", "--to=4"},
		"derive.jsonl":          {"--json"},
		"derive-block.jsonl":    {"--json", "--block=4"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := runs(t, append([]string{"derive", "--l1-dir", recorded}, args...)...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden.File(t, "testdata/"+file, timeless(stdout))
		})
	}
}

// Every line of --json is an object of one of three types, and the last one is the end.
func TestDeriveJSONIsOneObjectPerLine(t *testing.T) {
	_, stdout, _ := runs(t, "derive", "--l1-dir", recorded, "--json")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	types := make(map[string]int)
	for i, line := range lines {
		var object struct{ Type string }
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		types[object.Type]++
		if (object.Type == "end") != (i == len(lines)-1) {
			t.Errorf("line %d of %d is of type %s", i+1, len(lines), object.Type)
		}
	}
	if len(types) != 3 || types["block"] != 6 || types["dropped"] != 7 || types["end"] != 1 {
		t.Errorf("types: %v", types)
	}
}

// spoilt is a copy of the recording, with a text replaced in one of its files.
func spoilt(t *testing.T, file, before, after string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(recorded)); err != nil {
		t.Fatal(err)
	}
	if file == "" {
		return dir
	}
	path := filepath.Join(dir, file)
	if after == "" {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(before)) {
		t.Fatalf("%s does not hold %s", file, before)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(before), []byte(after), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is wrong is one line on standard error, with the file and the field.
func TestDeriveSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, file, before, after string
		args                      []string
		code                      int
		words                     []string // of standard error
		out                       []string // of standard output
	}{
		{name: "a directory that is not there", args: []string{"--l1-dir=no"}, code: exitMisused, words: []string{"--l1-dir", "no recording.json", "cairn derive record"}},
		{name: "no directory", args: []string{"--l1-dir="}, code: exitMisused, words: []string{"l1-dir"}},
		{name: "from a block that is not recorded", args: []string{"--from=9"}, code: exitMisused, words: []string{"--from = 9", "not recorded", "7, from 0 to 6"}},
		{name: "to a block below", args: []string{"--from=3", "--to=2"}, code: exitMisused, words: []string{"--from = 3", "block 2 is not above block 3"}},
		{name: "to a block that is not on L1", args: []string{"--to=9"}, code: exitFailed, words: []string{"block 9 is not reached", "L1 block 11"}},
		{name: "version", file: "recording.json", before: `"version": 1`, after: `"version": 2`, code: exitFailed, words: []string{"recording.json: version: it is 2"}},
		{name: "rollup.json", file: "rollup.json", before: `"block_time": 12`, after: `"block_time": 0`, code: exitFailed, words: []string{"is broken", "rollup.json: block_time"}},
		{name: "L1 block", file: "l1/3.json", before: `"number": 3`, after: `"number": 4`, code: exitFailed, words: []string{"is broken", "l1/3.json: number: it is 4"}},
		{name: "L1 block that is missing", file: "l1/3.json", code: exitFailed, words: []string{"is broken", "l1/3.json: it is missing"}},
		{name: "L2 block", file: "l2/3.json", before: `"gasUsed": "0x5208"`, after: `"gasUsed": "0x5209"`, code: exitFailed, words: []string{"is broken", "l2/3.json: executionPayload.blockHash", "was changed"}},
		{
			name: "another batch", file: "l1/4.json", before: `"from": "0xa100`, after: `"from": "0xa200`, code: exitFailed,
			words: []string{"cairn: L2 block 1 is not what L1 says"}, out: []string{"dropped tx: wrong-sender", "DIFFERS", "number of transactions", "recorded: 2", "derived:  1", "No block was compared"},
		},
		{
			name: "an L2 block that is missing", file: "l2/5.json", code: exitOK,
			out: []string{"forced: window expired  not recorded", `"gasLimit": "0x1c9c380"`, "its hash is not known without an engine", "4 blocks, 1 to 4, are what L1 says"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"derive", "--l1-dir", spoilt(t, c.file, c.before, c.after)}, c.args...)
			code, stdout, stderr := runs(t, args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if c.code != exitOK && (!strings.HasPrefix(stderr, "cairn: ") || strings.Count(stderr, "\n") != 1) || c.code == exitOK && stderr != "" {
				t.Errorf("standard error: %q", stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(stderr, word) {
					t.Errorf("%q does not say %q", stderr, word)
				}
			}
			for _, word := range c.out {
				if !strings.Contains(stdout, word) {
					t.Errorf("%q is not in:\n%s", word, stdout)
				}
			}
		})
	}
}

func TestRecordAsksForWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rollup := filepath.Join(recorded, "rollup.json")
	genesis := filepath.Join(dir, "genesis.json")
	if err := os.WriteFile(genesis, []byte(`{"config":{"chainId":900,"blobScheduleConfig":{}}, "blobSchedule":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"nothing", nil, exitMisused, []string{"missing flags", "--from", "--l1-dir", "--to"}},
		{"no sources", []string{"--l1-dir=x", "--from=1", "--to=2"}, exitMisused, []string{"--l1.beacon", "--l2", "--network", "not given"}},
		{"an empty range", []string{"--l1-dir=x", "--from=2", "--to=2", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--rollup.config=" + rollup}, exitMisused, []string{"--to = 2", "above --from"}},
		{"a file", []string{"--l1-dir=" + file, "--from=1", "--to=2", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--rollup.config=" + rollup}, exitMisused, []string{"--l1-dir", "it is a file"}},
		{"an unknown network", []string{"--l1-dir=x", "--from=1", "--to=2", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--network=op-manet"}, exitMisused, []string{"--network = op-manet", "op-mainnet"}},
		{"L1 that is not built in", []string{"--l1-dir=x", "--from=1", "--to=2", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--rollup.config=" + rollup}, exitMisused, []string{"--rollup.l1-chain-config", "not given"}},
		{"a secret that is not there", []string{"--l1-dir=x", "--from=1", "--to=2", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--l2.jwt-secret=" + filepath.Join(dir, "no"), "--network=op-mainnet"}, exitMisused, []string{"--l2.jwt-secret", "does not exist"}},
		{"nobody there", []string{"--l1-dir=" + filepath.Join(dir, "new"), "--from=1", "--to=2", "--l1=http://127.0.0.1:1", "--l1.beacon.ignore", "--l2=http://127.0.0.1:1", "--network=op-mainnet"}, exitFailed, []string{"--l1 does not give", "refused"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := runs(t, append([]string{"derive", "record"}, c.args...)...)
			if code != c.code || stdout != "" || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, want %d; standard output %q, standard error %q", code, c.code, stdout, stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(stderr, word) {
					t.Errorf("%q does not say %q", stderr, word)
				}
			}
		})
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// A devnet's chain is recorded over HTTP and derived again without it.
func TestRecordADevnet(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	dir := t.TempDir()
	cfg := devnet.DefaultConfig()
	cfg.Ports, cfg.L1BlockTime, cfg.L2BlockTime, cfg.BatchMaxWait = devnet.Ports{}, 1, 1, 1
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(running) }()
	defer func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	files := &devnetUpCmd{RollupOut: filepath.Join(dir, "rollup.json"), GenesisOut: filepath.Join(dir, "genesis.json")}
	if err := files.writeFiles(d.Genesis()); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return d.Status().Sequencer.Safe >= 4 })
	info := d.Info()
	recording := filepath.Join(dir, "recording")
	record := func(to string) (code int, stdout, stderr string) {
		return runs(t, "derive", "record", "--l1-dir", recording, "--from=1", "--to", to, "--rollup.config", files.RollupOut,
			"--rollup.l1-chain-config", filepath.Join(dir, "genesis.l1.json"), "--l1", info.L1.RPC, "--l1.beacon", info.L1.Beacon, "--l2", info.Sequencer.RPC)
	}
	code, stdout, stderr := record("3")
	if code != exitOK || !strings.Contains(stdout, "All blocks from 2 to 3 are what L1 says") {
		t.Fatalf("exit code %d, %q, %q", code, stdout, stderr)
	}
	if code, stdout, stderr := record("4"); code != exitOK || !strings.Contains(stdout, "All blocks from 2 to 4 are what L1 says") {
		t.Errorf("gone on with: exit code %d, %q, %q", code, stdout, stderr)
	}
	if code, _, stderr := record("100000"); code != exitFailed || !strings.Contains(stderr, "does not have block 100000") || !strings.Contains(stderr, "lower --to") {
		t.Errorf("a block to come: exit code %d, %q", code, stderr)
	}
	blobs, err := os.ReadDir(filepath.Join(recording, "blobs"))
	if err != nil || len(blobs) == 0 {
		t.Errorf("no blobs are recorded: %v", err)
	}
	code, stdout, stderr = runs(t, "derive", "--l1-dir", recording, "--frames")
	if code != exitOK || stderr != "" || !strings.Contains(stdout, "3 blocks, 2 to 4, are what L1 says") || !strings.Contains(stdout, ", blob 1 0x") {
		t.Errorf("derived again: exit code %d, %q\n%s", code, stderr, stdout)
	}
}

// until waits for a condition.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("it does not come to that")
		case <-tick.C:
		}
	}
}

// The line on a terminal says how much is done, and how long the rest takes.
func TestProgressOfADerivation(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newDeriveCounts(func() time.Time { return now })
	c.start.Base.Number, c.last.L1.Number, c.last.Last, c.last.Head, c.same = 100, 150, 300, 70, 60
	now = now.Add(20 * time.Second)
	if got, want := progressText(c), "L1 block 150 of 300 (25 %), 1m0s left; L2 block 70, 3 per second"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	c.last.L1.Number = 310 // further than was thought
	if got, want := progressText(c), "L1 block 310 of 310 (100 %); L2 block 70, 3 per second"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if p := newProgress(&streams{out: io.Discard, err: io.Discard}, c, nil); p.line != nil {
		t.Error("a line where there is no terminal")
	}
}
