package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

// runs calls the program with nothing running beside it.
func runs(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("COLUMNS", "80")
	t.Setenv("CAIRN_DEVNET_CONTROL", "http://127.0.0.1:1") // nobody listens there
	t.Setenv("CAIRN_RPC", "http://127.0.0.1:1")
	var out, err bytes.Buffer
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpTeaches(t *testing.T) {
	for file, args := range map[string][]string{
		"help.txt":               {"--help"},
		"help-devnet.txt":        {"devnet", "--help"},
		"help-devnet-up.txt":     {"devnet", "up", "--help"},
		"help-devnet-reorg.txt":  {"devnet", "reorg", "--help"}, // though --depth is missing
		"help-devnet-status.txt": {"devnet", "status", "-h"},
		"help-node.txt":          {"node", "--help"},
		"help-explain.txt":       {"explain", "--help"},
		"help-peers.txt":         {"peers", "--help"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := runs(t, args...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden.File(t, "testdata/"+file, stdout)
		})
	}
	_, want, _ := runs(t, "--help")
	if code, stdout, stderr := runs(t); code != exitOK || stdout != want || stderr != "" {
		t.Errorf("without arguments: exit code %d, stderr %q, and not the help", code, stderr)
	}
	if code, stdout, _ := runs(t, "--version"); code != exitOK || !strings.HasPrefix(stdout, "v") {
		t.Errorf("--version: exit code %d, %q", code, stdout)
	}
}

// A mistake is answered by one line that names the field, the value and what to do, and by nothing else.
func TestAMistakeIsAnsweredByOneLine(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile("file", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("foreign", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("foreign/photo.jpg", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("empty.json", []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	nodeArgs := func(config, secret string) []string {
		return []string{"node", "--l1.beacon=http://127.0.0.1:1", "--l2=http://127.0.0.1:1", "--rollup.config", config, "--l2.jwt-secret", secret}
	}
	before := listing(t, dir)
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"unknown command", []string{"foo"}, exitMisused, []string{"foo", "cairn --help"}},
		{"unknown flag", []string{"devnet", "up", "--foo"}, exitMisused, []string{"--foo", "cairn devnet up --help"}},
		{"unknown flag without the name of the command", []string{"devnet", "--foo"}, exitMisused, []string{"--foo", "cairn devnet --help"}},
		{"unknown flag after known ones", []string{"devnet", "--ports", "auto", "--foo"}, exitMisused, []string{"--foo", "--help"}},
		{"not a number", []string{"devnet", "--l1.block-time", "soon"}, exitMisused, []string{"--l1.block-time", "soon", "whole number"}},
		{"negative number", []string{"devnet", "--l2.block-time", "-2"}, exitMisused, []string{"--l2.block-time", "-2", "0 or more"}},
		{"missing number", []string{"devnet", "--l1.port"}, exitMisused, []string{"--l1.port", "missing", "whole number"}},
		{"not a port", []string{"devnet", "--l1.port", "http"}, exitMisused, []string{"--l1.port", "http", "whole number"}},
		{"L1 block time 0", []string{"devnet", "--ports=auto", "--l1.block-time", "0"}, exitMisused, []string{"--l1.block-time = 0", "1 to 3600"}},
		{"L2 block time 0", []string{"devnet", "--ports=auto", "--l2.block-time=0"}, exitMisused, []string{"--l2.block-time = 0", "1 to 3600"}},
		{"block time 0 with a datadir", []string{"devnet", "--ports=auto", "--datadir=new", "--l1.block-time=0"}, exitMisused, []string{"--l1.block-time"}},
		{"occupied port", []string{"devnet", "--l1.port", port, "--datadir=new"}, exitMisused, []string{"--l1.port = " + port, "in use", "--ports auto"}},
		{"bad host", []string{"devnet", "--ports=auto", "--host", "localhost"}, exitMisused, []string{"--host", "localhost", "127.0.0.1"}},
		{"host of another machine", []string{"devnet", "--ports=auto", "--host", "192.0.2.1", "--datadir=new"}, exitMisused, []string{"--host = 192.0.2.1", "address of this machine"}},
		{"neither default nor auto", []string{"devnet", "--ports", "some"}, exitMisused, []string{"--ports", "some", "auto"}},
		{"log level", []string{"devnet", "--log.level", "loud"}, exitMisused, []string{"--log.level = loud", "debug, info, warn or error"}},
		{"log format", []string{"devnet", "--log.format", "xml"}, exitMisused, []string{"--log.format = xml", "text, logfmt or json"}},
		{"datadir below a file", []string{"devnet", "--ports=auto", "--datadir", "file/sub"}, exitMisused, []string{"--datadir", "file/sub", "give"}},
		{"datadir is a file", []string{"devnet", "--ports=auto", "--datadir", "file"}, exitMisused, []string{"--datadir", "give a directory"}},
		{"foreign datadir", []string{"devnet", "--ports=auto", "--datadir", "foreign"}, exitMisused, []string{"--datadir", "photo.jpg", "empty or new"}},
		{"rollup-out below a file", []string{"devnet", "--ports=auto", "--datadir=new", "--rollup-out", "file/rollup.json"}, exitMisused, []string{"--rollup-out", "file/rollup.json", "directory that can be written"}},
		{"genesis-out in a directory that is not there", []string{"devnet", "--ports=auto", "--datadir=new", "--rollup-out=r.json", "--genesis-out", "no/genesis.json"}, exitMisused, []string{"--genesis-out", "genesis.l1.json", "directory that can be written"}},
		{"rollup-out is a directory", []string{"devnet", "--ports=auto", "--rollup-out", "foreign"}, exitMisused, []string{"--rollup-out", "directory"}},
		{"missing --depth", []string{"devnet", "reorg"}, exitMisused, []string{"--depth", "missing", "cairn devnet reorg --help"}},
		{"negative depth", []string{"devnet", "reorg", "--depth", "-1"}, exitMisused, []string{"--depth", "-1", "0 or more"}},
		{"missing gas limit", []string{"devnet", "set-gas-limit"}, exitMisused, []string{"<limit>", "cairn devnet set-gas-limit --help"}},
		{"not an address", []string{"devnet", "deposit", "--to", "0x12"}, exitMisused, []string{"--to = 0x12", "40 hex digits"}},
		{"not an amount", []string{"devnet", "deposit", "--amount", "much"}, exitMisused, []string{"--amount = much", "0 to 1000000"}},
		{"too much", []string{"devnet", "deposit", "--amount", "1000000.1"}, exitMisused, []string{"--amount = 1000000.1"}},
		{"control is no URL", []string{"devnet", "status", "--control", "7420"}, exitMisused, []string{"--control = 7420", "http://"}},
		{"node without what it needs", []string{"node"}, exitMisused, []string{"--l1.beacon", "--l2", "--l2.jwt-secret", "--rollup.config", "cairn node --help"}},
		{"rollup.json that is not there", nodeArgs("no.json", "file"), exitMisused, []string{"--rollup.config = ", "no.json", "no such file"}},
		{"malformed rollup.json", nodeArgs("file", "file"), exitMisused, []string{"--rollup.config = ", "not JSON at line 1"}},
		{"rollup.json that makes no sense", nodeArgs("empty.json", "file"), exitMisused, []string{"--rollup.config = ", "block_time = 0", "set the seconds"}},
		{"explain of no URL", []string{"explain", "--rpc", "9545"}, exitMisused, []string{"--rpc = 9545", "http://"}},
		{"no node runs", []string{"explain"}, exitFailed, []string{"no node answers at http://127.0.0.1:1", "cairn node", "--rpc"}},
		{"no node runs to watch", []string{"explain", "--watch", "--json"}, exitFailed, []string{"no node answers"}},
		{"no devnet runs", []string{"devnet", "status"}, exitFailed, []string{"no devnet answers at http://127.0.0.1:1", "cairn devnet", "--control"}},
		{"no devnet runs for a deposit", []string{"devnet", "deposit", "--json"}, exitFailed, []string{"no devnet answers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := runs(t, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if stdout != "" {
				t.Errorf("standard output: %q", stdout)
			}
			if !strings.HasPrefix(stderr, "cairn: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("not one line: %q", stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(stderr, word) {
					t.Errorf("%q does not say %q", stderr, word)
				}
			}
			if after := listing(t, dir); after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// listing names all files below a directory with their content.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(path)
		if !entry.IsDir() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.WriteString(" " + string(text))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEtherIsReadExactly(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1": "1000000000000000000", "0.1": "100000000000000000", "1.123456789123456789": "1123456789123456789",
		"1000000": "1000000000000000000000000", "000001": "1000000000000000000", "0.000000000000000001": "1",
		"1000000.000000000000000001": "", "-1": "", "1e3": "", "": "", ".5": "", "1.": "", "0x1": "", "0.0000000000000000001": "", "1/2": "", "NaN": "", "+1": "",
	} {
		got, ok := parseEther(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q is %v (%t), want %q", text, got, ok, want)
		}
	}
}
