package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
)

const (
	// maxInvalid is how many files of invalid blocks are kept; the oldest go first.
	maxInvalid = 16
	// keepTime is how long a call waits for its file. A disk that hangs must not hang the engine.
	keepTime = time.Second
)

// invalidFile is a file invalid-<number>-<first 8 hex digits of a hash>.json: all that is needed to ask another engine, or
// the same one after an upgrade, about a block that an engine calls invalid. The hash is the block's; of attributes, of
// which no block came, their own keccak-256.
type invalidFile struct {
	Time            time.Time              `json:"time"`
	Method          string                 `json:"method"`
	Status          string                 `json:"status,omitempty"` // empty if the engine gave an error instead (-38003)
	Reason          string                 `json:"reason"`           // the engine's words
	LatestValidHash *common.Hash           `json:"latestValidHash"`
	Payload         *eth.PayloadEnvelope   `json:"payload,omitempty"`
	Forkchoice      *eth.ForkchoiceState   `json:"forkchoiceState,omitempty"`
	Attributes      *eth.PayloadAttributes `json:"payloadAttributes,omitempty"`
}

// dump writes files of invalid blocks, one at a time.
type dump struct {
	dir    string
	report func(error)
	busy   chan struct{} // full while a file is written
	wait   time.Duration // for a file
}

// kept keeps what was called invalid, and says in the rejection where.
func (c *Client) kept(ctx context.Context, rejection error, method string, status *payloadStatus, v *invalidFile) error {
	if c.dump == nil {
		return rejection
	}
	v.Time, v.Method, v.Status, v.LatestValidHash = time.Now().UTC(), method, status.Status, status.LatestValidHash
	var words *eth.RejectedError
	if errors.As(rejection, &words) {
		v.Reason = words.Reason
	}
	path, err := c.dump.keep(ctx, c.nameOf(v), v)
	if err != nil {
		c.dump.report(fmt.Errorf("keep what the engine calls invalid: %w", err))
		return rejection
	}
	return fmt.Errorf("%w (kept in %s)", rejection, path)
}

// nameOf is the name of a file. The number of a block that there is not follows from its time.
func (c *Client) nameOf(v *invalidFile) string {
	if v.Payload != nil {
		p := v.Payload.ExecutionPayload
		return fmt.Sprintf("invalid-%d-%x.json", p.BlockNumber, p.BlockHash[:4])
	}
	var number uint64
	if n, err := c.cfg.BlockNumber(v.Attributes.Timestamp); err == nil {
		number = n
	}
	text, err := json.Marshal(v.Attributes)
	if err != nil {
		text = nil // the same attributes were sent as JSON before
	}
	return fmt.Sprintf("invalid-%d-%x.json", number, crypto.Keccak256(text)[:4])
}

// keep writes a file and gives its path. It waits for the disk no longer than d.wait; an error that comes later is
// reported.
func (d *dump) keep(ctx context.Context, name string, v *invalidFile) (string, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "", err
	}
	select {
	case d.busy <- struct{}{}:
	default:
		return "", errors.New("the disk is still busy with the one before")
	}
	late, done := make(chan struct{}), make(chan error)
	go func() {
		err := d.write(name, text)
		<-d.busy
		select {
		case done <- err:
		case <-late:
			if err != nil {
				d.report(fmt.Errorf("keep what the engine calls invalid: %w", err))
			}
		}
	}()
	timer := time.NewTimer(d.wait)
	defer timer.Stop()
	select {
	case err := <-done:
		return filepath.Join(d.dir, name), err
	case <-timer.C:
		close(late)
		return "", fmt.Errorf("the disk took more than %s", d.wait)
	case <-ctx.Done():
		close(late)
		return "", ctx.Err()
	}
}

// write puts a whole file in place, and removes the oldest ones beyond maxInvalid.
func (d *dump) write(name string, text []byte) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	part := filepath.Join(d.dir, "invalid.part") // one writer at a time: what a crash leaves behind is overwritten
	if err := os.WriteFile(part, append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.Rename(part, filepath.Join(d.dir, name)); err != nil {
		return err
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return err
	}
	var old []fs.FileInfo
	for _, e := range entries {
		if e.Name() == name || !strings.HasPrefix(e.Name(), "invalid-") || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		if info, err := e.Info(); err == nil {
			old = append(old, info)
		}
	}
	slices.SortFunc(old, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(b.Name(), a.Name()))
	})
	for i := maxInvalid - 1; i < len(old); i++ {
		if err := os.Remove(filepath.Join(d.dir, old[i].Name())); err != nil {
			return err
		}
	}
	return nil
}
