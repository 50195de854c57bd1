// Package l1 reads the L1 chain: blocks over the execution RPC and blobs over the Beacon API, and it follows the heads.
//
// Source serves verified blocks, Prefetcher the same ones sooner, and Follow reports heads; Beacon serves verified blobs.
// None of them decides anything about the rollup: what of a block derivation reads is derive.SelectL1Block's to say, and
// what a moved or missing block means is the driver's. It is not a light client either: whether a hash is on the
// canonical chain is the endpoint's word.
//
// Invariant: nothing leaves this package that was not checked against a hash. The header hashes to the block hash,
// transactions, withdrawals and receipts to the header's roots, blobs to their versioned hashes. A liar can withhold
// or offer another chain, but not alter a block.
//
// # Transactions that JSON cannot carry
//
// A transactions root can only be checked over the encoded transactions. A transaction whose JSON this program cannot
// read, usually of a type invented later, is therefore asked for once more in its encoded form
// (eth_getRawTransactionByHash). The root covers these bytes; the transaction itself is passed on as "of an unreadable
// type", which derivation ignores by rule (RULES 2.1). An endpoint without that method makes the block unavailable, never
// unverified. Receipts of unknown types are encoded like those of all types since EIP-2718. A header with fields
// unknown to this program does not hash to its claimed hash and is refused: this needs an update of the program.
//
// # Fetching ahead
//
// Far behind the head, derivation reads one block after the other, and the way to the endpoint and back is most of the
// time. A Prefetcher is a Source that asks for the following blocks meanwhile, a few at a time. Each block is still asked
// for once, save for a few after a reorg, a jump of the reader, or an announcement less than ReorgSafety above them. At
// the end of the chain, which is where an endpoint is used for months, nothing is fetched ahead at all.
//
// A reader notices reorgs as before: a block fetched ahead is handed out only on its parent, and within ReorgSafety of
// the head only if it was asked for after the last announcement. Further down a reader can be led up a branch that was
// left, by as many blocks as are fetched ahead, and notices when the next one is no child. A reader that goes back is
// always answered anew. After an error the reader's own requests have the endpoint to themselves for a while.
//
// Blobs are not fetched ahead: which ones are the batcher's is known only once the blocks before are derived.
//
// # Sizes
//
// Dial bounds what is read of one answer over HTTP and WebSocket. Source applies the same bound to what any other
// client (in process, IPC) hands over. Blocks fetched ahead are bounded in bytes, besides the cache; requests under way
// are bounded in number.
//
// Sources: execution-apis (eth_*), beacon-APIs (blobs, blob_sidecars, genesis, config spec), EIP-4844, RULES 1.1 and 2.
package l1
