package l1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// DefaultMaxBeaconAnswer bounds one answer of the Beacon API, in bytes: about 240 blobs, where Ethereum allows some 20
// per block.
const DefaultMaxBeaconAnswer = 64 << 20

// DefaultBeaconTimeout bounds the time of one request, the reading of the answer included.
const DefaultBeaconTimeout = 10 * time.Second

// BeaconConfig configures a Beacon.
type BeaconConfig struct {
	Clock     SlotClock     // of a field that is zero the beacon node is asked
	Header    http.Header   // sent with every request, for example for authorisation
	FetchAll  bool          // ask for all blobs of a slot and pick, for nodes that filter wrongly
	MaxAnswer int64         // bytes of one answer; 0: DefaultMaxBeaconAnswer
	Timeout   time.Duration // of one request; 0: DefaultBeaconTimeout
}

// Beacon serves verified blobs from a Beacon API. It may be used by several goroutines.
type Beacon struct {
	base    *url.URL
	cfg     BeaconConfig
	client  *http.Client
	conceal *strings.Replacer // takes what may be secret out of what the beacon node says

	mu        sync.Mutex // guards the fields below
	clock     SlotClock  // a field that is zero is not known yet
	preferred route      // the one that answered last
	requests  map[string]uint64
	failures  uint64
}

// NewBeacon makes a Beacon for an http or https URL, which may have a path and a query of its own.
func NewBeacon(base string, cfg BeaconConfig) (*Beacon, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("beacon URL: write it as http(s)://host:port")
	}
	if cfg.MaxAnswer == 0 {
		cfg.MaxAnswer = DefaultMaxBeaconAnswer
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultBeaconTimeout
	}
	b := &Beacon{
		base: u, cfg: cfg, client: &http.Client{}, conceal: concealer(u, cfg.Header),
		clock: cfg.Clock, requests: make(map[string]uint64),
	}
	if cfg.FetchAll {
		b.preferred = routeSidecars // it says without a computation which blobs are not asked for
	}
	return b, nil
}

// NewBeacons makes a Beacon for each URL, all of one configuration, except that the header goes to the first alone: the
// others are other people's, and it is usually a key.
func NewBeacons(urls []string, cfg BeaconConfig) ([]*Beacon, error) {
	beacons := make([]*Beacon, len(urls))
	for i, base := range urls {
		var err error
		if beacons[i], err = NewBeacon(base, cfg); err != nil {
			return nil, fmt.Errorf("source %d of %d: %w", i+1, len(urls), err)
		}
		cfg.Header = nil
	}
	return beacons, nil
}

// Name is the host and port, without what may be secret.
func (b *Beacon) Name() string { return b.base.Host }

// route is a way to ask for blobs.
type route int

const (
	routeBlobs    route = iota // /eth/v1/beacon/blobs: blobs alone, filtered by versioned hash
	routeSidecars              // /eth/v1/beacon/blob_sidecars: all of the block, with commitments and proofs; older
	routeCount
)

// Blobs gives the blobs of an L1 block with the versioned hashes, in their order, a repeated one once per occurrence.
// Equal blobs may share memory.
//
// The error is a *MissingBlobsError, which is an eth.ErrNotFound, if the beacon node does not have them; a
// *VerificationError if it has something else instead; a *TooLargeError; one *StatusError per route asked; or the reason
// why it could not answer. It is marked with an eth.Fault, unless ctx was cancelled.
func (b *Beacon) Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	clock, err := b.slotClock(ctx)
	if err != nil {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, err)
	}
	found, err := b.find(ctx, clock, ref, distinct(hashes))
	if err != nil {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, err)
	}
	return inOrder(found, hashes), nil
}

// find gives the blobs that the beacon node has, verified, and what is wrong with the others, if there are any. Each hash
// is there once.
func (b *Beacon) find(ctx context.Context, clock SlotClock, ref eth.L1Ref, hashes []common.Hash) (map[common.Hash]*eth.Blob, error) {
	slot, err := clock.slot(ref.Time)
	if err != nil {
		return nil, err
	}
	want := &wanted{slot: slot, hashes: hashes, all: b.cfg.FetchAll}
	b.mu.Lock()
	preferred := b.preferred
	b.mu.Unlock()
	var refusals []error
	gone := true // every route says that there is nothing
	for _, r := range []route{preferred, (preferred + 1) % routeCount} {
		answer, err := b.ask(ctx, r, want)
		var status *StatusError
		if errors.As(err, &status) && (routeMayBeAbsent(status.Status) || lacksColumns(status)) {
			refusals = append(refusals, err)
			gone = gone && saysGone(status)
			continue
		}
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		b.preferred = r
		b.mu.Unlock()
		return b.pick(ctx, r, want, answer)
	}
	err = fmt.Errorf("%w; %w", refusals[0], refusals[1])
	if gone {
		return nil, eth.WithFault(eth.BlobsMissing, &MissingBlobsError{Slot: want.slot, Hashes: want.hashes, Cause: err})
	}
	return nil, err
}

// routeMayBeAbsent says whether an answer can mean that the route does not exist or is not served any more.
func routeMayBeAbsent(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusNotImplemented:
		return true
	}
	return false
}

// saysGone says whether an answer means that the beacon node does not have the blobs, if it is not the route that it does
// not have.
func saysGone(status *StatusError) bool {
	return status.Status == http.StatusNotFound || status.Status == http.StatusGone || lacksColumns(status)
}

// lacksColumns says whether a beacon node refuses because it keeps too few data columns to have blobs, from Fulu on.
// There is no status for that: it comes as 400, 404 or 500, and these are the words that they have in common.
func lacksColumns(status *StatusError) bool {
	return strings.Contains(strings.ToLower(status.Message), "data columns")
}

// pick reads the answer, and counts it if it is of no use.
func (b *Beacon) pick(ctx context.Context, r route, want *wanted, answer []byte) (map[common.Hash]*eth.Blob, error) {
	found, err := want.pick(ctx, r, answer)
	if err != nil && ctx.Err() == nil && !errors.Is(err, eth.ErrNotFound) {
		b.countFailure()
	}
	return found, err
}

func (b *Beacon) ask(ctx context.Context, r route, want *wanted) ([]byte, error) {
	if r == routeSidecars {
		return b.get(ctx, fmt.Sprintf("eth/v1/beacon/blob_sidecars/%d", want.slot), "blob_sidecars", nil)
	}
	query := make(url.Values)
	if !want.all {
		for _, hash := range want.hashes {
			query.Add("versioned_hashes", hash.Hex())
		}
	}
	return b.get(ctx, fmt.Sprintf("eth/v1/beacon/blobs/%d", want.slot), "blobs", query)
}
