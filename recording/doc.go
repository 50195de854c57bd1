// Package recording is a piece of a chain on disk: the L1 blocks, blobs and L2 blocks that derivation of a range of L2
// blocks reads. A recording is made from endpoints once (Record) and derived from again without any (Recording.Derive), by
// whoever asks why the chain has a block, or why a batch was dropped.
//
//	recording.json   version, blob fees of L1, the range that was asked for
//	rollup.json      the chain's configuration, in op-node's form
//	l1/<number>.json an L1 block: eth.L1Block, readable
//	l2/<number>.json an L2 block: eth.PayloadEnvelope, as the Engine API has it
//	blobs/<hash>     a blob of 131072 bytes under its versioned hash
//
// L1 blocks are consecutive, and the lowest is where reading begins. Some L2 block has it for its origin and tells whose
// data counts there, unless it is the rollup's genesis. docs/offline-derivation.md has every field.
//
// It is neither a store of a node, which package store is, nor an engine: blocks are compared, never executed, so a block
// that is not recorded has no hash, and derivation ends there.
//
// Invariant: nothing of a recording is believed that the recording itself can refute. Files are bounded and read strictly;
// L1 blocks have to be linked, blobs to have the versioned hash of their KZG commitment, L2 blocks to hash to their hash.
// The hash of an L1 block cannot be computed, as only the part of the block is there that derivation reads. An error names
// the file and the field (FileError).
//
// Sources: RULES 8.2 for the start; execution-apis, engine/ for the L2 blocks; EIP-4844 for the blobs.
package recording
