package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/cairn-rollup/cairn/doctor"
)

// Whatever does not answer, all findings are there when the time is up.
func TestTheTimeIsKept(t *testing.T) {
	for name, hang := range map[string]func(*world, http.Handler){
		"L1 hangs":     func(w *world, h http.Handler) { w.l1.instead, w.l1b.instead = h, h },
		"beacon hangs": func(w *world, h http.Handler) { w.beacon.instead = h },
		"engine hangs": func(w *world, h http.Handler) { w.engine.instead = h },
		"all hang": func(w *world, h http.Handler) {
			w.l1.instead, w.l1b.instead, w.beacon.instead, w.engine.instead = h, h, h, h
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			well, _ := w.examine(t)
			ctx, cancel := context.WithCancel(t.Context())
			t.Cleanup(cancel)
			hang(w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.WriteHeader(http.StatusOK)
				rw.(http.Flusher).Flush() // headers, and then nothing
				select {
				case <-ctx.Done():
				case <-r.Context().Done():
				}
			}))
			w.cfg.CheckTimeout, w.cfg.Timeout = 50*time.Millisecond, 700*time.Millisecond
			began := time.Now()
			all, v := w.examine(t)
			if took := time.Since(began); took > 5*time.Second { // generous: the machine may be busy
				t.Errorf("took %s", took)
			}
			if len(all) != len(well) || v.Level != doctor.Fail {
				t.Errorf("%d findings, want %d; verdict %s", len(all), len(well), v.Level)
			}
		})
	}
}

// A check that does not end by itself is a failure by its name when the time is up.
func TestACheckThatDoesNotEndFails(t *testing.T) {
	w := newWorld(t)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	w.engine.answers["eth_syncing"] = func([]json.RawMessage) (any, error) { <-done; return false, nil }
	w.cfg.CheckTimeout, w.cfg.Timeout = time.Hour, time.Second
	all, _ := w.examine(t)
	for check, text := range map[string]string{doctor.EngineSync: "not done within 1s", doctor.L1Receipts: "needs more time"} {
		if f := of(all, check)[0]; f.Text != text && f.Text != "not done within 1s" {
			t.Errorf("%s: %s, want %q", check, f.Text, text)
		}
	}
}

func TestASpentContextEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	if v := doctor.Examine(ctx, w.cfg, func(doctor.Finding) { n++ }); v.Level != doctor.Fail || n == 0 {
		t.Errorf("verdict %s, %d findings", v.Level, n)
	}
}

// junk are answers that no honest server gives.
var junk = []any{
	nil, true, "", "0x", "0x" + strings.Repeat("f", 200), "\x1b[2J\x1b]0;owned\x07", 1e300, -1,
	[]any{},
	[]any{nil, nil},
	map[string]any{},
	map[string]any{"current": nil, "next": map[string]any{"activationTime": -1}},
	map[string]any{"current": map[string]any{"activationTime": 1.5}},
	map[string]any{"number": "0x" + strings.Repeat("f", 64), "hash": "0x00", "transactions": []any{nil}},
	map[string]any{"protocols": map[string]any{"eth": map[string]any{"config": []any{1}}}},
	[]any{map[string]any{"type": "0x3", "logs": []any{nil}}},
	strings.Repeat("a", 100_000),
}

func TestJunkIsAFindingAndNothingElse(t *testing.T) {
	for i, answer := range junk {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := newWorld(t)
			w.cfg.L1 = w.cfg.L1[:1]
			for _, method := range []string{
				"eth_chainId", "eth_syncing", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts", "eth_getCode",
				"eth_getBalance", "eth_getTransactionCount", "eth_call", "eth_config", "debug_chainConfig", "admin_nodeInfo",
				"engine_exchangeCapabilities", "engine_getClientVersionV1", "web3_clientVersion",
			} {
				var undo []func()
				for _, f := range []*fakeRPC{w.l1, w.engine} {
					before, had := f.answers[method]
					f.answers[method] = value(answer)
					undo = append(undo, func() {
						if f.answers[method] = before; !had {
							delete(f.answers, method)
						}
					})
				}
				shownWell(t, method, w)
				for _, u := range undo {
					u()
				}
			}
			w.beacon.genesis, w.beacon.spec, w.beacon.syncing = answer, answer, answer
			shownWell(t, "beacon", w)
			w = newWorld(t)
			w.beacon.genesis = map[string]any{"genesis_time": answer}
			w.beacon.spec = map[string]any{"SECONDS_PER_SLOT": answer, "DEPOSIT_CHAIN_ID": answer}
			shownWell(t, "beacon fields", w)
			w = newWorld(t)
			w.beacon.blob = fmt.Sprint(answer)
			shownWell(t, "blob", w)
		})
	}
}

func shownWell(t *testing.T, what string, w *world) {
	t.Helper()
	all, _ := w.examine(t)
	for _, f := range all {
		for _, text := range []string{f.Text, f.Fix} {
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len([]rune(text)) > 600 {
				t.Errorf("%s: %s: %d bytes, %.100q", what, f.Check, len(text), text)
			}
		}
	}
}

// An answer without end is cut off.
func TestAnEndlessAnswerIsBounded(t *testing.T) {
	w := newWorld(t)
	w.cfg.L1 = w.cfg.L1[:1]
	sent := make(chan int64, 1)
	w.l1.instead = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusOK)
		n, _ := io.Copy(rw, io.LimitReader(endless{}, 1<<30))
		sent <- n
	})
	w.cfg.CheckTimeout, w.cfg.Timeout = 20*time.Second, 30*time.Second
	all, _ := w.examine(t)
	if f := of(all, doctor.L1Reachable)[0]; f.Level != doctor.Fail {
		t.Errorf("got %+v", f)
	}
	if n := <-sent; n > 64<<20 {
		t.Errorf("%d bytes were read", n)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Keys in URLs, headers and the secret of the engine are never shown, also if a server repeats them.
func TestSecretsAreNotShown(t *testing.T) {
	const key, user, password, header = "k3yk3yk3y", "us3rus3r", "passw0rd", "h3ad3rvalue"
	echo := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Query().Get("as") == "error" {
			var call struct{ ID json.RawMessage }
			_ = json.Unmarshal(body, &call)
			fmt.Fprintf(rw, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":%q}}`, call.ID,
				"bad request "+r.URL.String()+r.Header.Get("Authorization")+r.Header.Get("X-Key"))
			return
		}
		http.Error(rw, r.URL.String()+r.Header.Get("X-Key"), http.StatusInternalServerError)
	})
	for _, as := range []string{"error", "status"} {
		w := newWorld(t)
		url := serve(t, echo)
		with := strings.Replace(url, "http://", "http://"+user+":"+password+"@", 1) + "/v3/" + key + "?as=" + as + "&apikey=" + key
		w.cfg.L1, w.cfg.Beacons, w.cfg.Engine = []string{with, "http://127.0.0.1:1/" + key}, []string{with, "http://%zz" + key}, with
		w.cfg.BeaconHeader = http.Header{"X-Key": {"Bearer " + header}}
		all, _ := w.examine(t)
		for _, f := range all {
			text, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{key, user, password, header} {
				if strings.Contains(string(text), secret) {
					t.Errorf("%s shows %s: %s", f.Check, secret, text)
				}
			}
		}
	}
}

// The header of the Beacon API goes to the first beacon node and to nobody else.
func TestTheBeaconHeaderIsForTheFirst(t *testing.T) {
	w := newWorld(t)
	w.withArchive()
	w.cfg.BeaconHeader = http.Header{"X-Key": {"value"}}
	w.examine(t)
	if w.beacon.header.Get("X-Key") != "value" || w.arch.header.Get("X-Key") != "" {
		t.Errorf("first %v, second %v", w.beacon.header, w.arch.header)
	}
}

// Two endpoints of one host are told apart.
func TestEndpointsOfOneHostAreTold(t *testing.T) {
	w := newWorld(t)
	w.cfg.L1 = []string{w.l1.url + "/key-one", w.l1.url + "/key-two"}
	all, _ := w.examine(t)
	found := of(all, doctor.L1ChainID)
	names := map[string]bool{found[0].Of: true, found[1].Of: true}
	if !names[host(w.l1.url)] || !names[host(w.l1.url)+" #2"] {
		t.Errorf("named %v", names)
	}
}
