// Package engine puts the engine port on the Engine API: for op-geth, op-reth and others behind HTTP, WebSocket or IPC
// with JWT, or in the same process.
//
// It chooses method versions by fork, walks through the calls of one block in the specified order, and turns what comes
// back into the four answers of package eth: done, rejected, forkchoice does not fit, could not answer. Each error bears
// the eth.Fault that says who has to act. What an engine calls invalid is kept in files (Options). Package engine/geth
// offers the same port without the Engine API.
//
// The files: dial, jwt (connecting); client, calls, check (blocks); sync (an engine that syncs by itself); payloads
// (reading its chain); capabilities (what it can do, and what it is); fault (the meaning of errors); dump (files).
//
// Engines lose bodies by pruning and by snapshots, and say so in three ways: an error, null, or a block without its
// transactions. All are eth.ErrNotFound with eth.EnginePruned.
//
// It decides nothing: which block to build, on what, and what to do after a rejection is the driver's.
//
// Invariant: a payload that is handed out hashes to its block hash and is the one that was asked for; the engine's word
// is not taken for either.
//
// Sources: execution-apis, src/engine; specs, protocol/exec-engine; the digest's RULES 7.3, 7.8 and 7.9 for order,
// syncing and versions.
package engine
