package batch_test

import (
	"math/big"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The world of the rule tests: three L1 blocks, twelve seconds apart; the safe head belongs to the first, and the next
// L2 block has the time of the second.
const (
	epoch    = uint64(50) // number of the first L1 block
	window   = uint64(10)
	nextTime = uint64(20_002)
	safeTime = nextTime - blockTime
	safeNum  = uint64(2_000)

	blockTime   = uint64(2)
	genesisTime = safeTime - (safeNum-genesisNum)*blockTime
	genesisNum  = uint64(1_000)
)

func l1Hash(number uint64) common.Hash { return common.Hash{0x11, byte(number), 31: 1} }
func l2Hash(number uint64) common.Hash {
	return common.Hash{0x22, byte(number >> 8), byte(number), 31: 2}
}

// at is a fork time.
func at(time uint64) *uint64 { return &time }

// testConfig has all forks up to Holocene from genesis on and no later one.
func testConfig() *rollup.Config {
	cfg := &rollup.Config{
		Genesis:           rollup.Genesis{L2: eth.BlockID{Number: genesisNum, Hash: l2Hash(genesisNum)}, L2Time: genesisTime},
		BlockTime:         blockTime,
		MaxSequencerDrift: 600,
		SeqWindowSize:     window,
		L2ChainID:         big.NewInt(10),
	}
	for f := rollup.Regolith; f <= rollup.Holocene; f++ {
		cfg.SetTime(f, at(0))
	}
	return cfg
}

func testL1() []eth.L1Ref {
	var out []eth.L1Ref
	for i := range uint64(3) {
		out = append(out, eth.L1Ref{Hash: l1Hash(epoch + i), Number: epoch + i, ParentHash: l1Hash(epoch + i - 1), Time: nextTime + 12*i - 12})
	}
	return out
}

func testView(strict bool) batch.View {
	return batch.View{
		Config: testConfig(), L1Blocks: testL1(), Inclusion: epoch + 3, Strict: strict,
		Safe: eth.L2Ref{
			Hash: l2Hash(safeNum), Number: safeNum, ParentHash: l2Hash(safeNum - 1), Time: safeTime,
			L1Origin: eth.BlockID{Hash: l1Hash(epoch), Number: epoch}, SequenceNumber: 3,
		},
	}
}

// shared gives the path of a file outside the project that tests read if it is there.
func shared(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "shared", path))
	if err != nil {
		t.Skipf("real chain data is not here: %v", err)
	}
	return content
}

var chainID = big.NewInt(10)

var testParams = batch.Params{ChainID: chainID, GenesisTime: genesisTime, BlockTime: blockTime}

// postExecTx is a transaction of type 0x7D; its payload means nothing here.
var postExecTx = hexutil.Bytes{0x7D, 0xC2, 0x01, 0xC0}

// randomTx makes a signed transaction of a type: 0 is legacy for this chain, 5 legacy for any, 1, 2, 4 as they are.
func randomTx(r *rand.Rand, kind int) hexutil.Bytes {
	key, err := crypto.ToECDSA(common.Hash{31: 7}.Bytes())
	if err != nil {
		panic(err)
	}
	number := func() *big.Int {
		n := make([]byte, r.Intn(12))
		r.Read(n)
		return new(big.Int).SetBytes(n)
	}
	uint64s := func() uint64 { return r.Uint64() >> r.Intn(64) }
	var to *common.Address
	if kind == types.SetCodeTxType || r.Intn(4) > 0 {
		to = new(common.Address)
		r.Read(to[:])
	}
	data := make([]byte, r.Intn(3)*r.Intn(60))
	r.Read(data)
	var list types.AccessList
	for range r.Intn(3) {
		entry := types.AccessTuple{Address: common.Address{byte(r.Int())}}
		for range r.Intn(3) {
			entry.StorageKeys = append(entry.StorageKeys, common.Hash{byte(r.Int())})
		}
		list = append(list, entry)
	}
	signer := types.LatestSignerForChainID(chainID)
	var inner types.TxData
	switch kind {
	case 0:
		inner = &types.LegacyTx{Nonce: uint64s(), GasPrice: number(), Gas: uint64s(), To: to, Value: number(), Data: data}
	case 5:
		signer = types.HomesteadSigner{}
		inner = &types.LegacyTx{Nonce: uint64s(), GasPrice: number(), Gas: uint64s(), To: to, Value: number(), Data: data}
	case types.AccessListTxType:
		inner = &types.AccessListTx{ChainID: chainID, Nonce: uint64s(), GasPrice: number(), Gas: uint64s(), To: to, Value: number(), Data: data, AccessList: list}
	case types.DynamicFeeTxType:
		inner = &types.DynamicFeeTx{ChainID: chainID, Nonce: uint64s(), GasTipCap: number(), GasFeeCap: number(), Gas: uint64s(), To: to, Value: number(), Data: data, AccessList: list}
	case types.SetCodeTxType:
		var auths []types.SetCodeAuthorization
		for range r.Intn(3) {
			auths = append(auths, types.SetCodeAuthorization{
				ChainID: *uint256.MustFromBig(number()), Address: common.Address{byte(r.Int())}, Nonce: uint64s(), V: uint8(r.Intn(256)),
				R: *uint256.MustFromBig(number()), S: *uint256.MustFromBig(number()),
			})
		}
		inner = &types.SetCodeTx{
			ChainID: uint256.MustFromBig(chainID), Nonce: uint64s(), GasTipCap: uint256.MustFromBig(number()), GasFeeCap: uint256.MustFromBig(number()),
			Gas: uint64s(), To: *to, Value: uint256.MustFromBig(number()), Data: data, AccessList: list, AuthList: auths,
		}
	default:
		panic("unknown kind")
	}
	out, err := types.MustSignNewTx(key, signer, inner).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return out
}

// randomBlocks makes consecutive blocks with transactions of all kinds.
func randomBlocks(r *rand.Rand, count, maxTxs int) []batch.Block {
	kinds := []int{0, 5, types.AccessListTxType, types.DynamicFeeTxType, types.SetCodeTxType}
	out := make([]batch.Block, count)
	block := batch.Block{Timestamp: genesisTime + uint64(r.Intn(1000)), EpochNum: uint64(r.Intn(1000)), SequenceNumber: uint64(r.Intn(2))}
	for i := range out {
		if i > 0 {
			block.Timestamp += blockTime
			block.SequenceNumber++
			if r.Intn(3) == 0 {
				block.EpochNum++
				block.SequenceNumber = 0
			}
		}
		block.ParentHash, block.EpochHash = l2Hash(uint64(i)), l1Hash(block.EpochNum)
		block.Transactions = nil
		for range r.Intn(maxTxs + 1) {
			if r.Intn(10) == 0 {
				block.Transactions = append(block.Transactions, postExecTx)
				continue
			}
			block.Transactions = append(block.Transactions, randomTx(r, kinds[r.Intn(len(kinds))]))
		}
		out[i] = block
	}
	return out
}
