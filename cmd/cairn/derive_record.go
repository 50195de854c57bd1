package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
)

// deriveRecordCmd makes a recording. Its flags are those of cairn node.
type deriveRecordCmd struct {
	Dir  string `name:"l1-dir" required:"" help:"Directory of the recording. What is in it is checked and kept." placeholder:"DIR" type:"path"`
	From uint64 `required:"" help:"L2 block to begin on; the first block derived is the next one." placeholder:"NUMBER"`
	To   uint64 `required:"" help:"L2 block to end with, which has to be safe." placeholder:"NUMBER"`

	Chain chainFlags     `embed:""`
	L1    recordL1Flags  `embed:""`
	L2    recordL2Flags  `embed:""`
	Log   recordLogFlags `embed:""`
}

// recordL1Flags are the flags of l1Flags that matter for reading once.
type recordL1Flags struct {
	Endpoints       []string `name:"l1" help:"JSON-RPC of L1: HTTP, WebSocket, IPC; best first." default:"http://127.0.0.1:8545" env:"OP_NODE_L1_ETH_RPC" placeholder:"URL,URL"`
	Beacon          string   `name:"l1.beacon" help:"Beacon API of an L1 consensus node that still has the blobs." env:"OP_NODE_L1_BEACON" placeholder:"URL"`
	BeaconFallbacks []string `name:"l1.beacon-fallbacks" help:"More Beacon APIs, for blobs that one lacks." aliases:"l1.beacon-archiver" env:"OP_NODE_L1_BEACON_FALLBACKS,OP_NODE_L1_BEACON_ARCHIVER" placeholder:"URL,URL"`
	BeaconHeader    string   `name:"l1.beacon-header" help:"HTTP header for --l1.beacon: 'X-Key: value'." env:"OP_NODE_L1_BEACON_HEADER" placeholder:"HEADER"`
	BeaconIgnore    bool     `name:"l1.beacon.ignore" help:"Do without, on a chain whose batches are calldata." env:"OP_NODE_L1_BEACON_IGNORE"`
	BeaconFetchAll  bool     `name:"l1.beacon.fetch-all-sidecars" help:"For Beacon APIs that cannot pick blobs." env:"OP_NODE_L1_BEACON_FETCH_ALL_SIDECARS"`
	SlotDuration    uint64   `name:"l1.beacon.slot-duration-override" help:"Seconds of an L1 slot, if the API does not tell." env:"OP_NODE_L1_BEACON_SLOT_DURATION_OVERRIDE" default:"0"`
	MaxConcurrency  int      `name:"l1.max-concurrency" help:"Requests to L1 at the same time." default:"10" env:"OP_NODE_L1_MAX_CONCURRENCY"`
	RateLimit       float64  `name:"l1.rpc-rate-limit" help:"Requests to L1 per second; 0: any." default:"0" env:"OP_NODE_L1_RPC_RATE_LIMIT"`
	MaxBatchSize    int      `name:"l1.rpc-max-batch-size" help:"Requests to L1 in one message." default:"20" env:"OP_NODE_L1_RPC_MAX_BATCH_SIZE"`
}

// recordL2Flags say where L2 blocks are read.
type recordL2Flags struct {
	Endpoint  string        `name:"l2" help:"JSON-RPC of an L2 execution engine, or its Engine API." env:"OP_NODE_L2_ENGINE_RPC" placeholder:"URL"`
	JWTSecret string        `name:"l2.jwt-secret" help:"File with the Engine API's secret, in hex; not needed for plain JSON-RPC." env:"OP_NODE_L2_ENGINE_AUTH" placeholder:"FILE" type:"path"`
	Timeout   time.Duration `name:"l2.engine-rpc-timeout" help:"Time the engine has for an answer." default:"10s" env:"OP_NODE_L2_ENGINE_RPC_TIMEOUT"`
}

type recordLogFlags struct {
	logFlags `embed:"" prefix:"log."`
}

// Help says what is recorded.
func (deriveRecordCmd) Help() string {
	return "Flags and environment are those of 'cairn node'. L1 is read from a channel timeout before the first block on, until the last one is derived; " +
		"all is derived while it is recorded, so that nothing is missing. Interrupted, it leaves a shorter recording; started again, it goes on."
}

// Run records until the last block is derived, or it is interrupted.
func (c *deriveRecordCmd) Run(ctx context.Context, s *streams) error {
	log, err := c.Log.logger(s.err)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	order := recording.Order{Dir: c.Dir, From: c.From, To: c.To, MadeBy: "cairn " + version()}
	if order.Config, err = c.Chain.load(log); err != nil {
		return err
	}
	if order.Blobs, err = c.Chain.blobSchedule(order.Config, log); err != nil {
		return err
	}
	from, done, err := c.sources(ctx, order.Config, log)
	if err != nil {
		return err
	}
	defer done()
	return c.record(ctx, order, from, s)
}

// check demands that the flags are all there and make sense.
func (c *deriveRecordCmd) check() error {
	var lacking []string
	need := func(ok bool, flag string) {
		if !ok {
			lacking = append(lacking, flag)
		}
	}
	need(len(c.L1.Endpoints) > 0, "--l1")
	need(c.L1.Beacon != "" || len(c.L1.BeaconFallbacks) > 0 || c.L1.BeaconIgnore, "--l1.beacon (or --l1.beacon.ignore)")
	need(c.L2.Endpoint != "", "--l2")
	need(c.Chain.Network != "" || c.Chain.RollupConfig != "", "--network (or --rollup.config)")
	if len(lacking) > 0 {
		return &rollup.FieldError{Field: strings.Join(lacking, ", "), Value: "not given", Fix: "recording needs it; see: cairn derive record --help"}
	}
	switch {
	case c.To <= c.From:
		return wrong("to", c.To, "give a block above --from, which is %d: derivation begins on that one", c.From)
	case c.L2.Timeout <= 0:
		return wrong("l2.engine-rpc-timeout", c.L2.Timeout, "give a time, 10s is usual")
	}
	if info, err := os.Stat(c.Dir); err == nil && !info.IsDir() {
		return wrong("l1-dir", c.Dir, "it is a file; give a directory")
	}
	return c.l1Flags().check()
}

func (c *deriveRecordCmd) l1Flags() *l1Flags {
	f := c.L1
	return &l1Flags{
		Endpoints: f.Endpoints, Beacon: f.Beacon, BeaconFallbacks: f.BeaconFallbacks, BeaconHeader: f.BeaconHeader, BeaconIgnore: f.BeaconIgnore,
		BeaconFetchAll: f.BeaconFetchAll, SlotDuration: f.SlotDuration, MaxConcurrency: f.MaxConcurrency, RateLimit: f.RateLimit,
		MaxBatchSize: f.MaxBatchSize, Poll: time.Second,
	}
}

// sources connects as a node does. done ends the connections.
func (c *deriveRecordCmd) sources(ctx context.Context, cfg *rollup.Config, log *slog.Logger) (from recording.Sources, done func(), err error) {
	flags := c.l1Flags()
	beacons, err := flags.beacons()
	if err != nil {
		return from, nil, err
	}
	l2, err := c.L2.dial()
	if err != nil {
		return from, nil, err
	}
	endpoints, err := flags.endpoints()
	if err != nil {
		l2.Close()
		return from, nil, err
	}
	ahead := l1.NewPrefetcher(l1.NewSource(endpoints, l1.SourceConfig{Rollup: cfg, BatchSize: flags.MaxBatchSize}), l1.PrefetchConfig{})
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = ahead.Run(running) // it ends with its context
	}()
	done = func() {
		stop()
		<-ended
		closeAll(endpoints)
		l2.Close()
	}
	head, err := ahead.Label(ctx, l1.Latest)
	if err != nil {
		done()
		return from, nil, c.explain(fmt.Errorf("read the head of L1: %w", err))
	}
	ahead.Head(head.Number)
	log.Info("L1 answers", "head", head)
	from.L1, from.Blobs = ahead, l1.NewBlobSources(beacons, l1.BlobSourcesConfig{})
	from.L2 = engine.NewClient(l2, cfg, engine.Options{Timeout: c.L2.Timeout})
	return from, done, nil
}

// dial connects to the engine: with a secret as to an Engine API, without as to anybody's JSON-RPC, which may take a token
// for somebody else's.
func (f *recordL2Flags) dial() (*engine.Conn, error) {
	cfg := engine.DialConfig{URL: f.Endpoint}
	if f.JWTSecret != "" {
		secret, err := engine.ReadJWTSecret(f.JWTSecret)
		if err != nil {
			return nil, wrong("l2.jwt-secret", f.JWTSecret, "%s", err)
		}
		cfg.Secret = &secret
	}
	conn, err := engine.Dial(cfg)
	if err != nil {
		return nil, wrong("l2", "(as given)", "%s", err)
	}
	return conn, nil
}

// record records and says what came of it.
func (c *deriveRecordCmd) record(ctx context.Context, order recording.Order, from recording.Sources, s *streams) error {
	counts := newDeriveCounts(time.Now)
	lines := newRecordLines(s, counts)
	var differs *recording.Block
	end, err := recording.Record(ctx, order, from, func(e recording.Event) {
		counts.count(e)
		lines.show(e)
		if b, ok := e.(*recording.Block); ok && len(b.Differs) > 0 {
			differs = b
		}
	})
	lines.clear()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(s.err, "Interrupted: %s of %d to %d recorded. The same command goes on.\n", plural(counts.same, "block"), order.From+1, order.To)
		return err
	case err != nil:
		return c.explain(err)
	}
	size, files, err := sizeOf(c.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Recorded in %s: %s, %s; L1 blocks %d to %d, L2 blocks up to %d.\n",
		c.Dir, plural(files, "file"), bytesOf(size), counts.start.Base.Number, counts.last.L1.Number, end.Head.Number)
	if differs != nil {
		differenceLines(s.out, differs.Differs)
	}
	if end.Why == recording.Reached {
		fmt.Fprintf(s.out, "All blocks from %d to %d are what L1 says. To see it again: cairn derive --l1-dir %s\n", order.From+1, order.To, c.Dir)
		return nil
	}
	return c.unfinished(end)
}

// unfinished says why the last block was not derived.
func (c *deriveRecordCmd) unfinished(end *recording.End) error {
	switch end.Why {
	case recording.EndOfL1:
		return fmt.Errorf("L1 ends with block %d, and the batch of L2 block %d is not on it yet: the same command goes on later, or give a lower --to", end.L1.Number, end.Head.Number+1)
	case recording.NotRecorded, recording.NoL2:
		return fmt.Errorf("the L2 engine does not have block %d, which L1 has: let it sync", end.Need)
	default:
		return fmt.Errorf("%s: the recording ends there; to look at it: cairn derive --l1-dir %s", deriveTrouble(end), c.Dir)
	}
}

// explain says which flag an error comes from.
func (c *deriveRecordCmd) explain(err error) error {
	var start *recording.StartError
	var file *recording.FileError
	var lacking *recording.NoBlockError
	switch {
	case errors.Is(err, recording.ErrOther):
		return wrong("l1-dir", c.Dir, "%s; give another directory", err)
	case errors.As(err, &lacking) && lacking.Number == c.To:
		return fmt.Errorf("%w; give a lower --to, or let it sync", err)
	case errors.Is(err, recording.ErrReorganised), errors.As(err, &lacking):
		return err
	case errors.As(err, &start):
		return wrong("from", c.From, "%s", start)
	case eth.FaultOf(err) == "" && errors.As(err, &file):
		return fmt.Errorf("the recording in %s is broken: %w; delete the file, and the same command makes it again", c.Dir, err)
	}
	kind, _, _ := strings.Cut(string(eth.FaultOf(err)), "-")
	switch flag := map[string]string{"engine": "--l2", "l1": "--l1", "beacon": "--l1.beacon", "blobs": "--l1.beacon"}[kind]; flag {
	case "":
		return err
	default:
		return fmt.Errorf("%s does not give what is needed: %w", flag, err)
	}
}

// sizeOf is what a directory takes.
func sizeOf(dir string) (size uint64, files int, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size, files = size+uint64(info.Size()), files+1 //nolint:gosec // of a file
		}
		return err
	})
	return size, files, err
}

// recordLines shows progress: in place on a terminal, elsewhere a line now and then.
type recordLines struct {
	*progress
	plain io.Writer
}

func newRecordLines(s *streams, counts *deriveCounts) *recordLines {
	p := newProgress(s, counts, bufio.NewWriter(io.Discard))
	if p.line == nil {
		p.next = counts.began.Add(plainInterval)
	}
	return &recordLines{p, s.err}
}

func (l *recordLines) show(e recording.Event) {
	if l.line != nil {
		l.before(e)
		return
	}
	if now := l.counts.now(); !now.Before(l.next) {
		l.next = now.Add(plainInterval)
		fmt.Fprintln(l.plain, progressText(l.counts))
	}
}
