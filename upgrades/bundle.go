package upgrades

import (
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
)

// bundleVersion is the only format of bundles there is.
const bundleVersion = "1.0.0"

// readBundle reads the upgrade transactions of a fork out of its bundle (RULES 6.5, NUT semantics). The name, capital
// letter and all, goes into the source hashes.
func readBundle(name string, text []byte) ([]attributes.UpgradeTx, error) {
	var bundle struct {
		Metadata struct {
			Version string `json:"version"`
		} `json:"metadata"`
		Transactions []struct {
			Intent   string          `json:"intent"`
			From     common.Address  `json:"from"`
			To       *common.Address `json:"to"` // null creates a contract
			Data     hexutil.Bytes   `json:"data"`
			GasLimit uint64          `json:"gasLimit"`
		} `json:"transactions"`
	}
	if err := json.Unmarshal(text, &bundle); err != nil {
		return nil, fmt.Errorf("read bundle of %s: %w", name, err)
	}
	if v := bundle.Metadata.Version; v != bundleVersion {
		return nil, fmt.Errorf("bundle of %s has version %q, want %q", name, v, bundleVersion)
	}
	txs := make([]attributes.UpgradeTx, len(bundle.Transactions))
	for i, tx := range bundle.Transactions {
		if tx.Intent == "" {
			return nil, fmt.Errorf("bundle of %s: transaction %d has no intent", name, i)
		}
		txs[i] = attributes.UpgradeTx{
			Intent: fmt.Sprintf("%s %d: %s", name, i, tx.Intent), From: tx.From, To: tx.To, Gas: tx.GasLimit, Data: tx.Data,
		}
	}
	return txs, nil
}
