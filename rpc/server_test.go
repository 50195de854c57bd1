package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rpc"
)

// request makes one HTTP request and gives status, headers and body.
func request(t *testing.T, method, url string, body io.Reader, headers ...string) (status int, header http.Header, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(all)
}

const versionCall = `{"jsonrpc":"2.0","id":1,"method":"optimism_version","params":[]}`

func TestServerAnswersOpNodesClients(t *testing.T) {
	url := serve(t, map[string]any{"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API()})

	status, header, text := request(t, http.MethodGet, url+"/healthz", nil)
	if status != http.StatusOK || strings.TrimSpace(text) != `{"version":"v1.2.3"}` || header.Get("Content-Type") != "application/json" {
		t.Errorf("healthz: %d %q %q", status, header.Get("Content-Type"), text)
	}

	status, header, text = request(t, http.MethodPost, url, strings.NewReader(versionCall), "Content-Type", "application/json", "Origin", "https://wallet.example")
	if status != http.StatusOK || !strings.Contains(text, `"result":"v1.2.3"`) {
		t.Errorf("call: %d %q", status, text)
	}
	if got := header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("a page may call from origin %q, want any", got)
	}
	status, header, _ = request(t, http.MethodOptions, url, nil, "Origin", "https://wallet.example",
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-custom")
	if status != http.StatusNoContent || header.Get("Access-Control-Allow-Origin") != "*" ||
		header.Get("Access-Control-Allow-Headers") != "content-type,x-custom" || header.Get("Access-Control-Allow-Methods") != "POST, GET" {
		t.Errorf("preflight: %d %v", status, header)
	}

	status, _, text = request(t, http.MethodPost, url, strings.NewReader("["+versionCall+","+versionCall+"]"), "Content-Type", "application/json")
	if status != http.StatusOK || strings.Count(text, `"v1.2.3"`) != 2 {
		t.Errorf("batch: %d %q", status, text)
	}
	_, _, text = request(t, http.MethodPost, url, strings.NewReader("nonsense"), "Content-Type", "application/json")
	if !strings.Contains(text, `"code":-32700`) {
		t.Errorf("nonsense: %q", text)
	}
	_, _, text = request(t, http.MethodPost, url, strings.NewReader(strings.Replace(versionCall, "version", "none", 1)), "Content-Type", "application/json")
	if !strings.Contains(text, `"code":-32601,"message":"the method optimism_none does not exist/is not available"`) {
		t.Errorf("unknown method: %q", text)
	}
}

// op-node answers JSON-RPC at / and the version at /healthz, whatever the method of HTTP, and nothing anywhere else.
func TestOnlyOpNodesRoutesExist(t *testing.T) {
	url := serve(t, map[string]any{"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API()})
	for _, c := range []struct {
		method, path string
		status       int
		text         string
	}{
		{http.MethodGet, "/healthz", http.StatusOK, `{"version":"v1.2.3"}`},
		{http.MethodGet, "/healthz/", http.StatusOK, `{"version":"v1.2.3"}`},
		{http.MethodPost, "/healthz", http.StatusOK, `{"version":"v1.2.3"}`},
		{http.MethodGet, "/", http.StatusOK, ""}, // for dumb probes
		{http.MethodGet, "", http.StatusOK, ""},
		{http.MethodPost, "/", http.StatusOK, `{"jsonrpc":"2.0","id":1,"result":"v1.2.3"}`},
		{http.MethodPut, "/", http.StatusMethodNotAllowed, "method not allowed"},
		{http.MethodPost, "/rpc", http.StatusNotFound, "404 page not found"},
		{http.MethodGet, "/healthz/more", http.StatusNotFound, "404 page not found"},
		{http.MethodGet, "/livez", http.StatusNotFound, "404 page not found"}, // no probes were given
	} {
		body := io.Reader(nil)
		if c.method == http.MethodPost {
			body = strings.NewReader(versionCall)
		}
		status, _, text := request(t, c.method, url+c.path, body, "Content-Type", "application/json")
		if status != c.status || strings.TrimSpace(text) != c.text {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, status, text, c.status, c.text)
		}
	}
}

func TestProbesAreServedBesides(t *testing.T) {
	s, err := rpc.Listen("127.0.0.1:0", "", nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no: "+r.URL.Path, http.StatusServiceUnavailable)
	}))
	if err != nil {
		t.Fatal(err)
	}
	url := run(t, s)
	for _, path := range []string{"/livez", "/readyz"} {
		if status, _, text := request(t, http.MethodGet, url+path, nil); status != http.StatusServiceUnavailable || text != "no: "+path+"\n" {
			t.Errorf("%s: %d %q", path, status, text)
		}
	}
}

func TestABatchIsBounded(t *testing.T) {
	url := serve(t, map[string]any{"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API()})
	for n, want := range map[int]string{1000: `"result":"v1.2.3"`, 1001: `"code":-32600,"message":"batch too large"`} {
		batch := "[" + strings.Repeat(versionCall+",", n-1) + versionCall + "]"
		if _, _, text := request(t, http.MethodPost, url, strings.NewReader(batch), "Content-Type", "application/json"); !strings.Contains(text, want) {
			t.Errorf("%d calls: %.200s, want %s", n, text, want)
		}
	}
	huge := cairnOf(strings.Repeat("x", 6<<20))
	url = serve(t, map[string]any{"cairn": huge.API()})
	batch := "[" + strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"cairn_status"},`, 9) + `{"jsonrpc":"2.0","id":1,"method":"cairn_status"}]`
	_, _, text := request(t, http.MethodPost, url, strings.NewReader(batch), "Content-Type", "application/json")
	if got := strings.Count(text, `"result"`); got != 5 || !strings.Contains(text, `"code":-32003,"message":"response too large"`) {
		t.Errorf("a batch of long answers: %d answers, %d bytes", got, len(text))
	}
}

func TestARequestIsBounded(t *testing.T) {
	url := serve(t, map[string]any{"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API()})
	const limit = 5 << 20
	padded := func(size int) io.Reader {
		return io.MultiReader(strings.NewReader(versionCall), bytes.NewReader(bytes.Repeat([]byte(" "), size-len(versionCall))))
	}
	if status, _, text := request(t, http.MethodPost, url, padded(limit), "Content-Type", "application/json"); status != http.StatusOK {
		t.Errorf("a request of the limit: %d %.200q", status, text)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(bytes.Repeat([]byte(" "), limit+1)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // cut off while sending
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a request above the limit: %d", resp.StatusCode)
	}
}

func TestAnOccupiedAddressIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := rpc.Listen(taken.Addr().String(), "", nil, nil); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
	if _, err := rpc.Listen("127.0.0.1:0", "", map[string]any{"empty": struct{}{}}, nil); err == nil || !strings.Contains(err.Error(), "empty_") {
		t.Errorf("a namespace without methods: %v", err)
	}
}

func TestAServerThatNeverRanGivesItsAddressBack(t *testing.T) {
	s, err := rpc.Listen("127.0.0.1:0", "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := net.Listen("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

// sleepy has a method that lasts until it is told to end.
type sleepy struct{ entered, leave chan struct{} }

// Sleep is test_sleep.
func (s *sleepy) Sleep() {
	close(s.entered)
	<-s.leave
}

func TestAServerStopsSoonWhateverItsClientsDo(t *testing.T) {
	api := &sleepy{entered: make(chan struct{}), leave: make(chan struct{})}
	defer close(api.leave)
	s, err := rpc.Listen("127.0.0.1:0", "", map[string]any{"test": api}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()

	silent, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://")) // connects and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	idle := &http.Client{}
	if resp, err := idle.Get(s.URL() + "/healthz"); err != nil { // keeps its connection
		t.Fatal(err)
	} else if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	called := make(chan error, 1)
	go func() { called <- dial(t, s.URL()).CallContext(context.Background(), nil, "test_sleep") }()
	<-api.entered

	began := time.Now()
	cancel()
	select {
	case err := <-ended:
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not stop")
	}
	if err := <-called; err == nil {
		t.Error("the call in flight ended without an error")
	}
}
