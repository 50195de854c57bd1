package upgrades

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/rollup"
)

// earlyKarstHash is the hash of the hashes, one behind the other, that RULES appendix A has of Karst's transactions.
var earlyKarstHash = common.HexToHash("0x051232f3a4f59f544202a5f48d6b1cc0d2f28c5eaa3ff0a35c27e34bc72a40b9")

// earlyKarst are Karst's transactions with the fork's name in lower case.
var earlyKarst = sync.OnceValues(func() ([]hexutil.Bytes, error) {
	bundle, err := gunzip(karstBundle)
	if err != nil {
		return nil, err
	}
	txs, err := readBundle("karst", bundle)
	if err != nil {
		return nil, err
	}
	var all []hexutil.Bytes
	var hashed bytes.Buffer
	for _, tx := range txs {
		all = append(all, tx.Encode())
		hashed.Write(crypto.Keccak256(all[len(all)-1]))
	}
	if crypto.Keccak256Hash(hashed.Bytes()) != earlyKarstHash {
		return nil, errors.New("the transactions of early Karst do not have their hashes")
	}
	return all, nil
})

// AsOpNode117 gives what Transactions gives, but Karst's as op-node 1.17 made them, before Karst was live: rollup.Config has
// the same name for it.
func AsOpNode117(fork rollup.Fork) ([]hexutil.Bytes, bool) {
	if fork != rollup.Karst {
		return Transactions(fork)
	}
	txs, err := earlyKarst()
	return slices.Clone(txs), err == nil
}
