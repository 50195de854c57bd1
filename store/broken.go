package store

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/ethereum/go-ethereum/ethdb"
)

// brokenError means that the database could not write its log, because the disk is full say. It says so by a panic, when
// it has let go of its locks, and is of no use from then on but to be closed: what is on disk has to be opened again.
type brokenError struct{ why string }

func (e *brokenError) Error() string { return "the log cannot be written: " + e.why }

// lostError means that the database panicked, about a file that it cannot make say, and may hold its locks: whoever asks it
// again may wait for ever, even to close it. The directory belongs to it until the process ends.
type lostError struct{ why string }

func (e *lostError) Error() string {
	return "the database gave up; when the disk is well, start the node again: " + e.why
}

// sign is what the panic of a brokenError says before the reason.
const sign = "pebble: fatal commit error: "

// guarded runs an action on the database and makes errors of its panics. Mistakes in a program stay panics.
func guarded(action func() error) (err error) {
	defer func() {
		said := recover()
		if said == nil {
			return
		}
		why, ok := said.(error)
		if !ok || errors.As(why, new(runtime.Error)) {
			panic(said)
		}
		if _, text, ok := strings.Cut(why.Error(), sign); ok {
			err = &brokenError{text}
			return
		}
		err = &lostError{strings.Join(strings.Fields(why.Error()), " ")}
	}()
	return action()
}

// reopened closes a database that is broken, and opens it again as of what is on disk. It may be that only closing works:
// then there is none, which is nil, and opening is to be tried again.
func reopened(db ethdb.KeyValueStore, open func() (ethdb.KeyValueStore, error)) (ethdb.KeyValueStore, error) {
	if db != nil {
		if err := guarded(db.Close); isLost(err) {
			return db, err
		} // else it says again what it said before
	}
	db, err := open()
	if err != nil {
		return nil, fmt.Errorf("open it again: %w", err)
	}
	return db, nil
}

func isBroken(err error) bool { return errors.As(err, new(*brokenError)) }
func isLost(err error) bool   { return errors.As(err, new(*lostError)) }
