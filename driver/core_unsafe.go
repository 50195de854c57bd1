package driver

import (
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
)

// SyncMode says who brings an engine to the tip that has no state yet.
type SyncMode uint8

// The modes.
const (
	SyncAuto      SyncMode = iota // the engine itself if it has no state and a block far ahead becomes known, else derivation
	SyncDerive                    // derivation always (op-node: consensus-layer)
	SyncByEngines                 // the engine itself as long as nothing is final (op-node: execution-layer)
)

// engineSync is a block that the engine is to reach by itself. Derivation rests meanwhile, as its calls would end that.
type engineSync struct {
	payload *eth.PayloadEnvelope
	target  eth.L2Ref
}

// onPostUnsafe takes a block of others: as the new head if it stands on the head, as the engine's target if the engine is
// to sync by itself. Anything else is left to derivation.
func (c *Core) onPostUnsafe(e PostUnsafe) {
	ref, err := attributes.L2RefOf(c.cfg.Rollup, e.Payload.ExecutionPayload)
	if err != nil {
		c.emit(Reply{ID: e.ID, Err: fmt.Errorf("read block: %w", err)})
		return
	}
	c.emit(Reply{ID: e.ID})
	switch head := c.heads.Unsafe; {
	case c.sync != nil:
		if ref.Number > c.sync.target.Number {
			c.sync = &engineSync{e.Payload, ref}
		}
	case c.machine == nil:
		c.report(Warn, "posted block is left out: no start is found yet", "block", ref)
	case ref.Number <= head.Number:
		c.report(Debug, "posted block is old", "block", ref, "unsafe", head)
	case ref.ParentHash == head.Hash:
		c.posted = &sealed{payload: e.Payload, ref: ref}
	case c.maySync():
		c.startEngineSync(e.Payload, ref)
	default:
		c.report(Warn, "posted block is left out: blocks before it are missing", "block", ref, "unsafe", head)
	}
}

// maySync says whether the engine may be told to sync by itself (RULES 7.8).
func (c *Core) maySync() bool {
	genesis := c.cfg.Rollup.Genesis.L2.Number
	switch {
	case !c.cfg.EngineSyncs || c.cfg.SyncMode == SyncDerive || c.seq.active:
		return false
	case c.cfg.SyncMode == SyncByEngines:
		return c.heads.Finalized.Number == genesis
	default:
		return c.heads.Unsafe.Number == genesis
	}
}

func (c *Core) startEngineSync(payload *eth.PayloadEnvelope, target eth.L2Ref) {
	c.report(Info, "the engine syncs by itself", "target", target)
	c.forget()
	c.heads.Unsafe, c.heads.Safe, c.heads.Finalized = eth.L2Ref{}, eth.L2Ref{}, eth.L2Ref{}
	c.sync = &engineSync{payload, target}
}

// orderSync tells the engine its target, until it is there.
func (c *Core) orderSync() {
	blocks := time.Duration(c.cfg.Rollup.BlockTime) * time.Second //nolint:gosec // seconds between blocks
	c.engine.busy = true
	c.emit(SyncEngine{Payload: c.sync.payload, Target: c.sync.target, Behind: uint64((c.cfg.SyncOffset + blocks - 1) / blocks)}) //nolint:gosec // not negative
}

// onEngineSynced looks for the start once the engine is at its target, or will not get there.
func (c *Core) onEngineSynced(e EngineSynced) {
	switch {
	case eth.IsRejected(e.Err):
		c.engine.done(c.now, c.cfg.Seed, nil)
		c.report(Error, "the engine rejects the block it was to sync to", "block", c.sync.target, "err", e.Err)
		c.sync = nil
	case e.Err != nil:
		c.engine.done(c.now, c.cfg.Seed, e.Err)
		c.report(Debug, "engine call failed", "call", "sync", "err", e.Err, "retry", c.engine.wait.until.Sub(c.now))
	case !e.Done:
		c.engine.done(c.now, c.cfg.Seed, eth.WithFault(eth.EngineSyncing, fmt.Errorf("the engine syncs to block %s", c.sync.target)))
	default:
		c.engine.done(c.now, c.cfg.Seed, nil)
		c.report(Info, "the engine has synced", "block", c.sync.target)
		c.sync = nil
	}
}

// onExtended takes the engine's answer to a block of others.
func (c *Core) onExtended(asked call, e EngineDone) {
	if c.posted == asked.sealed {
		c.posted = nil
	}
	if e.Err != nil {
		c.report(Error, "posted block is invalid", "block", asked.sealed.ref, "err", e.Err)
		return
	}
	c.told = asked.labels
	c.told.HeadBlockHash = asked.sealed.ref.Hash
	c.heads = c.heads.Extended(asked.sealed.ref)
	c.report(Info, "inserted", "block", asked.sealed.ref)
}

func (c *Core) onResetDerivation(e ResetDerivation) {
	if c.machine != nil {
		c.report(Warn, "starting over", "why", "asked to")
		c.counts.Restarts++
		c.forget()
	}
	c.emit(Reply{ID: e.ID})
}

func (c *Core) onSetRecoverMode(e SetRecoverMode) {
	c.seq.recover = e.On
	c.report(Warn, "recover mode", "on", e.On)
	c.emit(Reply{ID: e.ID})
}
