// Package derive is the derivation machine: L1 blocks in, payload attributes out.
//
//	Push(L1 block) ─▶ items ─▶ frames ─▶ channel ─▶ batches ─▶ Build{attributes} ─▶ Confirm / Reject
//
// The machine is a pure state machine. It never calls anybody: what it lacks it says (Want), and whoever runs it brings
// it. Outputs do not run ahead of the engine: the parent-hash check of batches and Holocene's deposits-only rule need
// its answer, so a Build is answered before anything else happens.
//
// It is not a client of L1 or of an engine, and it does not know what "safe" means to others: it knows the block it
// derived last.
//
// Invariant: the whole state is one value. Snapshot copies it by assignment, Restore assigns it back, and both machines
// go on alike; slices in it are replaced or resliced, never written through. An L1 reorg is the choice of an older
// snapshot: there is no reset.
//
// Two ways lead from frames to blocks. From Holocene on frames and batches come in order or not at all: channel.Assembler,
// stepInOrder. Before, they come in any order and wait for their turn: channel.Bank, stepQueue. Which one it is, is decided
// by the time of the L1 block that is read.
//
// Sources: specs, protocol/derivation.md and protocol/holocene/derivation.md; where op-node is more precise, op-node.
package derive
