// Package devnet is a whole rollup in one process: an L1 with its Beacon API, a sequencer with its engine, verifiers
// with engines of their own that know nothing but L1, and a batcher.
//
// It puts production parts together and adds what a real chain has around it. It decides nothing about the protocol.
package devnet
