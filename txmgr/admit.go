package txmgr

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum"
)

// admit gives nonces to candidates, as long as the rules allow it and candidates come.
func (l *lane) admit(ctx context.Context, v *look, soon bool) (bool, error) {
	for l.waiting != nil {
		r := l.waiting
		if err := refusal(r); err != nil {
			l.waiting = nil
			l.end(r, Result{Err: err})
			l.take()
			continue
		}
		if !l.mayAdmit(len(r.hashes) > 0) {
			return soon, nil
		}
		if done, err := l.estimate(ctx, r); !done {
			return true, err
		}
		if r.err != nil {
			continue
		}
		if err := l.getMarket(ctx, v, len(r.hashes) > 0); err != nil {
			return true, err
		}
		s := &slot{req: r, state: state{
			nonce: l.next, bid: bid{blob: len(r.hashes) > 0}, since: v.now, pricedAt: v.now,
			first: len(l.slots) == 0 || l.slots[len(l.slots)-1].mined,
		}}
		l.next++
		l.waiting = nil
		l.slots = append(l.slots, s)
		o := observation{now: v.now, head: l.st.Head, nonce: v.nonce, first: s.first, market: v.market}
		a := decide(&l.cfg, s.state, o)
		if a.verb != offer {
			s.lastErr = a.err
			return soon, a.err
		}
		if err := l.act(ctx, s, a); err != nil {
			return true, err
		}
		if s.answer != accepted {
			return true, nil
		}
		l.take()
	}
	return soon, nil
}

// take fetches the next candidate if one is ready.
func (l *lane) take() {
	select {
	case l.waiting = <-l.ready:
	default:
	}
}

// refusal says why a candidate that has no nonce yet will not get one.
func refusal(r *request) error {
	if err := r.queue.broken.Load(); err != nil {
		return fmt.Errorf("%w: %s", ErrQueueBroken, (*err).Error())
	}
	if r.ctx.Err() != nil {
		return fmt.Errorf("send transaction: %w", context.Cause(r.ctx))
	}
	return r.err
}

// mayAdmit holds the rules for a new nonce: nothing foreign before it, a place, the one before it accepted, and no
// transaction of the other type that is in the pool or could come back to it by a reorg.
func (l *lane) mayAdmit(blob bool) bool {
	if l.gap || uint64(len(l.slots)) >= l.cfg.MaxPendingTx {
		return false
	}
	for _, s := range l.slots {
		if s.blob != blob || !s.mined && (s.filler || s.answer != accepted) {
			return false
		}
	}
	return true
}

// estimate fills in the gas limit. done is false if it has to be tried again; otherwise r.err says whether it failed
// for good.
func (l *lane) estimate(ctx context.Context, r *request) (done bool, err error) {
	if r.cand.GasLimit != 0 {
		return true, nil
	}
	msg := ethereum.CallMsg{
		From: l.cfg.From, To: r.cand.To, Value: r.cand.Value, Data: r.cand.Data, BlobHashes: r.hashes,
	}
	var gas uint64
	err = l.call(ctx, "estimate gas", func(ctx context.Context) (err error) {
		gas, err = l.client.EstimateGas(ctx, msg)
		return err
	})
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	r.tries++
	switch {
	case err == nil && gas > 0:
		r.cand.GasLimit = gas
		return true, nil
	case err == nil:
		err = errors.New("estimate gas: the answer is 0")
	case isRevert(err):
		r.err = fmt.Errorf("%w: %w", ErrInvalidCandidate, err)
		return true, nil
	}
	if r.tries >= l.cfg.MaxRetries {
		r.err = fmt.Errorf("%w: %w", ErrNotAccepted, err)
		return true, nil
	}
	return false, err
}

// isRevert tells an answer of the EVM, which will not change by asking again, from trouble with the endpoint.
func isRevert(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "execution reverted") || strings.Contains(text, "gas required exceeds allowance")
}
