package l1

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// Heads is what the endpoints say of the chain's end. Safe and Finalized are zero as long as the chain has none.
type Heads struct {
	Head, Safe, Finalized eth.L1Ref
}

// FollowConfig configures Source.Follow. A zero field has the value named.
type FollowConfig struct {
	Interval      time.Duration // between two looks at the head; 12 s, the slot time of Ethereum
	LabelInterval time.Duration // between two looks at safe and finalized; 96 s, a quarter of an epoch
	Timeout       time.Duration // of one endpoint's answer; 10 s
	MaxBackoff    time.Duration // most that is waited after repeated failure; 1 min
	Stall         time.Duration // without a new head until other endpoints are asked whether they have one; 48 s
}

func (c FollowConfig) withDefaults() FollowConfig {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&c.Interval, 12*time.Second)
	set(&c.LabelInterval, 96*time.Second)
	set(&c.Timeout, 10*time.Second)
	set(&c.MaxBackoff, time.Minute)
	set(&c.Stall, 48*time.Second)
	return c
}

// FollowError says that a look at the heads failed and when the next one is.
type FollowError struct {
	Failures int           // in a row, this one included
	RetryIn  time.Duration // until the next look
	Err      error
}

func (e *FollowError) Error() string {
	return fmt.Sprintf("follow L1, failure %d in a row, next try in %s: %v", e.Failures, e.RetryIn, e.Err)
}

// Unwrap gives the cause.
func (e *FollowError) Unwrap() error { return e.Err }

// wakeGap is the least time between two looks, however fast an endpoint announces heads.
const wakeGap = 200 * time.Millisecond

// Follow looks at the heads until ctx is done and returns its cause. Where the endpoint can announce heads, these wake it
// up, but count for nothing more: without any, the looks go on as usual. Another endpoint is followed while the preferred
// one does not answer, or stands still while others go on.
//
// Both channels have room for one value and Follow is their only sender: a new value replaces one that was not fetched
// yet, so it never waits for a slow reader. heads gets a value when something changed; errs gets a *FollowError for each
// failed look, of which there are fewer and fewer.
func (s *Source) Follow(ctx context.Context, cfg FollowConfig, heads chan Heads, errs chan error) error {
	if cap(heads) != 1 || cap(errs) != 1 {
		return errors.New("follow L1: channels need room for exactly one value")
	}
	f := follower{source: s, cfg: cfg.withDefaults(), announced: make(chan struct{})}
	defer f.unsubscribe()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-f.announced:
			if f.pace.failures == 0 { // else the endpoint is to be left alone for now
				timer.Reset(time.Until(f.looked.Add(wakeGap)))
			}
		case <-f.lost():
			f.unsubscribe()
		case <-timer.C:
			timer.Reset(f.look(ctx, heads, errs))
		}
	}
}

// follower is the state of one Follow, owned by its goroutine.
type follower struct {
	source    *Source
	cfg       FollowConfig
	pace      pace
	current   Heads     // what was delivered last
	looked    time.Time // last look at the head
	moved     time.Time // last change of the head, or last comparison with other endpoints
	labelled  time.Time // last look at safe and finalized that was answered
	subscribe time.Time // last attempt to subscribe
	to        *Endpoint // asked for a subscription last
	sub       *rpc.ClientSubscription
	announced chan struct{}
}

// look asks once, delivers what changed, and says how long to wait. A head is delivered even if the labels fail.
func (f *follower) look(ctx context.Context, heads chan Heads, errs chan error) time.Duration {
	f.looked = time.Now()
	next, err := f.ask(ctx)
	f.resubscribe(ctx)
	if next.Head != f.current.Head || f.moved.IsZero() {
		f.moved = f.looked
	}
	if err == nil && f.looked.Sub(f.moved) >= f.cfg.Stall {
		f.moved = f.looked
		next.Head = f.source.compare(ctx, next.Head, f.cfg.Timeout)
	}
	if next != f.current {
		f.current = next
		replace(heads, next)
	}
	var wait time.Duration
	f.pace, wait = f.pace.after(err == nil, f.cfg, rand.Float64()) //nolint:gosec // jitter is no secret
	if err != nil {
		replace(errs, error(&FollowError{Failures: f.pace.failures, RetryIn: wait, Err: err}))
	}
	return wait
}

// ask gives the heads as far as the endpoint answers; the rest is as before.
func (f *follower) ask(ctx context.Context) (Heads, error) {
	next := f.current
	head, err := f.source.label(ctx, Latest, f.cfg.Timeout)
	if err != nil {
		return next, fmt.Errorf("get %s L1 block: %w", Latest, err)
	}
	next.Head = head
	if !f.labelled.IsZero() && f.looked.Sub(f.labelled) < f.cfg.LabelInterval {
		return next, nil
	}
	if next.Safe, err = f.optional(ctx, Safe, next.Safe); err != nil {
		return next, err
	}
	if next.Finalized, err = f.optional(ctx, Finalized, next.Finalized); err != nil {
		return next, err
	}
	f.labelled = f.looked
	return next, nil
}

// optional is a label that a young chain does not have.
func (f *follower) optional(ctx context.Context, label Label, before eth.L1Ref) (eth.L1Ref, error) {
	ref, err := f.source.label(ctx, label, f.cfg.Timeout)
	if errors.Is(err, eth.ErrNotFound) {
		return before, nil
	}
	if err != nil {
		return before, fmt.Errorf("get %s L1 block: %w", label, err)
	}
	return ref, nil
}

// resubscribe asks for announcements if the endpoint in use makes none yet. That it fails is no error: polling goes on.
func (f *follower) resubscribe(ctx context.Context) {
	e := f.source.announcer()
	if e == nil {
		return
	}
	if e != f.to {
		f.unsubscribe()
		f.to, f.subscribe = e, time.Time{}
	}
	if f.sub != nil || !e.streams || (!f.subscribe.IsZero() && f.looked.Sub(f.subscribe) < f.cfg.LabelInterval) {
		return
	}
	f.subscribe = f.looked
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	if sub, err := e.subscribe(ctx, f.announced); err == nil {
		f.sub = sub
	}
}

// lost is ready when the subscription has ended.
func (f *follower) lost() <-chan error {
	if f.sub == nil {
		return nil
	}
	return f.sub.Err()
}

func (f *follower) unsubscribe() {
	if f.sub != nil {
		f.sub.Unsubscribe()
		f.sub = nil
	}
}

// compare asks the other endpoints for their heads, as the one that announced the head has none newer for long. If one
// of them is ahead of it by more than what a moment explains, it is behind, and the other head counts.
func (s *Source) compare(ctx context.Context, head eth.L1Ref, timeout time.Duration) eth.L1Ref {
	from := s.announcer()
	for _, e := range s.endpoints {
		if h := e.state(); e == from || h.resting(time.Now()) {
			continue
		}
		var ref eth.L1Ref
		err := s.try(ctx, e, question{timeout: timeout}, func(ctx context.Context, r reader) (err error) {
			ref, err = r.ref(ctx, byLabel(Latest))
			return err
		})
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return head
		case err != nil:
			e.failed(verdictOfHead(err))
		case ref.Number > head.Number+1:
			from.failed(eth.WithFault(eth.L1BlockMissing, fmt.Errorf("its head stays at %d, and %s is at %d", head.Number, e.name, ref.Number)))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.view.announce(ref)
			s.headFrom = e
			return ref
		}
	}
	return head
}

// announcer is the endpoint that said last what the head is; nil before the first.
func (s *Source) announcer() *Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headFrom
}

// verdictOfHead marks that there is no head: every chain has one.
func verdictOfHead(err error) error {
	if errors.Is(err, eth.ErrNotFound) {
		return eth.WithFault(eth.L1Error, err)
	}
	return err
}

// pace says how often to ask: at the interval while all is well, and after failures at growing distances.
type pace struct {
	failures int // in a row
}

// after gives the pace after one more look, and the wait until the next. The wait doubles with each failure, from a
// second or the interval if that is shorter, up to MaxBackoff; u, from 0 up to but not including 1, takes off up to
// half of it, so that many nodes do not come back at once.
func (p pace) after(ok bool, cfg FollowConfig, u float64) (pace, time.Duration) {
	if ok {
		return pace{}, cfg.Interval
	}
	wait := min(cfg.Interval, time.Second)
	for range p.failures {
		if wait >= cfg.MaxBackoff {
			break
		}
		wait *= 2
	}
	wait = min(wait, cfg.MaxBackoff)
	return pace{failures: p.failures + 1}, wait - time.Duration(u*float64(wait)/2)
}

// replace puts a value into a channel with room for one, in place of what is there. The caller is the only sender.
func replace[T any](to chan T, value T) {
	select {
	case <-to:
	default:
	}
	to <- value
}
