package l1_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// twin is another endpoint with the same blocks, and labels and faults of its own.
func (m *modelL1) twin() *modelL1 {
	other := newModelL1()
	other.blocks, other.receipts, other.raw, other.keys = maps.Clone(m.blocks), maps.Clone(m.receipts), maps.Clone(m.raw), maps.Clone(m.keys)
	return other
}

// webL1 is a model behind a real server.
type webL1 struct {
	model *modelL1
	web   *httptest.Server
	url   string
	done  chan struct{} // closed at the end of the test

	mu       sync.Mutex
	answer   http.HandlerFunc // instead of the model's; nil: the model's
	requests int
}

// listen serves a model over HTTP or WebSocket.
func listen(t *testing.T, m *modelL1, transport string) *webL1 {
	t.Helper()
	server := rpc.NewServer()
	t.Cleanup(server.Stop)
	if err := server.RegisterName("eth", m); err != nil {
		t.Fatal(err)
	}
	w := &webL1{model: m, done: make(chan struct{})}
	honest := http.Handler(server)
	if transport == "ws" {
		honest = server.WebsocketHandler(nil)
	}
	w.web = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		answer := w.answer
		w.requests++
		w.mu.Unlock()
		if answer != nil {
			answer(rw, r)
			return
		}
		honest.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.web.Close)
	t.Cleanup(func() { close(w.done) })
	w.url = transport + strings.TrimPrefix(w.web.URL, "http")
	return w
}

func (w *webL1) set(answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

func (w *webL1) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

func (w *webL1) dial(t *testing.T, cfg l1.DialConfig) *l1.Endpoint {
	t.Helper()
	e, err := l1.Dial(w.url, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, "the reason", code)
	}
}

// lying is a change of the model that makes it lie.
func lying(lie func(string, any) any) func(*webL1) {
	return func(w *webL1) { w.model.set(func() { w.model.lie = lie }) }
}

func answering(answer http.HandlerFunc) func(*webL1) {
	return func(w *webL1) { w.set(answer) }
}

func saying(err error) func(*webL1) {
	return func(w *webL1) { w.model.set(func() { w.model.fail = err }) }
}

// faults is what an endpoint can do wrong, and what that is called. A fault is over when the model and the server are as
// before.
var faults = []struct {
	name       string
	transports string
	begin      func(*webL1)
	dial       l1.DialConfig
	want       eth.Fault
	missing    bool // the error is eth.ErrNotFound too
	strict     bool // wants to be left alone
}{
	{name: "down", begin: func(w *webL1) { w.web.Close() }, want: eth.L1Unreachable},
	{name: "hangs up", begin: answering(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), want: eth.L1Unreachable},
	{
		name: "slow", begin: func(w *webL1) { w.set(func(http.ResponseWriter, *http.Request) { <-w.done }) },
		dial: l1.DialConfig{Timeout: 100 * time.Millisecond}, want: eth.L1Slow,
	},
	{
		name: "slow to answer one method", begin: func(w *webL1) { w.model.set(func() { w.model.delay = time.Second }) },
		dial: l1.DialConfig{Timeout: 100 * time.Millisecond}, want: eth.L1Slow,
	},
	{name: "a lying header", begin: lying(edit("getBlockByNumber", field("stateRoot", common.Hash{1}))), want: eth.L1Lying},
	{name: "another block", begin: lying(edit("getBlockByNumber", field("number", "0x8"))), want: eth.L1Lying},
	{name: "lying transactions", begin: lying(edit("getBlockByNumber", func(o object) any {
		if txs := o["transactions"].([]any); len(txs) > 0 {
			o["transactions"] = txs[1:]
		}
		return o
	})), want: eth.L1Lying},
	{name: "lying receipts", begin: lying(edit("getBlockReceipts", func(l []any) any { return l[1:] })), want: eth.L1Lying},
	{name: "an answer without meaning", begin: lying(func(string, any) any { return "0x" }), want: eth.L1Error},
	{name: "429 with Retry-After in seconds", begin: answering(status(429, "Retry-After", "60")), want: eth.L1RateLimited, strict: true},
	{
		name: "429 with Retry-After as a date", begin: answering(func(w http.ResponseWriter, r *http.Request) {
			status(429, "Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))(w, r)
		}), transports: "http", want: eth.L1RateLimited, strict: true,
	},
	{name: "429 without Retry-After", begin: answering(status(429)), want: eth.L1RateLimited},
	{name: "503 with Retry-After", begin: answering(status(503, "Retry-After", "60")), transports: "http", want: eth.L1RateLimited, strict: true},
	{name: "503 without Retry-After", begin: answering(status(503)), want: eth.L1Error},
	{name: "a limit in a code", begin: saying(coded{-32005, "slow down"}), want: eth.L1RateLimited},
	{name: "a limit in words", begin: saying(coded{-32000, "Your app has exceeded its compute units per second capacity"}), want: eth.L1RateLimited},
	{name: "401", begin: answering(status(401)), want: eth.L1Unauthorized},
	{name: "403", begin: answering(status(403)), want: eth.L1Unauthorized},
	{name: "a key refused in words", begin: saying(errors.New("invalid API key")), want: eth.L1Unauthorized},
	{name: "500", begin: answering(status(500)), want: eth.L1Error},
	{name: "504", begin: answering(status(504)), want: eth.L1Slow},
	{name: "an error", begin: saying(errors.New("internal error")), want: eth.L1Error},
	{name: "no JSON", begin: answering(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }), transports: "http", want: eth.L1Error},
	{name: "wrong chain", begin: func(w *webL1) { w.model.set(func() { w.model.chainID = common.Big1 }) }, want: eth.L1WrongChain},
	{
		name: "the block is pruned", begin: func(w *webL1) { w.model.set(func() { delete(w.model.keys, "0x7") }) },
		want: eth.L1BlockMissing, missing: true,
	},
	{name: "pruned in words", begin: lying(func(method string, answer any) any {
		if method == "getBlockReceipts" {
			return coded{4444, "pruned history unavailable"}
		}
		return answer
	}), want: eth.L1ReceiptsMissing, missing: true},
	{name: "receipts are pruned", begin: lying(func(method string, answer any) any {
		if method == "getBlockReceipts" {
			return nil
		}
		return answer
	}), want: eth.L1ReceiptsMissing, missing: true},
	{name: "oversized", begin: func(*webL1) {}, dial: l1.DialConfig{MaxAnswer: 2000}, want: eth.L1Oversized},
}

// eachFault runs a test of every fault over HTTP and WebSocket. Block 7 is the head.
func eachFault(t *testing.T, test func(t *testing.T, faulty *webL1, fault int)) {
	for i, fault := range faults {
		for _, transport := range []string{"http", "ws"} {
			if fault.transports != "" && fault.transports != transport {
				continue
			}
			if transport == "ws" && fault.strict { // a refused handshake does not hand its header on
				fault.strict = false
			}
			t.Run(fault.name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				m, hash := chain(t)
				m.keys["latest"] = hash
				test(t, listen(t, m, transport), i)
			})
		}
	}
}

func TestOneEndpointWaitsWithTheNameOfItsFault(t *testing.T) {
	eachFault(t, func(t *testing.T, w *webL1, i int) {
		fault := faults[i]
		healthy := w.dial(t, l1.DialConfig{})
		e := w.dial(t, fault.dial)
		s := over(e, l1.SourceConfig{})
		if fault.missing { // its own head has to be known
			if _, err := s.Label(t.Context(), l1.Latest); err != nil {
				t.Fatal(err)
			}
		}
		fault.begin(w)
		for range 2 {
			_, err := s.BlockByNumber(t.Context(), 7)
			if got := eth.FaultOf(err); got != fault.want {
				t.Fatalf("error %v has the mark %q, want %q", err, got, fault.want)
			}
			if errors.Is(err, eth.ErrNotFound) != fault.missing {
				t.Errorf("error %v, is it not found: want %v", err, fault.missing)
			}
			if !strings.Contains(err.Error(), e.Name()) {
				t.Errorf("error %v does not name %s", err, e.Name())
			}
		}
		if got := s.Endpoints()[0]; got.Fault != fault.want || got.Cause == "" || got.Failures == 0 || got.Since.IsZero() {
			t.Errorf("status %+v, want the fault %q", got, fault.want)
		}
		if fault.name == "down" || fault.want == eth.L1Oversized {
			return
		}
		w.set(nil)
		w.model.set(func() {
			whole, hash := chain(t)
			w.model.lie, w.model.fail, w.model.delay, w.model.chainID = nil, nil, 0, testConfig().L1ChainID
			w.model.keys, w.model.receipts = whole.keys, whole.receipts
			w.model.keys["latest"] = hash
		})
		before := w.count()
		b, err := s.BlockByNumber(t.Context(), 7)
		if fault.strict && strings.HasPrefix(w.url, "http") {
			if eth.FaultOf(err) != eth.L1RateLimited || w.count() != before {
				t.Errorf("error %v and %d requests to an endpoint that wants to be left alone", err, w.count()-before)
			}
			if got := time.Until(s.Endpoints()[0].Until); got < 50*time.Second || got > time.Minute {
				t.Errorf("it is left alone for %s, want a minute", got)
			}
			return
		}
		if err != nil {
			t.Fatalf("after the fault: %v", err)
		}
		if want, err := over(healthy, l1.SourceConfig{}).BlockByNumber(t.Context(), 7); err != nil || b.Hash != want.Hash {
			t.Errorf("block %v, want %v, %v", b.Hash, want, err)
		}
		if got := s.Endpoints()[0]; got.Fault != "" || got.Cause != "" {
			t.Errorf("status %+v after it served", got)
		}
	})
}

func TestTwoEndpointsGoOnWithTheOtherOne(t *testing.T) {
	eachFault(t, func(t *testing.T, w *webL1, i int) {
		fault := faults[i]
		other := listen(t, w.model.twin(), "http")
		cfg := fault.dial
		e := w.dial(t, cfg)
		s := l1.NewSource([]*l1.Endpoint{e, other.dial(t, l1.DialConfig{})}, l1.SourceConfig{Rollup: testConfig()})
		fault.begin(w)
		if ref, err := s.Label(t.Context(), l1.Latest); err != nil || ref.Number != 7 {
			t.Fatalf("head %v, %v", ref, err)
		}
		for range 2 {
			b, err := s.BlockByNumber(t.Context(), 7)
			if err != nil || b.Number != 7 || len(b.Logs) != 1 || len(b.Inbox) != 1 {
				t.Fatalf("block %+v, %v", b, err)
			}
		}
		if blocks, receipts := other.model.count("getBlockByNumber"), other.model.count("getBlockReceipts"); blocks < 2 || receipts != 1 {
			t.Errorf("the other endpoint was asked %d times for a block and %d times for receipts, want the whole block", blocks, receipts)
		}
		got := s.Endpoints()
		if got[0].Fault != fault.want || got[1].Fault != "" || got[1].Failures != 0 {
			t.Errorf("status %+v, want the fault %q of the first", got, fault.want)
		}
	})
}

func TestAllEndpointsFailed(t *testing.T) {
	m, _ := chain(t)
	first, second := listen(t, m.twin(), "http"), listen(t, m.twin(), "http")
	first.set(status(401))
	second.set(status(429))
	a, b := first.dial(t, l1.DialConfig{}), second.dial(t, l1.DialConfig{})
	s := l1.NewSource([]*l1.Endpoint{a, b}, l1.SourceConfig{Rollup: testConfig()})
	for range 3 {
		_, err := s.BlockByNumber(t.Context(), 7)
		if got := eth.FaultOf(err); got != eth.L1Unauthorized {
			t.Errorf("error %v has the mark %q, want that of the first", err, got)
		}
		for _, want := range []string{a.Name() + ": ", b.Name() + ": ", "401", "429"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not say %q", err, want)
			}
		}
		var all l1.EndpointsError
		var status rpc.HTTPError
		if !errors.As(err, &all) || len(all) != 2 || !errors.As(err, &status) {
			t.Errorf("error %v does not give what each said", err)
		}
	}
}

func TestNotFoundIsNobodysFaultIfAllSaySo(t *testing.T) {
	m, hash := chain(t)
	m.keys["latest"] = hash
	first, second := m.twin(), m.twin()
	s := l1.NewSource([]*l1.Endpoint{first.endpoint(t, "a"), second.endpoint(t, "b")}, l1.SourceConfig{Rollup: testConfig()})
	missing := func(what string, err error, asked int) {
		t.Helper()
		if !errors.Is(err, eth.ErrNotFound) || eth.FaultOf(err) != "" {
			t.Errorf("%s: error %v with the mark %q, want a plain not found", what, err, eth.FaultOf(err))
		}
		for i, m := range []*modelL1{first, second} {
			if got, want := m.count("getBlockByNumber")+m.count("getBlockByHash"), min(1, max(0, asked-i)); got != want {
				t.Errorf("%s: endpoint %d was asked %d times, want %d", what, i, got, want)
			}
			m.set(func() { clear(m.calls) })
		}
		for _, e := range s.Endpoints() {
			if e.Fault != "" || e.Failures != 0 {
				t.Errorf("%s: status %+v", what, e)
			}
		}
	}
	_, err := s.BlockByNumber(t.Context(), 8)
	missing("before a head is known all are asked", err, 2)
	_, err = s.BlockByHash(t.Context(), common.Hash{1})
	missing("by hash all are asked", err, 2)
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	first.set(func() { clear(first.calls) })
	_, err = s.BlockByNumber(t.Context(), 8)
	missing("above the head one is enough", err, 1)
	_, err = s.Label(t.Context(), l1.Finalized)
	missing("nothing is finalized yet", err, 1)
}

func TestWhoeverLacksABlockThatAnotherHasIsAtFault(t *testing.T) {
	m, hash := chain(t)
	first, second := m.twin(), m.twin()
	delete(first.keys, "0x7")
	s := l1.NewSource([]*l1.Endpoint{first.endpoint(t, "a"), second.endpoint(t, "b")}, l1.SourceConfig{Rollup: testConfig()})
	if b, err := s.BlockByNumber(t.Context(), 7); err != nil || b.Hash != hash {
		t.Fatalf("block %v, %v", b, err)
	}
	if got := s.Endpoints()[0]; got.Fault != eth.L1BlockMissing {
		t.Errorf("status %+v", got)
	}
}

func TestEndOfTheContextIsNobodysFault(t *testing.T) {
	m, _ := chain(t)
	w := listen(t, m, "http")
	begun := make(chan struct{}, 1)
	w.set(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-w.done
	})
	s := over(w.dial(t, l1.DialConfig{}), l1.SourceConfig{})
	ctx, cancel := contextWithCause(t)
	go func() { <-begun; cancel(errStop) }()
	_, err := s.BlockByNumber(ctx, 7)
	if !errors.Is(err, errStop) || eth.FaultOf(err) != "" {
		t.Errorf("error %v with the mark %q, want the cause of the context alone", err, eth.FaultOf(err))
	}
	if got := s.Endpoints()[0]; got.Failures != 0 || got.Fault != "" {
		t.Errorf("status %+v", got)
	}
}

func TestNamesAreWithoutSecretsAndUnique(t *testing.T) {
	var endpoints []*l1.Endpoint
	for _, url := range []string{
		"https://user:SECRET@eth.example/v2/SECRET?key=SECRET", "wss://eth.example:8546/SECRET", "https://eth.example/v2/SECRET2", "/run/geth/geth.ipc",
	} {
		e, err := l1.Dial(url, l1.DialConfig{})
		if err != nil {
			t.Fatal(err)
		}
		endpoints = append(endpoints, e)
	}
	var got []string
	for _, status := range l1.NewSource(endpoints, l1.SourceConfig{Rollup: testConfig()}).Endpoints() {
		got = append(got, status.Name)
	}
	if want := "eth.example eth.example:8546 eth.example#2 geth.ipc"; strings.Join(got, " ") != want {
		t.Errorf("names %q, want %q", got, want)
	}
	for _, url := range []string{"", "ftp://host/SECRET", "http:///SECRET", "http://SECRET:SECRET:/"} {
		if _, err := l1.Dial(url, l1.DialConfig{}); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("dial %q: %v", url, err)
		}
	}
}

func TestAnEndpointThatIsDownAtFirstIsConnectedLater(t *testing.T) {
	m, _ := chain(t)
	w := listen(t, m, "ws")
	w.set(status(502))
	s := over(w.dial(t, l1.DialConfig{}), l1.SourceConfig{})
	if _, err := s.BlockByNumber(t.Context(), 7); eth.FaultOf(err) != eth.L1Error {
		t.Errorf("error %v", err)
	}
	w.set(nil)
	if _, err := s.BlockByNumber(t.Context(), 7); err != nil {
		t.Errorf("after it is up: %v", err)
	}
}

func TestHeadersAreSent(t *testing.T) {
	for _, transport := range []string{"http", "ws"} {
		m, _ := chain(t)
		w := listen(t, m, transport)
		var got string
		w.set(func(rw http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			defer w.mu.Unlock()
			got = r.Header.Get("X-Key")
			http.Error(rw, "enough", http.StatusTeapot)
		})
		e := w.dial(t, l1.DialConfig{Header: http.Header{"X-Key": {"mine"}}})
		if _, err := over(e, l1.SourceConfig{}).BlockByNumber(t.Context(), 7); err == nil {
			t.Error("no error")
		}
		if got != "mine" {
			t.Errorf("over %s the header was %q", transport, got)
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	m, hash := chain(t)
	m.keys["latest"] = hash
	s := over(m.endpoint(t, "a"), l1.SourceConfig{})
	if _, err := s.BlockByNumber(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{"eth_chainId": 1, "eth_getBlockByNumber": 2, "eth_getBlockReceipts": 1}
	if got := s.Endpoints()[0].Requests; !maps.Equal(got, want) {
		t.Errorf("requests %v, want %v", got, want)
	}
}

func TestIPC(t *testing.T) {
	m, hash := chain(t)
	m.keys["latest"] = hash
	server := rpc.NewServer()
	t.Cleanup(server.Stop)
	if err := server.RegisterName("eth", m); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "l1.ipc")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.ServeListener(listener) }()
	t.Cleanup(func() {
		listener.Close()
		<-served
	})
	for limit, want := range map[int64]eth.Fault{0: "", 2000: eth.L1Oversized} {
		e, err := l1.Dial(path, l1.DialConfig{MaxAnswer: limit})
		if err != nil {
			t.Fatal(err)
		}
		b, err := over(e, l1.SourceConfig{}).BlockByNumber(t.Context(), 7)
		if eth.FaultOf(err) != want || (err == nil && b.Hash != hash) {
			t.Errorf("limit %d: block %v, %v, want the mark %q", limit, b, err, want)
		}
		e.Close()
		if _, err := over(e, l1.SourceConfig{}).BlockByNumber(t.Context(), 7); eth.FaultOf(err) != eth.L1Unreachable {
			t.Errorf("after it was closed: %v", err)
		}
	}
	if _, err := over(dialed(t, path+".none"), l1.SourceConfig{}).BlockByNumber(t.Context(), 7); eth.FaultOf(err) != eth.L1Unreachable {
		t.Errorf("no such socket: %v", err)
	}
}

func dialed(t *testing.T, url string) *l1.Endpoint {
	t.Helper()
	e, err := l1.Dial(url, l1.DialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}
