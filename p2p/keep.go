package p2p

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKept is the most that is read of one file, in bytes. What is written is bounded by the counts of its entries.
const maxKept = 4 << 20

// keep is one small JSON file that is replaced as a whole: a killed process leaves the old content or the new. The zero
// value keeps nothing.
type keep struct {
	path string // "": in memory only
}

// load reads the file into what. A file that is not there changes nothing. One that cannot be read as JSON is moved out
// of the way, for whoever wants to look at it, and reported; the node starts without.
func (k keep) load(what any) error {
	if k.path == "" {
		return nil
	}
	info, err := os.Stat(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", k.path, err)
	}
	if info.Size() > maxKept {
		return errors.Join(fmt.Errorf("%s has %d bytes, more than is ever written", k.path, info.Size()), k.setAside())
	}
	text, err := os.ReadFile(k.path)
	if err != nil {
		return fmt.Errorf("read %s: %w", k.path, err)
	}
	if err := json.Unmarshal(text, what); err != nil {
		return errors.Join(fmt.Errorf("%s is damaged: %w", k.path, err), k.setAside())
	}
	return nil
}

func (k keep) setAside() error { return os.Rename(k.path, k.path+".damaged") }

// save replaces the file and returns when it is on disk.
func (k keep) save(what any) error {
	if k.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(what, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", k.path, err)
	}
	dir := filepath.Dir(k.path)
	file, err := os.CreateTemp(dir, filepath.Base(k.path)+".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", k.path, err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", k.path, err), os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), k.path); err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", k.path, err), os.Remove(file.Name()))
	}
	return syncDir(dir)
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
