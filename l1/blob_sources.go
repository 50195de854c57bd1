package l1

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// BlobSourcesConfig configures BlobSources.
type BlobSourcesConfig struct {
	Keep       BlobKeep         // looked up first, and given all that is found; nil: none
	KeepFailed func(error)      // is told when Keep fails, by any goroutine; nil: nobody is
	Now        func() time.Time // nil: time.Now
}

// BlobSources gets blobs from several beacon nodes, none of which is trusted or needed: each blob is verified, each node
// may have some of them, and the first in the order of the configuration are asked first. It may be used by several
// goroutines.
//
// A node that failed rests for a while, a longer one after each failure in a row: meanwhile it is asked only for what the
// others do not have, or for nothing if it said itself that it is to be left alone. One that only lacks blobs has not
// failed, for it may have the next ones.
type BlobSources struct {
	cfg     BlobSourcesConfig
	sources []*blobSource
}

// blobSource is a beacon node and how it does.
type blobSource struct {
	beacon *Beacon
	name   string // its host, with a number if it is not the first there

	mu        sync.Mutex // guards the fields below
	health    health
	lack      error     // why it did not have what it was asked for last; nil: it had, or it failed
	lacking   time.Time // since when, if lack is set
	clockless bool      // did not tell the time when it was asked last
}

// NewBlobSources makes one source of several, in the order of preference.
func NewBlobSources(sources []*Beacon, cfg BlobSourcesConfig) *BlobSources {
	if cfg.KeepFailed == nil {
		cfg.KeepFailed = func(error) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &BlobSources{cfg: cfg}
	times := make(map[string]int)
	for _, beacon := range sources {
		name := beacon.Name()
		if times[name]++; times[name] > 1 {
			name = fmt.Sprintf("%s#%d", name, times[name])
		}
		s.sources = append(s.sources, &blobSource{beacon: beacon, name: name})
	}
	return s
}

// Blobs gives the blobs of an L1 block with the versioned hashes, in their order, a repeated one once per occurrence.
// Equal blobs may share memory. They come from the keep, and those that are not there from the first source that has
// them: each source is asked for what is still missing.
//
// Otherwise the error names the slot and what each source said, and is marked. It is a *MissingBlobsError, which is an
// eth.ErrNotFound, if each of them said properly that it does not have what is missing; else an *UnservedBlobsError. What
// was found is in the keep. If ctx was cancelled, the error is its cause.
func (s *BlobSources) Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	search := &blobSearch{ref: ref, found: make(map[common.Hash]*eth.Blob), missing: distinct(hashes), errs: make([]error, len(s.sources))}
	s.lookUp(search)
	for _, i := range s.order(search) {
		if len(search.missing) == 0 || ctx.Err() != nil {
			break
		}
		clock, err := s.clock(ctx, s.sources[i], ref.Time)
		if err != nil && eth.FaultOf(err) == eth.BeaconError {
			search.errs[i], search.clockless = err, append(search.clockless, i) // another source may know the time
			continue
		}
		s.ask(ctx, i, search, clock, err)
	}
	for _, i := range search.clockless {
		clock, ok := s.borrow(s.sources[i], ref.Time)
		if ok && len(search.missing) > 0 && ctx.Err() == nil {
			s.ask(ctx, i, search, clock, nil)
		} else {
			s.record(ctx, s.sources[i], search.errs[i])
		}
	}
	if len(search.missing) == 0 {
		return inOrder(search.found, hashes), nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, context.Cause(ctx))
	}
	return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, s.failure(ctx, search))
}

// blobSearch is what is known so far of the blobs of one block.
type blobSearch struct {
	ref       eth.L1Ref
	found     map[common.Hash]*eth.Blob
	missing   []common.Hash
	errs      []error // of each source; nil: not asked
	clockless []int   // sources that answered, but did not tell the time
}

// order gives the sources in the order in which to ask: those that rest after the others, and those that are to be left
// alone not at all, of which it takes note.
func (s *BlobSources) order(search *blobSearch) []int {
	var first, then []int
	now := s.cfg.Now()
	for i, source := range s.sources {
		source.mu.Lock()
		h := source.health
		source.mu.Unlock()
		switch {
		case !h.resting(now):
			first = append(first, i)
		case !h.strict:
			then = append(then, i)
		default:
			search.errs[i] = fmt.Errorf("not asked for another %s: %w", h.until.Sub(now).Round(100*time.Millisecond), h.err)
		}
	}
	return append(first, then...)
}

// lookUp gets what the keep has.
func (s *BlobSources) lookUp(search *blobSearch) {
	if s.cfg.Keep == nil {
		return
	}
	for _, hash := range search.missing {
		blob, err := s.cfg.Keep.Blob(search.ref.Number, hash)
		if err == nil {
			search.found[hash] = blob
		} else if !errors.Is(err, eth.ErrNotFound) {
			s.cfg.KeepFailed(fmt.Errorf("look up blob %s of L1 block %d: %w", hash, search.ref.Number, err))
		}
	}
	search.missing = absent(search.missing, search.found)
}

// clock gives the clock of a source. Archives that serve blobs and nothing else have none: another source's is used then,
// since a wrong one costs a request and cannot give a wrong blob.
func (s *BlobSources) clock(ctx context.Context, source *blobSource, time uint64) (SlotClock, error) {
	other, ok := s.borrow(source, time)
	if ok && source.withoutClock() {
		return other, nil
	}
	clock, err := source.beacon.slotClock(ctx)
	if err == nil || eth.FaultOf(err) != eth.BeaconError {
		return clock, err
	}
	source.mu.Lock()
	source.clockless = true
	source.mu.Unlock()
	if ok {
		return other, nil
	}
	return SlotClock{}, err
}

// borrow gives the first clock that is known to another source and can be the right one.
func (s *BlobSources) borrow(source *blobSource, time uint64) (SlotClock, bool) {
	for _, other := range s.sources {
		if clock := other.beacon.knownClock(); other != source && clock.known() && clock.GenesisTime <= time {
			return clock, true
		}
	}
	return SlotClock{}, false
}

// ask asks a source for what is missing, unless its clock already failed.
func (s *BlobSources) ask(ctx context.Context, i int, search *blobSearch, clock SlotClock, err error) {
	var found map[common.Hash]*eth.Blob
	if err == nil {
		found, err = s.sources[i].beacon.find(ctx, clock, search.ref, search.missing)
	}
	s.record(ctx, s.sources[i], err)
	search.errs[i] = err
	for hash, blob := range found {
		search.found[hash] = blob
		if s.cfg.Keep == nil {
			continue
		}
		if err := s.cfg.Keep.PutBlob(search.ref.Number, hash, blob); err != nil {
			s.cfg.KeepFailed(fmt.Errorf("keep blob %s of L1 block %d: %w", hash, search.ref.Number, err))
		}
	}
	search.missing = absent(search.missing, search.found)
}

// Status is how each source has served so far, in the order of preference.
func (s *BlobSources) Status() []EndpointStatus {
	now := s.cfg.Now()
	all := make([]EndpointStatus, len(s.sources))
	for i, source := range s.sources {
		all[i] = source.status(now, i == 0)
	}
	return all
}

// status is how the source does. What failed once and rests no more could be in use, if it is not the first, which is in
// use whenever it can be.
func (s *blobSource) status(now time.Time, first bool) EndpointStatus {
	status := EndpointStatus{Name: s.name}
	status.Requests, status.Failures = s.beacon.counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lack != nil:
		status.Fault, status.Cause, status.Since = eth.FaultOf(s.lack), s.lack.Error(), s.lacking
	case s.health.err != nil && (first || s.health.resting(now)):
		status.Fault, status.Cause = eth.FaultOf(s.health.err), s.health.err.Error()
		status.Since, status.Until = s.health.since, s.health.until
	}
	return status
}

func (s *blobSource) withoutClock() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clockless
}

// record takes note of how a source answered. That ctx was cancelled says nothing about it.
func (s *BlobSources) record(ctx context.Context, source *blobSource, err error) {
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	source.mu.Lock()
	defer source.mu.Unlock()
	now := s.cfg.Now()
	switch {
	case err == nil:
		source.health, source.lack = source.health.served(now, true), nil
	case errors.Is(err, eth.ErrNotFound):
		if source.lack == nil {
			source.lacking = now
		}
		source.health, source.lack = source.health.served(now, true), err
		source.clockless = false // if the clock was another source's, it may have been the wrong one
	default:
		source.health, source.lack = source.health.failed(now, err, retryIn(err), rand.Float64()), nil //nolint:gosec // jitter is no secret
	}
}
