package gossip

import (
	"bytes"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/eth"
)

// BlockHash computes the hash of the header that an envelope stands for. Which fields the header has is seen from those
// of the envelope: with a withdrawals root it is Isthmus' header, whose requests hash is that of no requests.
func BlockHash(env *eth.PayloadEnvelope) common.Hash {
	p := env.ExecutionPayload
	h := types.Header{
		ParentHash: p.ParentHash, UncleHash: types.EmptyUncleHash, Coinbase: p.FeeRecipient, Root: p.StateRoot,
		TxHash: listRoot(byIndex(p.Transactions)), ReceiptHash: p.ReceiptsRoot, Bloom: p.LogsBloom, Difficulty: new(big.Int),
		Number: new(big.Int).SetUint64(p.BlockNumber), GasLimit: p.GasLimit, GasUsed: p.GasUsed, Time: p.Timestamp,
		Extra: p.ExtraData, MixDigest: p.PrevRandao, BaseFee: p.BaseFeePerGas,
		BlobGasUsed: p.BlobGasUsed, ExcessBlobGas: p.ExcessBlobGas, ParentBeaconRoot: env.ParentBeaconBlockRoot,
	}
	switch {
	case p.WithdrawalsRoot != nil:
		h.WithdrawalsHash, h.RequestsHash = p.WithdrawalsRoot, &types.EmptyRequestsHash
	case p.Withdrawals != nil:
		h.WithdrawalsHash = new(listRoot(*p.Withdrawals))
	}
	return h.Hash()
}

// tries are reused: what one costs is memory. Its hashing is nothing but Keccak, so a trie made for lists would save nothing.
var tries = sync.Pool{New: func() any { return trie.NewStackTrie(nil) }}

// listRoot is the root of the trie of a list: RLP of the index to the element.
func listRoot(list types.DerivableList) common.Hash {
	t := tries.Get().(*trie.StackTrie)
	defer tries.Put(t)
	return types.DeriveSha(list, t)
}

// byIndex are encoded transactions as a list.
type byIndex []hexutil.Bytes

func (b byIndex) Len() int                           { return len(b) }
func (b byIndex) EncodeIndex(i int, w *bytes.Buffer) { w.Write(b[i]) }
