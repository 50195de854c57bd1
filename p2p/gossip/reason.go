package gossip

import (
	"fmt"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// Verdict is what gossipsub is told about a message.
type Verdict uint8

// The verdicts (specs: rollup-node-p2p, topic validation).
const (
	// Accept: use it and pass it on.
	Accept Verdict = iota
	// Ignore: do neither, and hold it against nobody.
	Ignore
	// Reject: do neither; whoever passes it on breaks the rules.
	Reject
)

var verdictNames = [...]string{Accept: "accept", Ignore: "ignore", Reject: "reject"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// Result is the verdict in gossipsub's words.
func (v Verdict) Result() pubsub.ValidationResult {
	switch v {
	case Accept:
		return pubsub.ValidationAccept
	case Ignore:
		return pubsub.ValidationIgnore
	case Reject:
	}
	return pubsub.ValidationReject
}

// Reason says which rule decided. Its text is stable: metrics are keyed by it.
type Reason uint8

// The reasons, in the order in which the rules are applied (RULES 11.1). OK goes with Accept only.
const (
	OK Reason = iota

	TooLarge  // decompresses to more than MaxMessageSize
	TooSmall  // decompresses to less than a signature and a byte
	BadSnappy // does not decompress

	NoSigner      // the unsafe block signer is not known yet: ignored
	BadSignature  // no signature at all: out of range, or of no point of the curve
	RetiredSigner // signed by the signer before, after the present one was seen, within the grace period: ignored
	UnknownSigner // signed by somebody else; ignored during a grace period, because the next rotation may be under way

	SSZTruncated           // shorter than the fixed part
	SSZExtraDataOffset     // extra data does not start behind the fixed part
	SSZTransactionsOffset  // transactions start before extra data, or behind the end
	SSZExtraDataTooLong    // extra data of more than 32 bytes
	SSZWithdrawalsOffset   // withdrawals start before transactions, or behind the end
	SSZTransactions        // offsets that are no list: not rising, behind the end, or not a multiple of 4
	SSZTooManyTransactions // more than 2^20
	SSZWithdrawals         // not a multiple of a withdrawal's size
	SSZTooManyWithdrawals  // more than 16
	TooOld                 // older than the configured age
	TooNew                 // more than 5 seconds ahead
	BlockHashMismatch      // the payload hashes to something else than its block hash
	WithdrawalsPresent     // before Canyon's version
	WithdrawalsMissing     // from Canyon's version on
	WithdrawalsNotEmpty    // L2 has none
	BlobGasPresent         // before Ecotone's version
	BlobGasMissing         // from Ecotone's version on
	BlobGasUsedNotZero     // L2 has no blobs; from Jovian on the field has another meaning
	ExcessBlobGasNotZero   // L2 has no blobs
	BeaconRootPresent      // before Ecotone's version
	BeaconRootMissing      // from Ecotone's version on
	WithdrawalsRootPresent // before Isthmus' version
	WithdrawalsRootMissing // from Isthmus' version on
	TooManyBlocksAtHeight  // the signer equivocates
	Duplicate              // a block that was accepted before, in another message: ignored
	reasonCount            = iota
)

var reasonNames = [reasonCount]string{
	OK: "ok",

	TooLarge:  "too-large",
	TooSmall:  "too-small",
	BadSnappy: "bad-snappy",

	NoSigner:      "no-signer",
	BadSignature:  "bad-signature",
	RetiredSigner: "retired-signer",
	UnknownSigner: "unknown-signer",

	SSZTruncated:           "ssz-truncated",
	SSZExtraDataOffset:     "ssz-extra-data-offset",
	SSZTransactionsOffset:  "ssz-transactions-offset",
	SSZExtraDataTooLong:    "ssz-extra-data-too-long",
	SSZWithdrawalsOffset:   "ssz-withdrawals-offset",
	SSZTransactions:        "ssz-transactions",
	SSZTooManyTransactions: "ssz-too-many-transactions",
	SSZWithdrawals:         "ssz-withdrawals",
	SSZTooManyWithdrawals:  "ssz-too-many-withdrawals",
	TooOld:                 "too-old",
	TooNew:                 "too-new",
	BlockHashMismatch:      "block-hash-mismatch",
	WithdrawalsPresent:     "withdrawals-present",
	WithdrawalsMissing:     "withdrawals-missing",
	WithdrawalsNotEmpty:    "withdrawals-not-empty",
	BlobGasPresent:         "blob-gas-present",
	BlobGasMissing:         "blob-gas-missing",
	BlobGasUsedNotZero:     "blob-gas-used-not-zero",
	ExcessBlobGasNotZero:   "excess-blob-gas-not-zero",
	BeaconRootPresent:      "beacon-root-present",
	BeaconRootMissing:      "beacon-root-missing",
	WithdrawalsRootPresent: "withdrawals-root-present",
	WithdrawalsRootMissing: "withdrawals-root-missing",
	TooManyBlocksAtHeight:  "too-many-blocks-at-height",
	Duplicate:              "duplicate",
}

func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}
