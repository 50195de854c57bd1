// Package geth runs op-geth as a library: one execution chain (L1 or L2, the genesis decides) inside the process,
// without peers and, unless asked for, without sockets.
//
// Chain makes a block by executing it once (Assemble), takes one in by executing it (Import), and moves the labels
// (SetHead). Engine puts the rollup node's engine port on an L2 Chain by direct calls. Block hashes are those that the
// Engine API of the same op-geth gives for the same attributes.
//
// It is not an Engine API client (package engine is), it knows no rollup rule beyond what the execution layer checks,
// and it is the only package of the project that knows op-geth's internals.
//
// Invariant: there is one writer. All writes go through Chain's lock, so nobody else may write to the same chain while
// it is open; that includes the Engine API a Chain can serve for tests.
//
// Sources: specs, protocol/exec-engine and the fork pages of holocene, isthmus and jovian; op-geth's miner and
// eth/catalyst for the order of checks.
package geth
