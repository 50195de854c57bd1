package l1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// DefaultMaxBeaconAnswer bounds one answer of the Beacon API, in bytes: about 240 blobs, where Ethereum allows some 20
// per block.
const DefaultMaxBeaconAnswer = 64 << 20

// SlotClock turns times into slots.
type SlotClock struct {
	GenesisTime    uint64 // of the beacon chain, seconds since 1970
	SecondsPerSlot uint64
}

// slot is the slot of a time (RULES 2.3).
func (c SlotClock) slot(time uint64) (uint64, error) {
	if time < c.GenesisTime {
		return 0, fmt.Errorf("time %d is before the genesis of the beacon chain at %d: is this the beacon node of another L1?", time, c.GenesisTime)
	}
	return (time - c.GenesisTime) / c.SecondsPerSlot, nil
}

// BeaconConfig configures a Beacon.
type BeaconConfig struct {
	Clock     SlotClock   // zero SecondsPerSlot: the beacon node is asked
	Header    http.Header // sent with every request, for example for authorisation
	MaxAnswer int64       // bytes of one answer; 0: DefaultMaxBeaconAnswer
}

// Beacon serves verified blobs from a Beacon API. It may be used by several goroutines.
type Beacon struct {
	base   *url.URL
	cfg    BeaconConfig
	client *http.Client

	mu        sync.Mutex // guards the fields below
	clock     SlotClock  // zero SecondsPerSlot: not known yet
	preferred route      // the one that answered last
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
	return &Beacon{base: u, cfg: cfg, client: &http.Client{}, clock: cfg.Clock}, nil
}

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
// why it could not answer.
func (b *Beacon) Blobs(ctx context.Context, ref eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	clock, err := b.slotClock(ctx)
	if err != nil {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, err)
	}
	slot, err := clock.slot(ref.Time)
	if err != nil {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, err)
	}
	found, err := b.fetch(ctx, newWanted(slot, hashes))
	if err != nil {
		return nil, fmt.Errorf("get blobs of L1 block %s: %w", ref, err)
	}
	blobs := make([]*eth.Blob, len(hashes))
	for i, hash := range hashes {
		blobs[i] = found[hash]
	}
	return blobs, nil
}

// fetch asks on the preferred route, and on the other one if that is not there.
func (b *Beacon) fetch(ctx context.Context, want *wanted) (map[common.Hash]*eth.Blob, error) {
	b.mu.Lock()
	preferred := b.preferred
	b.mu.Unlock()
	var refusals []error
	gone := true // every route says that there is nothing
	for _, r := range []route{preferred, (preferred + 1) % routeCount} {
		answer, err := b.ask(ctx, r, want)
		var status *StatusError
		if errors.As(err, &status) && routeMayBeAbsent(status.Status) {
			refusals = append(refusals, status)
			gone = gone && (status.Status == http.StatusNotFound || status.Status == http.StatusGone)
			continue
		}
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		b.preferred = r
		b.mu.Unlock()
		return want.pick(ctx, r, answer)
	}
	err := errors.Join(refusals...)
	if gone {
		return nil, &MissingBlobsError{Slot: want.slot, Hashes: want.hashes, Cause: err}
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

func (b *Beacon) ask(ctx context.Context, r route, want *wanted) ([]byte, error) {
	slot := strconv.FormatUint(want.slot, 10)
	if r == routeSidecars {
		return b.get(ctx, "eth/v1/beacon/blob_sidecars/"+slot, nil)
	}
	query := make(url.Values)
	for _, hash := range want.hashes {
		query.Add("versioned_hashes", hash.Hex())
	}
	return b.get(ctx, "eth/v1/beacon/blobs/"+slot, query)
}

// slotClock gives the clock, asking for it once.
func (b *Beacon) slotClock(ctx context.Context) (SlotClock, error) {
	b.mu.Lock()
	clock := b.clock
	b.mu.Unlock()
	if clock.SecondsPerSlot != 0 {
		return clock, nil
	}
	var genesis struct {
		Data struct {
			Time string `json:"genesis_time"`
		} `json:"data"`
	}
	if err := b.getJSON(ctx, "eth/v1/beacon/genesis", &genesis); err != nil {
		return SlotClock{}, err
	}
	var spec struct {
		Data struct {
			Seconds string `json:"SECONDS_PER_SLOT"`
		} `json:"data"`
	}
	if err := b.getJSON(ctx, "eth/v1/config/spec", &spec); err != nil {
		return SlotClock{}, err
	}
	var err error
	if clock.GenesisTime, err = strconv.ParseUint(genesis.Data.Time, 10, 64); err != nil {
		return SlotClock{}, fmt.Errorf("beacon genesis: genesis_time %s is not a number of seconds", clip([]byte(genesis.Data.Time)))
	}
	if clock.SecondsPerSlot, err = strconv.ParseUint(spec.Data.Seconds, 10, 64); err != nil || clock.SecondsPerSlot == 0 {
		return SlotClock{}, fmt.Errorf("beacon spec: SECONDS_PER_SLOT %s is not a positive number of seconds", clip([]byte(spec.Data.Seconds)))
	}
	b.mu.Lock()
	b.clock = clock
	b.mu.Unlock()
	return clock, nil
}

func (b *Beacon) getJSON(ctx context.Context, path string, into any) error {
	answer, err := b.get(ctx, path, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read answer of beacon %s: %w", path, err)
	}
	return nil
}

// get reads one answer of status 200; any other is a *StatusError.
func (b *Beacon) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	target := b.base.JoinPath(path)
	if len(query) > 0 {
		all := target.Query()
		for key, values := range query {
			all[key] = values
		}
		target.RawQuery = all.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask beacon %s: %w", path, withoutURL(err))
	}
	for key, values := range b.cfg.Header {
		req.Header[key] = values
	}
	req.Header.Set("Accept", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask beacon %s: %w", path, withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		start, err := io.ReadAll(io.LimitReader(resp.Body, 200))
		if err != nil {
			return nil, fmt.Errorf("read answer of beacon %s: %w", path, err)
		}
		return nil, &StatusError{Path: path, Status: resp.StatusCode, Message: clip(start)}
	}
	answer, err := io.ReadAll(bounded(resp.Body, b.cfg.MaxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer of beacon %s: %w", path, err)
	}
	return answer, nil
}
