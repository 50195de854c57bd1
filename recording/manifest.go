package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

// Version is that of the format.
const Version = 1

// maxBlobForks bounds the blob schedule: L1 has had some ten changes.
const maxBlobForks = 256

// ErrNone means that a folder holds no recording.
var ErrNone = errors.New("there is no recording")

// manifest is recording.json: what neither rollup.json nor the blocks say.
type manifest struct {
	Version      int        `json:"version"`
	MadeBy       string     `json:"madeBy,omitempty"` // for people
	From         *uint64    `json:"from,omitempty"`   // the L2 block to begin on, if none is named; nil: the lowest that can be
	To           *uint64    `json:"to,omitempty"`     // the last L2 block to derive, if none is named; nil: as far as the recording reaches
	BlobSchedule []blobFork `json:"blobSchedule"`
	AsOpNode117  bool       `json:"asOpNode117,omitempty"` // rollup.Config.AsOpNode117
}

type blobFork struct {
	Time           uint64 `json:"time"`
	UpdateFraction uint64 `json:"updateFraction"`
}

func blobForks(s rollup.BlobSchedule) []blobFork {
	out := make([]blobFork, len(s))
	for i, p := range s {
		out[i] = blobFork(p)
	}
	return out
}

func (m *manifest) schedule() rollup.BlobSchedule {
	var out rollup.BlobSchedule
	for _, f := range m.BlobSchedule {
		out = append(out, rollup.BlobParams(f))
	}
	return out
}

func readManifest(dir string) (*manifest, error) {
	text, err := read(dir, manifestName, maxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s has no %s", ErrNone, dir, manifestName)
	}
	if err != nil {
		return nil, err
	}
	var version struct { // another one may have other keys
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, jsonError(manifestName, "", text, err)
	}
	if version.Version != Version {
		return nil, broken(manifestName, "version", "it is %d, and this program reads %d", version.Version, Version)
	}
	m, err := decode[manifest](manifestName, text)
	if err != nil {
		return nil, err
	}
	if len(m.BlobSchedule) > maxBlobForks {
		return nil, broken(manifestName, "blobSchedule", "it has more than %d entries", maxBlobForks)
	}
	for i, f := range m.BlobSchedule {
		field := fmt.Sprintf("blobSchedule[%d].", i)
		switch {
		case f.UpdateFraction == 0:
			return nil, broken(manifestName, field+"updateFraction", "it is 0: blobs would have no price")
		case i > 0 && f.Time < m.BlobSchedule[i-1].Time:
			return nil, broken(manifestName, field+"time", "%d is before the entry above it: entries are in the order of their times", f.Time)
		}
	}
	return m, nil
}

// readConfig reads rollup.json and demands that its chain can be derived. Keys that mean nothing are passed over: other
// stacks have their own.
func readConfig(dir string, m *manifest) (*rollup.Config, error) {
	text, err := read(dir, rollupName, maxManifestBytes)
	if err != nil {
		return nil, err
	}
	cfg, _, err := rollup.Parse(text)
	if err == nil {
		err = derive.CheckSupported(cfg)
	}
	var field *rollup.FieldError
	switch {
	case errors.As(err, &field):
		return nil, broken(rollupName, field.Field, "%s: %s", field.Value, field.Fix)
	case err != nil:
		return nil, broken(rollupName, "", "%w", err)
	}
	cfg.AsOpNode117 = m.AsOpNode117
	return cfg, nil
}

// builder makes attributes as a node of the chain does.
func builder(cfg *rollup.Config, blobs rollup.BlobSchedule) *attributes.Builder {
	of := upgrades.Transactions
	if cfg.AsOpNode117 {
		of = upgrades.AsOpNode117
	}
	return &attributes.Builder{Config: cfg, Blobs: blobs, Upgrades: of}
}
