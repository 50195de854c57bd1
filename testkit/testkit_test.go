package testkit_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// Two blocks that differ in anything have different hashes, and the same block has the same one.
func TestBlockHashCommitsToEverything(t *testing.T) {
	parent := common.Hash{1}
	order := func() *eth.PayloadAttributes {
		return &eth.PayloadAttributes{
			Timestamp: 1, Transactions: []hexutil.Bytes{{1, 2}, {3}}, NoTxPool: true, GasLimit: 4, Withdrawals: &types.Withdrawals{},
			ParentBeaconBlockRoot: &common.Hash{}, EIP1559Params: &eth.Bytes8{}, MinBaseFee: new(uint64),
		}
	}
	hashes := map[common.Hash]string{testkit.BlockHash(parent, 1, order()): "the block itself"}
	add := func(name string, hash common.Hash) {
		if other, double := hashes[hash]; double {
			t.Errorf("%s: the same hash as %s", name, other)
		}
		hashes[hash] = name
	}
	add("parent", testkit.BlockHash(common.Hash{2}, 1, order()))
	add("number", testkit.BlockHash(parent, 2, order()))
	for name, change := range map[string]func(*eth.PayloadAttributes){
		"time":           func(a *eth.PayloadAttributes) { a.Timestamp++ },
		"prevRandao":     func(a *eth.PayloadAttributes) { a.PrevRandao[31]++ },
		"fee recipient":  func(a *eth.PayloadAttributes) { a.SuggestedFeeRecipient[0]++ },
		"withdrawals":    func(a *eth.PayloadAttributes) { a.Withdrawals = nil },
		"one withdrawal": func(a *eth.PayloadAttributes) { a.Withdrawals = &types.Withdrawals{{}} },
		"beacon root":    func(a *eth.PayloadAttributes) { a.ParentBeaconBlockRoot[0]++ },
		"no beacon root": func(a *eth.PayloadAttributes) { a.ParentBeaconBlockRoot = nil },
		"pool":           func(a *eth.PayloadAttributes) { a.NoTxPool = false },
		"gas limit":      func(a *eth.PayloadAttributes) { a.GasLimit++ },
		"parameters":     func(a *eth.PayloadAttributes) { a.EIP1559Params[7]++ },
		"no parameters":  func(a *eth.PayloadAttributes) { a.EIP1559Params = nil },
		"minimum":        func(a *eth.PayloadAttributes) { *a.MinBaseFee++ },
		"no minimum":     func(a *eth.PayloadAttributes) { a.MinBaseFee = nil },
		"transaction":    func(a *eth.PayloadAttributes) { a.Transactions[0][0]++ },
		"order": func(a *eth.PayloadAttributes) {
			a.Transactions[0], a.Transactions[1] = a.Transactions[1], a.Transactions[0]
		},
		"where they divide": func(a *eth.PayloadAttributes) { a.Transactions = []hexutil.Bytes{{1}, {2, 3}} },
	} {
		a := order()
		change(a)
		add(name, testkit.BlockHash(parent, 1, a))
	}
	if _, valid := testkit.Execute(parent, 1, order()); !valid {
		t.Error("the block is invalid")
	}
	bad := order()
	bad.Transactions[1] = hexutil.Bytes("x" + testkit.BadMark + "x")
	if _, valid := testkit.Execute(parent, 1, bad); valid {
		t.Error("a block with the mark is valid")
	}
}

// Transactions have the sender that signed them, or none.
func TestL1Transactions(t *testing.T) {
	key, chain, to := testkit.NewKey(5), big.NewInt(1), &testkit.InboxAddress
	signer := types.LatestSignerForChainID(chain)
	for typ := range uint8(5) {
		tx := key.Sign(typ, chain, to, []byte{7}, common.Hash{1})
		if from, err := types.Sender(signer, tx); err != nil || from != key.Address || tx.Type() != typ {
			t.Errorf("type %d: type %d from %s, %v", typ, tx.Type(), from, err)
		}
	}
	if from, err := types.Sender(signer, key.SignUnprotected(to, nil)); err != nil || from != key.Address {
		t.Errorf("unprotected: from %s, %v", from, err)
	}
	if from, err := types.Sender(signer, testkit.FromL2(key.Address, to, nil)); err != nil || from != key.Address {
		t.Errorf("deposit: from %s, %v", from, err)
	}
	if from, err := types.Sender(signer, testkit.Unsigned(chain, to, nil)); err == nil {
		t.Errorf("unsigned: from %s", from)
	}
	if from, err := types.Sender(signer, key.Sign(types.DynamicFeeTxType, big.NewInt(2), to, nil)); err == nil {
		t.Errorf("of another chain: from %s", from)
	}
}

// What is mined is what the node selects: by sender and recipient, with the logs of successful transactions, counted anew.
func TestMineAndSelect(t *testing.T) {
	key := testkit.NewKey(1)
	cfg := testkit.Config(rollup.Karst, key.Address)
	var l1 testkit.L1
	l1.Mine(l1.Header(testkit.Fields{Number: 7, Time: 100}))
	testkit.StartAt(cfg, &l1, 100)
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	deposit := testkit.Deposit{From: common.Address{1}, To: common.Address{2}, Mint: new(big.Int), Value: big.NewInt(3), Gas: 4, Data: []byte("5")}
	blob := l1.AddBlob(testkit.Blob([]byte("data")))
	hidden, seen := testkit.BatcherLog(common.Address{9}), deposit.Log()
	header := l1.Header(testkit.Fields{Time: 112, BaseFee: common.Big1}, hidden, seen)
	l1.Mine(
		header, testkit.L1Tx{}, testkit.L1Tx{Tx: key.Sign(types.BlobTxType, cfg.L1ChainID, &testkit.InboxAddress, nil, blob), Failed: true, Logs: []*types.Log{hidden}},
		testkit.L1Tx{Tx: key.Sign(types.SetCodeTxType, cfg.L1ChainID, &testkit.InboxAddress, nil), Logs: []*types.Log{seen}},
	)
	got := testkit.Select(cfg, &l1.Blocks[1])
	if got.Number != 8 || got.ParentHash != cfg.Genesis.L1.Hash || got.Hash != header.Hash() {
		t.Errorf("block %s on %s", got.L1Ref, got.ParentHash)
	}
	if len(got.Inbox) != 1 || got.Inbox[0].From != key.Address || got.Inbox[0].Index != 1 || len(got.Inbox[0].BlobHashes) != 1 || got.Inbox[0].BlobHashes[0] != blob {
		t.Errorf("inbox %+v", got.Inbox)
	}
	if len(got.Logs) != 1 || got.Logs[0].Index != 1 || got.Logs[0].Address != testkit.PortalAddress {
		t.Errorf("logs %+v", got.Logs)
	}
	if txs, err := attributes.UserDeposits(got.Hash, got.Logs, testkit.PortalAddress); err != nil || len(txs) != 1 {
		t.Errorf("deposits %v, %v", txs, err)
	}
	if empty := testkit.Select(cfg, &l1.Blocks[0]); len(empty.Logs)+len(empty.Inbox) > 0 {
		t.Errorf("an empty block has %+v", empty)
	}
}

// An update of each kind is one that the node takes.
func TestUpdateLogs(t *testing.T) {
	cfg := testkit.Config(rollup.Karst, common.Address{1})
	for kind := range uint64(testkit.UpdateKinds) {
		payload := []common.Hash{testkit.Word(1)}
		if kind == testkit.UpdateFeeScalars {
			payload = append(payload, testkit.Word(2))
		}
		if kind == testkit.UpdateEIP1559Params {
			payload[0] = common.Hash{}
		}
		if _, ignored := attributes.UpdateSystemConfig(cfg, cfg.Genesis.SystemConfig, []*types.Log{testkit.UpdateLog(kind, payload...)}, 1); len(ignored) > 0 {
			t.Errorf("type %d: %v", kind, ignored[0].Reason)
		}
	}
	if sys, _ := attributes.UpdateSystemConfig(cfg, cfg.Genesis.SystemConfig, []*types.Log{testkit.BatcherLog(common.Address{8})}, 1); sys.BatcherAddr != (common.Address{8}) {
		t.Errorf("batcher %s", sys.BatcherAddr)
	}
}

// Channels and blobs are such as the node reads, and the raw span is one that it takes.
func TestChannels(t *testing.T) {
	limits := channel.Limits{MaxRLPBytes: 1000, ChannelTimeout: 1, Brotli: true}
	for _, algo := range []channel.Algo{channel.Zlib, channel.Brotli} {
		for range 2 { // the second time with a used compressor
			d, reason := channel.NewDecoder(testkit.Compress(algo, []byte{0x83, 1, 2, 3}), limits)
			if item, _, _, ok := d.Next(); reason != channel.None || !ok || !bytes.Equal(item, []byte{1, 2, 3}) {
				t.Errorf("%s: %x, %v", algo, item, reason)
			}
		}
	}
	if item, reason := channel.DecodeBlob((*[channel.BlobSize]byte)(testkit.Blob([]byte("data")))); reason != channel.None || string(item) != "data" {
		t.Errorf("blob: %q, %v", item, reason)
	}
	var data []byte
	for i, f := range testkit.Cut(channel.ID{1}, []byte("abcdefg"), 3) {
		if data = append(data, f.Data...); int(f.Number) != i || f.IsLast != (i == 2) {
			t.Errorf("frame %d: %+v", i, f)
		}
	}
	if string(data) != "abcdefg" {
		t.Errorf("frames of %q", data)
	}
	span := testkit.RawSpan{RelTimestamp: 4, L1Origin: 1, Blocks: 1, Rest: testkit.OneTx(false, []byte{0x02, 0xc5, 0x80, 1, 2, 0x80, 0xc0}, 9, 21_000)}
	b, reason := batch.Decode(span.Encode(), batch.Params{ChainID: big.NewInt(10), BlockTime: 2})
	if reason != batch.OK || len(b.(*batch.Span).Block(0).Transactions) != 1 {
		t.Errorf("span: %+v, %v", b, reason)
	}
}

// The sum of the gas of Karst's upgrade is what the protocol adds.
func TestUpgrades(t *testing.T) {
	var gas uint64
	for _, raw := range testkit.Upgrades()[rollup.Karst] {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		gas += tx.Gas()
	}
	if gas != attributes.KarstUpgradeGas {
		t.Errorf("%d gas, want %d", gas, attributes.KarstUpgradeGas)
	}
}
