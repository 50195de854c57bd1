// Package anvil runs Cairn on an L1 that shares no code with it: anvil, of Foundry. Two `cairn node` processes, a sequencer
// and a verifier, each with the embedded engine, see L1 through its JSON-RPC and nothing of each other; a batcher posts
// calldata. Then L1 is reorganised again and again, with anvil_reorg.
//
// It needs both binaries and is skipped without them: run.sh gets them and runs it. Calldata, because the transactions root
// of an anvil block with blobs is not that of its transactions, and Cairn refuses such a block. Other ways of anvil that
// matter here are named where they do.
package anvil
