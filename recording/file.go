package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bytes that are read of a file, at most.
const (
	maxManifestBytes = 1 << 20
	maxL1Bytes       = 64 << 20  // L1's gas limit pays for less calldata than this in hex
	maxL2Bytes       = 256 << 20 // as much as is read of an engine's answer
)

// maxFiles bounds a folder: more blocks than anybody asks about at once.
const maxFiles = 1 << 21

// Names within a recording.
const (
	manifestName = "recording.json"
	rollupName   = "rollup.json"
	l1Folder     = "l1"
	l2Folder     = "l2"
	blobFolder   = "blobs"
)

// FileError says which file of a recording is wrong, and in which field.
type FileError struct {
	File  string // within the recording
	Field string // "": the file as a whole
	Err   error
}

func (e *FileError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.File, e.Err)
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Field, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// broken makes a FileError.
func broken(file, field, format string, args ...any) error {
	return &FileError{File: file, Field: field, Err: fmt.Errorf(format, args...)}
}

func l1Name(number uint64) string { return l1Folder + "/" + strconv.FormatUint(number, 10) + ".json" }

func l2Name(number uint64) string { return l2Folder + "/" + strconv.FormatUint(number, 10) + ".json" }

// read reads a file of at most a number of bytes. A missing one is fs.ErrNotExist.
func read(dir, name string, most int64) ([]byte, error) {
	f, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, broken(name, "", "read it: %w", withoutPath(err))
	case int64(len(text)) > most:
		return nil, broken(name, "", "it has more than %d bytes", most)
	case len(text) == 0:
		return nil, broken(name, "", "it is empty")
	}
	return text, nil
}

// open opens a file that is one: a pipe would never end.
func open(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if err != nil {
		return nil, broken(name, "", "%w", withoutPath(err))
	}
	if !info.Mode().IsRegular() {
		return nil, broken(name, "", "it is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, broken(name, "", "%w", withoutPath(err))
	}
	return f, nil
}

// withoutPath drops the path from an error that will name the file anyway.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// decode reads one JSON value and demands that every key of it means something.
func decode[T any](name string, text []byte) (*T, error) {
	try := func(text []byte) (*T, error) {
		into := new(T)
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			return nil, err
		}
		if d.More() {
			return nil, errors.New("there is more behind the JSON value")
		}
		return into, nil
	}
	into, err := try(text)
	if err == nil {
		return into, nil
	}
	where := locate(text, func(text []byte) bool {
		_, part := try(text)
		return part != nil && part.Error() == err.Error() && !strings.Contains(err.Error(), ": missing ") // no part has it
	})
	return nil, jsonError(name, where, text, err)
}

// deepest is how far below the top of a file a field is looked for: executionPayload.transactions[1] is at 3.
const deepest = 4

// locate finds the field whose value alone gives the same error as the whole: not all types of a value name it.
func locate(text []byte, wrong func([]byte) bool) string {
	type step struct{ path, before, after string }
	at, value := step{}, json.RawMessage(text)
	for range deepest {
		next, inner, found := step{}, json.RawMessage(nil), false
		try := func(s step, part json.RawMessage) {
			if !found && wrong([]byte(s.before+string(part)+s.after)) {
				next, inner, found = s, part, true
			}
		}
		var object map[string]json.RawMessage
		var list []json.RawMessage
		switch {
		case json.Unmarshal(value, &object) == nil:
			for _, key := range slices.Sorted(maps.Keys(object)) {
				quoted, err := json.Marshal(key)
				if err == nil {
					try(step{strings.TrimPrefix(at.path+"."+key, "."), at.before + "{" + string(quoted) + ":", "}" + at.after}, object[key])
				}
			}
		case json.Unmarshal(value, &list) == nil:
			for i, part := range list {
				try(step{fmt.Sprintf("%s[%d]", at.path, i), at.before + "[", "]" + at.after}, part)
			}
		}
		if !found {
			return at.path
		}
		at, value = next, inner
	}
	return at.path
}

// jsonError says what package json found, for people, of the field or the line it is about.
func jsonError(name, where string, text []byte, err error) error {
	var typed *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &typed):
		if where == "" {
			where = typed.Field
		}
		return broken(name, where, "it is a JSON %s, and should be %s", typed.Value, typed.Type)
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		return broken(name, "", "not JSON at line %d (%s)", line, syntax)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return broken(name, "", "not JSON: it ends too early")
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		if where == "" {
			where = strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		}
		return broken(name, where, "there is no such key")
	}
	return broken(name, where, "%w", err)
}

// numbers lists the block numbers of a folder's files, ascending. A folder that is not there is empty.
func numbers(dir, folder string) ([]uint64, error) {
	f, err := os.Open(filepath.Join(dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, broken(folder, "", "%w", withoutPath(err))
	}
	defer f.Close() //nolint:errcheck // it is only read
	var all []uint64
	for {
		entries, err := f.ReadDir(1024)
		for _, entry := range entries {
			name := entry.Name()
			if strings.HasPrefix(name, ".") {
				continue // half written, or somebody's desktop
			}
			number, err := strconv.ParseUint(strings.TrimSuffix(name, ".json"), 10, 64)
			if err != nil || strconv.FormatUint(number, 10)+".json" != name {
				return nil, broken(folder+"/"+name, "", "it is no block: files here are named <number>.json")
			}
			if all = append(all, number); len(all) > maxFiles {
				return nil, broken(folder, "", "it has more than %d files", maxFiles)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(folder, "", "%w", withoutPath(err))
		}
	}
	slices.Sort(all)
	return all, nil
}

// write makes a file appear whole, or not at all.
func write(dir, name string, text []byte) (err error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // made to be shared
		return fmt.Errorf("write %s: %w", name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// writeJSON writes a value for people to read.
func writeJSON(dir, name string, value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return write(dir, name, b.Bytes())
}
