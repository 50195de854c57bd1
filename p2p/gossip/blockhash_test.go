package gossip_test

import (
	"bytes"
	"math/big"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestBlockHashHasTheListRootsOfGoEthereum(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for n := range 40 {
		env := block(gossip.V3, uint64(n), ecotoneTime)
		p := env.ExecutionPayload
		p.Transactions = make([]hexutil.Bytes, n)
		for i := range p.Transactions {
			p.Transactions[i] = make([]byte, r.Intn(300))
			r.Read(p.Transactions[i])
		}
		for i := range n % 17 {
			*p.Withdrawals = append(*p.Withdrawals, &types.Withdrawal{Index: r.Uint64(), Validator: uint64(i), Address: common.Address{byte(n)}, Amount: r.Uint64()})
		}
		want := (&types.Header{
			ParentHash: p.ParentHash, UncleHash: types.EmptyUncleHash, Coinbase: p.FeeRecipient, Root: p.StateRoot,
			TxHash:      types.DeriveSha(encoded(p.Transactions), trie.NewStackTrie(nil)),
			ReceiptHash: p.ReceiptsRoot, Bloom: p.LogsBloom, Difficulty: new(big.Int), Number: new(big.Int).SetUint64(p.BlockNumber),
			GasLimit: p.GasLimit, GasUsed: p.GasUsed, Time: p.Timestamp, Extra: p.ExtraData, MixDigest: p.PrevRandao, BaseFee: p.BaseFeePerGas,
			WithdrawalsHash: new(types.DeriveSha(*p.Withdrawals, trie.NewStackTrie(nil))),
			BlobGasUsed:     p.BlobGasUsed, ExcessBlobGas: p.ExcessBlobGas, ParentBeaconRoot: env.ParentBeaconBlockRoot,
		}).Hash()
		if got := gossip.BlockHash(env); got != want {
			t.Errorf("%d transactions, %d withdrawals: %s, want %s", n, n%17, got, want)
		}
	}
}

// encoded are transactions for go-ethereum.
type encoded []hexutil.Bytes

func (e encoded) Len() int                           { return len(e) }
func (e encoded) EncodeIndex(i int, w *bytes.Buffer) { w.Write(e[i]) }
