// Package batch is the unit in which L2 transactions travel through L1: the singular batch, which is one block, and the
// span batch, which is a run of blocks with their transactions taken apart into columns. It decodes both, encodes both,
// and says whether a decoded one may be applied to the safe chain.
//
// It does not read channels, keep batches that cannot be judged yet, or make up the empty batches of an expired
// sequencing window: it holds no state at all. Transactions are bytes here. Only as much of them is looked at as the
// span format needs to put them together again; whether one is valid is the execution engine's business.
//
// Whatever L1 carries gets a Verdict and a Reason, never an error and never a panic:
//
//	b, reason := batch.Decode(item, params)          // reason.EndsChannel(): the rest of the channel is unusable
//	switch b := b.(type) {
//	case *batch.Singular:
//		verdict, reason = batch.CheckSingular(view, b)
//	case *batch.Span:
//		parent, verdict, reason = batch.CheckSpanPlace(view, b) // Accept: look up L2 block `parent`, then
//		verdict, reason = batch.CheckSpanLinks(view, b, ref)    // Accept: before Holocene, judge all new blocks, then
//		verdict, reason = batch.CheckSpanBlocks(view, b, ref)   // Accept: compare the heights already safe, then
//		reason = batch.CheckOverlap(b, safe)                    // OK for each: take the blocks that are new
//		first, reason = b.Remainder(view)                       // and judge each one when its turn comes
//		single, reason := b.Singular(first, view.Safe.Hash, view.L1Blocks)
//		verdict, reason = batch.CheckSingular(view, &single)    // from Holocene on
//	}
//
// A batch can claim ten million blocks in a few bytes, and hold as many transactions as it has bytes. Blocks of a span stay
// columns, and long lists of transactions stay packed, until somebody asks for one.
//
// Invariant: a batch that was handed out is never written to, shares no memory with the item it was decoded from, and
// took memory in proportion to that item, whatever counts the item claims.
//
// Sources: specs, protocol/derivation (batch format, batch queue), protocol/delta/span-batches, protocol/holocene/derivation,
// protocol/lagoon/derivation; RULES 5.
package batch
