package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// everything calls each method of a client once and gives the errors.
func everything(ctx context.Context, c *Client, attrs *eth.PayloadAttributes, env *eth.PayloadEnvelope) map[string]error {
	out := make(map[string]error)
	fc := eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash}
	_, out["Build"] = c.Build(ctx, onParent, attrs)
	_, out["Start"] = c.Start(ctx, onParent, attrs)
	_, out["getPayload"] = c.finish(ctx, job{id: jobID, parent: parentHash, attrs: attrs})
	out["Insert"] = c.Insert(ctx, fc, env)
	out["Forkchoice"] = c.Forkchoice(ctx, fc)
	_, out["SyncTo"] = c.SyncTo(ctx, fc, env)
	_, out["Syncing"] = c.Syncing(ctx)
	_, out["Capabilities"] = c.Capabilities(ctx)
	_, out["Version"] = c.Version(ctx)
	_, out["PayloadByNumber"] = c.PayloadByNumber(ctx, 5)
	_, out["PayloadByHash"] = c.PayloadByHash(ctx, common.Hash{1})
	_, out["PayloadByLabel"] = c.PayloadByLabel(ctx, "latest")
	return out
}

// mayTake are the methods that may take any answer for a no.
var mayTake = map[string]bool{"Capabilities": true, "Version": true, "Syncing": true}

func TestGarbageIsAnErrorWithAName(t *testing.T) {
	attrs := ordered(testConfig(), forkTime(rollup.Jovian))
	env := built(testConfig(), parentHash, attrs)
	answer := func(result string) string { return `{"jsonrpc":"2.0","id":1,"result":` + result + `}` }
	failure := func(code, message, data string) string {
		return `{"jsonrpc":"2.0","id":1,"error":{"code":` + code + `,"message":` + message + `,"data":` + data + `}}`
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for name, body := range map[string]string{
		"nothing":                   ``,
		"no JSON":                   `<html>it works</html>`,
		"half an answer":            `{"jsonrpc":"2.0","id":1,"result":{"payloadSt`,
		"null":                      `null`,
		"a list":                    `[]`,
		"an empty object":           `{}`,
		"no result":                 `{"jsonrpc":"2.0","id":1}`,
		"result null":               answer(`null`),
		"result an empty object":    answer(`{}`),
		"result an empty list":      answer(`[]`),
		"result a list of null":     answer(`[null]`),
		"result a number":           answer(`1`),
		"result a string":           answer(`"VALID"`),
		"result true":               answer(`true`),
		"result false":              answer(`false`),
		"result deep":               answer(deep),
		"status a number":           answer(`{"status":1,"payloadStatus":{"status":1}}`),
		"status null":               answer(`{"status":null,"payloadStatus":null}`),
		"payload null":              answer(`{"executionPayload":null}`),
		"payload empty":             answer(`{"executionPayload":{}}`),
		"payload of nulls":          answer(`{"executionPayload":{"baseFeePerGas":"0x1","transactions":[null],"withdrawals":[null],"extraData":null}}`),
		"block of nulls":            answer(`{"hash":null,"transactions":null,"number":null}`),
		"block with negative":       answer(`{"number":"-0x1","transactions":[]}`),
		"number too large":          answer(`{"number":"0x1` + strings.Repeat("0", 64) + `","transactions":[]}`),
		"error null":                `{"jsonrpc":"2.0","id":1,"error":null}`,
		"error a string":            `{"jsonrpc":"2.0","id":1,"error":"no"}`,
		"error without words":       failure(`-32000`, `""`, `null`),
		"error with a wild code":    failure(`99999999999`, `"no"`, `null`),
		"error with wild data":      failure(`-38003`, `"no"`, `{"err":{"err":[1,2]}}`),
		"error with bytes":          failure(`-38003`, `"\ud800\u0000"`, `"\udfff"`),
		"error with very long data": failure(`-38002`, `"no"`, `"`+strings.Repeat("x", 1<<19)+`"`),
		"too much":                  answer(`"` + strings.Repeat("x", 2<<20) + `"`),
	} {
		t.Run(name, func(t *testing.T) {
			c := speaking(t, func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) })
			for method, err := range everything(t.Context(), c, attrs, env) {
				switch {
				case err == nil && !mayTake[method]:
					t.Errorf("%s: no error", method)
				case err == nil:
				case eth.FaultOf(err) == "":
					t.Errorf("%s: no fault: %v", method, err)
				case len(err.Error()) > 4*maxWords:
					t.Errorf("%s: %d bytes of error", method, len(err.Error()))
				case name == "too much" && !strings.Contains(err.Error(), "exceeds 1048576 bytes"):
					t.Errorf("%s: %v", method, err)
				}
			}
		})
	}
}

// An answer without end is cut at the bound, over HTTP and WebSocket.
func TestAnswerWithoutEndIsCut(t *testing.T) {
	var sent int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":"`)
		chunk := strings.Repeat("x", 1<<16)
		for sent = 0; sent < 1<<30; sent += len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}))
	conn, err := Dial(DialConfig{URL: server.URL, MaxAnswer: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewClient(conn, testConfig(), Options{}).Syncing(t.Context())
	server.Close() // waits for the handler
	if eth.FaultOf(err) != eth.EngineError || !strings.Contains(err.Error(), "exceeds 1048576 bytes") {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
	if sent > 64<<20 {
		t.Errorf("%d bytes were taken", sent)
	}

	f, _, _ := answering(t, testConfig())
	p := newPlace(t, "ws")
	defer p.open(t, f, [32]byte{})()
	f.answers["eth_syncing"] = strings.Repeat("x", 2<<20)
	if conn, err = Dial(DialConfig{URL: p.url(), Secret: new([32]byte), MaxAnswer: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := NewClient(conn, testConfig(), Options{})
	if _, err := c.Syncing(t.Context()); eth.FaultOf(err) != eth.EngineError || !strings.Contains(err.Error(), "read limit") {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
	f.answers["eth_syncing"] = false
	if _, err := c.Syncing(t.Context()); err != nil {
		t.Errorf("the call after: %v", err)
	}
}

// A trickle of bytes does not outlive the timeout.
func TestTrickleIsGivenUpAfterTheTimeout(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flush := http.NewResponseController(w)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, " "); err != nil || flush.Flush() != nil {
				return
			}
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
	}))
	defer server.Close()
	conn, err := Dial(DialConfig{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewClient(conn, testConfig(), Options{Timeout: 50 * time.Millisecond}).Syncing(t.Context())
	if eth.FaultOf(err) != eth.EngineSlow {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
}

// stub is a connection on which every answer is the same.
type stub struct {
	result []byte
	err    error
}

func (s stub) CallContext(_ context.Context, result any, _ string, _ ...any) error {
	if s.err != nil {
		return s.err
	}
	return json.Unmarshal(s.result, result) // what geth's client does
}

func FuzzAnswers(f *testing.F) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	f.Add(mustJSON(f, env))
	f.Add(mustJSON(f, asBlock(f, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx)))
	f.Add(mustJSON(f, forkchoice(status("VALID"), &jobID)))
	f.Add(mustJSON(f, invalid("bad")))
	for _, text := range []string{
		`null`, `false`, `[]`, `{"status":"SYNCING"}`, `{"executionPayload":{"baseFeePerGas":"0x1","transactions":["0x7e"],"withdrawals":[null]}}`,
		`{"currentBlock":"0x1","stages":[{"name":"a"}]}`, `["engine_getPayloadV4"]`, `[{"code":"GE","name":"geth"}]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return // such an answer does not come through
		}
		for method, err := range everything(context.Background(), NewClient(stub{result: text}, cfg, Options{}), attrs, env) {
			if err != nil && eth.FaultOf(err) == "" {
				t.Errorf("%s: no fault: %v", method, err)
			}
		}
	})
}

func FuzzErrors(f *testing.F) {
	cfg := testConfig()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	for _, code := range []int{-38001, -38002, -38003, -38004, -38005, -39001, -32000, -32001, -32002, -32601, 4444, 0} {
		f.Add(code, "Server error", "missing trie node")
	}
	f.Add(-32000, "safe block not found", "")
	f.Add(-32000, "pruned history unavailable", "\xff")
	f.Fuzz(func(t *testing.T, code int, message, data string) {
		c := NewClient(stub{err: wordy{codedError{code, data}, message}}, cfg, Options{})
		for method, err := range everything(context.Background(), c, attrs, env) {
			switch {
			case err == nil && !mayTake[method]:
				t.Errorf("%s: no error", method)
			case err != nil && eth.FaultOf(err) == "":
				t.Errorf("%s: no fault: %v", method, err)
			case err != nil && len(err.Error()) > 8*maxWords:
				t.Errorf("%s: %d bytes of error", method, len(err.Error()))
			case eth.IsRejected(err) && (code != -38003 || errors.Is(err, eth.ErrForkchoice)):
				t.Errorf("%s: code %d rejects: %v", method, code, err)
			}
		}
	})
}

// wordy is an error of the Engine API with a message of its own.
type wordy struct {
	codedError
	message string
}

func (e wordy) Error() string { return e.message }
