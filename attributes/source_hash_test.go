package attributes_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
)

// Vectors of RULES 14.1.
func TestSourceHashes(t *testing.T) {
	l1 := common.HexToHash("0xc00e5d67c2755389aded7d8b151cbd5bcdf7ed275ad5e028b664880fc7581c77")
	for name, c := range map[string]struct {
		got  common.Hash
		want string
	}{
		"domain 0: user deposit": {attributes.UserDepositSource(l1, 4), "0xea35d3c24d61d36e4f0c4126acac226410d049fc3b2c173f7563e4e6fe8d773a"},
		"domain 1: L1 info":      {attributes.L1InfoSource(l1, 4), "0x0586c503340591999b8b38bc9834bb16aec7d5bc00eb5587ab139c9ddab81977"},
		"domain 2: upgrade":      {attributes.UpgradeSource("Ecotone: L1 Block Proxy Update"), "0x18acb38c5ff1c238a7460ebc1b421fa49ec4874bdf1e0a530d234104e5e67dbc"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}
