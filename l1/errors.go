package l1

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Mismatch says what of an answer did not match.
type Mismatch string

// What an answer is checked for.
const (
	MismatchBlockHash     Mismatch = "block hash"
	MismatchBlockNumber   Mismatch = "block number"
	MismatchTransactions  Mismatch = "transactions root"
	MismatchWithdrawals   Mismatch = "withdrawals root"
	MismatchReceipts      Mismatch = "receipts root"
	MismatchReceiptStatus Mismatch = "receipt status"
	MismatchStorage       Mismatch = "storage proof"
	MismatchBlobSize      Mismatch = "blob size"
	MismatchBlobHash      Mismatch = "blob versioned hash"
)

// VerificationError means that an endpoint gave an answer that contradicts a hash it is bound to, or a shape that
// cannot be real. The same endpoint may be at fault again; another one may not.
type VerificationError struct {
	What      Mismatch
	Of        string // the block, slot or blob asked for
	Got, Want string
}

func (e *VerificationError) Error() string {
	return fmt.Sprintf("%s of %s does not match: got %s, want %s", e.What, e.Of, e.Got, e.Want)
}

// TooLargeError means that an answer exceeded the bound of what is read.
type TooLargeError struct {
	Limit int64 // bytes
}

func (e *TooLargeError) Error() string { return fmt.Sprintf("answer exceeds %d bytes", e.Limit) }

// StatusError is a Beacon API answer other than 200.
type StatusError struct {
	Path    string // without the host, which may contain a secret
	Status  int    // HTTP status code
	Message string // start of the answer
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("beacon %s: status %d: %s", e.Path, e.Status, e.Message)
}

// MissingBlobsError means that the beacon node does not have the blobs: pruned, not kept, or no such slot. It is an
// eth.ErrNotFound.
type MissingBlobsError struct {
	Slot   uint64
	Hashes []common.Hash // the versioned hashes that are missing, each once
	Cause  error         // the beacon node's own answer; nil if it gave a list without these blobs
}

func (e *MissingBlobsError) Error() string {
	text := fmt.Sprintf("%d blobs of slot %d, first %s", len(e.Hashes), e.Slot, e.Hashes[0])
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text + ": " + eth.ErrNotFound.Error()
}

// Unwrap gives eth.ErrNotFound and the cause.
func (e *MissingBlobsError) Unwrap() []error {
	if e.Cause == nil {
		return []error{eth.ErrNotFound}
	}
	return []error{eth.ErrNotFound, e.Cause}
}
