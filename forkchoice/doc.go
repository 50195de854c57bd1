// Package forkchoice holds the heads of the L2 chain and says what the engine is to do next.
//
// It is a value and pure: the driver reports what the engine answered, and asks for the next call. It knows nothing of
// L1, of batches, or of how a call is made.
//
// Invariant: finalized ≤ safe ≤ unsafe, by number. Safe and finalized move back only by Rewind, finalized never.
//
// Sources: specs, protocol/exec-engine and protocol/derivation (engine queue); RULES 7.
package forkchoice
