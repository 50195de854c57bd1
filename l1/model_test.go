package l1_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	inbox  = common.Address{0xff, 1}
	portal = common.Address{0xdd, 2}
	sysCfg = common.Address{0xcc, 3}
)

func testConfig() *rollup.Config {
	return &rollup.Config{
		L1ChainID: big.NewInt(900), BatchInboxAddress: inbox, DepositContractAddress: portal, L1SystemConfigAddress: sysCfg,
	}
}

// object is a JSON object.
type object = map[string]any

// modelL1 is an execution RPC with a chain in memory. Its exported methods are the eth_* methods.
type modelL1 struct {
	mu         sync.Mutex
	blocks     map[common.Hash]object
	receipts   map[common.Hash]any
	raw        map[common.Hash]hexutil.Bytes
	keys       map[string]common.Hash // canonical block of a label or hex number
	calls      map[string]int
	asked      map[string]int                      // requests for the block of a label or hex number
	delay      time.Duration                       // before an answer by number, and before receipts
	fail       error                               // every call fails
	lie        func(method string, answer any) any // what is said instead
	chainID    *big.Int
	now, peak  int                                 // requests that are delayed at once: now, and at most
	announce   map[*rpc.Subscription]*rpc.Notifier // of newHeads
	subscribed chan struct{}                       // gets a value for each subscription if there is room; nil: nobody wants to know
}

func newModelL1() *modelL1 {
	return &modelL1{
		blocks: make(map[common.Hash]object), receipts: make(map[common.Hash]any), raw: make(map[common.Hash]hexutil.Bytes),
		keys: make(map[string]common.Hash), calls: make(map[string]int), asked: make(map[string]int),
		announce: make(map[*rpc.Subscription]*rpc.Notifier), chainID: testConfig().L1ChainID,
	}
}

// source connects a Source to the model, in process.
func (m *modelL1) source(tb testing.TB, cfg l1.SourceConfig) *l1.Source {
	tb.Helper()
	return m.limited(tb, cfg, l1.DialConfig{})
}

// limited is source with the limits of the endpoint.
func (m *modelL1) limited(tb testing.TB, cfg l1.SourceConfig, dial l1.DialConfig) *l1.Source {
	tb.Helper()
	server := rpc.NewServer()
	if err := server.RegisterName("eth", m); err != nil {
		tb.Fatal(err)
	}
	client := rpc.DialInProc(server)
	tb.Cleanup(func() { client.Close(); server.Stop() })
	return over(l1.NewEndpoint("model", client, dial), cfg)
}

// over is a Source over one endpoint.
func over(e *l1.Endpoint, cfg l1.SourceConfig) *l1.Source {
	if cfg.Rollup == nil {
		cfg.Rollup = testConfig()
	}
	return l1.NewSource([]*l1.Endpoint{e}, cfg)
}

func (m *modelL1) answer(method string, answer any) (any, error) {
	m.calls[method]++
	if m.fail != nil {
		return nil, m.fail
	}
	if m.lie != nil {
		answer = m.lie(method, answer)
	}
	if err, ok := answer.(error); ok {
		return nil, err
	}
	return answer, nil
}

func (m *modelL1) block(hash common.Hash) any {
	if b, ok := m.blocks[hash]; ok {
		return b
	}
	return nil
}

// travel is the time that an answer takes.
func (m *modelL1) travel() {
	m.mu.Lock()
	delay := m.delay
	m.now++
	m.peak = max(m.peak, m.now)
	m.mu.Unlock()
	time.Sleep(delay)
	m.mu.Lock()
	m.now--
	m.mu.Unlock()
}

// most is how many requests were delayed at once at most.
func (m *modelL1) most() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peak
}

func (m *modelL1) GetBlockByNumber(key string, _ bool) (any, error) {
	m.travel()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[key]++
	return m.answer("getBlockByNumber", m.block(m.keys[key]))
}

// ChainId is asked for once, and is not counted.
func (m *modelL1) ChainId() (*hexutil.Big, error) { //nolint:staticcheck // the method is eth_chainId
	m.mu.Lock()
	defer m.mu.Unlock()
	return (*hexutil.Big)(m.chainID), nil
}

func (m *modelL1) GetBlockByHash(hash common.Hash, _ bool) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answer("getBlockByHash", m.block(hash))
}

func (m *modelL1) GetBlockReceipts(hash common.Hash) (any, error) {
	m.travel()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answer("getBlockReceipts", m.receipts[hash])
}

func (m *modelL1) GetRawTransactionByHash(hash common.Hash) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answer("getRawTransactionByHash", m.raw[hash])
}

func (m *modelL1) NewHeads(ctx context.Context) (*rpc.Subscription, error) {
	notifier, ok := rpc.NotifierFromContext(ctx)
	if !ok {
		return nil, rpc.ErrNotificationsUnsupported
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	sub := notifier.CreateSubscription()
	m.announce[sub] = notifier
	select {
	case m.subscribed <- struct{}{}:
	default:
	}
	return sub, nil
}

// notify announces a head to all subscribers. What is in it must not matter.
func (m *modelL1) notify(tb testing.TB) {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for sub, notifier := range m.announce {
		if err := notifier.Notify(sub.ID, object{"number": "0xffff"}); err != nil {
			tb.Fatal(err)
		}
	}
}

func (m *modelL1) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *modelL1) count(method string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[method]
}

// wireTx is a transaction as it is encoded and as JSON.
type wireTx struct {
	raw  []byte
	text any
}

func known(tb testing.TB, data types.TxData) wireTx {
	tb.Helper()
	key, err := crypto.ToECDSA(common.LeftPadBytes([]byte{42}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(900)), data)
	raw, err := tx.MarshalBinary()
	if err != nil {
		tb.Fatal(err)
	}
	return wireTx{raw: raw, text: toObject(tb, tx)}
}

// fromTheFuture is a transaction of a type that nobody here knows.
func fromTheFuture(n byte) wireTx {
	raw := []byte{0x55, 0xc1, n}
	return wireTx{raw: raw, text: object{"type": "0x55", "hash": crypto.Keccak256Hash(raw), "novelty": "0x1"}}
}

type encoded [][]byte

func (e encoded) Len() int                           { return len(e) }
func (e encoded) EncodeIndex(i int, w *bytes.Buffer) { w.Write(e[i]) }

func root(list encoded) common.Hash { return types.DeriveSha(list, trie.NewStackTrie(nil)) }

func toObject(tb testing.TB, value any) object {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}

// put adds a block to the chain, canonical at its number, and returns its hash. Receipts get bloom and gas set.
func (m *modelL1) put(tb testing.TB, header *types.Header, txs []wireTx, receipts types.Receipts) common.Hash {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var txBytes, receiptBytes encoded
	var txTexts, receiptTexts []any
	for _, tx := range txs {
		txBytes, txTexts = append(txBytes, tx.raw), append(txTexts, tx.text)
		m.raw[crypto.Keccak256Hash(tx.raw)] = tx.raw
	}
	for i, r := range receipts {
		r.CumulativeGasUsed = uint64(i+1) * 21000
		r.Bloom = types.CreateBloom(r)
		for j := range header.Bloom {
			header.Bloom[j] |= r.Bloom[j]
		}
		raw, err := r.MarshalBinary()
		if err != nil {
			tb.Fatal(err)
		}
		receiptBytes, receiptTexts = append(receiptBytes, raw), append(receiptTexts, toObject(tb, r))
	}
	if header.Difficulty == nil {
		header.Difficulty = new(big.Int)
	}
	header.Extra = []byte{}
	header.UncleHash = types.EmptyUncleHash
	header.TxHash, header.ReceiptHash = root(txBytes), root(receiptBytes)
	hash := header.Hash()
	block := toObject(tb, header)
	block["hash"], block["transactions"] = hash, append([]any{}, txTexts...)
	if header.WithdrawalsHash != nil {
		block["withdrawals"] = []any{}
	}
	m.blocks[hash], m.receipts[hash] = block, append([]any{}, receiptTexts...)
	m.keys[hexutil.EncodeBig(header.Number)] = hash
	return hash
}

// vector reads a file of real chain data, or skips the test if it is not there.
func vector(tb testing.TB, path ...string) []byte {
	tb.Helper()
	name := filepath.Join(append([]string{"..", "..", "shared", "vectors"}, path...)...)
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("real chain data is not there: %s", name)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var in io.Reader = file
	if filepath.Ext(name) == ".gz" {
		if in, err = gzip.NewReader(file); err != nil {
			tb.Fatal(err)
		}
	}
	data, err := io.ReadAll(in)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// endpoint connects to the model, in process.
func (m *modelL1) endpoint(tb testing.TB, name string) *l1.Endpoint {
	tb.Helper()
	server := rpc.NewServer()
	if err := server.RegisterName("eth", m); err != nil {
		tb.Fatal(err)
	}
	client := rpc.DialInProc(server)
	tb.Cleanup(func() { client.Close(); server.Stop() })
	return l1.NewEndpoint(name, client, l1.DialConfig{})
}

// contextWithCause is the test's context, which can be ended with a cause.
func contextWithCause(tb testing.TB) (context.Context, context.CancelCauseFunc) {
	tb.Helper()
	ctx, cancel := context.WithCancelCause(tb.Context())
	tb.Cleanup(func() { cancel(nil) })
	return ctx, cancel
}

// rawJSON is text that stands for itself.
type rawJSON = json.RawMessage
