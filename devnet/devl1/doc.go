// Package devl1 is the L1 of a devnet: it makes a block in every slot, moves the safe and finalized labels, keeps the
// blobs and serves them by the Beacon API, and reorganises itself on demand.
//
// It is not a consensus client: there is one producer, and finality is a number of blocks.
//
// Invariant: one goroutine (Run) makes blocks and moves the head.
package devl1
