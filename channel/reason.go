package channel

import "strconv"

// Reason says why something that came from L1 was dropped. The words of String are stable: they name metrics and appear
// in golden files. The numbers are not.
type Reason uint8

// The reasons, grouped by the step that gives them. What each means stands in the table below.
const (
	// None: nothing was dropped.
	None Reason = iota

	// Given by DecodeBlob; the blob is dropped.

	BlobVersion
	BlobLength
	BlobFieldElement
	BlobPadding

	// Given by ParseFrames; all frames of the item are dropped.

	ItemEmpty
	ItemVersion
	ItemNoFrames
	FrameTruncated
	FrameTooLong
	FrameBadIsLast

	// Given by Prune; the frame is dropped.

	PrunedAfterLast
	PrunedOutOfOrder
	PrunedNotFirst
	PrunedUnclosed

	// Given by Channel.Add, Assembler.Add and Bank.Add; the frame is dropped.

	FrameWrongChannel
	FrameSecondLast
	FrameDuplicate
	FramePastEnd
	FrameOutOfOrder
	FrameNoChannel
	FrameTooLate

	// Given by Assembler and Bank; the channel is dropped.

	ChannelReplaced
	ChannelTooLarge
	ChannelTimedOut
	ChannelFlushed
	ChannelPruned

	// Given by Raw.Decoder and NewDecoder; the channel is dropped.

	ChannelEmpty
	CompressionUnknown
	BrotliBeforeFjord
	ZlibHeader

	// Given by Decoder.Next; the rest of the channel is dropped.

	BatchOverLimit
	BatchNotString
	BatchNonCanonical
	BatchTruncated
	StreamCorrupt

	reasonCount
)

// Sections of the specs that more than one reason comes from.
const (
	blobEncoding   = "ecotone/derivation.md, blob encoding"
	batcherTx      = "derivation.md, batcher transaction format"
	frameFormat    = "derivation.md, frame format"
	frameQueue     = "holocene/derivation.md, frame queue"
	loadingFrames  = "derivation.md, loading frames"
	stagingChannel = "holocene/derivation.md, reading & frame loading"
	timeouts       = "derivation.md, timeouts"
	channelFormat  = "derivation.md, channel format"
	batchFormat    = "derivation.md, batch format"
	brotliFormat   = "fjord/derivation.md, brotli channel compression"
)

// reasonText is what there is to say about a reason: what String, Why and Rule give.
type reasonText struct{ word, why, rule string }

var reasons = [reasonCount]reasonText{
	None: {"none", "nothing was dropped", ""},

	BlobVersion:      {"blob-version", "the blob's encoding version is not 0", blobEncoding + " (2.4)"},
	BlobLength:       {"blob-length", "the blob declares more than 130,044 bytes of data, the most it can carry", blobEncoding + " (2.4)"},
	BlobFieldElement: {"blob-field-element", "a field element of the blob uses one of its two top bits, which must be 0", blobEncoding + " (2.4)"},
	BlobPadding:      {"blob-padding", "a byte behind the blob's data is not 0", blobEncoding + " (2.4)"},

	ItemEmpty:      {"item-empty", "the item has no bytes, not even a version", batcherTx + " (3.1)"},
	ItemVersion:    {"item-version", "the item's first byte is not 0, the version of items with frames", batcherTx + " (3.1)"},
	ItemNoFrames:   {"item-no-frames", "the item has no frame behind its version byte", batcherTx + " (3.1)"},
	FrameTruncated: {"frame-truncated", "the item ends inside a frame", batcherTx + " (3.1)"},
	FrameTooLong:   {"frame-too-long", "a frame of the item declares more than 1,000,000 bytes of data", frameFormat + " (3.1)"},
	FrameBadIsLast: {"frame-bad-is-last", "the is_last byte of a frame of the item is neither 0 nor 1", frameFormat + " (3.1)"},

	PrunedAfterLast:  {"pruned-after-last", "the frame follows the last frame of its own channel", frameQueue + " (3.2)"},
	PrunedOutOfOrder: {"pruned-out-of-order", "the frame's number is not one above that of its channel's frame before it", frameQueue + " (3.2)"},
	PrunedNotFirst:   {"pruned-not-first", "the frame follows another channel, but is not the first of its own", frameQueue + " (3.2)"},
	PrunedUnclosed:   {"pruned-unclosed", "the frame's channel is not closed when the first frame of another follows", frameQueue + " (3.2)"},

	FrameWrongChannel: {"frame-wrong-channel", "the frame belongs to another channel than the open one", frameQueue + " (3.3, 3.5)"},
	FrameSecondLast:   {"frame-second-last", "the frame is marked as last, but its channel has a last frame already", loadingFrames + " (3.3)"},
	FrameDuplicate:    {"frame-duplicate", "the frame's channel holds a frame of this number already", loadingFrames + " (3.3)"},
	FramePastEnd:      {"frame-past-end", "the frame lies behind the last frame of its channel", "op-node (3.3)"},
	FrameOutOfOrder:   {"frame-out-of-order", "the frame is not the next one of its channel", frameQueue + " (3.3, 3.5)"},
	FrameNoChannel:    {"frame-no-channel", "the frame is not a first frame, and no channel is open", stagingChannel + " (3.5)"},
	FrameTooLate:      {"frame-too-late", "the frame's channel has timed out already", timeouts + " (3.4)"},

	ChannelReplaced: {"channel-replaced", "the channel is not complete when a first frame starts another", stagingChannel + " (3.5)"},
	ChannelTooLarge: {"channel-too-large", "the channel is above MAX_RLP_BYTES_PER_CHANNEL before it is decompressed", "holocene/derivation.md, pruning (3.5)"},
	ChannelTimedOut: {"channel-timed-out", "the channel is older than the channel timeout allows", timeouts + " (3.4, 3.5)"},
	ChannelFlushed:  {"channel-flushed", "the channel is still open when a batch read before turns out invalid", "op-node (3.5, 5.8)"},
	ChannelPruned:   {"channel-pruned", "the channel is the oldest one when all together outgrow MAX_CHANNEL_BANK_SIZE", "derivation.md, pruning (3.4)"},

	ChannelEmpty:       {"channel-empty", "the channel has no bytes", channelFormat + " (4.1)"},
	CompressionUnknown: {"compression-unknown", "the channel's first byte names neither zlib nor brotli", brotliFormat + " (4.2)"},
	BrotliBeforeFjord:  {"brotli-before-fjord", "the channel is compressed with brotli, but Fjord is not active on L1", brotliFormat + " (4.2)"},
	ZlibHeader:         {"zlib-header", "the channel's zlib header is not one of RFC 1950 without a dictionary", channelFormat + " (4.3)"},

	BatchOverLimit:    {"batch-over-limit", "the batch is larger than what is left of MAX_RLP_BYTES_PER_CHANNEL", channelFormat + " (4.4)"},
	BatchNotString:    {"batch-not-string", "an RLP list stands where a batch, an RLP string, should", batchFormat + " (4.4)"},
	BatchNonCanonical: {"batch-non-canonical", "the batch's RLP header is not the shortest one", "op-node (4.4)"},
	BatchTruncated:    {"batch-truncated", "the channel's data ends inside a batch", batchFormat + " (4.4)"},
	StreamCorrupt:     {"stream-corrupt", "the channel's compressed data is broken from here on", "op-node (4.3, 4.4)"},
}

func (r Reason) text() reasonText {
	if r >= reasonCount {
		return reasonText{word: "reason-" + strconv.Itoa(int(r))}
	}
	return reasons[r]
}

// String gives the reason's stable word, in kebab case.
func (r Reason) String() string { return r.text().word }

// Why says in a sentence what was found against what the rule wants. It is empty for a number without a reason.
func (r Reason) Why() string { return r.text().why }

// Rule gives the file and section of the specs that the rule comes from, or op-node where it decides what they leave
// open, and in brackets the section of RULES. It is empty where nothing was dropped.
func (r Reason) Rule() string { return r.text().rule }
