package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	// DefaultTimeout is how long one call may take (WIRE 3).
	DefaultTimeout = 10 * time.Second
	// keptJobs is how many building jobs are remembered. An engine keeps about as many.
	keptJobs = 16
)

// Options are what a client does besides calling.
type Options struct {
	Timeout time.Duration // of one call, connecting included; 0: DefaultTimeout
	// InvalidDir is the folder, made when it is needed, in which blocks and attributes that the engine calls invalid are
	// kept with its words, the newest 16, one file each; "": nowhere.
	InvalidDir string
	Report     func(error) // told that a file could not be written, from any goroutine; nil: nobody is
}

// Client is the engine port on an Engine API. Methods may be called from any goroutine, but the order of calls means
// something to an engine: one caller at a time is how it is used.
//
// Errors of all methods, as package eth defines them: eth.RejectedError when attributes or payload are invalid (-38003,
// INVALID), eth.ErrForkchoice when the engine does not have a block named in the forkchoice state or finds it
// contradictory (-38002), ctx.Err() when ctx ended; anything else means that the engine could not answer. All but those
// of ctx, and of arguments that contradict each other, bear an eth.Fault.
type Client struct {
	rpc     Caller
	cfg     *rollup.Config
	timeout time.Duration
	dump    *dump // nil: invalid blocks are not kept

	mu   sync.Mutex
	jobs []job // oldest first
}

// job is what was asked for, to compare with what comes.
type job struct {
	id     eth.PayloadID
	parent common.Hash
	attrs  *eth.PayloadAttributes
}

// NewClient puts the port on a connection, which stays the caller's to close.
func NewClient(c Caller, cfg *rollup.Config, opts Options) *Client {
	client := &Client{rpc: c, cfg: cfg, timeout: cmp.Or(opts.Timeout, DefaultTimeout)}
	if opts.InvalidDir == "" {
		return client
	}
	if opts.Report == nil {
		opts.Report = func(error) {}
	}
	client.dump = &dump{dir: opts.InvalidDir, report: opts.Report, busy: make(chan struct{}, 1), wait: keepTime}
	return client
}

// Build makes the block that the attributes describe on the head of fc, makes it the head, and sets the labels of fc.
func (c *Client) Build(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadEnvelope, error) {
	id, err := c.start(ctx, fc, attrs)
	if err != nil {
		return nil, err
	}
	env, err := c.finish(ctx, job{id: id, parent: fc.HeadBlockHash, attrs: attrs})
	if err != nil {
		return nil, err
	}
	fc.HeadBlockHash = env.ExecutionPayload.BlockHash
	return env, c.Forkchoice(ctx, fc)
}

// Start begins a building job on the head of fc, and sets the labels of fc.
func (c *Client) Start(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (eth.PayloadID, error) {
	id, err := c.start(ctx, fc, attrs)
	if err != nil {
		return id, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(id) // the same attributes on the same parent give the same id
	if len(c.jobs) == keptJobs {
		c.jobs = slices.Delete(c.jobs, 0, 1)
	}
	c.jobs = append(c.jobs, job{id: id, parent: fc.HeadBlockHash, attrs: attrs})
	return id, nil
}

// start is forkchoiceUpdated with attributes.
func (c *Client) start(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (eth.PayloadID, error) {
	id, err := c.forkchoiceUpdated(ctx, fc, attrs)
	if err != nil {
		return eth.PayloadID{}, err
	}
	if id == nil {
		return eth.PayloadID{}, fault(eth.EngineError, "the engine took the attributes and started no job")
	}
	return *id, nil
}

// Seal ends a job: the engine has the block, and it is not the head. eth.ErrUnknownPayload means that the job is not
// known, or not any more.
func (c *Client) Seal(ctx context.Context, id eth.PayloadID) (*eth.PayloadEnvelope, error) {
	c.mu.Lock()
	at := slices.IndexFunc(c.jobs, func(j job) bool { return j.id == id })
	if at < 0 {
		c.mu.Unlock()
		return nil, fault(eth.EngineError, "%w %s", eth.ErrUnknownPayload, id)
	}
	j := c.jobs[at]
	c.mu.Unlock()

	env, err := c.finish(ctx, j)
	if errors.Is(err, eth.ErrUnknownPayload) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.forget(id)
	}
	return env, err
}

// forget removes a job. The caller holds the lock.
func (c *Client) forget(id eth.PayloadID) {
	c.jobs = slices.DeleteFunc(c.jobs, func(j job) bool { return j.id == id })
}

// finish fetches the block of a job, compares it with what was asked for, and has the engine execute and store it.
func (c *Client) finish(ctx context.Context, j job) (*eth.PayloadEnvelope, error) {
	env, err := c.getPayload(ctx, j.id, j.attrs.Timestamp)
	if err != nil {
		return nil, err
	}
	if err := j.check(env, c.cfg.L2Rules(j.attrs.Timestamp)); err != nil {
		return nil, err
	}
	return env, c.newPayload(ctx, env)
}

// Insert makes the block of a payload the head, and sets the labels of fc.
func (c *Client) Insert(ctx context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) error {
	if p := env.ExecutionPayload; fc.HeadBlockHash != p.BlockHash {
		return fmt.Errorf("insert block %s with head %s", p.BlockHash, fc.HeadBlockHash)
	}
	if err := c.newPayload(ctx, env); err != nil {
		return err
	}
	return c.Forkchoice(ctx, fc)
}

// Forkchoice names head and labels. Whether naming an ancestor of its head rewinds an engine is up to the engine: the
// Engine API allows it to stay (op-geth does), and to build on the ancestor afterwards.
func (c *Client) Forkchoice(ctx context.Context, fc eth.ForkchoiceState) error {
	_, err := c.forkchoiceUpdated(ctx, fc, nil)
	return err
}
