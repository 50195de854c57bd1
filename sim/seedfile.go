package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// WriteSeed writes a failure to a file of its own in a directory.
func WriteSeed(dir string, f *Failure) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write seed %d: %w", f.Seed, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write seed %d: %w", f.Seed, err)
	}
	name := filepath.Join(dir, fmt.Sprintf("seed-%d.json", f.Seed))
	if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write seed %d: %w", f.Seed, err)
	}
	return nil
}

// Seed is a seed that is kept, and why.
type Seed struct {
	Seed uint64 `json:"seed"`
	Why  string `json:"why"`
}

// ReadSeed reads the file of a seed that is kept; that of a failure will do.
func ReadSeed(file string) (s Seed, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("read seed: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read seed %s: %w", file, err)
	}
	return s, nil
}
