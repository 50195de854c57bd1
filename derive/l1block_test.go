package derive

import (
	"crypto/ecdsa"
	"math/big"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	selectInbox   = common.Address{0xff, 1}
	selectPortal  = common.Address{0xdd, 2}
	selectSysCfg  = common.Address{0xcc, 3}
	selectChainID = big.NewInt(900)
)

// selectConfig has Ecotone from time 1000 on.
func selectConfig() *rollup.Config {
	ecotone := uint64(1000)
	return &rollup.Config{
		L1ChainID: selectChainID, BatchInboxAddress: selectInbox, DepositContractAddress: selectPortal,
		L1SystemConfigAddress: selectSysCfg, EcotoneTime: &ecotone,
	}
}

func selectHeader(time uint64) *types.Header {
	return &types.Header{Number: big.NewInt(7), Time: time, BaseFee: big.NewInt(5), Difficulty: new(big.Int)}
}

func selectKey(tb testing.TB) (*ecdsa.PrivateKey, common.Address) {
	tb.Helper()
	key, err := crypto.ToECDSA(common.LeftPadBytes([]byte{42}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return key, crypto.PubkeyToAddress(key.PublicKey)
}

func selectSigned(tb testing.TB, signer types.Signer, data types.TxData) *types.Transaction {
	tb.Helper()
	key, _ := selectKey(tb)
	tx, err := types.SignNewTx(key, signer, data)
	if err != nil {
		tb.Fatal(err)
	}
	return tx
}

func TestSelectL1BlockTransactions(t *testing.T) {
	latest := types.LatestSignerForChainID(selectChainID)
	other := types.LatestSignerForChainID(big.NewInt(901))
	id, otherID := uint256.MustFromBig(selectChainID), uint256.NewInt(901)
	_, sender := selectKey(t)
	to, data := &selectInbox, []byte("data")
	elsewhere := &common.Address{9}
	blobHashes := []common.Hash{{1, 2}, {1, 3}, {1, 2}}
	deposit := types.NewTx(&types.DepositTx{From: common.Address{0xab}, To: to, Value: new(big.Int), Data: data})
	badSignature := types.NewTx(&types.DynamicFeeTx{
		ChainID: selectChainID, To: to, Data: data, V: big.NewInt(0), R: new(big.Int), S: big.NewInt(1),
	})

	for _, tc := range []struct {
		name string
		time uint64
		tx   *types.Transaction
		want *eth.InboxTx // without hash and index
	}{
		{
			"type 0 protected by EIP-155 counts", 1000,
			selectSigned(t, latest, &types.LegacyTx{To: to, Data: data}), &eth.InboxTx{From: sender, Data: data},
		},
		{
			"type 0 unprotected counts", 1000,
			selectSigned(t, types.HomesteadSigner{}, &types.LegacyTx{To: to, Data: data}), &eth.InboxTx{From: sender, Data: data},
		},
		{
			"type 1 counts", 1000,
			selectSigned(t, latest, &types.AccessListTx{ChainID: selectChainID, To: to, Data: data}), &eth.InboxTx{From: sender, Data: data},
		},
		{
			"type 2 counts", 1000,
			selectSigned(t, latest, &types.DynamicFeeTx{ChainID: selectChainID, To: to, Data: data}), &eth.InboxTx{From: sender, Data: data},
		},
		{
			"type 3 carries its data in blobs, in transaction order with repetition, and its calldata does not count", 1000,
			selectSigned(t, latest, &types.BlobTx{ChainID: id, To: selectInbox, Data: data, BlobHashes: blobHashes}),
			&eth.InboxTx{From: sender, Blob: true, BlobHashes: blobHashes},
		},
		{
			"type 3 before Ecotone contributes its calldata", 999,
			selectSigned(t, latest, &types.BlobTx{ChainID: id, To: selectInbox, Data: data, BlobHashes: blobHashes}),
			&eth.InboxTx{From: sender, Data: data},
		},
		{"type 0x7E counts and its sender is the from field", 1000, deposit, &eth.InboxTx{From: common.Address{0xab}, Data: data}},
		{
			"type 4 is ignored", 1000,
			selectSigned(t, latest, &types.SetCodeTx{ChainID: id, To: selectInbox, Data: data}), nil,
		},
		{"type 0x7D is ignored", 1000, types.NewTx(&types.PostExecTx{Data: data}), nil},
		{"a type that cannot be read is ignored", 1000, nil, nil},
		{
			"to another address is ignored", 1000,
			selectSigned(t, latest, &types.DynamicFeeTx{ChainID: selectChainID, To: elsewhere, Data: data}), nil,
		},
		{
			"a contract creation is ignored", 1000,
			selectSigned(t, latest, &types.DynamicFeeTx{ChainID: selectChainID, Data: data}), nil,
		},
		{
			"wrong chain id is skipped: type 0", 1000,
			selectSigned(t, other, &types.LegacyTx{To: to, Data: data}), nil,
		},
		{
			"wrong chain id is skipped: type 2", 1000,
			selectSigned(t, other, &types.DynamicFeeTx{ChainID: big.NewInt(901), To: to, Data: data}), nil,
		},
		{
			"wrong chain id is skipped: type 3", 1000,
			selectSigned(t, other, &types.BlobTx{ChainID: otherID, To: selectInbox, BlobHashes: blobHashes}), nil,
		},
		{"bad signature is skipped", 1000, badSignature, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// A filler before it proves that the index is the position in the block.
			filler := selectSigned(t, latest, &types.LegacyTx{To: elsewhere})
			got := SelectL1Block(selectConfig(), selectHeader(tc.time), types.Transactions{filler, tc.tx}, nil).Inbox
			if tc.want == nil {
				if len(got) != 0 {
					t.Fatalf("selected %+v, want nothing", got)
				}
				return
			}
			want := *tc.want
			want.Hash, want.Index = tc.tx.Hash(), 1
			if !reflect.DeepEqual(got, []eth.InboxTx{want}) {
				t.Fatalf("selected %+v, want %+v", got, want)
			}
		})
	}
}

func TestSelectL1BlockFailedTransactionCountsInBlockOrder(t *testing.T) {
	latest := types.LatestSignerForChainID(selectChainID)
	var txs types.Transactions
	var receipts types.Receipts
	for i := range 3 {
		txs = append(txs, selectSigned(t, latest, &types.DynamicFeeTx{ChainID: selectChainID, Nonce: uint64(i), To: &selectInbox}))
		receipts = append(receipts, &types.Receipt{Status: types.ReceiptStatusFailed})
	}
	got := SelectL1Block(selectConfig(), selectHeader(1000), txs, receipts).Inbox
	if len(got) != 3 {
		t.Fatalf("%d transactions, want 3", len(got))
	}
	for i, tx := range got {
		if tx.Hash != txs[i].Hash() || tx.Index != uint64(i) {
			t.Errorf("place %d has transaction %d, %s", i, tx.Index, tx.Hash)
		}
	}
}

func TestSelectL1BlockLogs(t *testing.T) {
	header := selectHeader(1000)
	latest := types.LatestSignerForChainID(selectChainID)
	txs := types.Transactions{
		selectSigned(t, latest, &types.LegacyTx{Nonce: 0}), nil, selectSigned(t, latest, &types.LegacyTx{Nonce: 2}),
	}
	// The fields that no root commits to lie.
	log := func(address common.Address, data byte) *types.Log {
		return &types.Log{
			Address: address, Topics: []common.Hash{{data}}, Data: []byte{data},
			BlockNumber: 99, BlockHash: common.Hash{99}, TxHash: common.Hash{99}, TxIndex: 99, Index: 99, Removed: true,
		}
	}
	stranger := common.Address{1}
	receipts := types.Receipts{
		{Status: types.ReceiptStatusSuccessful, Logs: []*types.Log{log(stranger, 0), log(selectPortal, 1)}},
		{Status: types.ReceiptStatusFailed, Logs: []*types.Log{log(selectPortal, 2)}},
		{Status: types.ReceiptStatusSuccessful, Logs: []*types.Log{log(selectSysCfg, 3), log(stranger, 4), log(selectPortal, 5)}},
	}
	got := SelectL1Block(selectConfig(), header, txs, receipts).Logs
	want := func(address common.Address, data byte, tx, index uint) *types.Log {
		return &types.Log{
			Address: address, Topics: []common.Hash{{data}}, Data: []byte{data}, BlockNumber: 7,
			BlockHash: header.Hash(), BlockTimestamp: 1000, TxHash: txs[tx].Hash(), TxIndex: tx, Index: index,
		}
	}
	expect := []*types.Log{want(selectPortal, 1, 0, 1), want(selectSysCfg, 3, 2, 3), want(selectPortal, 5, 2, 5)}
	if !reflect.DeepEqual(got, expect) {
		t.Fatalf("logs of successful transactions of the two contracts, in order:\n got %+v\nwant %+v", got, expect)
	}
	if receipts[0].Logs[1].Index != 99 {
		t.Error("the receipt was written through")
	}
}

func TestSelectL1BlockHeaderFields(t *testing.T) {
	excess, root := uint64(3), common.Hash{4}
	header := selectHeader(1000)
	header.ParentHash, header.MixDigest = common.Hash{1}, common.Hash{2}
	header.ExcessBlobGas, header.ParentBeaconRoot = &excess, &root
	got := SelectL1Block(selectConfig(), header, nil, nil)
	want := &eth.L1Block{
		L1Ref:      eth.L1Ref{Hash: header.Hash(), Number: 7, ParentHash: common.Hash{1}, Time: 1000},
		PrevRandao: common.Hash{2}, BaseFee: big.NewInt(5), ExcessBlobGas: &excess, BeaconRoot: &root,
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	header.BaseFee = nil
	if fee := SelectL1Block(selectConfig(), header, nil, nil).BaseFee; fee == nil || fee.Sign() != 0 {
		t.Errorf("base fee before London %v, want 0", fee)
	}
}

func BenchmarkSelectL1Block(b *testing.B) {
	latest := types.LatestSignerForChainID(selectChainID)
	var txs types.Transactions
	var receipts types.Receipts
	for i := range 300 {
		to := common.Address{1}
		if i%50 == 0 {
			to = selectInbox
		}
		txs = append(txs, selectSigned(b, latest, &types.DynamicFeeTx{ChainID: selectChainID, Nonce: uint64(i), To: &to, Data: make([]byte, 500)}))
		receipts = append(receipts, &types.Receipt{Status: 1, Logs: []*types.Log{{Address: to}, {Address: selectPortal}}})
	}
	binary := make([][]byte, len(txs))
	for i, tx := range txs {
		var err error
		if binary[i], err = tx.MarshalBinary(); err != nil {
			b.Fatal(err)
		}
	}
	cfg, header := selectConfig(), selectHeader(1000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer() // fresh transactions: a recovered sender is remembered in them
		for i := range txs {
			txs[i] = new(types.Transaction)
			if err := txs[i].UnmarshalBinary(binary[i]); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		if got := SelectL1Block(cfg, header, txs, receipts); len(got.Inbox) != 6 || len(got.Logs) != 300 {
			b.Fatalf("%d transactions, %d logs", len(got.Inbox), len(got.Logs))
		}
	}
}
