package batch

import "fmt"

// Reason says which rule decided. Its text is stable: metrics and golden files are keyed by it.
type Reason uint8

// The reasons, by the step that gives them; what each means stands in the table below. OK goes with Accept and with a batch
// that decoded.
const (
	OK Reason = iota

	// Decode failures after which nothing more of the channel can be read (RULES 4.5, 4.6).

	ItemEmpty
	BatchTypeUnknown
	SingularMalformed
	SpanTruncated
	SpanVarintOverflow
	SpanNoBlocks
	SpanTooManyBlocks
	SpanTooManyTxs
	SpanBitsOutOfRange
	SpanTxMalformed
	SpanTxNotList
	SpanTxTooLong

	// Decode failures that cost only the batch itself (RULES 4.8).

	SpanBeforeDeltaInChannel
	SpanTxTypeUnknown
	SpanTxFields
	SpanSetCodeCreation
	SpanPostExecEnvelope

	// Singular batches (RULES 5.4).

	NoL1Blocks
	TimestampFuture
	TimestampPast
	ParentMismatch
	WindowExpired
	EpochTooOld
	NextEpochUnknown
	EpochTooNew
	EpochHashMismatch
	TimestampBeforeOrigin
	ActivationNotEmpty
	DriftExceeded
	DriftNextUnknown
	DriftNextAvailable
	TxEmpty
	TxDeposit
	TxSetCodeTooEarly
	TxPostExecTooEarly

	// Span batches, prefix (RULES 5.5).

	SpanNoL1Blocks
	SpanNextEpochUnknown
	SpanBeforeDelta
	SpanFuture
	SpanPast
	SpanBetweenBlocks
	SpanMisaligned
	SpanParentBeforeGenesis
	SpanParentMismatch
	SpanWindowExpired
	SpanEpochTooNew
	SpanOriginMismatch
	SpanOriginUnknown
	SpanEpochTooOld

	// Span batches, heights that are safe already (RULES 5.6).

	OverlapHeightMissing
	OverlapTxCount
	OverlapTxMismatch
	OverlapEpochMismatch

	// Span batches, expansion (RULES 5.7).

	ElementEpochTooOld
	ElementEpochUnknown

	reasonCount
)

// Sections of the specs that more than one reason comes from.
const (
	batchFormat = "derivation.md, batch format"
	spanFormat  = "delta/span-batches.md, span batch format"
	spanLimits  = "delta/span-batches.md, span batch size limits"
	batchQueue  = "derivation.md, batch queue"
	spanQueue   = "delta/span-batches.md, batch queue"
)

// reasonText is what there is to say about a reason: what String, Why and Rule give.
type reasonText struct{ word, why, rule string }

var reasons = [reasonCount]reasonText{
	OK: {"ok", "nothing speaks against the batch", ""},

	ItemEmpty:          {"item-empty", "the item has no bytes, not even a batch version", batchFormat + " (4.5)"},
	BatchTypeUnknown:   {"batch-type-unknown", "the batch version is neither 0 nor 1", "op-node (4.5)"},
	SingularMalformed:  {"singular-malformed", "the batch is not the RLP list of the five fields of a singular batch", batchFormat + " (4.6, 5.1)"},
	SpanTruncated:      {"span-truncated", "the span batch ends before all of its columns are there", spanFormat + " (4.6, 5.2)"},
	SpanVarintOverflow: {"span-varint-overflow", "a number in the span batch has more than 64 bits", spanFormat + " (4.6, 5.2)"},
	SpanNoBlocks:       {"span-no-blocks", "the span batch has no block, and must have at least one", spanFormat + " (4.6, 5.2)"},
	SpanTooManyBlocks:  {"span-too-many-blocks", "the span batch declares more than 10,000,000 blocks", spanLimits + " (4.6, 5.2)"},
	SpanTooManyTxs:     {"span-too-many-txs", "the span batch declares more than 10,000,000 transactions", spanLimits + " (4.6, 5.2)"},
	SpanBitsOutOfRange: {"span-bits-out-of-range", "a bit list of the span batch has a bit for an element there is none of", spanFormat + " (4.6, 5.2)"},
	SpanTxMalformed:    {"span-tx-malformed", "a transaction's data in the span batch has no canonical RLP header", spanFormat + " (4.6, 5.2)"},
	SpanTxNotList:      {"span-tx-not-list", "a transaction's data in the span batch is an RLP string, not a list", spanFormat + " (4.6, 5.2)"},
	SpanTxTooLong:      {"span-tx-too-long", "a transaction's data in the span batch has more than 10,000,000 bytes", "op-node (4.6, 5.2)"},

	SpanBeforeDeltaInChannel: {"span-before-delta-in-channel", "the span batch is read at an L1 block at which Delta is not active", "op-node (4.8)"},
	SpanTxTypeUnknown:        {"span-tx-type-unknown", "a transaction in the span batch is of a type that span batches cannot carry", spanFormat + " (4.8, 5.2)"},
	SpanTxFields:             {"span-tx-fields", "a transaction's data in the span batch is not the list of its type's fields", spanFormat + " (4.8, 5.2)"},
	SpanSetCodeCreation:      {"span-set-code-creation", "a set-code transaction in the span batch has no recipient", "op-node (4.8, 5.2)"},
	SpanPostExecEnvelope:     {"span-post-exec-envelope", "a post-exec transaction in the span batch has a signature, recipient, nonce or gas", "lagoon/derivation.md, transposed envelope fields (4.8, 5.9)"},

	NoL1Blocks:            {"no-l1-blocks", "no L1 block that the next block could belong to has been read", "op-node (5.4 row 1)"},
	TimestampFuture:       {"timestamp-future", "the batch is for a later time than that of the next block", batchQueue + " (5.4 row 2)"},
	TimestampPast:         {"timestamp-past", "the batch is for an earlier time than that of the next block", batchQueue + " (5.4 row 3)"},
	ParentMismatch:        {"parent-mismatch", "the batch names another parent than the safe head", batchQueue + " (5.4 row 4)"},
	WindowExpired:         {"window-expired", "the batch is included on L1 after its epoch's sequencing window", batchQueue + " (5.4 row 5)"},
	EpochTooOld:           {"epoch-too-old", "the batch's epoch is before the current one", batchQueue + " (5.4 row 6)"},
	NextEpochUnknown:      {"next-epoch-unknown", "the batch's epoch is the next one, whose L1 block has not been read", batchQueue + " (5.4 row 8)"},
	EpochTooNew:           {"epoch-too-new", "the batch's epoch is more than one L1 block after the current one", batchQueue + " (5.4 row 9)"},
	EpochHashMismatch:     {"epoch-hash-mismatch", "the batch names another hash for its epoch than that of the L1 block", batchQueue + " (5.4 row 10)"},
	TimestampBeforeOrigin: {"timestamp-before-origin", "the block's time is before that of its L1 origin", batchQueue + " (5.4 row 11, 5.6)"},
	ActivationNotEmpty:    {"activation-not-empty", "the batch has transactions, but its block activates a fork and must have none", "jovian/derivation.md, activation block rules (5.4 row 12)"},
	DriftExceeded:         {"drift-exceeded", "the block is beyond the sequencer drift and has transactions", batchQueue + " (5.4 row 13, 5.6)"},
	DriftNextUnknown:      {"drift-next-unknown", "the block is beyond the sequencer drift, and the next L1 block has not been read", batchQueue + " (5.4 row 13b, 5.6)"},
	DriftNextAvailable:    {"drift-next-available", "the block is beyond the sequencer drift although the next L1 block could be its origin", batchQueue + " (5.4 row 13c, 5.6)"},
	TxEmpty:               {"tx-empty", "a transaction has no bytes", batchQueue + " (5.4 row 14, 5.6)"},
	TxDeposit:             {"tx-deposit", "a transaction is a deposit, which must not come from a batch", batchQueue + " (5.4 row 15, 5.6)"},
	TxSetCodeTooEarly:     {"tx-set-code-too-early", "a transaction is of the set-code type, but Isthmus is not active in its block", "isthmus/derivation.md, activation (5.4 row 16, 5.6)"},
	TxPostExecTooEarly:    {"tx-post-exec-too-early", "a transaction is of the post-exec type, but Lagoon is not active in its block", "op-node (5.4 row 17)"},

	SpanNoL1Blocks:          {"span-no-l1-blocks", "no L1 block that the span batch could start from has been read", "op-node (5.5 row 1)"},
	SpanNextEpochUnknown:    {"span-next-epoch-unknown", "the span batch starts in the next epoch, whose L1 block has not been read", spanQueue + " (5.5 row 2)"},
	SpanBeforeDelta:         {"span-before-delta", "the L1 block that the span batch is judged by is before Delta", "op-node (5.5 row 2)"},
	SpanFuture:              {"span-future", "the span batch starts at a later time than that of the next block", spanQueue + " (5.5 row 3)"},
	SpanPast:                {"span-past", "the span batch ends before the time of the next block", spanQueue + " (5.5 row 4)"},
	SpanBetweenBlocks:       {"span-between-blocks", "the span batch starts at a time between the safe head and the next block", spanQueue + " (5.5 row 5)"},
	SpanMisaligned:          {"span-misaligned", "the span batch starts at a time between two safe blocks", spanQueue + " (5.5 row 5)"},
	SpanParentBeforeGenesis: {"span-parent-before-genesis", "the span batch starts with the genesis block or before it and has no parent", "op-node (5.5 row 5)"},
	SpanParentMismatch:      {"span-parent-mismatch", "the span batch names another parent than the safe chain has there", spanQueue + " (5.5 row 6)"},
	SpanWindowExpired:       {"span-window-expired", "the span batch is included on L1 after its first epoch's sequencing window", spanQueue + " (5.5 row 7)"},
	SpanEpochTooNew:         {"span-epoch-too-new", "the span batch's first epoch is more than one L1 block after its parent's", spanQueue + " (5.5 row 8)"},
	SpanOriginMismatch:      {"span-origin-mismatch", "the span batch names another hash for its last epoch than that of the L1 block", spanQueue + " (5.5 row 9)"},
	SpanOriginUnknown:       {"span-origin-unknown", "the span batch's last epoch is none of the L1 blocks that have been read", "op-node (5.5 row 9)"},
	SpanEpochTooOld:         {"span-epoch-too-old", "the span batch's first epoch is before its parent's", spanQueue + " (5.5 row 10)"},

	OverlapHeightMissing: {"overlap-height-missing", "the span batch has no block at the time of a safe block that it covers", "op-node (5.6)"},
	OverlapTxCount:       {"overlap-tx-count", "the span batch has more or fewer transactions than a safe block that it covers", spanQueue + " (5.6)"},
	OverlapTxMismatch:    {"overlap-tx-mismatch", "the span batch has another transaction than a safe block that it covers", spanQueue + " (5.6)"},
	OverlapEpochMismatch: {"overlap-epoch-mismatch", "the span batch has another epoch than a safe block that it covers", spanQueue + " (5.6)"},

	ElementEpochTooOld:  {"element-epoch-too-old", "the epoch of a new block in the span batch is before that of the safe head", spanQueue + " (5.6, 5.7)"},
	ElementEpochUnknown: {"element-epoch-unknown", "the epoch of a block in the span batch is none of the L1 blocks that have been read", "op-node (5.6, 5.7)"},
}

func (r Reason) text() reasonText {
	if r >= reasonCount {
		return reasonText{word: fmt.Sprintf("reason(%d)", uint8(r))}
	}
	return reasons[r]
}

// String gives the reason's stable word, in kebab case.
func (r Reason) String() string { return r.text().word }

// Why says in a sentence what was found against what the rule wants. It is empty for a number without a reason.
func (r Reason) Why() string { return r.text().why }

// Rule gives the file and section of the specs that the rule comes from, or op-node where it decides what they leave
// open, and in brackets the section of RULES. It is empty where nothing speaks against a batch.
func (r Reason) Rule() string { return r.text().rule }

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
