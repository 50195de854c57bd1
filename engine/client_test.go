package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

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
	cases := []struct {
		name    string
		answers map[string]any
		want    answerKind
		says    string
	}{
		{"all is well", nil, done, ""},
		{"forkchoice VALID without a job", map[string]any{fcu: forkchoice(status("VALID"), nil)}, unable, "no job"},
		{"forkchoice INVALID", map[string]any{fcu: forkchoice(invalid("because"), nil)}, rejected, "because"},
		{"forkchoice INVALID_BLOCK_HASH", map[string]any{fcu: forkchoice(status("INVALID_BLOCK_HASH"), nil)}, rejected, ""},
		{"forkchoice SYNCING, head unknown", map[string]any{fcu: forkchoice(status("SYNCING"), nil)}, disagreement, "unknown"},
		{"forkchoice SYNCING, head known", map[string]any{
			fcu: forkchoice(status("SYNCING"), nil), look: asBlock(t, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx),
		}, unable, ""},
		{"forkchoice with a status nobody knows", map[string]any{fcu: forkchoice(status("MAYBE"), nil)}, unable, "MAYBE"},
		{"-38002", map[string]any{fcu: codedError{code: -38002}}, disagreement, ""},
		{"-38003", map[string]any{fcu: codedError{-38003, map[string]any{"err": "the reason"}}}, rejected, "the reason"},
		{"-38003 with other data", map[string]any{fcu: codedError{-38003, "more"}}, rejected, "more"},
		{"-38005", map[string]any{fcu: codedError{code: -38005}}, unable, "-38005"},
		{"-32000", map[string]any{fcu: codedError{code: -32000}}, unable, ""},
		{"getPayload -38001", map[string]any{get: codedError{code: -38001}}, unknownJob, ""},
		{"getPayload without payload", map[string]any{get: map[string]any{}}, unable, "no payload"},
		{"newPayload INVALID", map[string]any{put: invalid("bad root")}, rejected, "bad root"},
		{"newPayload INVALID_BLOCK_HASH", map[string]any{put: status("INVALID_BLOCK_HASH")}, rejected, ""},
		{"newPayload SYNCING", map[string]any{put: status("SYNCING")}, unable, "SYNCING"},
		{"newPayload ACCEPTED", map[string]any{put: status("ACCEPTED")}, unable, "ACCEPTED"},
		{"newPayload fails", map[string]any{put: codedError{code: -32000}}, unable, ""},
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
			if tc.says != "" && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q does not say %q", err, tc.says)
			}
		})
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
	cases := []struct {
		name   string
		answer any
		want   answerKind
	}{
		{"the block", asBlock(t, env, rules, depositTx, otherTx), done},
		{"null", nil, notFound},
		{"safe block not found", errors.New("safe block not found"), notFound},
		{"-39001", codedError{code: -39001}, notFound},
		{"another error", errors.New("disk is full"), unable},
		{"no block at all", "0x", unable},
		{"other hash", edited(asBlock(t, env, rules, depositTx, otherTx), "hash", common.Hash{1}), unable},
		{"other header", edited(asBlock(t, env, rules, depositTx, otherTx), "gasUsed", "0x1"), unable},
		{"missing transaction", asBlock(t, env, rules, depositTx), unable},
		{"other transaction", asBlock(t, env, rules, depositTx, depositTx), unable},
		{"null for a transaction", edited(asBlock(t, env, rules), "transactions", []any{nil, nil}), unable},
		{"hashes for transactions", edited(asBlock(t, env, rules), "transactions", []any{common.Hash{}}), unable},
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
			}
		})
	}
	f, c := newFake(t, cfg)
	block := asBlock(t, env, rules, depositTx, otherTx)
	f.answers["eth_getBlockByHash"], f.answers["eth_getBlockByNumber"] = block, block
	if _, err := c.PayloadByHash(t.Context(), common.Hash{1}); kindOf(err) != unable {
		t.Errorf("another block than asked for by hash: %v", err)
	}
	if _, err := c.PayloadByNumber(t.Context(), p.BlockNumber+1); kindOf(err) != unable {
		t.Errorf("another block than asked for by number: %v", err)
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
