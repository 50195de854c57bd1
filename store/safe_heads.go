package store

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/ethdb"

	"github.com/cairn-rollup/cairn/eth"
)

// Errors of the index. That nothing was recorded yet is eth.ErrNotFound.
var (
	// ErrGap means that there are entries before and behind an L1 block with different safe heads, and none of its own. The
	// one before may be too old to be the answer.
	ErrGap = errors.New("gap in the safe-head index")
	// ErrClosed means that the index was closed.
	ErrClosed = errors.New("the safe-head index is closed")
)

// errAway means that a database broke, and could not be opened again yet.
var errAway = errors.New("the database cannot be opened again yet")

// SafeHeads is the safe head as of every L1 block: the newest L2 block that derivation from L1 up to that block gives.
// Its methods may be called from any goroutine: one records, and those who ask see all of a change or nothing of it.
type SafeHeads struct {
	mu     sync.RWMutex
	db     ethdb.KeyValueStore // nil: it broke, and could not be opened again
	open   func() (ethdb.KeyValueStore, error)
	broken bool  // it has to be opened again
	lost   error // it may not be asked again, not even to close
	closed bool
	some   bool   // there is an entry
	newest uint64 // its highest L1 number
}

// ready opens the database again if it broke. The caller holds the lock.
func (s *SafeHeads) ready() (err error) {
	switch {
	case s.closed:
		return ErrClosed
	case s.lost != nil:
		return s.lost
	case !s.broken:
		return nil
	}
	if s.db, err = reopened(s.db, s.open); err != nil {
		return s.note(fmt.Errorf("safe-head index: %w", err))
	}
	if err := s.load(); err != nil {
		return err
	}
	s.broken = false
	return nil
}

// write runs an action that writes. The caller holds the lock.
func (s *SafeHeads) write(action func() error) error {
	return s.note(guarded(action))
}

// note takes note of what an error says of the database.
func (s *SafeHeads) note(err error) error {
	s.broken = s.broken || isBroken(err)
	if isLost(err) {
		s.lost = err
	}
	return err
}

// Record writes the safe head as of an L1 block; the last one for a block wins. Entries of higher L1 blocks belong to a
// chain that is gone, or will be recorded again: they go in the same step. When it returns, the entry is on disk.
func (s *SafeHeads) Record(l1, l2 eth.BlockID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return err
	}
	return s.write(func() error { return s.record(l1, l2) })
}

func (s *SafeHeads) record(l1, l2 eth.BlockID) error {
	batch := s.db.NewBatch()
	defer batch.Close()
	if s.some && s.newest > l1.Number {
		if err := batch.DeleteRange(keyOf(l1.Number+1), tableEnd()); err != nil {
			return fmt.Errorf("forget safe heads above L1 block %d: %w", l1.Number, err)
		}
	}
	if err := batch.Put(keyOf(l1.Number), valueOf(l1, l2)); err != nil {
		return fmt.Errorf("record safe head at L1 block %d: %w", l1.Number, err)
	}
	if err := batch.Write(); err != nil {
		return fmt.Errorf("record safe head at L1 block %d: %w", l1.Number, err)
	}
	s.some, s.newest = true, l1.Number
	return s.sync()
}

// Truncate forgets the entries of L1 blocks above a number. When it returns, they are gone from the disk.
func (s *SafeHeads) Truncate(l1Number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(); err != nil {
		return err
	}
	return s.write(func() error { return s.truncate(l1Number) })
}

func (s *SafeHeads) truncate(l1Number uint64) error {
	if !s.some || s.newest <= l1Number {
		return nil
	}
	newest, some, err := s.upTo(l1Number)
	if err != nil {
		return err
	}
	batch := s.db.NewBatch()
	defer batch.Close()
	if err := batch.DeleteRange(keyOf(l1Number+1), tableEnd()); err != nil {
		return fmt.Errorf("forget safe heads above L1 block %d: %w", l1Number, err)
	}
	if err := batch.Write(); err != nil {
		return fmt.Errorf("forget safe heads above L1 block %d: %w", l1Number, err)
	}
	s.newest, s.some = newest, some
	return s.sync()
}

// sync waits until everything written is on disk: a write alone is only in the memory of the process for a while.
func (s *SafeHeads) sync() error {
	if err := s.db.SyncKeyValue(); err != nil {
		return fmt.Errorf("sync safe-head index: %w", err)
	}
	return nil
}

// At gives the safe head as of an L1 block, and the L1 block of the entry: the block asked for or, above the newest entry,
// the newest. Errors: eth.ErrNotFound with no entry at or below the number; ErrGap if the number lies between two entries;
// an entry that is corrupt is named.
func (s *SafeHeads) At(l1Number uint64) (l1, l2 eth.BlockID, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return eth.BlockID{}, eth.BlockID{}, ErrClosed
	}
	if s.lost != nil {
		return eth.BlockID{}, eth.BlockID{}, s.lost
	}
	if s.db == nil {
		return eth.BlockID{}, eth.BlockID{}, errAway
	}
	if !s.some {
		return eth.BlockID{}, eth.BlockID{}, eth.ErrNotFound
	}
	number := min(l1Number, s.newest)
	next, value, ok, err := s.from(number)
	if err != nil {
		return eth.BlockID{}, eth.BlockID{}, err
	}
	if ok && next == number {
		return parseValue(number, value)
	}
	last, ok, err := s.upTo(number)
	if err != nil {
		return eth.BlockID{}, eth.BlockID{}, err
	}
	if !ok {
		return eth.BlockID{}, eth.BlockID{}, eth.ErrNotFound
	}
	if l1, l2, err := s.entry(last); err != nil {
		return eth.BlockID{}, eth.BlockID{}, err
	} else if _, after, err := parseValue(next, value); err != nil {
		return eth.BlockID{}, eth.BlockID{}, err
	} else if l2 == after { // nothing has become safe in between
		return l1, l2, nil
	}
	return eth.BlockID{}, eth.BlockID{}, fmt.Errorf("%w: nothing was recorded for L1 blocks %d to %d", ErrGap, last+1, next-1)
}

// entry gives the entry of an L1 number that has one.
func (s *SafeHeads) entry(number uint64) (l1, l2 eth.BlockID, err error) {
	_, value, _, err := s.from(number)
	if err != nil {
		return eth.BlockID{}, eth.BlockID{}, err
	}
	return parseValue(number, value)
}

// from gives the first entry at or above an L1 number.
func (s *SafeHeads) from(l1 uint64) (number uint64, value []byte, ok bool, err error) {
	key, value, err := first(s.db, []byte{table}, keyOf(l1)[1:])
	if err != nil {
		return 0, nil, false, fmt.Errorf("read safe-head index: %w", err)
	}
	if key == nil {
		return 0, nil, false, nil
	}
	if number, err = parseKey(key); err != nil {
		return 0, nil, false, fmt.Errorf("read safe-head index: %w", err)
	}
	return number, value, true, nil
}

// upTo gives the last L1 number with an entry at or below a bound. The database's interface only reads upwards, so
// this halves the distance until it is there: at most 65 reads.
func (s *SafeHeads) upTo(bound uint64) (last uint64, ok bool, err error) {
	last, _, ok, err = s.from(0)
	if err != nil || !ok || last > bound {
		return 0, false, err
	}
	for last < bound {
		middle := bound - (bound-last)/2 // above last
		number, _, ok, err := s.from(middle)
		if err != nil {
			return 0, false, err
		}
		if ok && number <= bound {
			last = number
		} else {
			bound = middle - 1
		}
	}
	return last, true, nil
}

// Close gives the directory back. Closing again does nothing.
func (s *SafeHeads) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.db == nil || s.lost != nil {
		return nil
	}
	if err := guarded(s.db.Close); err != nil && !s.broken { // else that has been said
		return fmt.Errorf("close safe-head index: %w", err)
	}
	return nil
}
