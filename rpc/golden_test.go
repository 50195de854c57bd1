package rpc_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rpc"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// leader is a conductor that agrees.
type leader struct{}

func (leader) OverrideLeader(context.Context) error { return nil }

// everything is a node with all that the namespaces can have. Its sequencer is stopped at block 9.
func everything() map[string]any {
	root := hash(77)
	o := optimism(rollupConfig(true), &eth.ExecutionPayload{BlockNumber: 11, BlockHash: hash(11), StateRoot: hash(50), WithdrawalsRoot: &root})
	o.SafeHeadAt = safeHeads
	o.DependencySet = &rpc.DependencySet{Dependencies: map[string]struct{}{"901": {}, "902": {}}}
	a := (&switchboard{head: hash(9)}).admin()
	a.Conductor = leader{}
	a.SetRecoverMode = func(context.Context, bool) error { return nil }
	a.ResetDerivation = func(context.Context) error { return nil }
	a.PostUnsafePayload = func(context.Context, *eth.PayloadEnvelope) error { return nil }
	a.BlockHash = func(b *eth.PayloadEnvelope) common.Hash { return hash(byte(b.ExecutionPayload.BlockNumber)) }
	a.SetLogLevel = func(slog.Level) error { return nil }
	told := func() any { return map[string]any{"reason": "all is well"} }
	return map[string]any{"optimism": o.API(), "admin": a.API(), "cairn": rpc.Cairn{Explain: told, Status: told, Gossip: func() any { return map[string]any{"peers": 3} }}.API()}
}

// nothing is a node that lacks all it can lack: a verifier without any record.
func nothing() map[string]any {
	return map[string]any{
		"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API(), "admin": rpc.Admin{}.API(), "cairn": rpc.Cairn{}.API(),
	}
}

// alone is a node that sequences without conductor and without what only Admin has.
func alone() map[string]any {
	return map[string]any{"admin": (&switchboard{head: hash(9)}).admin().API()}
}

// testdata/methods.txt has what each kind of node answers: a line with the call, then one with the answer, all of it.
func TestMethodsAnswerAsWritten(t *testing.T) {
	const path = "testdata/methods.txt"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string]func() map[string]any{"everything": everything, "nothing": nothing, "alone": alone}
	var got bytes.Buffer
	var url, kind string
	answered := map[string]bool{} // by a node with everything
	lines := bufio.NewScanner(bytes.NewReader(want))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			kind, _, _ = strings.Cut(line[2:], ":")
			if nodes[kind] == nil {
				t.Fatalf("no node is called %s", kind)
			}
			url = serve(t, nodes[kind]())
		case strings.HasPrefix(line, "<"):
			continue
		case strings.HasPrefix(line, "> "):
			var method, params string
			if method, params, _ = strings.Cut(line[2:], " "); params == "" {
				params = "[]"
			}
			call := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
			_, _, answer := request(t, http.MethodPost, url, strings.NewReader(call), "Content-Type", "application/json")
			answer = strings.TrimPrefix(strings.TrimSuffix(strings.TrimSpace(answer), "}"), `{"jsonrpc":"2.0","id":1,`)
			if kind == "everything" && strings.HasPrefix(answer, `"result":`) {
				answered[method] = true
			}
			line += "\n< " + answer
		}
		got.WriteString(line + "\n")
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	golden.File(t, path, got.String())

	for namespace, api := range everything() {
		for m := range reflect.TypeOf(api).Methods() {
			name := []rune(m.Name)
			name[0] = unicode.ToLower(name[0])
			if method := namespace + "_" + string(name); !answered[method] {
				t.Errorf("%s has no call with a result in %s", method, path)
			}
		}
	}
}
