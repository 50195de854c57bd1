package attributes_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// RULES 7.2, in the order given there: each case is what the one before would hide.
func TestMatches(t *testing.T) {
	type block = eth.PayloadEnvelope
	type attrs = eth.PayloadAttributes
	seven := uint64(7)
	notEmpty := types.Withdrawals{{Index: 1}}
	for name, c := range map[string]struct {
		last   rollup.Fork
		change func(*attrs, *block)
		want   attributes.Mismatch
	}{
		"parent hash": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.ParentHash[0]++
			b.ExecutionPayload.Timestamp++
		}, attributes.MismatchParentHash},
		"timestamp": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.Timestamp++
			b.ExecutionPayload.PrevRandao[0]++
		}, attributes.MismatchTimestamp},
		"prevRandao": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.PrevRandao[0]++
			b.ExecutionPayload.Transactions = nil
		}, attributes.MismatchPrevRandao},
		"a transaction more": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.Transactions = []hexutil.Bytes{{1}, {2}, {3}}
			b.ExecutionPayload.GasLimit++
		}, attributes.MismatchTxCount},
		"L1 info differs in a byte": {rollup.Jovian, func(_ *attrs, b *block) {
			p := b.ExecutionPayload
			first := append(hexutil.Bytes(nil), p.Transactions[0]...)
			first[len(first)-1]++
			p.Transactions = []hexutil.Bytes{first, p.Transactions[1]}
			p.GasLimit++
		}, attributes.MismatchTx},
		"last transaction is longer": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.Transactions = []hexutil.Bytes{b.ExecutionPayload.Transactions[0], {2, 3, 4}}
		}, attributes.MismatchTx},
		"gas limit": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.GasLimit++
			b.ExecutionPayload.Withdrawals = nil
		}, attributes.MismatchGasLimit},
		"Canyon: block without withdrawals": {rollup.Canyon, func(_ *attrs, b *block) {
			b.ExecutionPayload.Withdrawals = nil
		}, attributes.MismatchWithdrawals},
		"Canyon: block with a withdrawal": {rollup.Canyon, func(_ *attrs, b *block) {
			b.ExecutionPayload.Withdrawals = &notEmpty
		}, attributes.MismatchWithdrawals},
		"Canyon: attributes without withdrawals": {rollup.Canyon, func(a *attrs, _ *block) { a.Withdrawals = nil }, attributes.MismatchWithdrawals},
		"Canyon: attributes with a withdrawal":   {rollup.Canyon, func(a *attrs, _ *block) { a.Withdrawals = &notEmpty }, attributes.MismatchWithdrawals},
		"before Canyon: attributes with withdrawals": {
			rollup.Regolith, func(a *attrs, _ *block) { a.Withdrawals = &types.Withdrawals{} }, attributes.MismatchWithdrawals,
		},
		"before Canyon: the block's are not looked at": {
			rollup.Regolith, func(_ *attrs, b *block) { b.ExecutionPayload.Withdrawals = &notEmpty }, attributes.MismatchNone,
		},
		"Canyon: withdrawals root of the empty list": {rollup.Canyon, func(_ *attrs, b *block) {
			root := types.EmptyWithdrawalsHash
			b.ExecutionPayload.WithdrawalsRoot = &root
		}, attributes.MismatchNone},
		"Canyon: another withdrawals root": {rollup.Holocene, func(_ *attrs, b *block) {
			b.ExecutionPayload.WithdrawalsRoot = &common.Hash{1}
			b.ParentBeaconBlockRoot = nil
		}, attributes.MismatchWithdrawalsRoot},
		"Isthmus: no withdrawals root": {rollup.Isthmus, func(_ *attrs, b *block) {
			b.ExecutionPayload.WithdrawalsRoot = nil
			b.ParentBeaconBlockRoot = nil
		}, attributes.MismatchWithdrawalsRoot},
		"Isthmus: any withdrawals root": {rollup.Isthmus, func(_ *attrs, b *block) {
			b.ExecutionPayload.WithdrawalsRoot = &common.Hash{9}
		}, attributes.MismatchNone},
		"block without beacon root":      {rollup.Jovian, func(_ *attrs, b *block) { b.ParentBeaconBlockRoot = nil }, attributes.MismatchBeaconRoot},
		"attributes without beacon root": {rollup.Jovian, func(a *attrs, _ *block) { a.ParentBeaconBlockRoot = nil }, attributes.MismatchBeaconRoot},
		"another beacon root": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ParentBeaconBlockRoot = &common.Hash{1}
			b.ExecutionPayload.FeeRecipient[0]++
		}, attributes.MismatchBeaconRoot},
		"fee recipient": {rollup.Jovian, func(_ *attrs, b *block) {
			b.ExecutionPayload.FeeRecipient[0]++
			b.ExecutionPayload.ExtraData = nil
		}, attributes.MismatchFeeRecipient},
		"before Holocene: extraData": {rollup.Granite, func(_ *attrs, b *block) { b.ExecutionPayload.ExtraData = []byte{0} }, attributes.MismatchExtraData},
		"Holocene: no extraData":     {rollup.Holocene, func(_ *attrs, b *block) { b.ExecutionPayload.ExtraData = nil }, attributes.MismatchExtraData},
		"Holocene: zeros in the header": {rollup.Holocene, func(_ *attrs, b *block) {
			b.ExecutionPayload.ExtraData = make([]byte, 9)
		}, attributes.MismatchExtraData},
		"Holocene: 0, 0 stands for the constants": {rollup.Holocene, func(*attrs, *block) {}, attributes.MismatchNone},
		"Holocene: 0, 0 stands for no other numbers": {rollup.Holocene, func(_ *attrs, b *block) {
			b.ExecutionPayload.ExtraData[4]++
		}, attributes.MismatchEIP1559Params},
		"Holocene: elasticity": {rollup.Holocene, func(_ *attrs, b *block) {
			b.ExecutionPayload.ExtraData[8]++
		}, attributes.MismatchEIP1559Params},
		"Holocene: elasticity without denominator does not stand for the constants": {rollup.Holocene, func(a *attrs, _ *block) {
			a.EIP1559Params = &eth.Bytes8{7: 6}
		}, attributes.MismatchEIP1559Params},
		"Jovian: minimum base fee":               {rollup.Jovian, func(a *attrs, _ *block) { a.MinBaseFee = &seven }, attributes.MismatchMinBaseFee},
		"Jovian: no minimum base fee":            {rollup.Jovian, func(a *attrs, _ *block) { a.MinBaseFee = nil }, attributes.MismatchMinBaseFee},
		"before Jovian: attributes with minimum": {rollup.Isthmus, func(a *attrs, _ *block) { a.MinBaseFee = &seven }, attributes.MismatchMinBaseFee},
		"what follows from execution is not seen": {rollup.Jovian, func(_ *attrs, b *block) {
			p := b.ExecutionPayload
			p.StateRoot, p.ReceiptsRoot, p.GasUsed, p.BlobGasUsed = common.Hash{1}, common.Hash{2}, 3, &seven
			p.LogsBloom[0], p.BlockHash = 1, common.Hash{5}
		}, attributes.MismatchNone},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := chain(t, c.last)
			a, _, _ := build(t, cfg, cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, l1Block(100), hexutil.Bytes{2, 3})
			b := execute(cfg, cfg.GenesisL2Ref(), &a)
			if got := attributes.Matches(cfg, &a, cfg.Genesis.L2.Hash, b); got != attributes.MismatchNone {
				t.Fatalf("before the change: %s", got)
			}
			c.change(&a, b)
			if got := attributes.Matches(cfg, &a, cfg.Genesis.L2.Hash, b); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func BenchmarkMatches(b *testing.B) {
	cfg := chain(b, rollup.Jovian)
	a, _, _ := build(b, cfg, cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, l1Block(100), hexutil.Bytes{2, 3})
	block := execute(cfg, cfg.GenesisL2Ref(), &a)
	for b.Loop() {
		if m := attributes.Matches(cfg, &a, cfg.Genesis.L2.Hash, block); m != attributes.MismatchNone {
			b.Fatal(m)
		}
	}
}
