package forkchoice

import (
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
)

// Call is a kind of engine call. At most one is in flight.
type Call uint8

// The calls, in order of precedence: what is late first.
const (
	Idle        Call = iota
	Restore          // make the head again what it was before an invalid block
	Insert           // make the sealed block the head
	Seal             // end the building job: its time has come
	Start            // begin a building job on the unsafe head
	Extend           // make a block that others have made the head
	Truncate         // look for the highest unsafe block whose L1 origin is still there
	Consolidate      // compare the unsafe block above the safe head with derived attributes
	Build            // execute derived attributes
	Read             // fetch a safe block for derivation
	Label            // tell the engine safe and finalized
	Reach            // have the engine get to a block whose parent it lacks
)

var callNames = [...]string{"idle", "restore", "insert", "seal", "start", "extend", "truncate", "consolidate", "build", "read", "label", "reach"}

func (c Call) String() string {
	if int(c) < len(callNames) {
		return callNames[c]
	}
	return fmt.Sprintf("call-%d", uint8(c))
}

// Ready says what could be done.
type Ready struct {
	Restore  bool // the engine's head may be what an invalid block was to be built on
	Sealed   bool // a sealed block on the unsafe head waits
	SealDue  bool // a job is open and its time has come
	Order    bool // the sequencer has attributes for a block on the unsafe head
	Posted   bool // a block of others on the unsafe head waits
	Truncate bool // unsafe blocks may belong to an L1 chain that is gone
	Derived  bool // derivation has attributes for a block
	Known    bool // the unsafe chain has a block at that height
	Differs  bool // the unsafe block at that height is known to differ from the derived one
	Read     bool // derivation needs a block of the safe chain
	Gap      bool // a block of others waits beyond a gap that the engine is to fill
}

// Next picks the engine's next call. told is what the engine has acknowledged last.
func Next(h Heads, told eth.ForkchoiceState, r Ready) Call {
	switch {
	case r.Restore:
		return Restore
	case r.Sealed:
		return Insert
	case r.SealDue:
		return Seal
	case r.Truncate:
		return Truncate
	case r.Order:
		return Start
	case r.Posted:
		return Extend
	case r.Derived && r.Known && !r.Differs:
		return Consolidate
	case r.Derived:
		return Build
	case r.Read:
		return Read
	case h.Labels() != told:
		return Label
	case r.Gap:
		return Reach
	}
	return Idle
}
