package l1

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/cairn-rollup/cairn/eth"
)

// SlotClock turns times into slots.
type SlotClock struct {
	GenesisTime    uint64 // of the beacon chain, seconds since 1970
	SecondsPerSlot uint64
}

// known says whether nothing of the clock has to be asked for. No beacon chain began in 1970.
func (c SlotClock) known() bool { return c.GenesisTime != 0 && c.SecondsPerSlot != 0 }

// slot is the slot of a time (RULES 2.3).
func (c SlotClock) slot(time uint64) (uint64, error) {
	if time < c.GenesisTime {
		return 0, eth.WithFault(eth.BeaconWrongChain, fmt.Errorf(
			"time %d is before the genesis of the beacon chain at %d: is this the beacon node of another L1?", time, c.GenesisTime))
	}
	return (time - c.GenesisTime) / c.SecondsPerSlot, nil
}

// slotClock gives the clock, asking once for each part that is neither configured nor known.
func (b *Beacon) slotClock(ctx context.Context) (SlotClock, error) {
	clock := b.knownClock()
	if clock.GenesisTime == 0 {
		var genesis struct {
			Data struct {
				Time string `json:"genesis_time"`
			} `json:"data"`
		}
		if err := b.getJSON(ctx, "eth/v1/beacon/genesis", "genesis", &genesis); err != nil {
			return SlotClock{}, err
		}
		var err error
		if clock.GenesisTime, err = b.positive(genesis.Data.Time, "beacon genesis: genesis_time"); err != nil {
			return SlotClock{}, err
		}
		b.learn(clock)
	}
	if clock.SecondsPerSlot == 0 {
		var spec struct {
			Data struct {
				Seconds string `json:"SECONDS_PER_SLOT"`
			} `json:"data"`
		}
		if err := b.getJSON(ctx, "eth/v1/config/spec", "spec", &spec); err != nil {
			return SlotClock{}, err
		}
		var err error
		if clock.SecondsPerSlot, err = b.positive(spec.Data.Seconds, "beacon spec: SECONDS_PER_SLOT"); err != nil {
			return SlotClock{}, err
		}
		b.learn(clock)
	}
	return clock, nil
}

// knownClock is as much of the clock as is known.
func (b *Beacon) knownClock() SlotClock {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *Beacon) learn(clock SlotClock) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = clock
}

// unlearn forgets what was not configured, to ask for it again: it may have been another chain's.
func (b *Beacon) unlearn() { b.learn(b.cfg.Clock) }

func (b *Beacon) positive(text, name string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		b.countFailure()
		return 0, eth.WithFault(eth.BeaconError, fmt.Errorf("%s %s is not a positive number of seconds", name, clip([]byte(text))))
	}
	return n, nil
}

func (b *Beacon) getJSON(ctx context.Context, path, kind string, into any) error {
	answer, err := b.get(ctx, path, kind, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		b.countFailure()
		return eth.WithFault(eth.BeaconError, fmt.Errorf("read answer of beacon %s: %w", path, err))
	}
	return nil
}
