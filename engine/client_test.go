package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	parentHash = common.Hash{0xaa}
	jobID      = eth.PayloadID{1, 2}
	onParent   = eth.ForkchoiceState{HeadBlockHash: parentHash}
)

// RULES 7.9.
func TestMethodVersionsPerFork(t *testing.T) {
	want := map[rollup.Fork][3]string{
		rollup.Bedrock:  {"V1", "V2", "V2"},
		rollup.Regolith: {"V1", "V2", "V2"},
		rollup.Canyon:   {"V2", "V2", "V2"},
		rollup.Delta:    {"V2", "V2", "V2"},
		rollup.Ecotone:  {"V3", "V3", "V3"},
		rollup.Fjord:    {"V3", "V3", "V3"},
		rollup.Granite:  {"V3", "V3", "V3"},
		rollup.Holocene: {"V3", "V3", "V3"},
		rollup.Isthmus:  {"V3", "V4", "V4"},
		rollup.Jovian:   {"V3", "V4", "V4"},
		rollup.Karst:    {"V3", "V5", "V4"},
		rollup.Lagoon:   {"V3", "V5", "V4"},
	}
	cfg := testConfig()
	for fork, v := range want {
		t.Run(fork.String(), func(t *testing.T) {
			f, c := newFake(t, cfg)
			attrs := ordered(cfg, forkTime(fork))
			env := built(cfg, parentHash, attrs)
			for _, n := range []string{"V1", "V2", "V3"} {
				f.answers["engine_forkchoiceUpdated"+n] = forkchoice(status("VALID"), &jobID)
			}
			for _, n := range []string{"V2", "V3", "V4", "V5"} {
				f.answers["engine_getPayload"+n], f.answers["engine_newPayload"+n] = env, status("VALID")
			}
			got, err := c.Build(t.Context(), onParent, attrs)
			if err != nil {
				t.Fatal(err)
			}
			if got.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash {
				t.Error("another payload came out")
			}
			order := []string{
				"engine_forkchoiceUpdated" + v[0], "engine_getPayload" + v[1], "engine_newPayload" + v[2],
				"engine_forkchoiceUpdatedV3", // without attributes always V3
			}
			if !slices.Equal(f.called, order) {
				t.Errorf("called %v, want %v", f.called, order)
			}
			args := f.args["engine_newPayload"+v[2]]
			switch v[2] {
			case "V4":
				if string(args[3]) != "[]" {
					t.Errorf("execution requests %s, want []", args[3])
				}
				fallthrough
			case "V3":
				if root := `"` + attrs.ParentBeaconBlockRoot.Hex() + `"`; string(args[1]) != "[]" || string(args[2]) != root {
					t.Errorf("versioned hashes %s, beacon root %s", args[1], args[2])
				}
			}
		})
	}
}

type answerKind int

const (
	done answerKind = iota
	rejected
	disagreement
	unknownJob
	notFound
	unable
)

func kindOf(err error) answerKind {
	switch {
	case err == nil:
		return done
	case eth.IsRejected(err):
		return rejected
	case errors.Is(err, eth.ErrForkchoice):
		return disagreement
	case errors.Is(err, eth.ErrUnknownPayload):
		return unknownJob
	case errors.Is(err, eth.ErrNotFound):
		return notFound
	default:
		return unable
	}
}

// RULES 7.3, 7.6.
func TestAnswersOfTheEngine(t *testing.T) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	const fcu, get, put, look = "engine_forkchoiceUpdatedV3", "engine_getPayloadV4", "engine_newPayloadV4", "eth_getBlockByHash"
	coded := func(code int) codedError { return codedError{code: code} }
	cases := []struct {
		name    string
		answers map[string]any
		want    answerKind
		fault   eth.Fault
		says    string
	}{
		{"all is well", nil, done, "", ""},
		{"forkchoice VALID without a job", map[string]any{fcu: forkchoice(status("VALID"), nil)}, unable, eth.EngineError, "no job"},
		{"forkchoice INVALID", map[string]any{fcu: forkchoice(invalid("because"), nil)}, rejected, eth.EngineRejectsBlock, "because"},
		{"forkchoice INVALID_BLOCK_HASH", map[string]any{fcu: forkchoice(status("INVALID_BLOCK_HASH"), nil)}, rejected, eth.EngineRejectsBlock, "INVALID_BLOCK_HASH"},
		{"forkchoice INVALID for want of state", map[string]any{fcu: forkchoice(invalid("missing trie node ab (path )"), nil)}, unable, eth.EnginePruned, "missing trie node"},
		{"forkchoice SYNCING, head unknown", map[string]any{fcu: forkchoice(status("SYNCING"), nil)}, disagreement, eth.EngineForgotBlock, "unknown"},
		{"forkchoice SYNCING, head known", map[string]any{
			fcu: forkchoice(status("SYNCING"), nil), look: asBlock(t, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx),
		}, unable, eth.EngineLying, "asked for block"},
		{"forkchoice SYNCING, head known and pruned", map[string]any{fcu: forkchoice(status("SYNCING"), nil), look: coded(4444)}, unable, eth.EngineSyncing, "syncing"},
		{"forkchoice SYNCING, and the head cannot be read", map[string]any{fcu: forkchoice(status("SYNCING"), nil), look: coded(-32000)}, unable, eth.EngineError, ""},
		{"forkchoice ACCEPTED", map[string]any{fcu: forkchoice(status("ACCEPTED"), nil)}, unable, eth.EngineError, "ACCEPTED"},
		{"forkchoice with a status nobody knows", map[string]any{fcu: forkchoice(status("MAYBE"), nil)}, unable, eth.EngineError, "MAYBE"},
		{"forkchoice -38001", map[string]any{fcu: coded(-38001)}, unknownJob, eth.EngineError, ""},
		{"-38002", map[string]any{fcu: coded(-38002)}, disagreement, eth.EngineRejectsLabels, ""},
		{"-38003", map[string]any{fcu: codedError{-38003, map[string]any{"err": "the reason"}}}, rejected, eth.EngineRejectsBlock, "the reason"},
		{"-38003 with other data", map[string]any{fcu: codedError{-38003, "more"}}, rejected, eth.EngineRejectsBlock, "more"},
		{"-38003 with data of no use", map[string]any{fcu: codedError{-38003, []int{1}}}, rejected, eth.EngineRejectsBlock, ""},
		{"-38003 for want of state", map[string]any{fcu: codedError{-38003, "Missing trie node ab"}}, unable, eth.EnginePruned, "-38003"},
		{"-38004", map[string]any{fcu: coded(-38004)}, unable, eth.EngineError, "-38004"},
		{"-38005", map[string]any{fcu: coded(-38005)}, unable, eth.EngineOutdated, "fork jovian"},
		{"-32000", map[string]any{fcu: coded(-32000)}, unable, eth.EngineError, "-32000"},
		{"-32000 for want of state", map[string]any{fcu: codedError{-32000, "missing trie node"}}, unable, eth.EnginePruned, ""},
		{"-32001 is no missing block here", map[string]any{fcu: coded(-32001)}, unable, eth.EngineError, ""},
		{"4444 is no missing block here", map[string]any{fcu: coded(4444)}, unable, eth.EngineError, ""},
		{"-32002", map[string]any{fcu: coded(-32002)}, unable, eth.EngineSlow, ""},
		{"-32602", map[string]any{fcu: coded(-32602)}, unable, eth.EngineError, ""},
		{"-32603", map[string]any{fcu: coded(-32603)}, unable, eth.EngineError, ""},
		{"getPayload -38001", map[string]any{get: coded(-38001)}, unknownJob, eth.EngineError, ""},
		{"getPayload -38005", map[string]any{get: coded(-38005)}, unable, eth.EngineOutdated, "fork jovian"},
		{"getPayload -32601", map[string]any{get: coded(-32601)}, unable, eth.EngineOutdated, "fork jovian"},
		{"getPayload without payload", map[string]any{get: map[string]any{}}, unable, eth.EngineError, "no payload"},
		{"newPayload INVALID", map[string]any{put: invalid("bad root")}, rejected, eth.EngineRejectsBlock, "bad root"},
		{"newPayload INVALID_BLOCK_HASH", map[string]any{put: status("INVALID_BLOCK_HASH")}, rejected, eth.EngineRejectsBlock, ""},
		{"newPayload INVALID for want of state", map[string]any{put: invalid("missing trie node")}, unable, eth.EnginePruned, ""},
		{"newPayload SYNCING", map[string]any{put: status("SYNCING")}, unable, eth.EngineSyncing, "SYNCING"},
		{"newPayload ACCEPTED", map[string]any{put: status("ACCEPTED")}, unable, eth.EngineSyncing, "ACCEPTED"},
		{"newPayload with a status nobody knows", map[string]any{put: status("")}, unable, eth.EngineError, "unexpected status"},
		{"newPayload fails", map[string]any{put: coded(-32000)}, unable, eth.EngineError, ""},
		{"newPayload -32601", map[string]any{put: coded(-32601)}, unable, eth.EngineOutdated, "engine_newPayloadV4"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			f, c := newFake(t, cfg)
			f.answers[fcu], f.answers[get], f.answers[put] = forkchoice(status("VALID"), &jobID), env, status("VALID")
			for method, answer := range tc.answers {
				f.answers[method] = answer
			}
			_, err := c.Build(t.Context(), onParent, attrs)
			if got := kindOf(err); got != tc.want {
				t.Errorf("kind %d, want %d: %v", got, tc.want, err)
			}
			if got := eth.FaultOf(err); got != tc.fault {
				t.Errorf("fault %q, want %q: %v", got, tc.fault, err)
			}
			if tc.says != "" && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q does not say %q", err, tc.says)
			}
		})
	}
}

func TestSyncingEngineThatHasTheHead(t *testing.T) {
	cfg := testConfig()
	f, c := newFake(t, cfg)
	env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
	p := env.ExecutionPayload
	f.answers["engine_forkchoiceUpdatedV3"] = forkchoice(status("SYNCING"), nil)
	f.answers["eth_getBlockByHash"] = asBlock(t, env, cfg.L2Rules(p.Timestamp), depositTx, otherTx)
	err := c.Forkchoice(t.Context(), eth.ForkchoiceState{HeadBlockHash: p.BlockHash})
	if kindOf(err) != unable || eth.FaultOf(err) != eth.EngineSyncing {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
}

// RULES 7.3 (payload sanity), and not to take the engine's word for what it built.
func TestPayloadIsComparedWithTheOrder(t *testing.T) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	cases := []struct {
		name string
		pool bool // the order lets the pool in
		edit func(p *eth.ExecutionPayload)
		hash bool // the block hash fits the edited content
		want answerKind
	}{
		{"as ordered", false, func(*eth.ExecutionPayload) {}, true, done},
		{"more from the pool", true, func(p *eth.ExecutionPayload) { p.Transactions = append(p.Transactions, encoded(otherTx)...) }, true, done},
		{"more although nothing was allowed", false, func(p *eth.ExecutionPayload) { p.Transactions = append(p.Transactions, encoded(otherTx)...) }, true, unable},
		{"a withdrawal", false, func(p *eth.ExecutionPayload) { p.Withdrawals = &types.Withdrawals{{}} }, true, unable},
		{"another parent", false, func(p *eth.ExecutionPayload) { p.ParentHash[0]++ }, true, unable},
		{"another time", false, func(p *eth.ExecutionPayload) { p.Timestamp++ }, true, unable},
		{"another prevRandao", false, func(p *eth.ExecutionPayload) { p.PrevRandao[0]++ }, true, unable},
		{"another fee recipient", false, func(p *eth.ExecutionPayload) { p.FeeRecipient[0]++ }, true, unable},
		{"another gas limit", false, func(p *eth.ExecutionPayload) { p.GasLimit++ }, true, unable},
		{"a forced transaction is missing", true, func(p *eth.ExecutionPayload) { p.Transactions = p.Transactions[:1] }, true, unable},
		{"a forced transaction is another", false, func(p *eth.ExecutionPayload) {
			p.Transactions = []hexutil.Bytes{p.Transactions[0], {1}}
		}, true, unable},
		{"the hash is of another block", false, func(p *eth.ExecutionPayload) { p.GasUsed++ }, false, unable},
		{"no transactions", false, func(p *eth.ExecutionPayload) { p.Transactions = nil }, true, rejected},
		{"no deposit first", false, func(p *eth.ExecutionPayload) { p.Transactions = encoded(otherTx, otherTx) }, true, rejected},
		{"a deposit behind another transaction", false, func(p *eth.ExecutionPayload) { p.Transactions = encoded(depositTx, otherTx, depositTx) }, true, rejected},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			f, c := newFake(t, cfg)
			order := *attrs
			order.NoTxPool = !tc.pool
			env := built(cfg, parentHash, &order)
			tc.edit(env.ExecutionPayload)
			if tc.hash {
				env.ExecutionPayload.BlockHash = blockHash(env, cfg.L2Rules(attrs.Timestamp))
			}
			env.ParentBeaconBlockRoot = nil // an engine need not send it
			f.answers["engine_forkchoiceUpdatedV3"] = forkchoice(status("VALID"), &jobID)
			f.answers["engine_getPayloadV4"], f.answers["engine_newPayloadV4"] = env, status("VALID")
			id, err := c.Start(t.Context(), onParent, &order)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Seal(t.Context(), id)
			if kindOf(err) != tc.want {
				t.Fatalf("kind %d, want %d: %v", kindOf(err), tc.want, err)
			}
			if f := eth.FaultOf(err); (f == eth.EngineLying) != (err != nil) {
				t.Errorf("fault %q", f)
			}
			if asked := slices.Contains(f.called, "engine_newPayloadV4"); asked != (tc.want == done) {
				t.Errorf("newPayload called: %t", asked)
			}
			if err == nil && *got.ParentBeaconBlockRoot != *attrs.ParentBeaconBlockRoot {
				t.Error("the beacon root is missing")
			}
		})
	}
}

func TestJobsAreForgottenOldestFirst(t *testing.T) {
	cfg := testConfig()
	f, c := newFake(t, cfg)
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	f.answers["engine_getPayloadV4"], f.answers["engine_newPayloadV4"] = built(cfg, parentHash, attrs), status("VALID")
	for i := range keptJobs + 1 {
		f.answers["engine_forkchoiceUpdatedV3"] = forkchoice(status("VALID"), &eth.PayloadID{byte(i)})
		for range 2 { // the same job again takes no room
			if _, err := c.Start(t.Context(), onParent, attrs); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := c.Seal(t.Context(), eth.PayloadID{0}); kindOf(err) != unknownJob {
		t.Errorf("the oldest job: %v", err)
	}
	if _, err := c.Seal(t.Context(), eth.PayloadID{1}); err != nil {
		t.Errorf("the oldest job that is kept: %v", err)
	}
	f.answers["engine_getPayloadV4"] = codedError{code: -38001}
	if _, err := c.Seal(t.Context(), eth.PayloadID{1}); kindOf(err) != unknownJob {
		t.Errorf("a job the engine forgot: %v", err)
	}
	f.answers["engine_getPayloadV4"] = codedError{code: -32000}
	if _, err := c.Seal(t.Context(), eth.PayloadID{1}); kindOf(err) != unknownJob {
		t.Errorf("the engine was asked again for a job it forgot: %v", err)
	}
}

func TestBlocksOfEveryForkAreRebuiltFromJSON(t *testing.T) {
	cfg := testConfig()
	for _, fork := range append([]rollup.Fork{rollup.Bedrock}, rollup.Forks()...) {
		t.Run(fork.String(), func(t *testing.T) {
			f, c := newFake(t, cfg)
			attrs := ordered(cfg, forkTime(fork))
			env := built(cfg, parentHash, attrs)
			block := asBlock(t, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx)
			f.answers["eth_getBlockByHash"], f.answers["eth_getBlockByNumber"] = block, block
			p := env.ExecutionPayload
			byHash, err := c.PayloadByHash(t.Context(), p.BlockHash)
			if err != nil {
				t.Fatal(err)
			}
			if blockHash(byHash, cfg.L2Rules(attrs.Timestamp)) != p.BlockHash {
				t.Error("the payload does not hash to the block hash")
			}
			if got := byHash.ExecutionPayload; (got.Withdrawals == nil) != (p.Withdrawals == nil) || (got.WithdrawalsRoot == nil) != (p.WithdrawalsRoot == nil) {
				t.Errorf("withdrawals %v, root %v", got.Withdrawals, got.WithdrawalsRoot)
			}
			if _, err := c.PayloadByNumber(t.Context(), p.BlockNumber); err != nil {
				t.Error(err)
			}
			if _, err := c.PayloadByLabel(t.Context(), "latest"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLookedUpBlocksAreNotBelieved(t *testing.T) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	p, rules := env.ExecutionPayload, cfg.L2Rules(attrs.Timestamp)
	block := func() map[string]any { return asBlock(t, env, rules, depositTx, otherTx) }
	cases := []struct {
		name    string
		answer  any
		want    answerKind
		fault   eth.Fault
		byLabel eth.Fault // where it is another: a label need not be set
	}{
		{"the block", block(), done, "", ""},
		{"null", nil, notFound, eth.EngineForgotBlock, eth.EngineError},
		{"safe block not found", errors.New("safe block not found"), notFound, eth.EngineForgotBlock, eth.EngineError},
		{"-39001", codedError{code: -39001}, notFound, eth.EngineForgotBlock, eth.EngineError},
		{"-32001", codedError{code: -32001}, notFound, eth.EngineForgotBlock, eth.EngineError},
		{"4444", codedError{code: 4444}, notFound, eth.EnginePruned, ""},
		{"pruned in geth's words", errors.New("pruned history unavailable"), notFound, eth.EnginePruned, ""},
		{"pruned in other geth's words", errors.New("header found, but block body is missing"), notFound, eth.EnginePruned, ""},
		{"pruned in erigon's words", errors.New("old data not available due to pruning"), notFound, eth.EnginePruned, ""},
		{"pruned state", errors.New("missing trie node"), notFound, eth.EnginePruned, ""},
		{"another error", errors.New("disk is full"), unable, eth.EngineError, ""},
		{"-32601", codedError{code: -32601}, unable, eth.EngineOutdated, ""},
		{"no block at all", "0x", unable, eth.EngineError, ""},
		{"other hash", edited(block(), "hash", common.Hash{1}), unable, eth.EngineLying, ""},
		{"other header", edited(block(), "gasUsed", "0x1"), unable, eth.EngineLying, ""},
		{"missing transaction", asBlock(t, env, rules, depositTx), unable, eth.EngineLying, ""},
		{"other transaction", asBlock(t, env, rules, depositTx, depositTx), unable, eth.EngineLying, ""},
		{"null for a transaction", edited(block(), "transactions", []any{nil, nil}), unable, eth.EngineError, ""},
		{"hashes for transactions", edited(block(), "transactions", []any{common.Hash{}}), unable, eth.EngineError, ""},
		{"no transactions, as reth gives a pruned block", edited(block(), "transactions", []any{}), notFound, eth.EnginePruned, ""},
		{"null for transactions", edited(block(), "transactions", nil), notFound, eth.EnginePruned, ""},
		{"a withdrawal", edited(block(), "withdrawals", types.Withdrawals{{}}), unable, eth.EngineLying, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			f, c := newFake(t, cfg)
			f.answers["eth_getBlockByHash"], f.answers["eth_getBlockByNumber"] = tc.answer, tc.answer
			_, byHash := c.PayloadByHash(t.Context(), p.BlockHash)
			_, byNumber := c.PayloadByNumber(t.Context(), p.BlockNumber)
			_, byLabel := c.PayloadByLabel(t.Context(), "safe")
			for how, err := range map[string]error{"hash": byHash, "number": byNumber, "label": byLabel} {
				if kindOf(err) != tc.want {
					t.Errorf("by %s: kind %d, want %d: %v", how, kindOf(err), tc.want, err)
				}
				want := tc.fault
				if how == "label" && tc.byLabel != "" {
					want = tc.byLabel
				}
				if got := eth.FaultOf(err); got != want {
					t.Errorf("by %s: fault %q, want %q: %v", how, got, want, err)
				}
			}
		})
	}
	f, c := newFake(t, cfg)
	f.answers["eth_getBlockByHash"], f.answers["eth_getBlockByNumber"] = block(), block()
	if _, err := c.PayloadByHash(t.Context(), common.Hash{1}); kindOf(err) != unable || eth.FaultOf(err) != eth.EngineLying {
		t.Errorf("another block than asked for by hash: %v", err)
	}
	if _, err := c.PayloadByNumber(t.Context(), p.BlockNumber+1); kindOf(err) != unable || eth.FaultOf(err) != eth.EngineLying {
		t.Errorf("another block than asked for by number: %v", err)
	}
}

func TestLabelsAreThree(t *testing.T) {
	f, c := newFake(t, testConfig())
	if _, err := c.PayloadByLabel(t.Context(), "pending"); err == nil || f.called != nil {
		t.Errorf("pending: %v, called %v", err, f.called)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, c := newFake(t, cfg)
	for method, err := range everything(ctx, c, attrs, built(cfg, parentHash, attrs)) {
		if !errors.Is(err, context.Canceled) || eth.FaultOf(err) != "" {
			t.Errorf("%s: fault %q: %v", method, eth.FaultOf(err), err)
		}
	}
	if f.called != nil {
		t.Errorf("called %v", f.called)
	}
}

// onCall is a connection that does what it is told.
type onCall func(method string) error

func (f onCall) CallContext(_ context.Context, _ any, method string, _ ...any) error {
	return f(method)
}

func TestEndOfContextIsNoMissingBlock(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := NewClient(onCall(func(method string) error {
		if method == "eth_getHeaderByNumber" {
			cancel()
			return context.Canceled
		}
		return nil // null
	}), testConfig(), Options{})
	if _, err := c.PayloadByNumber(ctx, 1); !errors.Is(err, context.Canceled) || errors.Is(err, eth.ErrNotFound) {
		t.Error(err)
	}
}

func TestInsertMakesTheBlockTheHead(t *testing.T) {
	cfg := testConfig()
	f, c := newFake(t, cfg)
	env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
	fc := eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash, SafeBlockHash: parentHash}
	f.answers["engine_newPayloadV4"], f.answers["engine_forkchoiceUpdatedV3"] = status("VALID"), forkchoice(status("VALID"), nil)
	if err := c.Insert(t.Context(), fc, env); err != nil {
		t.Fatal(err)
	}
	var told eth.ForkchoiceState
	mustUnmarshal(t, f.args["engine_forkchoiceUpdatedV3"][0], &told)
	if told != fc || !slices.Equal(f.called, []string{"engine_newPayloadV4", "engine_forkchoiceUpdatedV3"}) {
		t.Errorf("called %v with %v", f.called, told)
	}
}

// Engines answer null for a body they do not have, and still know the header.
func TestHeaderWithoutBodyIsPruned(t *testing.T) {
	cfg := testConfig()
	f, c := newFake(t, cfg)
	header := map[string]any{"number": "0x7"}
	f.answers["eth_getHeaderByHash"], f.answers["eth_getHeaderByNumber"] = header, header
	_, byHash := c.PayloadByHash(t.Context(), parentHash)
	_, byNumber := c.PayloadByNumber(t.Context(), 7)
	_, byLabel := c.PayloadByLabel(t.Context(), "finalized")
	for how, err := range map[string]error{"hash": byHash, "number": byNumber, "label": byLabel} {
		if !errors.Is(err, eth.ErrNotFound) || eth.FaultOf(err) != eth.EnginePruned || !strings.Contains(err.Error(), "header of block 0x7") {
			t.Errorf("by %s: fault %q: %v", how, eth.FaultOf(err), err)
		}
	}
	if want := "engine's block 7: "; !strings.HasPrefix(byNumber.Error(), want) {
		t.Errorf("%q does not begin with %q", byNumber, want)
	}
	f.answers["eth_getHeaderByNumber"] = codedError{code: -32601}
	if _, err := c.PayloadByNumber(t.Context(), 7); !errors.Is(err, eth.ErrNotFound) || eth.FaultOf(err) != eth.EngineForgotBlock {
		t.Errorf("an engine that gives no headers: fault %q: %v", eth.FaultOf(err), err)
	}
}

func edited(block map[string]any, key string, value any) map[string]any {
	block[key] = value
	return block
}

func FuzzDecodeBlock(f *testing.F) {
	cfg := testConfig()
	for _, fork := range []rollup.Fork{rollup.Bedrock, rollup.Ecotone, rollup.Jovian} {
		attrs := ordered(cfg, forkTime(fork))
		env := built(cfg, parentHash, attrs)
		f.Add(mustJSON(f, asBlock(f, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx)))
	}
	f.Add([]byte(`{"transactions":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		env, err := decodeBlock(text, cfg)
		if err != nil {
			return
		}
		// What was accepted goes through the Engine API's own form and back.
		var again eth.PayloadEnvelope
		mustUnmarshal(t, mustJSON(t, env), &again)
		if again.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash {
			t.Error("block hash changed")
		}
	})
}
