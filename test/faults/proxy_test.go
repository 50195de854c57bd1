package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// exchange is one request on its way through a proxy. A fault may answer it, change what comes back, or let it pass.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	id     json.RawMessage
	method string            // of JSON-RPC, or the path of REST
	params []json.RawMessage // of JSON-RPC
	body   []byte
	send   func(*exchange) (int, []byte, error)
}

// fault is what happens to an exchange; false: nothing, it goes on as usual.
type fault func(x *exchange) bool

// proxy stands before a server and passes everything on, but for its fault.
type proxy struct {
	t       *testing.T
	address string
	fault   atomic.Pointer[fault]
	target  atomic.Pointer[string]
	client  *http.Client
	relabel func(label string) (number uint64, ok bool) // of a label of blocks; nil: as the server says

	mu     sync.Mutex // guards server
	server *http.Server
}

// newProxy listens before a server. The fault is there from the first request on; nil: none.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	p.target.Store(&target)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	p.serve(listener)
	t.Cleanup(func() {
		p.down()
		p.client.CloseIdleConnections()
	})
	return p
}

func (p *proxy) serve(listener net.Listener) {
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.t.Errorf("proxy: %v", err)
		}
	}()
}

// down refuses connections and cuts those that there are.
func (p *proxy) down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		_ = p.server.Close() // of the listener, which is gone either way
		p.server = nil
	}
}

// up listens again where it did before.
func (p *proxy) up() {
	var listener net.Listener
	eventually(p.t, "the port of a proxy is free again", func() (ok bool) {
		var err error
		listener, err = net.Listen("tcp", p.address)
		return err == nil
	})
	p.serve(listener)
}

func (p *proxy) set(f fault)      { p.fault.Store(&f) }
func (p *proxy) clear()           { p.fault.Store(nil) }
func (p *proxy) point(url string) { p.target.Store(&url) }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	x := &exchange{w: w, r: r, body: body, method: r.URL.Path, send: p.forward}
	if r.Method == http.MethodPost {
		var message struct {
			ID     json.RawMessage   `json:"id"`
			Method string            `json:"method"`
			Params []json.RawMessage `json:"params"`
		}
		if err := json.Unmarshal(body, &message); err != nil {
			p.t.Errorf("proxy: a request that is no single one: %s", body)
			return
		}
		x.id, x.method, x.params = message.ID, message.Method, message.Params
	}
	if f := p.fault.Load(); f != nil && (*f)(x) {
		return
	}
	status, answer, err := p.forward(x)
	if err != nil {
		x.status(http.StatusBadGateway, "")
		return
	}
	x.reply(status, answer)
}

// forward asks the server, and gives the status and the answer. The secrets in the path are for the proxy alone.
func (p *proxy) forward(x *exchange) (int, []byte, error) {
	if label, ok := x.label(); ok && p.relabel != nil {
		if number, ok := p.relabel(label); ok {
			x.ask(fmt.Sprintf("%#x", number))
		}
	}
	path := x.r.URL.Path
	if at := strings.Index(path, "/eth/"); at >= 0 {
		path = path[at:]
	} else {
		path = ""
	}
	query := x.r.URL.Query()
	query.Del("key")
	req, err := http.NewRequestWithContext(x.r.Context(), x.r.Method, *p.target.Load()+path+"?"+query.Encode(), bytes.NewReader(x.body))
	if err != nil {
		return 0, nil, err
	}
	for _, name := range []string{"Content-Type", "Authorization"} {
		if value := x.r.Header.Get(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// reply writes an answer; that nobody reads it any more is nobody's fault.
func (x *exchange) reply(status int, body []byte) {
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body)
}

func (x *exchange) status(status int, body string) { x.reply(status, []byte(body)) }

func (x *exchange) result(result any) {
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": x.id, "result": result})
	if err != nil {
		panic(err) // of a test
	}
	x.reply(http.StatusOK, text)
}

// flag says whether a parameter is the boolean true.
func (x *exchange) flag(at int) bool { return len(x.params) > at && string(x.params[at]) == "true" }

// isNull says whether a parameter is null or not there.
func (x *exchange) isNull(at int) bool { return len(x.params) <= at || string(x.params[at]) == "null" }

// number is the block number in the first parameter, if it is one.
func (x *exchange) number() (number uint64, ok bool) {
	if len(x.params) == 0 {
		return 0, false
	}
	n, err := fmt.Sscanf(string(x.params[0]), `"0x%x"`, &number)
	return number, err == nil && n == 1 && len(x.params[0]) < 20 // a hash is longer
}

// label is the label in the first parameter of a question for a block, if it is one.
func (x *exchange) label() (label string, ok bool) {
	if x.method != "eth_getBlockByNumber" || json.Unmarshal(x.params[0], &label) != nil {
		return "", false
	}
	return label, !strings.HasPrefix(label, "0x")
}

// ask asks for another block instead.
func (x *exchange) ask(block any) {
	x.body = text(map[string]any{"jsonrpc": "2.0", "id": x.id, "method": x.method, "params": append([]any{block}, x.params[1])})
}

// What happens to every exchange.

// hang answers when the other side has given up.
func hang(x *exchange) bool {
	<-x.r.Context().Done()
	return true
}

// cut ends the connection without an answer.
func cut(*exchange) bool { panic(http.ErrAbortHandler) }

// say answers with a status, and a text in which %s is the path: servers like to repeat it.
func say(status int, text string, headers ...string) fault {
	return func(x *exchange) bool {
		for pair := range slices.Chunk(headers, 2) {
			x.w.Header().Set(pair[0], pair[1])
		}
		x.status(status, strings.ReplaceAll(text, "%s", x.r.URL.Path))
		return true
	}
}

// long answers with so many bytes of JSON.
func long(size int) fault {
	return func(x *exchange) bool {
		x.reply(http.StatusOK, append(append([]byte(`{"jsonrpc":"2.0","id":`+string(x.id)+`,"result":"`), bytes.Repeat([]byte("a"), size)...), `"}`...))
		return true
	}
}

// rpcError answers with an error of JSON-RPC.
func rpcError(code int, message string) fault {
	return func(x *exchange) bool {
		text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": x.id, "error": map[string]any{"code": code, "message": message}})
		if err != nil {
			panic(err) // of a test
		}
		x.reply(http.StatusOK, text)
		return true
	}
}

// result answers with a result.
func result(value any) fault {
	return func(x *exchange) bool {
		x.result(value)
		return true
	}
}

// change passes an exchange on, and changes the result if it is an object.
func change(f func(object map[string]json.RawMessage)) fault {
	return func(x *exchange) bool {
		_, answer, err := x.send(x)
		var message struct {
			Result map[string]json.RawMessage `json:"result"`
		}
		if err != nil || json.Unmarshal(answer, &message) != nil || message.Result == nil {
			return false
		}
		object := maps.Clone(message.Result)
		f(object)
		x.result(object)
		return true
	}
}

// only lets a fault happen to some methods.
func only(f fault, methods ...string) fault {
	return func(x *exchange) bool { return slices.Contains(methods, x.method) && f(x) }
}

// where lets a fault happen to some exchanges.
func where(f fault, cond func(*exchange) bool) fault {
	return func(x *exchange) bool { return cond(x) && f(x) }
}

// first is the first of several faults that happens.
func first(faults ...fault) fault {
	return func(x *exchange) bool {
		return slices.ContainsFunc(faults, func(f fault) bool { return f(x) })
	}
}
