// Package testkit makes what tests of derivation need: a model of L1 out of real headers, signed transactions and
// receipts, a model of an execution engine, logs of the two contracts, channels, and span batches that no honest encoder
// writes.
//
// It is for tests only, and it makes data: it uses the project's own encoders freely. What judges data, such as sim/oracle,
// must not use it.
//
// Invariant: everything is a function of its arguments. There is no randomness and no clock in here, so what is made from
// a seed is made again from the same seed.
package testkit
