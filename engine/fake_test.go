package engine

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/listroot"
	"github.com/cairn-rollup/cairn/rollup"
)

// fakeEngine answers as it is told and remembers what it was asked.
type fakeEngine struct {
	called  []string
	args    map[string][]json.RawMessage
	answers map[string]any // by method; an error is given as an error, a func() is called
}

func (f *fakeEngine) answer(method string, args ...json.RawMessage) (any, error) {
	f.called = append(f.called, method)
	if f.args == nil {
		f.args = make(map[string][]json.RawMessage)
	}
	f.args[method] = args
	answer, ok := f.answers[method]
	if !ok {
		return nil, nil
	}
	if err, isErr := answer.(error); isErr {
		return nil, err
	}
	if do, isFunc := answer.(func()); isFunc {
		do()
		return nil, nil
	}
	return answer, nil
}

type raw = json.RawMessage

func (f *fakeEngine) ForkchoiceUpdatedV1(fc, attrs raw) (any, error) {
	return f.answer("engine_forkchoiceUpdatedV1", fc, attrs)
}

func (f *fakeEngine) ForkchoiceUpdatedV2(fc, attrs raw) (any, error) {
	return f.answer("engine_forkchoiceUpdatedV2", fc, attrs)
}

func (f *fakeEngine) ForkchoiceUpdatedV3(fc, attrs raw) (any, error) {
	return f.answer("engine_forkchoiceUpdatedV3", fc, attrs)
}

func (f *fakeEngine) GetPayloadV2(id raw) (any, error) { return f.answer("engine_getPayloadV2", id) }

func (f *fakeEngine) GetPayloadV3(id raw) (any, error) { return f.answer("engine_getPayloadV3", id) }

func (f *fakeEngine) GetPayloadV4(id raw) (any, error) { return f.answer("engine_getPayloadV4", id) }

func (f *fakeEngine) GetPayloadV5(id raw) (any, error) { return f.answer("engine_getPayloadV5", id) }
func (f *fakeEngine) NewPayloadV2(p raw) (any, error)  { return f.answer("engine_newPayloadV2", p) }

func (f *fakeEngine) NewPayloadV3(p, hashes, root raw) (any, error) {
	return f.answer("engine_newPayloadV3", p, hashes, root)
}

func (f *fakeEngine) NewPayloadV4(p, hashes, root, requests raw) (any, error) {
	return f.answer("engine_newPayloadV4", p, hashes, root, requests)
}

// fakeEth is the eth_ namespace of the same engine.
type fakeEth struct{ *fakeEngine }

func (f fakeEth) GetBlockByNumber(which raw, full bool) (any, error) {
	return f.answer("eth_getBlockByNumber", which)
}

func (f fakeEth) GetBlockByHash(which raw, full bool) (any, error) {
	return f.answer("eth_getBlockByHash", which)
}

func (f fakeEth) GetHeaderByNumber(which raw) (any, error) {
	return f.answer("eth_getHeaderByNumber", which)
}

func (f fakeEth) GetHeaderByHash(which raw) (any, error) {
	return f.answer("eth_getHeaderByHash", which)
}

func (f fakeEth) Syncing() (any, error) { return f.answer("eth_syncing") }

func (f *fakeEngine) ExchangeCapabilities(ours raw) (any, error) {
	return f.answer("engine_exchangeCapabilities", ours)
}

func (f *fakeEngine) GetClientVersionV1(ours raw) (any, error) {
	return f.answer("engine_getClientVersionV1", ours)
}

// fakeWeb3 is the web3_ namespace of the same engine.
type fakeWeb3 struct{ *fakeEngine }

func (f fakeWeb3) ClientVersion() (any, error) { return f.answer("web3_clientVersion") }

// codedError is an error of the Engine API.
type codedError struct {
	code int
	data any
}

func (e codedError) Error() string  { return "the engine's message" }
func (e codedError) ErrorCode() int { return e.code }
func (e codedError) ErrorData() any { return e.data }

func newFake(t testing.TB, cfg *rollup.Config) (*fakeEngine, *Client) {
	t.Helper()
	return newFakeWith(t, cfg, Options{})
}

func newFakeWith(t testing.TB, cfg *rollup.Config, opts Options) (*fakeEngine, *Client) {
	t.Helper()
	f := &fakeEngine{answers: make(map[string]any)}
	server := f.serve(t)
	conn := rpc.DialInProc(server)
	t.Cleanup(conn.Close)
	t.Cleanup(server.Stop)
	return f, NewClient(conn, cfg, opts)
}

// serve makes a server of the fake.
func (f *fakeEngine) serve(t testing.TB) *rpc.Server {
	t.Helper()
	server := rpc.NewServer()
	for name, service := range map[string]any{"engine": f, "eth": fakeEth{f}, "web3": fakeWeb3{f}} {
		if err := server.RegisterName(name, service); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

// forkTime is when a fork activates in the test configuration, in seconds.
func forkTime(f rollup.Fork) uint64 { return 100 * uint64(f) }

func testConfig() *rollup.Config {
	cfg := &rollup.Config{BlockTime: 2}
	for _, f := range rollup.Forks() {
		at := forkTime(f)
		cfg.SetTime(f, &at)
	}
	return cfg
}

func status(s string) map[string]any { return map[string]any{"status": s} }

func invalid(reason string) map[string]any {
	return map[string]any{"status": "INVALID", "validationError": reason}
}

func forkchoice(status map[string]any, id *eth.PayloadID) map[string]any {
	return map[string]any{"payloadStatus": status, "payloadId": id}
}

var (
	depositTx = types.NewTx(&types.DepositTx{To: &common.Address{1}, Value: new(big.Int), Gas: 1, Data: []byte{1}})
	otherTx   = types.NewTx(&types.LegacyTx{To: &common.Address{2}, Value: new(big.Int), GasPrice: new(big.Int), V: big.NewInt(37), R: big.NewInt(1), S: big.NewInt(1)})
)

func encoded(txs ...*types.Transaction) (all []hexutil.Bytes) {
	for _, tx := range txs {
		b, err := tx.MarshalBinary()
		if err != nil {
			panic(err)
		}
		all = append(all, b)
	}
	return all
}

// ordered are attributes for a block at a time, with everything its fork asks for.
func ordered(cfg *rollup.Config, time uint64) *eth.PayloadAttributes {
	rules := cfg.L2Rules(time)
	a := &eth.PayloadAttributes{
		Timestamp: time, PrevRandao: common.Hash{7}, SuggestedFeeRecipient: common.Address{8},
		Transactions: encoded(depositTx, otherTx), NoTxPool: true, GasLimit: 1000,
	}
	if rules.Withdrawals {
		a.Withdrawals = &types.Withdrawals{}
	}
	if rules.BeaconRoot {
		a.ParentBeaconBlockRoot = &common.Hash{9}
	}
	if rules.EIP1559Params {
		a.EIP1559Params = &eth.Bytes8{}
	}
	if rules.MinBaseFee {
		a.MinBaseFee = new(uint64)
	}
	return a
}

// built is the block that an honest engine makes of attributes.
func built(cfg *rollup.Config, parent common.Hash, a *eth.PayloadAttributes) *eth.PayloadEnvelope {
	rules := cfg.L2Rules(a.Timestamp)
	p := &eth.ExecutionPayload{
		ParentHash: parent, FeeRecipient: a.SuggestedFeeRecipient, StateRoot: common.Hash{1}, ReceiptsRoot: common.Hash{2},
		PrevRandao: a.PrevRandao, BlockNumber: 5, GasLimit: a.GasLimit, GasUsed: 10, Timestamp: a.Timestamp,
		ExtraData: []byte{}, BaseFeePerGas: big.NewInt(3), Transactions: a.Transactions, Withdrawals: a.Withdrawals,
	}
	if rules.BeaconRoot {
		p.BlobGasUsed, p.ExcessBlobGas = new(uint64), new(uint64)
	}
	if rules.WithdrawalsRoot {
		p.WithdrawalsRoot = &common.Hash{4}
	}
	env := &eth.PayloadEnvelope{ParentBeaconBlockRoot: a.ParentBeaconBlockRoot, ExecutionPayload: p}
	p.BlockHash = blockHash(env, rules)
	return env
}

// asBlock is the same block as eth_getBlockBy* gives it.
func asBlock(t testing.TB, env *eth.PayloadEnvelope, rules rollup.L2Rules, txs ...*types.Transaction) map[string]any {
	t.Helper()
	p := env.ExecutionPayload
	h := types.Header{
		ParentHash: p.ParentHash, UncleHash: types.EmptyUncleHash, Coinbase: p.FeeRecipient, Root: p.StateRoot,
		TxHash: listroot.Of(p.Transactions), ReceiptHash: p.ReceiptsRoot, Bloom: p.LogsBloom, Difficulty: new(big.Int),
		Number: new(big.Int).SetUint64(p.BlockNumber), GasLimit: p.GasLimit, GasUsed: p.GasUsed, Time: p.Timestamp,
		Extra: p.ExtraData, MixDigest: p.PrevRandao, BaseFee: p.BaseFeePerGas, BlobGasUsed: p.BlobGasUsed,
		ExcessBlobGas: p.ExcessBlobGas, ParentBeaconRoot: env.ParentBeaconBlockRoot,
	}
	if rules.Withdrawals {
		h.WithdrawalsHash = &types.EmptyWithdrawalsHash
	}
	if rules.WithdrawalsRoot {
		h.WithdrawalsHash, h.RequestsHash = p.WithdrawalsRoot, &types.EmptyRequestsHash
	}
	text, err := json.Marshal(&h)
	if err != nil {
		t.Fatal(err)
	}
	var block map[string]any
	if err := json.Unmarshal(text, &block); err != nil {
		t.Fatal(err)
	}
	var full []any
	for _, tx := range txs {
		text, err := tx.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		full = append(full, json.RawMessage(text))
	}
	block["hash"], block["transactions"], block["withdrawals"] = p.BlockHash, full, p.Withdrawals
	return block
}
