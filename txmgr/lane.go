package txmgr

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/core/types"
)

// maxFillers bounds the self-transfers that are out at once. A larger gap is closed in turns.
const maxFillers = 16

// slot is a nonce with what was made for it.
type slot struct {
	state
	req      *request // nil for a filler
	versions []version
	receipt  *types.Receipt // of one of the versions, as of this round
	by       version        // the one that the receipt is of
	lastErr  error          // why it is not in the pool
}

// version is a signed transaction, with its sidecar.
type version struct {
	tx *types.Transaction
	bid
}

// lane is the state of Run: the transactions that hold a nonce, in nonce order. Only Run's goroutine touches it.
type lane struct {
	*Manager
	slots    []*slot
	waiting  *request  // the next to get a nonce
	started  bool      // next is known
	open     bool      // nothing of a previous run is pending
	next     uint64    // lowest nonce that was never given out
	gapSince time.Time // since when the account's nonce lies below ours; zero if it does not
	gap      bool
	cells    bool // pools want cell proofs
	lied     bool // a pool contradicted cellProofTime, cells holds what it wants
	st       Status
	noted    string // text of the last error that was logged
	noticed  bool   // something went wrong in this round
}

func newLane(m *Manager) *lane {
	return &lane{Manager: m, st: Status{SpentWei: new(big.Int)}}
}

// run looks at L1 on every request and at intervals, until ctx ends.
func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var ready <-chan *request
		if l.waiting == nil {
			ready = l.ready
		}
		select {
		case <-ctx.Done():
			return
		case l.waiting = <-ready:
		case <-timer.C:
		}
		l.noticed = false
		soon, err := l.round(ctx)
		if ctx.Err() != nil {
			return
		}
		l.note(err)
		if !l.noticed {
			l.noted = ""
		}
		l.publish()
		switch {
		case soon || err != nil:
			timer.Reset(l.cfg.RetryInterval)
		case !l.open || l.waiting != nil || len(l.slots) > 0:
			timer.Reset(min(l.cfg.ReceiptQueryInterval, l.cfg.RebroadcastInterval))
		default:
			timer.Stop()
		}
	}
}

// stop ends all candidates that are left.
func (l *lane) stop() {
	for _, s := range l.slots {
		switch {
		case s.req == nil:
		case s.out:
			l.end(s.req, Result{Err: fmt.Errorf("%w: %w", ErrStopped, ErrOutstanding)})
		default:
			l.end(s.req, Result{Err: ErrStopped})
		}
	}
	l.slots = nil
	if l.waiting != nil {
		l.end(l.waiting, Result{Err: ErrStopped})
		l.waiting = nil
	}
	l.publish()
}

// look is what a round knows about L1. The parts that not every round needs are fetched when first asked for.
type look struct {
	now    time.Time
	header *types.Header
	nonce  uint64
	deep   *uint64
	market market
}

// round looks at L1 once and acts. soon asks for the next round after RetryInterval. An error ends the round, and the
// next one starts from what is on L1 then.
func (l *lane) round(ctx context.Context) (soon bool, err error) {
	v := &look{now: time.Now()}
	if err := l.call(ctx, "get L1 head", func(ctx context.Context) (err error) {
		v.header, err = l.client.HeaderByNumber(ctx, nil)
		return err
	}); err != nil {
		return true, err
	}
	if v.header.BaseFee == nil {
		return true, fmt.Errorf("L1 block %v has no base fee", v.header.Number)
	}
	if err := l.call(ctx, "get nonce", func(ctx context.Context) (err error) {
		v.nonce, err = l.client.NonceAt(ctx, l.cfg.From, nil)
		return err
	}); err != nil {
		return true, err
	}
	l.st.Head = v.header.Number.Uint64()
	if err := l.start(ctx, v); err != nil {
		return true, err
	}
	l.closeGap(v)

	blocked, firstSeen := false, false // an earlier transaction is not in the pool; the lowest unused nonce was met
	for i := 0; i < len(l.slots); i++ {
		s := l.slots[i]
		o, err := l.observe(ctx, v, s)
		if err != nil {
			return true, err
		}
		o.first = !o.used(s.state) && !firstSeen
		firstSeen = firstSeen || o.first
		s.state = s.observe(o)
		a := decide(&l.cfg, s.state, o)
		if a.err != nil {
			s.lastErr = a.err
			l.note(fmt.Errorf("price nonce %d: %w", s.nonce, a.err))
		}
		switch a.verb {
		case confirm, pass, lose:
			if i > 0 && s.out {
				continue // in order; what was never out is the last and has nobody to wait for
			}
			l.finish(ctx, s, a.verb)
			l.slots = append(l.slots[:i:i], l.slots[i+1:]...)
			i--
			continue
		case drop: // never out, hence nothing was sent behind it
			l.drop(s)
			l.slots = append(l.slots[:i:i], l.slots[i+1:]...)
			i--
			continue
		case offer, resend, reseal, displace:
			if blocked {
				break
			}
			if err := l.act(ctx, s, a); err != nil {
				return true, err
			}
			soon = soon || s.answer != accepted && s.answer != noFunds && s.answer != reserved
		default: // wait
		}
		if !o.used(s.state) && s.answer != accepted {
			blocked = true
		}
		soon = soon || !o.used(s.state) && (s.answer == unclear || s.answer == nonceGap) && s.tries < l.cfg.MaxRetries
	}
	return l.admit(ctx, v, soon)
}

// start sets the first nonce: behind everything a previous run left pending (doc.go, Restart).
func (l *lane) start(ctx context.Context, v *look) error {
	if l.started {
		return nil
	}
	var pending uint64
	if err := l.call(ctx, "get pending nonce", func(ctx context.Context) (err error) {
		pending, err = l.client.PendingNonceAt(ctx, l.cfg.From)
		return err
	}); err != nil {
		return err
	}
	l.started, l.next = true, max(v.nonce, pending)
	l.log.Info("transaction manager started", "from", l.cfg.From, "nonce", v.nonce, "pending", l.next-v.nonce)
	return nil
}

// closeGap compares the account's nonce with the lowest one that we hold or will give out next. A nonce in between
// belongs to a previous run, or to a transaction of ours that a deep reorg lost. It gets its time, then a filler.
func (l *lane) closeGap(v *look) {
	base := l.next
	if len(l.slots) > 0 {
		base = l.slots[0].nonce
	}
	l.gap = v.nonce < base
	if !l.gap {
		l.gapSince = time.Time{}
		l.next = max(l.next, v.nonce)
		if !l.open && len(l.slots) == 0 {
			l.open = true
			l.log.Info("no earlier transaction is pending", "nonce", v.nonce)
			close(l.settled)
		}
		return
	}
	if l.gapSince.IsZero() {
		l.gapSince = v.now
	}
	if v.now.Sub(l.gapSince) < l.cfg.ResubmissionTimeout {
		return
	}
	l.gapSince = time.Time{}
	var fillers []*slot
	for n := v.nonce; n < base && len(fillers) < maxFillers; n++ {
		fillers = append(fillers, &slot{state: state{nonce: n, filler: true, bid: bid{empty: true}, since: v.now}})
	}
	l.slots = append(fillers, l.slots...)
	l.log.Warn("filling nonces by self-transfers", "from_nonce", v.nonce, "count", len(fillers), "missing", base-v.nonce)
}

// observe gathers what decide needs about one slot.
func (l *lane) observe(ctx context.Context, v *look, s *slot) (observation, error) {
	o := observation{
		now: v.now, head: v.header.Number.Uint64(), nonce: v.nonce,
		cancelled: s.req != nil && s.req.ctx.Err() != nil,
	}
	if !o.used(s.state) {
		err := l.getMarket(ctx, v, s.blob || s.answer == reserved)
		o.market = v.market
		return o, err
	}
	if s.filler {
		return o, nil
	}
	var err error
	if s.receipt, s.by, err = l.findReceipt(ctx, s); err != nil {
		return o, err
	}
	if s.receipt != nil {
		o.found, o.receiptAt = true, s.receipt.BlockNumber.Uint64()
		return o, nil
	}
	if v.deep == nil {
		var deep uint64
		if back := l.cfg.NumConfirmations - 1; o.head >= back {
			if err := l.call(ctx, "get nonce at depth", func(ctx context.Context) (err error) {
				deep, err = l.client.NonceAt(ctx, l.cfg.From, new(big.Int).SetUint64(o.head-back))
				return err
			}); err != nil {
				return o, err
			}
		}
		v.deep = &deep
	}
	o.deepNonce = *v.deep
	return o, nil
}

// findReceipt looks for the receipt of any version of a slot, newest first.
func (l *lane) findReceipt(ctx context.Context, s *slot) (*types.Receipt, version, error) {
	for i := len(s.versions) - 1; i >= 0; i-- {
		var r *types.Receipt
		err := l.call(ctx, "get receipt", func(ctx context.Context) (err error) {
			r, err = l.client.TransactionReceipt(ctx, s.versions[i].tx.Hash())
			if errors.Is(err, ethereum.NotFound) {
				return nil
			}
			return err
		})
		if err != nil {
			return nil, version{}, err
		}
		if r != nil && r.BlockNumber != nil {
			return r, s.versions[i], nil
		}
	}
	return nil, version{}, nil
}

// getMarket asks for prices, once a round.
func (l *lane) getMarket(ctx context.Context, v *look, blob bool) error {
	if v.market.tip == nil {
		if err := l.call(ctx, "get tip", func(ctx context.Context) (err error) {
			v.market.tip, err = l.client.SuggestGasTipCap(ctx)
			return err
		}); err != nil {
			return err
		}
		v.market.baseFee = v.header.BaseFee
	}
	if blob && v.market.blobBaseFee == nil {
		return l.call(ctx, "get blob base fee", func(ctx context.Context) (err error) {
			v.market.blobBaseFee, err = l.client.BlobBaseFee(ctx)
			return err
		})
	}
	return nil
}

// call bounds a request to the outside in time and names it in errors.
func (l *lane) call(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.NetworkTimeout)
	defer cancel()
	if err := f(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// note records what went wrong in a round, and logs it when it is news.
func (l *lane) note(err error) {
	if err == nil {
		return
	}
	l.noticed = true
	l.st.LastError, l.st.LastErrorAt = err.Error(), time.Now()
	if l.noted == err.Error() {
		return
	}
	l.noted = err.Error()
	l.log.Warn("L1 round incomplete", "err", err)
}

// publish makes the present state visible to Manager.Status.
func (l *lane) publish() {
	st := l.st
	st.Settled, st.NextNonce, st.Pending, st.Fillers = l.open, l.next, 0, 0
	for _, s := range l.slots {
		if s.filler {
			st.Fillers++
		} else {
			st.Pending++
		}
	}
	l.status.Store(&st)
}
