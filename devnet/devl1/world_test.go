package devl1

import (
	"crypto/ecdsa"
	"log/slog"
	"math/big"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/contracts"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/l1"
)

const (
	genesisTime = 1_700_000_000
	slotSeconds = 4
	chainID     = 900
)

// world is an L1 on real op-geth. Its slots are made by the test: time stands still.
type world struct {
	t      *testing.T
	l1     *Chain
	chain  *geth.Chain
	client *ethclient.Client
	api    *httptest.Server
	beacon *l1.Beacon

	plain, blobber user // a pool takes either plain or blob transactions of an account
}

// user is a funded account.
type user struct {
	key     *ecdsa.PrivateKey
	address common.Address
	nonce   uint64
}

func newUser(t *testing.T, name string) user {
	t.Helper()
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	return user{key: key, address: crypto.PubkeyToAddress(key.PublicKey)}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, plain: newUser(t, "plain"), blobber: newUser(t, "blobber")}
	thousand := new(big.Int).Mul(big.NewInt(1000), big.NewInt(params.Ether))
	genesis, _, err := contracts.L1Genesis(contracts.L1Params{
		ChainID: chainID, Time: genesisTime, GasLimit: 60_000_000,
		Fund:  map[common.Address]*big.Int{w.plain.address: thousand, w.blobber.address: thousand},
		Owner: common.Address{1}, Batcher: common.Address{2}, UnsafeBlockSigner: common.Address{3}, BatchInbox: common.Address{4},
		L2ChainID: big.NewInt(901), L2GasLimit: 60_000_000, BasefeeScalar: 1, BlobbasefeeScalar: 1, EIP1559Denominator: 250, EIP1559Elasticity: 6,
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.chain, err = geth.Open(geth.Config{Name: "l1", Genesis: genesis, Archive: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.chain.Close(); err != nil {
			t.Error(err)
		}
	})
	w.l1 = New(Config{
		Chain: w.chain, Blobs: NewBlobStore(memorydb.New()), BlockTime: slotSeconds, SafeDistance: 2, FinalizedDistance: 4,
		Log: slog.New(slog.DiscardHandler),
	})
	w.client = ethclient.NewClient(w.chain.RPC())
	w.api = httptest.NewServer(w.l1.Beacon("test"))
	t.Cleanup(w.api.Close)
	if w.beacon, err = l1.NewBeacon(w.api.URL, l1.BeaconConfig{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) head() *types.Header { return w.chain.Head() }

func (w *world) block(number uint64) *types.Block {
	w.t.Helper()
	b := w.chain.BlockByNumber(number)
	if b == nil {
		w.t.Fatalf("block %d is not there", number)
	}
	return b
}

// slots makes the blocks of the next n slots.
func (w *world) slots(n int) {
	w.t.Helper()
	for range n {
		if err := w.l1.produce(w.t.Context(), w.l1.slotOf(w.head())+1); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) reorg(depth uint64) error { return w.l1.reorganise(w.t.Context(), depth) }

// send puts a transaction into the pool and waits until it can go into a block.
func (w *world) send(who *user, tx types.TxData) *types.Transaction {
	w.t.Helper()
	signed := types.MustSignNewTx(who.key, types.LatestSignerForChainID(big.NewInt(chainID)), tx)
	if err := w.client.SendTransaction(w.t.Context(), signed); err != nil {
		w.t.Fatal(err)
	}
	who.nonce++
	w.eventually("the transaction is in the pool", func() bool {
		at, err := w.client.PendingNonceAt(w.t.Context(), who.address)
		return err == nil && at == who.nonce
	})
	return signed
}

func (w *world) eventually(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline:
			w.t.Fatalf("not within 20 s: %s", what)
		case <-tick.C:
		}
	}
}

func (w *world) transfer() *types.Transaction {
	w.t.Helper()
	return w.send(&w.plain, &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: w.plain.nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(100 * params.GWei),
		Gas: params.TxGas, To: &w.plain.address, Value: big.NewInt(1),
	})
}

// blobs sends a transaction with a blob for each text.
func (w *world) blobs(texts ...string) *types.Transaction {
	w.t.Helper()
	sidecar := sidecarOf(w.t, texts...)
	return w.send(&w.blobber, &types.BlobTx{
		ChainID: uint256.NewInt(chainID), Nonce: w.blobber.nonce, GasTipCap: uint256.NewInt(params.GWei), GasFeeCap: uint256.NewInt(100 * params.GWei),
		Gas: params.TxGas, To: w.blobber.address, BlobFeeCap: uint256.NewInt(params.GWei), BlobHashes: sidecar.BlobHashes(), Sidecar: sidecar,
	})
}

// blobOf holds a text after the byte that has to be zero.
func blobOf(text string) *kzg4844.Blob {
	blob := new(kzg4844.Blob)
	copy(blob[1:], text)
	return blob
}

func sidecarOf(t *testing.T, texts ...string) *types.BlobTxSidecar {
	t.Helper()
	var blobs []kzg4844.Blob
	var commitments []kzg4844.Commitment
	var proofs []kzg4844.Proof
	for _, text := range texts {
		blob := blobOf(text)
		commitment, err := kzg4844.BlobToCommitment(blob)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := kzg4844.ComputeCellProofs(blob)
		if err != nil {
			t.Fatal(err)
		}
		blobs, commitments, proofs = append(blobs, *blob), append(commitments, commitment), append(proofs, cells...)
	}
	return types.NewBlobTxSidecar(types.BlobSidecarVersion1, blobs, commitments, proofs)
}
