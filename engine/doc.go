// Package engine puts the engine port on the Engine API: for op-geth, op-reth and others behind HTTP, WebSocket or IPC
// with JWT, or in the same process.
//
// It chooses method versions by fork, walks through the calls of one block in the specified order, and turns what comes
// back into the four answers of package eth: done, rejected, forkchoice does not fit, could not answer. Package
// engine/geth offers the same port without the Engine API.
//
// It decides nothing: which block to build, on what, and what to do after a rejection is the driver's.
//
// Invariant: a payload that is handed out hashes to its block hash and is the one that was asked for; the engine's word
// is not taken for either.
//
// Sources: execution-apis, src/engine; specs, protocol/exec-engine; the digest's RULES 7.3 and 7.9 for order and versions.
package engine
