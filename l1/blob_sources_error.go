package l1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// UnservedBlobsError means that no source gave the blobs, and not each of them said that it does not have them: a retry
// may help. It wraps the errors of the sources that are broken.
type UnservedBlobsError struct {
	Slot    uint64        // as the first source counts that tells the time; 0 if none does
	Hashes  []common.Hash // the versioned hashes that are missing, each once
	Sources []SourceError // in the order of preference; empty: there is none
}

// SourceError is what one source said.
type SourceError struct {
	Name string // its host
	Err  error
}

// Error leaves out what all sources have in common.
func (e *SourceError) Error() string {
	var missing *MissingBlobsError
	switch {
	case !errors.As(e.Err, &missing):
		return e.Name + ": " + e.Err.Error()
	case missing.Cause == nil:
		return fmt.Sprintf("%s: does not list %d of them", e.Name, len(missing.Hashes))
	}
	return e.Name + ": " + missing.Cause.Error()
}

// Unwrap gives the cause.
func (e *SourceError) Unwrap() error { return e.Err }

func (e *UnservedBlobsError) Error() string {
	slot := "an unknown slot"
	if e.Slot != 0 {
		slot = fmt.Sprintf("slot %d", e.Slot)
	}
	said := "no source of blobs is configured"
	if len(e.Sources) > 0 {
		said = inOneLine(e.Sources)
	}
	return fmt.Sprintf("%d blobs of %s, first %s: %s", len(e.Hashes), slot, e.Hashes[0], said)
}

// Unwrap gives the errors that are not an eth.ErrNotFound, so that this one is not either.
func (e *UnservedBlobsError) Unwrap() []error {
	var broken []error
	for i := range e.Sources {
		if !errors.Is(e.Sources[i].Err, eth.ErrNotFound) {
			broken = append(broken, &e.Sources[i])
		}
	}
	return broken
}

// inOneLine is what the sources said.
func inOneLine(sources []SourceError) string {
	said := make([]string, len(sources))
	for i := range sources {
		said[i] = sources[i].Error()
	}
	return strings.Join(said, "; ")
}

// errUnasked is why a source was not asked: time ran out before its turn.
var errUnasked = errors.New("not asked, out of time")

// faultsByUse are the marks of a search that failed, the most useful to know first. Where sources differ, the search is
// marked with the first of these that one of them has:
//
//   - what stays until a person corrects the configuration,
//   - what passes or can be repaired: the source may have the blobs,
//   - what asks for another source: it lies, or has none.
//
// So it is blobs-missing only if nothing else is wrong, which is when a source has to be added.
var faultsByUse = []eth.Fault{
	eth.BeaconUnauthorized, eth.BeaconWrongChain,
	eth.BeaconUnreachable, eth.BeaconRateLimited, eth.BeaconSlow, eth.BeaconOversized, eth.BeaconError,
	eth.BeaconLying, eth.BlobsMissing,
}

// failure is the error of a search that did not find everything. A source that says that there are no blobs at that time
// may have told another chain's time when it was asked for it, before somebody corrected that.
func (s *BlobSources) failure(ctx context.Context, search *blobSearch) error {
	slot := s.slot(search.ref.Time)
	missing := &MissingBlobsError{Slot: slot, Hashes: search.missing}
	unserved := &UnservedBlobsError{Slot: slot, Hashes: search.missing}
	rank, allSay := len(faultsByUse)-1, len(s.sources) > 0
	for i, source := range s.sources {
		err := search.errs[i]
		if err == nil {
			err = asTrouble(ctx, eth.BeaconSlow, errUnasked)
		}
		unserved.Sources = append(unserved.Sources, SourceError{Name: source.name, Err: err})
		allSay = allSay && errors.Is(err, eth.ErrNotFound)
		if f := eth.FaultOf(err); f == eth.BlobsMissing || f == eth.BeaconWrongChain {
			source.beacon.unlearn()
		}
		if r := slices.Index(faultsByUse, eth.FaultOf(err)); r >= 0 {
			rank = min(rank, r)
		}
	}
	if !allSay {
		return eth.WithFault(faultsByUse[rank], unserved)
	}
	missing.Cause = errors.New(inOneLine(unserved.Sources))
	return eth.WithFault(eth.BlobsMissing, missing)
}

// slot is the slot of a time by the first clock known that can be the right one, 0 if there is none.
func (s *BlobSources) slot(time uint64) uint64 {
	clock, ok := s.borrow(nil, time)
	if !ok {
		return 0
	}
	return (time - clock.GenesisTime) / clock.SecondsPerSlot
}
