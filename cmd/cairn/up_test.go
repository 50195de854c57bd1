package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/rollup"
)

// lockedBuffer takes what the program writes while the test looks at it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// keys are those of a JSON object, sorted.
func keys(t *testing.T, text json.RawMessage) []string {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var all []string
	for key := range object {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func TestADevnetFromTheCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	out, stdout := io.Pipe()
	var stderr lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run([]string{
			"devnet", "--ports=auto", "--json", "--l1.block-time=1", "--l2.block-time=1", "--datadir", path("data"),
			"--rollup-out", path("rollup.json"), "--genesis-out", path("genesis.json"),
		}, stdout, &stderr)
		_ = stdout.Close()
	}()
	reader := bufio.NewReader(out)
	line, err := reader.ReadBytes('\n')
	if err != nil {
		t.Fatalf("standard output: %v; standard error: %s", err, &stderr)
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(reader)
		rest <- string(text)
	}()

	var top map[string]json.RawMessage
	if err := json.Unmarshal(line, &top); err != nil {
		t.Fatal(err)
	}
	var lists struct {
		Verifiers, Accounts []json.RawMessage
	}
	if err := json.Unmarshal(line, &lists); err != nil {
		t.Fatal(err)
	}
	if len(lists.Verifiers) != 1 || len(lists.Accounts) != 10 {
		t.Fatalf("%d verifiers, %d accounts", len(lists.Verifiers), len(lists.Accounts))
	}
	for _, c := range []struct {
		name string
		text json.RawMessage
		want string
	}{
		{"the table", line, "accounts batchInbox contracts control l1 l2ChainId sequencer verifiers"},
		{"l1", top["l1"], "beacon chainId rpc ws"},
		{"sequencer", top["sequencer"], "node peer rpc ws"},
		{"a verifier", lists.Verifiers[0], "node peer rpc ws"},
		{"an account", lists.Accounts[9], "address privateKey"},
	} {
		if got := strings.Join(keys(t, c.text), " "); got != c.want {
			t.Errorf("%s has the keys %q, want %q", c.name, got, c.want)
		}
	}
	var info devnet.Info
	if err := json.Unmarshal(line, &info); err != nil {
		t.Fatal(err)
	}
	checkFiles(t, path, info)
	checkControl(t, info)

	// Ctrl-C.
	began := time.Now()
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-ended:
		if took := time.Since(began); code != exitOK || took > 2*time.Second {
			t.Errorf("exit code %d after %s; standard error: %s", code, took, &stderr)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Ctrl-C does not end it")
	}
	if more := <-rest; more != "" {
		t.Errorf("more on standard output: %q", more)
	}
	if !strings.Contains(stderr.String(), "sequencer unsafe") {
		t.Errorf("no status on standard error: %q", &stderr)
	}

	// Other parameters do not fit the directory.
	code, _, refused := runs(t, "devnet", "--ports=auto", "--l1.block-time=2", "--datadir", path("data"))
	if code != exitMisused || !strings.Contains(refused, "--l1.block-time = 2") || !strings.Contains(refused, "was made with 1") || strings.Count(refused, "\n") != 1 {
		t.Errorf("other parameters: exit code %d, %q", code, refused)
	}
}

// checkFiles demands that the files written describe the chains that run.
func checkFiles(t *testing.T, path func(string) string, info devnet.Info) {
	t.Helper()
	text, err := os.ReadFile(path("rollup.json"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, unknown, err := rollup.Parse(text)
	if err != nil || len(unknown) > 0 {
		t.Fatalf("rollup.json: %v, unknown keys %v", err, unknown)
	}
	for _, c := range []struct {
		file, url string
		want      string
	}{
		{"genesis.l1.json", info.L1.RPC, cfg.Genesis.L1.Hash.Hex()},
		{"genesis.l2.json", info.Sequencer.RPC, cfg.Genesis.L2.Hash.Hex()},
	} {
		text, err := os.ReadFile(path(c.file))
		if err != nil {
			t.Fatal(err)
		}
		var genesis core.Genesis
		if err := json.Unmarshal(text, &genesis); err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		if got := genesis.ToBlock().Hash().Hex(); got != c.want {
			t.Errorf("%s has the hash %s, rollup.json says %s", c.file, got, c.want)
		}
		client, err := ethclient.Dial(c.url)
		if err != nil {
			t.Fatal(err)
		}
		header, err := client.HeaderByNumber(t.Context(), genesis.ToBlock().Number())
		client.Close()
		if err != nil || header.Hash().Hex() != c.want {
			t.Errorf("%s: block 0 at %s: %v, want %s", c.file, c.url, err, c.want)
		}
	}
	initGeth(t, path("genesis.l1.json"), cfg.Genesis.L1.Hash.Hex())
	initGeth(t, path("genesis.l2.json"), cfg.Genesis.L2.Hash.Hex())
}

// initGeth demands that a standalone op-geth makes the same genesis block from a file.
func initGeth(t *testing.T, file, hash string) {
	t.Helper()
	t.Run("op-geth init "+filepath.Base(file), func(t *testing.T) {
		geth := os.Getenv("CAIRN_TEST_GETH")
		if geth == "" {
			t.Skip("set CAIRN_TEST_GETH to a binary of op-geth. To build one: in an empty directory 'go mod init scratch', " +
				"copy the replace line of github.com/ethereum/go-ethereum from this go.mod, " +
				"'go get github.com/ethereum/go-ethereum/cmd/geth@v1.17.0', 'go build -o geth github.com/ethereum/go-ethereum/cmd/geth'")
		}
		text, err := exec.CommandContext(t.Context(), geth, "--datadir", t.TempDir(), "--log.format=logfmt", "init", file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !strings.Contains(string(text), "hash="+hash) {
			t.Errorf("geth did not write block %s:\n%s", hash, text)
		}
	})
}

// checkControl gives commands to the running devnet.
func checkControl(t *testing.T, info devnet.Info) {
	t.Helper()
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string // of standard output, or of the one line on standard error
	}{
		{"status", []string{"status"}, exitOK, []string{"L1 ", "sequencer unsafe", "verifier unsafe"}},
		{"status as JSON", []string{"status", "--json"}, exitOK, []string{`"l1Head":`, `"unsafe":`, `"batches":`}},
		{"deposit", []string{"deposit", "--amount", "0.5"}, exitOK, []string{"deposited 0.5 ether", "L1 transaction 0x", "L2 transaction 0x"}},
		{"gas limit", []string{"set-gas-limit", "45000000"}, exitOK, []string{"gas limit set to 45000000", "0x"}},
		{"gas limit out of bounds", []string{"set-gas-limit", "5"}, exitFailed, []string{"GasLimitOutOfBounds", "GasLimit 5", "Minimum", "Maximum"}},
		{"reorg", []string{"reorg", "--depth=1", "--json"}, exitOK, []string{`{"depth":1}`}},
		{"reorg of nothing", []string{"reorg", "--depth=0"}, exitFailed, []string{"depth 0", "between 1 and"}},
		{"reorg too deep", []string{"reorg", "--depth=1000"}, exitFailed, []string{"depth 1000", "between 1 and"}},
		{"control of something else", []string{"status", "--control", info.L1.RPC}, exitFailed, []string{"devnet_status"}},
	} {
		args := append([]string{"devnet"}, c.args...)
		if !slices.Contains(args, "--control") {
			args = append(args, "--control", info.Control)
		}
		code, stdout, stderr := runs(t, args...)
		text, other := stdout, stderr
		if c.code != exitOK {
			text, other = stderr, stdout
			if strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: not one line: %q", c.name, stderr)
			}
		}
		if code != c.code || other != "" {
			t.Errorf("%s: exit code %d, want %d; standard output %q, standard error %q", c.name, code, c.code, stdout, stderr)
		}
		for _, word := range c.words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q does not say %q", c.name, text, word)
			}
		}
		if slices.Contains(c.args, "--json") && c.code == exitOK && !json.Valid([]byte(stdout)) {
			t.Errorf("%s: not JSON: %q", c.name, stdout)
		}
	}
}
