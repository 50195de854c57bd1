package l1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// Endpoint is one execution RPC, with its limits and how it has served so far. Several goroutines use it.
type Endpoint struct {
	name    string
	cfg     DialConfig
	connect func(context.Context) (*rpc.Client, error) // nil: client is the caller's
	streams bool                                       // it can announce heads
	idle    func()                                     // drops connections that are not in use; nil: nothing to do
	conceal *strings.Replacer                          // takes what may be secret out of what the endpoint says
	rate    throttle
	slots   chan struct{} // one value for each request under way; nil: any number
	dialing chan struct{} // has the value of whoever connects
	asking  chan struct{} // has the value of whoever asks for the chain id

	mu       sync.Mutex // guards the fields below
	client   *rpc.Client
	closed   bool
	rightOne bool // the chain id is the rollup's
	requests map[string]uint64
	failures uint64
	health   health
}

func newEndpoint(name string, cfg DialConfig) *Endpoint {
	e := &Endpoint{
		name: name, cfg: cfg, conceal: strings.NewReplacer(), rate: throttle{limit: cfg.RateLimit}, requests: make(map[string]uint64),
		dialing: make(chan struct{}, 1), asking: make(chan struct{}, 1),
	}
	if cfg.MaxConcurrency > 0 {
		e.slots = make(chan struct{}, cfg.MaxConcurrency)
	}
	return e
}

// Name is the host with the port. The rest of a URL is a secret, as providers put keys there.
func (e *Endpoint) Name() string { return e.name }

// Close ends the connection if Dial made it. Requests from then on fail.
func (e *Endpoint) Close() {
	e.mu.Lock()
	client := e.client
	e.closed = true
	e.mu.Unlock()
	if e.connect != nil && client != nil {
		client.Close()
	}
	if e.idle != nil {
		e.idle()
	}
}

// errClosed is said by an endpoint after Close.
var errClosed = errors.New("the endpoint is closed")

// open gives the client, connecting if there is none yet.
func (e *Endpoint) open(ctx context.Context) (*rpc.Client, error) {
	if client, err := e.opened(); client != nil || err != nil {
		return client, err
	}
	select {
	case e.dialing <- struct{}{}:
		defer func() { <-e.dialing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if client, err := e.opened(); client != nil || err != nil {
		return client, err
	}
	client, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		client.Close()
		return nil, errClosed
	}
	e.client = client
	return client, nil
}

func (e *Endpoint) opened() (*rpc.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	return e.client, nil
}

// send sends n requests of a method, within the limits, and marks what goes wrong. The end of ctx is its cause without
// a mark; its deadline is the endpoint's fault.
func (e *Endpoint) send(ctx context.Context, method string, n int, with func(context.Context, *rpc.Client) error) error {
	release, err := e.admit(ctx, n)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	defer release()
	limited, cancel := context.WithTimeout(ctx, e.cfg.Timeout)
	defer cancel()
	client, err := e.open(limited)
	if err == nil {
		e.mu.Lock()
		e.requests[method] += uint64(n)
		e.mu.Unlock()
		err = with(limited, client)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	case limited.Err() != nil:
		err = context.DeadlineExceeded // the client may have put it into other words
	}
	err = named(e.withoutSecrets(err))
	if eth.FaultOf(err) == eth.L1RateLimited {
		e.rate.refused(time.Now())
	}
	return fmt.Errorf("%s: %w", method, err)
}

// admit waits until n requests may be sent, which is not the endpoint's fault unless it refused some before.
func (e *Endpoint) admit(ctx context.Context, n int) (release func(), err error) {
	release = func() {}
	if e.slots != nil {
		select {
		case e.slots <- struct{}{}:
			release = func() { <-e.slots }
		case <-ctx.Done():
			return nil, ended(ctx, eth.L1Slow, "wait for earlier requests")
		}
	}
	wait := e.rate.reserve(time.Now(), n)
	if wait == 0 {
		return release, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return release, nil
	case <-ctx.Done():
		release()
		e.rate.refund(time.Now(), n)
		return nil, ended(ctx, eth.L1RateLimited, "wait within the rate limit")
	}
}

// ended is the error of a context that has ended, with a mark if it was the deadline.
func ended(ctx context.Context, fault eth.Fault, during string) error {
	err := fmt.Errorf("%s: %w", during, context.Cause(ctx))
	if errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	return eth.WithFault(fault, err)
}

// call gives the raw result; null is eth.ErrNotFound.
func (e *Endpoint) call(ctx context.Context, method string, args ...any) (json.RawMessage, error) {
	var answer json.RawMessage
	err := e.send(ctx, method, 1, func(ctx context.Context, client *rpc.Client) error {
		return client.CallContext(ctx, &answer, method, args...)
	})
	if err != nil {
		return nil, err
	}
	if isNull(answer) {
		return nil, fmt.Errorf("%s %v: %w", method, args, eth.ErrNotFound)
	}
	if int64(len(answer)) > e.cfg.MaxAnswer {
		return nil, fmt.Errorf("%s: %w", method, named(&TooLargeError{Limit: e.cfg.MaxAnswer}))
	}
	return answer, nil
}

// batch sends requests of one method together. The error is the first one.
func (e *Endpoint) batch(ctx context.Context, method string, calls []rpc.BatchElem) error {
	return e.send(ctx, method, len(calls), func(ctx context.Context, client *rpc.Client) error {
		if err := client.BatchCallContext(ctx, calls); err != nil {
			return err
		}
		for _, call := range calls {
			if call.Error != nil {
				return call.Error
			}
		}
		return nil
	})
}

// checkChain asks for the chain id until it was the wanted one once.
func (e *Endpoint) checkChain(ctx context.Context, want *big.Int) error {
	if e.isRightOne() {
		return nil
	}
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return ended(ctx, eth.L1Slow, "ask for the chain id")
	}
	if e.isRightOne() {
		return nil
	}
	answer, err := e.call(ctx, "eth_chainId")
	if errors.Is(err, eth.ErrNotFound) {
		return eth.WithFault(eth.L1Error, err)
	}
	if err != nil {
		return err
	}
	var got hexutil.Big
	if err := json.Unmarshal(answer, &got); err != nil {
		return eth.WithFault(eth.L1Error, fmt.Errorf("read chain id: %w", err))
	}
	if got.ToInt().Cmp(want) != 0 {
		return eth.WithFault(eth.L1WrongChain, fmt.Errorf("chain id %s, and the rollup's L1 has %s", got.ToInt(), want))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rightOne = true
	return nil
}

func (e *Endpoint) isRightOne() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rightOne
}

// subscribe asks for an announcement of every new head.
func (e *Endpoint) subscribe(ctx context.Context, announced chan struct{}) (sub *rpc.ClientSubscription, err error) {
	err = e.send(ctx, "eth_subscribe", 1, func(ctx context.Context, client *rpc.Client) error {
		sub, err = client.EthSubscribe(ctx, announced, "newHeads")
		return err
	})
	return sub, err
}

// served notes that the endpoint has answered: a whole block, or something smaller.
func (e *Endpoint) served(block bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.health = e.health.served(time.Now(), block)
}

// failed notes that the endpoint gave no usable answer.
func (e *Endpoint) failed(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures++
	e.health = e.health.failed(time.Now(), err, retryIn(err), rand.Float64()) //nolint:gosec // jitter is no secret
}

func (e *Endpoint) state() health {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}

// status is what is said of the endpoint to the outside.
func (e *Endpoint) status() EndpointStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := EndpointStatus{Name: e.name, Requests: maps.Clone(e.requests), Failures: e.failures}
	if e.health.err != nil {
		s.Fault, s.Cause = eth.FaultOf(e.health.err), e.health.err.Error()
		s.Since, s.Until = e.health.since, e.health.until
	}
	return s
}
