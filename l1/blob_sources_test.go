package l1_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// secret is in the path of every beacon URL here.
const secret = "/key-7f3a"

// served makes a Beacon of a handler, and says its host.
func served(tb testing.TB, h http.Handler, cfg l1.BeaconConfig) *l1.Beacon {
	tb.Helper()
	web := httptest.NewServer(h)
	tb.Cleanup(web.Close)
	b, err := l1.NewBeacon(web.URL+secret, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if want := strings.TrimPrefix(web.URL, "http://"); b.Name() != want {
		tb.Errorf("name %s, want %s", b.Name(), want)
	}
	return b
}

// keyed takes the secret off the path again.
func keyed(h http.Handler) http.Handler { return http.StripPrefix(secret, h) }

// on answers the blobs route with h, and says of everything else that it is not there.
func on(h http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(secret+pathBlobs, h)
	return mux
}

// always answers everything with a status and words, among which is the path.
func always(status int, words string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%d,"message":%q,"path":%q}`, status, words, r.URL.Path)
	})
}

// with sets a field of a sidecar.
func with(sidecar object, key string, value any) object {
	sidecar[key] = value
	return sidecar
}

func TestEveryAnswerOfABeaconNode(t *testing.T) {
	blobs := testBlobs()
	a, b, c := blobs[0], blobs[1], blobs[2]
	ab := []common.Hash{a.hash, b.hash}
	model := func(blobs, sidecars reply) http.Handler { return keyed(newModelBeacon(blobs, sidecars)) }
	goodText := func() []byte {
		text, err := json.Marshal(object{"execution_optimistic": false, "data": []any{a.text(), b.text()}})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}()
	wait := func(r *http.Request) { <-r.Context().Done() }
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	early := clock
	early.GenesisTime = blobRef.Time + 1

	for _, tc := range []struct {
		name     string
		node     http.Handler // nil: nothing listens
		cfg      l1.BeaconConfig
		fault    eth.Fault // empty: it gives the blobs
		notFound bool
		says     string
	}{
		{name: "blobs", node: model(data(a.text(), b.text()), refuse(404))},
		{name: "reordered", node: model(data(b.text(), a.text()), refuse(404))},
		{name: "not filtered", node: model(data(c.text(), b.text(), a.text()), refuse(404))},
		{name: "twice the same", node: model(data(b.text(), a.text(), b.text(), a.text()), refuse(404))},
		{name: "no /blobs: 404", node: model(refuse(404), data(b.sidecar(), c.sidecar(), a.sidecar()))},
		{name: "no /blobs: 400", node: model(refuse(400), data(a.sidecar(), b.sidecar()))},
		{name: "sidecars with wrong indices", node: model(refuse(404), data(with(a.sidecar(), "index", "7"), with(b.sidecar(), "index", "x")))},
		{name: "a sidecar twice, once with another blob", node: model(refuse(404), data(a.sidecar(), with(a.sidecar(), "blob", c.text()), b.sidecar()))},
		{name: "other fields around", node: on(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"meta":{"data":[1]},"finalized":true,"data":[%q,%q],"more":null}`, a.text(), b.text())
		})},
		{name: "gzip", node: on(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(goodText)
			_ = z.Close()
		})},

		{name: "200 with an empty list", node: model(data(), refuse(404)), fault: eth.BlobsMissing, notFound: true, says: "does not list 2 of them"},
		{name: "200 with an empty list of sidecars", node: model(refuse(404), data()), fault: eth.BlobsMissing, notFound: true, says: "does not list 2 of them"},
		{name: "404", node: always(404, "no such block"), fault: eth.BlobsMissing, notFound: true, says: "status 404"},
		{name: "410", node: always(410, "pruned"), fault: eth.BlobsMissing, notFound: true, says: "status 410"},
		{name: "400", node: always(400, "bad"), fault: eth.BeaconError, says: "status 400"},
		{name: "500", node: always(500, "no"), fault: eth.BeaconError, says: "status 500"},
		{name: "501", node: always(501, "no"), fault: eth.BeaconError, says: "status 501"},
		{name: "503", node: always(503, "syncing"), fault: eth.BeaconError, says: "status 503"},
		{name: "too few data columns: 400", node: always(400, "BAD_REQUEST: Insufficient data columns to reconstruct blobs: required 64, but only 4 were found."), fault: eth.BlobsMissing, notFound: true, says: "data columns"},
		{name: "too few data columns: 500", node: always(500, "INTERNAL_SERVER_ERROR: Insufficient data columns to reconstruct blobs"), fault: eth.BlobsMissing, notFound: true, says: "data columns"},
		{name: "too few data columns: 404", node: always(404, "the node does not custody enough data columns to reconstruct blobs"), fault: eth.BlobsMissing, notFound: true, says: "data columns"},
		{name: "401", node: always(401, "who?"), fault: eth.BeaconUnauthorized, says: "status 401"},
		{name: "403", node: always(403, "no"), fault: eth.BeaconUnauthorized, says: "status 403"},
		{name: "429", node: always(429, "slowly"), fault: eth.BeaconRateLimited, says: "status 429"},
		{name: "408", node: always(408, "late"), fault: eth.BeaconSlow, says: "status 408"},
		{name: "504", node: always(504, "late"), fault: eth.BeaconSlow, says: "status 504"},

		{name: "a wrong blob", node: model(data(a.text(), c.text()), refuse(404)), fault: eth.BeaconLying, says: "versioned hash"},
		{name: "a short blob", node: model(data(a.text()[:99]), refuse(404)), fault: eth.BeaconLying, says: "blob size"},
		{name: "a sidecar with another one's blob", node: model(refuse(404), data(a.sidecar(), with(b.sidecar(), "blob", c.text()))), fault: eth.BeaconLying, says: "versioned hash"},

		{name: "no answer", node: on(func(_ http.ResponseWriter, r *http.Request) { wait(r) }), fault: eth.BeaconSlow, says: "deadline"},
		{name: "an answer without end", node: on(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(goodText[:1000])
			_ = http.NewResponseController(w).Flush()
			wait(r)
		}), fault: eth.BeaconSlow, says: "deadline"},
		{name: "a drop at a time", node: on(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
			}
		}), fault: eth.BeaconSlow, says: "deadline"},
		{name: "nothing listens", fault: eth.BeaconUnreachable, says: "refused"},
		{name: "hangs up", node: on(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), fault: eth.BeaconUnreachable, says: "EOF"},
		{name: "hangs up in the middle", node: on(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(goodText)))
			_, _ = w.Write(goodText[:5000])
		}), fault: eth.BeaconError, says: "unexpected EOF"},
		{name: "redirects in circles", node: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}), fault: eth.BeaconUnreachable, says: "redirect"},

		{name: "too large", node: on(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 3<<20)) }), fault: eth.BeaconOversized, says: "exceeds"},
		{name: "too large when unpacked", node: on(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
		}), fault: eth.BeaconOversized, says: "exceeds"},
		{name: "gzip that is none", node: on(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "this is not gzip")
		}), fault: eth.BeaconError, says: "gzip"},
		{name: "truncated JSON", node: model(reply{200, string(goodText[:len(goodText)/2])}, refuse(404)), fault: eth.BeaconError, says: "unexpected EOF"},
		{name: "a list that does not end", node: model(reply{200, `{"data":["` + a.text() + `","` + b.text() + `"`}, refuse(404)), fault: eth.BeaconError, says: "EOF"},
		{name: "not JSON", node: model(reply{200, "<html>"}, refuse(404)), fault: eth.BeaconError, says: "invalid character"},
		{name: "no data", node: model(reply{200, object{"dat": 1}}, refuse(404)), fault: eth.BeaconError, says: "no data"},
		{name: "data is a text", node: model(reply{200, object{"data": "0x"}}, refuse(404)), fault: eth.BeaconError, says: "where [ should be"},
		{name: "a list", node: model(reply{200, "[]"}, refuse(404)), fault: eth.BeaconError, says: "where { should be"},
		{name: "a list of very many empty sidecars", node: model(refuse(404), reply{200, `{"data":[{}` + strings.Repeat(",{}", 1<<19) + `]}`}), fault: eth.BeaconError, says: "more than 4096 items"},
		{name: "sidecars within sidecars", node: model(refuse(404), reply{200, `{"data":` + strings.Repeat(`[`, 1<<20)}), fault: eth.BeaconError, says: "depth"},

		{name: "another chain", node: model(data(a.text(), b.text()), refuse(404)), cfg: l1.BeaconConfig{Clock: early}, fault: eth.BeaconWrongChain, says: "genesis"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := tc.cfg
			cfg.MaxAnswer, cfg.Timeout = 2<<20, time.Minute
			if tc.fault == eth.BeaconSlow {
				cfg.Timeout = 50 * time.Millisecond
			}
			if cfg.Clock == (l1.SlotClock{}) {
				cfg.Clock = clock
			}
			make1 := func() *l1.Beacon {
				if tc.node != nil {
					return served(t, tc.node, cfg)
				}
				beacon, err := l1.NewBeacon(gone.URL+secret, cfg)
				if err != nil {
					t.Fatal(err)
				}
				return beacon
			}

			alone := make1()
			sources := l1.NewBlobSources([]*l1.Beacon{alone}, l1.BlobSourcesConfig{})
			got, err := sources.Blobs(t.Context(), blobRef, ab)
			status := sources.Status()[0]
			if eth.FaultOf(err) != tc.fault || status.Fault != tc.fault || status.Name != alone.Name() {
				t.Errorf("fault %q, status %q of %s, want %q (%v)", eth.FaultOf(err), status.Fault, status.Name, tc.fault, err)
			}
			if (err == nil) != (tc.fault == "") || errors.Is(err, eth.ErrNotFound) != tc.notFound {
				t.Errorf("error %v; is it not found: want %t", err, tc.notFound)
			}
			if failed := tc.fault != "" && tc.fault != eth.BlobsMissing && tc.fault != eth.BeaconWrongChain; err != nil && (status.Failures > 0) != failed {
				t.Errorf("%d failures", status.Failures)
			}
			if err != nil {
				checkText(t, err, alone.Name(), tc.says, tc.fault != eth.BeaconWrongChain)
			} else {
				checkBlobs(t, got, a, b)
				return
			}

			for at := range 3 { // one good source among three
				good := newModelBeacon(refuse(404), data(b.sidecar(), a.sidecar()))
				trio := []*l1.Beacon{make1(), make1(), make1()}
				trio[at] = good.beacon(t, l1.BeaconConfig{Clock: clock})
				got, err := l1.NewBlobSources(trio, l1.BlobSourcesConfig{}).Blobs(t.Context(), blobRef, ab)
				if err != nil {
					t.Fatalf("source %d is good: %v", at, err)
				}
				checkBlobs(t, got, a, b)
			}
		})
	}
}

// checkText is what every error has: one line, the slot if it is known, the host, and no secret.
func checkText(t *testing.T, err error, host, says string, slot bool) {
	t.Helper()
	text := err.Error()
	if !strings.Contains(text, says) || !strings.Contains(text, host) || strings.Contains(text, "slot 42") != slot {
		t.Errorf("error %q does not name the host, %q, and slot 42 (%t)", text, says, slot)
	}
	if strings.Contains(text, secret) || strings.Contains(text, "\n") || len(text) > 1200 {
		t.Errorf("error has the URL, several lines or %d bytes: %q", len(text), text)
	}
}

func checkBlobs(t *testing.T, got []*eth.Blob, want ...*testBlob) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d blobs, want %d", len(got), len(want))
		return
	}
	for i, blob := range got {
		if *blob != want[i].blob {
			t.Errorf("blob %d is another one", i)
		}
	}
}

// shop is a beacon node that has some blobs and filters by hash.
type shop struct {
	mu     sync.Mutex
	has    []*testBlob
	broken int    // status of everything; 0: well
	retry  string // Retry-After, if broken
	mute   bool   // does not tell the time
	asked  [][]common.Hash
	paths  []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, strings.TrimPrefix(r.URL.Path, "/eth/v1/"))
	switch {
	case s.broken != 0:
		if s.retry != "" {
			w.Header().Set("Retry-After", s.retry)
		}
		w.WriteHeader(s.broken)
	case r.URL.Path == pathGenesis && !s.mute:
		fmt.Fprintf(w, `{"data":{"genesis_time":"%d"}}`, genesisTime)
	case r.URL.Path == pathSpec && !s.mute:
		fmt.Fprintf(w, `{"data":{"SECONDS_PER_SLOT":"%d"}}`, slotSeconds)
	case r.URL.Path == pathBlobs:
		var hashes []common.Hash
		texts := []any{}
		for _, hash := range r.URL.Query()["versioned_hashes"] {
			hashes = append(hashes, common.HexToHash(hash))
		}
		s.asked = append(s.asked, hashes)
		for _, blob := range s.has {
			if slices.Contains(hashes, blob.hash) {
				texts = append(texts, blob.text())
			}
		}
		_ = json.NewEncoder(w).Encode(object{"data": texts})
	default:
		http.NotFound(w, r)
	}
}

// since gives the paths asked for since the last call.
func (s *shop) since() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	paths := s.paths
	s.paths = nil
	return paths
}

func (s *shop) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func sourcesOf(t *testing.T, cfg l1.BlobSourcesConfig, beacon l1.BeaconConfig, shops ...*shop) *l1.BlobSources {
	t.Helper()
	var beacons []*l1.Beacon
	for _, s := range shops {
		beacons = append(beacons, served(t, keyed(s), beacon))
	}
	return l1.NewBlobSources(beacons, cfg)
}

// memory is a keep in memory, which may be broken.
type memory struct {
	blobs      map[string]*eth.Blob
	get, put   error
	gets, puts int
}

func (m *memory) key(number uint64, hash common.Hash) string { return fmt.Sprint(number, hash) }

func (m *memory) Blob(number uint64, hash common.Hash) (*eth.Blob, error) {
	m.gets++
	if m.get != nil {
		return nil, m.get
	}
	if blob := m.blobs[m.key(number, hash)]; blob != nil {
		return blob, nil
	}
	return nil, fmt.Errorf("blob: %w", eth.ErrNotFound)
}

func (m *memory) PutBlob(number uint64, hash common.Hash, blob *eth.Blob) error {
	m.puts++
	if m.put == nil {
		m.blobs[m.key(number, hash)] = blob
	}
	return m.put
}

var timed = l1.BeaconConfig{Clock: clock}

func TestEachSourceIsAskedForWhatIsStillMissing(t *testing.T) {
	blobs := testBlobs()
	a, b, c := blobs[0], blobs[1], blobs[2]
	x, y, z := &shop{has: []*testBlob{b}}, &shop{has: []*testBlob{b, c}}, &shop{has: []*testBlob{a, b, c}}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, timed, x, y, z)
	got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{c.hash, a.hash, b.hash, c.hash})
	if err != nil {
		t.Fatal(err)
	}
	checkBlobs(t, got, c, a, b, c)
	for i, want := range [][]common.Hash{{c.hash, a.hash, b.hash}, {c.hash, a.hash}, {a.hash}} {
		if asked := []*shop{x, y, z}[i].asked; !reflect.DeepEqual(asked, [][]common.Hash{want}) {
			t.Errorf("source %d was asked for %v, want %v once", i, asked, want)
		}
	}
	status := sources.Status()
	for i, want := range []eth.Fault{eth.BlobsMissing, eth.BlobsMissing, ""} {
		if s := status[i]; s.Fault != want || s.Failures != 0 || !reflect.DeepEqual(s.Requests, map[string]uint64{"blobs": 1}) || (s.Cause == "") != (want == "") {
			t.Errorf("source %d: %+v, want fault %q", i, s, want)
		}
	}
	if _, err = sources.Blobs(t.Context(), blobRef, []common.Hash{b.hash}); err != nil || len(y.asked) != 1 || len(z.asked) != 1 {
		t.Errorf("error %v; what the first source has was asked of others too", err)
	}
	if s := sources.Status()[0]; s.Fault != "" || s.Cause != "" {
		t.Errorf("source 0 after it had everything: %+v", s)
	}
}

func TestWhatALiarHasRightCounts(t *testing.T) {
	blobs := testBlobs()
	a, b, c := blobs[0], blobs[1], blobs[2]
	y := &shop{has: []*testBlob{b}}
	beacons := []*l1.Beacon{served(t, keyed(newModelBeacon(data(a.text(), c.text()), refuse(404))), timed), served(t, keyed(y), timed)}
	sources := l1.NewBlobSources(beacons, l1.BlobSourcesConfig{})
	got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash, b.hash})
	if err != nil {
		t.Fatal(err)
	}
	checkBlobs(t, got, a, b)
	if s := sources.Status()[0]; s.Fault != eth.BeaconLying || !reflect.DeepEqual(y.asked, [][]common.Hash{{b.hash}}) {
		t.Errorf("status %+v, the other was asked for %v", s, y.asked)
	}
}

func TestNothingIsAskedForWithoutHashes(t *testing.T) {
	x := &shop{}
	got, err := sourcesOf(t, l1.BlobSourcesConfig{}, l1.BeaconConfig{}, x).Blobs(t.Context(), blobRef, nil)
	if err != nil || len(got) != 0 || len(x.since()) != 0 {
		t.Errorf("%d blobs, error %v", len(got), err)
	}
}

func TestBlobsNobodyHasAreMissing(t *testing.T) {
	blobs := testBlobs()
	a, b := blobs[0], blobs[1]
	x, y := &shop{has: []*testBlob{a}}, &shop{}
	_, err := sourcesOf(t, l1.BlobSourcesConfig{}, timed, x, y).Blobs(t.Context(), blobRef, []common.Hash{a.hash, b.hash})
	var missing *l1.MissingBlobsError
	if !errors.As(err, &missing) || missing.Slot != testSlot || !reflect.DeepEqual(missing.Hashes, []common.Hash{b.hash}) ||
		!errors.Is(err, eth.ErrNotFound) || eth.FaultOf(err) != eth.BlobsMissing {
		t.Errorf("error %v, want b's hash missing", err)
	}
}

func TestBlobsAreNotMissingWhileASourceIsBroken(t *testing.T) {
	blobs := testBlobs()
	a, b := blobs[0], blobs[1]
	x, y := &shop{has: []*testBlob{a}}, &shop{broken: 500}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, timed, x, y)
	_, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash, b.hash})
	var unserved *l1.UnservedBlobsError
	if !errors.As(err, &unserved) || unserved.Slot != testSlot || !reflect.DeepEqual(unserved.Hashes, []common.Hash{b.hash}) || len(unserved.Sources) != 2 {
		t.Fatalf("error %v, want b's hash unserved", err)
	}
	var missing *l1.MissingBlobsError
	var status *l1.StatusError
	if errors.Is(err, eth.ErrNotFound) || errors.As(err, &missing) || !errors.As(err, &status) || eth.FaultOf(err) != eth.BeaconError {
		t.Errorf("error %v, want the status of the broken source and no not found", err)
	}
	for _, name := range []string{sources.Status()[0].Name, sources.Status()[1].Name} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestASearchIsMarkedWithTheMostUsefulFault(t *testing.T) {
	want := []common.Hash{testBlobs()[0].hash}
	nodes := map[eth.Fault]http.Handler{
		eth.BlobsMissing: always(404, "no"), eth.BeaconLying: keyed(newModelBeacon(data(testBlobs()[1].text()), refuse(404))),
		eth.BeaconError: always(500, "no"), eth.BeaconRateLimited: always(429, "no"), eth.BeaconUnauthorized: always(403, "no"),
		eth.BeaconSlow: always(504, "no"),
	}
	order := []eth.Fault{eth.BeaconUnauthorized, eth.BeaconRateLimited, eth.BeaconSlow, eth.BeaconError, eth.BeaconLying, eth.BlobsMissing}
	for i, useful := range order {
		for _, other := range order[i:] {
			for _, pair := range [][]eth.Fault{{useful, other}, {other, useful}} {
				beacons := []*l1.Beacon{served(t, nodes[pair[0]], timed), served(t, nodes[pair[1]], timed)}
				_, err := l1.NewBlobSources(beacons, l1.BlobSourcesConfig{}).Blobs(t.Context(), blobRef, want)
				if got := eth.FaultOf(err); got != useful {
					t.Errorf("%v is marked %s, want %s", pair, got, useful)
				}
			}
		}
	}
	_, err := l1.NewBlobSources(nil, l1.BlobSourcesConfig{}).Blobs(t.Context(), blobRef, want)
	if eth.FaultOf(err) != eth.BlobsMissing || errors.Is(err, eth.ErrNotFound) || !strings.Contains(err.Error(), "no source") {
		t.Errorf("without any source: %v", err)
	}
}

func TestKeptBlobsNeedNoRequest(t *testing.T) {
	blobs := testBlobs()
	a, b := blobs[0], blobs[1]
	keep := &memory{blobs: make(map[string]*eth.Blob)}
	x := &shop{has: []*testBlob{a, b}}
	cfg := l1.BlobSourcesConfig{Keep: keep, KeepFailed: func(err error) { t.Errorf("reported %v", err) }}
	hashes := []common.Hash{b.hash, a.hash, b.hash}
	for run := range 2 { // the second is after a restart
		sources := sourcesOf(t, cfg, l1.BeaconConfig{}, x)
		got, err := sources.Blobs(t.Context(), blobRef, hashes)
		if err != nil {
			t.Fatal(err)
		}
		checkBlobs(t, got, b, a, b)
		if asked := x.since(); (len(asked) == 0) != (run == 1) {
			t.Errorf("run %d asked %v", run, asked)
		}
	}
	if keep.puts != 2 {
		t.Errorf("%d blobs put, want 2", keep.puts)
	}
	elsewhere := blobRef
	elsewhere.Number++
	if _, err := sourcesOf(t, cfg, timed, x).Blobs(t.Context(), elsewhere, hashes); err != nil || len(x.since()) != 1 {
		t.Errorf("blobs of another L1 block came from the keep, or %v", err)
	}
}

func TestWhatWasFoundIsKeptThoughNotAllWas(t *testing.T) {
	blobs := testBlobs()
	a, b := blobs[0], blobs[1]
	x := &shop{has: []*testBlob{a}}
	keep := &memory{blobs: make(map[string]*eth.Blob)}
	sources := sourcesOf(t, l1.BlobSourcesConfig{Keep: keep}, timed, x)
	for range 2 {
		if _, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash, b.hash}); !errors.Is(err, eth.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	}
	if want := [][]common.Hash{{a.hash, b.hash}, {b.hash}}; !reflect.DeepEqual(x.asked, want) {
		t.Errorf("asked for %v, want %v", x.asked, want)
	}
}

func TestABrokenKeepIsNoFailure(t *testing.T) {
	a := testBlobs()[0]
	var reported []string
	keep := &memory{get: errors.New("disk on fire"), put: errors.New("disk full")}
	cfg := l1.BlobSourcesConfig{Keep: keep, KeepFailed: func(err error) { reported = append(reported, err.Error()) }}
	got, err := sourcesOf(t, cfg, timed, &shop{has: []*testBlob{a}}).Blobs(t.Context(), blobRef, []common.Hash{a.hash})
	if err != nil {
		t.Fatal(err)
	}
	checkBlobs(t, got, a)
	if len(reported) != 2 || !strings.Contains(reported[0], "disk on fire") || !strings.Contains(reported[1], "disk full") {
		t.Errorf("reported %q", reported)
	}
	if _, err := sourcesOf(t, l1.BlobSourcesConfig{Keep: keep}, timed, &shop{has: []*testBlob{a}}).Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
		t.Errorf("with nobody to report to: %v", err)
	}
}

// virtual is a clock that stands still.
type virtual struct{ now time.Time }

func (v *virtual) Now() time.Time { return v.now }

func TestASourceThatFailedRestsAndIsAskedLast(t *testing.T) {
	a := testBlobs()[0]
	now := &virtual{time.Unix(1e9, 0)}
	x, y := &shop{broken: 500}, &shop{has: []*testBlob{a}}
	sources := sourcesOf(t, l1.BlobSourcesConfig{Now: now.Now}, timed, x, y)
	ask := func(ofX, ofY int) {
		t.Helper()
		_, _ = sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
		if gotX, gotY := len(x.since()), len(y.since()); gotX != ofX || gotY != ofY {
			t.Errorf("%d and %d requests, want %d and %d", gotX, gotY, ofX, ofY)
		}
	}
	ask(1, 1)
	ask(0, 1)
	if s := sources.Status()[0]; s.Fault != eth.BeaconError || s.Failures != 1 || !s.Since.Equal(now.now) || !s.Until.After(now.now) {
		t.Errorf("a source at rest: %+v", s)
	}
	now.now = now.now.Add(2 * time.Second)
	ask(1, 1) // its first rest is over
	now.now = now.now.Add(time.Second)
	ask(0, 1) // the second is longer
	y.set(func() { y.has = nil })
	ask(1, 1) // nobody else has them
	x.set(func() { x.broken, x.has = 0, []*testBlob{a} })
	ask(1, 1)
	ask(1, 0) // it is well again
	if s := sources.Status()[0]; s.Fault != "" {
		t.Errorf("a source that is well again: %+v", s)
	}
}

func TestAFallbackThatFailedOnceCouldBeInUseAfterItsRest(t *testing.T) {
	now := &virtual{time.Unix(1e9, 0)}
	x, y := &shop{}, &shop{broken: 500}
	sources := sourcesOf(t, l1.BlobSourcesConfig{Now: now.Now}, timed, x, y)
	_, _ = sources.Blobs(t.Context(), blobRef, []common.Hash{{1}})
	for _, want := range []eth.Fault{eth.BeaconError, ""} {
		if s := sources.Status(); s[0].Fault != eth.BlobsMissing || s[1].Fault != want {
			t.Errorf("status %+v, want the second %q", s, want)
		}
		now.now = now.now.Add(2 * time.Second)
	}
	now.now = now.now.Add(time.Hour)
	_, _ = sources.Blobs(t.Context(), blobRef, []common.Hash{{1}})
	if s := sources.Status(); !s[0].Since.Equal(time.Unix(1e9, 0)) || !s[1].Since.Equal(time.Unix(1e9, 0)) {
		t.Errorf("status %+v, want what is wrong to last since the first time", s)
	}
}

func TestSourcesOnOneHostAreNumbered(t *testing.T) {
	node := always(500, "no")
	b := served(t, node, timed)
	sources := l1.NewBlobSources([]*l1.Beacon{b, b}, l1.BlobSourcesConfig{})
	_, err := sources.Blobs(t.Context(), blobRef, []common.Hash{{1}})
	if name := sources.Status()[1].Name; name != b.Name()+"#2" || !strings.Contains(err.Error(), name+": ") {
		t.Errorf("name %s, error %v", name, err)
	}
}

func TestASourceThatOnlyLacksBlobsDoesNotRest(t *testing.T) {
	a := testBlobs()[0]
	x, y := &shop{}, &shop{has: []*testBlob{a}}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, timed, x, y)
	for range 2 {
		if _, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
			t.Fatal(err)
		}
		if len(x.since()) != 1 || len(y.since()) != 1 {
			t.Error("not each was asked once")
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	a := testBlobs()[0]
	now := &virtual{time.Unix(1e9, 0)}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		x := &shop{broken: status, retry: "100", has: []*testBlob{a}}
		sources := sourcesOf(t, l1.BlobSourcesConfig{Now: now.Now}, timed, x)
		for i, step := range []struct {
			pass time.Duration
			asks int
		}{{0, 1}, {0, 0}, {99 * time.Second, 0}, {2 * time.Second, 1}} {
			now.now = now.now.Add(step.pass)
			if i == 3 {
				x.set(func() { x.broken = 0 })
			}
			_, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
			if got := len(x.since()); got != step.asks || (err == nil) != (i == 3) {
				t.Errorf("status %d, step %d: %d requests, error %v", status, i, got, err)
			}
			if i < 3 && (errors.Is(err, eth.ErrNotFound) || !strings.Contains(err.Error(), fmt.Sprintf("status %d", status)) || !strings.Contains(err.Error(), "slot 42")) {
				t.Errorf("status %d, step %d: error %v", status, i, err)
			}
			if i < 3 && status == http.StatusTooManyRequests && eth.FaultOf(err) != eth.BeaconRateLimited {
				t.Errorf("step %d: marked %s", i, eth.FaultOf(err))
			}
		}
	}
}

func TestAnArchiveWithoutClockUsesAnothers(t *testing.T) {
	a, b := testBlobs()[0], testBlobs()[1]
	archive, beacon := &shop{mute: true, has: []*testBlob{a, b}}, &shop{}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, l1.BeaconConfig{}, archive, beacon)
	for _, want := range [][]string{{"beacon/genesis", "beacon/blobs/42"}, {"beacon/blobs/42"}} { // the time is not asked for again
		got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
		if err != nil {
			t.Fatal(err)
		}
		checkBlobs(t, got, a)
		if asked := archive.since(); !reflect.DeepEqual(asked, want) {
			t.Errorf("the archive was asked %v, want %v", asked, want)
		}
	}
	if s := sources.Status()[0]; s.Fault != "" {
		t.Errorf("the archive: %+v", s)
	}
}

func TestWithoutAnyClockTheSlotIsUnknown(t *testing.T) {
	a := testBlobs()[0]
	x := &shop{mute: true, has: []*testBlob{a}}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, l1.BeaconConfig{}, x)
	_, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
	if eth.FaultOf(err) != eth.BeaconError || errors.Is(err, eth.ErrNotFound) || !strings.Contains(err.Error(), "unknown slot") || !strings.Contains(err.Error(), "genesis") {
		t.Errorf("error %v", err)
	}
	x.set(func() { x.mute = false })
	if _, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
		t.Errorf("when it tells the time: %v", err)
	}
}

func TestAnotherChainsClockSpoilsNothing(t *testing.T) {
	a := testBlobs()[0]
	older := l1.BeaconConfig{Clock: l1.SlotClock{GenesisTime: 1, SecondsPerSlot: 5}}
	later := l1.BeaconConfig{Clock: l1.SlotClock{GenesisTime: blobRef.Time + 1, SecondsPerSlot: 12}}
	stranger, future, archive := &shop{}, &shop{}, &shop{mute: true, has: []*testBlob{a}}
	beacons := []*l1.Beacon{
		served(t, keyed(stranger), older), served(t, keyed(future), later), served(t, keyed(archive), l1.BeaconConfig{}),
	}
	sources := l1.NewBlobSources(beacons, l1.BlobSourcesConfig{})
	_, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
	if eth.FaultOf(err) != eth.BeaconWrongChain || errors.Is(err, eth.ErrNotFound) {
		t.Errorf("error %v, want the wrong chain", err)
	}
	if s := sources.Status()[1]; s.Fault != eth.BeaconWrongChain || len(future.since()) != 0 {
		t.Errorf("a chain that began later: %+v", s)
	}
	sources = l1.NewBlobSources(beacons[1:], l1.BlobSourcesConfig{})
	_, _ = sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
	if s := sources.Status()[1]; s.Fault != eth.BeaconError {
		t.Errorf("an archive beside a chain that began later: %+v", s)
	}
	sources = l1.NewBlobSources(beacons, l1.BlobSourcesConfig{})
	_, _ = sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
	archive.set(func() { archive.mute = false })
	got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash}) // the archive is asked for its own time again
	if err != nil {
		t.Fatal(err)
	}
	checkBlobs(t, got, a)
}

func TestSlotDurationOverride(t *testing.T) {
	a := testBlobs()[0]
	x := &shop{has: []*testBlob{a}}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, l1.BeaconConfig{Clock: l1.SlotClock{SecondsPerSlot: slotSeconds}}, x)
	if _, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
		t.Error(err)
	}
	if asked := x.since(); !reflect.DeepEqual(asked, []string{"beacon/genesis", "beacon/blobs/42"}) {
		t.Errorf("asked %v, want the genesis and no spec", asked)
	}
}

func TestFetchAll(t *testing.T) {
	blobs := testBlobs()
	a, b, c := blobs[0], blobs[1], blobs[2]
	all := l1.BeaconConfig{Clock: clock, FetchAll: true}
	for _, tc := range []struct {
		name            string
		blobs, sidecars reply
		asked           []string
		fault           eth.Fault
	}{
		{"sidecars come first", refuse(500), data(c.sidecar(), b.sidecar(), a.sidecar()), []string{pathSidecars}, ""},
		{"all blobs", data(c.text(), b.text(), a.text()), refuse(404), []string{pathSidecars, pathBlobs}, ""},
		{"other blobs of the slot are no lie", data(c.text()), refuse(404), []string{pathSidecars, pathBlobs}, eth.BlobsMissing},
	} {
		m := newModelBeacon(tc.blobs, tc.sidecars)
		got, err := m.beacon(t, all).Blobs(t.Context(), blobRef, []common.Hash{a.hash, b.hash})
		if eth.FaultOf(err) != tc.fault || (err == nil) != (tc.fault == "") {
			t.Errorf("%s: error %v", tc.name, err)
		}
		if err == nil {
			checkBlobs(t, got, a, b)
		}
		if !reflect.DeepEqual(m.requests, tc.asked) { // with their queries, which are empty
			t.Errorf("%s: asked %v, want %v", tc.name, m.requests, tc.asked)
		}
	}
}

func TestCancellingIsNobodysFault(t *testing.T) {
	stop := errors.New("the operator stops the node")
	ctx, cancel := context.WithCancelCause(t.Context())
	x := served(t, on(func(_ http.ResponseWriter, r *http.Request) {
		cancel(stop)
		<-r.Context().Done()
	}), timed)
	y := &shop{}
	sources := l1.NewBlobSources([]*l1.Beacon{x, served(t, keyed(y), timed)}, l1.BlobSourcesConfig{})
	_, err := sources.Blobs(ctx, blobRef, []common.Hash{{1}})
	if !errors.Is(err, stop) || eth.FaultOf(err) != "" || len(y.since()) != 0 {
		t.Errorf("error %v marked %q", err, eth.FaultOf(err))
	}
	if s := sources.Status()[0]; s.Fault != "" || s.Cause != "" || !s.Until.IsZero() || s.Failures != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestADeadlineIsSlowness(t *testing.T) {
	x := served(t, on(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), timed)
	y := &shop{}
	sources := l1.NewBlobSources([]*l1.Beacon{x, served(t, keyed(y), timed)}, l1.BlobSourcesConfig{})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("the caller is in a hurry"))
	defer cancel()
	_, err := sources.Blobs(ctx, blobRef, []common.Hash{{1}})
	if eth.FaultOf(err) != eth.BeaconSlow || !strings.Contains(err.Error(), "not asked, out of time") || len(y.since()) != 0 {
		t.Errorf("error %v marked %q", err, eth.FaultOf(err))
	}
	if s := sources.Status(); s[0].Fault != eth.BeaconSlow || s[1].Fault != "" {
		t.Errorf("status %+v", s)
	}
}

func TestTheHeaderGoesToTheFirstBeaconOnly(t *testing.T) {
	header, err := l1.ParseBeaconHeader("X-Key: a: b ")
	if err != nil || !reflect.DeepEqual(header, http.Header{"X-Key": {"a: b"}}) {
		t.Fatalf("header %v, error %v", header, err)
	}
	var got []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("X-Key"))
		fmt.Fprint(w, `{"data":[]}`)
	}))
	defer web.Close()
	beacons, err := l1.NewBeacons([]string{web.URL, web.URL}, l1.BeaconConfig{Clock: clock, Header: header})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range beacons {
		_, _ = b.Blobs(t.Context(), blobRef, []common.Hash{{1}})
	}
	if !reflect.DeepEqual(got, []string{"a: b", ""}) {
		t.Errorf("headers %q", got)
	}
	if _, err := l1.NewBeacons([]string{web.URL, "beacon"}, l1.BeaconConfig{}); err == nil || !strings.Contains(err.Error(), "source 2 of 2") {
		t.Errorf("a bad URL: %v", err)
	}
	for _, bad := range []string{"", "key", ": v", "a b: v", "k\nx: v", "k: a\r\nX: y", "é: v"} {
		if header, err := l1.ParseBeaconHeader(bad); err == nil || strings.Contains(err.Error(), "v\"") {
			t.Errorf("%q was read as %v, error %v", bad, header, err)
		}
	}
}

func TestErrorsDoNotRepeatSecrets(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		password, _ := url.QueryUnescape(r.Header.Get("Authorization"))
		fmt.Fprint(w, "no such page: ", r.URL.RequestURI(), " ", r.Header.Get("X-Key"), " ", password)
	}))
	defer web.Close()
	base := strings.Replace(web.URL, "http://", "http://user:hunter2@", 1) + "/path1234?key=query567"
	b, err := l1.NewBeacon(base, l1.BeaconConfig{Clock: clock, Header: http.Header{"X-Key": {"header89"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Blobs(t.Context(), blobRef, []common.Hash{{1}})
	for _, secret := range []string{"path1234", "query567", "header89", "hunter2"} {
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(b.Name(), secret) {
			t.Errorf("%s is in %v", secret, err)
		}
	}
	if !strings.Contains(err.Error(), "no such page") {
		t.Errorf("error %v lost what the node said", err)
	}
}

func TestSourcesServeSeveralAtOnce(t *testing.T) {
	blobs := testBlobs()
	x, y := &shop{has: blobs[:1]}, &shop{has: blobs[1:]}
	sources := sourcesOf(t, l1.BlobSourcesConfig{}, l1.BeaconConfig{}, x, y)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{blobs[1].hash, blobs[0].hash})
			if err != nil {
				t.Error(err)
				return
			}
			checkBlobs(t, got, blobs[1], blobs[0])
			_ = sources.Status()
		})
	}
	group.Wait()
}
