package batcher

import (
	"errors"
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/rollup"
)

// Config says what is posted and how often that is looked after. Start from DefaultConfig. The flag of op-batcher stands
// behind a field.
type Config struct {
	Encoder encoder.Config
	// MaxPendingTx bounds the transactions that are sent and not confirmed. It must not be more than the Sender takes at
	// once (--max-pending-tx).
	MaxPendingTx int
	// PollInterval is the time between two looks at the node (--poll-interval).
	PollInterval time.Duration
	// NetworkTimeout bounds each call to the node (--network-timeout).
	NetworkTimeout time.Duration
}

// DefaultConfig returns encoder.DefaultConfig and, for the rest, op-batcher's defaults. Encoder.NewID is left to the caller.
func DefaultConfig(cfg *rollup.Config) Config {
	return Config{Encoder: encoder.DefaultConfig(cfg), MaxPendingTx: 1, PollInterval: 6 * time.Second, NetworkTimeout: 10 * time.Second}
}

// Validate says which fields are unusable, what they are, and what they may be.
func (c *Config) Validate() error {
	errs := []error{c.Encoder.Validate()}
	bad := func(field string, value any, fix string) {
		errs = append(errs, fmt.Errorf("%s = %v: %s", field, value, fix))
	}
	if c.MaxPendingTx < 1 {
		bad("MaxPendingTx", c.MaxPendingTx, "use at least 1")
	}
	if c.PollInterval <= 0 {
		bad("PollInterval", c.PollInterval, "use more than 0s, half an L1 block time is usual")
	}
	if c.NetworkTimeout <= 0 {
		bad("NetworkTimeout", c.NetworkTimeout, "use more than 0s")
	}
	return errors.Join(errs...)
}
