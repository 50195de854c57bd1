package faults

import (
	"encoding/json"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

// bodies lets a fault happen to what derivation asks for, and not to the looks at the heads.
func bodies(f fault) fault {
	return where(only(f, "eth_getBlockByNumber"), func(x *exchange) bool { return x.flag(1) })
}

func l1Fault(f fault) func(*rig) { return func(r *rig) { r.l1[0].set(f) } }

func l1Conditions() []condition {
	const (
		l1, safe, endpoint = "l1", "safe", "l1 endpoint"
		noKey              = `{"error":"invalid project id %s, key ` + headerKey + `"}`
	)
	limited := say(http.StatusTooManyRequests, `{"error":"too many requests for %s"}`, "Retry-After", "1")
	all := []condition{
		{name: "L1 refuses connections", code: eth.L1Unreachable, at: l1, when: cold, begin: func(r *rig) { r.l1[0].down() }, end: func(r *rig) { r.l1[0].up() }},
		{name: "L1 goes away", code: eth.L1Unreachable, at: verdict, begin: func(r *rig) { r.l1[0].down() }, end: func(r *rig) { r.l1[0].up() }},
		{name: "L1 cuts connections without an answer", code: eth.L1Unreachable, at: safe, begin: l1Fault(bodies(cut))},
		{name: "L1 does not answer", code: eth.L1Slow, at: safe, begin: l1Fault(bodies(hang))},
		{name: "L1 answers 504", code: eth.L1Slow, at: safe, begin: l1Fault(bodies(say(http.StatusGatewayTimeout, "")))},
		{name: "L1 answers 429 with Retry-After", code: eth.L1RateLimited, at: l1, when: cold, begin: l1Fault(limited)},
		{name: "L1 answers limit exceeded", code: eth.L1RateLimited, at: safe, begin: l1Fault(bodies(rpcError(-32005, "daily request count exceeded")))},
		{name: "L1 answers 401 and repeats the key", code: eth.L1Unauthorized, at: l1, when: cold, begin: l1Fault(say(http.StatusUnauthorized, noKey))},
		{name: "L1 answers 403", code: eth.L1Unauthorized, at: safe, begin: l1Fault(bodies(say(http.StatusForbidden, noKey)))},
		{name: "L1 answers 500 and repeats the key", code: eth.L1Error, at: safe, begin: l1Fault(bodies(say(http.StatusInternalServerError, "cannot serve %s")))},
		{name: "L1 answers with something else than JSON", code: eth.L1Error, at: safe, begin: l1Fault(bodies(say(http.StatusOK, "<html>%s</html>")))},
		{name: "L1 does not serve receipts", code: eth.L1Error, at: safe, begin: l1Fault(only(rpcError(-32601, "the method eth_getBlockReceipts does not exist"), "eth_getBlockReceipts"))},
		{name: "L1 changes headers", code: eth.L1Lying, at: safe, begin: l1Fault(bodies(change(func(b map[string]json.RawMessage) {
			b["stateRoot"] = text(common.Hash{1})
		})))},
		{name: "L1 gives the block before", code: eth.L1Lying, at: safe, begin: l1Fault(bodies(func(x *exchange) bool {
			if n, ok := x.number(); ok {
				x.ask(hexNumber(n - 1))
			}
			return false
		}))},
		{name: "L1 leaves transactions out", code: eth.L1Lying, at: safe, begin: l1Fault(bodies(change(func(b map[string]json.RawMessage) {
			b["transactions"] = text([]any{})
		})))},
		{name: "L1 changes receipts", code: eth.L1Lying, at: safe, begin: l1Fault(only(lessReceipts, "eth_getBlockReceipts"))},
		{name: "L1 answers with too much", code: eth.L1Oversized, at: safe, begin: l1Fault(bodies(long(answerLimit)))},
		{name: "L1 has pruned the first blocks", code: eth.L1BlockMissing, at: safe, when: cold, begin: l1Fault(where(only(result(nil), "eth_getBlockByNumber"), old))},
		{name: "L1 says that blocks are pruned", code: eth.L1BlockMissing, at: safe, begin: l1Fault(bodies(rpcError(4444, "pruned history unavailable")))},
		{name: "L1 has no receipts", code: eth.L1ReceiptsMissing, at: safe, begin: l1Fault(only(result(nil), "eth_getBlockReceipts"))},
		{name: "L1 is another chain", code: eth.L1WrongChain, at: l1, when: cold, begin: l1Fault(only(result("0x1"), "eth_chainId"))},
		{name: "L1 has another genesis block", code: eth.L2OriginMissing, at: safe, when: cold, begin: l1Fault(where(only(change(rehashed(map[string]any{"extraData": "0x01"})), "eth_getBlockByNumber"), genesis))},
		{name: "L1 gives blocks of several chains", code: eth.L1BlockMissing, at: safe, when: cold, begin: l1Fault(first(notFinal, otherFrom(5)))},
		{name: "L1 gives up blocks that were final", code: eth.L1ReorgTooDeep, at: safe, begin: func(r *rig) {
			r.l1[0].set(otherFrom(r.node.SyncStatus().CurrentL1.Number - 1))
		}},

		{name: "the first of two L1 is away", code: eth.L1Unreachable, at: endpoint, second: true, begin: func(r *rig) { r.l1[0].down() }, end: func(r *rig) { r.l1[0].up() }},
		{name: "the first of two L1 does not answer", code: eth.L1Slow, at: endpoint, second: true, begin: l1Fault(hang)},
		{name: "the first of two L1 answers 429", code: eth.L1RateLimited, at: verdict, second: true, begin: l1Fault(limited)},
		{name: "the first of two L1 lies", code: eth.L1Lying, at: endpoint, second: true, begin: l1Fault(bodies(change(func(b map[string]json.RawMessage) {
			b["transactions"] = text([]any{})
		})))},
		{name: "the first of two L1 is another chain", code: eth.L1WrongChain, at: verdict, when: cold, second: true, begin: l1Fault(only(result("0x1"), "eth_chainId"))},
		{name: "the first of two L1 has pruned the first blocks", code: eth.L1BlockMissing, at: endpoint, when: cold, second: true, begin: l1Fault(where(only(result(nil), "eth_getBlockByNumber"), old))},
	}
	return all
}

// old says whether a block is one of the first.
func old(x *exchange) bool {
	n, ok := x.number()
	return ok && n < 3
}

func genesis(x *exchange) bool {
	n, ok := x.number()
	return ok && n == 0
}

// lessReceipts leaves out the last receipt.
func lessReceipts(x *exchange) bool {
	_, answer, err := x.send(x)
	var message struct {
		Result []json.RawMessage `json:"result"`
	}
	if err != nil || json.Unmarshal(answer, &message) != nil || len(message.Result) == 0 {
		return false
	}
	x.result(message.Result[:len(message.Result)-1])
	return true
}

// rehashed makes another block of a block: some fields differ, and the hash fits.
func rehashed(fields map[string]any) func(map[string]json.RawMessage) {
	return func(b map[string]json.RawMessage) {
		for field, value := range fields {
			b[field] = text(value)
		}
		var h types.Header
		if err := json.Unmarshal(text(b), &h); err != nil {
			panic(err) // of a test
		}
		b["hash"] = text(h.Hash())
	}
}

// text is a value as JSON.
func text(value any) json.RawMessage {
	out, err := json.Marshal(value)
	if err != nil {
		panic(err) // of a test
	}
	return out
}

// otherFrom has L1 give blocks of another chain from a number on, each alone.
func otherFrom(number uint64) fault {
	other := change(rehashed(map[string]any{
		"parentHash": common.Hash{1}, "logsBloom": types.Bloom{}, // so that nobody asks for its receipts
	}))
	return bodies(where(other, func(x *exchange) bool {
		n, ok := x.number()
		return ok && n >= number
	}))
}

// notFinal has L1 finalize nothing.
func notFinal(x *exchange) bool {
	label, ok := x.label()
	return ok && label == "finalized" && result(nil)(x)
}
