package encoder_test

import (
	"encoding/binary"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The world: L1 blocks every 12 seconds, L2 blocks every 2, epochs of six blocks. L2 genesis is block 0 on L1 block 100.
const (
	genesisL1   = uint64(100)
	genesisTime = uint64(10_000)
	blockTime   = uint64(2)
	l1Time      = uint64(12)
	perEpoch    = l1Time / blockTime
	window      = uint64(300)
	timeout     = uint64(50)
	margin      = uint64(10)
)

func l1Hash(number uint64) common.Hash {
	return crypto.Keccak256Hash([]byte("l1"), binary.BigEndian.AppendUint64(nil, number))
}

func l2Hash(number uint64) common.Hash {
	return crypto.Keccak256Hash([]byte("l2"), binary.BigEndian.AppendUint64(nil, number))
}

func l1Head(number uint64) eth.L1Ref {
	return eth.L1Ref{
		Hash: l1Hash(number), Number: number, ParentHash: l1Hash(number - 1), Time: genesisTime + (number-genesisL1)*l1Time,
	}
}

func l2ID(number uint64) eth.BlockID { return eth.BlockID{Hash: l2Hash(number), Number: number} }

// rollupConfig has all forks up to last from genesis on.
func rollupConfig(last rollup.Fork) *rollup.Config {
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: l1Hash(genesisL1), Number: genesisL1}, L2: l2ID(0), L2Time: genesisTime,
		},
		BlockTime: blockTime, MaxSequencerDrift: 600, SeqWindowSize: window, ChannelTimeout: timeout,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
	}
	for f := rollup.Regolith; f <= last; f++ {
		cfg.SetTime(f, new(uint64))
	}
	return cfg
}

// ids gives channel ids from a seed.
func ids(seed uint64) func() channel.ID {
	r := rand.New(rand.NewPCG(seed, 0))
	return func() (id channel.ID) {
		binary.BigEndian.PutUint64(id[:], r.Uint64())
		binary.BigEndian.PutUint64(id[8:], r.Uint64())
		return id
	}
}

// config compresses fast; the tests are not about how far.
func config(last rollup.Fork) encoder.Config {
	cfg := encoder.DefaultConfig(rollupConfig(last))
	cfg.NewID, cfg.Level = ids(1), 1
	return cfg
}

func newEncoder(t testing.TB, cfg encoder.Config) *encoder.Encoder {
	t.Helper()
	e, err := encoder.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(l1Head(genesisL1 + 1))
	return e
}

// epochOf is the L1 origin of a block.
func epochOf(number uint64) uint64 { return genesisL1 + number/perEpoch }

// payload is the L2 block with a number: an L1 info deposit, a user deposit, and the transactions.
func payload(cfg *rollup.Config, number uint64, txs ...hexutil.Bytes) *eth.ExecutionPayload {
	time := cfg.BlockTimestamp(number)
	epoch := epochOf(number)
	rules := cfg.L2Rules(time)
	info := attributes.L1Info{
		Number: epoch, Time: genesisTime + (epoch-genesisL1)*l1Time, BlockHash: l1Hash(epoch), SequenceNumber: number % perEpoch,
	}
	if epoch == genesisL1 {
		info.SequenceNumber = number
	}
	deposit, err := types.NewTx(&types.DepositTx{SourceHash: l2Hash(number), To: &common.Address{1}, Value: new(big.Int), Gas: 21_000}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return &eth.ExecutionPayload{
		BlockNumber: number, BlockHash: l2Hash(number), ParentHash: l2Hash(number - 1), Timestamp: time,
		Transactions: append([]hexutil.Bytes{attributes.L1InfoTx(&info, &rules), deposit}, txs...),
	}
}

var testKey = func() []byte { return common.Hash{31: 7}.Bytes() }()

// newTx makes a signed transaction with calldata of a size: random bytes, or zeros if r is nil.
func newTx(r *rand.Rand, nonce uint64, size int) hexutil.Bytes {
	key, err := crypto.ToECDSA(testKey)
	if err != nil {
		panic(err)
	}
	data := make([]byte, size)
	if r != nil {
		for i := range data {
			data[i] = byte(r.Uint32())
		}
	}
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(10)), &types.DynamicFeeTx{
		ChainID: big.NewInt(10), Nonce: nonce, Gas: 21_000, GasFeeCap: big.NewInt(2), GasTipCap: big.NewInt(1),
		To: &common.Address{2}, Value: big.NewInt(int64(nonce)), Data: data,
	})
	out, err := tx.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return out
}

// add puts blocks from..to into an encoder, each with one transaction of random data of the size; none if it is 0.
func add(t testing.TB, e *encoder.Encoder, cfg *rollup.Config, from, to uint64, size int) {
	t.Helper()
	r := rand.New(rand.NewPCG(from, to))
	for n := from; n <= to; n++ {
		var txs []hexutil.Bytes
		if size > 0 {
			txs = append(txs, newTx(r, n, size))
		}
		if err := e.AddBlock(payload(cfg, n, txs...)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes all submissions there are.
func drain(e *encoder.Encoder) (out []encoder.Submission) {
	for {
		s, ok := e.Next()
		if !ok {
			return out
		}
		out = append(out, s)
	}
}

// next takes the submission that must be there.
func next(t testing.TB, e *encoder.Encoder) encoder.Submission {
	t.Helper()
	s, ok := e.Next()
	if !ok {
		t.Fatal("no submission")
	}
	return s
}

// none checks that there is no submission.
func none(t testing.TB, e *encoder.Encoder) {
	t.Helper()
	if s, ok := e.Next(); ok {
		t.Fatalf("unexpected submission of channel %s, blocks %d to %d, closed by %s", s.Channel.ID, s.Channel.First.Number, s.Channel.Last.Number, s.Channel.Closed)
	}
}

// items are the data of a submission as derivation reads them.
func items(t testing.TB, s *encoder.Submission) (out [][]byte) {
	t.Helper()
	if s.Kind == encoder.Calldata {
		return [][]byte{s.Data}
	}
	for _, blob := range s.Blob {
		item, reason := channel.DecodeBlob((*[channel.BlobSize]byte)(blob))
		if reason != channel.None {
			t.Fatalf("blob: %s", reason)
		}
		out = append(out, item)
	}
	return out
}

// derive reads submissions as derivation does from Holocene on, and gives the batches, spans taken apart.
func derive(t testing.TB, cfg *rollup.Config, subs []encoder.Submission) (out []batch.SpanBlock) {
	t.Helper()
	at := l1Head(genesisL1 + 1)
	rules := cfg.L1Rules(at.Time)
	limits := channel.Limits{MaxRLPBytes: rules.MaxRLPBytes, ChannelTimeout: rules.ChannelTimeout, Brotli: rules.Brotli}
	var assembler channel.Assembler
	for i := range subs {
		for _, item := range items(t, &subs[i]) {
			frames, reason := channel.ParseFrames(item)
			if reason != channel.None {
				t.Fatalf("frames: %s", reason)
			}
			for _, f := range frames {
				raw, complete, lost := assembler.Add(f, at.Number, limits)
				if lost != channel.None {
					t.Fatalf("frame %d of %s: %s", f.Number, f.ID, lost)
				}
				if complete {
					out = append(out, batches(t, cfg, at.Time, raw.Bytes(), limits)...)
				}
			}
		}
	}
	if c, ok := assembler.Staged(); ok {
		t.Fatalf("channel %s is not complete", c.ID())
	}
	return out
}

// deriveInOrder reads submissions with frames lost and repeated, and gives the number of the block that is safe then. A
// block that is not the next one spoils its channel.
func deriveInOrder(t testing.TB, cfg *rollup.Config, subs []encoder.Submission) (safe uint64) {
	t.Helper()
	at := l1Head(genesisL1 + 1)
	rules := cfg.L1Rules(at.Time)
	limits := channel.Limits{MaxRLPBytes: rules.MaxRLPBytes, ChannelTimeout: rules.ChannelTimeout, Brotli: rules.Brotli}
	var assembler channel.Assembler
	for i := range subs {
		for _, item := range items(t, &subs[i]) {
			frames, _ := channel.ParseFrames(item)
			for _, f := range frames {
				raw, complete, _ := assembler.Add(f, at.Number, limits)
				if !complete {
					continue
				}
				for _, b := range batches(t, cfg, at.Time, raw.Bytes(), limits) {
					if b.Timestamp > cfg.BlockTimestamp(safe+1) {
						break
					}
					if b.Timestamp == cfg.BlockTimestamp(safe+1) {
						safe++
					}
				}
			}
		}
	}
	return safe
}

func batches(t testing.TB, cfg *rollup.Config, l1Time uint64, data []byte, limits channel.Limits) (out []batch.SpanBlock) {
	t.Helper()
	d, reason := channel.NewDecoder(data, limits)
	if reason != channel.None {
		t.Fatalf("channel: %s", reason)
	}
	for {
		item, rest, reason, ok := d.Next()
		if !ok {
			if reason != channel.None {
				t.Fatalf("batches: %s", reason)
			}
			return out
		}
		d = rest
		b, why := batch.Decode(item, batch.ParamsAt(cfg, l1Time))
		if why != batch.OK {
			t.Fatalf("batch: %s", why)
		}
		switch b := b.(type) {
		case *batch.Singular:
			out = append(out, batch.SpanBlock{Timestamp: b.Timestamp, EpochNum: b.EpochNum, Transactions: b.Transactions})
		case *batch.Span:
			for _, block := range b.Blocks(0) {
				out = append(out, block)
			}
		}
	}
}

// sameBlocks compares batches with the blocks from number 1 on.
func sameBlocks(t testing.TB, cfg *rollup.Config, blocks [][]hexutil.Bytes, got []batch.SpanBlock) {
	t.Helper()
	if len(got) != len(blocks) {
		t.Fatalf("%d blocks came back, want %d", len(got), len(blocks))
	}
	for i := range blocks {
		n := 1 + uint64(i)
		if got[i].Timestamp != cfg.BlockTimestamp(n) || got[i].EpochNum != epochOf(n) {
			t.Fatalf("block %d: time %d epoch %d", n, got[i].Timestamp, got[i].EpochNum)
		}
		if !slices.EqualFunc(got[i].Transactions, blocks[i], func(a, b hexutil.Bytes) bool { return slices.Equal(a, b) }) {
			t.Fatalf("block %d: transactions differ", n)
		}
	}
}

// want checks an error.
func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, want %v", err, target)
	}
}
