package store_test

import (
	"encoding/binary"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/store"
)

var owner = store.Owner{L1ChainID: 1, L2ChainID: 10, L2Genesis: common.Hash{0x22}}

func openInputs(t *testing.T, dir string) *store.Inputs {
	t.Helper()
	in, err := store.OpenInputs(dir, owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func reopen(t *testing.T, in *store.Inputs, dir string) *store.Inputs {
	t.Helper()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	return openInputs(t, dir)
}

func blockAt(number uint64, branch byte) *eth.L1Block {
	return &eth.L1Block{L1Ref: eth.L1Ref{Hash: common.Hash{branch, byte(number)}, Number: number, Time: 100 + number}, BaseFee: big.NewInt(7)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestInputsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	in := openInputs(t, dir)
	blob := &eth.Blob{1, 2, 131071: 3}
	hash := common.Hash{1, 9}
	must(t, in.PutBlock(blockAt(5, 'a')))
	must(t, in.PutBlock(blockAt(6, 'a')))
	must(t, in.PutBlock(blockAt(6, 'b')))
	must(t, in.PutBlock(blockAt(7, 'a')))
	must(t, in.DropBlock(7))
	must(t, in.PutBlob(6, hash, blob))
	must(t, in.PutSnapshot(6, []byte("six"), 0, 0))
	for range 2 {
		in = reopen(t, in, dir)
		if b, err := in.Block(5); err != nil || b.L1Ref != blockAt(5, 'a').L1Ref || b.BaseFee.Int64() != 7 {
			t.Errorf("block 5: %+v, %v", b, err)
		}
		if b, err := in.Block(6); err != nil || b.Hash != blockAt(6, 'b').Hash {
			t.Errorf("block 6, put twice: %+v, %v", b, err)
		}
		if _, err := in.Block(7); !errors.Is(err, eth.ErrNotFound) {
			t.Errorf("block 7, dropped: %v", err)
		}
		if got, err := in.Blob(6, hash); err != nil || *got != *blob {
			t.Errorf("blob: %v", err)
		}
		for _, other := range []struct {
			number uint64
			hash   common.Hash
		}{{5, hash}, {6, common.Hash{1, 8}}} {
			if _, err := in.Blob(other.number, other.hash); !errors.Is(err, eth.ErrNotFound) {
				t.Errorf("blob %s of %d: %v", other.hash, other.number, err)
			}
		}
		if all, err := in.Snapshots(); err != nil || len(all) != 1 || string(all[0]) != "six" {
			t.Errorf("snapshots: %q, %v", all, err)
		}
	}
}

func snapshotNumbers(t *testing.T, in *store.Inputs) (numbers []uint64) {
	t.Helper()
	all, err := in.Snapshots()
	must(t, err)
	for _, s := range all {
		numbers = append(numbers, binary.BigEndian.Uint64(s))
	}
	return numbers
}

func TestSnapshotsGetSparserWithAge(t *testing.T) {
	in := openInputs(t, t.TempDir())
	put := func(number, keepFrom uint64) {
		t.Helper()
		must(t, in.PutSnapshot(number, binary.BigEndian.AppendUint64(nil, number), number, keepFrom))
	}
	for n := uint64(1); n <= 300; n++ {
		put(n, 0)
		numbers := snapshotNumbers(t, in)
		if !slices.IsSorted(numbers) || numbers[len(numbers)-1] != n || len(numbers) > 20 {
			t.Fatalf("after %d: %v", n, numbers)
		}
		for _, distance := range []uint64{1, 2, 4, 8, 16, 32, 64, 128} { // something not much older than asked for
			if n <= 2*distance {
				continue
			}
			if !slices.ContainsFunc(numbers, func(have uint64) bool { return n-have >= distance && n-have <= 2*distance }) {
				t.Fatalf("after %d: nothing %d to %d blocks back: %v", n, distance, 2*distance, numbers)
			}
		}
	}
	must(t, in.PutSnapshot(260, binary.BigEndian.AppendUint64(nil, 260), 240, 200))
	numbers := snapshotNumbers(t, in)
	if slices.ContainsFunc(numbers, func(n uint64) bool { return n > 240 && n != 260 }) {
		t.Errorf("after L1 went back to 240 and on to 260: %v", numbers)
	}
	put(250, 200)
	numbers = snapshotNumbers(t, in)
	if numbers[len(numbers)-1] != 250 || numbers[0] < 200 {
		t.Errorf("after L1 went back to 250, and 200 is all that is needed: %v", numbers)
	}
}

func TestWhatIsNotNeededAnyMoreGoes(t *testing.T) {
	in := openInputs(t, t.TempDir())
	for n := uint64(1); n <= 20; n++ {
		must(t, in.PutBlock(blockAt(n, 'a')))
		must(t, in.PutBlob(n, common.Hash{1}, new(eth.Blob)))
	}
	must(t, in.PutSnapshot(20, []byte("x"), 0, 15))
	for n := uint64(1); n <= 20; n++ {
		_, err := in.Block(n)
		_, blobErr := in.Blob(n, common.Hash{1})
		if gone := n < 15; gone != errors.Is(err, eth.ErrNotFound) || gone != errors.Is(blobErr, eth.ErrNotFound) {
			t.Errorf("block %d: %v, its blob: %v", n, err, blobErr)
		}
	}
}

func TestAForeignStoreIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	in := openInputs(t, dir)
	if _, err := store.OpenInputs(dir, owner); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice: %v", err)
	}
	must(t, in.Close())
	for name, change := range map[string]func(*store.Owner){
		"another L2":      func(o *store.Owner) { o.L2ChainID++ },
		"another L1":      func(o *store.Owner) { o.L1ChainID++ },
		"another genesis": func(o *store.Owner) { o.L2Genesis[1]++ },
		"other contracts": func(o *store.Owner) { o.Reads[1]++ },
	} {
		other := owner
		change(&other)
		fix := "directory of its own"
		if name == "other contracts" {
			fix = "remove it"
		}
		if _, err := store.OpenInputs(dir, other); !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fix) {
			t.Errorf("%s: %v", name, err)
		}
	}
	heads := filepath.Join(t.TempDir(), "heads")
	index, err := store.OpenSafeHeads(heads)
	must(t, err)
	must(t, index.Record(eth.BlockID{Number: 1}, eth.BlockID{Number: 2}))
	must(t, index.Close())
	if _, err := store.OpenInputs(heads, owner); !errors.Is(err, store.ErrForeign) {
		t.Errorf("a safe-head index: %v", err)
	}
	full := t.TempDir()
	must(t, os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600))
	if _, err := store.OpenInputs(full, owner); err == nil || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("somebody's directory: %v", err)
	}
}

func TestADamagedStoreIsNamed(t *testing.T) {
	dir := t.TempDir()
	in := openInputs(t, dir)
	for n := range uint64(50) {
		must(t, in.PutBlock(blockAt(n, 'a')))
	}
	must(t, in.Close())
	manifests, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatal(manifests, err)
	}
	for _, m := range manifests {
		must(t, os.WriteFile(m, []byte("rubbish, rubbish, rubbish"), 0o600))
	}
	if _, err := store.OpenInputs(dir, owner); err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "remove it: it fills again from L1") {
		t.Errorf("%v", err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	in := openInputs(t, t.TempDir())
	must(t, in.Close())
	must(t, in.Close())
	if err := in.PutBlock(blockAt(1, 'a')); err == nil {
		t.Error("a closed store takes blocks")
	}
	if _, err := in.Block(1); err == nil || errors.Is(err, eth.ErrNotFound) {
		t.Errorf("a closed store reads: %v", err)
	}
	if _, err := in.Snapshots(); err == nil {
		t.Error("a closed store has snapshots")
	}
}

func BenchmarkPutBlob(b *testing.B) {
	in, err := store.OpenInputs(b.TempDir(), owner)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	blob := new(eth.Blob)
	b.SetBytes(int64(len(blob)))
	for n := uint64(0); b.Loop(); n++ {
		if err := in.PutBlob(n, common.Hash{1}, blob); err != nil {
			b.Fatal(err)
		}
	}
}
