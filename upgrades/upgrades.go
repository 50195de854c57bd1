package upgrades

import (
	_ "embed" // the generated data
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/rollup"
)

// The generated data, in gzip: a JSON object of hex strings by intent, and the bundle byte for byte.
var (
	//go:embed creation_code.json.gz
	creationCode []byte
	//go:embed karst_nut_bundle.json.gz
	karstBundle []byte
)

// known are the transactions of all forks that have any. They are made when they are first needed, which for most nodes
// is never.
var known = sync.OnceValues(func() (map[rollup.Fork][]hexutil.Bytes, error) {
	return assemble(creationCode, karstBundle)
})

// Transactions gives the encoded upgrade transactions of a fork in their order; false for a fork that has none, or none
// known here. It is an attributes.Upgrades. It is safe for concurrent use; the bytes are shared and not to be written.
func Transactions(fork rollup.Fork) ([]hexutil.Bytes, bool) {
	all, err := known()
	if err != nil {
		return nil, false
	}
	txs, ok := all[fork]
	return slices.Clone(txs), ok
}
