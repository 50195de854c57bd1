package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Sources are where a recording is made from. What they give is verified. A block that is not there is eth.ErrNotFound.
type Sources struct {
	L1 interface {
		BlockByNumber(ctx context.Context, number uint64) (*eth.L1Block, error)
	}
	Blobs interface {
		Blobs(ctx context.Context, of eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error)
	}
	L2 interface {
		PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
	}
}

// Order says what to record.
type Order struct {
	Dir      string
	Config   *rollup.Config
	Blobs    rollup.BlobSchedule
	From, To uint64 // the L2 block to build on, and the last one to derive
	MadeBy   string // for people
}

// ErrOther means that a folder holds something else than the recording that is to be made or gone on with.
var ErrOther = errors.New("it holds another recording")

// ErrReorganised means that L1 is another chain than the one recorded so far.
var ErrReorganised = errors.New("L1 has reorganised")

// NoBlockError means that the L2 engine does not have a block without which there is nothing to record.
type NoBlockError struct {
	Number uint64
	err    error
}

func (e *NoBlockError) Error() string {
	return fmt.Sprintf("the L2 engine does not have block %d: %s", e.Number, e.err)
}
func (e *NoBlockError) Unwrap() error { return e.err }

// Record writes what derivation of a range of L2 blocks reads, and derives it at the same time: what is not needed is not
// recorded, and when the last block is derived nothing is missing. What is there already is checked and kept. At any moment
// the folder holds a recording, if a shorter one.
//
// Whether the last block was reached says the End. Errors: ErrOther, ErrReorganised, a *FileError if what is there is
// broken, a *StartError if the range makes no sense, those of the sources, and the cause of ctx.
func Record(ctx context.Context, o Order, from Sources, tell func(Event)) (*End, error) {
	if o.To <= o.From {
		return nil, cannotStart("block %d is not above block %d", o.To, o.From)
	}
	if o.From < o.Config.Genesis.L2.Number {
		return nil, cannotStart("block %d is below the rollup's first one, %d", o.From, o.Config.Genesis.L2.Number)
	}
	k := &keeper{Recording: Recording{dir: o.Dir, config: o.Config}, from: from}
	if err := k.prepare(o); err != nil {
		return nil, err
	}
	last, err := k.needed(ctx, o.To)
	if err != nil {
		return nil, err
	}
	safe, err := k.needed(ctx, o.From)
	if err != nil {
		return nil, err
	}
	start, err := k.begin(ctx, safe)
	if err != nil {
		return nil, err
	}
	if err := k.put(manifestName, k.manifest); err != nil { // it may have been for another range
		return nil, err
	}
	w := newWalk(o.Config, o.Blobs, start, k, tell)
	w.to, w.whole = o.To, true
	ref, err := attributes.L2RefOf(o.Config, last.ExecutionPayload)
	if err != nil {
		return nil, fmt.Errorf("read L2 block %d: %w", o.To, err)
	}
	w.last = ref.L1Origin.Number + 1 // at the earliest
	end, err := w.run(ctx)
	if errors.Is(err, errUnlinked) {
		err = fmt.Errorf("%w since a part was recorded (%w): record into another folder", ErrReorganised, err)
	}
	return end, err
}

// keeper gets blocks from the recording, or else from the sources, and then records them.
type keeper struct {
	Recording
	from Sources
	// pending is an L1 block that is written once its blobs are.
	pending *eth.L1Block
	isNew   bool // nothing is written yet
}

// prepare looks at what is there.
func (k *keeper) prepare(o Order) error {
	k.manifest = &manifest{
		Version: Version, MadeBy: o.MadeBy, From: &o.From, To: &o.To, BlobSchedule: blobForks(o.Blobs), AsOpNode117: o.Config.AsOpNode117,
	}
	there, err := readManifest(o.Dir)
	switch {
	case errors.Is(err, ErrNone):
	case err != nil:
		return err
	default:
		cfg, err := readConfig(o.Dir, there)
		if err != nil {
			return err
		}
		if same, err := sameJSON(cfg, o.Config); err != nil || !same {
			return errors.Join(err, fmt.Errorf("%w: %s is of another chain, or of another configuration of it", ErrOther, rollupName))
		}
		if there.AsOpNode117 != k.manifest.AsOpNode117 || !reflect.DeepEqual(there.schedule(), k.manifest.schedule()) {
			return fmt.Errorf("%w: %s has other blob fees of L1, or other rules", ErrOther, manifestName)
		}
	}
	if err := k.list(); err != nil {
		return err
	}
	if there == nil && len(k.l1s)+len(k.l2s) > 0 {
		return fmt.Errorf("%w: it has blocks and no %s", ErrOther, manifestName)
	}
	k.isNew = there == nil
	return nil
}

// put writes a file. Before the first one it writes what makes a folder a recording.
func (k *keeper) put(name string, value any) error {
	if k.isNew {
		if err := errors.Join(writeJSON(k.dir, rollupName, k.config), writeJSON(k.dir, manifestName, k.manifest)); err != nil {
			return err
		}
		k.isNew = false
	}
	if blob, ok := value.(*eth.Blob); ok {
		return write(k.dir, name, blob[:])
	}
	return writeJSON(k.dir, name, value)
}

func sameJSON(a, b any) (bool, error) {
	one, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	other, err := json.Marshal(b)
	return string(one) == string(other), err
}

// needed is an L2 block that recording cannot do without.
func (k *keeper) needed(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	env, err := k.l2(ctx, number)
	if errors.Is(err, eth.ErrNotFound) {
		return nil, &NoBlockError{Number: number, err: err}
	}
	return env, err
}

// begin finds where derivation begins, and records what a reader needs to begin there.
func (k *keeper) begin(ctx context.Context, safe *eth.PayloadEnvelope) (derive.Start, error) {
	base, err := k.base(ctx, safe)
	if err != nil {
		return derive.Start{}, err
	}
	if k.l2s, err = numbers(k.dir, l2Folder); err != nil { // base may have added one
		return derive.Start{}, err
	}
	if first, last, ok := k.L1Range(); ok {
		if base < first || base > last+1 {
			return derive.Start{}, fmt.Errorf("%w: its L1 blocks are %d to %d, and these would begin at %d", ErrOther, first, last, base)
		}
		return k.start(k.manifest.From)
	}
	block, err := k.fetchL1(ctx, base)
	if err != nil {
		return derive.Start{}, err
	}
	inbox, err := k.inboxAt(block)
	if err != nil {
		return derive.Start{}, err
	}
	k.pending = block
	return startOn(k.config, block, inbox, safe)
}

// base is the L1 block to begin at, a channel timeout below the origin of the block to build on: the origin of an L2 block,
// which is recorded, so that it can be told who the batcher was there (RULES 8.2). The timeout is that of the block found;
// it has become shorter once, at Granite.
func (k *keeper) base(ctx context.Context, safe *eth.PayloadEnvelope) (uint64, error) {
	genesis := k.config.Genesis
	ref, err := k.ref(safe)
	if err != nil {
		return 0, err
	}
	timeout := k.config.L1Rules(safe.ExecutionPayload.Timestamp).ChannelTimeout
	for {
		if ref.L1Origin.Number <= genesis.L1.Number+timeout {
			return genesis.L1.Number, nil
		}
		found, err := k.lastUpTo(ctx, ref, ref.L1Origin.Number-timeout)
		if err != nil {
			return 0, err
		}
		if found.Number == genesis.L2.Number {
			return genesis.L1.Number, nil
		}
		block, err := k.fetchL1(ctx, found.L1Origin.Number)
		if err != nil {
			return 0, err
		}
		if there := k.config.L1Rules(block.Time).ChannelTimeout; there > timeout {
			timeout = there
			continue
		}
		_, err = k.needed(ctx, found.Number)
		return found.L1Origin.Number, err
	}
}

// lastUpTo is the highest block below one whose L1 origin is at or below a number, found by halving. Only it is recorded.
func (k *keeper) lastUpTo(ctx context.Context, from eth.L2Ref, origin uint64) (eth.L2Ref, error) {
	low, high := k.config.Genesis.L2.Number, from.Number // the origin of low is not above; that of high is
	found := k.config.GenesisL2Ref()
	for step := uint64(1); high-low > 1; {
		middle := low + (high-low)/2
		if step > 0 && high-low > step { // origins are near: first upwards steps that double
			middle, step = high-step, 2*step
		}
		env, err := k.from.L2.PayloadByNumber(ctx, middle)
		if err != nil {
			return eth.L2Ref{}, fmt.Errorf("read L2 block %d, to find where channels can have begun: %w", middle, err)
		}
		ref, err := k.ref(env)
		if err != nil {
			return eth.L2Ref{}, err
		}
		if ref.L1Origin.Number > origin {
			high = middle
			continue
		}
		low, found, step = middle, ref, 0
	}
	return found, nil
}

func (k *keeper) ref(env *eth.PayloadEnvelope) (eth.L2Ref, error) {
	ref, err := attributes.L2RefOf(k.config, env.ExecutionPayload)
	if err != nil {
		return ref, fmt.Errorf("read L2 block %d: %w", env.ExecutionPayload.BlockNumber, err)
	}
	return ref, nil
}

// fetchL1 gets an L1 block, recorded or not.
func (k *keeper) fetchL1(ctx context.Context, number uint64) (*eth.L1Block, error) {
	block, err := k.L1Block(number)
	if errors.Is(err, eth.ErrNotFound) {
		return k.from.L1.BlockByNumber(ctx, number)
	}
	return block, err
}

func (k *keeper) l1(ctx context.Context, number uint64) (*eth.L1Block, error) {
	block, err := k.L1Block(number)
	if !errors.Is(err, eth.ErrNotFound) {
		return block, err
	}
	if k.pending, err = k.from.L1.BlockByNumber(ctx, number); err != nil {
		k.pending = nil
		return nil, err
	}
	return k.pending, nil
}

// settle writes the L1 block, whose blobs are there now.
func (k *keeper) settle() error {
	if k.pending == nil {
		return nil
	}
	b := k.pending
	k.pending = nil
	return k.put(l1Name(b.Number), encodeL1(b))
}

func (k *keeper) l2(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	env, err := k.L2Block(number)
	if !errors.Is(err, eth.ErrNotFound) {
		return env, err
	}
	if env, err = k.from.L2.PayloadByNumber(ctx, number); err != nil {
		return nil, err
	}
	if err := k.checkL2(number, env); err != nil {
		return nil, fmt.Errorf("the L2 engine's block does not fit the chain's configuration: %w", err)
	}
	return env, k.put(l2Name(number), env)
}

// blobs records the blobs that are missing.
func (k *keeper) blobs(ctx context.Context, of eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	out := make([]*eth.Blob, len(hashes))
	var lacking []common.Hash
	for i, hash := range hashes {
		blob, err := k.Blob(hash)
		if err != nil && !errors.Is(err, eth.ErrNotFound) {
			return nil, err
		}
		if out[i] = blob; blob == nil {
			lacking = append(lacking, hash)
		}
	}
	if len(lacking) == 0 {
		return out, nil
	}
	found, err := k.from.Blobs.Blobs(ctx, of, lacking)
	if err != nil {
		return nil, err
	}
	for i, hash := range hashes {
		if out[i] != nil {
			continue
		}
		out[i], found = found[0], found[1:]
		if err := k.put(blobName(hash), out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
