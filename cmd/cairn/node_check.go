package main

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	external = "external"
	embedded = "embedded"
)

// Values of --syncmode; op-node has not the last.
const (
	consensusLayer = "consensus-layer"
	executionLayer = "execution-layer"
	autoSync       = "auto"
)

// check demands that the flags are all there and make sense, each alone and with each other. It puts in what a flag
// stands for.
func (c *nodeCmd) check() error {
	if len(c.given.refused) > 0 {
		return &c.given.refused[0]
	}
	if err := oneOf("engine", &c.L2.Engine, external, embedded); err != nil {
		return err
	}
	if err := c.missing(); err != nil {
		return err
	}
	for _, port := range []struct {
		flag  string
		value int
	}{
		{"rpc.port", c.Serve.RPCPort}, {"metrics.port", c.Serve.MetricsPort}, {"pprof.port", c.Serve.PprofPort}, {"l2.http.port", c.L2.HTTPPort},
	} {
		if port.value < 0 || port.value > math.MaxUint16 {
			return wrong(port.flag, port.value, "give a port, 0 to 65535; 0 is any free one")
		}
	}
	if err := c.L1.check(); err != nil {
		return err
	}
	return c.checkSync()
}

// missing says, all at once, what cannot be done without.
func (c *nodeCmd) missing() error {
	var flags []string
	need := func(ok bool, flag string) {
		if !ok {
			flags = append(flags, flag)
		}
	}
	need(len(c.L1.Endpoints) > 0, "--l1")
	need(c.L1.Beacon != "" || len(c.L1.BeaconFallbacks) > 0 || c.L1.BeaconIgnore, "--l1.beacon")
	if c.L2.Engine == external {
		need(c.L2.Endpoint != "", "--l2 (or --engine=embedded)")
		need(c.L2.JWTSecret != "", "--l2.jwt-secret")
	} else {
		need(c.Chain.Network != "" || c.L2.GenesisFile != "", "--l2.genesis")
	}
	need(c.Chain.Network != "" || c.Chain.RollupConfig != "", "--network (or --rollup.config)")
	if len(flags) == 0 {
		return nil
	}
	return &rollup.FieldError{Field: strings.Join(flags, ", "), Value: "not given", Fix: "a node cannot do without; see: cairn node --help"}
}

func (f *l1Flags) check() error {
	for i, endpoint := range f.Endpoints {
		if strings.TrimSpace(endpoint) == "" {
			return wrong("l1", fmt.Sprintf("(URL %d of %d)", i+1, len(f.Endpoints)), "it is empty; leave out the comma")
		}
	}
	switch {
	case f.MaxConcurrency < 1:
		return wrong("l1.max-concurrency", f.MaxConcurrency, "give 1 or more, 10 is usual")
	case f.MaxBatchSize < 1 || f.MaxBatchSize > 500:
		return wrong("l1.rpc-max-batch-size", f.MaxBatchSize, "give 1 to 500, 20 is usual")
	case f.RateLimit < 0 || math.IsNaN(f.RateLimit):
		return wrong("l1.rpc-rate-limit", f.RateLimit, "give requests per second, 0 for any number")
	case f.Poll <= 0:
		return wrong("l1.http-poll-interval", f.Poll, "give a time, such as 12s, the time between blocks of Mainnet")
	}
	_, err := f.beaconHeader()
	return err
}

// beaconHeader is the header for the Beacon API.
func (f *l1Flags) beaconHeader() (http.Header, error) {
	if f.BeaconHeader == "" {
		return nil, nil
	}
	header, err := l1.ParseBeaconHeader(f.BeaconHeader)
	if err != nil {
		return nil, wrong("l1.beacon-header", "(secret)", "write it as 'X-Key: value'")
	}
	return header, nil
}

// checkSync looks at what decides how the engine gets its blocks.
func (c *nodeCmd) checkSync() error {
	f := &c.L2
	if f.EngineSync {
		if c.given.atStart["syncmode"] && strings.ToLower(f.SyncMode) != executionLayer {
			return wrong("l2.engine-sync", true, "--syncmode=%s says the opposite; leave this one out, it is the old name of --syncmode=execution-layer", f.SyncMode)
		}
		f.SyncMode = executionLayer
	}
	if err := oneOf("syncmode", &f.SyncMode, consensusLayer, executionLayer, autoSync); err != nil {
		return err
	}
	switch {
	case f.OffsetSafe < 0:
		return wrong("syncmode.offset-el-safe", f.OffsetSafe, "give a time of 0 or more, 12h is usual")
	case f.Timeout <= 0:
		return wrong("l2.engine-rpc-timeout", f.Timeout, "give a time, 10s is usual")
	case c.Sequencer.Enabled && f.Engine == embedded && !f.Archive:
		return wrong("l2.archive", false, "with --sequencer.enabled a killed engine would lose blocks that others were told of; leave it out")
	case c.Log.Status < 0:
		return wrong("status-interval", c.Log.Status, "give a time, 0 for no status")
	}
	if c.Sequencer.Sealing <= 0 {
		c.Sequencer.Sealing = 50 * time.Millisecond // as op-node
	}
	return nil
}

// oneOf takes upper and lower case alike.
func oneOf(flag string, value *string, values ...string) error {
	lower := strings.ToLower(*value)
	if !slices.Contains(values, lower) {
		return wrong(flag, *value, "give %s or %s", strings.Join(values[:len(values)-1], ", "), values[len(values)-1])
	}
	*value = lower
	return nil
}
