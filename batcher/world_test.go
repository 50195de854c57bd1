package batcher_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/batcher"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	genesisL1   = uint64(100)
	genesisTime = uint64(10_000)
	blockTime   = uint64(2)
	l1Time      = uint64(12)
	window      = uint64(60)
)

func rollupConfig() *rollup.Config {
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: hash("l1", genesisL1, 0), Number: genesisL1}, L2: eth.BlockID{Hash: hash("l2", 0, 0)}, L2Time: genesisTime,
		},
		BlockTime: blockTime, MaxSequencerDrift: 600, SeqWindowSize: window, ChannelTimeout: 50,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10), BatchInboxAddress: common.Address{0xff, 19: 10},
	}
	for f := rollup.Regolith; f <= rollup.Isthmus; f++ {
		cfg.SetTime(f, new(uint64))
	}
	return cfg
}

// config posts a channel every second L1 block or so, in calldata of small frames, so that channels have several
// transactions.
func config() batcher.Config {
	cfg := batcher.DefaultConfig(rollupConfig())
	r := rand.New(rand.NewPCG(1, 1))
	cfg.Encoder.NewID = func() (id channel.ID) {
		binary.BigEndian.PutUint64(id[:], r.Uint64())
		return id
	}
	cfg.Encoder.Level, cfg.Encoder.UseBlobs, cfg.Encoder.MaxTxBytes, cfg.Encoder.TargetChannelBytes = 1, false, 1500, 8_000
	cfg.Encoder.MaxChannelDuration = 2
	cfg.MaxPendingTx = 8
	return cfg
}

func hash(layer string, number, fork uint64) common.Hash {
	b := binary.BigEndian.AppendUint64([]byte(layer), number)
	return crypto.Keccak256Hash(binary.BigEndian.AppendUint64(b, fork))
}

// l1Ref is an L1 block of a fork; forks share no block.
func l1Ref(number, fork uint64) eth.L1Ref {
	return eth.L1Ref{Hash: hash("l1", number, fork), Number: number, Time: genesisTime + (number-genesisL1)*l1Time}
}

// payload is an L2 block of a fork with the L1 origin.
func payload(cfg *rollup.Config, number, fork uint64, parent common.Hash, origin, sequence uint64, txs ...hexutil.Bytes) *eth.ExecutionPayload {
	rules := cfg.L2Rules(cfg.BlockTimestamp(number))
	info := attributes.L1Info{
		Number: origin, Time: genesisTime + (origin-genesisL1)*l1Time, BlockHash: hash("l1", origin, 0), SequenceNumber: sequence,
	}
	return &eth.ExecutionPayload{
		BlockNumber: number, BlockHash: hash("l2", number, fork), ParentHash: parent, Timestamp: cfg.BlockTimestamp(number),
		Transactions: append([]hexutil.Bytes{attributes.L1InfoTx(&info, &rules)}, txs...),
	}
}

func newTx(r *rand.Rand, size int) hexutil.Bytes {
	key, err := crypto.ToECDSA(common.Hash{31: 7}.Bytes())
	if err != nil {
		panic(err)
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	out, err := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(10)), &types.DynamicFeeTx{
		ChainID: big.NewInt(10), Nonce: r.Uint64(), Gas: 21_000, GasFeeCap: big.NewInt(2), GasTipCap: big.NewInt(1),
		To: &common.Address{2}, Value: new(big.Int), Data: data,
	}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return out
}

// world is an L1, an L2 and a node in one. What is derived stands with each L1 block, so an L1 reorg takes it away too.
type world struct {
	mu   sync.Mutex
	cfg  *rollup.Config
	rand *rand.Rand

	l1      []l1Block // from genesis on
	l1Fork  uint64
	pool    []*sent // in nonce order
	confirm uint64  // depth at which an outcome is told
	lag     uint64  // L1 blocks derivation is behind
	full    bool    // L1 takes no transactions

	l2     []*eth.ExecutionPayload // from the first block after genesis on
	l2Fork uint64
	pause  bool // no L2 blocks are made

	refuse  func(n int) error // fails the n-th send
	broken  func(n int) bool  // lets the n-th transaction fall out of the pool
	sends   int
	nodeErr error
}

type l1Block struct {
	ref       eth.L1Ref
	txs       []*sent
	derived   derived           // after it
	assembler channel.Assembler // after it
}

// sent is a transaction on its way.
type sent struct {
	tx      batcher.Tx
	n       int
	outcome chan batcher.Outcome
	done    bool
}

func newWorld(cfg *rollup.Config) *world {
	w := &world{cfg: cfg, rand: rand.New(rand.NewPCG(9, 9)), confirm: 1}
	w.l1 = []l1Block{{ref: eth.L1Ref{Hash: cfg.Genesis.L1.Hash, Number: genesisL1, Time: genesisTime}}}
	return w
}

// live makes blocks until ctx ends: L2 every 2 seconds, L1 every 12.
func (w *world) live(ctx context.Context) {
	tick := time.NewTicker(time.Duration(blockTime) * time.Second)
	defer tick.Stop()
	for i := uint64(1); ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.mu.Lock()
		if i%(l1Time/blockTime) == 0 {
			w.mine()
		}
		if !w.pause {
			w.sequence()
		}
		w.mu.Unlock()
	}
}

func (w *world) head() eth.L1Ref { return w.l1[len(w.l1)-1].ref }

// mine makes an L1 block of what is in the pool, and tells outcomes.
func (w *world) mine() {
	b := l1Block{ref: l1Ref(w.head().Number+1, w.l1Fork)}
	if !w.full {
		b.txs, w.pool = w.pool, nil
	}
	w.derive(&b)
	w.l1 = append(w.l1, b)
	for _, b := range w.l1 {
		if b.ref.Number+w.confirm > w.head().Number+1 {
			break
		}
		for _, s := range b.txs {
			if !s.done {
				s.done = true
				s.outcome <- batcher.Outcome{Included: b.ref.ID()}
			}
		}
	}
}

// reorg takes L1 blocks away. Their transactions go back to the pool; if lose is set, those whose outcome was told are gone.
func (w *world) reorg(depth int, lose bool) {
	w.l1Fork++
	keep := len(w.l1) - depth
	var back []*sent
	for _, b := range w.l1[keep:] {
		for _, s := range b.txs {
			if !lose || !s.done {
				back = append(back, s)
			}
		}
	}
	w.l1, w.pool = slices.Clone(w.l1[:keep]), append(back, w.pool...)
}

// sequence makes an L2 block with up to three transactions, on the L1 origin before the last if the epoch may change.
func (w *world) sequence() {
	var txs []hexutil.Bytes
	for range w.rand.IntN(4) {
		txs = append(txs, newTx(w.rand, w.rand.IntN(200)))
	}
	number, parent, origin, sequence := uint64(len(w.l2))+1, w.cfg.Genesis.L2.Hash, genesisL1, uint64(0)
	if len(w.l2) > 0 {
		last := w.l2[len(w.l2)-1]
		ref, err := attributes.L2RefOf(w.cfg, last)
		if err != nil {
			panic(err)
		}
		parent, origin, sequence = last.BlockHash, ref.L1Origin.Number, ref.SequenceNumber+1
		if origin+2 < w.head().Number && w.cfg.BlockTimestamp(number) >= genesisTime+(origin+1-genesisL1)*l1Time {
			origin, sequence = origin+1, 0
		}
	}
	w.l2 = append(w.l2, payload(w.cfg, number, w.l2Fork, parent, origin, sequence, txs...))
}

// reorgL2 takes unsafe blocks away; the next ones are others.
func (w *world) reorgL2(depth int) {
	w.l2Fork++
	w.l2 = slices.Clone(w.l2[:len(w.l2)-depth])
}

// ref is an L2 block's reference.
func (w *world) ref(number uint64) eth.L2Ref {
	if number == 0 {
		return w.cfg.GenesisL2Ref()
	}
	ref, err := attributes.L2RefOf(w.cfg, w.l2[number-1])
	if err != nil {
		panic(err)
	}
	return ref
}

// derived is what L1 says.
type derived struct {
	safe                  uint64
	past, dropped, frames int // blocks said again, blocks that could not be used, frames that could not be used
	bytes                 int // all calldata in the inbox
}

// derive reads one more L1 block by the rules from Holocene on.
func (w *world) derive(b *l1Block) {
	rules := w.cfg.L1Rules(genesisTime)
	limits := channel.Limits{MaxRLPBytes: rules.MaxRLPBytes, ChannelTimeout: rules.ChannelTimeout, Brotli: rules.Brotli}
	before := w.l1[len(w.l1)-1]
	d, assembler := before.derived, before.assembler
	assembler.Expire(b.ref.Number, limits)
	for _, s := range b.txs {
		d.bytes += len(s.tx.Data)
		frames, reason := channel.ParseFrames(s.tx.Data)
		if reason != channel.None {
			panic(reason)
		}
		for _, f := range frames {
			raw, complete, lost := assembler.Add(f, b.ref.Number, limits)
			if lost != channel.None {
				d.frames++
			}
			if complete {
				w.apply(&d, b.ref, raw.Bytes(), limits)
			}
		}
	}
	b.derived, b.assembler = d, assembler
}

// apply moves the safe head over a channel's batches, up to the first that does not fit.
func (w *world) apply(d *derived, inclusion eth.L1Ref, data []byte, limits channel.Limits) {
	decoder, reason := channel.NewDecoder(data, limits)
	if reason != channel.None {
		panic(reason)
	}
	flushed := false
	for item, rest, _, ok := decoder.Next(); ok; item, rest, _, ok = decoder.Next() {
		decoder = rest
		b, why := batch.Decode(item, batch.ParamsAt(w.cfg, inclusion.Time))
		if why != batch.OK {
			panic(why)
		}
		span := b.(*batch.Span)
		number, err := w.cfg.BlockNumber(span.Start())
		if err != nil {
			panic(err)
		}
		parent := w.ref(min(number-1, uint64(len(w.l2)))).Hash
		if span.ParentCheck != [20]byte(parent[:20]) || span.StartEpoch()+window < inclusion.Number {
			flushed = true
		}
		for _, block := range span.Blocks(0) {
			next := d.safe + 1
			switch time := w.cfg.BlockTimestamp(next); {
			case !flushed && block.Timestamp < time:
				d.past++
			case flushed || block.Timestamp > time || next > uint64(len(w.l2)) || !sameTxs(block.Transactions, w.l2[next-1].Transactions[1:]):
				d.dropped++
				flushed = true
			default:
				d.safe++
			}
		}
	}
}

func sameTxs(a, b []hexutil.Bytes) bool {
	return slices.EqualFunc(a, b, func(x, y hexutil.Bytes) bool { return slices.Equal(x, y) })
}

// SyncStatus tells the safe head before the L1 block derivation is at has been read: nobody may count on more.
func (w *world) SyncStatus(context.Context) (eth.SyncStatus, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.nodeErr != nil {
		return eth.SyncStatus{}, w.nodeErr
	}
	at := max(0, len(w.l1)-1-int(w.lag))
	safe := w.ref(w.l1[max(0, at-1)].derived.safe)
	return eth.SyncStatus{
		CurrentL1: w.l1[at].ref, HeadL1: w.head(), SafeL2: safe, LocalSafeL2: safe, UnsafeL2: w.ref(uint64(len(w.l2))),
	}, nil
}

func (w *world) PayloadByNumber(_ context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if number > uint64(len(w.l2)) {
		return nil, eth.ErrNotFound
	}
	return &eth.PayloadEnvelope{ExecutionPayload: w.l2[number-1]}, nil
}

// Settle waits until the pool is empty.
func (w *world) Settle(ctx context.Context) (uint64, error) {
	for {
		w.mu.Lock()
		empty, head := len(w.pool) == 0, w.head().Number
		w.mu.Unlock()
		if empty {
			return head, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// queue breaks at its first failure, as the Sender promises.
type queue struct {
	w      *world
	broken error
}

func (w *world) NewQueue() batcher.Queue { return &queue{w: w} }

var errRefused = errors.New("refused")

func (q *queue) Send(_ context.Context, tx batcher.Tx) (<-chan batcher.Outcome, error) {
	w := q.w
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.sends
	w.sends++
	if q.broken == nil && w.refuse != nil {
		q.broken = w.refuse(n)
	}
	if q.broken != nil {
		return nil, q.broken
	}
	s := &sent{tx: tx, n: n, outcome: make(chan batcher.Outcome, 1)}
	if w.broken != nil && w.broken(n) {
		// It is broadcast and never lands; what is sent behind it meanwhile does.
		go func() {
			time.Sleep(20 * time.Second)
			s.outcome <- batcher.Outcome{Err: errRefused}
		}()
		return s.outcome, nil
	}
	w.pool = append(w.pool, s)
	return s.outcome, nil
}

// facts are taken under the lock.
func (w *world) facts() (d derived, unsafe uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.l1[len(w.l1)-1].derived, uint64(len(w.l2))
}

// change does something under the lock.
func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// must stops a test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
