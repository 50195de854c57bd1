package sim

import (
	"encoding/binary"
	"slices"

	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// fill makes the channels whose frames are to be posted from now on.
func (g *generator) fill() {
	if g.kind == flood && len(g.L1.Blocks) == 5 {
		g.flood()
		return
	}
	if g.slip(20) {
		g.leap()
	}
	if g.slip(10) && g.is(rollup.Delta) {
		g.drag()
	}
	g.skip()
	count := 1
	if g.chance(25) {
		count = g.rng.IntN(4)
	}
	for range count {
		g.channel()
	}
}

// channel adds the frames of a channel with the blocks after the tip, or after the safe head, or a little before it.
func (g *generator) channel() {
	g.start()
	var items [][]byte
	for range 1 + g.rng.IntN(2) {
		items = append(items, g.batches()...)
		if g.slip(15) {
			break
		}
	}
	if g.kind == limits && len(items) > 0 && g.filled < 3 && g.chance(30) {
		items = g.fillToLimit(items)
	}
	if g.slip(15) {
		at := g.rng.IntN(len(items) + 1)
		items = slices.Insert(items, at, g.oddBatch())
	}
	if !g.is(rollup.Holocene) && g.chance(20) { // batches wait for their turn
		g.rng.Shuffle(len(items), func(a, b int) { items[a], items[b] = items[b], items[a] })
	}
	plain := g.plain(items)
	algo := channel.Zlib
	if fjord := g.is(rollup.Fjord); fjord && g.chance(g.brotli) || !fjord && g.slip(12) {
		algo = channel.Brotli
		g.counts.add("feature: brotli", 1)
	}
	data := testkit.Compress(algo, plain)
	if g.slip(20) {
		data = g.damage(data)
	}
	g.cut(data)
}

// plain is what a channel decompresses to: each batch an RLP string.
func (g *generator) plain(items [][]byte) (plain []byte) {
	odd := -1
	if g.slip(10) {
		odd = g.rng.IntN(len(items) + 1)
	}
	for i := range len(items) + 1 {
		if i == odd {
			plain = append(plain, g.oddString()...)
		}
		if i < len(items) {
			text, err := rlp.EncodeToBytes(items[i])
			if err != nil {
				panic(err)
			}
			plain = append(plain, text...)
		}
	}
	return plain
}

// start decides which block the next batch builds on.
func (g *generator) start() {
	safe := g.run.Safe()
	at := int(g.tip.ref.Number - g.Config.Genesis.L2.Number)
	lost := at <= safe && g.run.result.Chain[at].Hash != g.tip.ref.Hash
	restart := lost && !g.slip(30) || at < safe && g.chance(80) || g.ahead && g.chance(15)
	overlap := g.chance(g.overlap)
	if !restart && !overlap {
		return
	}
	back := 0
	if overlap {
		back = g.rng.IntN(8)
		if g.chance(25) {
			back = g.rng.IntN(40)
		}
	}
	g.tip, g.ahead = g.safeBlock(max(0, safe-back)), false
}

// batches are the next blocks in a span batch or in as many singular ones, maybe wrong ones, and maybe the right ones after
// them.
func (g *generator) batches() (items [][]byte) {
	blocks := g.blocksToCome()
	if len(blocks) == 0 {
		return nil
	}
	// From Holocene on a prophet posts no span batches: with a block of the L1 block it is in, the machine would stand in the
	// middle of the batch at the end of that block, where no real one can.
	spans := g.is(rollup.Delta) && (!g.prophet || !g.is(rollup.Holocene))
	if !g.chance(g.single) && (spans || !g.is(rollup.Delta) && g.slip(100)) {
		return g.spanItems(blocks)
	}
	for i := range blocks {
		b := &blocks[i]
		right := batch.Singular{ParentHash: b.ParentHash, EpochNum: b.EpochNum, EpochHash: b.EpochHash, Timestamp: b.Timestamp, Transactions: b.Transactions}
		if !g.slip(20) {
			items = append(items, right.Encode())
			continue
		}
		items = append(items, g.wrongSingular(right))
		if g.chance(60) {
			items = append(items, right.Encode())
		}
	}
	return items
}

// leap leaves the rest of the epoch to the empty blocks that the end of its window brings about, and posts the blocks after
// them: the first one is still of that epoch. They have to wait.
func (g *generator) leap() {
	g.tip, g.ahead = g.safeBlock(g.run.Safe()), true
	next := g.l1(g.tip.ref.L1Origin.Number + 1)
	if next == nil || g.is(rollup.Holocene) {
		return
	}
	g.quiet = true
	defer func() { g.quiet = false }()
	var blocks []batch.Block
	for range 60 {
		due := g.tip.ref.Time+g.Config.BlockTime >= next.Time
		b, ok := g.next(true)
		if !ok {
			return
		}
		if due {
			blocks = append(blocks, b)
			break
		}
	}
	if blocks = append(blocks, g.blocksToCome()...); len(blocks) > 0 {
		g.cut(testkit.Compress(channel.Zlib, g.plain(g.spanItems(blocks))))
	}
}

// skip posts a batch of the epoch after the next one, when the window of the safe head's epoch has ended and the epoch is full.
// Nothing a batch is checked for is wrong with it, and no block can follow from it.
func (g *generator) skip() {
	safe := g.run.machine.Safe()
	next, other := g.l1(safe.L1Origin.Number+1), g.l1(safe.L1Origin.Number+2)
	time := safe.Time + g.Config.BlockTime
	if other == nil || safe.L1Origin.Number+g.Config.SeqWindowSize >= g.header.Number.Uint64() || time < other.Time || time < next.Time || !g.slip(4) {
		return
	}
	b := batch.Singular{ParentHash: safe.Hash, EpochNum: other.Number, EpochHash: other.Hash, Timestamp: time}
	g.frames = nil
	g.cut(testkit.Compress(channel.Zlib, g.plain([][]byte{b.Encode()})))
}

// blocksToCome are the next blocks: up to the time of L1, and sometimes fewer or more.
func (g *generator) blocksToCome() (blocks []batch.Block) {
	limit := g.header.Time
	if g.chance(15) {
		limit += g.rng.Uint64N(20) * g.Config.BlockTime
	}
	if len(g.Selected) == 1 && len(g.L1.Blocks) == 1 && g.header.Number.Cmp(g.L1.Head().Number) == 0 {
		limit = g.Config.Genesis.L2Time + 10*g.Config.BlockTime
	}
	most := 1 + g.rng.IntN(40)
	stubborn := g.slip(15)
	for len(blocks) < most && g.tip.ref.Time+g.Config.BlockTime <= limit {
		b, ok := g.next(stubborn)
		if !ok {
			break
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func (g *generator) spanItems(blocks []batch.Block) (items [][]byte) {
	params := batch.ParamsAt(g.Config, g.header.Time)
	if right, err := batch.EncodeSpan(params, blocks); err == nil {
		items = append(items, right)
	}
	often := 140
	if blocks[0].Timestamp <= g.run.machine.Safe().Time {
		often = 300
	}
	if g.slip(often) {
		if wrong := g.wrongSpan(params, slices.Clone(blocks)); wrong != nil {
			items = append([][]byte{wrong}, items...)
			if g.chance(40) {
				items = items[:1]
			}
		}
	}
	return items
}

// cut makes frames of a channel and puts them in the line of those to be posted.
func (g *generator) cut(data []byte) {
	g.serial++
	id := channel.ID{byte(g.Seed), 1}
	binary.BigEndian.PutUint32(id[12:], g.serial)
	count := 1
	if g.chance(60) {
		count = 1 + g.rng.IntN(5)
	}
	frames := testkit.Cut(id, data, count)
	if g.slip(8) { // begins anew, in other pieces
		again := testkit.Cut(id, data, 1+g.rng.IntN(5))
		frames = append(frames[:1+g.rng.IntN(count):count], again...)
	}
	if g.slip(25) {
		frames = g.disorder(frames)
	}
	g.frames = append(g.frames, frames...)
	if g.slip(15) || !g.is(rollup.Holocene) && g.chance(10) { // interleaved with what is not posted yet
		g.rng.Shuffle(len(g.frames), func(a, b int) { g.frames[a], g.frames[b] = g.frames[b], g.frames[a] })
	}
}
