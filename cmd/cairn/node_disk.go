package main

import (
	"log/slog"
	"os"
)

// open makes the data directory. Whoever swaps op-node's binary for this one has not named one: if the default cannot be
// made, as in a container that may not write where it runs, the node does without.
func (f *diskFlags) open(given bool, log *slog.Logger) error {
	if f.DataDir == "" {
		return nil
	}
	err := canWriteIn(f.DataDir)
	switch {
	case err == nil:
	case given:
		return wrong("datadir", f.DataDir, "cannot write there (%s); give another directory, or --datadir= to do without", reason(err))
	default:
		log.Warn("nothing outlives this process: give --datadir a directory, and a restart goes on where it was", "dir", f.DataDir, "err", reason(err))
		f.DataDir = ""
	}
	return nil
}

// canWriteIn makes a directory and a file in it.
func canWriteIn(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	_ = file.Close()
	return os.Remove(file.Name())
}
