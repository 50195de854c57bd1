package devnet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/devnet"
)

// listing names everything below a directory, with the content of small files.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(path)
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && info.Size() < 1000 {
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

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// close closes a devnet that was never run.
func closeDevnet(t *testing.T, d *devnet.Devnet) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestADataDirectoryThatDoesNotFitIsRefusedAndLeftAsItIs(t *testing.T) {
	made := filepath.Join(t.TempDir(), "deep", "inside") // is made with all above
	cfg := testConfig()
	cfg.DataDir, cfg.L1BlockTime, cfg.L2BlockTime = made, 2, 1
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	closeDevnet(t, d)

	dir := t.TempDir()
	file, foreign := filepath.Join(dir, "file"), filepath.Join(dir, "foreign")
	write(t, file, "mine")
	write(t, filepath.Join(foreign, "photo.jpg"), "")
	for name, text := range map[string]string{
		"cut": `{"format": 1, "l1Blo`, "empty": "", "other": "[1]", "old": `{"format": 0}`, "new": `{"format": 2, "l1BlockTime": 2}`,
	} {
		write(t, filepath.Join(dir, name, "devnet.json"), text)
	}
	if err := os.MkdirAll(filepath.Join(dir, "odd", "devnet.json"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		change       func(*devnet.Config)
		field, value string
		fix          []string
	}{
		{"other L1 block time", func(c *devnet.Config) { c.L1BlockTime = 3 }, "--l1.block-time", "3", []string{"made with 2", made}},
		{"other L2 block time", func(c *devnet.Config) { c.L2BlockTime = 2 }, "--l2.block-time", "2", []string{"made with 1", made}},
		{"foreign directory", func(c *devnet.Config) { c.DataDir = foreign }, "--datadir", foreign, []string{"photo.jpg", "empty or new"}},
		{"a file", func(c *devnet.Config) { c.DataDir = file }, "--datadir", file, []string{"not a directory", "give a directory"}},
		{"below a file", func(c *devnet.Config) { c.DataDir = filepath.Join(file, "sub") }, "--datadir", filepath.Join(file, "sub"), []string{"not a directory", "give a directory"}},
		{"damaged parameters", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "cut") }, "--datadir", filepath.Join(dir, "cut"), []string{"devnet.json", "damaged", "another directory"}},
		{"empty parameters", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "empty") }, "--datadir", filepath.Join(dir, "empty"), []string{"devnet.json", "damaged"}},
		{"parameters of something else", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "other") }, "--datadir", filepath.Join(dir, "other"), []string{"devnet.json", "damaged"}},
		{"an older format", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "old") }, "--datadir", filepath.Join(dir, "old"), []string{"format 0", "knows 1"}},
		{"a newer format", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "new") }, "--datadir", filepath.Join(dir, "new"), []string{"format 2", "knows 1"}},
		{"parameters that are a directory", func(c *devnet.Config) { c.DataDir = filepath.Join(dir, "odd") }, "--datadir", filepath.Join(dir, "odd"), []string{"cannot read devnet.json"}},
		{"a new directory with a wrong host", func(c *devnet.Config) { c.DataDir, c.Host = filepath.Join(dir, "fresh"), "192.0.2.1" }, "--host", "192.0.2.1", nil},
		{"a new directory with a wrong block time", func(c *devnet.Config) { c.DataDir, c.L1BlockTime = filepath.Join(dir, "fresh"), 0 }, "--l1.block-time", "0", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := listing(t, dir) + listing(t, made)
			changed := cfg
			c.change(&changed)
			d, err := devnet.Open(t.Context(), changed)
			if err == nil {
				closeDevnet(t, d)
			}
			fieldError(t, err, c.field, c.value, c.fix...)
			if after := listing(t, dir) + listing(t, made); after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}

	// What is no part of the genesis may change.
	cfg.L1SafeDistance, cfg.L1FinalizedDistance, cfg.BatchMaxWait, cfg.SequencerConfs = 1, 3, 5, 0
	again, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer closeDevnet(t, again)
	if again.Genesis().Rollup.Genesis != d.Genesis().Rollup.Genesis {
		t.Error("the reopened devnet has another genesis")
	}

	// A directory is one process's at a time.
	if other, err := devnet.Open(t.Context(), cfg); err == nil {
		closeDevnet(t, other)
		t.Error("the directory opened twice")
	} else if !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("the second time: %v", err)
	}
}
