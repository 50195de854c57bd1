package sim

import (
	"encoding/binary"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/testkit"
)

// wrongSingular is a batch in which one thing is wrong, or only odd.
func (g *generator) wrongSingular(b batch.Singular) []byte {
	withTx := func(tx ...byte) {
		b.Transactions = slices.Insert(slices.Clone(b.Transactions), g.rng.IntN(len(b.Transactions)+1), hexutil.Bytes(tx))
	}
	genesis := g.Config.Genesis.L1.Number
	switch g.rng.IntN(27) {
	case 0:
		b.Timestamp += g.rng.Uint64N(5) - 2
	case 1:
		b.Timestamp += g.Config.BlockTime * (g.rng.Uint64N(5) - 2)
	case 2:
		b.Timestamp = pick(g.rng, 0, ^uint64(0))
	case 3:
		b.ParentHash[g.rng.IntN(32)] ^= 1
	case 4:
		b.EpochHash[g.rng.IntN(32)] ^= 1
	case 5: // another number, the hash of this one
		b.EpochNum += g.rng.Uint64N(7) - 3
	case 6, 7, 8: // another epoch
		if other := g.l1(b.EpochNum + g.rng.Uint64N(5) - 2); other != nil {
			b.EpochNum, b.EpochHash = other.Number, other.Hash
		}
	case 9:
		b.EpochNum = pick(g.rng, genesis, 0, ^uint64(0)-1)
	case 10, 26:
		b.EpochNum = g.header.Number.Uint64() + g.rng.Uint64N(3)
		b.EpochHash = g.header.Hash()
	case 11:
		withTx()
	case 12:
		withTx(0x7e, 0xc0)
	case 13, 24, 25:
		withTx(0x04, 0xc0)
	case 14:
		withTx(0x7d, 0xc0)
	case 15: // a type that nobody knows, for the engine to judge
		withTx(append([]byte{byte(g.rng.IntN(256))}, g.name()...)...)
	case 16:
		withTx(append([]byte{0x03}, testkit.BadMark...)...)
	case 17:
		withTx([]byte("\x02" + testkit.BadMark)...)
	case 18:
		return append(b.Encode(), g.name()...) // bytes after the body do not count
	case 19:
		item := b.Encode()
		return item[:g.rng.IntN(len(item))]
	case 20:
		item := b.Encode()
		item[g.rng.IntN(len(item))] ^= 1 << g.rng.IntN(8)
		return item
	case 21:
		b.Transactions = nil
	case 22:
		b.Transactions = append(slices.Clone(b.Transactions), g.userTx("", false))
	case 23: // drifted and empty
		b.Timestamp, b.Transactions = b.Timestamp+g.Config.MaxSequencerDrift/g.Config.BlockTime*g.Config.BlockTime, nil
	}
	return b.Encode()
}

// wrongSpan is a span batch in which one thing is wrong, or only odd.
func (g *generator) wrongSpan(params batch.Params, blocks []batch.Block) []byte {
	first, last := &blocks[0], &blocks[len(blocks)-1]
	shift := func(by uint64) {
		for i := range blocks {
			blocks[i].Timestamp += by
		}
	}
	at, what := g.rng.IntN(len(blocks)), g.rng.IntN(25)
	if what > 22 {
		what -= 19 // epochs
	}
	if overlaps := first.Timestamp <= g.run.machine.Safe().Time; overlaps && g.chance(60) {
		what = pick(g.rng, 2, 3, 4, 4, 4, 5, 5, 5, 6, 7, 8, 9) // what only the comparison with safe blocks can find
	}
	switch what {
	case 0:
		first.ParentHash[g.rng.IntN(32)] ^= 1
	case 1:
		last.EpochHash[g.rng.IntN(32)] ^= 1
	case 2:
		shift(g.rng.Uint64N(5) - 2)
	case 3:
		shift(g.Config.BlockTime * (g.rng.Uint64N(7) - 3))
	case 4:
		if g.chance(50) {
			g.shiftEpochs(blocks)
			break
		}
		g.moveBoundary(blocks)
	case 5:
		if g.chance(50) {
			g.lagEpochs(blocks)
			break
		}
		g.lateEpochs(blocks, g.run.machine.Safe().L1Origin.Number)
	case 6, 7:
		blocks[at].Transactions = append(slices.Clone(blocks[at].Transactions), g.userTx("", g.chance(50)))
	case 8:
		blocks[at].Transactions = nil
	case 9:
		if n := len(blocks[at].Transactions); n > 0 {
			blocks[at].Transactions = append(slices.Clone(blocks[at].Transactions[:n-1]), g.userTx("", false))
		}
	case 10:
		blocks[at].Transactions = append(slices.Clone(blocks[at].Transactions), g.userTx(testkit.BadMark, false))
	case 11:
		blocks[at].Transactions = append(slices.Clone(blocks[at].Transactions), hexutil.Bytes{0x7d, 0xc2, 0x01, 0x02})
	case 12:
		blocks[at].Transactions = append(slices.Clone(blocks[at].Transactions), g.userTx("", true))
	case 13:
		blocks = blocks[at:]
	case 14: // from genesis on, or from before
		genesis := batch.Block{Timestamp: params.GenesisTime, EpochNum: g.Config.Genesis.L1.Number}
		if count := (first.Timestamp - params.GenesisTime) / params.BlockTime; count < 60 {
			var before []batch.Block
			for i := range count {
				b := genesis
				b.Timestamp += i * params.BlockTime
				b.EpochNum = max(b.EpochNum, first.EpochNum-min(first.EpochNum, count-i))
				before = append(before, b)
			}
			blocks = append(before, blocks...)
		}
	case 15:
		first.SequenceNumber ^= 1 // the bit that no rule uses
	case 16: // a block more than there is L1 for
		more := *last
		more.Timestamp, more.EpochNum = more.Timestamp+params.BlockTime, more.EpochNum+1
		if origin := g.l1(more.EpochNum); origin != nil {
			more.EpochHash = origin.Hash
		}
		blocks = append(blocks, more)
	case 17:
		item, err := batch.EncodeSpan(params, blocks)
		if err != nil {
			return nil
		}
		return append(item, g.name()...)
	default:
		return g.malformedSpan(params, blocks)
	}
	item, err := batch.EncodeSpan(params, blocks)
	if err != nil {
		return nil
	}
	return item
}

// shiftEpochs moves the epochs of a span, from some block on, up or down by one or two.
func (g *generator) shiftEpochs(blocks []batch.Block) {
	from, by := g.rng.IntN(len(blocks)), g.rng.Uint64N(5)-2
	if g.chance(50) {
		from = 0
	}
	ramp := g.chance(40) // an epoch more with each block: soon none that L1 has
	for i := range blocks[from:] {
		if ramp {
			by = uint64(i)
		}
		blocks[from+i].EpochNum += by
	}
	g.nameLast(blocks)
}

// moveBoundary lets an epoch begin one block sooner or later.
func (g *generator) moveBoundary(blocks []batch.Block) {
	from := g.rng.IntN(len(blocks))
	for i := range blocks {
		i = 1 + (i+from)%len(blocks)
		if i == len(blocks) || blocks[i].EpochNum == blocks[i-1].EpochNum {
			continue
		}
		if g.chance(50) {
			blocks[i-1].EpochNum++
			return
		}
		blocks[i].EpochNum--
		if origin := g.l1(blocks[i].EpochNum); origin != nil && i == len(blocks)-1 {
			blocks[i].EpochHash = origin.Hash
		}
		return
	}
}

// lagEpochs lets every block be in the epoch before its own, but for the first ones as often as not.
func (g *generator) lagEpochs(blocks []batch.Block) {
	least := blocks[0].EpochNum
	if g.chance(50) && least > 0 {
		least--
	}
	for i := range blocks {
		blocks[i].EpochNum = max(least, blocks[i].EpochNum-min(blocks[i].EpochNum, 1))
	}
	g.nameLast(blocks)
}

// lateEpochs lets the blocks come to an epoch with the last of them.
func (g *generator) lateEpochs(blocks []batch.Block, epoch uint64) {
	least := blocks[0].EpochNum
	for i := range blocks {
		blocks[i].EpochNum = max(least, epoch-min(epoch, uint64(len(blocks)-1-i)))
	}
	g.nameLast(blocks)
}

// nameLast gives the last block the hash of its epoch, if there is one.
func (g *generator) nameLast(blocks []batch.Block) {
	last := &blocks[len(blocks)-1]
	if origin := g.l1(last.EpochNum); origin != nil {
		last.EpochHash = origin.Hash
	}
}

// drag makes a span batch from the epoch before the safe head's on. It stays there for too long: blocks after the safe head
// are of an older epoch than that one.
func (g *generator) drag() {
	chain := g.run.Result().Chain
	safe := len(chain) - 1
	at := safe
	for at > 0 && chain[at].Origin == chain[safe].Origin {
		at--
	}
	if at == 0 {
		return
	}
	g.tip, g.ahead = g.safeBlock(at-1), false
	var blocks []batch.Block
	for range safe - at + 3 {
		b, ok := g.next(false)
		if !ok {
			return
		}
		blocks = append(blocks, b)
	}
	g.lateEpochs(blocks, chain[safe].Origin)
	if item, err := batch.EncodeSpan(batch.ParamsAt(g.Config, g.header.Time), blocks); err == nil {
		g.cut(testkit.Compress(channel.Zlib, g.plain([][]byte{item})))
	}
	g.tip, g.ahead = g.safeBlock(safe), false
}

// malformedSpan is an item that begins as a span batch of these blocks and is none.
func (g *generator) malformedSpan(params batch.Params, blocks []batch.Block) []byte {
	first, last := &blocks[0], &blocks[len(blocks)-1]
	raw := testkit.RawSpan{
		RelTimestamp: first.Timestamp - params.GenesisTime, L1Origin: first.EpochNum, Parent: first.ParentHash, Origin: first.EpochHash, Blocks: 1,
	}
	list := []byte{0x02, 0xc5, 0x80, 0x01, 0x02, 0x80, 0xc0} // value, fees, data, access list
	switch g.rng.IntN(20) {
	case 0: // cut
		item, err := batch.EncodeSpan(params, blocks)
		if err != nil {
			return nil
		}
		return item[:1+g.rng.IntN(len(item)-1)]
	case 1: // a bit flipped
		item, err := batch.EncodeSpan(params, blocks)
		if err != nil {
			return nil
		}
		item[1+g.rng.IntN(len(item)-1)] ^= 1 << g.rng.IntN(8)
		return item
	case 2:
		return append([]byte{1}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02)
	case 3: // a number that is longer than it need be is allowed
		raw.Rest = testkit.OneTx(false, list, 1, 21_000)
		item := raw.Encode()
		at := 1 + len(binary.AppendUvarint(nil, raw.RelTimestamp))
		item[at-1] |= 0x80
		return slices.Insert(item, at, 0)
	case 4:
		raw.Blocks = 0
	case 5:
		raw.Blocks = batch.MaxSpanElements + 1
	case 6:
		raw.Rest = binary.AppendUvarint([]byte{0}, batch.MaxSpanElements+1)
	case 7:
		raw.Blocks = 2
		raw.Rest = binary.AppendUvarint(binary.AppendUvarint([]byte{0}, batch.MaxSpanElements), 1)
	case 8:
		raw.Rest = append([]byte{0x02, 0}, g.name()...) // a bit for a second block
	case 9:
		raw.Rest = testkit.OneTx(false, []byte{0x02, 0xf8, 0x01, 0x00}, 0, 0) // a long size for a short list
	case 10:
		raw.Rest = testkit.OneTx(false, []byte{0x02, 0x83, 1, 2, 3}, 0, 0)
	case 11:
		raw.Rest = testkit.OneTx(false, []byte{0x02, 0xfa, 0x98, 0x96, 0x81}, 0, 0)
	case 12:
		raw.Rest = testkit.OneTx(false, append([]byte{pick[byte](g.rng, 0, 3, 5, 0x7e, 0x7f)}, list[1:]...), 0, 21_000)
	case 13:
		raw.Rest = testkit.OneTx(false, append([]byte{pick[byte](g.rng, 1, 4)}, list[1:]...), 0, 21_000) // too many fields, too few
	case 14:
		raw.Rest = testkit.OneTx(true, append([]byte{0x04}, []byte{0xc6, 0x80, 0x01, 0x02, 0x80, 0xc0, 0xc0}...), 0, 21_000)
	case 15:
		raw.Rest = testkit.OneTx(false, []byte{0x7d, 0xc1, 0x01}, 0, 0)
	case 16:
		raw.Rest = testkit.OneTx(true, []byte{0x7d, 0xc1, 0x01}, g.rng.Uint64N(2), 0)
	case 17: // legacy: a bit more for whether it is for one chain only
		raw.Rest = append(testkit.OneTx(false, []byte{0xc3, 0x80, 0x01, 0x80}, 0, 21_000), byte(g.rng.IntN(3)))
	case 18: // numbers with leading zeros, or too long
		raw.Rest = testkit.OneTx(false, append([]byte{0x02, 0xc6, 0x80, 0x81, 0x01}, list[4:]...), 0, 21_000)
	case 19: // far away, so that sums wrap around
		raw.RelTimestamp, raw.L1Origin = pick(g.rng, raw.RelTimestamp, ^uint64(0)-params.GenesisTime), pick(g.rng, last.EpochNum, ^uint64(0))
		raw.Rest = testkit.OneTx(false, list, 1, 21_000)
	}
	return raw.Encode()
}

// oddBatch is an item that is no batch, or of no use.
func (g *generator) oddBatch() []byte {
	switch g.rng.IntN(5) {
	case 0:
		return []byte{}
	case 1:
		return []byte{byte(2 + g.rng.IntN(254))}
	case 2:
		return []byte{0}
	case 3:
		return append([]byte{0, 0xf8, 0x60}, g.name()...)
	}
	return (&batch.Singular{ParentHash: common.Hash{1}, Timestamp: g.tip.ref.Time}).Encode()
}
