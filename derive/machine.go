package derive

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Start is where derivation begins (RULES 8.2): an L1 block so far before the safe head's origin that every channel
// which can still matter opens at or after it.
type Start struct {
	Base  *eth.L1Block        // the first L1 block whose data is read
	Inbox rollup.SystemConfig // as of Base, its updates included: decides whose data counts
	Safe  eth.L2Ref           // the block to build on
	Chain rollup.SystemConfig // as of Safe's origin: goes into blocks
}

// Machine derives one L2 chain. Use New; the zero value is not usable. It is not safe for concurrent use.
type Machine struct {
	config  *rollup.Config
	builder *attributes.Builder

	s      state
	epoch  epochMemo
	notes  []Note
	counts Counts
}

// state is all that derivation remembers. It is copied by assignment: slices are never written through.
type state struct {
	origin eth.L1Ref // the L1 block that is being read (pipeline origin)
	rules  rollup.L1Rules
	inbox  rollup.SystemConfig
	safe   tip // the block derived last whose batch is complete, or the start
	head   tip // the block derived last: ahead of safe while a span batch is taken apart before Holocene (pending safe)

	source    source              // data items of origin that are not parsed yet
	frames    []channel.Frame     // frame queue
	assembler channel.Assembler   // from Holocene on: the channel that is being put together
	bank      channel.Bank        // before Holocene: the channels that are being put together
	batches   channel.Decoder     // the channel that is being read, if any
	reading   bool                // there is one
	from      Provenance          // of the next batch in it
	queue     []stored            // before Holocene: batches whose turn may come
	pass      *pass               // the walk through them that is under way
	span      spanCursor          // the span batch that is being taken apart
	trial     *trial              // the span batch that is being compared with the safe chain
	window    window              // L1 blocks that may be epochs
	exhausted bool                // all data of origin is used: the next L1 block is needed
	out       *Derived            // the block the engine has been asked for
	next      rollup.SystemConfig // of head, once out is confirmed
	fresh     uint64              // bytes that origin has added to open channels and queue, at most
	halted    Want                // Rewind or Halt, once it has come to that
}

// tip is a block to build on.
type tip struct {
	ref   eth.L2Ref
	chain rollup.SystemConfig // as of its origin
}

// Snapshot is the state of a machine at one moment. The zero value is not usable.
type Snapshot struct{ s *state }

// Origin is the L1 block up to which the snapshot has read.
func (s Snapshot) Origin() eth.L1Ref { return s.s.origin }

// Safe is the safe block of the snapshot.
func (s Snapshot) Safe() eth.L2Ref { return s.s.safe.ref }

// New makes a machine. The configuration must have passed rollup.Config.Check and CheckSupported.
func New(builder *attributes.Builder, start Start) *Machine {
	cfg := builder.Config
	m := &Machine{config: cfg, builder: builder}
	at := tip{start.Safe, start.Chain}
	m.s = state{
		origin: start.Base.L1Ref, rules: cfg.L1Rules(start.Base.Time), inbox: start.Inbox, safe: at, head: at,
		window: newWindow(start.Base),
	}
	m.s.source = m.selectData(start.Base)
	return m
}

// Snapshot returns the state as a value.
func (m *Machine) Snapshot() Snapshot {
	s := m.s
	return Snapshot{&s}
}

// Restore goes back, or forward, to a snapshot of a machine of the same chain.
func (m *Machine) Restore(s Snapshot) { m.s = *s.s }

// Origin is the L1 block that is being read.
func (m *Machine) Origin() eth.L1Ref { return m.s.origin }

// Safe is the last L2 block that was confirmed and concludes its batch.
func (m *Machine) Safe() eth.L2Ref { return m.s.safe.ref }

// PendingSafe is the last L2 block that was confirmed. Before Holocene it is ahead of Safe while a span batch is applied
// block by block: if one of them is invalid, those before it go too.
func (m *Machine) PendingSafe() eth.L2Ref { return m.s.head.ref }

// Next works until it needs something, or has done one bounded piece of work. Unless the answer is Working, asking
// again gives the same answer until it is met.
func (m *Machine) Next() Want {
	switch s := &m.s; {
	case s.halted != nil:
		return s.halted
	case s.out != nil:
		return Build{s.out}
	case len(s.source.blobs) > 0:
		return NeedBlobs{Block: s.origin, Hashes: s.source.blobs}
	case s.trial != nil:
		return NeedL2{Number: s.trial.number}
	case s.exhausted:
		return NeedL1{Number: s.origin.Number + 1}
	}
	return m.step()
}

// ErrNotNext says that a pushed L1 block is not the child of the one before: L1 has reorganised.
var ErrNotNext = errors.New("not the next L1 block")

// Push brings the next L1 block. Its config updates hold at once, for its own data too (RULES 1.1).
func (m *Machine) Push(block *eth.L1Block) error {
	s := &m.s
	if !s.exhausted {
		return errors.New("push: no L1 block is needed")
	}
	if block.Number != s.origin.Number+1 || block.ParentHash != s.origin.Hash {
		return fmt.Errorf("push %s on %s: %w", block.L1Ref, s.origin, ErrNotNext)
	}
	s.exhausted, s.fresh = false, 0
	before := s.rules
	s.origin, s.rules = block.L1Ref, m.config.L1Rules(block.Time)
	if s.rules.StrictOrder && !before.StrictOrder {
		m.enterHolocene()
	}
	inbox, ignored := attributes.UpdateSystemConfig(m.config, s.inbox, block.Logs, block.Time)
	s.inbox = inbox
	for _, i := range ignored {
		m.note(Note{What: DroppedConfigUpdate, Reason: i.Reason, Index: int(i.LogIndex)}) //nolint:gosec // a position in a block
	}
	s.window = s.window.push(block)
	s.source = m.selectData(block)
	return nil
}

// PushBlobs brings the blobs NeedBlobs asked for, in the order asked. The caller has verified them against their
// hashes.
func (m *Machine) PushBlobs(blobs []*eth.Blob) error {
	if len(m.s.source.blobs) == 0 || len(blobs) != len(m.s.source.blobs) {
		return fmt.Errorf("push blobs: %d given, %d needed", len(blobs), len(m.s.source.blobs))
	}
	m.s.source = m.fill(m.s.source, blobs)
	return nil
}

// PushL2 brings the block NeedL2 asked for.
func (m *Machine) PushL2(payload *eth.ExecutionPayload) error {
	if m.s.trial == nil || payload.BlockNumber != m.s.trial.number {
		return fmt.Errorf("push L2 block %d: it is not needed", payload.BlockNumber)
	}
	ref, err := attributes.L2RefOf(m.config, payload)
	if err != nil {
		return fmt.Errorf("push L2 block: %w", err)
	}
	m.compare(batch.SafeBlock{Ref: ref, Transactions: payload.Transactions})
	return nil
}

// Confirm says that the engine has the block of the last Build.
func (m *Machine) Confirm(ref eth.L2Ref) error {
	s := &m.s
	if s.out == nil {
		return errors.New("confirm: no block is being built")
	}
	if want := s.out.Ref(ref.Hash); ref != want {
		return fmt.Errorf("confirm %+v: the block ordered is %+v", ref, want)
	}
	s.head = tip{ref, s.next}
	if s.out.Concluding {
		s.safe = s.head
	}
	s.out = nil
	return nil
}

// Reject says that the engine called the block of the last Build invalid. From Holocene on the block is built again
// with deposits only and the rest of its channel is void (specs: holocene/derivation, engine queue); the decisive clock
// is that of the L1 block the attributes were derived from. Before, the batch is dropped: with a span batch go all its
// blocks, those before the invalid one too (RULES 7.4), and the next batch in the queue gets its turn.
func (m *Machine) Reject() error {
	s := &m.s
	if s.out == nil {
		return errors.New("reject: no block is being built")
	}
	if s.out.Attributes.OnlyDeposits() {
		s.halted = Halt{fmt.Sprintf("the engine rejects block %d of deposits only", s.out.Parent.Number+1)}
		return nil
	}
	m.invalid(EngineRejected)
	return nil
}

// invalid does to the block of the last Build what Reject tells, for a reason.
func (m *Machine) invalid(reason Reason) {
	s := &m.s
	m.noteBlock(reason, s.out)
	if !s.rules.ReplaceInvalid {
		s.out, s.span, s.head = nil, spanCursor{}, s.safe
		return
	}
	m.flush()
	replaced := *s.out
	replaced.Attributes = replaced.Attributes.DepositsOnly()
	replaced.Replaced = true
	s.out = &replaced
}

// flush voids the rest of the channel that is being read, and the channel that is open (RULES 5.8). The frame queue
// stays.
func (m *Machine) flush() {
	m.s.span = spanCursor{}
	if m.s.reading {
		m.noteChannel(Flushed, m.s.from.Channel)
	}
	m.closeChannel()
	staged, _ := m.s.assembler.Staged()
	if reason := m.s.assembler.Flush(); reason != channel.None {
		m.noteChannel(reason, staged.ID())
	}
}

// enterHolocene leaves behind what was stored under the old rules (RULES 3.6). The list of L1 blocks stays: the first
// channel of Holocene holds batches of epochs before it. Everything else is empty between two L1 blocks.
func (m *Machine) enterHolocene() {
	s := &m.s
	for _, id := range s.bank.Open() {
		m.noteChannel(HoloceneBegan, id)
	}
	for i := range s.queue {
		m.noteBatch(HoloceneBegan, &s.queue[i])
	}
	s.bank, s.queue = channel.Bank{}, nil
}
