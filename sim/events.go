package sim

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// events are transactions with logs of the two contracts, and now and then one that is like them and does not count.
func (g *generator) events() (txs []testkit.L1Tx) {
	add := func(failed bool, logs ...*types.Log) {
		txs = append(txs, testkit.L1Tx{Tx: g.stranger(), Logs: logs, Failed: failed})
	}
	if g.stalled > 0 {
		return nil
	}
	if g.chance(5) {
		g.batcher = keys[g.rng.IntN(2)]
		add(false, testkit.BatcherLog(g.batcher.Address))
		g.counts.add("update taken: type 0", 1)
	}
	if g.chance(15) {
		var logs []*types.Log
		for range 1 + g.rng.IntN(3) {
			logs = append(logs, g.deposit())
		}
		add(false, logs...)
	}
	for g.chance(25) {
		add(false, g.update())
	}
	if g.slip(15) {
		add(false, g.malformedUpdate())
	}
	if g.slip(10) { // of a failed transaction, and so none
		add(true, testkit.BatcherLog(keys[2].Address), g.malformedDeposit(), g.deposit())
	}
	if g.slip(10) { // of another contract, or another event
		l, d := testkit.BatcherLog(keys[2].Address), g.malformedDeposit()
		l.Address, d.Address = testkit.PortalAddress, testkit.ConfigAddress
		other := g.deposit()
		other.Topics[0][3] ^= 1
		add(false, l, d, other, &types.Log{Address: testkit.PortalAddress}, &types.Log{Address: testkit.ConfigAddress})
	}
	if len(g.L1.Blocks) > g.blocks/2 && g.mischief > 0 && g.rng.IntN(400) < g.mischief {
		add(false, g.deposit(), g.malformedDeposit())
	}
	if len(g.L1.Blocks) > g.blocks/2 && g.mischief > 0 && g.rng.IntN(400) < g.mischief {
		d := g.plainDeposit()
		d.Data = []byte(testkit.BadMark)
		add(false, d.Log())
	}
	return txs
}

func (g *generator) plainDeposit() testkit.Deposit {
	d := testkit.Deposit{
		From: common.Address{1, byte(g.rng.IntN(256))}, To: common.Address{2}, Mint: new(big.Int), Value: new(big.Int).SetUint64(g.rng.Uint64()),
		Gas: g.rng.Uint64N(1e6), Data: make([]byte, g.rng.IntN(70)),
	}
	if g.chance(50) {
		d.Mint.SetUint64(g.rng.Uint64())
	}
	if g.chance(20) {
		d.Creation = byte(g.rng.IntN(256))
	}
	if g.chance(10) {
		d.To = common.Address{}
	}
	return d
}

// deposit is one that counts, with all that is not looked at set to something.
func (g *generator) deposit() *types.Log {
	l := g.plainDeposit().Log()
	if g.chance(20) {
		l.Topics[1][0], l.Topics[2][11] = 0xff, 0xff // above the address
	}
	if opaque := len(l.Data); g.chance(20) && l.Data[63]%32 != 0 {
		l.Data[opaque-1] = 0xee // padding
	}
	return l
}

// malformedDeposit is one that stops the chain.
func (g *generator) malformedDeposit() *types.Log {
	l := g.deposit()
	g.counts.add("feature: malformed deposit", 1)
	switch g.rng.IntN(9) {
	case 0:
		l.Topics = l.Topics[:3]
	case 1:
		l.Topics = append(l.Topics, common.Hash{})
	case 2:
		l.Data = l.Data[:len(l.Data)-1]
	case 3:
		l.Data[31] = 64 // offset
	case 4:
		l.Data = append(l.Data, make([]byte, 32)...)
	case 5:
		l.Data[62]++ // length beyond the data
	case 6:
		l.Topics[3][31] = 1 // version
	case 7:
		l.Data = append(l.Data[:63:63], append([]byte{72}, make([]byte, 96)...)...) // opaque data too short
	case 8:
		l.Data = l.Data[:32]
	}
	return l
}

// update is a well-formed change of the system config.
func (g *generator) update() *types.Log {
	kind := uint64(1 + g.rng.IntN(testkit.UpdateKinds-1))
	g.counts.add("update taken: type "+string(rune('0'+kind)), 1)
	switch kind {
	case testkit.UpdateFeeScalars:
		return testkit.UpdateLog(kind, testkit.Word(g.rng.Uint64N(1000)), g.scalar())
	case testkit.UpdateGasLimit:
		return testkit.UpdateLog(kind, testkit.Word(20_000_000+g.rng.Uint64N(20_000_000)))
	case testkit.UpdateUnsafeBlockSigner:
		return testkit.UpdateLog(kind)
	case testkit.UpdateEIP1559Params:
		params := rollup.EncodeEIP1559Params(uint32(1+g.rng.IntN(300)), uint32(1+g.rng.IntN(10)))
		word := common.BytesToHash(params[:])
		word[3] = byte(g.rng.IntN(2))
		if g.chance(30) {
			word = common.Hash{}
		}
		return testkit.UpdateLog(kind, word)
	case testkit.UpdateOperatorFee:
		return testkit.UpdateLog(kind, g.hash())
	case testkit.UpdateMinBaseFee:
		return testkit.UpdateLog(kind, testkit.Word(g.rng.Uint64()))
	default:
		return testkit.UpdateLog(kind, testkit.Word(g.rng.Uint64N(3)*g.rng.Uint64N(30_000)))
	}
}

// scalar is a fee scalar: before Ecotone any number.
func (g *generator) scalar() common.Hash {
	word := testkit.Word(g.rng.Uint64N(1 << 32))
	if g.chance(50) {
		word[0], word[27] = 1, byte(g.rng.IntN(256))
	}
	if g.chance(20) {
		word[0], word[5] = 0, 1 // more than 32 bits: from Ecotone on ignored, but one from before has a meaning
	}
	return word
}

// malformedUpdate is one that changes nothing.
func (g *generator) malformedUpdate() *types.Log {
	l := testkit.UpdateLog(testkit.UpdateGasLimit, testkit.Word(1_000_000))
	switch g.rng.IntN(12) {
	case 0:
		l.Topics = append(l.Topics, common.Hash{})
	case 1:
		l.Topics = l.Topics[:2]
	case 2:
		l.Topics[1][31] = 1
	case 3:
		l.Topics[2] = testkit.Word(testkit.UpdateKinds)
	case 4:
		l.Topics[2][0] = 1
	case 5:
		l.Data = append(l.Data, make([]byte, 32)...)
	case 6:
		l.Data[31] = 33
	case 7:
		l.Data[63] = 64
	case 8:
		l.Data[64] = 1
	case 9:
		return testkit.UpdateLog(testkit.UpdateBatcher, common.Hash{11: 1, 31: 1})
	case 10:
		params := rollup.EncodeEIP1559Params(0, 5)
		if g.chance(50) {
			params = rollup.EncodeEIP1559Params(5, 0)
		}
		return testkit.UpdateLog(testkit.UpdateEIP1559Params, common.BytesToHash(params[:]))
	case 11:
		if !g.ecotoneSoon() {
			break
		}
		return testkit.UpdateLog(testkit.UpdateFeeScalars, common.Hash{}, common.Hash{0: byte(g.rng.IntN(3)), 9: 1, 31: 5})
	}
	return l
}

// ecotoneSoon says whether Ecotone is active at the L1 block before the one that is being made. A fee scalar of an unknown
// version from before Ecotone would stop the chain there, which is op-node's behaviour and no use for a simulation.
func (g *generator) ecotoneSoon() bool {
	at := g.Config.EcotoneTime
	return at != nil && g.L1.Head().Time >= *at
}
