package txmgr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
)

// act makes the version that the action asks for, and sends the current one.
func (l *lane) act(ctx context.Context, s *slot, a action) error {
	switch a.verb {
	case offer, displace:
		b := bid{fees: a.fees, blob: s.blob, empty: s.empty}
		if a.verb == displace {
			b.blob, b.empty = !s.blob, true
		}
		if err := l.newVersion(ctx, s, b); err != nil {
			return err
		}
	case reseal:
		if err := l.reseal(ctx, s); err != nil {
			return err
		}
	default: // resend
	}
	tx := s.versions[s.index].tx
	before := s.index
	sendErr := l.call(ctx, "send transaction", func(ctx context.Context) error { return l.client.SendTransaction(ctx, tx) })
	if ctx.Err() != nil {
		s.state = s.heard(unclear, time.Now()) // stopped in the middle: it may be out
		return ctx.Err()
	}
	got := judge(sendErr, l.cfg.AlreadyPublishedCustomErrs)
	s.state = s.heard(got, time.Now())
	attrs := []any{
		"nonce", s.nonce, "hash", tx.Hash(), "verb", a.verb, "answer", got, "blobs", len(tx.BlobHashes()),
		"tip", tx.GasTipCap(), "fee_cap", tx.GasFeeCap(), "blob_fee_cap", tx.BlobGasFeeCap(), "filler", s.filler,
	}
	if sendErr == nil || got == accepted {
		l.log.Info("transaction sent", attrs...)
		return nil
	}
	s.lastErr = sendErr
	l.st.LastError, l.st.LastErrorAt = sendErr.Error(), time.Now()
	l.log.Warn("transaction not accepted", append(attrs, "err", sendErr, "back_to_earlier", s.index != before)...)
	if got == nonceGap {
		for _, earlier := range l.slots {
			if earlier.nonce < s.nonce {
				earlier.sentAt = time.Time{} // the pool has lost it
			}
		}
	}
	return nil
}

// newVersion signs a version and makes it the current one. The price's chance starts now.
func (l *lane) newVersion(ctx context.Context, s *slot, b bid) error {
	cand, hashes, sidecar := Candidate{To: &l.cfg.From, GasLimit: params.TxGas}, []common.Hash(nil), (*types.BlobTxSidecar)(nil)
	switch {
	case !b.empty:
		cand, hashes, sidecar = s.req.cand, s.req.hashes, s.req.sidecar
	case b.blob:
		sidecar = emptySidecar(l.wantCells())
		hashes = sidecar.BlobHashes()
	}
	unsigned, err := unsignedTx(l.chainID, s.nonce, b.fees, cand, hashes)
	if err != nil {
		return err
	}
	var tx *types.Transaction
	if err := l.call(ctx, "sign transaction", func(ctx context.Context) (err error) {
		tx, err = l.sign(ctx, l.cfg.From, unsigned)
		if err != nil {
			return err
		}
		return checkSigned(unsigned, tx, l.cfg.From)
	}); err != nil {
		return err
	}
	if sidecar != nil {
		tx = tx.WithBlobTxSidecar(sidecar)
	}
	if s.answer != unsent {
		l.st.Bumps++
	}
	b.index = len(s.versions)
	for i, old := range s.versions {
		if old.tx.Hash() == tx.Hash() {
			b.index = i // a raise that was refused before comes again
		}
	}
	if b.index == len(s.versions) {
		s.versions = append(s.versions, version{tx: tx, bid: b})
	}
	s.bid, s.state.versions, s.pricedAt, s.tries = b, len(s.versions), time.Now(), 0
	s.state = s.answered(unclear, s.pricedAt)
	return nil
}

// wantCells says which proofs a sidecar made now needs.
func (l *lane) wantCells() bool {
	if l.lied {
		return l.cells
	}
	return uint64(time.Now().Unix()) >= l.cellProofTime
}

// reseal gives all blob versions of a slot the proofs that they do not have. The pool said that it wants those, which
// happens around the fork and on an unknown L1.
func (l *lane) reseal(ctx context.Context, s *slot) error {
	current := s.versions[s.index].tx.BlobTxSidecar()
	if current == nil {
		return fmt.Errorf("pool wants another sidecar for nonce %d, which has none", s.nonce)
	}
	l.lied, l.cells = true, current.Version == types.BlobSidecarVersion0
	l.log.Info("pool wants other blob proofs", "nonce", s.nonce, "cell_proofs", l.cells)
	for i, v := range s.versions {
		switch {
		case !v.blob:
			continue
		case v.empty:
			s.versions[i].tx = v.tx.WithBlobTxSidecar(emptySidecar(l.cells))
			continue
		}
		if (s.req.sidecar.Version == types.BlobSidecarVersion1) != l.cells {
			sc, err := l.seal(ctx, s.req.cand.Blobs, l.cells)
			if err != nil {
				return err
			}
			s.req.sidecar = sc
		}
		s.versions[i].tx = v.tx.WithBlobTxSidecar(s.req.sidecar)
	}
	return nil
}

// finish ends a slot whose nonce is used.
func (l *lane) finish(ctx context.Context, s *slot, how verb) {
	if how == pass {
		r, _, err := l.findReceipt(ctx, s) // for the books only
		if err != nil {
			l.note(fmt.Errorf("account for nonce %d: %w", s.nonce, err))
		}
		l.spend(r)
		l.log.Info("nonce is used", "nonce", s.nonce, "by_self_transfer", r != nil)
		return
	}
	l.spend(s.receipt)
	if how == lose || s.by.empty {
		l.end(s.req, Result{Err: fmt.Errorf("%w: nonce %d", ErrNonceTaken, s.nonce)})
		return
	}
	l.log.Info("transaction confirmed", "nonce", s.nonce, "hash", s.receipt.TxHash, "block", s.receipt.BlockNumber,
		"status", s.receipt.Status, "fee", costOf(s.receipt))
	l.end(s.req, Result{Receipt: s.receipt})
}

// spend books what a mined transaction of ours cost, if there is one.
func (l *lane) spend(r *types.Receipt) {
	if r != nil {
		l.st.SpentWei = add(l.st.SpentWei, costOf(r))
	}
}

// drop takes back the nonce of a transaction that nobody has, and returns the candidate.
func (l *lane) drop(s *slot) {
	l.next = s.nonce
	reason := s.lastErr
	if reason == nil {
		reason = errors.New("it was never sent")
	}
	switch {
	case s.req.ctx.Err() != nil:
		l.end(s.req, Result{Err: fmt.Errorf("send transaction: %w", context.Cause(s.req.ctx))})
	case s.answer == invalid:
		l.end(s.req, Result{Err: fmt.Errorf("%w: %w", ErrInvalidCandidate, reason)})
	default:
		l.end(s.req, Result{Err: fmt.Errorf("%w: %w", ErrNotAccepted, reason)})
	}
}

// end delivers a result. An error breaks the queue.
func (l *lane) end(r *request, res Result) {
	if res.Err != nil {
		l.st.Failed++
		err := res.Err
		r.queue.broken.CompareAndSwap(nil, &err)
		level := slog.LevelWarn
		if errors.Is(err, ErrStopped) || r.ctx.Err() != nil {
			level = slog.LevelInfo // asked for
		}
		l.log.Log(context.Background(), level, "transaction ended without receipt", "err", res.Err)
	} else {
		l.st.Confirmed++
	}
	r.result <- res
}
