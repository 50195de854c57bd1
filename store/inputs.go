package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
)

// Tables of Inputs: the first byte of a key. Numbers follow big endian, so that keys are in their order.
const (
	tableIdentity = 'i' // → identity
	tableBlock    = 'b' // number → L1 block
	tableBlob     = 'o' // number ‖ versioned hash → blob
	tableSnapshot = 's' // number → snapshot
)

// inputsVersion is that of all forms in the store. Another one is refused.
const inputsVersion = 2

// Inputs is what derivation has read and may have to read again: verified L1 blocks, blobs, and derivation snapshots. All
// of it can be had anew from L1, which takes time and requests; nothing of it decides anything without being compared with
// L1 or the engine. Its methods may be called from any goroutine.
type Inputs struct {
	mu     sync.RWMutex        // guards db and closed; the database has its own locks
	db     ethdb.KeyValueStore // nil: it broke, and could not be opened again
	open   func() (ethdb.KeyValueStore, error)
	broken atomic.Bool           // it has to be opened again
	lost   atomic.Pointer[error] // it may not be asked again, not even to close
	closed bool

	// writing is held while something is written, so that nobody waits for a lock that the database holds for ever.
	writing sync.Mutex
}

// errInputsClosed means that the store was closed.
var errInputsClosed = errors.New("the store of L1 inputs is closed")

// Owner says whose inputs these are.
type Owner struct {
	L1ChainID uint64
	L2ChainID uint64
	L2Genesis common.Hash
	// Reads is a hash of all that decides which part of an L1 block is an input.
	Reads common.Hash
}

// identity is the form of an Owner on disk.
type identity struct {
	Version uint64
	Owner   Owner
}

// ErrForeign means that a directory belongs to another chain, or another version of this program.
var ErrForeign = errors.New("the store of L1 inputs belongs to something else")

// OpenInputs opens the store of a chain in a directory, which is made if it is not there. Errors name the directory and
// what to do: it is in use, it holds something else (ErrForeign for another chain), or its files are damaged.
func OpenInputs(dir string, owner Owner) (*Inputs, error) {
	again := func() (ethdb.KeyValueStore, error) { return open(dir, "inputs/", "it fills again from L1") }
	db, err := again()
	if err != nil {
		return nil, fmt.Errorf("open store of L1 inputs: %w", err)
	}
	in := &Inputs{db: db, open: again}
	if err := in.claim(identity{inputsVersion, owner}); err != nil {
		return nil, errors.Join(fmt.Errorf("open store of L1 inputs: %s: %w", dir, err), db.Close())
	}
	return in, nil
}

// claim checks that the store is of a chain, and makes an empty one so.
func (in *Inputs) claim(of identity) error {
	want, err := rlp.EncodeToBytes(&of)
	if err != nil {
		return err
	}
	key, _, err := first(in.db, nil, nil)
	if err != nil {
		return fmt.Errorf("it cannot be read; remove it, it fills again from L1: %w", err)
	}
	if key == nil {
		if err := in.db.Put([]byte{tableIdentity}, want); err != nil {
			return err
		}
		return in.db.SyncKeyValue()
	}
	value, err := in.db.Get([]byte{tableIdentity})
	if err != nil {
		return fmt.Errorf("%w: it has no identity: give an empty directory", ErrForeign)
	}
	var have identity
	switch err := rlp.DecodeBytes(value, &have); {
	case err != nil:
		return errors.New("it was made by another version of this program, or is damaged; remove it, it fills again from L1 (--datadir.rebuild does so)")
	case have.Version != of.Version:
		return fmt.Errorf("it has version %d, this program writes %d; remove it, it fills again from L1 (--datadir.rebuild does so)", have.Version, of.Version)
	case have.Owner.Reads != of.Owner.Reads && have.Owner.L2Genesis == of.Owner.L2Genesis:
		return fmt.Errorf("%w: it was made with another inbox, deposit or system config contract; remove it, it fills again from L1", ErrForeign)
	case have != of:
		return fmt.Errorf("%w: it is of L2 chain %d on L1 chain %d with genesis %s; give each chain a directory of its own",
			ErrForeign, have.Owner.L2ChainID, have.Owner.L1ChainID, have.Owner.L2Genesis)
	}
	return nil
}

func inputKey(table byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{table}, number)
}

// do runs an action on the open store.
func (in *Inputs) do(what string, number uint64, action func() error) error {
	err := in.mend()
	in.mu.RLock()
	defer in.mu.RUnlock()
	switch {
	case in.closed:
		return errInputsClosed
	case in.lost.Load() != nil:
		err = *in.lost.Load()
	case err == nil && in.db == nil: // somebody else could not open it
		err = errAway
	case err == nil:
		err = guarded(action)
	}
	if isBroken(err) {
		in.broken.Store(true)
	}
	if isLost(err) {
		in.lost.Store(&err)
	}
	if err != nil {
		return fmt.Errorf("%s %d: %w", what, number, err)
	}
	return nil
}

// write is do for an action that writes.
func (in *Inputs) write(what string, number uint64, action func() error) error {
	in.writing.Lock()
	defer in.writing.Unlock()
	return in.do(what, number, action)
}

// mend opens the database again if it broke.
func (in *Inputs) mend() (err error) {
	if !in.broken.Load() {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed || !in.broken.Load() || in.lost.Load() != nil {
		return nil
	}
	if in.db, err = reopened(in.db, in.open); err != nil {
		return err
	}
	in.broken.Store(false)
	return nil
}

// get reads one value; eth.ErrNotFound if it is not there.
func (in *Inputs) get(key []byte) ([]byte, error) {
	value, err := in.db.Get(key)
	if err == nil {
		return value, nil
	}
	// The database has no error of its own for what is not there.
	if has, hasErr := in.db.Has(key); hasErr == nil && !has {
		return nil, eth.ErrNotFound
	}
	return nil, err
}

// Block is the block kept for a number; eth.ErrNotFound if there is none.
func (in *Inputs) Block(number uint64) (block *eth.L1Block, err error) {
	err = in.do("read kept L1 block", number, func() error {
		value, err := in.get(inputKey(tableBlock, number))
		if err != nil {
			return err
		}
		block = new(eth.L1Block)
		if err := rlp.DecodeBytes(value, block); err != nil {
			return err
		}
		if block.Number != number {
			return fmt.Errorf("it is block %d", block.Number)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return block, nil
}

// PutBlock keeps a block instead of the one that was kept for its number.
func (in *Inputs) PutBlock(block *eth.L1Block) error {
	return in.write("keep L1 block", block.Number, func() error {
		value, err := rlp.EncodeToBytes(block)
		if err != nil {
			return err
		}
		return in.db.Put(inputKey(tableBlock, block.Number), value)
	})
}

// DropBlock forgets the block of a number.
func (in *Inputs) DropBlock(number uint64) error {
	return in.write("forget L1 block", number, func() error { return in.db.Delete(inputKey(tableBlock, number)) })
}

// Blob is a kept blob; eth.ErrNotFound if it is not there.
func (in *Inputs) Blob(number uint64, hash common.Hash) (blob *eth.Blob, err error) {
	err = in.do("read kept blob of L1 block", number, func() error {
		value, err := in.get(append(inputKey(tableBlob, number), hash[:]...))
		if err != nil {
			return err
		}
		if len(value) != len(blob) {
			return fmt.Errorf("it has %d bytes", len(value))
		}
		blob = (*eth.Blob)(value)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return blob, nil
}

// PutBlob keeps a verified blob.
func (in *Inputs) PutBlob(number uint64, hash common.Hash, blob *eth.Blob) error {
	return in.write("keep blob of L1 block", number, func() error {
		return in.db.Put(append(inputKey(tableBlob, number), hash[:]...), blob[:])
	})
}

// PutSnapshot keeps a derivation snapshot taken at an L1 block, and forgets those above goneAbove, which are of a chain that
// is gone, most of the older ones, and all inputs of L1 blocks below keepFrom. When it returns, everything kept so far is
// on disk.
func (in *Inputs) PutSnapshot(number uint64, snapshot []byte, goneAbove, keepFrom uint64) error {
	return in.write("keep snapshot at L1 block", number, func() error {
		numbers, err := in.snapshotNumbers()
		if err != nil {
			return err
		}
		batch := in.db.NewBatch()
		defer batch.Close()
		if err := batch.DeleteRange(inputKey(tableSnapshot, goneAbove+1), []byte{tableSnapshot + 1}); err != nil {
			return err
		}
		for _, n := range superfluous(numbers, number, keepFrom) {
			if err := batch.Delete(inputKey(tableSnapshot, n)); err != nil {
				return err
			}
		}
		for _, table := range []byte{tableBlock, tableBlob} {
			if err := batch.DeleteRange(inputKey(table, 0), inputKey(table, keepFrom)); err != nil {
				return err
			}
		}
		if err := batch.Put(inputKey(tableSnapshot, number), snapshot); err != nil {
			return err
		}
		if err := batch.Write(); err != nil {
			return err
		}
		return in.db.SyncKeyValue()
	})
}

// superfluous are the snapshots below a new one that go: an engine that lost blocks, or L1 after a reorg, needs one that is
// a little older than what is lost, so the older they are the fewer are needed. Of those 2^k to 2^(k+1)-1 blocks back, the
// first and the last stay.
func superfluous(numbers []uint64, newest, keepFrom uint64) (drop []uint64) {
	byDistance := map[int][]uint64{}
	for _, n := range numbers {
		switch {
		case n >= newest:
		case n < keepFrom:
			drop = append(drop, n)
		default:
			k := bits.Len64(newest - n)
			byDistance[k] = append(byDistance[k], n)
		}
	}
	for _, group := range byDistance {
		if len(group) > 2 {
			drop = append(drop, group[1:len(group)-1]...)
		}
	}
	return drop
}

// snapshotNumbers are the L1 blocks that snapshots are kept of, ascending.
func (in *Inputs) snapshotNumbers() (numbers []uint64, err error) {
	it := in.db.NewIterator([]byte{tableSnapshot}, nil)
	defer it.Release()
	for it.Next() {
		if key := it.Key(); len(key) == 1+8 {
			numbers = append(numbers, binary.BigEndian.Uint64(key[1:]))
		}
	}
	return numbers, it.Error()
}

// Snapshots are the kept snapshots, oldest first.
func (in *Inputs) Snapshots() (all [][]byte, err error) {
	err = in.do("read snapshots from L1 block", 0, func() error {
		it := in.db.NewIterator([]byte{tableSnapshot}, nil)
		defer it.Release()
		for it.Next() {
			all = append(all, bytes.Clone(it.Value()))
		}
		return it.Error()
	})
	return all, err
}

// Close gives the directory back. Closing again does nothing.
func (in *Inputs) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil
	}
	in.closed = true
	if in.db == nil || in.lost.Load() != nil {
		return nil
	}
	if err := guarded(in.db.Close); err != nil && !in.broken.Load() { // else that has been said
		return fmt.Errorf("close store of L1 inputs: %w", err)
	}
	return nil
}
