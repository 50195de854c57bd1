package eth

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// ForkchoiceState is what an engine is told about the chain (Engine API, ForkchoiceStateV1). A zero safe or finalized
// hash means "not known yet".
type ForkchoiceState struct {
	HeadBlockHash      common.Hash `json:"headBlockHash"`
	SafeBlockHash      common.Hash `json:"safeBlockHash"`
	FinalizedBlockHash common.Hash `json:"finalizedBlockHash"`
}

// An engine gives one of four answers: no error (done), a RejectedError (the protocol says no), ErrForkchoice (the
// engine and we disagree about the chain: rewind), anything else (it could not answer: try again later).

// RejectedError says that attributes or a payload are invalid by the rules of the execution layer. Trying again
// gives the same answer.
type RejectedError struct {
	Reason string // the engine's own words
}

func (e *RejectedError) Error() string { return "rejected by the engine: " + e.Reason }

// Rejected makes a RejectedError.
func Rejected(format string, args ...any) error {
	return &RejectedError{Reason: fmt.Sprintf(format, args...)}
}

// IsRejected says whether the engine called the block invalid.
func IsRejected(err error) bool {
	var r *RejectedError
	return errors.As(err, &r)
}

// ErrForkchoice means that the engine does not have the block we called head, safe or finalized, or that these
// contradict each other (Engine API error -38002). The node has to look at the engine's chain again.
var ErrForkchoice = errors.New("forkchoice state does not fit the engine's chain")

// ErrUnknownPayload means that the building job is not known (any more); the same job may be started again.
var ErrUnknownPayload = errors.New("unknown building job")

// ErrNotFound means that a block, or what belongs to it, is not there; it may come later.
var ErrNotFound = errors.New("not found")
