package sim

import (
	"encoding/binary"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// inbox posts what frames there are, as calldata or in blobs, with garbage in between.
func (g *generator) inbox() (txs []testkit.L1Tx) {
	if g.stalled > 0 {
		return nil
	}
	for len(g.frames) > 0 && !g.chance(g.late) && !g.sleep() {
		if g.is(rollup.Ecotone) && (g.chance(40) || g.kind == flood) {
			txs = append(txs, g.blobTx())
			continue
		}
		txs = append(txs, g.calldataTx(g.item(1+g.rng.IntN(4))))
	}
	if len(g.posted) > 0 && g.chance(4) { // once more
		txs = append(txs, g.calldataTx(g.posted[g.rng.IntN(len(g.posted))]))
	}
	if g.slip(10) {
		txs = append(txs, g.calldataTx(g.oddItem()))
	}
	return txs
}

// sleep decides whether the batcher is silent for a while: in the middle of a channel, and for about as long as it may take.
func (g *generator) sleep() bool {
	if g.kind != sleepy || g.frames[0].Number == 0 || !g.chance(30) {
		return false
	}
	timeout := g.Config.L1Rules(g.header.Time).ChannelTimeout
	if timeout > 60 {
		return false
	}
	g.stalled = max(0, int(timeout)-3+g.rng.IntN(5))
	return true
}

// item is made of the next frames.
func (g *generator) item(most int) []byte {
	n := min(len(g.frames), most)
	item := channel.AppendItem(nil, g.frames[:n]...)
	g.frames = g.frames[n:]
	if len(item) < 100_000 {
		g.posted = append(g.posted, item)
	}
	if g.slip(8) {
		return g.spoil(item)
	}
	return item
}

// spoil makes an item that is not read.
func (g *generator) spoil(item []byte) []byte {
	item = append([]byte(nil), item...)
	switch g.rng.IntN(6) {
	case 0:
		return item[:1+g.rng.IntN(len(item)-1)]
	case 1:
		item[0] = byte(1 + g.rng.IntN(255))
	case 2:
		item[len(item)-1] = 2
	case 3:
		return append(item, g.name()...)
	case 4:
		item[g.rng.IntN(len(item))] ^= 1 << g.rng.IntN(8)
	case 5:
		binary.BigEndian.PutUint32(item[19:], uint32(channel.MaxFrameLen+g.rng.IntN(2)))
	}
	return item
}

// oddItem holds no frames of the batcher's.
func (g *generator) oddItem() []byte {
	switch g.rng.IntN(5) {
	case 0:
		return nil
	case 1:
		return []byte{0}
	case 2:
		return []byte(g.name())
	case 3:
		return append([]byte{0}, g.name()...)
	}
	return channel.AppendItem(nil, channel.Frame{ID: channel.ID{byte(g.Seed), 1}, Number: uint16(g.rng.IntN(4)), IsLast: g.chance(50)})
}

// calldataTx posts an item as calldata: in a transaction of any type that counts, or now and then in one that does not.
func (g *generator) calldataTx(item []byte) testkit.L1Tx {
	chain, to := g.Config.L1ChainID, &testkit.InboxAddress
	out := testkit.L1Tx{Failed: g.chance(5)} // a failed one counts, too
	switch from := g.batcher; {
	case g.slip(6):
		out.Tx = g.straySender(item)
	case g.chance(3):
		out.Tx = from.SignUnprotected(to, item)
	case g.chance(2):
		out.Tx = testkit.FromL2(from.Address, to, item)
	case g.slip(6) || g.chance(2): // from Ecotone on the calldata of a blob transaction does not count
		out.Tx = from.Sign(types.BlobTxType, chain, to, item)
	default:
		out.Tx = from.Sign(uint8(g.rng.IntN(3)), chain, to, item)
	}
	return out
}

// straySender posts an item in a way that does not count, or for which it is the sender that decides.
func (g *generator) straySender(item []byte) *types.Transaction {
	chain, to := g.Config.L1ChainID, &testkit.InboxAddress
	switch g.rng.IntN(7) {
	case 0:
		return keys[2].Sign(types.DynamicFeeTxType, chain, to, item)
	case 1: // the batcher of another time, maybe
		return keys[g.rng.IntN(2)].Sign(types.DynamicFeeTxType, chain, to, item)
	case 2:
		return g.batcher.Sign(types.DynamicFeeTxType, big.NewInt(5), to, item)
	case 3:
		return testkit.Unsigned(chain, to, item)
	case 4:
		return g.batcher.Sign(types.SetCodeTxType, chain, to, item)
	case 5:
		return g.batcher.Sign(types.DynamicFeeTxType, chain, &common.Address{0xff}, item)
	}
	return g.batcher.Sign(types.DynamicFeeTxType, chain, nil, item)
}

// blobTx posts items in blobs.
func (g *generator) blobTx() testkit.L1Tx {
	most := 1
	if g.chance(30) {
		most = 1 + g.rng.IntN(3)
	}
	if g.kind == flood {
		most = 200
	}
	var hashes []common.Hash
	for len(g.frames) > 0 && len(hashes) < most {
		frames := 1
		if g.kind != flood && len(g.frames[0].Data) < 10_000 && g.chance(50) {
			frames = 1 + g.rng.IntN(3)
		}
		item := g.item(frames)
		if len(item) > channel.MaxBlobData {
			item = item[:channel.MaxBlobData]
		}
		blob := testkit.Blob(item)
		if g.slip(15) {
			g.spoilBlob(blob)
		}
		hashes = append(hashes, g.L1.AddBlob(blob))
	}
	if g.slip(10) { // a blob twice
		hashes = append(hashes, hashes[0])
	}
	g.counts.add("feature: blob", len(hashes))
	var calldata []byte
	if g.chance(10) {
		calldata = g.oddItem() // does not count
	}
	from := g.batcher
	if g.slip(5) {
		from = keys[g.rng.IntN(3)]
	}
	return testkit.L1Tx{Tx: from.Sign(types.BlobTxType, g.Config.L1ChainID, &testkit.InboxAddress, calldata, hashes...), Failed: g.chance(5)}
}

// spoilBlob makes a blob that is not read, or an empty one.
func (g *generator) spoilBlob(b *eth.Blob) {
	switch g.rng.IntN(7) {
	case 0:
		b[1] = 1
	case 1:
		b[2], b[3], b[4] = 0x01, 0xfb, 0xfd
	case 2:
		b[32*(1+g.rng.IntN(3))] |= 0x40
	case 3:
		b[len(b)-1] = 1
	case 4:
		*b = eth.Blob{}
	case 5:
		b[0] |= 0x80 // the only element whose top bits are not looked at
	case 6:
		b[4] ^= 1 // one byte more, or one fewer
	}
}
