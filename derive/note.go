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
	Reason Cause         // enumerated by the package that decided
	L1     uint64        // number of the L1 block that was being read
	Place  channel.Place // of a transaction, blob, item or frame
	ID     channel.ID    // channel of a frame, of a batch, or itself; zero for a block that no batch asked for
	Index  int           // number of the frame, position of the batch in its channel, index of the config update's log in L1
	L2Time uint64        // of a block, of a batch that was decoded, or of its first block
}

// Cause is an enumerated reason: a [Reason] of this package, a channel.Reason, a batch.Reason or an attributes.UpdateReason.
type Cause interface {
	// String is the stable word that metrics and golden scripts are keyed by.
	String() string
	// Why says in a sentence for people what was found against what the rule wants.
	Why() string
	// Rule says where the rule comes from: the file and section of the specs or op-node, and the section of RULES.
	Rule() string
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
	DroppedBlock // a derived block that the engine rejected, or any engine would; from Holocene on replaced by deposits only
)

var droppedNames = [...]string{"tx", "blob", "item", "frame", "channel", "batch", "config-update", "block"}

func (d Dropped) String() string {
	if int(d) < len(droppedNames) {
		return droppedNames[d]
	}
	return fmt.Sprintf("dropped-%d", uint8(d))
}

// Reason enumerates what the machine itself decides. The words of String are stable.
type Reason uint8

// Reasons of the machine. What each means stands in the table below.
const (
	WrongSender Reason = iota
	BeforeSafeHead
	EngineRejected
	Flushed
	HoloceneBegan
	TooManyTransactions

	reasonCount
)

// reasonText is what there is to say about a reason: what String, Why and Rule give.
type reasonText struct{ word, why, rule string }

var reasons = [reasonCount]reasonText{
	WrongSender: {
		"wrong-sender", "the transaction to the batch inbox is not from the batcher",
		"derivation.md, L1 retrieval (2.1)",
	},
	BeforeSafeHead: {
		"before-safe-head", "the batch is read no later than the safe head's L1 origin, so it can only be old",
		"op-node (5.8)",
	},
	EngineRejected: {
		"engine-rejected", "the engine calls the block invalid",
		"holocene/derivation.md, engine queue (7.4)",
	},
	Flushed: {
		"flushed", "the channel is not read on, because of an invalid batch or block in it",
		"holocene/derivation.md, fast channel invalidation (5.8)",
	},
	HoloceneBegan: {
		"holocene-began", "the rules change with Holocene, and what waits under the rules before is not kept",
		"holocene/derivation.md, activation (3.6)",
	},
	TooManyTransactions: {
		"too-many-transactions", "the block has more transactions than its gas limit has room for, which any engine calls invalid",
		"any engine: 21,000 gas per transaction (7.4)",
	},
}

func (r Reason) text() reasonText {
	if r >= reasonCount {
		return reasonText{word: fmt.Sprintf("reason-%d", uint8(r))}
	}
	return reasons[r]
}

// String gives the reason's stable word, in kebab case.
func (r Reason) String() string { return r.text().word }

// Why says in a sentence what was found against what the rule wants. It is empty for a number without a reason.
func (r Reason) Why() string { return r.text().why }

// Rule gives the file and section of the specs that the rule comes from, or op-node where it decides what they leave
// open, or what any engine does, and in brackets the section of RULES.
func (r Reason) Rule() string { return r.text().rule }

// maxNotes bounds what one caller that never asks can make the machine hold.
const maxNotes = 4096

func (m *Machine) note(n Note) {
	if len(m.notes) < maxNotes {
		n.L1 = m.s.origin.Number
		m.notes = append(m.notes, n)
	}
}

func (m *Machine) noteChannel(reason Cause, id channel.ID) {
	m.note(Note{What: DroppedChannel, Reason: reason, ID: id})
}

func (m *Machine) noteFrame(reason Cause, f channel.Frame) {
	m.note(Note{What: DroppedFrame, Reason: reason, Place: f.From, ID: f.ID, Index: int(f.Number)})
}

func (m *Machine) noteBatch(reason Cause, b *stored) {
	m.note(Note{What: DroppedBatch, Reason: reason, ID: b.from.Channel, Index: b.from.Batch, L2Time: b.time()})
}

func (m *Machine) noteBlock(reason Cause, d *Derived) {
	n := Note{What: DroppedBlock, Reason: reason, L2Time: d.Attributes.Timestamp}
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
