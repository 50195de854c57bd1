// Package realengine runs the programs as their users do: `cairn devnet` is the chain, a standalone op-geth is an engine, and
// `cairn node` or op-node follows the chain through the Engine API over HTTP with JWT.
//
// Node and engine are killed again and again, and the chain goes on. An engine fetches from another one the blocks that its
// node was not told of. op-node takes the blocks of Cairn's sequencer from
// gossip and from L1, and then makes blocks itself, which Cairn takes; whatever both are asked they answer alike.
//
// It needs the binaries and is skipped without them: `make kill` and `make opnode` build them and run it.
package realengine
