package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/ethdb/pebble"
)

const (
	cacheMB = 16 // the least that the library takes
	handles = 64 // open files
)

// OpenSafeHeads opens the index in a directory, which is made if it is not there; "" is an index in memory, which ends
// with the process. The directory may be one of op-node's. Errors name the directory and what to do: it is in use, it
// holds something else, or its files are damaged.
func OpenSafeHeads(dir string) (*SafeHeads, error) {
	if dir == "" {
		return &SafeHeads{db: memorydb.New()}, nil
	}
	again := func() (ethdb.KeyValueStore, error) {
		return open(dir, "safeheads/", "it fills again from where derivation begins")
	}
	db, err := again()
	if err != nil {
		return nil, fmt.Errorf("open safe-head index: %w", err)
	}
	s := &SafeHeads{db: db, open: again}
	if err := s.load(); err != nil {
		return nil, errors.Join(
			fmt.Errorf("open safe-head index: %s holds something else or is corrupt (give an empty directory, or one of a safe-head index): %w", dir, err),
			db.Close())
	}
	return s, nil
}

// open opens a database in a directory. lost says what becomes of it if it is removed.
func open(dir, metrics, lost string) (ethdb.KeyValueStore, error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	db, err := pebble.New(dir, cacheMB, handles, metrics, false)
	switch {
	case isLocked(err):
		return nil, fmt.Errorf("%s is in use by another process: end it, or give this node a directory of its own: %w", dir, err)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read (if its files are damaged, remove it: %s): %w", dir, lost, err)
	}
	return db, nil
}

// isLocked says whether another process has the lock. A file that may not be opened is a PathError and something else.
func isLocked(err error) bool {
	var path *fs.PathError
	return !errors.As(err, &path) && (errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES))
}

// databaseFiles are the names that the database gives. None of them is OPTIONS-*, which is there as soon as the first opening
// is through, and which other databases with the same names lack.
var databaseFiles = []string{"CURRENT", "LOCK", "MANIFEST-*", "marker.*", "temporary.*", "CURRENT.*.dbtmp", "*.log", "*.sst"}

// checkDir refuses a directory that is not empty and no database, before the database would put its files beside what is
// there.
func checkDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	foreign := ""
	for _, entry := range entries {
		if ok, _ := filepath.Match("OPTIONS-*", entry.Name()); ok {
			return nil
		}
		if foreign == "" && !isDatabaseFile(entry.Name()) {
			foreign = entry.Name()
		}
	}
	if foreign != "" {
		return fmt.Errorf("%s holds something else (%s): give an empty directory, or one that was made for this", dir, foreign)
	}
	return nil
}

func isDatabaseFile(name string) bool {
	for _, pattern := range databaseFiles {
		if ok, _ := filepath.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// load checks that the database is a safe-head index, and finds its newest entry.
func (s *SafeHeads) load() (err error) {
	for _, start := range [][]byte{nil, tableEnd()} {
		if key, _, err := first(s.db, nil, start); err != nil {
			return err
		} else if key != nil {
			if _, err := parseKey(key); err != nil {
				return err
			}
		}
	}
	s.newest, s.some, err = s.upTo(math.MaxUint64)
	return err
}

// first gives the first key at or behind a start, nil if there is none, and its value.
func first(db ethdb.Iteratee, prefix, start []byte) (key, value []byte, err error) {
	it := db.NewIterator(prefix, start)
	defer it.Release()
	if it.Next() {
		key, value = append([]byte{}, it.Key()...), append([]byte{}, it.Value()...)
	}
	return key, value, it.Error()
}
