package devnet_test

import (
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/devnet"
)

func TestControl(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	w := start(t, testConfig())
	to := common.Address{0xde}
	for _, c := range []struct {
		name   string
		method string
		args   []any
		words  []string
	}{
		{"deposit to no address", "devnet_deposit", []any{"0x12", "0x1"}, []string{"invalid argument 0"}},
		{"deposit without an amount", "devnet_deposit", []any{to}, []string{"no amount", "hex"}},
		{"deposit of null", "devnet_deposit", []any{to, nil}, []string{"no amount"}},
		{"negative deposit", "devnet_deposit", []any{to, "-0x1"}, []string{"invalid argument 1"}},
		{"deposit of more than there is", "devnet_deposit", []any{to, hexutil.EncodeBig(new(big.Int).Lsh(common.Big1, 200))}, []string{"would fail on L1", "insufficient funds"}},
		{"gas limit below the contract's bound", "devnet_setGasLimit", []any{1_000}, []string{"would fail on L1", "GasLimitOutOfBounds(GasLimit 1000, Minimum ", ", Maximum "}},
		{"gas limit above the contract's bound", "devnet_setGasLimit", []any{uint64(1) << 62}, []string{"GasLimitOutOfBounds(GasLimit 4611686018427387904"}},
		{"gas limit of no number", "devnet_setGasLimit", []any{"much"}, []string{"invalid argument 0"}},
		{"reorg of nothing", "devnet_reorg", []any{0}, []string{"depth 0"}},
		{"reorg below the finalized block", "devnet_reorg", []any{1_000_000}, []string{"depth 1000000"}},
		{"what is not there", "devnet_explode", nil, []string{"devnet_explode"}},
	} {
		err := w.control.CallContext(t.Context(), nil, c.method, c.args...)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", c.name, err, word)
			}
		}
	}

	// Deposits at the same time do not take each other's nonce.
	var done [4]devnet.Deposited
	var group sync.WaitGroup
	for i := range done {
		group.Go(func() {
			if err := w.control.CallContext(t.Context(), &done[i], "devnet_deposit", to, (*hexutil.Big)(big.NewInt(params.Ether))); err != nil {
				t.Errorf("deposit %d: %v", i, err)
			}
		})
	}
	group.Wait()
	seen := map[common.Hash]bool{}
	for _, d := range done {
		if seen[d.L1Tx] || seen[d.L2Tx] || d.L1Block == 0 {
			t.Errorf("deposit twice or nowhere: %+v", d)
		}
		seen[d.L1Tx], seen[d.L2Tx] = true, true
	}

	var info devnet.Info
	if w.call(w.control, &info, "devnet_info"); info.Control != w.info.Control || info.Sequencer != w.info.Sequencer || len(info.Accounts) != devnet.Funded {
		t.Errorf("devnet_info says %+v", info)
	}
	var status devnet.Status
	if w.call(w.control, &status, "devnet_status"); status.L1Head == 0 || status.Sequencer.Unsafe == 0 || len(status.Verifiers) != 1 {
		t.Errorf("devnet_status says %+v", status)
	}
}
