package inspect_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/inspect"
	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

// opMainnet is the chain of the examples.
func opMainnet(t testing.TB) *rollup.Config {
	t.Helper()
	cfg, _, err := network.Lookup("op-mainnet")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// known are the chains that the tests know.
func known(t testing.TB) []inspect.Known {
	return []inspect.Known{
		{Name: "Ethereum", ChainID: 1},
		{Name: "op-mainnet", ChainID: 10, L1: 1, Inbox: opMainnet(t).BatchInboxAddress},
	}
}

// key is that of everybody in the examples.
func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte("everybody in the examples")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, chain int64, data types.TxData) *types.Transaction {
	t.Helper()
	tx, err := types.SignNewTx(key(t), types.LatestSignerForChainID(big.NewInt(chain)), data)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func encode(t testing.TB, tx *types.Transaction) []byte {
	t.Helper()
	raw, err := tx.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var someone = common.HexToAddress("0x5ca1ab1e0000000000000000000000000000cafe")

// l2Txs are transactions of L2, one of each type that a batch can have.
func l2Txs(t testing.TB) (all []hexutil.Bytes) {
	t.Helper()
	to := someone
	ten := uint256.NewInt(10)
	auth, err := types.SignSetCode(key(t), types.SetCodeAuthorization{ChainID: *ten, Address: to, Nonce: 6})
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []types.TxData{
		&types.LegacyTx{Nonce: 1, GasPrice: big.NewInt(1_000_000), Gas: 21_000, To: &to, Value: big.NewInt(1)},
		&types.AccessListTx{ChainID: big.NewInt(10), Nonce: 2, GasPrice: big.NewInt(1_000_000), Gas: 30_000, To: &to, AccessList: types.AccessList{{Address: to, StorageKeys: []common.Hash{{1}}}}},
		&types.DynamicFeeTx{ChainID: big.NewInt(10), Nonce: 3, GasFeeCap: big.NewInt(2_000_000), GasTipCap: big.NewInt(1), Gas: 40_000, To: &to, Data: []byte("hello")},
		&types.DynamicFeeTx{ChainID: big.NewInt(10), Nonce: 4, GasFeeCap: big.NewInt(2_000_000), GasTipCap: big.NewInt(1), Gas: 90_000, Data: []byte{0x60, 0x00}},
		&types.SetCodeTx{ChainID: ten, Nonce: 5, GasFeeCap: uint256.NewInt(2_000_000), GasTipCap: uint256.NewInt(1), Gas: 90_000, To: to, AuthList: []types.SetCodeAuthorization{auth}},
	} {
		all = append(all, encode(t, sign(t, 10, data)))
	}
	return all
}

// firstTime is that of the first block of the examples: 140000000 of OP Mainnet.
func firstTime(t testing.TB) uint64 { return opMainnet(t).BlockTimestamp(140_000_000) }

// span is a span batch of three blocks.
func span(t testing.TB) []byte {
	t.Helper()
	cfg, txs := opMainnet(t), l2Txs(t)
	start := firstTime(t) + 2*cfg.BlockTime
	epoch := crypto.Keccak256Hash([]byte("L1 origin"))
	out, err := batch.EncodeSpan(batch.ParamsAt(cfg, start), []batch.Block{
		{Timestamp: start, ParentHash: crypto.Keccak256Hash([]byte("parent")), EpochNum: 23_000_000, EpochHash: epoch, SequenceNumber: 2, Transactions: txs[:2]},
		{Timestamp: start + 2, EpochNum: 23_000_000, EpochHash: epoch, SequenceNumber: 3},
		{Timestamp: start + 4, EpochNum: 23_000_001, EpochHash: epoch, Transactions: txs[2:]},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// singular is the batch of the block with a position in the examples.
func singular(t testing.TB, position uint64, txs ...hexutil.Bytes) []byte {
	b := batch.Singular{
		ParentHash: crypto.Keccak256Hash([]byte("parent")), EpochNum: 23_000_000, EpochHash: crypto.Keccak256Hash([]byte("L1 origin")),
		Timestamp: firstTime(t) + 2*position, Transactions: txs,
	}
	return b.Encode()
}

// compressed is the data of a channel with these batches.
func compressed(t testing.TB, algo channel.Algo, batches ...[]byte) *channel.Writer {
	t.Helper()
	w, err := channel.NewWriter(algo, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

var channelID = channel.ID(common.FromHex("c0ffee00000000000000000000000001"))

// frames are those of a channel with three batches.
func frames(t testing.TB) []channel.Frame {
	t.Helper()
	w := compressed(t, channel.Brotli, singular(t, 0, l2Txs(t)[0]), singular(t, 1), span(t))
	all, err := w.Frames(channelID, 250)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func item(frames ...channel.Frame) []byte { return channel.AppendItem(nil, frames...) }

// calldataTx is a batcher transaction with an item.
func calldataTx(t testing.TB, data []byte) *types.Transaction {
	inbox := opMainnet(t).BatchInboxAddress
	return sign(t, 1, &types.DynamicFeeTx{
		ChainID: big.NewInt(1), Nonce: 7, GasFeeCap: big.NewInt(31_500_000_000), GasTipCap: big.NewInt(1_000_000_000), Gas: 60_000, To: &inbox, Data: data,
	})
}

// blobTx is a batcher transaction with a blob for each item, in its network form.
func blobTx(t testing.TB, items ...[]byte) *types.Transaction {
	t.Helper()
	var sidecar types.BlobTxSidecar
	var hashes []common.Hash
	for _, it := range items {
		blob := (*kzg4844.Blob)(blobOf(t, it))
		commitment, err := kzg4844.BlobToCommitment(blob)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := kzg4844.ComputeBlobProof(blob, commitment)
		if err != nil {
			t.Fatal(err)
		}
		sidecar.Blobs, sidecar.Commitments, sidecar.Proofs = append(sidecar.Blobs, *blob), append(sidecar.Commitments, commitment), append(sidecar.Proofs, proof)
		hashes = append(hashes, kzg4844.CalcBlobHashV1(sha256.New(), &commitment))
	}
	return sign(t, 1, &types.BlobTx{
		ChainID: uint256.NewInt(1), Nonce: 8, GasFeeCap: uint256.NewInt(31_500_000_000), GasTipCap: uint256.NewInt(1), Gas: 21_000,
		To: opMainnet(t).BatchInboxAddress, BlobFeeCap: uint256.NewInt(7), BlobHashes: hashes, Sidecar: &sidecar,
	})
}

func blobOf(t testing.TB, item []byte) *[channel.BlobSize]byte {
	t.Helper()
	blob, err := channel.EncodeBlob(item)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// l1InfoTx is the first transaction of a block, in a format.
func l1InfoTx(format rollup.InfoFormat) []byte {
	info := attributes.L1Info{
		Number: 23_000_000, Time: 1_753_900_000, BaseFee: *uint256.NewInt(1_234_567_890), BlockHash: crypto.Keccak256Hash([]byte("L1 origin")), SequenceNumber: 4,
		BatcherAddr: common.HexToAddress("0x6887246668a3b87F54DeB3b94Ba47a6f63F32985"), BlobBaseFee: *uint256.NewInt(3),
		BaseFeeScalar: 5227, BlobBaseFeeScalar: 1_014_213, OperatorFeeScalar: 6, OperatorFeeConstant: 7, DAFootprintGasScalar: 400,
	}
	info.L1FeeOverhead[31], info.L1FeeScalar[30] = 188, 10
	return attributes.L1InfoTx(&info, &rollup.L2Rules{Regolith: format > rollup.InfoBedrock, Info: format})
}

// upgradeTx is an upgrade transaction.
func upgradeTx(t testing.TB, fork rollup.Fork, index int) []byte {
	t.Helper()
	txs, ok := upgrades.Transactions(fork)
	if !ok {
		t.Fatalf("no upgrade transactions of %s", fork)
	}
	return txs[index]
}

// hexLines writes values as people keep them.
func hexLines(values ...[]byte) []byte {
	var b bytes.Buffer
	for _, v := range values {
		fmt.Fprintf(&b, "0x%x\n", v)
	}
	return b.Bytes()
}

// describer is one of the ways to read.
type describer func(inspect.Input, inspect.Options) (described, error)

type described interface{ WriteText(w io.Writer) error }

func asTx(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadTx(in, o) }

func asBlobs(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadBlobs(in, o) }

func asItem(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadItem(in, o) }

func asBatch(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadBatch(in, o) }

func asChannel(in inspect.Input, o inspect.Options) (described, error) {
	return inspect.ReadChannels(in, o)
}

func batchOf(index int) describer {
	return func(in inspect.Input, o inspect.Options) (described, error) {
		return inspect.ReadBatchOf(in, index, o)
	}
}

// describe reads an input that is what it should be.
func describe(t testing.TB, as describer, text []byte, o inspect.Options) described {
	t.Helper()
	in, err := inspect.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := as(in, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// failure gives the error of an input that is not what it should be.
func failure(as describer, text []byte) error {
	in, err := inspect.Read(text)
	if err != nil {
		return err
	}
	_, err = as(in, inspect.Options{})
	return err
}

func written(t testing.TB, d described) (text, object []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := d.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	object, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), append(object, '\n')
}

// shared reads a file outside the project that tests use if it is there.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "shared", "vectors", name))
	if err != nil {
		t.Skipf("the vector is not here: %v", err)
	}
	return content
}
