package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/cairn-rollup/cairn/l1"
)

const (
	beaconFlag   = "--l1.beacon"
	fallbackFlag = "--l1.beacon-fallbacks"
)

// beaconEndpoint is one Beacon API.
type beaconEndpoint struct {
	url, name string
	flag      string // that it was given by
	header    http.Header
	touched   *later[struct{}] // it was tried
	clock     *later[l1.SlotClock]
}

func newBeaconEndpoint(url, name, flag string, header http.Header) *beaconEndpoint {
	return &beaconEndpoint{url, name, flag, header, newLater[struct{}](), newLater[l1.SlotClock]()}
}

// statusError is an answer of a Beacon API other than 200.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("HTTP status %d", e.status) }

// beaconGet reads the data of an answer.
func (e *examination) beaconGet(ctx context.Context, b *beaconEndpoint, path string, into any) error {
	base, err := url.Parse(b.url)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return errors.New("write it as http(s)://host:port")
	}
	target := base.JoinPath(path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	for name, values := range b.header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	client := e.client(b.name)
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &statusError{resp.StatusCode}
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &struct {
		Data any `json:"data"`
	}{into})
}

func (e *examination) examineBeacon(ctx context.Context, b *beaconEndpoint) {
	var genesis struct {
		Time string `json:"genesis_time"`
	}
	level := e.check(ctx, BeaconReachable, b.name, func(ctx context.Context) result {
		began := e.cfg.Now()
		if err := e.beaconGet(ctx, b, "eth/v1/beacon/genesis", &genesis); err != nil {
			return failure(err, b.flag)
		}
		return ok("answers in %s", short(e.cfg.Now().Sub(began)))
	})
	b.touched.give(struct{}{})
	if level == Fail {
		b.clock.lack(BeaconReachable)
		e.skip(b.name, BeaconReachable, BeaconClock, BeaconSynced)
		return
	}
	e.check(ctx, BeaconClock, b.name, func(ctx context.Context) result { return e.beaconClock(ctx, b, genesis.Time) })
	b.clock.lack(BeaconClock)
	e.check(ctx, BeaconSynced, b.name, func(ctx context.Context) result { return e.beaconSynced(ctx, b) })
}

// beaconClock reads what slots are made of, and finds out a beacon node of another L1.
func (e *examination) beaconClock(ctx context.Context, b *beaconEndpoint, genesis string) result {
	var spec struct {
		Seconds string `json:"SECONDS_PER_SLOT"`
		Chain   string `json:"DEPOSIT_CHAIN_ID"`
	}
	err := e.beaconGet(ctx, b, "eth/v1/config/spec", &spec)
	if err != nil && (e.cfg.SlotSeconds == 0 || ctx.Err() != nil) {
		r := failure(err, b.flag)
		return fail(r.fix+", or give --l1.beacon.slot-duration-override=12", "the spec: %s", r.text)
	}
	clock := l1.SlotClock{SecondsPerSlot: e.cfg.SlotSeconds}
	if clock.SecondsPerSlot == 0 {
		clock.SecondsPerSlot, err = strconv.ParseUint(spec.Seconds, 10, 64)
		if err != nil || clock.SecondsPerSlot == 0 {
			return fail("give --l1.beacon.slot-duration-override=12", "it does not tell the seconds of a slot (%q)", clip(spec.Seconds, 20))
		}
	}
	if clock.GenesisTime, err = strconv.ParseUint(genesis, 10, 64); err != nil {
		return fail("check that "+b.flag+" is a Beacon API", "it does not tell the time of its genesis (%q)", clip(genesis, 20))
	}
	want := e.cfg.Rollup.L1ChainID.String()
	if spec.Chain != "" && spec.Chain != want {
		return fail("give "+b.flag+" a beacon node of L1 chain "+want, "it is of L1 chain %s, the rollup's is %s", clip(spec.Chain, 20), want)
	}
	if p, need := e.anyL1.wait(ctx); need == "" {
		head, _ := p.head.wait(ctx)
		if head.Time < clock.GenesisTime || (head.Time-clock.GenesisTime)%clock.SecondsPerSlot != 0 {
			return fail("give "+b.flag+" a beacon node of the rollup's L1",
				"L1's head is at no slot of it: genesis %s, %d s per slot, head at %s", date(clock.GenesisTime), clock.SecondsPerSlot, date(head.Time))
		}
	}
	b.clock.give(clock)
	return ok("genesis %s, %d s per slot", date(clock.GenesisTime), clock.SecondsPerSlot)
}

func (e *examination) beaconSynced(ctx context.Context, b *beaconEndpoint) result {
	var sync struct {
		Syncing  bool   `json:"is_syncing"`
		Offline  bool   `json:"el_offline"`
		Distance string `json:"sync_distance"`
	}
	err := e.beaconGet(ctx, b, "eth/v1/node/syncing", &sync)
	switch {
	case refusal(err) != 0:
		return ok("it does not tell")
	case err != nil:
		return failure(err, b.flag)
	case sync.Syncing:
		return fail("wait until it has caught up, or use another one ("+b.flag+")", "it is catching up: %s slots behind", clip(sync.Distance, 20))
	case sync.Offline:
		return warn("start the execution node that belongs to it", "its execution node is offline")
	}
	return ok("it has caught up")
}
