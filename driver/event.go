package driver

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/forkchoice"
	"github.com/cairn-rollup/cairn/rollup"
)

// Event is something that happened. It is one of the types below.
type Event interface{ event() }

// L1Heads tells of L1's labels. A label that is not known is the zero value.
type L1Heads struct{ Head, Safe, Finalized eth.L1Ref }

// Tick says that the time asked for by Wake has come.
type Tick struct{}

// StartFound answers FindStart.
type StartFound struct {
	Start Position
	Err   error
}

// Position is where a node begins: the heads of the engine, and the start of derivation or the snapshots to resume from.
type Position struct {
	Heads  forkchoice.Heads
	Derive derive.Start
	Resume []derive.Snapshot // oldest first; none: Derive counts
	// L1Genesis is set if all of L2 is derived: the L2 genesis block has been safe since then.
	L1Genesis eth.L1Ref
}

// L1Fetched answers FetchL1.
type L1Fetched struct {
	Block *eth.L1Block
	Err   error
}

// BlobsFetched answers FetchBlobs.
type BlobsFetched struct {
	Block     eth.L1Ref
	Blobs     []*eth.Blob
	Canonical eth.L1Ref // with Err: the L1 block that is at this height now, if that is known
	Err       error
}

// SafeRecorded answers RecordSafe.
type SafeRecorded struct {
	L1  eth.BlockID
	Err error
}

// Saved answers Save.
type Saved struct{ Err error }

// FinalFound answers FindFinal: the safe head as of the L1 block, as it was written down.
type FinalFound struct {
	L1   eth.L1Ref
	Safe eth.L2Ref
	Err  error
}

// OriginsFetched answers FetchOrigins.
type OriginsFetched struct {
	Origins
	Err error
}

// Origins is what the sequencer needs to build on an L2 block.
type Origins struct {
	Head         eth.L2Ref
	SystemConfig rollup.SystemConfig // as of Head
	Current      *eth.L1Block        // the canonical L1 block at the number of Head's origin
	Next         *eth.L1Block        // the one after; nil if it is not there or not deep enough
}

// EngineDone answers the engine effect that is in flight.
type EngineDone struct {
	Job     eth.PayloadID        // of StartJob
	Payload *eth.PayloadEnvelope // of SealJob, BuildBlock, ReadBlock
	Head    eth.L2Ref            // of TruncateUnsafe
	Reached bool                 // of ReachBlock: it is the head; else the engine lacks blocks before it
	Err     error
}

// StartSequencer asks to sequence, on the given unsafe head. Answered by Reply.
type StartSequencer struct {
	ID   uint64
	Head common.Hash
}

// StopSequencer asks to stop sequencing. It stops at once; the Reply with the unsafe head comes when the heads are known
// and a sealed block has become one of them.
type StopSequencer struct{ ID uint64 }

// SetRecoverMode switches the making of empty blocks on or off. Answered by Reply.
type SetRecoverMode struct {
	ID uint64
	On bool
}

// ResetDerivation asks to conclude everything anew from the engine's chain and L1. Answered by Reply.
type ResetDerivation struct{ ID uint64 }

// PostUnsafe hands over a block that did not come from L1. The caller has checked its hash. Answered by Reply.
type PostUnsafe struct {
	ID      uint64
	Payload *eth.PayloadEnvelope
}

// Gossiped brings a block of the network. Its signature and hash were checked.
type Gossiped struct{ Payload *eth.PayloadEnvelope }

// EngineSynced answers SyncEngine.
type EngineSynced struct {
	Done bool // the block is the head; its labels are set
	Err  error
}

func (L1Heads) event()         {}
func (Tick) event()            {}
func (StartFound) event()      {}
func (L1Fetched) event()       {}
func (BlobsFetched) event()    {}
func (SafeRecorded) event()    {}
func (Saved) event()           {}
func (FinalFound) event()      {}
func (OriginsFetched) event()  {}
func (EngineDone) event()      {}
func (StartSequencer) event()  {}
func (StopSequencer) event()   {}
func (SetRecoverMode) event()  {}
func (ResetDerivation) event() {}
func (PostUnsafe) event()      {}
func (Gossiped) event()        {}
func (EngineSynced) event()    {}
