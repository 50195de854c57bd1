package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rpc"
)

// explained is what a node says that has just been made.
var explained = obs.Explain(obs.Snapshot{Chain: obs.Chain{Name: "op-test", ChainID: 901}}, time.Unix(1_700_000_000, 0).UTC())

// answering serves namespaces until the test ends, and says where.
func answering(t *testing.T, apis map[string]any) string {
	t.Helper()
	s, err := rpc.Listen("127.0.0.1:0", "v1", apis, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s.URL()
}

// cairnNode is a node that explains itself by a value.
func cairnNode(t *testing.T, value any) string {
	t.Helper()
	return answering(t, map[string]any{"cairn": rpc.Cairn{Explain: func() any { return value }}.API()})
}

func TestExplainPrintsWhatTheNodeSays(t *testing.T) {
	url := cairnNode(t, explained)
	var want bytes.Buffer
	if err := explained.Write(&want, 0, false); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := runs(t, "explain", "--rpc", url); code != exitOK || stdout != want.String() || stderr != "" {
		t.Errorf("exit code %d, stderr %q, printed:\n%s\nwant:\n%s", code, stderr, stdout, &want)
	}
	line, err := json.Marshal(explained)
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := runs(t, "explain", "--json", "--rpc", url); code != exitOK || stdout != string(line)+"\n" || stderr != "" {
		t.Errorf("--json: exit code %d, stderr %q, printed:\n%s\nwant:\n%s", code, stderr, stdout, line)
	}
}

// What a newer node says more is not lost on the way to a machine.
func TestExplainPassesJSONOnAsItCame(t *testing.T) {
	url := cairnNode(t, map[string]any{"verdict": "healthy", "new": 1})
	if _, stdout, _ := runs(t, "explain", "--json", "--rpc", url); stdout != `{"new":1,"verdict":"healthy"}`+"\n" {
		t.Errorf("printed %q", stdout)
	}
}

type versionAPI struct{}

// Version is optimism_version of op-node, ClientVersion is web3_clientVersion of an engine.
func (versionAPI) Version() string       { return "v1.19.6-dev" }
func (versionAPI) ClientVersion() string { return "Geth/v1.2.3" }

type failingAPI struct{}

// Explain is cairn_explain of a node in trouble.
func (failingAPI) Explain() (any, error) { return nil, errors.New("out of order") }

func TestExplainSaysWhoAnswersInsteadOfANode(t *testing.T) {
	notFound := httptest.NewServer(http.NotFoundHandler())
	defer notFound.Close()
	for _, c := range []struct {
		name, url string
		words     []string
	}{
		{"op-node", answering(t, map[string]any{"optimism": versionAPI{}}), []string{"is op-node", `"v1.19.6-dev"`, "cairn_explain"}},
		{"execution engine", answering(t, map[string]any{"web3": versionAPI{}}), []string{"is an execution engine", `"Geth/v1.2.3"`, "--rpc"}},
		{"some JSON-RPC", answering(t, nil), []string{"is not a rollup node", "--rpc"}},
		{"a web server", notFound.URL, []string{"no JSON-RPC", "404 Not Found", "--rpc"}},
		{"a node in trouble", answering(t, map[string]any{"cairn": failingAPI{}}), []string{"ask the node at", "out of order"}},
		{"another form", cairnNode(t, []int{1}), []string{"another form", "--json"}},
	} {
		code, stdout, stderr := runs(t, "explain", "--rpc", c.url)
		if code != exitFailed || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", c.name, code, stdout, stderr)
		}
		for _, word := range append(c.words, c.url) {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: %q does not say %q", c.name, stderr, word)
			}
		}
	}
}

// lines lets a test wait for what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestExplainWatchesThroughAnOutage(t *testing.T) {
	var away atomic.Bool
	node := gethrpc.NewServer()
	defer node.Stop()
	if err := node.RegisterName("cairn", rpc.Cairn{Explain: func() any { return explained }}.API()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		node.ServeHTTP(w, r)
	}))
	defer server.Close()
	var page bytes.Buffer
	if err := explained.Write(&page, 0, false); err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		out, errs := make(lines), make(lines)
		ctx, cancel := context.WithCancel(t.Context())
		client, err := gethrpc.DialContext(ctx, server.URL)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			ended <- (&explainCmd{RPC: server.URL, JSON: asJSON}).watch(ctx, client, &streams{out: out, err: errs}, time.Millisecond)
		}()
		good := func(text string) bool { return strings.TrimPrefix(text, "\n") == page.String() }
		bad := out
		if asJSON {
			good = func(text string) bool { return strings.HasPrefix(text, `{"at":`) }
			bad = errs
		}
		if text := <-out; !good(text) || strings.HasPrefix(text, "\n") {
			t.Errorf("first: %q", text)
		}
		away.Store(true)
		said := ""
		for !strings.Contains(said, "503 Service Unavailable") { // it does, or the test does not end
			select {
			case said = <-bad:
			case said = <-out:
			}
		}
		away.Store(false)
		for !good(said) {
			select {
			case said = <-out:
			case <-errs:
			}
		}
		cancel()
		for done := false; !done; {
			select {
			case <-out:
			case <-errs:
			case err := <-ended:
				if done = true; !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
			}
		}
		client.Close()
	}
}
