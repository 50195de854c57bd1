package derive_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	benchBlocks  = 3000 // L2 blocks of a benchmark's history
	benchPerSpan = 150  // L2 blocks of a span batch: five minutes
)

// benchHash names an L2 block of a benchmark. It costs nothing.
func benchHash(number uint64) (hash common.Hash) {
	hash[0] = 0x22
	binary.BigEndian.PutUint64(hash[24:], number)
	return hash
}

// benchTx is a transfer of about 110 bytes that does not compress.
func benchTx(rng *rand.Rand) hexutil.Bytes {
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		b[0] |= 1
		return b
	}
	to := common.Address(noise(20))
	tx, err := types.NewTx(&types.DynamicFeeTx{
		ChainID: big.NewInt(10), Nonce: rng.Uint64N(1 << 16), GasTipCap: big.NewInt(1e6), GasFeeCap: big.NewInt(2e6), Gas: 21_000,
		To: &to, Value: new(big.Int).SetBytes(noise(8)),
		V: big.NewInt(1), R: new(big.Int).SetBytes(noise(32)), S: new(big.Int).SetBytes(noise(32)),
	}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return tx
}

// benchWorld is an L1 with benchBlocks L2 blocks as batchers post them under a fork: span batches from Delta on, brotli from
// Fjord on; as calldata or blobs.
func benchWorld(b *testing.B, fork rollup.Fork, txs int, blobs bool) *world {
	b.Helper()
	w := newWorld(b, testConfig(fork, 3600, 2))
	algo := channel.Zlib
	if fork >= rollup.Fjord {
		algo = channel.Brotli
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for first := uint64(1); first <= benchBlocks; first += benchPerSpan {
		var span []batch.Block
		for n := first; n < first+benchPerSpan; n++ {
			epoch := n / 6
			for uint64(len(w.l1)) <= epoch {
				w.mine(w.head().Time+12, nil, nil)
			}
			block := batch.Block{
				Timestamp: w.cfg.BlockTimestamp(n), ParentHash: benchHash(n - 1), EpochNum: epoch, EpochHash: w.l1[epoch].Hash,
			}
			for range txs {
				block.Transactions = append(block.Transactions, benchTx(rng))
			}
			span = append(span, block)
		}
		span[0].ParentHash = benchHash(first - 1)
		if first == 1 {
			span[0].ParentHash = w.cfg.Genesis.L2.Hash
		}
		data := compress(b, algo, benchBatches(b, w, fork, span)...)
		frames := cut(channel.ID{byte(first), byte(first >> 8), 1}, data, 1+len(data)/channel.MaxBlobFrameData)
		var inbox []eth.InboxTx
		for _, f := range frames {
			item := channel.AppendItem(nil, f)
			if blobs {
				inbox = append(inbox, w.blobTx(batcherAlice, encodeBlob(b, item)))
			} else {
				inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: item})
			}
		}
		w.mine(w.head().Time+12, inbox, nil)
	}
	return w
}

// benchBatches are blocks as a fork has them posted.
func benchBatches(b *testing.B, w *world, fork rollup.Fork, blocks []batch.Block) (items [][]byte) {
	b.Helper()
	if fork >= rollup.Delta {
		item, err := batch.EncodeSpan(w.spanParams(), blocks)
		if err != nil {
			b.Fatal(err)
		}
		return [][]byte{item}
	}
	for _, block := range blocks {
		one := batch.Singular{
			ParentHash: block.ParentHash, EpochNum: block.EpochNum, EpochHash: block.EpochHash, Timestamp: block.Timestamp,
			Transactions: block.Transactions,
		}
		items = append(items, one.Encode())
	}
	return items
}

// BenchmarkDeriveByFork is derivation under the rules of each fork, 20 transactions a block.
func BenchmarkDeriveByFork(b *testing.B) {
	for _, fork := range rollup.Forks() {
		if fork > rollup.Karst {
			continue
		}
		b.Run(fork.String(), func(b *testing.B) {
			w, built := benchWorld(b, fork, 20, false), 0
			for b.Loop() {
				built += benchDerive(b, w)
			}
			b.ReportMetric(float64(built)/b.Elapsed().Seconds(), "blocks/s")
		})
	}
}

// BenchmarkDerive is derivation with an engine that takes no time.
func BenchmarkDerive(b *testing.B) {
	for _, txs := range []int{0, 20} {
		for _, blobs := range []bool{false, true} {
			name := fmt.Sprintf("txs=%d/calldata", txs)
			if blobs {
				name = fmt.Sprintf("txs=%d/blobs", txs)
			}
			b.Run(name, func(b *testing.B) {
				w := benchWorld(b, rollup.Jovian, txs, blobs)
				b.ReportAllocs()
				built := 0
				for b.Loop() {
					built += benchDerive(b, w)
				}
				b.ReportMetric(float64(built)/b.Elapsed().Seconds(), "blocks/s")
			})
		}
	}
}

// benchDerive derives a history once, with a snapshot for each L1 block, as a node does.
func benchDerive(b *testing.B, w *world) int {
	m, built := w.machine(), 0
	var history derive.History
	for {
		var err error
		switch want := m.Next().(type) {
		case derive.Working:
		case derive.NeedL1:
			history.Add(m.Snapshot())
			if want.Number == uint64(len(w.l1)) {
				if built != benchBlocks {
					b.Fatalf("%d blocks, want %d", built, benchBlocks)
				}
				return built
			}
			err = m.Push(w.l1[want.Number])
		case derive.NeedBlobs:
			err = m.PushBlobs(w.blobsFor(want))
		case derive.Build:
			built++
			err = m.Confirm(want.Ref(benchHash(want.Parent.Number + 1)))
		default:
			b.Fatalf("the machine wants %#v", want)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRealChannel takes a channel of OP Mainnet from its compressed bytes to its 143 blocks and 1,766 transactions,
// and compares that with decompressing it alone.
func BenchmarkRealChannel(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "vectors", "op-mainnet-channel-121382930.bin"))
	if err != nil {
		b.Skipf("no chain data: %v", err)
	}
	limits := channel.Limits{MaxRLPBytes: 100_000_000, ChannelTimeout: 300, Brotli: true}
	params := batch.Params{ChainID: big.NewInt(10), GenesisTime: 1_686_068_903, BlockTime: 2}
	var whole, inflation time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		blocks, txs := realChannel(b, data, limits, params)
		whole += time.Since(start)
		if blocks != 143 || txs != 1766 {
			b.Fatalf("%d blocks, %d transactions", blocks, txs)
		}
		start = time.Now()
		r, err := zlib.NewReader(bytes.NewReader(data)) // the library that package channel uses
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != 1_409_463 {
			b.Fatalf("%d bytes, %v", n, err)
		}
		inflation += time.Since(start)
	}
	b.ReportMetric(float64(whole.Microseconds())/float64(b.N), "µs/channel")
	b.ReportMetric(float64(inflation.Microseconds())/float64(b.N), "µs/inflation")
	b.ReportMetric(whole.Seconds()/inflation.Seconds(), "ratio")
}

// realChannel decodes a channel with span batches and takes every block.
func realChannel(b *testing.B, data []byte, limits channel.Limits, params batch.Params) (blocks, txs int) {
	d, reason := channel.NewDecoder(data, limits)
	if reason != channel.None {
		b.Fatal(reason)
	}
	for {
		item, rest, reason, ok := d.Next()
		if !ok {
			if reason != channel.None {
				b.Fatal(reason)
			}
			return blocks, txs
		}
		d = rest
		decoded, why := batch.Decode(item, params)
		if why != batch.OK {
			b.Fatal(why)
		}
		span := decoded.(*batch.Span)
		l1 := make([]eth.L1Ref, span.EndEpoch()-span.StartEpoch()+1)
		for i := range l1 {
			l1[i].Number = span.StartEpoch() + uint64(i)
		}
		for i := range span.Len() {
			single, why := span.Singular(i, common.Hash{}, l1)
			if why != batch.OK {
				b.Fatal(why)
			}
			blocks, txs = blocks+1, txs+len(single.Transactions)
		}
	}
}

// BenchmarkSnapshot remembers a machine and goes back.
func BenchmarkSnapshot(b *testing.B) {
	w := benchWorld(b, rollup.Jovian, 20, false)
	m := w.machine()
	for {
		want := m.Next()
		if build, ok := want.(derive.Build); ok {
			if build.Parent.Number == 200 { // in the middle of a span
				break
			}
			if err := m.Confirm(build.Ref(benchHash(build.Parent.Number + 1))); err != nil {
				b.Fatal(err)
			}
			continue
		}
		if advance(b, w, m, want, nil) {
			b.Fatalf("the machine wants %#v", want)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Restore(m.Snapshot())
	}
}

// BenchmarkSnapshotOnDisk writes and reads the snapshot between two L1 blocks, an open channel of 100 kB and a window of 20 L1
// blocks in it.
func BenchmarkSnapshotOnDisk(b *testing.B) {
	w := newWorld(b, testConfig(rollup.Jovian, 3600, 2))
	for range 20 {
		w.mine(w.head().Time+12, nil, nil)
	}
	w.mine(w.head().Time+12, []eth.InboxTx{{From: batcherAlice, Data: channel.AppendItem(nil, channel.Frame{Data: make([]byte, 100_000)})}}, nil)
	m := w.machine()
	deriveAll(b, w, m, nil)
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if text, err = m.Snapshot().Encode(w.cfg); err != nil {
			b.Fatal(err)
		}
		if _, err := derive.DecodeSnapshot(w.cfg, text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(text)), "bytes")
}

// BenchmarkPushFarBehind is an L1 block without data while the window of L1 blocks that may be epochs is as long as it can
// be: no batches for twelve hours.
func BenchmarkPushFarBehind(b *testing.B) {
	w := newWorld(b, testConfig(rollup.Jovian, 3600, 2))
	for range 3500 {
		w.mine(w.head().Time+12, nil, nil)
	}
	m := w.machine()
	deriveAll(b, w, m, nil)
	s := m.Snapshot()
	next := w.mine(w.head().Time+12, nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		m.Restore(s)
		if err := m.Push(next); err != nil {
			b.Fatal(err)
		}
		step(m)
	}
}
