package devl1

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/ethdb/pebble"
)

func openPebble(t *testing.T, dir string) *pebble.Database {
	t.Helper()
	db, err := pebble.New(dir, 16, 16, "", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sidecars without proofs: the store keeps none.
func sidecars(blobs ...*kzg4844.Blob) []*types.BlobTxSidecar {
	var all []*types.BlobTxSidecar
	for i, b := range blobs {
		all = append(all, &types.BlobTxSidecar{Blobs: []kzg4844.Blob{*b}, Commitments: []kzg4844.Commitment{{byte(i + 1)}}})
	}
	return all
}

func TestBlobStore(t *testing.T) {
	for name, open := range map[string]func(*testing.T) ethdb.KeyValueStore{
		"in memory": func(*testing.T) ethdb.KeyValueStore { return memorydb.New() },
		"on disk":   func(t *testing.T) ethdb.KeyValueStore { t.Helper(); return openPebble(t, t.TempDir()) },
	} {
		t.Run(name, func(t *testing.T) {
			full, zero, inner := new(kzg4844.Blob), new(kzg4844.Blob), new(kzg4844.Blob)
			for i := range full {
				full[i] = byte(i%7 + 1)
			}
			inner[5], inner[70_000] = 1, 2 // zeros before, between and after
			store := NewBlobStore(open(t))
			want := []*kzg4844.Blob{full, zero, inner}
			must(t, store.Put(3, common.Hash{1}, sidecars(want...)))
			got, err := store.At(3)
			must(t, err)
			if len(got) != len(want) {
				t.Fatalf("%d blobs, want %d", len(got), len(want))
			}
			for i, s := range got {
				if *s.Blob != *want[i] || s.Index != uint64(i) || s.Commitment != (kzg4844.Commitment{byte(i + 1)}) || s.Block != (common.Hash{1}) {
					t.Errorf("blob %d came back otherwise", i)
				}
			}

			// Blocks of one slot stand beside each other; other slots are others.
			must(t, store.Put(3, common.Hash{2}, sidecars(full)))
			must(t, store.Put(4, common.Hash{3}, sidecars(inner)))
			for slot, blobs := range map[uint64]int{2: 0, 3: 4, 4: 1, 5: 0} {
				if got, err := store.At(slot); err != nil || len(got) != blobs {
					t.Errorf("slot %d has %d blobs (%v), want %d", slot, len(got), err, blobs)
				}
			}

			// The last 4096 epochs are kept, older ones are not.
			must(t, store.Put(keepSlots+4, common.Hash{4}, sidecars(zero)))
			for slot, blobs := range map[uint64]int{3: 0, 4: 1, keepSlots + 4: 1} {
				if got, err := store.At(slot); err != nil || len(got) != blobs {
					t.Errorf("after pruning slot %d has %d blobs (%v), want %d", slot, len(got), err, blobs)
				}
			}
		})
	}
}

func TestBlobStoreNamesDamage(t *testing.T) {
	db := memorydb.New()
	must(t, db.Put(key(1, common.Hash{1}), []byte("no RLP")))
	if _, err := NewBlobStore(db).At(1); err == nil {
		t.Error("damaged blobs were read")
	}
}

// A killed process leaves on disk what was synced: a copy of the open directory is what the next process finds.
func TestBlobsOutliveAKilledProcess(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	store := NewBlobStore(openPebble(t, dir))
	must(t, store.Put(1, common.Hash{1}, sidecars(blobOf("small, so that it would wait in memory"))))
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(copied, entry.Name()), content, 0o600)
	}))
	got, err := NewBlobStore(openPebble(t, copied)).At(1)
	must(t, err)
	if len(got) != 1 || *got[0].Blob != *blobOf("small, so that it would wait in memory") {
		t.Errorf("%d blobs are left", len(got))
	}
}
