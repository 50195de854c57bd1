package devl1

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/rlp"
)

// keepSlots is how long blobs are kept: 4096 epochs, as on Ethereum.
const keepSlots = 4096 * 32

// BlobStore keeps the blobs of L1 blocks. Several blocks of one slot can have some, after a reorg: all are kept, as
// whoever asks by versioned hash may want either.
type BlobStore struct{ db ethdb.KeyValueStore }

// NewBlobStore uses a database of its own.
func NewBlobStore(db ethdb.KeyValueStore) *BlobStore { return &BlobStore{db} }

// Sidecar is one blob with what proves it.
type Sidecar struct {
	Block      common.Hash
	Index      uint64 // in the block
	Blob       *kzg4844.Blob
	Commitment kzg4844.Commitment
}

// storedBlob is a blob as it lies in the database: a devnet's blobs are mostly zeros at the end, which are left out.
type storedBlob struct {
	Data       []byte
	Commitment kzg4844.Commitment
}

func key(slot uint64, block common.Hash) []byte {
	return append(binary.BigEndian.AppendUint64(nil, slot), block[:]...)
}

// Put keeps the blobs of a block, in order, and forgets those that are too old. It returns once they are on disk: they
// must not be younger than the block, whose transactions nobody sends again.
func (s *BlobStore) Put(slot uint64, block common.Hash, sidecars []*types.BlobTxSidecar) error {
	var stored []storedBlob
	for _, sc := range sidecars {
		for i := range sc.Blobs {
			stored = append(stored, storedBlob{Data: bytes.TrimRight(sc.Blobs[i][:], "\x00"), Commitment: sc.Commitments[i]})
		}
	}
	value, err := rlp.EncodeToBytes(stored)
	if err != nil {
		return fmt.Errorf("encode blobs: %w", err)
	}
	if slot > keepSlots {
		if err := s.db.DeleteRange(nil, key(slot-keepSlots, common.Hash{})); err != nil {
			return fmt.Errorf("forget old blobs: %w", err)
		}
	}
	if err := s.db.Put(key(slot, block), value); err != nil {
		return fmt.Errorf("write blobs: %w", err)
	}
	if err := s.db.SyncKeyValue(); err != nil {
		return fmt.Errorf("write blobs to disk: %w", err)
	}
	return nil
}

// At returns the blobs of all blocks of a slot.
func (s *BlobStore) At(slot uint64) ([]Sidecar, error) {
	it := s.db.NewIterator(binary.BigEndian.AppendUint64(nil, slot), nil)
	defer it.Release()
	var out []Sidecar
	for it.Next() {
		var stored []storedBlob
		if err := rlp.DecodeBytes(it.Value(), &stored); err != nil {
			return nil, fmt.Errorf("decode blobs of slot %d: %w", slot, err)
		}
		block := common.BytesToHash(it.Key()[8:])
		for i, b := range stored {
			blob := new(kzg4844.Blob)
			copy(blob[:], b.Data)
			out = append(out, Sidecar{Block: block, Index: uint64(i), Blob: blob, Commitment: b.Commitment}) //nolint:gosec // a position
		}
	}
	return out, it.Error()
}
