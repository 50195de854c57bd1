// Package sequence decides for a sequencer: on which L1 origin the next block stands, whether it may hold user
// transactions, when to begin it and when to seal it.
//
// It is pure functions; it does not build blocks and does not know the engine.
//
// Sources: specs, protocol/derivation (sequencer drift, L1 origin); op-node's sequencing; RULES 10.
package sequence
