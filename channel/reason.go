package channel

import "strconv"

// Reason says why something that came from L1 was dropped. The words of String are stable: they name metrics and appear
// in golden files. The numbers are not.
type Reason uint8

// The reasons, grouped by the step that gives them.
const (
	// None: nothing was dropped.
	None Reason = iota

	// Given by DecodeBlob; the blob is dropped.

	BlobVersion      // the encoding version is not 0
	BlobLength       // the length field is above MaxBlobData
	BlobFieldElement // a field element uses one of its two top bits
	BlobPadding      // a byte behind the data is not zero

	// Given by ParseFrames; all frames of the item are dropped.

	ItemEmpty      // no bytes at all
	ItemVersion    // the first byte is not DerivationVersion0
	ItemNoFrames   // nothing behind the version byte
	FrameTruncated // the item ends inside a frame
	FrameTooLong   // the length field is above MaxFrameLen
	FrameBadIsLast // is_last is neither 0 nor 1

	// Given by Prune; the frame is dropped.

	PrunedAfterLast  // follows the last frame of its own channel
	PrunedOutOfOrder // does not follow on the frame of its own channel before it
	PrunedNotFirst   // follows another channel, but is not a first frame
	PrunedUnclosed   // its channel is not closed when the first frame of another follows

	// Given by Channel.Add, Assembler.Add and Bank.Add; the frame is dropped.

	FrameWrongChannel // belongs to another channel
	FrameSecondLast   // is marked as last, but the channel is closed already
	FrameDuplicate    // its number is held already
	FramePastEnd      // lies at or behind the last frame
	FrameOutOfOrder   // is not the next frame, and order is required
	FrameNoChannel    // is not a first frame, and no channel is staged
	FrameTooLate      // its channel has timed out

	// Given by Assembler and Bank; the channel is dropped.

	ChannelReplaced // a first frame started a new channel
	ChannelTooLarge // outgrew MaxRLPBytes
	ChannelTimedOut // was not completed in time
	ChannelFlushed  // a later stage gave it up
	ChannelPruned   // the oldest one, as the bank outgrew MaxBank

	// Given by NewDecoder; the channel is dropped.

	ChannelEmpty       // no bytes at all
	CompressionUnknown // the first byte names no known compression
	BrotliBeforeFjord  // brotli is not allowed yet
	ZlibHeader         // the zlib header is not valid

	// Given by Decoder.Next; the rest of the channel is dropped.

	BatchOverLimit    // the declared size exceeds what is left of MaxRLPBytes
	BatchNotString    // an RLP list stands where a string should
	BatchNonCanonical // the RLP header is not the shortest one
	BatchTruncated    // the decompressed data ends inside a batch
	StreamCorrupt     // the compressed data is broken

	reasonCount
)

var reasonWords = [reasonCount]string{
	None:               "none",
	BlobVersion:        "blob-version",
	BlobLength:         "blob-length",
	BlobFieldElement:   "blob-field-element",
	BlobPadding:        "blob-padding",
	ItemEmpty:          "item-empty",
	ItemVersion:        "item-version",
	ItemNoFrames:       "item-no-frames",
	FrameTruncated:     "frame-truncated",
	FrameTooLong:       "frame-too-long",
	FrameBadIsLast:     "frame-bad-is-last",
	PrunedAfterLast:    "pruned-after-last",
	PrunedOutOfOrder:   "pruned-out-of-order",
	PrunedNotFirst:     "pruned-not-first",
	PrunedUnclosed:     "pruned-unclosed",
	FrameWrongChannel:  "frame-wrong-channel",
	FrameSecondLast:    "frame-second-last",
	FrameDuplicate:     "frame-duplicate",
	FramePastEnd:       "frame-past-end",
	FrameOutOfOrder:    "frame-out-of-order",
	FrameNoChannel:     "frame-no-channel",
	FrameTooLate:       "frame-too-late",
	ChannelReplaced:    "channel-replaced",
	ChannelTooLarge:    "channel-too-large",
	ChannelTimedOut:    "channel-timed-out",
	ChannelFlushed:     "channel-flushed",
	ChannelPruned:      "channel-pruned",
	ChannelEmpty:       "channel-empty",
	CompressionUnknown: "compression-unknown",
	BrotliBeforeFjord:  "brotli-before-fjord",
	ZlibHeader:         "zlib-header",
	BatchOverLimit:     "batch-over-limit",
	BatchNotString:     "batch-not-string",
	BatchNonCanonical:  "batch-non-canonical",
	BatchTruncated:     "batch-truncated",
	StreamCorrupt:      "stream-corrupt",
}

// String gives the reason's stable word, in kebab case.
func (r Reason) String() string {
	if r >= reasonCount {
		return "reason-" + strconv.Itoa(int(r))
	}
	return reasonWords[r]
}
