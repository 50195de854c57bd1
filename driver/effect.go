package driver

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
)

// Effect is something to be done. It is one of the types below; each names the lane that does it.
type Effect interface{ effect() }

// Engine lane. Each is answered by EngineDone, FindStart by StartFound, SyncEngine by EngineSynced.
type (
	// FindStart looks for the place to begin in the engine's chain and in L1. Finalized has been final before, if it is not
	// zero: the engine may not have heard of it. Resume says that snapshots of an earlier run may be used.
	FindStart struct {
		Finalized eth.L2Ref
		Resume    bool
	}
	// BuildBlock executes derived attributes on the head of Labels.
	BuildBlock struct {
		Labels     eth.ForkchoiceState
		Attributes *eth.PayloadAttributes
	}
	// ReadBlock fetches an L2 block by number.
	ReadBlock struct{ Number uint64 }
	// StartJob begins a building job on the head of Labels.
	StartJob struct {
		Labels     eth.ForkchoiceState
		Attributes *eth.PayloadAttributes
	}
	// SealJob ends a building job.
	SealJob struct{ Job eth.PayloadID }
	// InsertBlock makes a sealed block the head.
	InsertBlock struct {
		Labels  eth.ForkchoiceState
		Payload *eth.PayloadEnvelope
	}
	// TruncateUnsafe looks for the highest block between safe and unsafe whose L1 origin is canonical.
	TruncateUnsafe struct{ Heads forkchoice.Heads }
	// SyncEngine has the engine sync to a block by itself. When it is there, the block Behind it, or genesis, is labelled
	// safe and finalized.
	SyncEngine struct {
		Payload *eth.PayloadEnvelope
		Target  eth.L2Ref
		Behind  uint64 // blocks
	}
	// ReachBlock has the engine get to a block whose parent it may lack. It fetches what is missing from its own peers.
	ReachBlock struct {
		Labels  eth.ForkchoiceState
		Payload *eth.PayloadEnvelope
	}
	// SetLabels tells the engine head, safe and finalized.
	SetLabels struct{ Labels eth.ForkchoiceState }
)

// L1 lane.
type (
	// FetchL1 fetches an L1 block for derivation; answered by L1Fetched.
	FetchL1 struct{ Number uint64 }
	// RecordSafe writes down the safe head as of an L1 block; answered by SafeRecorded.
	RecordSafe struct{ L1, L2 eth.BlockID }
	// Save keeps a snapshot for the next start; answered by Saved.
	Save struct{ Remembered }
	// FindFinal looks up what was safe as of a finalized L1 block; answered by FinalFound.
	FindFinal struct{ L1 eth.L1Ref }
	// FetchBlobs fetches blobs of an L1 block; answered by BlobsFetched.
	FetchBlobs struct {
		Block  eth.L1Ref
		Hashes []common.Hash
	}
)

// FetchOrigins fetches, in the origin lane, what the sequencer needs to build on Head; answered by OriginsFetched.
type FetchOrigins struct {
	Head     eth.L2Ref
	WithNext bool // the next L1 block is deep enough
}

// Done by the loop itself, at once.
type (
	// Wake asks for a Tick at a time; a later Wake replaces an earlier one.
	Wake struct{ At time.Time }
	// Publish hands an own block, which is the head, to the network.
	Publish struct{ Payload *eth.PayloadEnvelope }
	// Reply answers an admin request.
	Reply struct {
		ID   uint64
		Hash common.Hash
		Err  error
	}
	// Report tells people what was decided: one line each.
	Report struct {
		Severity Severity
		Message  string // static
		Fields   []any  // key, value, …
	}
	// Fail ends the node: going on would be wrong.
	Fail struct{ Err error }
)

// Severity of a Report.
type Severity uint8

// Severities.
const (
	Debug Severity = iota
	Info
	Warn
	Error
)

func (FindStart) effect()      {}
func (BuildBlock) effect()     {}
func (ReadBlock) effect()      {}
func (StartJob) effect()       {}
func (SealJob) effect()        {}
func (InsertBlock) effect()    {}
func (TruncateUnsafe) effect() {}
func (SetLabels) effect()      {}
func (SyncEngine) effect()     {}
func (ReachBlock) effect()     {}
func (FetchL1) effect()        {}
func (RecordSafe) effect()     {}
func (FetchBlobs) effect()     {}
func (Save) effect()           {}
func (FindFinal) effect()      {}
func (FetchOrigins) effect()   {}
func (Wake) effect()           {}
func (Publish) effect()        {}
func (Reply) effect()          {}
func (Report) effect()         {}
func (Fail) effect()           {}
