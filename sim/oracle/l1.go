package oracle

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
)

// The transaction types that carry batches (specs: L1 Retrieval): known ones, but not the set-code transaction. The
// deposit type is for an L1 that is itself an L2.
var batcherTypes = []uint8{
	types.LegacyTxType, types.AccessListTxType, types.DynamicFeeTxType, types.BlobTxType, types.DepositTxType,
}

// batcherData lists what a batcher has said in an L1 block, in order: the data of each transaction, and from Ecotone on
// the content of each blob. Whether a transaction succeeded does not matter.
func (d *derivation) batcherData(block *L1Block, batcher common.Address) [][]byte {
	signer := types.LatestSignerForChainID(d.config.L1ChainID)
	var items [][]byte
	for _, tx := range block.Transactions {
		if tx == nil || !contains(batcherTypes, tx.Type()) {
			continue
		}
		if tx.To() == nil || *tx.To() != d.config.BatchInboxAddress {
			continue
		}
		sender, err := signer.Sender(tx)
		if err != nil || sender != batcher {
			continue
		}
		if tx.Type() != types.BlobTxType || !d.active(rollup.Ecotone, block.Header.Time) {
			items = append(items, tx.Data())
			continue
		}
		for _, hash := range tx.BlobHashes() {
			blob := d.world.Blobs[hash]
			if blob == nil {
				panic(fmt.Sprintf("the world lacks the blob %s of L1 block %d", hash, block.Header.Number))
			}
			if data, ok := decodeBlob(blob); ok {
				items = append(items, data)
			}
		}
	}
	return items
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
