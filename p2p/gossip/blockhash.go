package gossip

import (
	"bytes"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/listroot"
)

// BlockHash computes the hash of the header that an envelope stands for. Which fields the header has is seen from those
// of the envelope: with a withdrawals root it is Isthmus' header, whose requests hash is that of no requests.
func BlockHash(env *eth.PayloadEnvelope) common.Hash {
	p := env.ExecutionPayload
	h := types.Header{
		ParentHash: p.ParentHash, UncleHash: types.EmptyUncleHash, Coinbase: p.FeeRecipient, Root: p.StateRoot,
		TxHash: listroot.Of(p.Transactions), ReceiptHash: p.ReceiptsRoot, Bloom: p.LogsBloom, Difficulty: new(big.Int),
		Number: new(big.Int).SetUint64(p.BlockNumber), GasLimit: p.GasLimit, GasUsed: p.GasUsed, Time: p.Timestamp,
		Extra: p.ExtraData, MixDigest: p.PrevRandao, BaseFee: p.BaseFeePerGas,
		BlobGasUsed: p.BlobGasUsed, ExcessBlobGas: p.ExcessBlobGas, ParentBeaconRoot: env.ParentBeaconBlockRoot,
	}
	switch {
	case p.WithdrawalsRoot != nil:
		h.WithdrawalsHash, h.RequestsHash = p.WithdrawalsRoot, &types.EmptyRequestsHash
	case p.Withdrawals != nil:
		h.WithdrawalsHash = new(withdrawalsRoot(*p.Withdrawals))
	}
	return h.Hash()
}

// withdrawalsRoot is the root of the list of withdrawals, each in RLP.
func withdrawalsRoot(all types.Withdrawals) common.Hash {
	encoded := make([][]byte, len(all))
	for i := range all {
		var w bytes.Buffer
		all.EncodeIndex(i, &w)
		encoded[i] = w.Bytes()
	}
	return listroot.Of(encoded)
}
