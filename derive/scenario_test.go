package derive_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// scenario makes up L1 from a seed: a batcher that mostly does the right thing, and most of what can go wrong. It derives
// along, so that the batcher knows the safe head.
type scenario struct {
	tb      testing.TB
	rng     *rand.Rand
	w       *world
	m       *derive.Machine
	batcher common.Address
	tip     batch.Block // the last block the batcher has put into a channel
	tipHash common.Hash
	frames  []channel.Frame // not posted yet
	count   int
}

func newScenario(tb testing.TB, seed uint64) *scenario {
	rng := rand.New(rand.NewPCG(seed, 1))
	blockTimes := []uint64{1, 2, 2, 2, 5, 400}
	windows := []uint64{2, 3, 4, 6, 10, 10, 70}
	cfg := testConfig(rollup.Holocene, windows[rng.IntN(len(windows))], blockTimes[rng.IntN(len(blockTimes))])
	if seed%2 == 1 {
		schedule(cfg, rng)
	}
	s := &scenario{tb: tb, rng: rng, w: newWorld(tb, cfg), batcher: batcherAlice}
	s.w.upgrades = madeUpUpgrades
	s.m = s.w.machine()
	for range 5 + rng.IntN(25) {
		s.block()
		deriveAll(tb, s.w, s.m, nil)
	}
	return s
}

// schedule lets some forks up to Holocene be active at genesis, others activate on the way, and others never.
func schedule(cfg *rollup.Config, rng *rand.Rand) {
	cfg.ChannelTimeout = []uint64{2, 5, 50, 300}[rng.IntN(4)]
	at := uint64(genesisTime)
	for f := rollup.Fork(1 + rng.IntN(int(rollup.Holocene))); f <= rollup.Holocene; f++ {
		at += rng.Uint64N(40 * cfg.BlockTime)
		cfg.SetTime(f, nil)
		if at < genesisTime+120*cfg.BlockTime {
			cfg.SetTime(f, &[]uint64{at}[0])
		}
	}
}

// is says whether a fork is active at the time of the next L1 block, or nearly so.
func (s *scenario) is(f rollup.Fork) bool {
	at := s.w.cfg.Time(f)
	return at != nil && s.w.head().Time >= *at
}

func (s *scenario) chance(percent int) bool { return s.rng.IntN(100) < percent }

// block adds an L1 block. Now and then nothing happens for as long as a channel may take.
func (s *scenario) block() {
	if s.w.cfg.SeqWindowSize > 50 && s.chance(4) {
		for range 48 + s.rng.IntN(5) {
			s.w.mine(s.w.head().Time+1, nil, nil)
		}
	}
	var logs []*types.Log
	if s.chance(8) {
		s.batcher = []common.Address{batcherAlice, batcherBob}[s.rng.IntN(2)]
		logs = append(logs, batcherLog(s.batcher))
	}
	if s.chance(20) {
		logs = append(logs, depositLog(true))
	}
	for range s.rng.IntN(3) {
		s.channel()
	}
	step := s.w.cfg.BlockTime * 6
	if s.chance(30) {
		step = 1 + s.rng.Uint64N(step*2)
	}
	s.w.mine(s.w.head().Time+step, s.inbox(), logs)
}

// inbox posts what frames there are, more or less in order, with garbage in between.
func (s *scenario) inbox() (txs []eth.InboxTx) {
	for len(s.frames) > 0 && !s.chance(15) {
		n := min(len(s.frames), 1+s.rng.IntN(3))
		item := channel.AppendItem(nil, s.frames[:n]...)
		s.frames = s.frames[n:]
		switch s.rng.IntN(40) {
		case 0:
			item = item[:len(item)-1]
		case 1:
			item[0] = 1
		case 2:
			item = nil
		}
		from := s.batcher
		if s.chance(3) {
			from = common.Address{0xe5}
		}
		if s.chance(50) || !s.is(rollup.Ecotone) {
			txs = append(txs, eth.InboxTx{From: from, Data: item})
			continue
		}
		blobs := []*eth.Blob{encodeBlob(s.tb, item)}
		if s.chance(10) {
			blobs[0][1] = 1
		}
		if len(s.frames) > 0 && s.chance(50) {
			blobs = append(blobs, encodeBlob(s.tb, channel.AppendItem(nil, s.frames[0])))
			s.frames = s.frames[1:]
		}
		txs = append(txs, s.w.blobTx(from, blobs...))
	}
	return txs
}

// channel adds the frames of a channel with the blocks after the safe head, or after the tip, or a little before it.
func (s *scenario) channel() {
	s.start()
	var batches [][]byte
	for range 1 + s.rng.IntN(3) {
		batches = append(batches, s.batches()...)
	}
	if s.chance(3) {
		garbage := make([]byte, 1+s.rng.IntN(60))
		for i := range garbage {
			garbage[i] = byte(s.rng.Uint32())
		}
		garbage[0] = byte(2 * s.rng.IntN(2)) // singular, or of no type
		at := s.rng.IntN(len(batches) + 1)
		batches = append(batches[:at:at], append([][]byte{garbage}, batches[at:]...)...)
	}
	algo := channel.Zlib
	if s.chance(15) && (s.is(rollup.Fjord) || s.chance(10)) {
		algo = channel.Brotli // costs much more memory and time
	}
	if !s.is(rollup.Holocene) && s.chance(20) { // batches wait for their turn
		s.rng.Shuffle(len(batches), func(a, b int) { batches[a], batches[b] = batches[b], batches[a] })
	}
	data := compress(s.tb, algo, batches...)
	switch s.rng.IntN(40) {
	case 0:
		data = data[:s.rng.IntN(len(data))]
	case 1:
		data[0] = 3
	}
	s.count++
	frames := cut(channel.ID{byte(s.count), 1}, data, 1+s.rng.IntN(4))
	switch i := s.rng.IntN(len(frames)); s.rng.IntN(25) {
	case 0: // one is lost
		frames = append(frames[:i:i], frames[i+1:]...)
	case 1: // one comes twice
		frames = append(frames[:i+1:i+1], frames[i:]...)
	case 2: // two change places
		frames[0], frames[i] = frames[i], frames[0]
	case 3, 4, 5: // interleaved with what is not posted yet; before Holocene that does no harm
		if s.is(rollup.Holocene) && s.chance(60) {
			break
		}
		s.rng.Shuffle(len(s.frames), func(a, b int) { s.frames[a], s.frames[b] = s.frames[b], s.frames[a] })
	}
	s.frames = append(s.frames, frames...)
}

// start decides which block the next batch builds on.
func (s *scenario) start() {
	safe := s.m.Safe()
	if s.tipHash != (common.Hash{}) && s.tip.Timestamp > safe.Time && s.chance(70) {
		return
	}
	if s.chance(50) { // overlap
		for range s.rng.IntN(8) {
			if safe.Number > 0 {
				safe = s.w.l2[safe.ParentHash].ref
			}
		}
	}
	s.tip = batch.Block{Timestamp: safe.Time, EpochNum: safe.L1Origin.Number}
	s.tipHash = safe.Hash
}

// batches are a span batch, or as many singular ones, of the blocks after the tip.
func (s *scenario) batches() (out [][]byte) {
	var blocks []batch.Block
	for range 1 + s.rng.IntN(12) {
		blocks = append(blocks, s.next())
	}
	if s.chance(60) && (s.is(rollup.Delta) || s.chance(10)) {
		right := slices.Clone(blocks)
		switch s.rng.IntN(20) {
		case 0:
			blocks[0].ParentHash[3] ^= 1
		case 1:
			blocks[len(blocks)-1].EpochHash[3] ^= 1
		case 2, 3:
			s.shiftEpochs(blocks)
		default:
			right = nil
		}
		// A wrong span is followed by the right one as often as not: whether it still counts is the question.
		for _, span := range [][]batch.Block{blocks, right} {
			if item, err := batch.EncodeSpan(s.w.spanParams(), span); err == nil {
				out = append(out, item)
			}
			if s.chance(50) {
				break
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	for _, b := range blocks {
		single := batch.Singular{
			ParentHash: b.ParentHash, EpochNum: b.EpochNum, EpochHash: b.EpochHash, Timestamp: b.Timestamp, Transactions: b.Transactions,
		}
		right := single.Encode()
		switch s.rng.IntN(100) {
		case 0:
			single.Timestamp += uint64(s.rng.IntN(5)) - 2
		case 1:
			single.EpochHash[1] ^= 1
		case 2:
			single.ParentHash[1] ^= 1
		case 3:
			single.Transactions = append(single.Transactions[:0:0], []hexutil.Bytes{{}, {0x7e, 1}, {0x04}, {0xff}}[s.rng.IntN(4)])
		case 4:
			single.EpochNum += uint64(s.rng.IntN(5)) - 2
		}
		out = append(out, single.Encode())
		if s.chance(50) && !bytes.Equal(right, out[len(out)-1]) {
			out = append(out, right)
		}
	}
	return out
}

// shiftEpochs moves the epochs of a span, from some block on, up or down by one or two.
func (s *scenario) shiftEpochs(blocks []batch.Block) {
	from, by := s.rng.IntN(len(blocks)), uint64(s.rng.IntN(5))-2
	if s.chance(50) {
		from = 0
	}
	ramp := s.chance(40) // an epoch more with each block: soon none that L1 has
	for i := range blocks[from:] {
		if ramp {
			by = uint64(i)
		}
		blocks[from+i].EpochNum += by
	}
	last := &blocks[len(blocks)-1]
	if last.EpochHash = (common.Hash{}); last.EpochNum < uint64(len(s.w.l1)) {
		last.EpochHash = s.w.l1[last.EpochNum].Hash
	}
}

// next is the block after the tip. It moves to the next epoch when it is due, and seldom when it is not. If the safe chain
// has a block there, it is mostly the same one.
func (s *scenario) next() batch.Block {
	b := batch.Block{
		Timestamp: s.tip.Timestamp + s.w.cfg.BlockTime, ParentHash: s.tipHash, EpochNum: s.tip.EpochNum,
	}
	number := (b.Timestamp - genesisTime) / s.w.cfg.BlockTime
	nextKnown := b.EpochNum+1 < uint64(len(s.w.l1))
	if due := nextKnown && b.Timestamp >= s.w.l1[b.EpochNum+1].Time; (due && s.chance(80)) || (nextKnown && s.chance(1)) {
		b.EpochNum++
	}
	txs := s.rng.IntN(3)
	if s.w.cfg.BlockTime > 100 && s.chance(70) {
		txs = 0 // beyond the drift only empty blocks have a chance
	}
	for range txs {
		name := fmt.Sprint(s.rng.IntN(1000))
		if s.chance(2) {
			name = "bad" + name
		}
		b.Transactions = append(b.Transactions, userTx(name))
	}
	if safe := s.m.Safe(); number <= safe.Number && s.chance(98) {
		old := s.w.l2[s.w.payload(safe.Hash, number).BlockHash]
		b.EpochNum, b.Transactions = old.ref.L1Origin.Number, userTxs(old.txs)
	}
	b.EpochHash = s.w.l1[b.EpochNum].Hash
	s.tip = b
	s.tipHash = l2Hash(b.ParentHash, number, b.EpochHash, b.Transactions)
	return b
}
