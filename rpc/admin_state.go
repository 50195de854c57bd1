package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// AdminState is the file in which a node remembers what admin_* switched, in op-node's format: {"sequencerStarted":true}.
// A file that is not there remembers nothing. A file with anything else in it is an error, and is not overwritten: it is
// either broken, or of another program. One caller at a time.
type AdminState struct {
	Path string
}

type adminStateJSON struct {
	SequencerStarted *bool `json:"sequencerStarted,omitempty"`
}

// SequencerStarted says what was switched last, if that is known.
func (s *AdminState) SequencerStarted() (started, known bool, err error) {
	state, err := s.read()
	if err != nil || state.SequencerStarted == nil {
		return false, false, err
	}
	return *state.SequencerStarted, true, nil
}

// SetSequencerStarted remembers it, beyond a loss of power too once it returns. Directories are made as needed.
func (s *AdminState) SetSequencerStarted(started bool) error {
	if _, err := s.read(); err != nil {
		return err
	}
	text, err := json.Marshal(adminStateJSON{SequencerStarted: &started})
	if err != nil {
		return err
	}
	dir, fresh := filepath.Dir(s.Path), s.Path+".tmp"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make directory of admin state: %w", err)
	}
	if err := writeThrough(fresh, text); err != nil {
		return fmt.Errorf("write admin state: %w", err)
	}
	if err := os.Rename(fresh, s.Path); err != nil {
		return fmt.Errorf("replace admin state: %w", err)
	}
	if d, err := os.Open(dir); err == nil { // the rename has to last too; not every system can be told so
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}

func (s *AdminState) read() (state adminStateJSON, err error) {
	text, err := os.ReadFile(s.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return state, nil
	case err != nil:
		return state, fmt.Errorf("read admin state: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&state); err != nil {
		return state, fmt.Errorf("admin state %s is not of the form {\"sequencerStarted\":true}: %w", s.Path, err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return state, fmt.Errorf("admin state %s is not of the form {\"sequencerStarted\":true}: there is more in it", s.Path)
	}
	return state, nil
}

// writeThrough writes a file and waits for the disk.
func writeThrough(path string, text []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Sync()
}
