package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// place is where a fake engine listens: a transport and an address that stays.
type place struct{ transport, address string }

var transports = []string{"http", "ws", "ipc"}

func newPlace(t *testing.T, transport string) place {
	t.Helper()
	if transport == "ipc" {
		return place{transport, filepath.Join(t.TempDir(), "engine.ipc")}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return place{transport, l.Addr().String()}
}

func (p place) url() string {
	if p.transport == "ipc" {
		return p.address
	}
	return p.transport + "://" + p.address
}

// open serves a fake at a place until stop is called.
func (p place) open(t *testing.T, f *fakeEngine, secret [32]byte) (stop func()) {
	t.Helper()
	server := f.serve(t)
	network := map[string]string{"http": "tcp", "ws": "tcp", "ipc": "unix"}[p.transport]
	l, err := net.Listen(network, p.address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	if p.transport == "ipc" {
		go func() { _ = server.ServeListener(l); close(done) }()
		return func() { l.Close(); server.Stop(); <-done }
	}
	var inner http.Handler = server
	if p.transport == "ws" {
		inner = server.WebsocketHandler([]string{"*"})
	}
	web := &http.Server{Handler: demandJWT(secret, inner)}
	go func() { _ = web.Serve(l); close(done) }()
	return func() { _ = web.Close(); server.Stop(); <-done }
}

// demandJWT is execution-apis, engine/authentication.md, written from RFC 7515.
func demandJWT(secret [32]byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(why string) { http.Error(w, why, http.StatusUnauthorized) }
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		parts := strings.Split(bearer, ".")
		if !ok || len(parts) != 3 {
			refuse("no token")
			return
		}
		mac := hmac.New(sha256.New, secret[:])
		mac.Write([]byte(parts[0] + "." + parts[1]))
		signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
		header, _ := base64.RawURLEncoding.DecodeString(parts[0])
		text, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var kind struct{ Alg, Typ string }
		var claims struct{ Iat int64 }
		_, _ = json.Unmarshal(header, &kind), json.Unmarshal(text, &claims)
		switch age := time.Since(time.Unix(claims.Iat, 0)); {
		case kind.Alg != "HS256" || kind.Typ != "JWT":
			refuse("wrong header")
		case !hmac.Equal(signature, mac.Sum(nil)):
			refuse("signature is invalid")
		case age.Abs() > time.Minute:
			refuse("stale token")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func dialed(t *testing.T, p place, secret [32]byte, opts Options) *Client {
	t.Helper()
	conn, err := Dial(DialConfig{URL: p.url(), Secret: &secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return NewClient(conn, testConfig(), opts)
}

// answering is a fake that makes one Jovian block.
func answering(t *testing.T, cfg *rollup.Config) (*fakeEngine, *eth.PayloadAttributes, *eth.PayloadEnvelope) {
	t.Helper()
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	return &fakeEngine{answers: map[string]any{
		"engine_forkchoiceUpdatedV3": forkchoice(status("VALID"), &jobID),
		"engine_getPayloadV4":        env,
		"engine_newPayloadV4":        status("VALID"),
		"eth_getBlockByNumber":       asBlock(t, env, cfg.L2Rules(attrs.Timestamp), depositTx, otherTx),
	}}, attrs, env
}

func TestBlocksAreBuiltOverEveryTransport(t *testing.T) {
	secret := [32]byte{1, 2, 3}
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			f, attrs, env := answering(t, testConfig())
			p := newPlace(t, transport)
			defer p.open(t, f, secret)()
			c := dialed(t, p, secret, Options{})
			for range 2 {
				got, err := c.Build(t.Context(), onParent, attrs)
				if err != nil {
					t.Fatal(err)
				}
				if got.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash {
					t.Error("another block came out")
				}
			}
			if _, err := c.PayloadByNumber(t.Context(), env.ExecutionPayload.BlockNumber); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnotherSecretIsUnauthorized(t *testing.T) {
	for _, transport := range []string{"http", "ws"} {
		t.Run(transport, func(t *testing.T) {
			f, attrs, _ := answering(t, testConfig())
			p := newPlace(t, transport)
			defer p.open(t, f, [32]byte{1})()
			_, err := dialed(t, p, [32]byte{2}, Options{}).Build(t.Context(), onParent, attrs)
			if kindOf(err) != unable || eth.FaultOf(err) != eth.EngineUnauthorized {
				t.Fatalf("fault %q: %v", eth.FaultOf(err), err)
			}
			for _, says := range []string{"401", "JWT secret", "clocks", "engine_forkchoiceUpdatedV3"} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if f.called != nil {
				t.Errorf("the engine was reached: %v", f.called)
			}
		})
	}
}

func TestWithoutASecretNoTokenIsSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Values("Authorization"); len(got) > 0 {
			t.Errorf("sent %q", got)
		}
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":"0x1"}`)
	}))
	defer server.Close()
	conn, err := Dial(DialConfig{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var got string
	if err := conn.CallContext(t.Context(), &got, "eth_chainId"); err != nil || got != "0x1" {
		t.Errorf("%q, %v", got, err)
	}
}

// Engine and node may be started in any order, and the engine again.
func TestConnectionComesBack(t *testing.T) {
	secret := [32]byte{1}
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			f, attrs, _ := answering(t, testConfig())
			p := newPlace(t, transport)
			c := dialed(t, p, secret, Options{Timeout: 5 * time.Second})
			build := func() error {
				_, err := c.Build(t.Context(), onParent, attrs)
				return err
			}
			for round := range 2 {
				// A call at the very moment of the loss may have to wait for its timeout (Conn); none after it does.
				if err := build(); eth.FaultOf(err) != eth.EngineUnreachable && (round == 0 || eth.FaultOf(err) != eth.EngineSlow) {
					t.Fatalf("round %d, engine gone: fault %q: %v", round, eth.FaultOf(err), err)
				}
				if err := build(); eth.FaultOf(err) != eth.EngineUnreachable {
					t.Fatalf("round %d, engine away: fault %q: %v", round, eth.FaultOf(err), err)
				}
				stop := p.open(t, f, secret)
				for range 2 {
					if err := build(); err != nil {
						t.Fatalf("round %d, engine there: %v", round, err)
					}
				}
				stop()
			}
		})
	}
}

func TestConnectionEndsAmidACall(t *testing.T) {
	c := speaking(t, func(http.ResponseWriter) { panic(http.ErrAbortHandler) })
	if _, err := c.Syncing(t.Context()); eth.FaultOf(err) != eth.EngineUnreachable {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
	c = speaking(t, func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,`)
	})
	if _, err := c.Syncing(t.Context()); eth.FaultOf(err) != eth.EngineUnreachable {
		t.Errorf("cut short: fault %q: %v", eth.FaultOf(err), err)
	}
	c = speaking(t, func(http.ResponseWriter) {})
	if _, err := c.Syncing(t.Context()); eth.FaultOf(err) != eth.EngineUnreachable {
		t.Errorf("nothing: fault %q: %v", eth.FaultOf(err), err)
	}
	f, _, _ := answering(t, testConfig())
	p := newPlace(t, "ipc")
	defer p.open(t, f, [32]byte{})()
	conn, err := Dial(DialConfig{URL: p.url(), Secret: new([32]byte)})
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	defer close(release)
	f.answers["eth_syncing"] = func() { conn.Close(); <-release }
	if _, err := NewClient(conn, testConfig(), Options{}).Syncing(t.Context()); eth.FaultOf(err) != eth.EngineUnreachable {
		t.Errorf("closed here: fault %q: %v", eth.FaultOf(err), err)
	}
}

// One connection serves all calls, and is closed.
func TestOneConnectionIsMade(t *testing.T) {
	p := newPlace(t, "ipc")
	l, err := net.Listen("unix", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted, ended := make(chan struct{}, 10), make(chan struct{})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- struct{}{}
			in, out := json.NewDecoder(conn), json.NewEncoder(conn)
			var request struct{ ID json.RawMessage }
			for in.Decode(&request) == nil {
				_ = out.Encode(map[string]any{"jsonrpc": "2.0", "id": request.ID, "result": false})
			}
			close(ended)
		}
	}()
	conn, err := Dial(DialConfig{URL: p.url(), Secret: new([32]byte)})
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(conn, testConfig(), Options{})
	for range 3 {
		if _, err := c.Syncing(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(accepted) != 1 {
		t.Errorf("%d connections", len(accepted))
	}
	conn.Close()
	<-ended
}

func TestHTTPStatusesAreNamed(t *testing.T) {
	cases := []struct {
		status int
		fault  eth.Fault
		says   string
	}{
		{400, eth.EngineError, "400"},
		{401, eth.EngineUnauthorized, "JWT secret"},
		{403, eth.EngineUnauthorized, "host name"},
		{404, eth.EngineError, "404"},
		{408, eth.EngineSlow, "408"},
		{413, eth.EngineError, "413"},
		{429, eth.EngineError, "429"},
		{500, eth.EngineError, "500"},
		{502, eth.EngineUnreachable, "502"},
		{503, eth.EngineUnreachable, "503"},
		{504, eth.EngineSlow, "504"},
	}
	for _, tc := range cases {
		t.Run(http.StatusText(tc.status), func(t *testing.T) {
			c := speaking(t, func(w http.ResponseWriter) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, "its own words"+strings.Repeat(" and more", 1<<16))
			})
			_, err := c.Start(t.Context(), onParent, ordered(testConfig(), forkTime(rollup.Jovian)))
			if kindOf(err) != unable || eth.FaultOf(err) != tc.fault {
				t.Fatalf("kind %d, fault %q, want %q", kindOf(err), eth.FaultOf(err), tc.fault)
			}
			if text := err.Error(); !strings.Contains(text, tc.says) || !strings.Contains(text, "its own words") || len(text) > 2*maxWords {
				t.Errorf("%d bytes: %.200s", len(text), text)
			}
		})
	}
}

// speaking is a client of an HTTP server that says what it is told to, whatever it is asked.
func speaking(t testing.TB, answer func(w http.ResponseWriter)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer(w)
	}))
	t.Cleanup(server.Close)
	conn, err := Dial(DialConfig{URL: server.URL, MaxAnswer: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return NewClient(conn, testConfig(), Options{})
}

func TestSlowEngineIsGivenUpAfterTheTimeout(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			f, _, _ := answering(t, testConfig())
			p := newPlace(t, transport)
			release := make(chan struct{})
			f.answers["eth_syncing"] = func() { <-release }
			defer p.open(t, f, [32]byte{})()
			defer close(release)
			c := dialed(t, p, [32]byte{}, Options{Timeout: 50 * time.Millisecond})
			_, err := c.Syncing(t.Context())
			if eth.FaultOf(err) != eth.EngineSlow || !strings.Contains(err.Error(), "no answer within 50ms") {
				t.Errorf("fault %q: %v", eth.FaultOf(err), err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.Syncing(ctx); !errors.Is(err, context.Canceled) || eth.FaultOf(err) != "" {
				t.Errorf("the end of ctx is nobody's fault, got %q: %v", eth.FaultOf(err), err)
			}
		})
	}
}

func TestDialRefusesWhatIsNoEngineURL(t *testing.T) {
	for url, says := range map[string]string{
		"":                       "empty",
		"gopher://x":             "gopher://x",
		"stdio://":               "want http",
		"http://u:secret@x:port": "port",
		"ftp://u:secret@x":       "want http",
		"127.0.0.1:8551":         "colon",
		"http://\x7f":            "invalid",
	} {
		_, err := Dial(DialConfig{URL: url})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestClosedConnectionIsNotUsed(t *testing.T) {
	for _, transport := range transports {
		f, attrs, _ := answering(t, testConfig())
		p := newPlace(t, transport)
		stop := p.open(t, f, [32]byte{})
		for _, used := range []bool{false, true} {
			conn, err := Dial(DialConfig{URL: p.url(), Secret: new([32]byte)})
			if err != nil {
				t.Fatal(err)
			}
			c := NewClient(conn, testConfig(), Options{})
			if used {
				if _, err := c.Build(t.Context(), onParent, attrs); err != nil {
					t.Fatal(err)
				}
			}
			conn.Close()
			if _, err := c.Build(t.Context(), onParent, attrs); eth.FaultOf(err) != eth.EngineUnreachable {
				t.Errorf("%s: fault %q: %v", transport, eth.FaultOf(err), err)
			}
		}
		stop()
	}
}
