// Package encoder is the batcher's arithmetic: L2 blocks go in, the data of L1 transactions comes out, and what became of
// those transactions goes back in.
//
//	AddBlock ─▶ open channel ─▶ closed channels ─▶ Next ─▶ Submission
//	             CloseDue, Flush     ▲ Failed, Confirmed, Safe
//
// A channel is compressed as a whole when it closes, and not one frame of it is handed out before. So a closing rule for
// the time since a first frame was included is not needed; that time limits only how long the rest may take (Lost).
//
// It does no I/O, knows no clock and does not decide when to start afresh: it says what it knows (ErrReorg, Lost), and
// package batcher decides.
//
// Invariant: submissions come out in the order of the chain, channel by channel and frame by frame, and after a failure
// everything from the failed one on comes out again in that order (specs: holocene, frame queue and channel bank; other
// orders lose frames).
//
// Sources: specs, protocol/derivation (batch submission wire format, sequencing window), protocol/holocene/derivation;
// RULES 12.1; op-batcher for names and defaults.
package encoder
