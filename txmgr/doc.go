// Package txmgr gets the transactions of one account included in L1: it gives out nonces, prices, signs, broadcasts,
// raises fees, follows reorgs, and reports a transaction when it is NumConfirmations blocks deep.
//
// It does not know what the transactions are for, keeps nothing on disk and holds no wallet: L1 is its memory, and a
// Signer signs.
//
// Invariant: a candidate owns at most one nonce in its life, and loses it only if no node can ever have seen it. From
// that follows what a batcher needs: nothing lands twice, and what one Queue was given lands in the order given
// (Holocene: frames out of order are lost, specs holocene/derivation.md).
//
// # Rules
//
// One goroutine, Run, owns the lane: the transactions that hold a nonce, in nonce order. In each round it looks at L1
// (head, nonce of the account), tells every transaction what it saw, and does what the pure function decide says. A
// transaction is broadcast for the first time only after the one before it was accepted, so a gap is never ours.
//
// A pool keeps blob and other transactions of one sender apart and refuses the second kind while it holds the first.
// A candidate therefore waits until everything of the other type is confirmed: were it only mined, a reorg would bring
// it back to a pool that refuses it because of what was sent after it.
//
// A caller whose context ends before its transaction was broadcast gets it back: it will never be sent. Afterwards
// the context only ends the waiting (ErrOutstanding): the transaction is carried to its end, because replacing it by
// an empty one costs the same fees, wins no certainty, and what was sent was wanted.
//
// Self-transfers consume a nonce in two cases only. (1) The account's next nonce lies below our first transaction for
// a ResubmissionTimeout: the gap is filled. (2) The pool refuses a transaction for as long because it holds one of
// the other type: that one is replaced by a self-transfer of its own type, and the candidate ends with ErrNonceTaken
// unless it landed after all.
//
// # Restart
//
// What a previous run left in the pool (PendingNonceAt above NonceAt) is neither built upon nor forgotten. Until it
// is gone, nothing new gets a nonce: for a ResubmissionTimeout it may land by itself, then rule (1) replaces it.
// Either way its fate is decided before Settled is closed, so a caller that waits for Settled and then looks at L1
// does not post the same data twice. A pool that hides transactions from PendingNonceAt can hold more of them: they
// are outbid within the fee limit when their nonce comes up, or, if they land first, end in ErrNonceTaken.
//
// Sources: EIP-1559, EIP-4844, EIP-7594 (cell proofs), the replacement rules of geth's pools (10 %, 100 % for blobs),
// and the flags of op-batcher for names and defaults.
package txmgr
