package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

// frameHex is the example of the help.
const frameHex = "00c0ffee00000000000000000000000000000000000003abcdef01"

func TestInspectHelpTeaches(t *testing.T) {
	for _, kind := range []string{"", "tx", "blob", "frame", "channel", "batch"} {
		args, file := []string{"inspect", "--help"}, "help-inspect.txt"
		if kind != "" {
			args, file = []string{"inspect", kind, "--help"}, "help-inspect-"+kind+".txt"
		}
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := runs(t, args...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden.File(t, "testdata/"+file, stdout)
			examples := 0
			t.Chdir("../..")
			for line := range strings.Lines(stdout) {
				example, ok := strings.CutPrefix(line, "    cairn ")
				if !ok {
					continue
				}
				examples++
				if code, stdout, stderr := runs(t, strings.Fields(example)...); code != exitOK || stdout == "" || stderr != "" {
					t.Errorf("the example %s: exit code %d, stderr %q", example, code, stderr)
				}
			}
			if kind != "" && examples == 0 {
				t.Error("it has no example that runs offline")
			}
		})
	}
}

// The examples of docs/inspect.md are run, at the top of the source tree.
func TestInspectDocsShowWhatIsPrinted(t *testing.T) {
	t.Chdir("../..")
	const path = "docs/inspect.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	inside, examples := false, 0
	for line := range strings.Lines(string(text)) {
		switch {
		case line == "```console\n":
			inside = true
			out.WriteString(line)
		case line == "```\n":
			inside = false
			out.WriteString(line)
		case !inside:
			out.WriteString(line)
		case strings.HasPrefix(line, "$ cairn "):
			examples++
			_, stdout, stderr := runs(t, strings.Fields(line)[2:]...)
			out.WriteString(line + stdout + stderr)
		}
	}
	golden.File(t, path, out.String())
	if examples < 6 {
		t.Errorf("only %d examples", examples)
	}
}

// pipe makes a text the standard input.
func pipe(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = file
	t.Cleanup(func() {
		os.Stdin = before
		file.Close()
	})
}

func TestInspectReadsFromWhereItIsTold(t *testing.T) {
	_, want, _ := runs(t, "inspect", "frame", frameHex)
	if !strings.HasPrefix(want, "item            27 bytes, 1 frame\n") {
		t.Fatalf("printed %q", want)
	}
	path := filepath.Join(t.TempDir(), "item.hex")
	if err := os.WriteFile(path, []byte("0x"+frameHex+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args  []string
		stdin string
	}{
		"a file":              {[]string{"--file", path}, "ignored"},
		"standard input":      {nil, frameHex},
		"- as data":           {[]string{"-"}, frameHex},
		"- as a file":         {[]string{"--file", "-"}, frameHex},
		"raw bytes":           {nil, "\x00\xc0\xff\xee" + strings.Repeat("\x00", 17) + "\x00\x03\xab\xcd\xef\x01"},
		"flags in front":      {[]string{"--limit=0", frameHex}, "ignored"},
		"the time of a chain": {[]string{"--network=op-mainnet", "--at=1755000000", frameHex}, "ignored"},
	} {
		t.Run(name, func(t *testing.T) {
			pipe(t, c.stdin)
			code, stdout, stderr := runs(t, append([]string{"inspect", "frame"}, c.args...)...)
			if code != exitOK || stdout != want || stderr != "" {
				t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
			}
		})
	}
}

// An input that is not what was asked for is a failure; flags that make no sense are a mistake.
func TestInspectAnswersAMistakeByOneLine(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("item.hex", []byte(frameHex), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"no kind", []string{"inspect"}, exitMisused, []string{"expected one of", "tx", "cairn inspect --help"}},
		{"nothing on standard input", []string{"inspect", "frame"}, exitFailed, []string{"found nothing"}},
		{"no hex", []string{"inspect", "frame", "hello"}, exitFailed, []string{"expected hex", "'h' at byte 0"}},
		{"a file without --file", []string{"inspect", "frame", "item.hex"}, exitFailed, []string{"'i' at byte 0", "--file item.hex"}},
		{"another kind", []string{"inspect", "blob", frameHex}, exitFailed, []string{"131,072 bytes", "cairn inspect frame"}},
		{"a file that is not there", []string{"inspect", "frame", "--file", "none"}, exitMisused, []string{"--file = ", "none", "no such file"}},
		{"a directory", []string{"inspect", "frame", "--file", dir}, exitMisused, []string{"--file = ", "directory"}},
		{"two sources", []string{"inspect", "frame", "--file", "item.hex", frameHex}, exitMisused, []string{"--file", "leave out one"}},
		{"a time without a chain", []string{"inspect", "frame", "--at=7", frameHex}, exitMisused, []string{"--at = 7", "--network"}},
		{"an unknown network", []string{"inspect", "batch", "--network=op-mainet", "00"}, exitMisused, []string{"--network = op-mainet", "op-mainnet"}},
		{"a rollup.json that is not there", []string{"inspect", "batch", "--rollup.config=none", "00"}, exitMisused, []string{"--rollup.config", "no such file"}},
		{"not a limit", []string{"inspect", "batch", "--limit=few", "00"}, exitMisused, []string{"--limit", "few", "whole number"}},
		{"a batch that is not there", []string{"inspect", "channel", "--batch=9", frameHex}, exitFailed, []string{"compression-unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pipe(t, "")
			code, stdout, stderr := runs(t, c.args...)
			if code != c.code || stdout != "" {
				t.Errorf("exit code %d, want %d; standard output %q", code, c.code, stdout)
			}
			if !strings.HasPrefix(stderr, "cairn: ") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("not one line: %q", stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(stderr, word) {
					t.Errorf("%q does not say %q", stderr, word)
				}
			}
		})
	}
}

// People see twenty elements of a list, machines all of them, and both as many as they ask for.
func TestInspectShowsTwentyToPeople(t *testing.T) {
	var frames strings.Builder
	for i := range 30 {
		fmt.Fprintf(&frames, "c0ffee00000000000000000000000000%04x00000001ab00", i)
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 20},
		{[]string{"--limit=3"}, 3},
		{[]string{"--limit=0"}, 30},
		{[]string{"--json"}, 30},
		{[]string{"--json", "--limit=3"}, 3},
	} {
		code, stdout, stderr := runs(t, append([]string{"inspect", "frame", "00" + frames.String()}, c.args...)...)
		if code != exitOK {
			t.Fatalf("%q: exit code %d, %s", c.args, code, stderr)
		}
		shown := strings.Count(stdout, "c0ffee00000000000000000000000000")
		if shown != c.want {
			t.Errorf("%q shows %d frames, want %d", c.args, shown, c.want)
		}
		if !strings.HasPrefix(stdout, "{") {
			continue
		}
		var item struct {
			Count  int
			Frames []struct{ Number int }
		}
		if err := json.Unmarshal([]byte(stdout), &item); err != nil || item.Count != 30 || len(item.Frames) != c.want || item.Frames[2].Number != 2 {
			t.Errorf("%q: %d of %d frames, %v", c.args, len(item.Frames), item.Count, err)
		}
	}
}
