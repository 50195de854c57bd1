package recording

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Range says what to derive.
type Range struct {
	From *uint64 // the L2 block to build on; nil: the one the recording names, or the lowest that can be
	To   *uint64 // the last L2 block; nil: the one the recording names, or as far as it reaches
}

// Derive derives the blocks of a recording and compares them with the recorded ones. tell is told of everything, in order;
// what it is given stays as it is.
//
// Errors: a *StartError if there is no way to begin there, a *FileError if the recording is broken, and the cause of ctx.
// That a block differs is no error: it is an End.
func (r *Recording) Derive(ctx context.Context, of Range, tell func(Event)) (*End, error) {
	start, err := r.start(of.From)
	if err != nil {
		return nil, err
	}
	_, last, _ := r.L1Range()
	w := newWalk(r.config, r.manifest.schedule(), start, r, tell)
	w.last = last
	if of.To != nil {
		if *of.To <= start.Safe.Number {
			return nil, cannotStart("block %d is not above block %d, which derivation begins on", *of.To, start.Safe.Number)
		}
		w.to = *of.To
	} else if named := r.manifest.To; named != nil && *named > start.Safe.Number {
		w.to = *named
	}
	return w.run(ctx)
}

// source is what a walk reads from. A block that is not there is eth.ErrNotFound.
type source interface {
	l1(ctx context.Context, number uint64) (*eth.L1Block, error)
	l2(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
	blobs(ctx context.Context, of eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error)
	// settle says that all of the L1 block given last has been asked for.
	settle() error
}

// walk is a derivation that compares.
type walk struct {
	config  *rollup.Config
	machine *derive.Machine
	src     source
	tell    func(Event)

	began  derive.Start
	to     uint64 // 0: as far as it goes
	whole  bool   // to is reached once its batch is complete
	last   uint64
	txs    map[place]common.Hash // of the inbox
	seen   []place               // keys of txs, oldest first
	read   eth.L1Ref
	tried  []Candidate     // for blocks above the safe one
	backTo *eth.L2Ref      // for the note that a Reject leaves
	refuse *derive.Derived // what the next block, of deposits only, is in place of
}

func newWalk(cfg *rollup.Config, blobs rollup.BlobSchedule, start derive.Start, src source, tell func(Event)) *walk {
	w := &walk{
		config: cfg, machine: derive.New(builder(cfg, blobs), start), src: src, tell: tell,
		began: start, txs: make(map[place]common.Hash), read: start.Base.L1Ref,
	}
	w.remember(start.Base)
	return w
}

// remember keeps the hashes of transactions as long as a channel may be open.
func (w *walk) remember(b *eth.L1Block) {
	for i := range b.Inbox {
		p := place{b.Number, uint32(b.Inbox[i].Index)} //nolint:gosec // a position in a block
		w.txs[p] = b.Inbox[i].Hash
		w.seen = append(w.seen, p)
	}
	timeout := w.config.L1Rules(b.Time).ChannelTimeout
	for len(w.seen) > 0 && b.Number > timeout && w.seen[0].l1 < b.Number-timeout {
		delete(w.txs, w.seen[0])
		w.seen = w.seen[1:]
	}
}

// run answers the machine until there is no way on.
func (w *walk) run(ctx context.Context) (*End, error) {
	w.tell(&Began{Base: w.began.Base.L1Ref, Safe: w.began.Safe, To: w.to})
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if w.to > 0 && (!w.whole && w.machine.PendingSafe().Number >= w.to || w.machine.Safe().Number >= w.to) {
			return w.end(End{Why: Reached}), nil
		}
		want := w.machine.Next()
		w.notes()
		if _, blobs := want.(derive.NeedBlobs); !blobs {
			if err := w.src.settle(); err != nil {
				return nil, err
			}
		}
		end, err := w.answer(ctx, want)
		if err != nil {
			return nil, err
		}
		w.notes()
		if end != nil {
			return w.end(*end), nil
		}
	}
}

func (w *walk) end(e End) *End {
	e.L1, e.Head, e.Safe = w.read, w.machine.PendingSafe(), w.machine.Safe()
	e.Tried = w.tried
	return &e
}

// answer brings what the machine wants; an End if there is no way on.
func (w *walk) answer(ctx context.Context, want derive.Want) (*End, error) {
	switch want := want.(type) {
	case derive.Working:
		return nil, nil
	case derive.NeedL1:
		return w.pushL1(ctx, want.Number)
	case derive.NeedBlobs:
		blobs, err := w.src.blobs(ctx, want.Block, want.Hashes)
		if err != nil {
			return nil, err
		}
		return nil, w.machine.PushBlobs(blobs)
	case derive.NeedL2:
		env, err := w.src.l2(ctx, want.Number)
		if errors.Is(err, eth.ErrNotFound) {
			return &End{Why: NoL2, Need: want.Number}, nil
		}
		if err != nil {
			return nil, err
		}
		if err := w.machine.PushL2(env.ExecutionPayload); err != nil {
			return nil, broken(l2Name(want.Number), "executionPayload.transactions", "%w", err)
		}
		return nil, nil
	case derive.Build:
		return w.compare(ctx, want.Derived)
	case derive.Rewind:
		return &End{Why: Rewound, Reason: want.Reason}, nil
	case derive.Halt:
		return &End{Why: Halted, Reason: want.Reason}, nil
	default:
		panic(fmt.Sprintf("derivation wants %T", want))
	}
}

// errUnlinked means that an L1 block is not the child of the one before.
var errUnlinked = errors.New("it does not stand on the block before")

func (w *walk) pushL1(ctx context.Context, number uint64) (*End, error) {
	b, err := w.src.l1(ctx, number)
	if errors.Is(err, eth.ErrNotFound) {
		return &End{Why: EndOfL1, Need: number}, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case b.ParentHash != w.read.Hash:
		return nil, &FileError{l1Name(number), "parentHash", fmt.Errorf("%w: it is %s, and %s has the hash %s", errUnlinked, b.ParentHash, l1Name(number-1), w.read.Hash)}
	case b.Time <= w.read.Time:
		return nil, broken(l1Name(number), "timestamp", "%d is not above %d, which %s has", b.Time, w.read.Time, l1Name(number-1))
	}
	w.read = b.L1Ref
	w.remember(b)
	if err := w.machine.Push(b); err != nil {
		return nil, err
	}
	w.tell(Position{L1: b.L1Ref, Last: w.last, Head: w.machine.PendingSafe().Number})
	return nil, nil
}

// compare answers a Build: the recorded block stands for the engine.
func (w *walk) compare(ctx context.Context, d *derive.Derived) (*End, error) {
	number := d.Parent.Number + 1
	block := &Block{Derived: d, Number: number, FrameTxs: w.frameTxs(d.From)}
	block.Refused, w.refuse = w.refuse, nil
	for _, c := range w.tried {
		if c.Number() == number {
			block.Tried = append(block.Tried, c)
		}
	}
	env, err := w.src.l2(ctx, number)
	if errors.Is(err, eth.ErrNotFound) {
		w.tell(block)
		return &End{Why: NotRecorded, Need: number}, nil
	}
	if err != nil {
		return nil, err
	}
	block.Recorded = env
	block.Differs = Differences(w.config, &d.Attributes, d.Parent.Hash, env)
	if len(block.Differs) == 0 {
		if err := w.machine.Confirm(d.Ref(env.ExecutionPayload.BlockHash)); err != nil {
			return nil, err
		}
		safe := w.machine.Safe().Number
		w.tried = slices.DeleteFunc(w.tried, func(c Candidate) bool { return c.Number() <= safe })
		w.tell(block)
		return nil, nil
	}
	if w.refused(d, env) {
		if w.replaces(d) {
			w.refuse = d
		} else if len(w.tried) < maxTried {
			w.tried = append(w.tried, Candidate{d, block.Differs})
		}
		return nil, w.reject()
	}
	w.tell(block)
	return &End{Why: Different}, nil
}

// maxTried bounds the candidates that are told of.
const maxTried = 16

// refused says whether the engine can have called a block invalid, seen that the chain has another one. From Holocene on it
// then has the same block with deposits only; before, whatever comes next (RULES 7.4).
func (w *walk) refused(d *derive.Derived, env *eth.PayloadEnvelope) bool {
	if d.Attributes.OnlyDeposits() {
		return false
	}
	if !w.replaces(d) {
		return true
	}
	only := d.Attributes.DepositsOnly()
	return attributes.Matches(w.config, &only, d.Parent.Hash, env) == attributes.MismatchNone
}

// replaces says whether deposits only replace a block that the engine refuses.
func (w *walk) replaces(d *derive.Derived) bool {
	return w.config.L1Rules(d.DerivedFrom.Time).ReplaceInvalid
}

func (w *walk) reject() error {
	before := w.machine.PendingSafe()
	if err := w.machine.Reject(); err != nil {
		return err
	}
	if after := w.machine.PendingSafe(); after != before {
		w.backTo = &after
	}
	return nil
}

// notes tells what was left out.
func (w *walk) notes() {
	for _, n := range w.machine.Notes() {
		d := &Dropped{Note: n, Tx: w.txs[at(n.Place)], Early: w.early(&n)}
		if n.What == derive.DroppedBlock {
			d.BackTo, w.backTo = w.backTo, nil
		}
		w.tell(d)
	}
}

// early says whether a note is about what was before the block that derivation began on.
func (w *walk) early(n *derive.Note) bool {
	switch {
	case n.What == derive.DroppedBlock:
		return false
	case n.L1 <= w.began.Safe.L1Origin.Number || n.Reason == derive.BeforeSafeHead:
		return true
	}
	return w.machine.PendingSafe() == w.began.Safe && (n.Reason == batch.TimestampPast || n.Reason == batch.SpanPast)
}

func (w *walk) frameTxs(from *derive.Provenance) []common.Hash {
	if from == nil {
		return nil
	}
	out := make([]common.Hash, len(from.Frames))
	for i, frame := range from.Frames {
		out[i] = w.txs[at(frame)]
	}
	return out
}
