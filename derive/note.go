package derive

import "fmt"

// Note tells of one thing that the machine left out, and why. Notes feed metrics and golden scripts; they change
// nothing.
type Note struct {
	What   Dropped
	Reason fmt.Stringer // enumerated by the package that decided
	L1     uint64       // number of the L1 block that was being read
	Count  int          // how many of them
}

// Dropped is the kind of a thing that was left out.
type Dropped uint8

// What can be left out, from the outside in.
const (
	DroppedTx Dropped = iota
	DroppedBlob
	DroppedItem // the data of one transaction or blob
	DroppedFrame
	DroppedChannel
	DroppedBatch
	DroppedConfigUpdate
	DroppedBlock // a derived block that the engine rejected; from Holocene on replaced by deposits only
)

var droppedNames = [...]string{"tx", "blob", "item", "frame", "channel", "batch", "config-update", "block"}

func (d Dropped) String() string { return droppedNames[d] }

// Reason enumerates what the machine itself decides.
type Reason uint8

// Reasons of the machine.
const (
	WrongSender    Reason = iota // transaction to the inbox that is not from the batcher (RULES 2.1)
	BeforeSafeHead               // batch in an L1 block up to the safe head's origin: it can only be old (RULES 5.8)
	EngineRejected               // the engine called the block invalid (RULES 7.4)
	Flushed                      // dropped with an invalid batch of the same channel (RULES 5.8)
	HoloceneBegan                // stored under the rules before (RULES 3.6)
)

var reasonNames = [...]string{"wrong-sender", "before-safe-head", "engine-rejected", "flushed", "holocene-began"}

func (r Reason) String() string { return reasonNames[r] }

// maxNotes bounds what one caller that never asks can make the machine hold.
const maxNotes = 4096

func (m *Machine) note(what Dropped, reason fmt.Stringer, count int) {
	if len(m.notes) < maxNotes {
		m.notes = append(m.notes, Note{What: what, Reason: reason, L1: m.s.origin.Number, Count: count})
	}
}

// Notes returns what was left out since it was last asked. Notes are not part of a snapshot.
func (m *Machine) Notes() []Note {
	out := m.notes
	m.notes = nil
	return out
}
