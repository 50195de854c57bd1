// Package store keeps on disk what a node must not forget, or would have to ask for again: the safe head as of every L1
// block (SafeHeads), and what derivation has read with snapshots of where it was (Inputs).
//
// It does not decide what is safe or canonical, does not follow L1 and fills no gaps: it is told, and it answers.
//
// Invariant of SafeHeads: an answer is what was recorded. What Record was given survives kill -9 from the moment Record has
// returned; all entries belong to one L1 chain; and between two entries there is no answer, only an error that names the
// gap. The format is that of op-node's safe head database, so either program reads a directory of the other. op-node records
// only L1 blocks at which the safe head moved: the blocks between are gaps here, because from the outside they cannot be told
// from blocks that were missed.
//
// Invariant of Inputs: all of it can be thrown away at the price of time and requests. It belongs to one chain, and what is
// on disk when PutSnapshot returns survives kill -9.
//
// Sources: op-node's safe head database (RULES 8.5), WIRE 2 and 9. The form of Inputs is this project's own.
package store
