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
// With SourceConfig.TrustRPC this holds only as far as the endpoint is honest.
//
// # Several endpoints
//
// A Source has one or more Endpoints in the order of preference. Everything of one block comes from one of them: the
// first that is well. Whoever does not answer in time, refuses, lies, says too much, or lacks a block that its own head
// stands on rests for a while, longer after each failure, and the next one is asked for the whole block. With all of them
// at rest the one that may be back first is asked all the same, so that nobody waits longer than needed; only one that
// sent Retry-After is left alone. The chain id is checked before anything else is asked.
//
// Endpoints may disagree about the last blocks. The first one is right as long as it answers, so that a reader is not
// led to and fro. An exception is one whose head stands still while that of another goes on.
//
// Each endpoint has its own limits: requests under way, requests per second, and a lower rate after refusals, which are
// 429, 503 with Retry-After, and the JSON-RPC errors that mean the same (faults.go). Refusals halve the rate; it recovers
// within half a minute.
//
// Every error has the mark of what is wrong (eth.FaultOf), save the end of a context and a block that does not exist yet.
//
// # Blocks of earlier runs
//
// With a BlockKeep, blocks outlive the process. They are verified but need not be canonical any more. The kept blocks
// above the one asked for are followed as far as each stands on the one before; the first block above these, which is
// needed soon anyway, proves all of them canonical or the last one stale. Stale ones are dropped, from the top down. What
// is known to be canonical is so as of the last head that was announced: each announcement makes a Source forget whatever
// the new head is not known to stand on, except final blocks. So a node that starts again asks for no block it had, and
// one that asks after an announcement is never given a block of the chain that was left before.
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
// Dial bounds what is read of one answer over HTTP and WebSocket. An Endpoint applies the same bound to what any other
// client (in process, IPC) hands over. Blocks fetched ahead are bounded in bytes, besides the cache; requests under way
// are bounded in number.
//
// Sources: execution-apis (eth_*), beacon-APIs (blobs, blob_sidecars, genesis, config spec), EIP-1474, EIP-4444,
// EIP-4844, RFC 9110, RULES 1.1 and 2.
package l1
