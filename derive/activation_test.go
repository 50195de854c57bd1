package derive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// activates is the time of the second block after genesis, where forks activate in these tests.
const activates = genesisTime + 4

// upgradeOf is a made-up upgrade transaction.
func upgradeOf(fork rollup.Fork) hexutil.Bytes {
	return attributes.UpgradeTx{Intent: fork.String(), Gas: 1}.Encode()
}

// madeUpUpgrades has an upgrade transaction for each fork.
func madeUpUpgrades(f rollup.Fork) ([]hexutil.Bytes, bool) {
	return []hexutil.Bytes{upgradeOf(f)}, true
}

// upgrading starts at genesis and knows an upgrade transaction for each fork that has any.
func upgrading(w *world) *derive.Machine {
	w.upgrades = madeUpUpgrades
	return w.machine()
}

// activating has every fork up to base at genesis, and the next ones up to last in the second block.
func activating(base, last rollup.Fork) *rollup.Config {
	cfg, at := testConfig(base, 10, 2), uint64(activates)
	for f := base + 1; f <= last; f++ {
		cfg.SetTime(f, &at)
	}
	return cfg
}

// batches are for the blocks after genesis, all in the epoch of genesis, with these transactions.
func batches(w *world, txs ...[]hexutil.Bytes) (out [][]byte) {
	safe := w.cfg.GenesisL2Ref()
	for _, t := range txs {
		b := batch.Singular{
			ParentHash: safe.Hash, EpochNum: safe.L1Origin.Number, EpochHash: safe.L1Origin.Hash, Timestamp: safe.Time + 2, Transactions: t,
		}
		out = append(out, b.Encode())
		safe.Hash = l2Hash(safe.Hash, safe.Number+1, safe.L1Origin.Hash, t)
		safe.Number, safe.Time = safe.Number+1, safe.Time+2
	}
	return out
}

// shape is what forks change in a block: the length of the L1 info's call data, upgrade transactions, others, the gas
// limit in excess of the system config's, and the fields that are there.
func shape(t *testing.T, d *derive.Derived) string {
	t.Helper()
	a := &d.Attributes
	var info types.Transaction
	if err := info.UnmarshalBinary(a.Transactions[0]); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, tx := range a.Transactions[1:] {
		name := "tx"
		for _, f := range rollup.Forks() {
			if slices.Equal(tx, upgradeOf(f)) {
				name = f.String()
			}
		}
		all = append(all, name)
	}
	return fmt.Sprintf("info %d %v gas+%d params %t fee %t pool %t", len(info.Data()), all, a.GasLimit-30_000_000,
		a.EIP1559Params != nil, a.MinBaseFee != nil, !a.NoTxPool)
}

// RULES 6.1, 6.2, 6.5, 6.6 in the blocks around an activation: the block before, the first one, and the two after.
func TestBlocksAroundAnActivation(t *testing.T) {
	keep := func(cfg *rollup.Config) *rollup.Config {
		cfg.KeepKarstUpgradeGas = true
		return cfg
	}
	user := []hexutil.Bytes{userTx("user")}
	for _, c := range []struct {
		name string
		cfg  *rollup.Config
		txs  []hexutil.Bytes // of the batch for the activation block
		want [4]string
	}{
		{"Ecotone's first block has the L1 info of before, and room for users", activating(rollup.Delta, rollup.Ecotone), user, [4]string{
			"info 260 [] gas+0 params false fee false pool false",
			"info 260 [ecotone tx] gas+0 params false fee false pool false",
			"info 164 [] gas+0 params false fee false pool false",
			"info 164 [] gas+0 params false fee false pool false",
		}},
		{"Fjord's first block has room for users", activating(rollup.Ecotone, rollup.Fjord), user, [4]string{
			"info 164 [] gas+0 params false fee false pool false",
			"info 164 [fjord tx] gas+0 params false fee false pool false",
			"info 164 [] gas+0 params false fee false pool false",
			"info 164 [] gas+0 params false fee false pool false",
		}},
		{"Holocene's first block has its parameters", activating(rollup.Granite, rollup.Holocene), user, [4]string{
			"info 164 [] gas+0 params false fee false pool false",
			"info 164 [tx] gas+0 params true fee false pool false",
			"info 164 [] gas+0 params true fee false pool false",
			"info 164 [] gas+0 params true fee false pool false",
		}},
		{"all forks up to Karst at once", activating(rollup.Bedrock, rollup.Karst), nil, [4]string{
			"info 260 [] gas+0 params false fee false pool false",
			"info 260 [ecotone fjord isthmus jovian karst] gas+55370657 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
		}},
		{"Isthmus's first block has the L1 info of before, and room for users", activating(rollup.Holocene, rollup.Isthmus), user, [4]string{
			"info 164 [] gas+0 params true fee false pool false",
			"info 164 [isthmus tx] gas+0 params true fee false pool false",
			"info 176 [] gas+0 params true fee false pool false",
			"info 176 [] gas+0 params true fee false pool false",
		}},
		{"Jovian's first block has the L1 info of before, and the minimum base fee", activating(rollup.Isthmus, rollup.Jovian), nil, [4]string{
			"info 176 [] gas+0 params true fee false pool false",
			"info 176 [jovian] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
		}},
		{"Karst's first block has its upgrade gas, and it alone", activating(rollup.Jovian, rollup.Karst), nil, [4]string{
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [karst] gas+55370657 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
		}},
		{"Karst's upgrade gas stays, if the chain keeps it", keep(activating(rollup.Jovian, rollup.Karst)), nil, [4]string{
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [karst] gas+55370657 params true fee true pool false",
			"info 178 [] gas+55370657 params true fee true pool false",
			"info 178 [] gas+55370657 params true fee true pool false",
		}},
		{"three forks at once, oldest first", activating(rollup.Holocene, rollup.Karst), nil, [4]string{
			"info 164 [] gas+0 params true fee false pool false",
			"info 164 [isthmus jovian karst] gas+55370657 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
		}},
		{"Karst at genesis has no first block", testConfig(rollup.Karst, 10, 2), user, [4]string{
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [tx] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
			"info 178 [] gas+0 params true fee true pool false",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.cfg)
			w.mine(1012, []eth.InboxTx{post(t, batches(w, nil, c.txs, nil, nil)...)}, nil)
			var got []string
			deriveAll(t, w, upgrading(w), func(d *derive.Derived) { got = append(got, shape(t, d)) })
			if !slices.Equal(got, c.want[:]) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want[:], "\n"))
			}
		})
	}
}

// RULES 5.4 row 12: a batch with transactions for Jovian's or Karst's first block is invalid.
func TestActivationBlockWithTransactionsIsDropped(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Jovian, rollup.Karst} {
		w := newWorld(t, activating(fork-1, fork))
		w.mine(1012, []eth.InboxTx{post(t, batches(w, nil, []hexutil.Bytes{userTx("user")}, nil)...)}, nil)
		m := upgrading(w)
		if safe := deriveAll(t, w, m, nil); safe.Number != 1 {
			t.Errorf("%s: safe block %d, want the one before the activation", fork, safe.Number)
		}
		notes := m.Notes()
		if !slices.ContainsFunc(notes, func(n derive.Note) bool {
			return n.What == derive.DroppedBatch && n.Reason == batch.ActivationNotEmpty && n.L1 == 1 && n.Index == 1 && n.L2Time == activates
		}) {
			t.Errorf("%s: notes %v, want the second batch among them, not empty", fork, notes)
		}
	}
}

// RULES 7.4: upgrade transactions are deposits and stay when the engine rejects the activation block.
func TestRejectedActivationBlockKeepsItsUpgrade(t *testing.T) {
	w := newWorld(t, activating(rollup.Holocene, rollup.Isthmus))
	w.mine(1012, []eth.InboxTx{post(t, batches(w, nil, []hexutil.Bytes{userTx("bad")})...)}, nil)
	var got []string
	deriveAll(t, w, upgrading(w), func(d *derive.Derived) { got = append(got, fmt.Sprintf("%s, replaced %t", shape(t, d), d.Replaced)) })
	want := []string{
		"info 164 [] gas+0 params true fee false pool false, replaced false",
		"info 164 [isthmus] gas+0 params true fee false pool false, replaced true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An activation block that nobody posts a batch for is one like any other: the end of the sequencing window brings it.
func TestForcedActivationBlock(t *testing.T) {
	w := newWorld(t, activating(rollup.Jovian, rollup.Karst))
	for w.head().Number < 12 {
		w.mine(w.head().Time+12, nil, nil)
	}
	var got []string
	deriveAll(t, w, upgrading(w), func(d *derive.Derived) { got = append(got, shape(t, d)) })
	want := []string{
		"info 178 [] gas+0 params true fee true pool false",
		"info 178 [karst] gas+55370657 params true fee true pool false",
		"info 178 [] gas+0 params true fee true pool false",
	}
	if len(got) < 3 || !slices.Equal(got[:3], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A fork whose upgrade transactions nobody gives is the end, and what was before it stands.
func TestActivationWithoutUpgradeTransactionsHalts(t *testing.T) {
	w := newWorld(t, activating(rollup.Jovian, rollup.Karst))
	w.mine(1012, []eth.InboxTx{post(t, batches(w, nil, nil, nil)...)}, nil)
	m := w.machine() // has no upgrades
	safe := deriveAll(t, w, m, nil)
	if halt, ok := m.Next().(derive.Halt); !ok || safe.Number != 1 || !strings.Contains(halt.Reason, "L2 block 2: upgrade transactions of karst") {
		t.Errorf("safe block %d, then %#v", safe.Number, m.Next())
	}
}

// A chain is followed up to Lagoon and not one block further: the machine halts as soon as the next block would be at or
// after lagoon_time, whatever L1 has for it.
func TestHaltsBeforeLagoon(t *testing.T) {
	for _, c := range []struct {
		name   string
		lagoon uint64
		post   int // batches on L1
		safe   uint64
		halts  bool
	}{
		{"Lagoon at the time of block 3", genesisTime + 6, 5, 2, true},
		{"Lagoon between blocks 3 and 4", genesisTime + 7, 5, 3, true},
		{"Lagoon in the first block", genesisTime + 1, 5, 0, true},
		{"no batch for Lagoon's first block yet", genesisTime + 6, 2, 2, true},
		{"Lagoon is far", genesisTime + 12, 5, 5, true},
		{"Lagoon is farther", genesisTime + 13, 5, 5, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(rollup.Karst, 10, 2)
			cfg.SetTime(rollup.Lagoon, &c.lagoon)
			w := newWorld(t, cfg)
			w.mine(1012, []eth.InboxTx{post(t, batches(w, make([][]hexutil.Bytes, c.post)...)...)}, nil)
			w.mine(1024, nil, nil)
			m := upgrading(w)
			safe := deriveAll(t, w, m, nil)
			halt, halted := m.Next().(derive.Halt)
			if safe.Number != c.safe || m.Safe() != safe || halted != c.halts {
				t.Errorf("safe block %d, then %#v; want %d, halted %t", safe.Number, m.Next(), c.safe, c.halts)
			}
			want := fmt.Sprintf("L2 block %d: lagoon is active from time %d on", c.safe+1, c.lagoon)
			if halted && !strings.Contains(halt.Reason, want) {
				t.Errorf("halts because %q, want %q", halt.Reason, want)
			}
		})
	}
}

// A span batch across Lagoon's activation gives the blocks before it.
func TestSpanAcrossLagoonGivesItsFirstBlocks(t *testing.T) {
	cfg, lagoon := testConfig(rollup.Karst, 10, 2), uint64(genesisTime+6)
	cfg.SetTime(rollup.Lagoon, &lagoon)
	w := newWorld(t, cfg)
	var blocks []batch.Block
	for n := range uint64(4) {
		blocks = append(blocks, batch.Block{
			Timestamp: genesisTime + 2*(n+1), ParentHash: cfg.Genesis.L2.Hash, EpochHash: cfg.Genesis.L1.Hash, SequenceNumber: n + 1,
		})
	}
	span, err := batch.EncodeSpan(w.spanParams(), blocks)
	if err != nil {
		t.Fatal(err)
	}
	w.mine(1012, []eth.InboxTx{post(t, span)}, nil)
	m := upgrading(w)
	if safe := deriveAll(t, w, m, nil); safe.Number != 2 {
		t.Errorf("safe block %d, want 2", safe.Number)
	}
	if _, ok := m.Next().(derive.Halt); !ok {
		t.Errorf("the machine wants %#v, want it to halt", m.Next())
	}
}

// The machine does not begin behind Lagoon's activation either.
func TestStartAfterLagoonHalts(t *testing.T) {
	cfg, lagoon := testConfig(rollup.Karst, 10, 2), uint64(genesisTime+2)
	cfg.SetTime(rollup.Lagoon, &lagoon)
	w := newWorld(t, cfg)
	w.mine(1012, nil, nil)
	safe := cfg.GenesisL2Ref()
	safe.Number, safe.Time = 3, genesisTime+6
	m := w.machineAt(0, safe)
	if end := deriveAll(t, w, m, nil); end != safe {
		t.Errorf("safe block %d, want %d", end.Number, safe.Number)
	}
	if halt, ok := m.Next().(derive.Halt); !ok || !strings.Contains(halt.Reason, "L2 block 4: lagoon") {
		t.Errorf("the machine wants %#v, want it to halt", m.Next())
	}
}
