package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/store"
)

// fill has every write to the log of a database fail as on a full disk.
func fill(t *testing.T, dir string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc")
	}
	filled := 0
	for _, entry := range open {
		name, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name()))
		if err != nil || filepath.Dir(name) != dir || !strings.HasSuffix(name, ".log") {
			continue
		}
		var fd int
		for _, digit := range entry.Name() {
			fd = 10*fd + int(digit-'0')
		}
		if err := syscall.Dup3(int(full.Fd()), fd, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		filled++
	}
	if filled == 0 {
		t.Fatalf("no log in %s is open", dir)
	}
}

func TestAFullDiskIsAnErrorAndNoEnd(t *testing.T) {
	block := func(n uint64) eth.BlockID { return eth.BlockID{Number: n} }
	t.Run("safe heads", func(t *testing.T) {
		dir := t.TempDir()
		s, err := store.OpenSafeHeads(dir)
		if err != nil {
			t.Fatal(err)
		}
		for n := uint64(1); n <= 3; n++ {
			if err := s.Record(block(n), block(n)); err != nil {
				t.Fatal(err)
			}
		}
		fill(t, dir)
		if err := s.Record(block(4), block(4)); err == nil || !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
			t.Fatalf("with the disk full: %v", err)
		}
		// The disk is away for a while, too.
		away := dir + ".away"
		if err := os.Rename(dir, away); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Record(block(4), block(4)); err == nil {
				t.Fatal("recorded nowhere")
			}
		}
		if _, _, err := s.At(3); err == nil {
			t.Error("read from nowhere")
		}
		if err := errors.Join(os.Remove(dir), os.Rename(away, dir)); err != nil {
			t.Fatal(err)
		}
		if err := s.Record(block(4), block(4)); err != nil {
			t.Fatalf("with space again: %v", err)
		}
		for n := uint64(1); n <= 4; n++ {
			if l1, l2, err := s.At(n); err != nil || l1 != block(n) || l2 != block(n) {
				t.Errorf("at %d: %s, %s, %v", n, l1, l2, err)
			}
		}
		fill(t, dir)
		if err := s.Record(block(5), block(5)); err == nil {
			t.Error("recorded on a full disk")
		}
		if err := s.Close(); err != nil {
			t.Errorf("close what broke: %v", err)
		}
	})
	t.Run("inputs", func(t *testing.T) {
		dir := t.TempDir()
		in, err := store.OpenInputs(dir, store.Owner{L1ChainID: 1, L2ChainID: 10})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.PutSnapshot(5, []byte("five"), 0, 0); err != nil {
			t.Fatal(err)
		}
		fill(t, dir)
		if err := in.PutSnapshot(6, []byte("six"), 5, 0); err == nil || !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
			t.Fatalf("with the disk full: %v", err)
		}
		if err := in.PutSnapshot(7, []byte("seven"), 5, 0); err != nil {
			t.Fatalf("with space again: %v", err)
		}
		all, err := in.Snapshots()
		if err != nil || len(all) < 2 || string(all[0]) != "five" || string(all[len(all)-1]) != "seven" {
			t.Errorf("kept %q, %v", all, err)
		}
		if err := in.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// That a file cannot be made is worse: the database panics with its locks held.
func TestADirectoryThatIsGoneIsAnErrorAndNoEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "inputs")
	in, err := store.OpenInputs(dir, store.Owner{L1ChainID: 1, L2ChainID: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var failed error
	for n := uint64(1); n < 1000 && failed == nil; n++ { // until it needs another file
		failed = in.PutBlob(n, common.Hash{1}, new(eth.Blob))
	}
	if failed == nil || !strings.Contains(failed.Error(), "no such file") || !strings.Contains(failed.Error(), "start the node again") {
		t.Fatalf("%v", failed)
	}
	for range 3 {
		if err := in.PutBlob(1, common.Hash{1}, new(eth.Blob)); err == nil {
			t.Error("kept nowhere")
		}
		if _, err := in.Blob(1, common.Hash{1}); err == nil {
			t.Error("read from nowhere")
		}
	}
	if err := in.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
