package l1

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// patience is how long a question waits for endpoints that want to be left alone; longer waits are the caller's.
const patience = 2 * time.Second

// question is how endpoints are asked.
type question struct {
	block     bool          // for a whole block
	timeout   time.Duration // of one endpoint's answer; 0: any
	exists    func() bool   // what is asked for is there, as its own chain stands on it; nil: it may not be
	everybody bool          // "not found" is believed only if all say so
}

// ask puts a question to one endpoint after the other until one answers, and says which.
func (s *Source) ask(ctx context.Context, how question, f func(context.Context, reader) error) (*Endpoint, error) {
	var round round
	for e := s.next(ctx, &round); e != nil; e = s.next(ctx, &round) {
		err := s.try(ctx, e, how, f)
		if err == nil {
			e.served(how.block)
			for _, missing := range round.missing {
				missing.endpoint.failed(eth.WithFault(eth.L1BlockMissing, missing.err))
			}
			return e, nil
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, err
		}
		if errors.Is(err, eth.ErrNotFound) && eth.FaultOf(err) == "" {
			if how.exists != nil && how.exists() {
				err = eth.WithFault(eth.L1BlockMissing, err)
			} else {
				round.missing = append(round.missing, endpointError{e, err})
				if how.everybody {
					continue
				}
				break
			}
		}
		e.failed(err)
		round.failed = append(round.failed, endpointError{e, err})
		if ctx.Err() != nil {
			break
		}
	}
	return nil, s.failure(ctx, &round)
}

func (s *Source) try(ctx context.Context, e *Endpoint, how question, f func(context.Context, reader) error) error {
	if how.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, how.timeout)
		defer cancel()
	}
	if err := e.checkChain(ctx, s.cfg.Rollup.L1ChainID); err != nil {
		return err
	}
	return verdict(f(ctx, reader{e, &s.cfg}))
}

// round is what became of a question so far.
type round struct {
	asked   []*Endpoint
	failed  []endpointError // in the order asked
	missing []endpointError // said "not found", which may be so
	resting bool            // one that rests was asked
	waited  bool            // for one that wants to be left alone
}

type endpointError struct {
	endpoint *Endpoint
	err      error
}

// next is whom to ask next: the first in order that is well, then the one that may be back first, once. If there is
// nobody else it waits a little for one that wants to be left alone. nil if the question has no answer.
func (s *Source) next(ctx context.Context, r *round) *Endpoint {
	now := time.Now()
	var early, strict *Endpoint
	var earlyEnd, strictEnd time.Time
	for _, e := range s.endpoints {
		h := e.state()
		switch {
		case slices.Contains(r.asked, e):
		case !h.resting(now):
			r.asked = append(r.asked, e)
			return e
		case h.strict && (strict == nil || h.until.Before(strictEnd)):
			strict, strictEnd = e, h.until
		case !h.strict && (early == nil || h.until.Before(earlyEnd)):
			early, earlyEnd = e, h.until
		}
	}
	if early != nil && !r.resting {
		r.asked, r.resting = append(r.asked, early), true
		return early
	}
	if strict == nil || len(r.asked) > 0 || r.waited || strictEnd.Sub(now) > patience {
		return nil
	}
	r.waited = true
	timer := time.NewTimer(strictEnd.Sub(now))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-timer.C:
		r.asked = append(r.asked, strict)
		return strict
	}
}

// failure is the error of a question without an answer.
func (s *Source) failure(ctx context.Context, r *round) error {
	if len(r.missing) > 0 {
		return r.missing[0].err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	all := make(EndpointsError, 0, len(s.endpoints))
	for _, e := range s.endpoints {
		i := slices.IndexFunc(r.failed, func(f endpointError) bool { return f.endpoint == e })
		switch h := e.state(); {
		case i >= 0:
			all = append(all, fmt.Errorf("%s: %w", e.name, r.failed[i].err))
		case h.err != nil:
			rest := time.Until(h.until).Round(time.Second)
			all = append(all, fmt.Errorf("%s: left alone for %s after: %w", e.name, rest, h.err))
		}
	}
	if len(all) == 0 { // they were well again by now
		return eth.WithFault(eth.L1Slow, errors.New("no endpoint was free to answer"))
	}
	return eth.WithFault(eth.FaultOf(all[0]), all)
}

// EndpointsError is what the endpoints said, each with its name, in the order of preference.
type EndpointsError []error

func (e EndpointsError) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives what each of them said.
func (e EndpointsError) Unwrap() []error { return e }
