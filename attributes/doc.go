// Package attributes says what an L2 block must contain: the L1 info transaction, user deposits, upgrade transactions,
// the batch's transactions, and the header fields an engine is told. It also reads blocks back: the system config and
// the origin a block carries, and whether an existing block is the one the attributes ask for.
//
//	parent, its system config, L1 origin, transactions ─▶ Build ─▶ attributes, system config of the new block
//
// It does not choose the origin, does not judge batches and does not talk to an engine.
//
// Invariant: the system config that Build returns is the one that SystemConfigOf reads out of the block an engine builds
// from the attributes. What a block does not carry is lost, in both.
//
// Sources: specs, protocol/deposits.md, protocol/derivation.md, protocol/system-config.md and the exec-engine.md and
// l1-attributes.md of the forks; where op-node is more precise, op-node.
package attributes
