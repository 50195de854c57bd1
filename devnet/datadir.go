package devnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"
)

// parameters are what a data directory was made with and cannot change any more.
type parameters struct {
	Format      int    `json:"format"` // of the directory
	L1BlockTime uint64 `json:"l1BlockTime"`
	L2BlockTime uint64 `json:"l2BlockTime"`
	GenesisTime uint64 `json:"genesisTime"`
}

// flags name the parameters that can differ as the person who gives them knows them.
var flags = map[string]string{"L1BlockTime": "--l1.block-time", "L2BlockTime": "--l2.block-time"}

const (
	parametersFile = "devnet.json"
	dirFormat      = 1
)

// prepare sets the genesis time: now for a new devnet, that of the data directory for an old one. A directory that was
// made with other parameters, or is not a devnet's, is refused. Nothing is written yet.
func (c *Config) prepare(now time.Time) (isNew bool, err error) {
	if c.GenesisTime == 0 {
		c.GenesisTime = uint64(now.Unix()) //nolint:gosec // after 1970
	}
	if c.DataDir == "" {
		return true, nil
	}
	bad := func(fix string) error { return fieldError("--datadir", c.DataDir, fix) }
	text, err := os.ReadFile(filepath.Join(c.DataDir, parametersFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, c.checkEmpty()
	case err != nil:
		return false, bad(fmt.Sprintf("cannot read %s in it (%s); give a directory", parametersFile, cause(err)))
	}
	var old parameters
	if err := json.Unmarshal(text, &old); err != nil {
		return false, bad(fmt.Sprintf("%s in it is damaged (%s); give another directory", parametersFile, err))
	}
	if old.Format != dirFormat {
		return false, bad(fmt.Sprintf("%s in it has format %d, this program knows %d; give another directory", parametersFile, old.Format, dirFormat))
	}
	c.GenesisTime = old.GenesisTime
	if field, was, is := difference(old, c.parameters()); field != "" {
		return false, fieldError(flags[field], fmt.Sprint(is), fmt.Sprintf("the devnet in %s was made with %v; give that, or another --datadir", c.DataDir, was))
	}
	return false, nil
}

// checkEmpty refuses a directory that holds something else, or cannot be written.
func (c *Config) checkEmpty() error {
	bad := func(fix string) error { return fieldError("--datadir", c.DataDir, fix) }
	entries, err := os.ReadDir(c.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return bad(fmt.Sprintf("cannot read it (%s); give a directory", cause(err)))
	case len(entries) > 0:
		return bad(fmt.Sprintf("it holds %s and no devnet; give an empty or new directory", entries[0].Name()))
	}
	return nil
}

func (c *Config) parameters() parameters {
	return parameters{Format: dirFormat, L1BlockTime: c.L1BlockTime, L2BlockTime: c.L2BlockTime, GenesisTime: c.GenesisTime}
}

// difference names the first field in which two values differ.
func difference(old, now parameters) (field string, was, is any) {
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	for i := range a.NumField() {
		if was, is := a.Field(i).Interface(), b.Field(i).Interface(); was != is {
			return a.Type().Field(i).Name, was, is
		}
	}
	return "", nil, nil
}

// create makes the directory and writes the parameters, whole or not at all.
func (c *Config) create() error {
	bad := func(err error) error {
		return fieldError("--datadir", c.DataDir, fmt.Sprintf("cannot write it (%s); give a directory that can be written", cause(err)))
	}
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return bad(err)
	}
	text, err := json.MarshalIndent(c.parameters(), "", "  ")
	if err != nil {
		return err
	}
	final := filepath.Join(c.DataDir, parametersFile)
	if err := os.WriteFile(final+".new", append(text, '\n'), 0o600); err != nil {
		return bad(err)
	}
	if err := os.Rename(final+".new", final); err != nil {
		return bad(err)
	}
	return nil
}
