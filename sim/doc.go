// Package sim proves the derivation rules by simulation: from a seed it makes up a history of L1, adversarial in all that
// L1 can hold, derives it in several ways with derive.Machine, and compares every block with what sim/oracle says, which
// was written from the specification alone.
//
//	seed ─▶ Generate ─▶ History ─▶ Straight ┐
//	                               Reorged  ├─▶ Compare ◀─ oracle.Derive
//	                               Resumed  ┘
//
// It is not a test of I/O, of timing or of an engine: driver, l1 and test/ have those.
//
// Invariant: a seed says all. What is generated, in which way it is derived and what is counted depends on nothing else, so
// that a failure is a number (docs/simulation.md).
package sim
