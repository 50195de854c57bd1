package upgrades

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
)

// row is one transaction of RULES appendix A.
type row struct {
	intent, from, to, data, source, hash string
	gas                                  uint64
	size                                 int
}

// appendixA reads the tables of the digest, by name of the fork.
func appendixA(t *testing.T) map[string][]row {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "protocol", "RULES.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the digest of the rules is not here: ", err)
	}
	_, appendix, ok := strings.Cut(string(text), "## Appendix A.")
	if !ok {
		t.Fatal("the digest has no appendix A")
	}
	tables, fork := map[string][]row{}, ""
	for line := range strings.Lines(appendix) {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			fork = strings.ToLower(strings.Fields(name)[0])
		}
		cells := strings.Split(line, "|")
		if len(cells) != 11 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		gas, errGas := strconv.ParseUint(cells[5], 10, 64)
		size, errSize := strconv.Atoi(cells[9])
		if errGas != nil || errSize != nil {
			continue // the head of a table
		}
		tables[fork] = append(tables[fork], row{
			intent: cells[2], from: cells[3], to: cells[4], gas: gas, data: cells[6], source: cells[7], hash: cells[8], size: size,
		})
	}
	return tables
}

// dataOf is how the appendix prints data: in full if it is short, else the beginning of its hash.
func dataOf(data []byte) string {
	digits := hex.EncodeToString(data)
	if len(data) > 36 {
		digits = hex.EncodeToString(crypto.Keccak256(data)[:8])
	}
	return fmt.Sprintf("%d B, k=%s", len(data), digits)
}

// rowOf is a transaction as the appendix prints it.
func rowOf(tx attributes.UpgradeTx) row {
	to := "create"
	if tx.To != nil {
		to = hex.EncodeToString(tx.To[:])
	}
	raw, source := tx.Encode(), attributes.UpgradeSource(tx.Intent)
	return row{
		intent: tx.Intent, from: hex.EncodeToString(tx.From[:]), to: to, gas: tx.Gas, data: dataOf(tx.Data),
		source: hex.EncodeToString(source[:]), hash: hex.EncodeToString(crypto.Keccak256(raw)), size: len(raw),
	}
}

// Every field, source hash, transaction hash and length of every transaction. Karst's are in the appendix as op-node
// v1.17.0 had them: with its name in lower case.
func TestTransactionsAreThoseOfAppendixA(t *testing.T) {
	tables := appendixA(t)
	code, err := readCode(creationCode)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := gunzip(karstBundle)
	if err != nil {
		t.Fatal(err)
	}
	for fork := range hashes {
		var txs []attributes.UpgradeTx
		if fork == rollup.Karst {
			txs, err = readBundle("karst", bundle)
		} else {
			txs, err = withCode(fork, code)
		}
		if err != nil {
			t.Fatal(err)
		}
		rows := tables[fork.String()]
		if len(rows) != len(txs) || len(rows) != len(hashes[fork]) {
			t.Errorf("%s: %d transactions in the appendix, %d here, %d hashes", fork, len(rows), len(txs), len(hashes[fork]))
			continue
		}
		for i, want := range rows {
			if got := rowOf(txs[i]); got != want {
				t.Errorf("%s %d:\n got %+v\nwant %+v", fork, i, got, want)
			}
			if same := hashes[fork][i] == want.hash; same != (fork != rollup.Karst) {
				t.Errorf("%s %d: pinned %s, in the appendix %s", fork, i, hashes[fork][i], want.hash)
			}
		}
	}
}

func pack(t *testing.T, text []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Data that is not what the hashes say gives no transactions at all, and a reason that names the one.
func TestWrongDataGivesNothing(t *testing.T) {
	code, err := gunzip(creationCode)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := gunzip(karstBundle)
	if err != nil {
		t.Fatal(err)
	}
	inCode := func(from, to string) []byte { return pack(t, replaced(t, code, from, to)) }
	inBundle := func(from, to string) []byte { return pack(t, replaced(t, bundle, from, to)) }
	const vault = `"Isthmus: Operator Fee Vault Deployment"`
	for _, c := range []struct {
		name         string
		code, bundle []byte
		says         string
	}{
		{"one bit of creation code", inCode(vault+`: "0x60e0`, vault+`: "0x61e0`), karstBundle, "Isthmus: Operator Fee Vault Deployment"},
		{"no creation code for a contract", inCode(vault, `"Isthmus"`), karstBundle, "no creation code for " + vault},
		{"creation code that is no hex", inCode(`"0x60e0`, `"60e0`), karstBundle, "read creation code"},
		{"creation code that is not packed", code, karstBundle, "read creation code"},
		{"creation code that is cut off", creationCode[:len(creationCode)/2], karstBundle, "read creation code"},
		{"another gas limit in the bundle", creationCode, inBundle(`"gasLimit": 580000`, `"gasLimit": 580001`), "Karst 0: ConditionalDeployer Deployment"},
		{"another intent in the bundle", creationCode, inBundle("Deploy EAS", "Deploy eas"), "Karst 17: Deploy eas"},
		{"no intent in the bundle", creationCode, inBundle("ConditionalDeployer Deployment", ""), "transaction 0 has no intent"},
		{"another version of the bundle", creationCode, inBundle(`"1.0.0"`, `"1.0.1"`), `version "1.0.1"`},
		{"a bundle of nothing", creationCode, pack(t, []byte(`{"metadata":{"version":"1.0.0"}}`)), "karst has 0 upgrade transactions, want 31"},
		{"a bundle that is no JSON", creationCode, pack(t, []byte("no")), "read bundle of Karst"},
		{"a bundle that is not packed", creationCode, bundle, "read bundle of Karst"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := assemble(c.code, c.bundle)
			if err == nil || all != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d forks, %v; want none, because of %q", len(all), err, c.says)
			}
		})
	}
}

// replaced puts one text in the place of the first occurrence of another.
func replaced(t *testing.T, in []byte, from, to string) []byte {
	t.Helper()
	if !bytes.Contains(in, []byte(from)) {
		t.Fatalf("no %q", from)
	}
	return bytes.Replace(in, []byte(from), []byte(to), 1)
}

// The contracts stand where the proxies are pointed to (RULES appendix A, deployed addresses).
func TestDeployedAddresses(t *testing.T) {
	for n, want := range []string{
		"07dbe8500fc591d1852b76fee44d5a05e13097ff", "b528d11cc114e026f138fe568744c6d45ce6da7a",
		"a919894851548179a0750865e7974da599c0fac7", "ff256497d61dcd71a9e9ff43967c13fde1f72d12",
		"93e57a196454cb919193fa9946f14943cf733845", "4fa2be8cd41504037f1838bce3bcc93bc68ff537",
		"3ba4007f5c922fbb33c454b41ea7a1f11e83df2c", "4f1db3c6abd250ba86e0928471a8f7db3afd88f1",
	} {
		proxy := common.Address{1}
		tx := upgradeTo("", proxy, deployer(byte(n)))
		if got := hex.EncodeToString(tx.Data); got != "3659cfe6000000000000000000000000"+want || *tx.To != proxy || tx.From != (common.Address{}) {
			t.Errorf("deployer %d: %s from %s to %s, want upgradeTo(%s)", n, got, tx.From, tx.To, want)
		}
	}
}

func BenchmarkAssemble(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := assemble(creationCode, karstBundle); err != nil {
			b.Fatal(err)
		}
	}
}
