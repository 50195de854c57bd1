package derive

import (
	"fmt"
	"strings"

	"github.com/cairn-rollup/cairn/channel"
)

// Note tells of one thing that the machine left out, why, and as far as it is known where it was. Notes feed metrics,
// golden scripts and explanations; they change nothing.
type Note struct {
	What   Dropped
	Reason fmt.Stringer  // enumerated by the package that decided
	L1     uint64        // number of the L1 block that was being read
	Place  channel.Place // of a transaction, blob, item or frame
	ID     channel.ID    // channel of a frame, of a batch, or itself; zero for a block that no batch asked for
	Index  int           // number of the frame, position of the batch in its channel, index of the config update's log in L1
	L2Time uint64        // of a block, of a batch that was decoded, or of its first block
}

// Where says where the thing was, as far as it is known: "L1 block 7, transaction 3, blob 1, frame 2 of channel 0a0b…".
func (n Note) Where() string {
	var parts []string
	if n.Place != (channel.Place{}) {
		parts = append(parts, n.Place.String())
	}
	switch {
	case n.What == DroppedConfigUpdate:
		parts = append(parts, fmt.Sprintf("L1 block %d, log %d", n.L1, n.Index))
	case n.ID == channel.ID{}:
	case n.What == DroppedFrame:
		parts = append(parts, fmt.Sprintf("frame %d of channel %s", n.Index, n.ID))
	case n.What == DroppedChannel:
		parts = append(parts, "channel "+n.ID.String())
	default:
		parts = append(parts, fmt.Sprintf("batch %d of channel %s", n.Index, n.ID))
	}
	if n.L2Time > 0 {
		parts = append(parts, fmt.Sprintf("L2 time %d", n.L2Time))
	}
	return strings.Join(parts, ", ")
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

func (m *Machine) note(n Note) {
	if len(m.notes) < maxNotes {
		n.L1 = m.s.origin.Number
		m.notes = append(m.notes, n)
	}
}

func (m *Machine) noteChannel(reason fmt.Stringer, id channel.ID) {
	m.note(Note{What: DroppedChannel, Reason: reason, ID: id})
}

func (m *Machine) noteFrame(reason fmt.Stringer, f channel.Frame) {
	m.note(Note{What: DroppedFrame, Reason: reason, Place: f.From, ID: f.ID, Index: int(f.Number)})
}

func (m *Machine) noteBatch(reason fmt.Stringer, b *stored) {
	m.note(Note{What: DroppedBatch, Reason: reason, ID: b.from.Channel, Index: b.from.Batch, L2Time: b.time()})
}

func (m *Machine) noteRejected(d *Derived) {
	n := Note{What: DroppedBlock, Reason: EngineRejected, L2Time: d.Attributes.Timestamp}
	if d.From != nil {
		n.ID, n.Index = d.From.Channel, d.From.Batch
	}
	m.note(n)
}

// Notes returns what was left out since it was last asked. Notes are not part of a snapshot.
func (m *Machine) Notes() []Note {
	out := m.notes
	m.notes = nil
	return out
}
