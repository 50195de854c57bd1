package upgrades

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
)

// assemble makes the transactions of all forks out of the two files and holds each against its pinned hash. One that
// differs is an error for all.
func assemble(codeFile, bundleFile []byte) (map[rollup.Fork][]hexutil.Bytes, error) {
	code, err := readCode(codeFile)
	if err != nil {
		return nil, err
	}
	bundle, err := gunzip(bundleFile)
	if err != nil {
		return nil, fmt.Errorf("read bundle of Karst: %w", err)
	}
	all := map[rollup.Fork][]hexutil.Bytes{}
	for fork := range hashes {
		var txs []attributes.UpgradeTx
		if fork == rollup.Karst {
			txs, err = readBundle("Karst", bundle)
		} else {
			txs, err = withCode(fork, code)
		}
		if err != nil {
			return nil, err
		}
		if all[fork], err = encode(fork, txs); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// encode writes the transactions of a fork, which must have the pinned hashes.
func encode(fork rollup.Fork, txs []attributes.UpgradeTx) ([]hexutil.Bytes, error) {
	want := hashes[fork]
	if len(txs) != len(want) {
		return nil, fmt.Errorf("%s has %d upgrade transactions, want %d", fork, len(txs), len(want))
	}
	encoded := make([]hexutil.Bytes, len(txs))
	for i, tx := range txs {
		encoded[i] = tx.Encode()
		if got := crypto.Keccak256Hash(encoded[i]); got != common.HexToHash(want[i]) {
			return nil, fmt.Errorf("upgrade transaction %q has hash %x, want %s", tx.Intent, got, want[i])
		}
	}
	return encoded, nil
}

// readCode reads the creation codes by intent.
func readCode(file []byte) (code map[string]hexutil.Bytes, err error) {
	text, err := gunzip(file)
	if err != nil {
		return nil, fmt.Errorf("read creation code: %w", err)
	}
	if err := json.Unmarshal(text, &code); err != nil {
		return nil, fmt.Errorf("read creation code: %w", err)
	}
	return code, nil
}

func gunzip(file []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
