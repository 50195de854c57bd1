package l1_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

func TestRealBlocks(t *testing.T) {
	reasons := map[string]l1.Mismatch{
		"failed to verify block hash":        l1.MismatchBlockHash,
		"failed to verify transactions list": l1.MismatchTransactions,
		"failed to verify withdrawals list":  l1.MismatchWithdrawals,
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "shared", "vectors", "l1-blocks", "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("real L1 blocks are not there: ../shared/vectors/l1-blocks")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		t.Run(name, func(t *testing.T) {
			var meta struct {
				Fail   bool   `json:"fail"`
				Reason string `json:"reason"`
			}
			if err := json.Unmarshal(vector(t, "l1-blocks", name+".meta.json"), &meta); err != nil {
				t.Fatal(err)
			}
			var answer object
			if err := json.Unmarshal(vector(t, "l1-blocks", name+".json.gz"), &answer); err != nil {
				t.Fatal(err)
			}
			hash := common.HexToHash(answer["hash"].(string))
			m := newModelL1()
			m.blocks[hash] = answer
			cfg := testConfig()
			cfg.L1ChainID = big.NewInt(5)
			m.chainID = cfg.L1ChainID
			// Every transaction to this address is selected: it stands for the inbox.
			for _, tx := range answer["transactions"].([]any) {
				if to, ok := tx.(object)["to"].(string); ok {
					cfg.BatchInboxAddress = common.HexToAddress(to)
				}
			}
			got, err := m.source(t, l1.SourceConfig{Rollup: cfg}).BlockByHash(t.Context(), hash)
			if !meta.Fail {
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Inbox) == 0 || got.Hash != hash {
					t.Fatalf("selected %d transactions of block %s", len(got.Inbox), got.Hash)
				}
				for _, in := range got.Inbox {
					claimed := answer["transactions"].([]any)[in.Index].(object)
					if in.Hash != common.HexToHash(claimed["hash"].(string)) || in.From != common.HexToAddress(claimed["from"].(string)) {
						t.Errorf("transaction %d is %s from %s", in.Index, in.Hash, in.From)
					}
				}
				return
			}
			var wrong *l1.VerificationError
			want, ok := reasons[meta.Reason]
			if !ok {
				t.Fatalf("unknown reason %q", meta.Reason)
			}
			if !errors.As(err, &wrong) || wrong.What != want {
				t.Fatalf("error %v, want a mismatch of the %s", err, want)
			}
		})
	}
}

// chain is a model with one block of everything: number 7, transactions to the inbox, a deposit log after a strange log.
func chain(t *testing.T) (m *modelL1, hash common.Hash) {
	t.Helper()
	m = newModelL1()
	txs := []wireTx{
		known(t, &types.LegacyTx{Nonce: 0, To: &common.Address{1}, Value: big.NewInt(1)}),
		known(t, &types.DynamicFeeTx{ChainID: big.NewInt(900), Nonce: 1, To: &inbox, Data: []byte{1, 2}}),
		known(t, &types.DynamicFeeTx{ChainID: big.NewInt(900), Nonce: 2, To: &portal}),
	}
	receipts := types.Receipts{
		{Status: 1, Logs: []*types.Log{{Address: common.Address{1}, Topics: []common.Hash{{1}}, Data: []byte{1}}}},
		{Type: types.DynamicFeeTxType, Status: 0, Logs: []*types.Log{}},
		{Type: types.DynamicFeeTxType, Status: 1, Logs: []*types.Log{{Address: portal, Topics: []common.Hash{{2}}, Data: []byte{2}}}},
	}
	header := &types.Header{
		Number: big.NewInt(7), Time: 1000, BaseFee: big.NewInt(5), ParentHash: common.Hash{6}, WithdrawalsHash: &types.EmptyWithdrawalsHash,
	}
	return m, m.put(t, header, txs, receipts)
}

func TestBlockByHashAndNumberAgree(t *testing.T) {
	m, hash := chain(t)
	byHash, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	byNumber, err := m.source(t, l1.SourceConfig{}).BlockByNumber(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(byHash, byNumber) {
		t.Errorf("by hash %+v, by number %+v", byHash, byNumber)
	}
	if byHash.L1Ref != (eth.L1Ref{Hash: hash, Number: 7, ParentHash: common.Hash{6}, Time: 1000}) {
		t.Errorf("reference %+v", byHash.L1Ref)
	}
	if len(byHash.Inbox) != 1 || byHash.Inbox[0].Index != 1 {
		t.Errorf("inbox %+v", byHash.Inbox)
	}
	if len(byHash.Logs) != 1 || byHash.Logs[0].Index != 1 || byHash.Logs[0].BlockHash != hash {
		t.Errorf("logs %+v", byHash.Logs)
	}
}

func TestRefs(t *testing.T) {
	m, hash := chain(t)
	m.keys["latest"], m.keys["safe"] = hash, hash
	s := m.source(t, l1.SourceConfig{})
	want := eth.L1Ref{Hash: hash, Number: 7, ParentHash: common.Hash{6}, Time: 1000}
	for name, ask := range map[string]func() (eth.L1Ref, error){
		"latest": func() (eth.L1Ref, error) { return s.Label(t.Context(), l1.Latest) },
		"safe":   func() (eth.L1Ref, error) { return s.Label(t.Context(), l1.Safe) },
		"number": func() (eth.L1Ref, error) { return s.RefByNumber(t.Context(), 7) },
		"hash":   func() (eth.L1Ref, error) { return s.RefByHash(t.Context(), hash) },
	} {
		if got, err := ask(); err != nil || got != want {
			t.Errorf("by %s: %+v, %v", name, got, err)
		}
	}
	if _, err := s.Label(t.Context(), l1.Finalized); !errors.Is(err, eth.ErrNotFound) {
		t.Errorf("nothing is finalized: %v", err)
	}
}

func TestNotFound(t *testing.T) {
	for name, tc := range map[string]struct {
		answer any
		want   bool
	}{
		"null":                     {nil, true},
		"an error in words":        {errors.New("finalized block not found"), true},
		"error code -39001":        {coded{-39001, "unknown"}, true},
		"no such method is not it": {coded{-32601, "method not found"}, false},
		"any other error is not":   {errors.New("overloaded"), false},
	} {
		t.Run(name, func(t *testing.T) {
			m, hash := chain(t)
			m.lie = func(string, any) any { return tc.answer }
			s := m.source(t, l1.SourceConfig{})
			for _, ask := range []func() error{
				func() error { _, err := s.Label(t.Context(), l1.Finalized); return err },
				func() error { _, err := s.RefByNumber(t.Context(), 7); return err },
				func() error { _, err := s.RefByHash(t.Context(), hash); return err },
				func() error { _, err := s.BlockByNumber(t.Context(), 7); return err },
				func() error { _, err := s.BlockByHash(t.Context(), hash); return err },
			} {
				if err := ask(); err == nil || errors.Is(err, eth.ErrNotFound) != tc.want {
					t.Errorf("error %v, want not found: %v", err, tc.want)
				}
			}
		})
	}
}

type coded struct {
	code int
	text string
}

func (c coded) Error() string  { return c.text }
func (c coded) ErrorCode() int { return c.code }

// edit gives a lie that changes a copy of the answer of one method.
func edit[T any](method string, change func(T) any) func(string, any) any {
	return func(called string, answer any) any {
		if called != method {
			return answer
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		var copied T
		if err := json.Unmarshal(text, &copied); err != nil {
			return err
		}
		return change(copied)
	}
}

func field(name string, value any) func(object) any {
	return func(o object) any { o[name] = value; return o }
}

func TestLies(t *testing.T) {
	const block, receipts = "getBlockByHash", "getBlockReceipts"
	inReceipt := func(i int, name string, value any) func([]any) any {
		return func(list []any) any { list[i].(object)[name] = value; return list }
	}
	for name, tc := range map[string]struct {
		lie  func(string, any) any
		want l1.Mismatch // empty: an answer that has no meaning
	}{
		"a header field is changed":                                {edit(block, field("stateRoot", common.Hash{1})), l1.MismatchBlockHash},
		"the hash is changed":                                      {edit(block, field("hash", common.Hash{1})), l1.MismatchBlockHash},
		"a transaction is dropped":                                 {edit(block, func(o object) any { o["transactions"] = o["transactions"].([]any)[1:]; return o }), l1.MismatchTransactions},
		"all transactions are dropped":                             {edit(block, field("transactions", []any{})), l1.MismatchTransactions},
		"transactions change places":                               {edit(block, func(o object) any { l := o["transactions"].([]any); l[0], l[1] = l[1], l[0]; return o }), l1.MismatchTransactions},
		"calldata is changed":                                      {edit(block, func(o object) any { o["transactions"].([]any)[1].(object)["input"] = "0x0103"; return o }), l1.MismatchTransactions},
		"transactions are hashes":                                  {edit(block, field("transactions", []any{common.Hash{1}})), ""},
		"a transaction is null":                                    {edit(block, field("transactions", []any{nil})), ""},
		"a withdrawal is invented":                                 {edit(block, field("withdrawals", []any{object{"index": "0x1", "validatorIndex": "0x1", "address": inbox, "amount": "0x1"}})), l1.MismatchWithdrawals},
		"a withdrawal is null":                                     {edit(block, field("withdrawals", []any{nil})), l1.MismatchWithdrawals},
		"a receipt is dropped":                                     {edit(receipts, func(l []any) any { return l[1:] }), l1.MismatchReceipts},
		"all receipts are dropped":                                 {edit(receipts, func([]any) any { return []any{} }), l1.MismatchReceipts},
		"receipts change places":                                   {edit(receipts, func(l []any) any { l[0], l[2] = l[2], l[0]; return l }), l1.MismatchReceipts},
		"a log is dropped":                                         {edit(receipts, inReceipt(2, "logs", []any{})), l1.MismatchReceipts},
		"a success is called a failure":                            {edit(receipts, inReceipt(2, "status", "0x0")), l1.MismatchReceipts},
		"a failure is called a success":                            {edit(receipts, inReceipt(1, "status", "0x1")), l1.MismatchReceipts},
		"status 2 encodes as success but would be read as failure": {edit(receipts, inReceipt(2, "status", "0x2")), l1.MismatchReceiptStatus},
		"a post state encodes as success over a status that says a failure": {edit(receipts, func(l []any) any { inReceipt(2, "status", "0x0")(l); return inReceipt(2, "root", "0x01")(l) }), l1.MismatchReceipts},
		"a receipt is null":                {edit(receipts, func(l []any) any { l[0] = nil; return l }), ""},
		"a log is null":                    {edit(receipts, inReceipt(0, "logs", []any{nil})), ""},
		"receipts are not a list":          {edit(receipts, func([]any) any { return "0x" }), ""},
		"the block is not an object":       {edit(block, func(object) any { return []any{} }), ""},
		"the block has no hash":            {edit(block, field("hash", nil)), ""},
		"the block number is beyond range": {edit(block, field("number", "0x10000000000000000")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, hash := chain(t)
			m.lie = tc.lie
			s := m.source(t, l1.SourceConfig{})
			_, err := s.BlockByHash(t.Context(), hash)
			var wrong *l1.VerificationError
			switch {
			case err == nil:
				t.Fatal("the lie was believed")
			case tc.want == "":
				if errors.As(err, &wrong) || errors.Is(err, eth.ErrNotFound) {
					t.Fatalf("error %v, want one that is neither a mismatch nor not found", err)
				}
			case !errors.As(err, &wrong) || wrong.What != tc.want:
				t.Fatalf("error %v, want a mismatch of the %s", err, tc.want)
			}
			m.set(func() { m.lie = nil })
			if _, err := s.BlockByHash(t.Context(), hash); err != nil {
				t.Errorf("the truth after the lie: %v", err)
			}
		})
	}
}

func TestAnotherBlockInPlaceOfTheOneAskedFor(t *testing.T) {
	m, hash := chain(t)
	other := m.put(t, &types.Header{Number: big.NewInt(8)}, nil, nil)
	m.lie = func(_ string, answer any) any {
		if answer == nil {
			return nil
		}
		return m.blocks[other]
	}
	s := m.source(t, l1.SourceConfig{})
	for name, tc := range map[string]struct {
		ask  func() error
		want l1.Mismatch
	}{
		"block by hash":   {func() error { _, err := s.BlockByHash(t.Context(), hash); return err }, l1.MismatchBlockHash},
		"ref by hash":     {func() error { _, err := s.RefByHash(t.Context(), hash); return err }, l1.MismatchBlockHash},
		"block by number": {func() error { _, err := s.BlockByNumber(t.Context(), 7); return err }, l1.MismatchBlockNumber},
		"ref by number":   {func() error { _, err := s.RefByNumber(t.Context(), 7); return err }, l1.MismatchBlockNumber},
	} {
		var wrong *l1.VerificationError
		if err := tc.ask(); !errors.As(err, &wrong) || wrong.What != tc.want {
			t.Errorf("%s: error %v, want a mismatch of the %s", name, err, tc.want)
		}
	}
}

func TestWithdrawalsInABlockThatCannotHaveAny(t *testing.T) {
	m := newModelL1()
	hash := m.put(t, &types.Header{Number: big.NewInt(1)}, nil, nil)
	s := m.source(t, l1.SourceConfig{CacheBytes: 1})
	for _, none := range []any{nil, []any{}} {
		m.lie = edit("getBlockByHash", field("withdrawals", none))
		if _, err := s.BlockByHash(t.Context(), hash); err != nil {
			t.Errorf("%v: %v", none, err)
		}
	}
	m.lie = edit("getBlockByHash", field("withdrawals", []any{nil}))
	var wrong *l1.VerificationError
	if _, err := s.BlockByHash(t.Context(), hash); !errors.As(err, &wrong) || wrong.What != l1.MismatchWithdrawals {
		t.Errorf("error %v, want a mismatch of the withdrawals root", err)
	}
}

func TestHTTPStatusCanBeToldAndIsShort(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("slow down ", 1000), http.StatusTooManyRequests)
	}))
	defer web.Close()
	client, err := l1.Dial(web.URL, l1.DialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = over(client, l1.SourceConfig{}).Label(t.Context(), l1.Latest)
	var status rpc.HTTPError
	if !errors.As(err, &status) || status.StatusCode != http.StatusTooManyRequests || len(err.Error()) > 400 {
		t.Errorf("error %v, want a short one of status 429", err)
	}
}

func TestFieldsThatNoRootCoversAreNotBelieved(t *testing.T) {
	m, hash := chain(t)
	honest, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	m.lie = edit("getBlockReceipts", func(list []any) any {
		for _, r := range list {
			for _, l := range r.(object)["logs"].([]any) {
				log := l.(object)
				log["logIndex"], log["blockHash"], log["transactionHash"], log["removed"] = "0x9", common.Hash{9}, common.Hash{9}, true
			}
		}
		return list
	})
	got, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, honest) {
		t.Errorf("got %+v, want %+v", got.Logs[0], honest.Logs[0])
	}
}

func TestMissingReceiptsAreNotFoundAndNotRemembered(t *testing.T) {
	m, hash := chain(t)
	receipts := m.receipts[hash]
	m.receipts[hash] = nil
	s := m.source(t, l1.SourceConfig{})
	if _, err := s.BlockByHash(t.Context(), hash); !errors.Is(err, eth.ErrNotFound) {
		t.Fatalf("error %v, want not found", err)
	}
	m.set(func() { m.receipts[hash] = receipts })
	if b, err := s.BlockByHash(t.Context(), hash); err != nil || len(b.Logs) != 1 {
		t.Errorf("block %+v, %v", b, err)
	}
}

func TestReceiptsAreSkippedOnlyIfTheBloomExcludesBothContracts(t *testing.T) {
	for name, tc := range map[string]struct {
		address common.Address
		want    int
	}{
		"neither contract":         {common.Address{1}, 0},
		"the deposit contract":     {portal, 1},
		"the system config":        {sysCfg, 1},
		"no log at all in a block": {common.Address{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModelL1()
			var logs []*types.Log
			if tc.address != (common.Address{}) {
				logs = append(logs, &types.Log{Address: tc.address, Topics: []common.Hash{{}}, Data: []byte{}})
			}
			hash := m.put(t, &types.Header{Number: big.NewInt(1)}, []wireTx{known(t, &types.LegacyTx{})}, types.Receipts{{Status: 1, Logs: append([]*types.Log{}, logs...)}})
			b, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.count("getBlockReceipts"); got != tc.want || len(b.Logs) != tc.want {
				t.Errorf("%d requests and %d logs, want %d of each", got, len(b.Logs), tc.want)
			}
		})
	}
}

func TestTransactionsOfUnknownTypesAreFetchedEncoded(t *testing.T) {
	m := newModelL1()
	var txs []wireTx
	var receipts types.Receipts
	for i := range 130 {
		txs = append(txs, fromTheFuture(byte(i%0x80)))
		receipts = append(receipts, &types.Receipt{Type: 0x55, Status: 1, Logs: []*types.Log{}})
	}
	txs = append(txs, known(t, &types.DynamicFeeTx{ChainID: big.NewInt(900), To: &inbox}))
	receipts = append(receipts, &types.Receipt{Type: 2, Status: 1, Logs: []*types.Log{{Address: portal, Topics: []common.Hash{}, Data: []byte{}}}})
	hash := m.put(t, &types.Header{Number: big.NewInt(1)}, txs, receipts)

	b, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Inbox) != 1 || b.Inbox[0].Index != 130 || len(b.Logs) != 1 || b.Logs[0].TxIndex != 130 {
		t.Errorf("inbox %+v, logs %+v", b.Inbox, b.Logs)
	}
	if got := m.count("getRawTransactionByHash"); got != 130 {
		t.Errorf("%d transactions fetched, want the 130 unknown ones", got)
	}

	for name, tc := range map[string]struct {
		answer   any
		mismatch bool
	}{
		"other bytes":                   {"0x55c101", true},
		"no such transaction":           {nil, false},
		"no such method":                {coded{-32601, "the method eth_getRawTransactionByHash does not exist"}, false},
		"a known type that is not read": {"0x02c0", false},
	} {
		m.set(func() {
			m.lie = func(method string, answer any) any {
				if method == "getRawTransactionByHash" {
					return tc.answer
				}
				return answer
			}
		})
		var wrong *l1.VerificationError
		_, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
		if err == nil || errors.As(err, &wrong) != tc.mismatch || (wrong != nil && wrong.What != l1.MismatchTransactions) {
			t.Errorf("%s: error %v, want a mismatch: %v", name, err, tc.mismatch)
		}
	}
}

func TestTransactionWithSloppyJSONIsReadEncoded(t *testing.T) {
	m := newModelL1()
	tx := known(t, &types.DynamicFeeTx{ChainID: big.NewInt(900), To: &inbox, Data: []byte{7}})
	delete(tx.text.(object), "maxFeePerGas")
	hash := m.put(t, &types.Header{Number: big.NewInt(1)}, []wireTx{tx}, types.Receipts{{Type: 2, Logs: []*types.Log{}}})
	b, err := m.source(t, l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil || len(b.Inbox) != 1 || b.Inbox[0].Data[0] != 7 {
		t.Errorf("block %+v, %v", b, err)
	}
}

func TestBlocksAreRememberedByHash(t *testing.T) {
	m, hash := chain(t)
	s := m.source(t, l1.SourceConfig{})
	first, err := s.BlockByHash(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	m.set(func() { clear(m.calls) })
	if again, err := s.BlockByHash(t.Context(), hash); err != nil || again != first {
		t.Errorf("again: %v, %v", again, err)
	}
	if ref, err := s.RefByHash(t.Context(), hash); err != nil || ref != first.L1Ref {
		t.Errorf("reference %v, %v", ref, err)
	}
	if n := len(m.calls); n != 0 {
		t.Errorf("%v requests for a block that is known", m.calls)
	}
	if again, err := s.BlockByNumber(t.Context(), 7); err != nil || again != first {
		t.Errorf("by number: %v, %v", again, err)
	}
	if m.count("getBlockByNumber") != 1 || m.count("getBlockReceipts") != 0 {
		t.Errorf("by number: requests %v, want which block it is, and no receipts", m.calls)
	}
}

func TestAnswerTooLarge(t *testing.T) {
	m, hash := chain(t)
	server := rpc.NewServer()
	defer server.Stop()
	if err := server.RegisterName("eth", m); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	for name, tc := range map[string]struct {
		limit int64
		ok    bool
	}{"within": {1 << 20, true}, "beyond": {1 << 10, false}} {
		overHTTP, err := l1.Dial(web.URL, l1.DialConfig{MaxAnswer: tc.limit})
		if err != nil {
			t.Fatal(err)
		}
		defer overHTTP.Close()
		for transport, s := range map[string]*l1.Source{
			"HTTP":       over(overHTTP, l1.SourceConfig{}),
			"in process": m.limited(t, l1.SourceConfig{}, l1.DialConfig{MaxAnswer: tc.limit}),
		} {
			_, err := s.BlockByHash(t.Context(), hash)
			var large *l1.TooLargeError
			if errors.As(err, &large) == tc.ok || (err == nil) != tc.ok {
				t.Errorf("%s the limit over %s: %v", name, transport, err)
			}
		}
	}
}

func TestErrorsDoNotShowTheURL(t *testing.T) {
	client, err := l1.Dial("http://user:SECRET@127.0.0.1:1/SECRET?key=SECRET", l1.DialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = over(client, l1.SourceConfig{}).Label(t.Context(), l1.Latest)
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("error %v", err)
	}
	beacon, err := l1.NewBeacon("http://127.0.0.1:1/SECRET", l1.BeaconConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = beacon.Blobs(t.Context(), eth.L1Ref{}, []common.Hash{{1}})
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("error %v", err)
	}
}
