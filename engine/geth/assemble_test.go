package geth_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
)

func TestOrderThatTheForkForbidsIsRejected(t *testing.T) {
	c := openL2(t)
	who := newUsers()
	cases := []struct {
		name string
		edit func(*geth.Order)
	}{
		{"timestamp of the parent", func(o *geth.Order) { o.Time -= blockTime }},
		{"no EIP-1559 parameters from Holocene", func(o *geth.Order) { o.EIP1559Params = nil }},
		{"denominator without elasticity", func(o *geth.Order) { o.EIP1559Params = &eth.Bytes8{3: 1} }},
		{"elasticity without denominator", func(o *geth.Order) { o.EIP1559Params = &eth.Bytes8{7: 1} }},
		{"elasticity above the gas limit", func(o *geth.Order) { o.EIP1559Params = &eth.Bytes8{3: 1, 4: 0xff} }},
		{"no minimum base fee from Jovian", func(o *geth.Order) { o.MinBaseFee = nil }},
		{"no beacon root from Ecotone", func(o *geth.Order) { o.BeaconRoot = nil }},
		{"gas limit of zero", func(o *geth.Order) { o.GasLimit = 0 }},
		{"gas limit above 2^63", func(o *geth.Order) { o.GasLimit = 1 << 63 }},
		{"no transactions", func(o *geth.Order) { o.Forced = nil }},
		{"no L1 info deposit first", func(o *geth.Order) { o.Forced = []*types.Transaction{who[0].transfer(l2ChainID)} }},
		{"L1 info of another fork", func(o *geth.Order) {
			o.Forced[0] = types.NewTx(&types.DepositTx{To: &sink, Gas: 1e6, Value: new(big.Int), Data: make([]byte, 177)})
		}},
		{"nonce too high", func(o *geth.Order) {
			who[1].nonce = 7
			o.Forced = append(o.Forced, who[1].transfer(l2ChainID))
		}},
		{"other chain", func(o *geth.Order) { o.Forced = append(o.Forced, who[2].transfer(l1ChainID)) }},
		{"more gas than the block has", func(o *geth.Order) {
			o.Forced = append(o.Forced, who[3].sign(l2ChainID, &types.DynamicFeeTx{To: &sink, Gas: gasLimit}))
		}},
		{"deposit with more gas than the block", func(o *geth.Order) {
			o.Forced = append(o.Forced, types.NewTx(&types.DepositTx{To: &sink, Gas: gasLimit + 1, Value: new(big.Int)}))
		}},
		{"blob transaction", func(o *geth.Order) { o.Forced = append(o.Forced, blobTx(t, who[4], l2ChainID, 1)) }},
		{"DA footprint above the gas limit", func(o *geth.Order) {
			o.Forced[0] = infoTx(1, 65535) // x 100 bytes per transfer at least
			o.Forced = append(o.Forced, transfers(who[5:], l2ChainID, 10)...)
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			o := l2Order(c.Head())
			tc.edit(&o)
			if made, err := c.Assemble(t.Context(), o); !eth.IsRejected(err) {
				t.Errorf("made %v, error %v", made, err)
			}
		})
	}
	t.Run("unknown parent is a disagreement", func(t *testing.T) {
		o := l2Order(c.Head())
		o.Parent = common.Hash{1}
		if _, err := c.Assemble(t.Context(), o); !errors.Is(err, eth.ErrForkchoice) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Assemble(ctx, l2Order(c.Head())); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("nothing of that left a trace", func(t *testing.T) {
		who := newUsers()
		made := make1(t, c, l2Order(c.Head(), transfers(who, l2ChainID, users)...))
		if len(made.Receipts) != users+1 {
			t.Errorf("%d receipts", len(made.Receipts))
		}
	})
}

func TestSiblingsWithTheSameState(t *testing.T) {
	for _, archive := range []bool{true, false} {
		t.Run(fmt.Sprintf("archive=%t", archive), func(t *testing.T) {
			c := openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), Archive: archive})
			one, other := l2Order(c.Head()), l2Order(c.Head())
			other.MinBaseFee = ptr(7)
			a, b := make1(t, c, one), make1(t, c, other)
			if a.Block.Hash() == b.Block.Hash() || a.Block.Root() != b.Block.Root() {
				t.Fatal("the two are not what this test is about")
			}
			for _, parent := range []*geth.Assembled{a, b, a} {
				make1(t, c, l2Order(parent.Block.Header(), newUsers()[0].transfer(l2ChainID)))
			}
			for range 130 { // more than the path scheme keeps in memory
				make1(t, c, l2Order(c.Head()))
			}
		})
	}
}

func TestReceiptsKnowTheirBlock(t *testing.T) {
	c := openL2(t)
	who := newUsers()
	// PUSH1 0 PUSH1 0 LOG0 as creation code: a log in the constructor.
	logs := who[0].sign(l2ChainID, &types.DynamicFeeTx{Data: common.FromHex("60006000a0"), Gas: 100_000})
	made := make1(t, c, l2Order(c.Head(), logs))
	stored := c.Receipts(made.Block.Hash())
	if len(stored) != 2 || len(made.Receipts[1].Logs) != 1 {
		t.Fatalf("%d receipts stored, %d logs", len(stored), len(made.Receipts[1].Logs))
	}
	for i, r := range made.Receipts {
		if r.BlockHash != made.Block.Hash() || r.TxHash != stored[i].TxHash || r.CumulativeGasUsed != stored[i].CumulativeGasUsed {
			t.Errorf("receipt %d: %+v", i, r)
		}
	}
	if l := made.Receipts[1].Logs[0]; l.BlockHash != made.Block.Hash() || l.BlockNumber != 1 || l.TxIndex != 1 {
		t.Errorf("log %+v", l)
	}
}

func TestLogsAreFoundWithAndWithoutAnIndex(t *testing.T) {
	for _, index := range []bool{true, false} {
		t.Run(fmt.Sprintf("index=%t", index), func(t *testing.T) {
			c := openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), LogIndex: index})
			who := newUsers()
			for range 3 {
				make1(t, c, l2Order(c.Head()))
				make1(t, c, l2Order(c.Head(), who[0].sign(l2ChainID, &types.DynamicFeeTx{Data: common.FromHex("60006000a0"), Gas: 100_000})))
			}
			var logs []types.Log
			query := map[string]any{"fromBlock": "0x0", "toBlock": "latest"}
			if err := c.RPC().CallContext(t.Context(), &logs, "eth_getLogs", query); err != nil {
				t.Fatal(err)
			}
			if len(logs) != 3 || logs[0].BlockNumber != 2 || logs[2].BlockNumber != 6 {
				t.Errorf("logs %v", logs)
			}
		})
	}
}

// hashes are the transactions of a block without the L1 info deposit.
func hashes(b *types.Block) (all []common.Hash) {
	for _, tx := range b.Transactions() {
		if !tx.IsDepositTx() {
			all = append(all, tx.Hash())
		}
	}
	return all
}

func hashesOf(txs ...*types.Transaction) (all []common.Hash) {
	for _, tx := range txs {
		all = append(all, tx.Hash())
	}
	return all
}

func TestPoolBestTipFirstNoncesInOrder(t *testing.T) {
	c := openL2(t)
	who := newUsers()
	tip := func(u *user, gwei int64) *types.Transaction {
		return u.sign(l2ChainID, &types.DynamicFeeTx{To: &sink, Gas: params.TxGas, GasTipCap: big.NewInt(gwei * params.GWei)})
	}
	a1, a9 := tip(who[0], 1), tip(who[0], 9)
	b5, b2 := tip(who[1], 5), tip(who[1], 2)
	// Tip cap 50, but 3 is what the fee cap leaves above the base fee of 1 gwei.
	capped := who[2].sign(l2ChainID, &types.DynamicFeeTx{To: &sink, Gas: params.TxGas, GasTipCap: big.NewInt(4 * params.GWei), GasFeeCap: big.NewInt(4 * params.GWei)})
	poor := who[3].sign(l2ChainID, &types.DynamicFeeTx{To: &sink, Gas: params.TxGas, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(10)})
	behindPoor := tip(who[3], 9)
	send(t, c, a1, a9, b5, b2, capped, poor, behindPoor)

	o := l2Order(c.Head())
	o.Pool = true
	made := make1(t, c, o)
	if want := hashesOf(b5, capped, b2, a1, a9); !slices.Equal(hashes(made.Block), want) {
		t.Errorf("order %v, want %v", hashes(made.Block), want)
	}
}

func TestPoolWhatDoesNotFitIsLeftOut(t *testing.T) {
	const limit = 1_300_000
	c := openL2(t)
	who := newUsers()
	big1 := who[0].sign(l2ChainID, &types.DynamicFeeTx{To: &sink, Gas: limit - 1, GasTipCap: big.NewInt(9 * params.GWei)})
	behind := who[0].transfer(l2ChainID)
	small := who[1].transfer(l2ChainID)
	send(t, c, big1, behind, small)

	for _, tc := range []struct {
		gasLimit uint64
		want     []common.Hash
	}{{limit, hashesOf(small)}, {gasLimit, hashesOf(big1, behind, small)}} {
		o := l2Order(c.Head())
		o.Pool, o.GasLimit = true, tc.gasLimit
		made, err := c.Assemble(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(hashes(made.Block), tc.want) {
			t.Errorf("gas limit %d: block has %v, want %v", tc.gasLimit, hashes(made.Block), tc.want)
		}
	}
}

func TestPoolStopsAtTheDAFootprint(t *testing.T) {
	c := openL2(t)
	send(t, c, transfers(newUsers(), l2ChainID, users)...)
	o := l2Order(c.Head())
	o.Pool, o.Forced[0] = true, infoTx(1, 65535)
	made := make1(t, c, o)
	footprint := *made.Block.BlobGasUsed()
	if n := len(hashes(made.Block)); n != 9 || footprint != 9*100*65535 { // 60,000,000 / (100 bytes x 65535)
		t.Errorf("%d transactions with a footprint of %d", n, footprint)
	}
}

func TestPoolStopsWithTheTime(t *testing.T) {
	c := openL2(t)
	send(t, c, transfers(newUsers(), l2ChainID, users)...)
	o := l2Order(c.Head())
	o.Pool, o.PickFor = true, 1 // ns
	if made := make1(t, c, o); len(hashes(made.Block)) != 0 {
		t.Errorf("%d transactions picked in no time", len(hashes(made.Block)))
	}
	o = l2Order(c.Head())
	o.Pool = true
	if made := make1(t, c, o); len(hashes(made.Block)) != users {
		t.Errorf("%d transactions picked without a limit", len(hashes(made.Block)))
	}
}

// provenBlob is a blob with its commitment and Osaka's cell proofs, which take a while to compute.
type provenBlob struct {
	blob       kzg4844.Blob
	commitment kzg4844.Commitment
	proofs     []kzg4844.Proof
}

var provenBlobs []*provenBlob

func blobNumber(t testing.TB, i int) *provenBlob {
	t.Helper()
	for len(provenBlobs) <= i {
		p := &provenBlob{blob: kzg4844.Blob{1: byte(len(provenBlobs) + 1)}}
		var err error
		if p.commitment, err = kzg4844.BlobToCommitment(&p.blob); err != nil {
			t.Fatal(err)
		}
		if p.proofs, err = kzg4844.ComputeCellProofs(&p.blob); err != nil {
			t.Fatal(err)
		}
		provenBlobs = append(provenBlobs, p)
	}
	return provenBlobs[i]
}

// blobTx carries n blobs.
func blobTx(t testing.TB, u *user, chainID *big.Int, n int) *types.Transaction {
	t.Helper()
	sidecar := &types.BlobTxSidecar{Version: types.BlobSidecarVersion1}
	for i := range n {
		p := blobNumber(t, i)
		sidecar.Blobs = append(sidecar.Blobs, p.blob)
		sidecar.Commitments = append(sidecar.Commitments, p.commitment)
		sidecar.Proofs = append(sidecar.Proofs, p.proofs...)
	}
	tx := &types.BlobTx{
		ChainID: uint256.MustFromBig(chainID), Nonce: u.nonce, GasTipCap: uint256.NewInt(2 * params.GWei),
		GasFeeCap: uint256.NewInt(100 * params.GWei), Gas: params.TxGas, To: sink, BlobFeeCap: uint256.NewInt(params.GWei),
		BlobHashes: sidecar.BlobHashes(), Sidecar: sidecar,
	}
	u.nonce++
	return types.MustSignNewTx(u.key, types.LatestSignerForChainID(chainID), tx)
}

func TestL1BlobsFromThePoolComeWithTheirSidecars(t *testing.T) {
	c := openChain(t, geth.Config{Name: "l1", Genesis: l1Genesis(), Archive: true})
	check := openChain(t, geth.Config{Name: "check", Genesis: l1Genesis()})
	who := newUsers()
	// 9 blobs fit at most: 2 of these 3 transactions.
	blobTxs := []*types.Transaction{blobTx(t, who[0], l1ChainID, 4), blobTx(t, who[1], l1ChainID, 4), blobTx(t, who[2], l1ChainID, 4)}
	plain := transfers(who[3:], l1ChainID, 5)
	send(t, c, append(plain, blobTxs...)...)

	first := make1(t, c, l1Order(c.Head()))
	if len(first.Sidecars) != 2 || *first.Block.BlobGasUsed() != 8*params.BlobTxBlobGasPerBlob {
		t.Errorf("%d sidecars, %d blob gas", len(first.Sidecars), *first.Block.BlobGasUsed())
	}
	if n := len(first.Block.Transactions()); n != 7 {
		t.Errorf("%d transactions in the first block, want 5 transfers and 2 with blobs", n)
	}
	var inBlock []common.Hash
	for _, tx := range first.Block.Transactions() {
		if tx.BlobTxSidecar() != nil {
			t.Error("a sidecar is in the block")
		}
		inBlock = append(inBlock, tx.BlobHashes()...)
	}
	var inSidecars []common.Hash
	for _, s := range first.Sidecars {
		inSidecars = append(inSidecars, s.BlobHashes()...)
	}
	if !slices.Equal(inBlock, inSidecars) {
		t.Errorf("blobs in the block %v, in the sidecars %v", inBlock, inSidecars)
	}
	second := make1(t, c, l1Order(c.Head()))
	if len(second.Sidecars) != 1 {
		t.Errorf("%d sidecars in the second block, want 1", len(second.Sidecars))
	}
	// A forced blob transaction, and one that has no room.
	forced := blobTx(t, who[0], l1ChainID, 6)
	third := make1(t, c, l1Order(c.Head(), forced))
	if len(third.Sidecars) != 1 || third.Requests == nil {
		t.Errorf("%d sidecars, requests %v", len(third.Sidecars), third.Requests)
	}
	tooMany := []*types.Transaction{blobTx(t, who[0], l1ChainID, 5), blobTx(t, who[0], l1ChainID, 5)}
	if _, err := c.Assemble(t.Context(), l1Order(c.Head(), tooMany...)); !eth.IsRejected(err) {
		t.Errorf("10 blobs in a block: %v", err)
	}
	if _, err := c.Assemble(t.Context(), l1Order(c.Head(), tooMany[0].WithoutBlobTxSidecar())); !eth.IsRejected(err) {
		t.Errorf("forced blob transaction without sidecar: %v", err)
	}
	for _, made := range []*geth.Assembled{first, second, third} {
		if err := check.Import(t.Context(), made.Block); err != nil {
			t.Fatalf("another chain refuses block %d: %v", made.Block.NumberU64(), err)
		}
	}
}

func TestL1TransactionGasCapOfOsaka(t *testing.T) {
	c := openChain(t, geth.Config{Name: "l1", Genesis: l1Genesis()})
	u := newUsers()[0]
	huge := u.sign(l1ChainID, &types.DynamicFeeTx{To: &sink, Gas: params.MaxTxGas + 1})
	if _, err := c.Assemble(t.Context(), l1Order(c.Head(), huge)); !eth.IsRejected(err) {
		t.Errorf("EIP-7825: %v", err)
	}
	u.nonce = 0
	largest := u.sign(l1ChainID, &types.DynamicFeeTx{To: &sink, Gas: params.MaxTxGas})
	if _, err := c.Assemble(t.Context(), l1Order(c.Head(), largest)); err != nil {
		t.Errorf("the largest allowed: %v", err)
	}
}

func TestL1GasLimitMovesByOneStep(t *testing.T) {
	c := openChain(t, geth.Config{Name: "l1", Genesis: l1Genesis()})
	o := l1Order(c.Head())
	o.GasLimit = 2 * gasLimit
	const step = gasLimit/1024 - 1
	if got := make1(t, c, o).Block.GasLimit(); got != gasLimit+step {
		t.Errorf("gas limit %d, want %d", got, gasLimit+step)
	}
	if got := make1(t, c, l1Order(c.Head())).Block.GasLimit(); got != gasLimit+step {
		t.Errorf("gas limit %d, want it to stay", got)
	}
}
