package batch

import "fmt"

// Verdict is what is to be done with a batch, given what is known.
type Verdict uint8

// The verdicts (specs: derivation, batch queue; holocene, batch queue).
const (
	// Accept: apply it to the safe head.
	Accept Verdict = iota
	// Drop: it can never be applied. From Holocene on the rest of its channel goes with it.
	Drop
	// Past: it says nothing new; skip it and keep its channel. Only from Holocene on.
	Past
	// Future: its turn may come; keep it. Only before Holocene.
	Future
	// Undecided: L1 or L2 blocks are missing without which nobody can tell.
	Undecided
)

var verdictNames = [...]string{Accept: "accept", Drop: "drop", Past: "past", Future: "future", Undecided: "undecided"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// Reason says which rule decided. Its text is stable: metrics and golden files are keyed by it.
type Reason uint8

// The reasons. OK goes with Accept and with a batch that decoded.
const (
	OK Reason = iota

	// Decode failures after which nothing more of the channel can be read (RULES 4.5, 4.6).

	ItemEmpty          // an item of no bytes
	BatchTypeUnknown   // neither 0 nor 1
	SingularMalformed  // not the RLP list of a singular batch
	SpanTruncated      // the item ends inside the span batch
	SpanVarintOverflow // a number of more than 64 bits
	SpanNoBlocks       // a block count of 0
	SpanTooManyBlocks  // more than MaxSpanElements blocks
	SpanTooManyTxs     // more than MaxSpanElements transactions, in one block or in all
	SpanBitsOutOfRange // a bit list with a bit for an element there is none of
	SpanTxMalformed    // a transaction's data does not start with a canonical RLP header
	SpanTxNotList      // a transaction's data is an RLP string
	SpanTxTooLong      // a transaction's data is longer than MaxSpanElements bytes

	// Decode failures that cost only the batch itself (RULES 4.8).

	SpanBeforeDeltaInChannel // Delta was not active at the L1 block the channel was read at
	SpanTxTypeUnknown        // a type that span batches cannot carry
	SpanTxFields             // a transaction's data is not the list of its type's fields
	SpanSetCodeCreation      // a set-code transaction without a recipient
	SpanPostExecEnvelope     // a post-exec transaction with a signature, recipient, nonce or gas

	// Singular batches (RULES 5.4).

	NoL1Blocks            // row 1
	TimestampFuture       // row 2
	TimestampPast         // row 3
	ParentMismatch        // row 4
	WindowExpired         // row 5
	EpochTooOld           // row 6
	NextEpochUnknown      // row 8
	EpochTooNew           // row 9
	EpochHashMismatch     // row 10
	TimestampBeforeOrigin // row 11
	ActivationNotEmpty    // row 12
	DriftExceeded         // row 13
	DriftNextUnknown      // row 13b
	DriftNextAvailable    // row 13c
	TxEmpty               // row 14
	TxDeposit             // row 15
	TxSetCodeTooEarly     // row 16
	TxPostExecTooEarly    // row 17

	// Span batches, prefix (RULES 5.5).

	SpanNoL1Blocks          // row 1
	SpanNextEpochUnknown    // row 2
	SpanBeforeDelta         // row 2
	SpanFuture              // row 3
	SpanPast                // row 4
	SpanBetweenBlocks       // row 5: starts after the safe head and before the next block
	SpanMisaligned          // row 5: starts between two safe blocks
	SpanParentBeforeGenesis // row 5: its parent would be older than the genesis block
	SpanParentMismatch      // row 6
	SpanWindowExpired       // row 7
	SpanEpochTooNew         // row 8
	SpanOriginMismatch      // row 9
	SpanOriginUnknown       // row 9
	SpanEpochTooOld         // row 10

	// Span batches, heights that are safe already (RULES 5.6).

	OverlapHeightMissing // the span has no block at that height
	OverlapTxCount
	OverlapTxMismatch
	OverlapEpochMismatch

	// Span batches, expansion (RULES 5.7).

	ElementEpochTooOld  // a block's epoch is before the safe head's
	ElementEpochUnknown // a block's epoch is not among the L1 blocks
	reasonCount
)

var reasonNames = [reasonCount]string{
	OK: "ok",

	ItemEmpty:                "item-empty",
	BatchTypeUnknown:         "batch-type-unknown",
	SingularMalformed:        "singular-malformed",
	SpanTruncated:            "span-truncated",
	SpanVarintOverflow:       "span-varint-overflow",
	SpanNoBlocks:             "span-no-blocks",
	SpanTooManyBlocks:        "span-too-many-blocks",
	SpanTooManyTxs:           "span-too-many-txs",
	SpanBitsOutOfRange:       "span-bits-out-of-range",
	SpanTxMalformed:          "span-tx-malformed",
	SpanTxNotList:            "span-tx-not-list",
	SpanTxTooLong:            "span-tx-too-long",
	SpanBeforeDeltaInChannel: "span-before-delta-in-channel",
	SpanTxTypeUnknown:        "span-tx-type-unknown",
	SpanTxFields:             "span-tx-fields",
	SpanSetCodeCreation:      "span-set-code-creation",
	SpanPostExecEnvelope:     "span-post-exec-envelope",

	NoL1Blocks:            "no-l1-blocks",
	TimestampFuture:       "timestamp-future",
	TimestampPast:         "timestamp-past",
	ParentMismatch:        "parent-mismatch",
	WindowExpired:         "window-expired",
	EpochTooOld:           "epoch-too-old",
	NextEpochUnknown:      "next-epoch-unknown",
	EpochTooNew:           "epoch-too-new",
	EpochHashMismatch:     "epoch-hash-mismatch",
	TimestampBeforeOrigin: "timestamp-before-origin",
	ActivationNotEmpty:    "activation-not-empty",
	DriftExceeded:         "drift-exceeded",
	DriftNextUnknown:      "drift-next-unknown",
	DriftNextAvailable:    "drift-next-available",
	TxEmpty:               "tx-empty",
	TxDeposit:             "tx-deposit",
	TxSetCodeTooEarly:     "tx-set-code-too-early",
	TxPostExecTooEarly:    "tx-post-exec-too-early",

	SpanNoL1Blocks:          "span-no-l1-blocks",
	SpanNextEpochUnknown:    "span-next-epoch-unknown",
	SpanBeforeDelta:         "span-before-delta",
	SpanFuture:              "span-future",
	SpanPast:                "span-past",
	SpanBetweenBlocks:       "span-between-blocks",
	SpanMisaligned:          "span-misaligned",
	SpanParentBeforeGenesis: "span-parent-before-genesis",
	SpanParentMismatch:      "span-parent-mismatch",
	SpanWindowExpired:       "span-window-expired",
	SpanEpochTooNew:         "span-epoch-too-new",
	SpanOriginMismatch:      "span-origin-mismatch",
	SpanOriginUnknown:       "span-origin-unknown",
	SpanEpochTooOld:         "span-epoch-too-old",

	OverlapHeightMissing: "overlap-height-missing",
	OverlapTxCount:       "overlap-tx-count",
	OverlapTxMismatch:    "overlap-tx-mismatch",
	OverlapEpochMismatch: "overlap-epoch-mismatch",

	ElementEpochTooOld:  "element-epoch-too-old",
	ElementEpochUnknown: "element-epoch-unknown",
}

func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// Reasons lists all reasons, OK included, so that a metric can be registered for each.
func Reasons() []Reason {
	out := make([]Reason, 0, reasonCount)
	for r := range reasonCount {
		out = append(out, r)
	}
	return out
}

// EndsChannel says whether a decode failure makes the rest of the channel unreadable. After any other decode failure
// only this batch is dropped and the channel goes on, from Holocene on too (RULES 4.5 to 4.8, op-node).
func (r Reason) EndsChannel() bool { return r >= ItemEmpty && r <= SpanTxTooLong }
