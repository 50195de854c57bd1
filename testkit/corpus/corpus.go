package corpus

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var write = flag.Bool("corpus", false, "write the inputs of fuzz targets to testdata/fuzz instead of comparing them")

// Bounds of what is committed for one target.
const (
	maxFile  = 4096 // bytes of one file
	maxFiles = 40
)

// found is how the names of inputs begin that a fuzzer found.
const found = "found_"

// Seed is an input of a fuzz target.
type Seed struct {
	Name string // of the file: what the input is
	Args []any  // the arguments of the target
}

// Check compares the committed corpus of a target with its seeds, or writes it if the test runs with -args -corpus.
func Check(tb testing.TB, target string, seeds []Seed) {
	tb.Helper()
	dir := filepath.Join("testdata", "fuzz", target)
	known := make(map[string]bool, len(seeds))
	for _, seed := range seeds {
		if known[seed.Name] {
			tb.Errorf("%s has two seeds %s", target, seed.Name)
		}
		known[seed.Name] = true
		check(tb, filepath.Join(dir, seed.Name), encode(tb, seed.Args))
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatalf("%v; make it with -args -corpus", err)
	}
	if len(files) > maxFiles {
		tb.Errorf("%s has %d files, want %d at most: a corpus is to be read, too", dir, len(files), maxFiles)
	}
	for _, file := range files {
		info, err := file.Info()
		switch {
		case err != nil:
			tb.Error(err)
		case info.Size() > maxFile:
			tb.Errorf("%s has %d bytes, want %d at most", filepath.Join(dir, file.Name()), info.Size(), maxFile)
		case !known[file.Name()] && !strings.HasPrefix(file.Name(), found):
			tb.Errorf("%s is made by no test: name it %s… after what it shows, or delete it", filepath.Join(dir, file.Name()), found)
		}
	}
}

func check(tb testing.TB, path string, want []byte) {
	tb.Helper()
	if *write {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		tb.Errorf("%v; make it with -args -corpus", err)
		return
	}
	if !bytes.Equal(got, want) {
		tb.Errorf("%s is not what its test makes; if the change is meant, write it anew with -args -corpus\n%s\nwant\n%s", path, got, want)
	}
}

// encode writes arguments as the go command reads them.
func encode(tb testing.TB, args []any) []byte {
	tb.Helper()
	out := []byte("go test fuzz v1\n")
	for _, arg := range args {
		switch arg := arg.(type) {
		case []byte:
			out = fmt.Appendf(out, "[]byte(%q)\n", arg)
		case string:
			out = fmt.Appendf(out, "string(%q)\n", arg)
		case bool, uint8, uint16, uint32, uint64, int64:
			out = fmt.Appendf(out, "%T(%v)\n", arg, arg)
		default:
			tb.Fatalf("a fuzz target takes no %T here", arg)
		}
	}
	return out
}
