// Package channel is the transport codec of the rollup: how batches travel through L1 data, in both directions.
//
//	read:   blob → DecodeBlob → item → ParseFrames → Prune → Assembler → Raw.Decoder → Next → batch bytes
//	        before Holocene, ParseFrames → Bank → Raw.Decoder
//	write:  batch bytes → Writer.Add → Close → Frames → AppendItem → item → EncodeBlob → blob
//
// An item is the payload of one calldata transaction or one blob. It carries frames; frames of one id make a channel;
// a channel is a compressed sequence of RLP strings; each string is one batch (type byte and body).
//
// The package does not know what a batch means, which L1 transactions count, or which fork is active: fork differences
// come in as [Limits] and as the inOrder argument of [Channel.Add]. It does no I/O.
//
// The one invariant: state is a value. [Channel], [Assembler], [Bank] and [Decoder] may be copied by assignment at any moment,
// and advancing one copy never changes the answers of another. Everything behind their pointers and slices is
// written once and then only read. Byte slices handed in are kept, not copied, so a caller must not change them later.
//
// Whatever L1 contains is data, not an error: readers answer with a [Reason]. Errors are for writers.
//
// Sources: specs/protocol/derivation.md (batcher transaction format, frame format, channel format, channel bank),
// specs/protocol/holocene/derivation.md (frame queue, channel assembler), specs/protocol/ecotone/derivation.md
// (blob encoding), specs/protocol/fjord/derivation.md (brotli, limits). Where op-node is more precise than the text,
// existing chains follow op-node, and so does this package; such places say so.
package channel
