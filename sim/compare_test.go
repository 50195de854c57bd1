package sim_test

import (
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/sim"
	"github.com/cairn-rollup/cairn/sim/oracle"
)

// result is one with every part set.
func result() oracle.Result {
	return oracle.Result{
		Chain: []oracle.L2Block{{}, {
			Number: 1, SequenceNumber: 2, Hash: common.Hash{3}, Origin: 4, Attributes: eth.PayloadAttributes{
				Timestamp: 5, Transactions: []hexutil.Bytes{{0x7e}, {2, 1}}, GasLimit: 6, Withdrawals: &types.Withdrawals{},
				ParentBeaconBlockRoot: &common.Hash{7}, EIP1559Params: &eth.Bytes8{8}, MinBaseFee: new(uint64),
			},
		}},
		SafeAt: []int{0, 1},
	}
}

// Whatever part of a result is another one, the comparison names it.
func TestCompare(t *testing.T) {
	if d := sim.Compare(result(), result()); d != nil {
		t.Fatalf("a result differs from itself: %+v", d)
	}
	for _, c := range []struct {
		name   string
		change func(*oracle.Result, *oracle.L2Block, *eth.PayloadAttributes)
		block  int
		what   string
	}{
		{"number", func(_ *oracle.Result, b *oracle.L2Block, _ *eth.PayloadAttributes) { b.Number++ }, 1, "number 2, want 1"},
		{"sequence number", func(_ *oracle.Result, b *oracle.L2Block, _ *eth.PayloadAttributes) { b.SequenceNumber++ }, 1, "sequence number 3, want 2"},
		{"origin", func(_ *oracle.Result, b *oracle.L2Block, _ *eth.PayloadAttributes) { b.Origin++ }, 1, "origin 5, want 4"},
		{"replaced", func(_ *oracle.Result, b *oracle.L2Block, _ *eth.PayloadAttributes) { b.Replaced = true }, 1, "replaced true, want false"},
		{"hash", func(_ *oracle.Result, b *oracle.L2Block, _ *eth.PayloadAttributes) { b.Hash = common.Hash{} }, 1, ""},
		{"timestamp", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.Timestamp++ }, 1, "timestamp 6, want 5"},
		{"gas limit", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.GasLimit++ }, 1, "gas limit 7, want 6"},
		{"prevRandao", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.PrevRandao[0]++ }, 1, ""},
		{"fee recipient", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.SuggestedFeeRecipient[0]++ }, 1, ""},
		{"no tx pool", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.NoTxPool = true }, 1, ""},
		{"no withdrawals", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.Withdrawals = nil }, 1, "withdrawals none, want []"},
		{"no beacon root", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.ParentBeaconBlockRoot = nil }, 1, ""},
		{"parameters", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.EIP1559Params = &eth.Bytes8{} }, 1, ""},
		{"no minimum", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) { a.MinBaseFee = nil }, 1, "minimum base fee none, want 0"},
		{"transaction", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) {
			a.Transactions = []hexutil.Bytes{{0x7e}, {2, 2}}
		}, 1, "transaction 1 0x0202, want 0x0201"},
		{"a transaction less", func(_ *oracle.Result, _ *oracle.L2Block, a *eth.PayloadAttributes) {
			a.Transactions = a.Transactions[:1]
		}, 1, "1 transactions, want 2"},
		{"a block less", func(r *oracle.Result, _ *oracle.L2Block, _ *eth.PayloadAttributes) { r.Chain = r.Chain[:1] }, 1, "0 safe blocks, want 1"},
		{"halted", func(r *oracle.Result, _ *oracle.L2Block, _ *eth.PayloadAttributes) { r.Halted = "x" }, -1, `halted: "x", want ""`},
		{"safe later", func(r *oracle.Result, _ *oracle.L2Block, _ *eth.PayloadAttributes) { r.SafeAt = []int{0, 0} }, -1, "after 1 L1 blocks 0 L2 blocks are safe, want 1"},
		{"an L1 block less", func(r *oracle.Result, _ *oracle.L2Block, _ *eth.PayloadAttributes) { r.SafeAt = r.SafeAt[:1] }, -1, "1 L1 blocks read, want 2"},
	} {
		got := result()
		c.change(&got, &got.Chain[1], &got.Chain[1].Attributes)
		switch d := sim.Compare(got, result()); {
		case d == nil:
			t.Errorf("%s: no difference found", c.name)
		case d.Block != c.block || c.what != "" && d.What != c.what:
			t.Errorf("%s: block %d: %s; want block %d: %s", c.name, d.Block, d.What, c.block, c.what)
		}
	}
}

// A run in which nothing happened lacks everything.
func TestMissing(t *testing.T) {
	missing := sim.Missing(sim.Counts{})
	for _, name := range append(sim.Reasons(), "activation: karst", "update taken: type 7", "feature: flood: 0 times, want 2") {
		if !slices.Contains(missing, name) {
			t.Errorf("%s is not missed", name)
		}
	}
	if len(sim.Reasons()) < 90 {
		t.Errorf("only %d reasons", len(sim.Reasons()))
	}
}
