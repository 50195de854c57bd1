package doctor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/doctor"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The L1 of the tests: its length, where the rollup starts, where the engine's heads stand, and the slots.
const (
	l1Length    = 150
	l1Genesis   = 5
	safeOrigin  = 120
	headOrigin  = 130
	seqWindow   = 20
	oldestBlock = safeOrigin - seqWindow - 50 // a channel timeout of Granite
	slotSeconds = 12
	l1Fraction  = 5007716
)

var (
	inbox        = common.HexToAddress("0xff00000000000000000000000000000000000901")
	batcher      = common.HexToAddress("0xba7c000000000000000000000000000000000001")
	portal       = common.HexToAddress("0xc000000000000000000000000000000000000002")
	systemConfig = common.HexToAddress("0xc000000000000000000000000000000000000001")
	zeroBlobHash = func() common.Hash { // of a blob of zeros, whose commitment is the point at infinity
		commitment := [48]byte{0xc0}
		hash := sha256.Sum256(commitment[:])
		hash[0] = 1
		return hash
	}()
)

// answerFunc gives the answer to a method, or an error.
type answerFunc func(params []json.RawMessage) (any, error)

// coded is an error of JSON-RPC.
type coded struct {
	code int
	text string
}

func (e *coded) Error() string { return e.text }

func value(v any) answerFunc { return func([]json.RawMessage) (any, error) { return v, nil } }

func refuse(code int, text string) answerFunc {
	return func([]json.RawMessage) (any, error) { return nil, &coded{code, text} }
}

// fakeRPC is a JSON-RPC server. Faults are put in before the examination begins.
type fakeRPC struct {
	answers map[string]answerFunc
	secret  []byte       // for a JWT; nil: none is wanted
	instead http.Handler // of everything
	url     string
}

func (f *fakeRPC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.instead != nil {
		f.instead.ServeHTTP(w, r)
		return
	}
	if f.secret != nil {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		parts := strings.Split(token, ".")
		mac := hmac.New(sha256.New, f.secret)
		mac.Write([]byte(strings.Join(parts[:len(parts)-1], ".")))
		if parts[len(parts)-1] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
			http.Error(w, "signature is invalid", http.StatusUnauthorized)
			return
		}
	}
	var call struct {
		ID     json.RawMessage   `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := map[string]any{"jsonrpc": "2.0", "id": call.ID}
	answer, ok := f.answers[call.Method]
	if !ok {
		answer = refuse(-32601, "the method "+call.Method+" does not exist")
	}
	result, err := answer(call.Params)
	var c *coded
	switch {
	case errors.As(err, &c):
		out["error"] = map[string]any{"code": c.code, "message": c.text}
	case err != nil:
		out["error"] = map[string]any{"code": -32000, "message": err.Error()}
	default:
		out["result"] = result
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}

// chain is a list of blocks, and what JSON-RPC says about them.
type chain struct {
	blocks   []*types.Block
	receipts map[common.Hash]types.Receipts
	labels   map[string]int
}

func (c *chain) find(which json.RawMessage) *types.Block {
	var text string
	if json.Unmarshal(which, &text) != nil {
		return nil
	}
	if at, ok := c.labels[text]; ok {
		if at < 0 {
			return nil
		}
		return c.blocks[at]
	}
	if len(text) == 66 {
		for _, b := range c.blocks {
			if b.Hash() == common.HexToHash(text) {
				return b
			}
		}
		return nil
	}
	if n, err := hexutil.DecodeUint64(text); err == nil && n < uint64(len(c.blocks)) {
		return c.blocks[n]
	}
	return nil
}

func (c *chain) block(params []json.RawMessage) (any, error) {
	b := c.find(params[0])
	if b == nil {
		return nil, nil
	}
	return blockJSON(b, string(params[1]) == "true"), nil
}

func blockJSON(b *types.Block, full bool) map[string]any {
	text, err := json.Marshal(b.Header())
	if err != nil {
		panic(err)
	}
	out := make(map[string]any)
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	out["hash"] = b.Hash()
	out["uncles"] = []any{}
	txs := []any{}
	for _, tx := range b.Transactions() {
		if full {
			txs = append(txs, tx)
		} else {
			txs = append(txs, tx.Hash())
		}
	}
	out["transactions"] = txs
	out["withdrawals"] = []any{}
	return out
}

func (c *chain) receiptsOf(params []json.RawMessage) (any, error) {
	b := c.find(params[0])
	if b == nil {
		return nil, nil
	}
	out := c.receipts[b.Hash()]
	if out == nil {
		out = types.Receipts{}
	}
	return out, nil
}

func (c *chain) add(h *types.Header, txs types.Transactions, receipts types.Receipts) {
	if n := len(c.blocks); n > 0 {
		h.ParentHash = c.blocks[n-1].Hash()
	}
	h.Number, h.Difficulty, h.BaseFee, h.GasLimit = big.NewInt(int64(len(c.blocks))), new(big.Int), big.NewInt(7), 30_000_000
	h.ParentBeaconRoot, h.ExcessBlobGas = new(common.Hash), new(uint64)
	if h.BlobGasUsed == nil {
		h.BlobGasUsed = new(uint64)
	}
	h.RequestsHash = &types.EmptyRequestsHash
	b := types.NewBlock(h, &types.Body{Transactions: txs, Withdrawals: types.Withdrawals{}}, receipts, trie.NewStackTrie(nil), types.DefaultBlockConfig)
	c.blocks = append(c.blocks, b)
	c.receipts[b.Hash()] = receipts
}

// makeL1 makes an L1 whose last block is some seconds old. Every third block has a blob, every ninth one of a batch.
func makeL1(now time.Time) *chain {
	c := &chain{receipts: make(map[common.Hash]types.Receipts), labels: map[string]int{"latest": l1Length - 1}}
	genesis := uint64(now.Unix()) - 6 - (l1Length-1)*slotSeconds
	for n := range uint64(l1Length) {
		h := &types.Header{Time: genesis + n*slotSeconds}
		if n%3 != 0 {
			c.add(h, nil, nil)
			continue
		}
		to := common.Address{1}
		if n%9 == 0 {
			to = inbox
		}
		tx := types.NewTx(&types.BlobTx{
			ChainID: uint256.NewInt(900), Nonce: n, To: to, Gas: 21000, GasFeeCap: uint256.NewInt(1), GasTipCap: uint256.NewInt(1),
			Value: new(uint256.Int), BlobFeeCap: uint256.NewInt(1), BlobHashes: []common.Hash{zeroBlobHash},
			V: new(uint256.Int), R: uint256.NewInt(1), S: uint256.NewInt(1),
		})
		used := uint64(131072)
		h.BlobGasUsed = &used
		receipt := &types.Receipt{Type: 3, Status: 1, CumulativeGasUsed: 21000, GasUsed: 21000, TxHash: tx.Hash(), Logs: []*types.Log{}}
		c.add(h, types.Transactions{tx}, types.Receipts{receipt})
	}
	return c
}

// makeL2 makes the engine's chain: a genesis block, then one for the origin of each label.
func makeL2(cfg *rollup.Config, l1 *chain) *chain {
	c := &chain{receipts: make(map[common.Hash]types.Receipts), labels: map[string]int{"finalized": 1, "safe": 2, "latest": 3}}
	c.add(&types.Header{Time: cfg.Genesis.L2Time}, nil, nil)
	for _, origin := range []int{110, safeOrigin, headOrigin} {
		b := l1.blocks[origin]
		time := b.Time()
		rules := cfg.L2Rules(time)
		info := attributes.L1Info{
			Number: uint64(origin), Time: time, BlockHash: b.Hash(), BatcherAddr: batcher, BaseFeeScalar: 11, BlobBaseFeeScalar: 22,
			DAFootprintGasScalar: 400,
		}
		raw := attributes.L1InfoTx(&info, &rules)
		tx := new(types.Transaction)
		if err := tx.UnmarshalBinary(raw); err != nil {
			panic(err)
		}
		extra := attributes.ExtraData{EIP1559Params: rollup.EncodeEIP1559Params(50, 6)}
		c.add(&types.Header{Time: time, Extra: extra.Encode(&rules)}, types.Transactions{tx}, nil)
	}
	return c
}

// fakeBeacon is a Beacon API.
type fakeBeacon struct {
	genesis, syncing, spec any
	oldest                 uint64 // slot from which on it has blobs
	blob                   string // hex; empty: of zeros
	instead                http.Handler
	header                 http.Header // of the last request for blobs
	url                    string
	mu                     sync.Mutex
}

func (f *fakeBeacon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.instead != nil {
		f.instead.ServeHTTP(w, r)
		return
	}
	var data any
	switch at := r.URL.Path[strings.Index(r.URL.Path, "/eth/"):]; {
	case at == "/eth/v1/beacon/genesis":
		data = f.genesis
	case at == "/eth/v1/config/spec":
		data = f.spec
	case at == "/eth/v1/node/syncing":
		data = f.syncing
	case strings.HasPrefix(at, "/eth/v1/beacon/blobs/"):
		f.mu.Lock()
		f.header = r.Header.Clone()
		f.mu.Unlock()
		slot, err := strconv.ParseUint(filepath.Base(at), 10, 64)
		if err != nil || slot < f.oldest {
			http.Error(w, `{"code":404,"message":"not found"}`, http.StatusNotFound)
			return
		}
		blob := f.blob
		if blob == "" {
			blob = "0x" + strings.Repeat("00", 131072)
		}
		data = []string{blob}
	}
	if data == nil {
		http.Error(w, "no such route", http.StatusNotFound)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// world is everything a node would be started with, and well.
type world struct {
	cfg          doctor.Config
	l1, l1b      *fakeRPC
	engine       *fakeRPC
	beacon, arch *fakeBeacon
	chain, l2    *chain
	words        map[string]common.Hash // getters of the SystemConfig
	dir          string
}

func selector(getter string) string {
	return hexutil.Encode(crypto.Keccak256([]byte(getter + "()"))[:4])
}

// serve starts a server for a handler, and gives its URL with a key in it.
func serve(t *testing.T, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func newWorld(t *testing.T) *world {
	t.Helper()
	now := time.Now()
	l1 := makeL1(now)
	zero := uint64(0)
	cfg := &rollup.Config{
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: seqWindow, ChannelTimeout: 50,
		L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901),
		BatchInboxAddress: inbox, DepositContractAddress: portal, L1SystemConfigAddress: systemConfig,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &[]uint64{250}[0]},
		Genesis: rollup.Genesis{
			L1:     eth.BlockID{Hash: l1.blocks[l1Genesis].Hash(), Number: l1Genesis},
			L2Time: l1.blocks[l1Genesis].Time(),
			SystemConfig: rollup.SystemConfig{
				BatcherAddr: batcher, GasLimit: 30_000_000, Scalar: attributes.Scalars{BaseFee: 11, BlobBaseFee: 22}.Encode(),
			},
		},
	}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		cfg.SetTime(f, &zero)
	}
	l2 := makeL2(cfg, l1)
	cfg.Genesis.L2 = eth.BlockID{Hash: l2.blocks[0].Hash()}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}

	w := &world{chain: l1, l2: l2, dir: t.TempDir()}
	w.words = map[string]common.Hash{
		selector("batcherHash"): common.BytesToHash(batcher[:]), selector("unsafeBlockSigner"): {31: 9},
		selector("batchInbox"): common.BytesToHash(inbox[:]), selector("optimismPortal"): common.BytesToHash(portal[:]),
		selector("gasLimit"): common.BigToHash(big.NewInt(30_000_000)), selector("basefeeScalar"): {31: 11}, selector("blobbasefeeScalar"): {31: 22},
	}
	l1RPC := func() *fakeRPC {
		f := &fakeRPC{answers: map[string]answerFunc{
			"eth_chainId": value("0x384"), "eth_syncing": value(false), "eth_getBlockByNumber": l1.block, "eth_getBlockByHash": l1.block,
			"eth_getBlockReceipts": l1.receiptsOf, "eth_getCode": value("0x6000"), "eth_getBalance": value("0xde0b6b3a7640000"),
			"eth_getTransactionCount": func(p []json.RawMessage) (any, error) {
				if string(p[1]) == `"latest"` {
					return "0x20", nil
				}
				return "0x10", nil
			},
			"eth_call": func(p []json.RawMessage) (any, error) {
				var call struct{ Data string }
				if err := json.Unmarshal(p[0], &call); err != nil {
					return nil, err
				}
				if word, ok := w.words[call.Data]; ok {
					return word, nil
				}
				return nil, &coded{3, "execution reverted"}
			},
			"eth_config": value(map[string]any{"current": map[string]any{"activationTime": 0, "blobSchedule": map[string]any{"baseFeeUpdateFraction": l1Fraction}}}),
		}}
		f.url = serve(t, f)
		return f
	}
	w.l1, w.l1b = l1RPC(), l1RPC()

	secret := sha256.Sum256([]byte("secret"))
	w.engine = &fakeRPC{secret: secret[:], answers: map[string]answerFunc{
		"eth_chainId": value("0x385"), "eth_syncing": value(false), "eth_getBlockByNumber": l2.block, "eth_getBlockByHash": l2.block,
		"engine_exchangeCapabilities": func(p []json.RawMessage) (any, error) { return p[0], nil },
		"engine_getClientVersionV1":   value([]any{map[string]string{"code": "RH", "name": "op-reth", "version": "v2.3.2", "commit": "0x00000000"}}),
		"eth_config":                  value(map[string]any{"current": map[string]any{"activationTime": 0}, "next": nil, "last": nil}),
	}}
	w.engine.url = serve(t, w.engine)

	newBeacon := func() *fakeBeacon {
		b := &fakeBeacon{
			genesis: map[string]string{"genesis_time": fmt.Sprint(l1.blocks[0].Time())},
			spec:    map[string]string{"SECONDS_PER_SLOT": fmt.Sprint(slotSeconds), "DEPOSIT_CHAIN_ID": "900"},
			syncing: map[string]any{"is_syncing": false, "sync_distance": "0", "el_offline": false},
		}
		b.url = serve(t, b)
		return b
	}
	w.beacon, w.arch = newBeacon(), newBeacon()

	jwtFile := filepath.Join(w.dir, "jwt.hex")
	if err := os.WriteFile(jwtFile, []byte(hex.EncodeToString(secret[:])), 0o600); err != nil {
		t.Fatal(err)
	}
	w.cfg = doctor.Config{
		Rollup: cfg, BlobSchedule: rollup.BlobSchedule{{Time: 0, UpdateFraction: l1Fraction}},
		L1: []string{w.l1.url, w.l1b.url}, Beacons: []string{w.beacon.url}, Engine: w.engine.url, JWTSecret: jwtFile,
		DataDir: filepath.Join(w.dir, "data"), Ports: []doctor.Port{doctor.ServerPort("rpc", "127.0.0.1:0")},
	}
	return w
}

func (w *world) withArchive() { w.cfg.Beacons = append(w.cfg.Beacons, w.arch.url) }

func (w *world) examine(t *testing.T) ([]doctor.Finding, doctor.Verdict) {
	t.Helper()
	var all []doctor.Finding
	v := doctor.Examine(t.Context(), w.cfg, func(f doctor.Finding) { all = append(all, f) })
	seen := make(map[string]bool)
	for _, f := range all {
		if k := f.Check + " of " + f.Of; seen[k] {
			t.Errorf("%s has two findings", k)
		} else {
			seen[k] = true
		}
		if (f.Level == doctor.Warn || f.Level == doctor.Fail) != (f.Fix != "") {
			t.Errorf("%s is %s with the fix %q", f.Check, f.Level, f.Fix)
		}
		if f.Text == "" {
			t.Errorf("%s says nothing", f.Check)
		}
	}
	return all, v
}

func host(url string) string { return strings.TrimPrefix(url, "http://") }

// of picks the findings of a check.
func of(all []doctor.Finding, check string) (out []doctor.Finding) {
	for _, f := range all {
		if f.Check == check {
			out = append(out, f)
		}
	}
	return out
}

func sortedChecks(all []doctor.Finding) []string {
	var out []string
	for _, f := range all {
		out = append(out, f.Check)
	}
	slices.Sort(out)
	return out
}
