package derive

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// SelectL1Block takes from an L1 block what derivation can need (RULES 2.1). The caller has verified header,
// transactions and receipts against the block hash, and cfg has passed Check.
//
// A nil transaction stands for one of a type that cannot be read: no such type counts, but it keeps its place. Receipts
// may be nil if the header's bloom excludes the contracts. Everything that the roots do not commit to, such as a log's
// index, is computed here and never taken from its field.
func SelectL1Block(cfg *rollup.Config, header *types.Header, txs types.Transactions, receipts types.Receipts) *eth.L1Block {
	block := &eth.L1Block{
		L1Ref: eth.L1Ref{
			Hash: header.Hash(), Number: header.Number.Uint64(), ParentHash: header.ParentHash, Time: header.Time,
		},
		PrevRandao:    header.MixDigest,
		BaseFee:       new(big.Int),
		ExcessBlobGas: header.ExcessBlobGas,
		BeaconRoot:    header.ParentBeaconRoot,
		Inbox:         inboxTxs(cfg, header.Time, txs),
	}
	if header.BaseFee != nil {
		block.BaseFee.Set(header.BaseFee)
	}
	block.Logs = contractLogs(cfg, block.L1Ref, txs, receipts)
	return block
}

// inboxTxs lists the transactions that count by type, recipient and signature. Neither the receipt status nor the
// batcher address is looked at: a failed transaction counts, and the batcher is derived state.
func inboxTxs(cfg *rollup.Config, l1Time uint64, txs types.Transactions) []eth.InboxTx {
	var inbox []eth.InboxTx
	signer := types.LatestSignerForChainID(cfg.L1ChainID)
	blobs := cfg.L1Rules(l1Time).Blobs
	for i, tx := range txs {
		if tx == nil || !countsAsData(tx.Type()) || tx.To() == nil || *tx.To() != cfg.BatchInboxAddress {
			continue
		}
		from, err := types.Sender(signer, tx)
		if err != nil {
			continue // wrong chain id or bad signature: nobody sent it
		}
		data := eth.InboxTx{Hash: tx.Hash(), Index: uint64(i), From: from}
		if blobs && tx.Type() == types.BlobTxType {
			data.Blob, data.BlobHashes = true, tx.BlobHashes()
		} else {
			data.Data = tx.Data() // before Ecotone this is so for blob transactions too (RULES 2.2)
		}
		inbox = append(inbox, data)
	}
	return inbox
}

// countsAsData is the closed list of transaction types of RULES 2.1; 0x7E is there for rollups on a rollup.
func countsAsData(txType uint8) bool {
	switch txType {
	case types.LegacyTxType, types.AccessListTxType, types.DynamicFeeTxType, types.BlobTxType, types.DepositTxType:
		return true
	}
	return false
}

// contractLogs lists the logs of the deposit contract and the system config contract in successful transactions.
func contractLogs(cfg *rollup.Config, at eth.L1Ref, txs types.Transactions, receipts types.Receipts) []*types.Log {
	var logs []*types.Log
	index := uint(0)
	for i, receipt := range receipts {
		for _, l := range receipt.Logs {
			position := index
			index++
			if receipt.Status != types.ReceiptStatusSuccessful ||
				(l.Address != cfg.DepositContractAddress && l.Address != cfg.L1SystemConfigAddress) {
				continue
			}
			var txHash common.Hash
			if i < len(txs) && txs[i] != nil {
				txHash = txs[i].Hash()
			}
			logs = append(logs, &types.Log{
				Address: l.Address, Topics: l.Topics, Data: l.Data,
				BlockNumber: at.Number, BlockHash: at.Hash, BlockTimestamp: at.Time,
				TxHash: txHash, TxIndex: uint(i), Index: position,
			})
		}
	}
	return logs
}
