package sim

import (
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// sequenced is an L2 block as a sequencer knows it, with what it takes to build on it.
type sequenced struct {
	ref    eth.L2Ref
	system rollup.SystemConfig
}

// safeBlock is a block of the safe chain, by its number after genesis.
func (g *generator) safeBlock(at int) sequenced {
	payload := g.run.payload(g.Config.Genesis.L2.Number + uint64(at))
	rules := g.Config.L2Rules(payload.Timestamp)
	if params := g.run.result.Chain[at].Attributes.EIP1559Params; params != nil {
		extra := attributes.ExtraData{EIP1559Params: *params}
		if denominator, _ := rollup.DecodeEIP1559Params(*params); denominator == 0 {
			c := g.Config.ChainOpConfig
			extra.EIP1559Params = rollup.EncodeEIP1559Params(uint32(*c.EIP1559DenominatorCanyon), uint32(c.EIP1559Elasticity))
		}
		if least := g.run.result.Chain[at].Attributes.MinBaseFee; least != nil {
			extra.MinBaseFee = *least
		}
		payload.ExtraData = extra.Encode(&rules)
	}
	ref, err := attributes.L2RefOf(g.Config, payload)
	if err != nil {
		panic(err)
	}
	system, err := attributes.SystemConfigOf(g.Config, payload)
	if err != nil {
		panic(err)
	}
	return sequenced{ref, system}
}

// next is the block after the tip, which it becomes. As long as the safe chain has a block there it is mostly the same one.
// ok is false if there can be none.
func (g *generator) next(stubborn bool) (b batch.Block, ok bool) {
	tip := &g.tip
	b = batch.Block{Timestamp: tip.ref.Time + g.Config.BlockTime, ParentHash: tip.ref.Hash}
	at := int(tip.ref.Number + 1 - g.Config.Genesis.L2.Number)
	if !g.ahead && at <= g.run.Safe() && !g.slip(10) {
		safe := &g.run.result.Chain[at]
		for _, tx := range safe.Attributes.Transactions {
			if !eth.IsDeposit(tx) {
				b.Transactions = append(b.Transactions, tx)
			}
		}
		g.tip = g.safeBlock(at)
		b.SequenceNumber, b.EpochNum, b.EpochHash = g.tip.ref.SequenceNumber, g.tip.ref.L1Origin.Number, g.tip.ref.L1Origin.Hash
		return b, true
	}
	g.ahead = true
	b.EpochNum = g.epoch(b.Timestamp, stubborn)
	origin := g.l1(b.EpochNum)
	b.EpochHash = origin.Hash
	b.Transactions = g.transactions(b.Timestamp, origin.Time)
	attrs, system, err := g.builder.Build(tip.ref, tip.system, origin, b.Transactions)
	if err != nil {
		return b, false
	}
	ref := eth.L2Ref{
		Hash: testkit.BlockHash(b.ParentHash, tip.ref.Number+1, &attrs), Number: tip.ref.Number + 1, ParentHash: b.ParentHash,
		Time: b.Timestamp, L1Origin: origin.ID(),
	}
	if origin.Number == tip.ref.L1Origin.Number {
		ref.SequenceNumber = tip.ref.SequenceNumber + 1
	}
	b.SequenceNumber = ref.SequenceNumber
	g.tip = sequenced{ref, system}
	return b, true
}

// epoch moves on when it is due, and seldom when it is not.
func (g *generator) epoch(time uint64, stubborn bool) uint64 {
	current := g.tip.ref.L1Origin.Number
	next := g.l1(current + 1)
	if next == nil || stubborn {
		return current
	}
	if due := time >= next.Time; due && g.chance(85) || g.slip(3) {
		return current + 1
	}
	return current
}

// l1 is the L1 block of a number, if there is one. The block that is being made is known to a prophet only.
func (g *generator) l1(number uint64) *eth.L1Block {
	first := g.Config.Genesis.L1.Number
	switch count := uint64(len(g.Selected)); {
	case number < first:
		return nil
	case number < first+count:
		return g.Selected[number-first]
	case number == first+count && g.prophet:
		return testkit.Select(g.Config, &testkit.L1Block{Header: g.header})
	}
	return nil
}

// transactions are those of a sequenced block.
func (g *generator) transactions(time, originTime uint64) (txs []hexutil.Bytes) {
	rules := g.Config.L2Rules(time)
	count := g.rng.IntN(3)
	if g.quiet {
		return nil
	}
	if late := time > originTime+g.Config.L1Rules(originTime).SequencerDriftAt; (late || rules.MustBeEmpty) && !g.slip(40) {
		return nil
	}
	if rules.MustBeEmpty {
		count = 1
	}
	for range count {
		mark := ""
		if g.slip(4) {
			mark = testkit.BadMark
		}
		txs = append(txs, g.userTx(mark, rules.SetCodeTxs))
	}
	return txs
}

// userTx is a transaction of any type that span batches can carry. Its signature is made up.
func (g *generator) userTx(mark string, setCode bool) hexutil.Bytes {
	to := &common.Address{0x70, byte(g.rng.IntN(256))}
	if g.chance(10) {
		to = nil
	}
	data := slices.Concat([]byte(g.name()), []byte(mark), make([]byte, g.rng.IntN(40)))
	chain := g.Config.L2ChainID
	r, s, v := g.hash().Big(), g.hash().Big(), big.NewInt(int64(g.rng.IntN(2)))
	nonce, gas := g.rng.Uint64N(500), 21_000+g.rng.Uint64N(1e6)
	value, fee := new(big.Int).SetUint64(g.rng.Uint64N(3)*g.rng.Uint64()), new(big.Int).SetUint64(g.rng.Uint64N(1e10))
	var list types.AccessList
	if g.chance(10) {
		list = types.AccessList{{Address: common.Address{5}, StorageKeys: []common.Hash{{1}, {2}}}}
	}
	var inner types.TxData
	switch kind := g.rng.IntN(5); {
	case kind == 0 && g.chance(70):
		v.Add(v, big.NewInt(27))
		if g.chance(50) {
			v.Add(v, new(big.Int).Add(new(big.Int).Lsh(chain, 1), big.NewInt(8)))
		}
		inner = &types.LegacyTx{Nonce: nonce, GasPrice: fee, Gas: gas, To: to, Value: value, Data: data, V: v, R: r, S: s}
	case kind == 1:
		inner = &types.AccessListTx{ChainID: chain, Nonce: nonce, GasPrice: fee, Gas: gas, To: to, Value: value, Data: data, AccessList: list, V: v, R: r, S: s}
	case kind == 2 && setCode:
		inner = g.setCodeTx(nonce, gas, data)
	default:
		inner = &types.DynamicFeeTx{
			ChainID: chain, Nonce: nonce, GasTipCap: common.Big1, GasFeeCap: fee, Gas: gas, To: to, Value: value, Data: data, AccessList: list,
			V: v, R: r, S: s,
		}
	}
	raw, err := types.NewTx(inner).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return raw
}

func (g *generator) setCodeTx(nonce, gas uint64, data []byte) types.TxData {
	chain := uint256.MustFromBig(g.Config.L2ChainID)
	number := func() *uint256.Int { return uint256.NewInt(g.rng.Uint64()) }
	return &types.SetCodeTx{
		ChainID: chain, Nonce: nonce, GasTipCap: number(), GasFeeCap: number(), Gas: gas, To: common.Address{0x70}, Value: number(), Data: data,
		AuthList: []types.SetCodeAuthorization{{ChainID: *chain, Address: common.Address{4}, Nonce: nonce, V: 1, R: *number(), S: *number()}},
		V:        uint256.NewInt(uint64(g.rng.IntN(2))), R: number(), S: number(),
	}
}
