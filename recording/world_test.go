package recording_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	genesisTime = 1_700_000_000 // of L1 block 0 and L2 block 0
	blockTime   = 12            // of both layers
)

var (
	inboxAddress  = common.Address{0xff, 1}
	portalAddress = common.Address{0xdd, 2}
	configAddress = common.Address{0xcc, 3}
	batcher       = common.Address{0xa1}
)

// world is a model of L1, and of an engine whose blocks have the hashes of real headers. It is what is recorded.
type world struct {
	t     *testing.T
	cfg   *rollup.Config
	l1    []*eth.L1Block
	blobs map[common.Hash]*eth.Blob
	plan  []*eth.PayloadEnvelope // the sequencer's chain, whatever the engine will say of it
	l2    []*eth.PayloadEnvelope // the chain, which derivation with the engine gives

	asked map[string]int // what was asked for
	hook  func(what string, number uint64) error
}

func config(last rollup.Fork) *rollup.Config {
	canyon := uint64(250)
	var scalar eth.Bytes32
	scalar[0], scalar[31] = 1, 100
	cfg := &rollup.Config{
		Genesis:   rollup.Genesis{L2Time: genesisTime, SystemConfig: rollup.SystemConfig{BatcherAddr: batcher, Scalar: scalar, GasLimit: 30_000_000}},
		BlockTime: blockTime, MaxSequencerDrift: 600, SeqWindowSize: 5, ChannelTimeout: 3,
		L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901),
		BatchInboxAddress: inboxAddress, DepositContractAddress: portalAddress, L1SystemConfigAddress: configAddress,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, f := range rollup.Forks() {
		if f <= last {
			cfg.SetTime(f, new(uint64))
		}
	}
	return cfg
}

func newWorld(t *testing.T, last rollup.Fork) *world {
	t.Helper()
	w := &world{t: t, cfg: config(last), blobs: make(map[common.Hash]*eth.Blob), asked: make(map[string]int)}
	w.cfg.Genesis.L1.Hash = w.mine().Hash
	genesis := w.execute(nil, &eth.PayloadAttributes{Timestamp: genesisTime, GasLimit: 30_000_000, Transactions: []hexutil.Bytes{}})
	w.cfg.Genesis.L2.Hash = genesis.ExecutionPayload.BlockHash
	w.plan, w.l2 = []*eth.PayloadEnvelope{genesis}, []*eth.PayloadEnvelope{genesis}
	if err := w.cfg.Check(); err != nil {
		t.Fatal(err)
	}
	return w
}

// mine adds an L1 block.
func (w *world) mine(inbox ...eth.InboxTx) *eth.L1Block { return w.mineLogs(nil, inbox...) }

func (w *world) mineLogs(logs []*types.Log, inbox ...eth.InboxTx) *eth.L1Block {
	number := uint64(len(w.l1))
	excess, root := uint64(0), common.Hash{0xbe, byte(number)}
	b := &eth.L1Block{
		L1Ref:      eth.L1Ref{Hash: crypto.Keccak256Hash(fmt.Appendf(nil, "L1 block %d", number)), Number: number, Time: genesisTime + blockTime*number},
		PrevRandao: common.Hash{0x3a, byte(number)}, BaseFee: big.NewInt(7), ExcessBlobGas: &excess, BeaconRoot: &root, Inbox: inbox,
	}
	if number > 0 {
		b.ParentHash = w.l1[number-1].Hash
	}
	for i := range inbox {
		inbox[i].Index = uint64(2*i + 1)
		inbox[i].Hash = crypto.Keccak256Hash(fmt.Appendf(nil, "L1 transaction %d of %d", i, number))
	}
	for i, l := range logs {
		l.BlockNumber, l.BlockHash, l.BlockTimestamp, l.Index, l.TxIndex = number, b.Hash, b.Time, uint(i), uint(2*i)
		l.TxHash = crypto.Keccak256Hash(fmt.Appendf(nil, "deposit %d of %d", i, number))
	}
	b.Logs = logs
	w.l1 = append(w.l1, b)
	return b
}

// execute is the engine: it makes a block of attributes.
func (w *world) execute(parent *eth.PayloadEnvelope, a *eth.PayloadAttributes) *eth.PayloadEnvelope {
	rules := w.cfg.L2Rules(a.Timestamp)
	p := &eth.ExecutionPayload{
		FeeRecipient: a.SuggestedFeeRecipient, PrevRandao: a.PrevRandao, GasLimit: a.GasLimit, GasUsed: 21_000, Timestamp: a.Timestamp,
		BaseFeePerGas: big.NewInt(1_000_000), Transactions: a.Transactions, Withdrawals: a.Withdrawals,
		StateRoot: crypto.Keccak256Hash(fmt.Appendf(nil, "state at %d", a.Timestamp)),
	}
	if parent != nil {
		p.ParentHash, p.BlockNumber = parent.ExecutionPayload.BlockHash, parent.ExecutionPayload.BlockNumber+1
	}
	if a.EIP1559Params != nil {
		extra := attributes.ExtraData{EIP1559Params: *a.EIP1559Params}
		if extra.EIP1559Params == (eth.Bytes8{}) {
			extra.EIP1559Params = eth.Bytes8{3: 250, 7: 6}
		}
		if a.MinBaseFee != nil {
			extra.MinBaseFee = *a.MinBaseFee
		}
		p.ExtraData = extra.Encode(&rules)
	}
	if rules.BeaconRoot {
		p.BlobGasUsed, p.ExcessBlobGas = new(uint64), new(uint64)
	}
	if rules.WithdrawalsRoot {
		p.WithdrawalsRoot = &common.Hash{0x77}
	}
	env := &eth.PayloadEnvelope{ParentBeaconBlockRoot: a.ParentBeaconBlockRoot, ExecutionPayload: p}
	p.BlockHash = engine.BlockHash(w.cfg, env)
	return env
}

// sequence makes the next block of the plan, in an epoch.
func (w *world) sequence(epoch uint64, txs ...hexutil.Bytes) batch.Block {
	w.t.Helper()
	parent := w.plan[len(w.plan)-1]
	ref, err := attributes.L2RefOf(w.cfg, parent.ExecutionPayload)
	if err != nil {
		w.t.Fatal(err)
	}
	sys, err := attributes.SystemConfigOf(w.cfg, parent.ExecutionPayload)
	if err != nil {
		w.t.Fatal(err)
	}
	attrs, _, err := (&attributes.Builder{Config: w.cfg}).Build(ref, sys, w.l1[epoch], txs)
	if err != nil {
		w.t.Fatal(err)
	}
	env := w.execute(parent, &attrs)
	w.plan = append(w.plan, env)
	next, err := attributes.L2RefOf(w.cfg, env.ExecutionPayload)
	if err != nil {
		w.t.Fatal(err)
	}
	return batch.Block{
		Timestamp: attrs.Timestamp, ParentHash: ref.Hash, EpochNum: epoch, EpochHash: w.l1[epoch].Hash, SequenceNumber: next.SequenceNumber, Transactions: txs,
	}
}

// derive extends the chain by all that L1 says: the engine refuses blocks with a bad transaction.
func (w *world) derive() {
	w.t.Helper()
	start := derive.Start{Base: w.l1[0], Inbox: w.cfg.Genesis.SystemConfig, Safe: w.cfg.GenesisL2Ref(), Chain: w.cfg.Genesis.SystemConfig}
	m := derive.New(&attributes.Builder{Config: w.cfg}, start)
	w.l2 = w.l2[:1]
	for {
		var err error
		switch want := m.Next().(type) {
		case derive.NeedL1:
			if want.Number == uint64(len(w.l1)) {
				return
			}
			err = m.Push(w.l1[want.Number])
		case derive.NeedBlobs:
			var blobs []*eth.Blob
			for _, hash := range want.Hashes {
				blobs = append(blobs, w.blobs[hash])
			}
			err = m.PushBlobs(blobs)
		case derive.NeedL2:
			err = m.PushL2(w.l2[want.Number].ExecutionPayload)
		case derive.Build:
			bad := false
			for _, tx := range want.Attributes.Transactions {
				bad = bad || bytes.Contains(tx, []byte("bad"))
			}
			if bad {
				err = m.Reject()
				w.l2 = w.l2[:m.PendingSafe().Number+1]
				break
			}
			env := w.execute(w.l2[len(w.l2)-1], &want.Attributes)
			w.l2 = append(w.l2, env)
			err = m.Confirm(want.Ref(env.ExecutionPayload.BlockHash))
		case derive.Working:
		default:
			w.t.Fatalf("derivation wants %#v", want)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// key is that of the one who sends L2 transactions.
var key, _ = crypto.ToECDSA(common.Hash{31: 5}.Bytes())

// tx is a transaction with a text for its data.
func tx(nonce uint64, text string) hexutil.Bytes {
	signed := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(901)), &types.DynamicFeeTx{
		ChainID: big.NewInt(901), Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(2_000_000_000), Gas: 30_000,
		To: &common.Address{0x70}, Value: big.NewInt(1), Data: []byte(text),
	})
	raw, err := signed.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return raw
}

func singular(b batch.Block) []byte {
	return (&batch.Singular{ParentHash: b.ParentHash, EpochNum: b.EpochNum, EpochHash: b.EpochHash, Timestamp: b.Timestamp, Transactions: b.Transactions}).Encode()
}

func (w *world) span(blocks ...batch.Block) []byte {
	w.t.Helper()
	item, err := batch.EncodeSpan(batch.ParamsAt(w.cfg, genesisTime), blocks)
	if err != nil {
		w.t.Fatal(err)
	}
	return item
}

// channelOf cuts a channel of batches into frames.
func (w *world) channelOf(id byte, count int, batches ...[]byte) []channel.Frame {
	w.t.Helper()
	writer, err := channel.NewWriter(channel.Zlib, 9)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range batches {
		if err := writer.Add(b); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		w.t.Fatal(err)
	}
	data := writer.Bytes()
	size := (len(data) + count - 1) / count
	frames, err := writer.Frames(channel.ID{id, id, id}, size)
	if err != nil {
		w.t.Fatal(err)
	}
	return frames
}

// calldata is a transaction of the batcher with frames.
func calldata(frames ...channel.Frame) eth.InboxTx {
	return eth.InboxTx{From: batcher, Data: channel.AppendItem(nil, frames...)}
}

// blobTx is a transaction of the batcher whose frames are in a blob.
func (w *world) blobTx(frames ...channel.Frame) eth.InboxTx {
	w.t.Helper()
	blob, err := channel.EncodeBlob(channel.AppendItem(nil, frames...))
	if err != nil {
		w.t.Fatal(err)
	}
	commitment, err := kzg4844.BlobToCommitment((*kzg4844.Blob)(blob))
	if err != nil {
		w.t.Fatal(err)
	}
	hash := common.Hash(kzg4844.CalcBlobHashV1(sha256.New(), &commitment))
	w.blobs[hash] = (*eth.Blob)(blob)
	return eth.InboxTx{From: batcher, Blob: true, BlobHashes: []common.Hash{hash}}
}

// deposit is a deposit of some wei.
func deposit(wei uint64) *types.Log {
	opaque := make([]byte, 96)
	binary.BigEndian.PutUint64(opaque[24:], wei)       // mint
	binary.BigEndian.PutUint64(opaque[56:], wei)       // value
	binary.BigEndian.PutUint64(opaque[64:72], 100_000) // gas
	word := func(n uint64) []byte { return common.BigToHash(new(big.Int).SetUint64(n)).Bytes() }
	return &types.Log{
		Address: portalAddress, Data: bytes.Join([][]byte{word(32), word(73), opaque}, nil),
		Topics: []common.Hash{crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)")), {31: 1}, {31: 2}, {}},
	}
}

// story is a chain with one of everything that can happen to a block.
func story(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, rollup.Jovian)
	w.mine()
	w.mineLogs([]*types.Log{deposit(1000)})
	first := w.channelOf(0xaa, 2, singular(w.sequence(1, tx(0, "one"))), singular(w.sequence(2, tx(1, "two"), tx(2, "three"))))
	w.mine(calldata(first[0]), eth.InboxTx{From: common.Address{0xee}, Data: []byte("who are you?")})
	w.mine(calldata(first[1]), calldata(channel.Frame{ID: channel.ID{0xdd}, Number: 3, Data: []byte{1}}))
	span := w.span(w.sequence(3, tx(3, "four")), w.sequence(4, tx(4, "bad")))
	w.mine(calldata(w.channelOf(0xbb, 1, span, []byte{1, 2, 3})...), eth.InboxTx{From: batcher, Data: []byte{9}})
	w.mine()
	w.mine()
	wrong := batch.Block{Timestamp: genesisTime + 5*blockTime, ParentHash: common.Hash{1}, EpochNum: 5, EpochHash: w.l1[5].Hash}
	w.mine(calldata(w.channelOf(0xcc, 1, singular(wrong))...))
	for range 4 {
		w.mine()
	}
	w.derive()
	return w
}

// The world as sources of a recording.

func (w *world) ask(what string, number uint64) error {
	w.asked[what]++
	if w.hook != nil {
		return w.hook(what, number)
	}
	return nil
}

func (w *world) BlockByNumber(_ context.Context, number uint64) (*eth.L1Block, error) {
	if err := w.ask("l1", number); err != nil {
		return nil, err
	}
	if number >= uint64(len(w.l1)) {
		return nil, fmt.Errorf("L1 block %d: %w", number, eth.ErrNotFound)
	}
	return w.l1[number], nil
}

func (w *world) PayloadByNumber(_ context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	if err := w.ask("l2", number); err != nil {
		return nil, err
	}
	if number >= uint64(len(w.l2)) {
		return nil, fmt.Errorf("L2 block %d: %w", number, eth.ErrNotFound)
	}
	return w.l2[number], nil
}

func (w *world) Blobs(_ context.Context, of eth.L1Ref, hashes []common.Hash) (out []*eth.Blob, err error) {
	if err := w.ask("blobs", of.Number); err != nil {
		return nil, err
	}
	for _, hash := range hashes {
		out = append(out, w.blobs[hash])
	}
	return out, nil
}

func (w *world) sources() recording.Sources { return recording.Sources{L1: w, Blobs: w, L2: w} }

func (w *world) order(dir string, from, to uint64) recording.Order {
	return recording.Order{Dir: dir, Config: w.cfg, From: from, To: to, MadeBy: "a test"}
}

// record records, and demands that the last block is reached.
func (w *world) record(dir string, from, to uint64) []recording.Event {
	w.t.Helper()
	var events []recording.Event
	end, err := recording.Record(w.t.Context(), w.order(dir, from, to), w.sources(), func(e recording.Event) { events = append(events, e) })
	if err != nil {
		w.t.Fatal(err)
	}
	if end.Why != recording.Reached {
		w.t.Fatalf("recording ended with %+v", end)
	}
	return events
}

// channel0 is a frame of some channel.
func channel0() channel.Frame {
	return channel.Frame{ID: channel.ID{0xee}, Data: []byte{1}, IsLast: true}
}
