package faults

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rollup"
)

// other is a case that does not go the way of a condition.
type other struct {
	name  string
	codes []eth.Fault // that it shows
	run   func(*testing.T, *chain)
}

func others() []other {
	return []other{
		{"the disk is full, and then gone", []eth.Fault{eth.StoreFailed}, diskFull},
		{"the data directory is removed", nil, dataDirRemoved},
		{"the data directory cannot be made", nil, dataDirMissing},
		{"a fork that this program does not know", []eth.Fault{eth.DerivationHalted}, unknownFork},
		{"engine calls a payload invalid", nil, invalidPayload},
		{"engine calls every payload invalid", []eth.Fault{eth.EngineRejectsBlock}, nothingValid},
		{"L1 goes away from a sequencer", []eth.Fault{eth.L1Unreachable}, sequencerWithoutL1},
		{"everything is away, and comes back", []eth.Fault{eth.EngineUnreachable, eth.L1Unreachable, eth.BeaconUnreachable}, everythingAway},
	}
}

// diskFull is a log that cannot be written, and then a disk that is gone.
func diskFull(t *testing.T, c *chain) {
	r := newRig(t, c)
	dir := filepath.Join(t.TempDir(), "data")
	r.cfg.Disk = node.Disk{DataDir: dir}
	r.start()
	r.moves("in health", 0)
	safedb := filepath.Join(dir, "safedb")
	away := safedb + ".away"
	if err := errors.Join(os.Rename(safedb, away), os.WriteFile(safedb, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	fill(t, away)
	r.shows(eth.StoreFailed, "safe")
	before := r.safe().Number
	if err := errors.Join(os.Remove(safedb), os.Rename(away, safedb)); err != nil {
		t.Fatal(err)
	}
	r.moves("with space again", before)
	r.restart()
	r.moves("after a restart", before)
}

// dataDirRemoved does not hold up what runs, and the next process begins anew.
func dataDirRemoved(t *testing.T, c *chain) {
	r := newRig(t, c)
	dir := filepath.Join(t.TempDir(), "data")
	r.cfg.Disk = node.Disk{DataDir: dir}
	r.start()
	r.moves("in health", 0)
	eventually(t, "its files are gone", func() bool { return os.RemoveAll(dir) == nil }) // it may be writing one
	r.moves("without its files", r.safe().Number+2)
	before := r.safe().Number
	r.cfg.Disk = node.Disk{DataDir: filepath.Join(t.TempDir(), "data")}
	r.restart()
	r.moves("after a restart", before)
}

// dataDirMissing is said at the start, by name.
func dataDirMissing(t *testing.T, c *chain) {
	r := newRig(t, c)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := r.config()
	cfg.Disk = node.Disk{DataDir: filepath.Join(file, "data")}
	if n, err := node.New(cfg); err == nil || n != nil || !strings.Contains(err.Error(), file) {
		t.Errorf("%v, want an error that names %s", err, file)
	}
	r.cfg.Disk = node.Disk{DataDir: filepath.Join(t.TempDir(), "data")}
	r.start()
	r.moves("with another directory", 0)
}

// ends waits until the node ends by itself, and says what it says of itself then.
func (r *rig) ends(want eth.Fault) {
	r.t.Helper()
	var ended error
	if !within(func() bool {
		select {
		case ended = <-r.ended:
			return true
		default:
			return false
		}
	}) {
		r.t.Fatal("the node does not end")
	}
	s := r.node.Status()
	e := obs.Explain(obs.Snapshot{Failure: s.Failure, FailureFault: s.Fault}, s.At)
	if errors.Is(ended, context.Canceled) || s.Failure == "" || s.Fault != want || e.Verdict != obs.VerdictStopped || e.Code != obs.Code(want) || e.Text == "" || e.Fix == "" {
		r.t.Errorf("the node ended with %v, its status says %q and %q: %+v", ended, s.Failure, s.Fault, e.Status)
	}
	r.t.Logf("%v\n%s\n%s", ended, e.Text, e.Fix)
	if err := r.node.Close(); err != nil {
		r.t.Errorf("close node: %v", err)
	}
	r.node = nil
	r.noSecretIn("the log", r.log.all())
}

// unknownFork halts derivation at the fork; all before it stays, and a program that knows better goes on from there.
func unknownFork(t *testing.T, c *chain) {
	r := newRig(t, c)
	right := r.cfg.Rollup
	fork := right.Genesis.L2Time + 3*right.BlockTime
	r.cfg.Rollup = with(right, func(cfg *rollup.Config) {
		cfg.SetTime(rollup.Karst, &fork)
		cfg.SetTime(rollup.Lagoon, &fork)
	})
	r.start()
	r.ends(eth.DerivationHalted)
	head := r.geth.Head()
	if head.Number.Uint64() != 2 || head.Hash() != c.hash(t, 2) {
		t.Errorf("the engine's head is %d, %s, want the sequencer's block before the fork", head.Number, head.Hash())
	}
	r.cfg.Rollup = right
	r.start()
	r.moves("with the right configuration", 2)
}

// invalidPayload has one block replaced by one of deposits only, as the protocol wants it: the engine has the last word. A
// mended engine, before that was final, comes back to the chain with a new start.
func invalidPayload(t *testing.T, c *chain) {
	r := newRig(t, c)
	block := c.withUsers(t, 2)
	number, honest := block.NumberU64(), block.Hash()
	invalid := newPayload(result(map[string]any{"status": "INVALID", "latestValidHash": nil, "validationError": "invalid merkle root"}))
	r.engine.set(where(invalid, func(x *exchange) bool {
		var p eth.ExecutionPayload
		return len(x.params) > 0 && json.Unmarshal(x.params[0], &p) == nil && p.BlockHash == honest
	}))
	r.l1[0].set(notFinal)
	r.start()
	eventually(t, "a block of deposits only", func() bool { return r.node.Status().Counts.Rejected > 0 })
	r.engine.clear()
	r.restart()
	r.l1[0].clear()
	r.moves("with a mended engine", number)
}

// nothingValid is an engine without a way on.
func nothingValid(t *testing.T, c *chain) {
	r := newRig(t, c)
	r.start()
	r.moves("in health", 0)
	r.engine.set(newPayload(result(map[string]any{"status": "INVALID", "latestValidHash": nil, "validationError": "no blocks today"})))
	r.ends(eth.EngineRejectsBlock)
	r.engine.clear()
	r.start()
	r.moves("with a mended engine", r.geth.Head().Number.Uint64())
}

// sequencerWithoutL1 makes blocks as long as it knows L1 origins for them.
func sequencerWithoutL1(t *testing.T, c *chain) {
	r := newRig(t, c)
	r.cfg.Sequencing = driver.Sequencing{Enabled: true, Confs: 1}
	r.start()
	eventually(t, "own blocks", func() bool { return r.node.Status().Counts.Sequenced > 0 })
	r.l1[0].down()
	r.shows(eth.L1Unreachable, "unsafe")
	r.l1[0].up()
	before := r.node.Status().Counts.Sequenced
	eventually(t, "more own blocks", func() bool { return r.node.Status().Counts.Sequenced > before })
	r.moves("after the fault", r.safe().Number)
}

// everythingAway is a machine room after a power cut: things come back one by one.
func everythingAway(t *testing.T, c *chain) {
	r := newRig(t, c)
	r.l1[0].down()
	r.beacon[0].down()
	r.engine.down()
	r.start()
	r.shows(eth.EngineUnreachable, "safe")
	r.shows(eth.L1Unreachable, "l1")
	r.engine.up()
	r.shows(eth.L1Unreachable, "safe")
	r.l1[0].up()
	r.shows(eth.BeaconUnreachable, "safe")
	r.beacon[0].up()
	r.moves("with everything back", 0)
}
