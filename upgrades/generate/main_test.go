package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The committed files are what the module of go.mod has. Compression may differ between releases of Go, so what is in
// them is compared.
func TestGeneratedFilesAreThoseOfTheModule(t *testing.T) {
	files, err := collect()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
	for name, want := range files {
		if got := unpacked(t, filepath.Join("..", name)); !bytes.Equal(got, want) {
			t.Errorf("%s is not what the module has (%d bytes, want %d): go generate ./upgrades", name, len(got), len(want))
		}
	}
}

// A bundle of another commit is not taken.
func TestCheckSum(t *testing.T) {
	bundle := unpacked(t, filepath.Join("..", "karst_nut_bundle.json.gz"))
	if err := checkSum(bundle, karstSum); err != nil {
		t.Error(err)
	}
	bundle[0]++
	if err := checkSum(bundle, karstSum); err == nil || !strings.Contains(err.Error(), karstSum) {
		t.Errorf("another bundle: %v", err)
	}
}

func TestRunWritesWhatItCollects(t *testing.T) {
	dir := t.TempDir()
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"creation_code.json.gz", "karst_nut_bundle.json.gz"} {
		if got, want := unpacked(t, filepath.Join(dir, name)), unpacked(t, filepath.Join("..", name)); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
	}
}

// A constant is taken only if it is what it is taken for.
func TestHexConstants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.go")
	text := `package x
var a, b = f("0x60e0"), g("11")
var (
	c = f("0xno")
	d = f(1)
	e = "0x60"
	h = f("0x60", 1)
	i []byte
)
func j() { k := f("0x61"); _ = k }
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := hexConstants(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["a"] != "0x60e0" || got["b"] != "0x11" {
		t.Errorf("got %v, want a and b", got)
	}
	if _, err := hexConstants(filepath.Join(t.TempDir(), "none.go")); err == nil || !strings.Contains(err.Error(), "none.go") {
		t.Errorf("a file that is not there: %v", err)
	}
}
