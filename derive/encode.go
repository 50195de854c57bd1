package derive

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// snapshotVersion is that of snapshotRLP. Another one is refused: the node then finds its start without a snapshot.
const snapshotVersion = 4

// snapshotRLP is the form of a Snapshot on disk. It is this project's own. Between two L1 blocks, which is when snapshots
// are taken, everything else of the state is empty, and no block is pending.
type snapshotRLP struct {
	Version   uint64
	L2ChainID uint64
	Origin    eth.L1Ref
	Inbox     rollup.SystemConfig
	Safe      eth.L2Ref
	Chain     rollup.SystemConfig
	Assembler channel.Assembler
	Bank      channel.Bank
	Queue     []storedRLP
	Window    []*eth.L1Block
	Seen      eth.L1Ref    // window.origin
	Latest    *eth.L1Block // window.latest
}

// storedRLP is a batch of the queue: it has one batch of one kind.
type storedRLP struct {
	Inclusion, Size uint64
	Channel         channel.ID
	OpenBlock       uint64
	Frames          []channel.Place
	Batch           uint64
	Singular        []*batch.Singular
	Span            []*batch.Span
}

func encodeStored(b stored) storedRLP {
	out := storedRLP{
		Inclusion: b.inclusion, Size: b.size,
		Channel: b.from.Channel, OpenBlock: b.from.OpenBlock, Frames: b.from.Frames, Batch: uint64(b.from.Batch), //nolint:gosec // counts up
	}
	switch b := b.batch.(type) {
	case *batch.Singular:
		out.Singular = []*batch.Singular{b}
	case *batch.Span:
		out.Span = []*batch.Span{b}
	}
	return out
}

func (b *storedRLP) decode() (stored, error) {
	out := stored{inclusion: b.Inclusion, size: b.Size, from: Provenance{
		Channel: b.Channel, OpenBlock: b.OpenBlock, Frames: b.Frames, Batch: int(b.Batch), Span: len(b.Span) > 0, //nolint:gosec // of our own making
	}}
	switch {
	case len(b.Singular) == 1 && len(b.Span) == 0:
		out.batch = b.Singular[0]
	case len(b.Singular) == 0 && len(b.Span) == 1:
		out.batch = b.Span[0]
	default:
		return out, errors.New("decode snapshot: a stored batch is not one batch")
	}
	return out, nil
}

// errMidway is for snapshots that were taken while data of their L1 block was still to be used.
var errMidway = errors.New("encode snapshot: it was not taken between two L1 blocks")

// Encode writes a snapshot that was taken when the machine needed its next L1 block.
func (s Snapshot) Encode(cfg *rollup.Config) ([]byte, error) {
	st := s.s
	idle := st.exhausted && st.out == nil && st.halted == nil && st.trial == nil && st.pass == nil && st.span.span == nil &&
		!st.reading && len(st.frames) == 0 && len(st.source.items) == 0 && len(st.source.blobs) == 0
	if !idle {
		return nil, errMidway
	}
	queue := make([]storedRLP, len(st.queue))
	for i, b := range st.queue {
		queue[i] = encodeStored(b)
	}
	text, err := rlp.EncodeToBytes(&snapshotRLP{
		Version: snapshotVersion, L2ChainID: cfg.L2ChainID.Uint64(), Origin: st.origin, Inbox: st.inbox,
		Safe: st.safe.ref, Chain: st.safe.chain, Assembler: st.assembler, Bank: st.bank, Queue: queue, Window: st.window.blocks, Seen: st.window.origin, Latest: st.window.latest,
	})
	if err != nil {
		return nil, fmt.Errorf("encode snapshot: %w", err)
	}
	return text, nil
}

// DecodeSnapshot reads what Encode wrote, for a machine of the same chain. It says what is wrong with anything else.
func DecodeSnapshot(cfg *rollup.Config, text []byte) (Snapshot, error) {
	var in snapshotRLP
	if err := rlp.DecodeBytes(text, &in); err != nil {
		return Snapshot{}, fmt.Errorf("decode snapshot: %w", err)
	}
	switch {
	case in.Version != snapshotVersion:
		return Snapshot{}, fmt.Errorf("decode snapshot: it has version %d, this program writes %d", in.Version, snapshotVersion)
	case in.L2ChainID != cfg.L2ChainID.Uint64():
		return Snapshot{}, fmt.Errorf("decode snapshot: it is of chain %d, not of %d", in.L2ChainID, cfg.L2ChainID)
	case in.Latest.L1Ref != in.Origin:
		return Snapshot{}, fmt.Errorf("decode snapshot: it was taken at %s, and its newest L1 block is %s", in.Origin, in.Latest.L1Ref)
	}
	w := window{blocks: in.Window, origin: in.Seen, latest: in.Latest}
	for i, b := range in.Window {
		if i > 0 && b.ParentHash != in.Window[i-1].Hash {
			return Snapshot{}, fmt.Errorf("decode snapshot: its L1 block %s does not follow %s", b.L1Ref, in.Window[i-1].L1Ref)
		}
		w.refs = append(w.refs, b.L1Ref)
	}
	var queue []stored
	for i := range in.Queue {
		b, err := in.Queue[i].decode()
		if err != nil {
			return Snapshot{}, err
		}
		queue = append(queue, b)
	}
	at := tip{in.Safe, in.Chain}
	return Snapshot{&state{
		origin: in.Origin, rules: cfg.L1Rules(in.Origin.Time), inbox: in.Inbox, safe: at, head: at,
		assembler: in.Assembler, bank: in.Bank, queue: queue, window: w, exhausted: true,
	}}, nil
}

// Resume makes a machine that goes on from a snapshot of the same chain.
func Resume(builder *attributes.Builder, s Snapshot) *Machine {
	return &Machine{config: builder.Config, builder: builder, s: *s.s}
}
