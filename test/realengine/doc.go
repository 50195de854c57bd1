// Package realengine runs the programs as their users do: `cairn devnet` is the chain, a standalone op-geth is the engine,
// and `cairn node` follows the chain through the Engine API over HTTP with JWT. Then they are killed.
//
// It needs both binaries and is skipped without them: `make kill` builds them and runs it.
package realengine
