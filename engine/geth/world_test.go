package geth_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
)

const (
	l2Time    = 1_700_000_000 // seconds since 1970, time of the L2 genesis
	blockTime = 2             // seconds
	gasLimit  = 60_000_000
	users     = 20
)

var (
	l2ChainID = big.NewInt(901)
	l1ChainID = big.NewInt(900)
	sink      = common.HexToAddress("0x00000000000000000000000000000000000051cc")
	feeVault  = common.HexToAddress("0x4200000000000000000000000000000000000011")
	params250 = eth.Bytes8{0, 0, 0, 250, 0, 0, 0, 6}
)

// user is a funded account that signs; its nonce counts up with each transaction signed.
type user struct {
	key     *ecdsa.PrivateKey
	address common.Address
	nonce   uint64
}

func newUsers() []*user {
	all := make([]*user, users)
	for i := range all {
		key, err := crypto.ToECDSA(crypto.Keccak256([]byte{byte(i)}))
		if err != nil {
			panic(err)
		}
		all[i] = &user{key: key, address: crypto.PubkeyToAddress(key.PublicKey)}
	}
	return all
}

// sign makes a transaction with the next nonce.
func (u *user) sign(chainID *big.Int, tx *types.DynamicFeeTx) *types.Transaction {
	tx.ChainID, tx.Nonce = chainID, u.nonce
	if tx.GasFeeCap == nil {
		tx.GasFeeCap = big.NewInt(100 * params.GWei)
	}
	if tx.GasTipCap == nil {
		tx.GasTipCap = big.NewInt(params.GWei)
	}
	u.nonce++
	return types.MustSignNewTx(u.key, types.LatestSignerForChainID(chainID), tx)
}

func (u *user) transfer(chainID *big.Int) *types.Transaction {
	return u.sign(chainID, &types.DynamicFeeTx{To: &sink, Value: big.NewInt(1), Gas: params.TxGas})
}

// transfers are n transfers, users taking turns.
func transfers(who []*user, chainID *big.Int, n int) []*types.Transaction {
	txs := make([]*types.Transaction, n)
	for i := range txs {
		txs[i] = who[i%len(who)].transfer(chainID)
	}
	return txs
}

func zero() *uint64 { return new(uint64) }

// l2Genesis is an L2 with every fork up to Jovian from the start, and only the contracts the execution layer itself calls.
func l2Genesis() *core.Genesis {
	cfg := &params.ChainConfig{
		ChainID: l2ChainID, HomesteadBlock: common.Big0, EIP150Block: common.Big0, EIP155Block: common.Big0,
		EIP158Block: common.Big0, ByzantiumBlock: common.Big0, ConstantinopleBlock: common.Big0, PetersburgBlock: common.Big0,
		IstanbulBlock: common.Big0, MuirGlacierBlock: common.Big0, BerlinBlock: common.Big0, LondonBlock: common.Big0,
		ArrowGlacierBlock: common.Big0, GrayGlacierBlock: common.Big0, MergeNetsplitBlock: common.Big0,
		TerminalTotalDifficulty: common.Big0, ShanghaiTime: zero(), CancunTime: zero(), PragueTime: zero(),
		BedrockBlock: common.Big0, RegolithTime: zero(), CanyonTime: zero(), EcotoneTime: zero(), FjordTime: zero(),
		GraniteTime: zero(), HoloceneTime: zero(), IsthmusTime: zero(), JovianTime: zero(),
		Optimism: &params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: ptr(250)},
	}
	g := &core.Genesis{
		Config: cfg, Timestamp: l2Time, GasLimit: gasLimit, BaseFee: big.NewInt(params.GWei), Difficulty: common.Big0,
		ExtraData: eip1559.EncodeJovianExtraData(250, 6, 0), ExcessBlobGas: zero(), BlobGasUsed: zero(),
		Alloc: systemAlloc(),
	}
	// Storage, so that the message passer's storage root is not the empty one, which op-geth would not send.
	g.Alloc[params.OptimismL2ToL1MessagePasser] = types.Account{
		Nonce: 1, Code: []byte{0x00}, Storage: map[common.Hash]common.Hash{{31: 1}: {31: 1}},
	}
	return g
}

func systemAlloc() types.GenesisAlloc {
	alloc := types.GenesisAlloc{
		params.BeaconRootsAddress:    {Nonce: 1, Code: params.BeaconRootsCode},
		params.HistoryStorageAddress: {Nonce: 1, Code: params.HistoryStorageCode},
	}
	for _, u := range newUsers() {
		alloc[u.address] = types.Account{Balance: new(big.Int).Mul(big.NewInt(1e6), big.NewInt(params.Ether))}
	}
	return alloc
}

// l1Genesis is an L1 at Osaka.
func l1Genesis() *core.Genesis {
	g := core.DeveloperGenesisBlock(gasLimit, nil)
	cfg := *params.AllDevChainProtocolChanges
	cfg.ChainID = l1ChainID
	g.Config, g.Timestamp = &cfg, l2Time
	for a, acc := range systemAlloc() {
		if _, ok := g.Alloc[a]; !ok {
			g.Alloc[a] = acc
		}
	}
	return g
}

func ptr(v uint64) *uint64 { return &v }

// infoTx is an L1 info deposit in Jovian's layout (RULES 6.2) with a DA footprint gas scalar.
func infoTx(number uint64, daScalar uint16) *types.Transaction {
	data := make([]byte, 178)
	copy(data, types.JovianL1AttributesSelector)
	binary.BigEndian.PutUint64(data[28:], number) // L1 block number, so that every block has another
	binary.BigEndian.PutUint16(data[176:], daScalar)
	to := types.L1BlockAddr
	return types.NewTx(&types.DepositTx{
		SourceHash: crypto.Keccak256Hash(binary.BigEndian.AppendUint64(nil, number)),
		From:       common.HexToAddress("0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001"),
		To:         &to, Value: new(big.Int), Gas: 1_000_000, Data: data,
	})
}

// openChain opens a chain and closes it with the test.
func openChain(t testing.TB, cfg geth.Config) *geth.Chain {
	t.Helper()
	c, err := geth.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func openL2(t testing.TB) *geth.Chain {
	t.Helper()
	return openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), Archive: true})
}

// l2Order is the next L2 block on a parent: L1 info, then other forced transactions.
func l2Order(parent *types.Header, forced ...*types.Transaction) geth.Order {
	number := parent.Number.Uint64() + 1
	return geth.Order{
		Parent: parent.Hash(), Time: parent.Time + blockTime, Random: common.BigToHash(parent.Number), Coinbase: feeVault,
		BeaconRoot: &common.Hash{1}, GasLimit: gasLimit, EIP1559Params: &params250, MinBaseFee: ptr(0),
		Forced: append([]*types.Transaction{infoTx(number, 400)}, forced...),
	}
}

func l1Order(parent *types.Header, forced ...*types.Transaction) geth.Order {
	return geth.Order{
		Parent: parent.Hash(), Time: parent.Time + 12, BeaconRoot: &common.Hash{1}, Forced: forced, Pool: true,
	}
}

// make1 makes a block and makes it the head.
func make1(t testing.TB, c *geth.Chain, o geth.Order) *geth.Assembled {
	t.Helper()
	a, err := c.Assemble(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetHead(a.Block.Hash(), common.Hash{}, common.Hash{}); err != nil {
		t.Fatal(err)
	}
	return a
}

// send gives transactions to the pool through the RPC, as a wallet does.
func send(t testing.TB, c *geth.Chain, txs ...*types.Transaction) {
	t.Helper()
	for _, tx := range txs {
		raw, err := tx.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RPC().CallContext(t.Context(), nil, "eth_sendRawTransaction", hexutil.Bytes(raw)); err != nil {
			t.Fatal(err)
		}
	}
}

// l2Attributes are l2Order in the words of the engine port.
func l2Attributes(t testing.TB, o geth.Order) *eth.PayloadAttributes {
	t.Helper()
	a := &eth.PayloadAttributes{
		Timestamp: o.Time, PrevRandao: o.Random, SuggestedFeeRecipient: o.Coinbase, Withdrawals: &types.Withdrawals{},
		ParentBeaconBlockRoot: o.BeaconRoot, NoTxPool: !o.Pool, GasLimit: o.GasLimit,
		EIP1559Params: o.EIP1559Params, MinBaseFee: o.MinBaseFee,
	}
	for _, tx := range o.Forced {
		raw, err := tx.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		a.Transactions = append(a.Transactions, raw)
	}
	return a
}
