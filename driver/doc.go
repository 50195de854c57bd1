// Package driver runs one rollup node: it takes L1 blocks, the sequencer's timer and the engine's answers, and decides
// what happens next.
//
//	event ─▶ Core.Handle(now, event) ─▶ effects ─▶ lanes do them ─▶ event
//
// Core is pure: it holds the machine, the heads and the sequencer's plan, and turns an event into effects. Run is the one
// select loop around it. Lanes are goroutines that do one effect at a time and answer with one event: the engine lane
// (everything that touches the execution engine), the L1 lane (blocks and blobs for derivation, and the record of safe heads) and the origin lane
// (what the sequencer needs to know about L1).
//
// It is not an adapter: engine, L1 and publisher are ports that the node fits in.
//
// Invariant: decisions are level-triggered. After each event Core computes anew what is missing, from the heads, the
// machine and L1; no event is needed twice, and a lost one costs time only.
//
// Sources: specs, protocol/derivation and protocol/rollup-node; RULES 7 to 10.
package driver
