package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// How far blobs are looked for, in L1 blocks, and how many of those that have some are read. A batcher posts every few
// minutes to hours; if none of its blobs is found, those of others are the same to a beacon node.
const (
	searchBlocks = 96
	searchFull   = 12
	probeBlocks  = 8
)

// target is a blob that is on L1.
type target struct {
	ref   eth.L1Ref
	hash  common.Hash // versioned
	inbox bool        // it was sent to the batch inbox
}

// search is where a blob was looked for, and what was found.
type search struct {
	client *rpc.Client
	from   uint64  // L1 block the search began at
	found  *target // nil: none
}

// prepareKZG loads the trusted setup, which is seconds of work for one processor, while the endpoints are reached.
func (e *examination) prepareKZG() {
	if _, err := kzg4844.BlobToCommitment(new(kzg4844.Blob)); err != nil {
		e.kzg.lack("a library that verifies blobs: " + err.Error())
		return
	}
	e.kzg.give(struct{}{})
}

// examineBlobs asks every beacon node for a recent blob and for one as old as a start may need.
func (e *examination) examineBlobs(ctx context.Context) {
	go e.findRecent(ctx)
	go e.findOld(ctx)
	of := make([]string, len(e.beacons))
	for i, b := range e.beacons {
		of[i] = b.name
	}
	prepare := func(target *later[search]) func(context.Context, int) string {
		return func(ctx context.Context, i int) string {
			if _, need := e.beacons[i].clock.wait(ctx); need != "" {
				return need
			}
			if _, need := target.wait(ctx); need != "" {
				return need
			}
			_, need := e.kzg.wait(ctx)
			return need
		}
	}
	var group sync.WaitGroup
	group.Go(func() { e.sources(ctx, BeaconRecentBlob, of, prepare(e.recent), e.recentBlob) })
	group.Go(func() { e.sources(ctx, BeaconOldBlob, of, prepare(e.old), e.oldBlob) })
	group.Wait()
}

// findRecent looks for a blob from L1's head downwards.
func (e *examination) findRecent(ctx context.Context) {
	p, need := e.anyL1.wait(ctx)
	if need != "" {
		e.recent.lack(need)
		return
	}
	client, _ := p.client.wait(ctx)
	head, _ := p.head.wait(ctx)
	ctx, cancel := context.WithTimeout(ctx, e.cfg.CheckTimeout)
	defer cancel()
	from := head.Number.Uint64()
	e.recent.give(search{client, from, e.findBlob(ctx, client, from, -1, searchBlocks)})
}

// findOld looks for a blob from the oldest block that a start may read upwards.
func (e *examination) findOld(ctx context.Context) {
	p, need := e.anyL1.wait(ctx)
	from, missing := e.from.wait(ctx)
	if need == "" {
		need = missing
	}
	if need != "" {
		e.old.lack(need)
		return
	}
	client, _ := p.client.wait(ctx)
	head, _ := p.head.wait(ctx)
	ctx, cancel := context.WithTimeout(ctx, e.cfg.CheckTimeout)
	defer cancel()
	s := search{client: client, from: from.number}
	if top := head.Number.Uint64(); s.from <= top {
		s.found = e.findBlob(ctx, client, s.from, 1, int(min(searchBlocks, top-s.from+1)))
	}
	e.old.give(s)
}

// findBlob walks from a block, up or down, to one with a blob: at best one for the batch inbox.
func (e *examination) findBlob(ctx context.Context, client *rpc.Client, from uint64, step int, most int) (found *target) {
	const together = 8
	read := 0
	for done := 0; done < most && ctx.Err() == nil; done += together {
		headers := make([]*block, min(together, most-done))
		var group sync.WaitGroup
		for i := range headers {
			n := int64(from) + int64(step*(done+i))
			if n < 0 {
				continue
			}
			group.Go(func() {
				if b, err := blockBy(ctx, client, uint64(n), false); err == nil {
					headers[i] = b
				}
			})
		}
		group.Wait()
		for _, b := range headers {
			if b == nil || b.BlobGasUsed == nil || *b.BlobGasUsed == 0 {
				continue
			}
			if read++; read > searchFull {
				return found
			}
			t := e.blobOf(ctx, client, b)
			if t != nil && t.inbox {
				return t
			}
			if found == nil {
				found = t
			}
		}
	}
	return found
}

// blobOf reads a whole block and picks a blob of it. The transactions have to be those of the header: otherwise the L1
// endpoint could blame the beacon node.
func (e *examination) blobOf(ctx context.Context, client *rpc.Client, header *block) (found *target) {
	b, err := blockBy(ctx, client, header.hash, true)
	if err != nil {
		return nil
	}
	txs := make(types.Transactions, len(b.txs))
	for i, raw := range b.txs {
		if err := json.Unmarshal(raw, &txs[i]); err != nil || txs[i] == nil {
			return nil
		}
	}
	if types.DeriveSha(txs, trie.NewStackTrie(nil)) != b.TxHash {
		return nil
	}
	for _, tx := range txs {
		hashes := tx.BlobHashes()
		if len(hashes) == 0 {
			continue
		}
		t := &target{b.ref(), hashes[0], tx.To() != nil && *tx.To() == e.cfg.Rollup.BatchInboxAddress}
		if t.inbox {
			return t
		}
		if found == nil {
			found = t
		}
	}
	return found
}

// fetchBlob asks a beacon node for a blob, which is verified against its hash.
func (e *examination) fetchBlob(ctx context.Context, i int, t *target) (slot uint64, err error) {
	b := e.beacons[i]
	clock, _ := b.clock.wait(ctx)
	beacon, err := l1.NewBeacon(b.url, l1.BeaconConfig{Clock: clock, Header: b.header, FetchAll: e.cfg.FetchAll, MaxAnswer: maxAnswer})
	if err != nil {
		return 0, err
	}
	if t.ref.Time < clock.GenesisTime {
		return 0, fmt.Errorf("L1 block %s is before the genesis of the beacon chain", t.ref)
	}
	slot = (t.ref.Time - clock.GenesisTime) / clock.SecondsPerSlot
	_, err = beacon.Blobs(ctx, t.ref, []common.Hash{t.hash})
	return slot, err
}

const addArchive = "add an archive source (--l1.beacon-fallbacks), or let this one keep blobs for longer"

func (e *examination) recentBlob(ctx context.Context, i int) result {
	recent, _ := e.recent.wait(ctx)
	if recent.found == nil {
		return skip(fmt.Sprintf("a blob on L1: there is none in the last %d blocks", searchBlocks))
	}
	slot, err := e.fetchBlob(ctx, i, recent.found)
	switch {
	case errors.Is(err, eth.ErrNotFound):
		return fail("let it keep all blobs (a supernode, or semi-supernode), or use another one ("+beaconFlag+")",
			"it does not have the blobs of slot %d, %s ago", slot, short(e.age(recent.found.ref.Time)))
	case err != nil:
		return blobFailure(err, slot)
	}
	return ok("it has a blob of slot %d, %s old%s", slot, short(e.age(recent.found.ref.Time)), recent.found.whose())
}

// blobFailure tells a beacon node that does not answer from one that answers wrongly.
func blobFailure(err error, slot uint64) result {
	var lie *l1.VerificationError
	var status *l1.StatusError
	switch {
	case errors.As(err, &lie):
		return fail("use another beacon node ("+beaconFlag+")", "what it has as a blob of slot %d is none: %s", slot, err)
	case errors.As(err, &status):
		return failure(&statusError{status.Status}, beaconFlag)
	}
	return failure(err, beaconFlag)
}

func (t *target) whose() string {
	if t.inbox {
		return ", of a batch"
	}
	return ""
}

func (e *examination) oldBlob(ctx context.Context, i int) result {
	old, _ := e.old.wait(ctx)
	if old.found == nil {
		return skip(fmt.Sprintf("a blob on L1: there is none in blocks %d to %d", old.from, old.from+searchBlocks-1))
	}
	slot, err := e.fetchBlob(ctx, i, old.found)
	switch {
	case errors.Is(err, eth.ErrNotFound):
		return fail(addArchive, "it %s; need back to slot %d of %s", e.keeps(ctx, i, old), slot, date(old.found.ref.Time))
	case err != nil:
		return blobFailure(err, slot)
	}
	return ok("it has a blob of slot %d of %s, as old as a start may need%s", slot, date(old.found.ref.Time), old.found.whose())
}

// keeps says how far back a beacon node has blobs, by bisection between the blob it does not have and a recent one.
func (e *examination) keeps(ctx context.Context, i int, old search) string {
	recent, _ := e.recent.wait(ctx)
	if recent.found == nil {
		return "has no old blobs"
	}
	slot, err := e.fetchBlob(ctx, i, recent.found)
	if err != nil {
		return "has no blobs"
	}
	at := recent.found.ref
	has := func(ctx context.Context, n uint64) (bool, error) {
		t := e.findBlob(ctx, old.client, n, 1, probeBlocks)
		if t == nil {
			return false, errors.New("no blob near")
		}
		there, err := e.fetchBlob(ctx, i, t)
		if errors.Is(err, eth.ErrNotFound) {
			return false, nil
		}
		if err == nil && t.ref.Number < at.Number {
			slot, at = there, t.ref
		}
		return err == nil, err
	}
	oldest(ctx, old.found.ref.Number, recent.found.ref.Number, has)
	return fmt.Sprintf("keeps blobs back to about slot %d of %s", slot, date(at.Time))
}
