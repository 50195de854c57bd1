package faults

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

func engineFault(f fault) func(*rig) { return func(r *rig) { r.engine.set(f) } }

// Methods of an engine by what they are for, in all their versions.
func calls(f fault, prefix string) fault {
	return where(f, func(x *exchange) bool { return strings.HasPrefix(x.method, prefix) })
}

func newPayload(f fault) fault { return calls(f, "engine_newPayload") }
func forkchoice(f fault) fault { return calls(f, "engine_forkchoiceUpdated") }
func getPayload(f fault) fault { return calls(f, "engine_getPayload") }

func engineConditions() []condition {
	const safe = "safe"
	down, up := func(r *rig) { r.engine.down() }, func(r *rig) { r.engine.up() }
	syncing := map[string]any{"status": "SYNCING", "latestValidHash": nil, "validationError": nil}
	return []condition{
		{name: "engine refuses connections", code: eth.EngineUnreachable, at: safe, when: cold, begin: down, end: up},
		{name: "engine goes away", code: eth.EngineUnreachable, at: safe, begin: down, end: up},
		{name: "engine cuts connections without an answer", code: eth.EngineUnreachable, at: safe, begin: engineFault(newPayload(cut))},
		{name: "engine's proxy answers 502", code: eth.EngineUnreachable, at: safe, begin: engineFault(say(http.StatusBadGateway, "%s"))},
		{name: "engine does not answer", code: eth.EngineSlow, at: safe, begin: engineFault(newPayload(hang))},
		{name: "engine does not answer at the start", code: eth.EngineSlow, at: safe, when: cold, begin: engineFault(hang)},
		{name: "engine has another JWT secret", code: eth.EngineUnauthorized, at: safe, when: cold, begin: engineFault(resign([32]byte{1}, 0))},
		{name: "engine's clock is wrong", code: eth.EngineUnauthorized, at: safe, begin: engineFault(resign(secret, -10*time.Minute))},
		{name: "engine answers with an error", code: eth.EngineError, at: safe, begin: engineFault(newPayload(rpcError(-32603, "internal error")))},
		{name: "engine answers with something else than JSON", code: eth.EngineError, at: safe, begin: engineFault(say(http.StatusOK, "<html>%s</html>"))},
		{name: "engine answers with too much", code: eth.EngineError, at: safe, begin: engineFault(getPayload(long(answerLimit)))},
		{name: "engine loses building jobs", code: eth.EngineError, at: safe, begin: engineFault(getPayload(rpcError(-38001, "Unknown payload")))},
		{name: "engine says SYNCING to payloads", code: eth.EngineSyncing, at: safe, begin: engineFault(newPayload(result(syncing)))},
		{name: "engine says SYNCING to a head that it has", code: eth.EngineSyncing, at: safe, begin: engineFault(forkchoice(result(map[string]any{"payloadStatus": syncing, "payloadId": nil})))},
		{name: "engine does not know its head", code: eth.EngineForgotBlock, at: safe, begin: engineFault(first(
			forkchoice(result(map[string]any{"payloadStatus": syncing, "payloadId": nil})),
			only(result(nil), "eth_getBlockByHash", "eth_getHeaderByHash"),
		))},
		{name: "engine forgets old blocks", code: eth.EngineForgotBlock, at: safe, when: again, begin: engineFault(
			only(result(nil), "eth_getBlockByHash", "eth_getHeaderByHash"),
		)},
		{name: "engine calls labels invalid", code: eth.EngineRejectsBlock, at: safe, begin: engineFault(where(
			forkchoice(result(map[string]any{"payloadStatus": map[string]any{"status": "INVALID", "validationError": "links to a bad block"}})), labels,
		))},
		{name: "engine says that labels contradict each other", code: eth.EngineRejectsLabels, at: safe, begin: engineFault(forkchoice(rpcError(-38002, "Invalid forkchoice state")))},
		{name: "engine builds something else", code: eth.EngineLying, at: safe, begin: engineFault(getPayload(change(func(env map[string]json.RawMessage) {
			edit(env, "executionPayload", "timestamp", hexNumber(1))
		})))},
		{name: "engine gives a payload with another hash", code: eth.EngineLying, at: safe, begin: engineFault(getPayload(change(func(env map[string]json.RawMessage) {
			edit(env, "executionPayload", "stateRoot", common.Hash{1})
		})))},
		{name: "engine changes old blocks", code: eth.EngineLying, at: safe, when: again, begin: engineFault(only(change(func(b map[string]json.RawMessage) {
			b["stateRoot"] = text(common.Hash{1})
		}), "eth_getBlockByHash"))},
		{name: "engine is another chain", code: eth.EngineWrongChain, at: safe, when: cold, begin: func(r *rig) {
			other := *r.chain.d.Genesis().L2
			other.Mixhash = common.Hash{1}
			r.engine.point(openGeth(r.t, &other).AuthURL())
		}, end: func(r *rig) { r.engine.point(r.geth.AuthURL()) }},
		{name: "engine has pruned bodies", code: eth.EnginePruned, at: safe, when: again, begin: engineFault(only(rpcError(4444, "pruned history unavailable"), "eth_getBlockByHash"))},
		{name: "engine has headers only", code: eth.EnginePruned, at: safe, when: again, begin: engineFault(only(result(nil), "eth_getBlockByHash"))},
		{name: "engine lacks state", code: eth.EnginePruned, at: safe, begin: engineFault(newPayload(rpcError(-32000, "missing trie node 01 (path )")))},
		{name: "engine lacks a method", code: eth.EngineOutdated, at: safe, begin: engineFault(newPayload(rpcError(-32601, "the method engine_newPayloadV4 does not exist")))},
		{name: "engine lacks a fork", code: eth.EngineOutdated, at: safe, begin: engineFault(getPayload(rpcError(-38005, "Unsupported fork")))},
		{name: "engine lost its database", code: eth.EngineBehind, at: safe, begin: func(r *rig) {
			eventually(r.t, "something is final", func() bool { return r.node.SyncStatus().FinalizedL2.Number > 0 })
			r.engine.point(openGeth(r.t, r.chain.d.Genesis().L2).AuthURL())
		}, end: func(r *rig) { r.engine.point(r.geth.AuthURL()) }},
	}
}

// labels says whether a forkchoiceUpdated sets labels: while a block is made, its head is above the safe block.
func labels(x *exchange) bool {
	var fc eth.ForkchoiceState
	return len(x.params) > 0 && json.Unmarshal(x.params[0], &fc) == nil && x.isNull(1) && fc.HeadBlockHash == fc.SafeBlockHash
}

// edit changes a field of an object in an object.
func edit(outer map[string]json.RawMessage, name, field string, value any) {
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(outer[name], &inner); err != nil {
		panic(err) // of a test
	}
	inner[field] = text(value)
	outer[name] = text(inner)
}

func hexNumber(n uint64) hexutil.Uint64 { return hexutil.Uint64(n) }

// resign gives requests the token of another secret or clock, and passes them on: the engine itself refuses.
func resign(secret [32]byte, skew time.Duration) fault {
	return func(x *exchange) bool {
		enc := base64.RawURLEncoding
		signed := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
			enc.EncodeToString(fmt.Appendf(nil, `{"iat":%d}`, time.Now().Add(skew).Unix()))
		mac := hmac.New(sha256.New, secret[:])
		mac.Write([]byte(signed))
		x.r.Header.Set("Authorization", "Bearer "+signed+"."+enc.EncodeToString(mac.Sum(nil)))
		return false
	}
}
