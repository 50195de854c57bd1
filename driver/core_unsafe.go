package driver

import (
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

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

// onUnsafe takes a block of others, whose hash was checked: it waits in the queue until it stands on the head. One far ahead
// is the engine's target, if the engine is to sync by itself. The error says that it is no block of this chain.
func (c *Core) onUnsafe(payload *eth.PayloadEnvelope) error {
	ref, err := attributes.L2RefOf(c.cfg.Rollup, payload.ExecutionPayload)
	if err != nil {
		return fmt.Errorf("read block: %w", err)
	}
	c.counts.Received++
	if ref.Number <= c.heads.Safe.Number || c.onTrail(ref.Hash) >= 0 {
		c.report(Debug, "unsafe block is old", "block", ref, "safe", c.heads.Safe)
		return nil
	}
	b := &sealed{payload: payload, ref: ref}
	dropped, known := c.queue.add(b)
	for _, d := range dropped {
		c.report(Debug, "unsafe block is left out: too many wait", "block", d.ref, "bytes", c.queue.bytes)
	}
	switch {
	case known:
	case c.sync != nil:
		if ref.Number > c.sync.target.Number {
			c.sync = &engineSync{payload, ref}
		}
	case c.machine == nil:
	case c.queue.root(b).ref.ParentHash == c.heads.Unsafe.Hash:
	case ref.Number > c.heads.Unsafe.Number+1 && c.maySync():
		c.startEngineSync(payload, ref)
	default:
		c.fork(b)
	}
	return nil
}

// fork gives up the end of the unsafe chain if a block of others stands on an earlier part of it and is higher: a sequencer
// that was started anew builds on what it still has. A node that sequences itself does not listen.
func (c *Core) fork(b *sealed) {
	if b.ref.Number <= c.heads.Unsafe.Number || c.seq.active || c.heads.Backup != (eth.L2Ref{}) {
		return
	}
	parent := c.queue.root(b).ref.ParentHash
	for _, at := range append([]eth.L2Ref{c.heads.Safe}, c.trail...) {
		if at.Hash == parent && at.Number >= c.heads.Safe.Number {
			c.report(Warn, "the sequencer has another chain: unsafe blocks are given up", "from", c.heads.Unsafe, "to", at, "for", b.ref)
			c.heads = c.heads.Truncated(at)
			return
		}
	}
}

// maxTrail is how many blocks of the unsafe chain are kept in mind.
const maxTrail = 1024

// onTrail is the position of a block among the newest of the unsafe chain; -1 if it is none of them.
func (c *Core) onTrail(hash common.Hash) int {
	return slices.IndexFunc(c.trail, func(r eth.L2Ref) bool { return r.Hash == hash })
}

// follow keeps in mind how the unsafe chain goes, and forgets waiting blocks that the safe head has passed.
func (c *Core) follow() {
	head, last := c.heads.Unsafe, eth.L2Ref{}
	if len(c.trail) > 0 {
		last = c.trail[len(c.trail)-1]
	}
	switch last.Hash {
	case head.Hash: // as after almost every event
	case head.ParentHash:
		c.trail = append(c.trail, head)
		c.trail = c.trail[max(0, len(c.trail)-maxTrail):]
	default:
		if at := c.onTrail(head.Hash); at >= 0 {
			c.trail = c.trail[:at+1]
		} else {
			c.trail = []eth.L2Ref{head}
		}
	}
	if c.pruned != c.heads.Safe.Number {
		c.pruned = c.heads.Safe.Number
		if n := c.queue.prune(c.pruned); n > 0 {
			c.report(Debug, "unsafe blocks are left out: the safe head is past them", "blocks", n, "safe", c.heads.Safe)
		}
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
	if e.Err != nil {
		count := c.queue.drop(asked.sealed)
		c.report(Error, "unsafe block is invalid", "block", asked.sealed.ref, "err", e.Err, "left_out", count)
		return
	}
	c.queue.remove(asked.sealed)
	c.told = asked.labels
	c.told.HeadBlockHash = asked.sealed.ref.Hash
	c.heads = c.heads.Extended(asked.sealed.ref)
	c.counts.Inserted++
	c.report(Info, "inserted", "block", asked.sealed.ref)
}

func (c *Core) onResetDerivation(e ResetDerivation) {
	if c.machine != nil {
		c.report(Warn, "starting over", "why", "asked to")
		c.counts.Restarts++
		c.sequencerReset()
		c.forget()
	}
	c.emit(Reply{ID: e.ID})
}

func (c *Core) onSetRecoverMode(e SetRecoverMode) {
	c.seq.recover = e.On
	c.report(Warn, "recover mode", "on", e.On)
	c.emit(Reply{ID: e.ID})
}
