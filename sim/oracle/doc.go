// Package oracle says what an OP Stack L2 chain is, given the whole history of L1: a second, naive derivation by which
// the real one (package derive and what it stands on) is checked.
//
// It reads like the specification: it goes over the L1 blocks from the rollup's first one on, keeps everything in
// slices and looks everything up again whenever it needs it. It resets nothing, saves nothing, knows no unsafe blocks and
// no reorg: after a reorg, ask again with the other history.
//
// Files, in the order of the data: l1.go (which transactions count), blob.go, frames.go, channels_before_holocene.go and
// channel_holocene.go, batches.go and span.go (decoding), check.go (what makes a batch valid), stages.go (which batch is
// next), attributes.go with l1info.go, deposits.go and sysconfig.go (the block it makes). derive.go holds it together.
//
// Invariant: it shares no code with what it checks. Of this module it imports the vocabulary of eth and the data of
// rollup.Config only; rules, constants, decoders and encoders are written again here, from the text.
//
// Sources: the specs' protocol/derivation, deposits, system-config, delta, ecotone, fjord, granite, holocene, isthmus,
// jovian and pectra-blob-schedule; where the chains that run differ from that text, the chains are right, and a comment
// says so.
package oracle
