package upgrades_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

var _ attributes.Upgrades = upgrades.Transactions

// withUpgrades are the forks that have upgrade transactions, with their number and their gas (RULES appendix A).
var withUpgrades = map[rollup.Fork]struct {
	count int
	gas   uint64
}{
	rollup.Ecotone: {6, 1_805_000},
	rollup.Fjord:   {3, 1_590_000},
	rollup.Isthmus: {8, 3_040_000},
	rollup.Jovian:  {5, 2_388_029},
	rollup.Karst:   {31, 55_370_657},
}

// decode reads an upgrade transaction with op-geth.
func decode(t *testing.T, raw []byte) *types.Transaction {
	t.Helper()
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	return &tx
}

func TestNumberAndGas(t *testing.T) {
	for _, fork := range append(rollup.Forks(), rollup.Bedrock) {
		want, has := withUpgrades[fork]
		txs, ok := upgrades.Transactions(fork)
		gas := uint64(0)
		for _, raw := range txs {
			gas += decode(t, raw).Gas()
		}
		if ok != has || len(txs) != want.count || gas != want.gas {
			t.Errorf("%s: known %t, %d transactions with %d gas; want %t, %d, %d", fork, ok, len(txs), gas, has, want.count, want.gas)
		}
	}
	if gas := withUpgrades[rollup.Karst].gas; gas != attributes.KarstUpgradeGas {
		t.Errorf("Karst's first block gets %d gas, its transactions have %d", attributes.KarstUpgradeGas, gas)
	}
}

// Deposits of the protocol itself mint nothing, carry nothing and are no system transactions; no two are the same.
func TestAllAreOrdinaryDepositsOfNothing(t *testing.T) {
	seen := map[common.Hash]bool{}
	for fork := range withUpgrades {
		txs, _ := upgrades.Transactions(fork)
		for i, raw := range txs {
			tx := decode(t, raw)
			if tx.Type() != types.DepositTxType || tx.IsSystemTx() || tx.Mint().Sign() != 0 || tx.Value().Sign() != 0 {
				t.Errorf("%s %d: type %d, system %t, mint %v, value %v", fork, i, tx.Type(), tx.IsSystemTx(), tx.Mint(), tx.Value())
			}
			if source := tx.SourceHash(); seen[source] {
				t.Errorf("%s %d: source hash %s occurs twice", fork, i, source)
			}
			seen[tx.SourceHash()] = true
		}
	}
	if len(seen) != 53 {
		t.Errorf("%d transactions, want 53", len(seen))
	}
}

// Karst's source hashes come from the name with the capital letter, as op-node from v1.18.1 on and kona have it.
func TestKarstIsWrittenWithACapitalLetter(t *testing.T) {
	txs, _ := upgrades.Transactions(rollup.Karst)
	for i, intent := range map[int]string{
		0:  "Karst 0: ConditionalDeployer Deployment",
		30: "Karst 30: L2ProxyAdmin Upgrade Predeploys",
	} {
		if got, want := decode(t, txs[i]).SourceHash(), attributes.UpgradeSource(intent); got != want {
			t.Errorf("transaction %d has source hash %s, want %s of %q", i, got, want, intent)
		}
	}
}

// A node asks for the activation block more than once, and from wherever it builds it.
func TestTheAnswerIsAlwaysTheSame(t *testing.T) {
	first, _ := upgrades.Transactions(rollup.Fjord)
	want := make([]hexutil.Bytes, len(first))
	for i := range first {
		want[i] = slices.Clone(first[i])
	}
	first[0] = nil // the list is the caller's
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got, ok := upgrades.Transactions(rollup.Fjord); !ok || !slices.EqualFunc(got, want, func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) }) {
				t.Errorf("the answer has changed: %d transactions, %t", len(got), ok)
			}
		})
	}
	group.Wait()
}

// recorded are the upgrade transactions that the black-box harness recorded from op-node, by name of the fork.
func recorded(t *testing.T) map[string][]hexutil.Bytes {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "harness", "data", "upgrades.json.gz")
	file, err := os.Open(path)
	if err != nil {
		t.Skip("the recording is not here: ", err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]hexutil.Bytes
	if err := json.NewDecoder(r).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// What op-node 1.17 made of Karst is recorded as it was.
func TestEarlyKarstIsThatOfTheRecordings(t *testing.T) {
	theirs := recorded(t)["karst"]
	ours, ok := upgrades.AsOpNode117(rollup.Karst)
	if !ok || len(ours) != len(theirs) || len(ours) == 0 {
		t.Fatalf("%d transactions, recorded are %d", len(ours), len(theirs))
	}
	for i := range ours {
		if !bytes.Equal(ours[i], theirs[i]) {
			t.Errorf("%d: hash %s, recorded %s", i, decode(t, ours[i]).Hash(), decode(t, theirs[i]).Hash())
		}
	}
	same, _ := upgrades.AsOpNode117(rollup.Jovian)
	now, _ := upgrades.Transactions(rollup.Jovian)
	if len(same) != len(now) || !bytes.Equal(same[0], now[0]) {
		t.Error("Jovian's differ, too")
	}
}

// The recording has the names of op-node v1.17.0, so Karst's differ in the source hash, and in that alone.
func TestTransactionsAreThoseRecordedFromOpNode(t *testing.T) {
	all := recorded(t)
	if len(all) != len(withUpgrades) {
		t.Errorf("%d forks recorded, want %d", len(all), len(withUpgrades))
	}
	for fork := range withUpgrades {
		theirs, ours := all[fork.String()], func() []hexutil.Bytes { txs, _ := upgrades.Transactions(fork); return txs }()
		if len(theirs) != len(ours) {
			t.Errorf("%s: %d recorded, %d here", fork, len(theirs), len(ours))
			continue
		}
		for i := range ours {
			want, got := bytes.Clone(theirs[i]), bytes.Clone(ours[i])
			if fork == rollup.Karst {
				for _, raw := range [][]byte{want, got} {
					source := decode(t, raw).SourceHash()
					at := bytes.Index(raw, source[:])
					copy(raw[at:at+len(source)], make([]byte, len(source)))
				}
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s %d: hash %s, recorded %s", fork, i, decode(t, ours[i]).Hash(), decode(t, theirs[i]).Hash())
			}
		}
	}
}
