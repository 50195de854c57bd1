package l1_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

const (
	genesisTime = 1000
	slotSeconds = 12
	testSlot    = 42
)

// blobRef is an L1 block in testSlot.
var blobRef = eth.L1Ref{Number: 5, Time: genesisTime + testSlot*slotSeconds}

// testBlob is a blob with its proof.
type testBlob struct {
	blob       eth.Blob
	commitment kzg4844.Commitment
	proof      kzg4844.Proof
	hash       common.Hash
}

func (b *testBlob) text() string { return hexutil.Encode(b.blob[:]) }

func (b *testBlob) sidecar() object {
	return object{"index": "0", "blob": b.text(), "kzg_commitment": b.commitment, "kzg_proof": b.proof}
}

// testBlobs are three blobs, computed once.
var testBlobs = sync.OnceValue(func() []*testBlob {
	var all []*testBlob
	for i := range 3 {
		b := new(testBlob)
		for j := range b.blob {
			if j%32 != 0 {
				b.blob[j] = byte(j * (i + 1))
			}
		}
		var err error
		if b.commitment, err = kzg4844.BlobToCommitment((*kzg4844.Blob)(&b.blob)); err != nil {
			panic(err)
		}
		if b.proof, err = kzg4844.ComputeBlobProof((*kzg4844.Blob)(&b.blob), b.commitment); err != nil {
			panic(err)
		}
		b.hash = kzg4844.CalcBlobHashV1(sha256.New(), &b.commitment)
		all = append(all, b)
	}
	return all
})

// reply is what a model beacon node says on a path.
type reply struct {
	status int
	body   any // text as it is, anything else as JSON
}

func data(list ...any) reply { return reply{http.StatusOK, object{"data": append([]any{}, list...)}} }

func refuse(status int) reply { return reply{status, object{"code": status, "message": "refused"}} }

// modelBeacon is a Beacon API whose answers are a table.
type modelBeacon struct {
	mu       sync.Mutex
	replies  map[string]reply
	requests []string // path and query
}

const (
	pathGenesis  = "/eth/v1/beacon/genesis"
	pathSpec     = "/eth/v1/config/spec"
	pathBlobs    = "/eth/v1/beacon/blobs/42"
	pathSidecars = "/eth/v1/beacon/blob_sidecars/42"
)

func newModelBeacon(blobs, sidecars reply) *modelBeacon {
	return &modelBeacon{replies: map[string]reply{
		pathGenesis: {http.StatusOK, object{"data": object{"genesis_time": fmt.Sprint(genesisTime)}}},
		pathSpec:    {http.StatusOK, object{"data": object{"SECONDS_PER_SLOT": fmt.Sprint(slotSeconds), "BLOB_SCHEDULE": []any{}}}},
		pathBlobs:   blobs, pathSidecars: sidecars,
	}}
}

func (m *modelBeacon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, r.URL.RequestURI())
	answer, ok := m.replies[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(answer.status)
	if text, ok := answer.body.(string); ok {
		_, _ = w.Write([]byte(text))
		return
	}
	_ = json.NewEncoder(w).Encode(answer.body)
}

// asked lists the paths asked for since the last call.
func (m *modelBeacon) asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var paths []string
	for _, uri := range m.requests {
		path, _, _ := strings.Cut(uri, "?")
		paths = append(paths, path)
	}
	m.requests = nil
	return paths
}

func (m *modelBeacon) beacon(tb testing.TB, cfg l1.BeaconConfig) *l1.Beacon {
	tb.Helper()
	web := httptest.NewServer(m)
	tb.Cleanup(web.Close)
	b, err := l1.NewBeacon(web.URL, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

var clock = l1.SlotClock{GenesisTime: genesisTime, SecondsPerSlot: slotSeconds}

func TestBlobs(t *testing.T) {
	blobs := testBlobs()
	a, b, c := blobs[0], blobs[1], blobs[2]
	ab := []common.Hash{a.hash, b.hash}
	changed := *a
	changed.blob[1] ^= 1
	badProof := a.sidecar()
	badProof["kzg_proof"] = b.proof
	noProof := a.sidecar()
	delete(noProof, "kzg_proof")
	borrowed := a.sidecar() // the commitment of a, with the blob and proof of b
	borrowed["blob"], borrowed["kzg_proof"] = b.text(), b.proof
	bare := object{"kzg_commitment": a.commitment}
	notCanonical := "0x" + strings.Repeat("ff", len(eth.Blob{}))

	missing := func(err error) string {
		var e *l1.MissingBlobsError
		if !errors.Is(err, eth.ErrNotFound) || !errors.As(err, &e) || e.Slot != testSlot {
			return "a MissingBlobsError that is not found"
		}
		return ""
	}
	mismatch := func(what l1.Mismatch) func(error) string {
		return func(err error) string {
			var e *l1.VerificationError
			if !errors.As(err, &e) || e.What != what || errors.Is(err, eth.ErrNotFound) {
				return "a mismatch of the " + string(what)
			}
			return ""
		}
	}
	status := func(code int) func(error) string {
		return func(err error) string {
			var e *l1.StatusError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), fmt.Sprintf("status %d", code)) || errors.Is(err, eth.ErrNotFound) {
				return fmt.Sprintf("a StatusError %d that is not a not found", code)
			}
			return ""
		}
	}
	garbage := func(err error) string {
		var e *l1.VerificationError
		if err == nil || errors.As(err, &e) || errors.Is(err, eth.ErrNotFound) {
			return "an error that is neither a mismatch nor not found"
		}
		return ""
	}
	tooLarge := func(err error) string {
		var e *l1.TooLargeError
		if !errors.As(err, &e) {
			return "a TooLargeError"
		}
		return ""
	}
	first, both := []string{pathBlobs}, []string{pathBlobs, pathSidecars}

	for _, tc := range []struct {
		name            string
		blobs, sidecars reply
		hashes          []common.Hash
		want            []*testBlob
		wantErr         func(error) string
		asked           []string
	}{
		{"blobs in order", data(a.text(), b.text()), refuse(404), ab, []*testBlob{a, b}, nil, first},
		{"blobs in another order", data(b.text(), a.text()), refuse(404), ab, []*testBlob{a, b}, nil, first},
		{"unfiltered blobs", data(c.text(), b.text(), a.text()), refuse(404), ab, []*testBlob{a, b}, nil, first},
		{"a repeated hash gives the blob once per occurrence", data(a.text(), b.text()), refuse(404), []common.Hash{b.hash, a.hash, b.hash}, []*testBlob{b, a, b}, nil, first},
		{"no hashes need no request", refuse(500), refuse(500), nil, nil, nil, nil},
		{"route not there: 404", refuse(404), data(a.sidecar(), c.sidecar(), b.sidecar()), ab, []*testBlob{a, b}, nil, both},
		{"route not there: 400", refuse(400), data(a.sidecar(), b.sidecar()), ab, []*testBlob{a, b}, nil, both},
		{"route not there: 410", refuse(410), data(a.sidecar(), b.sidecar()), ab, []*testBlob{a, b}, nil, both},
		{"route not there: 501", refuse(501), data(a.sidecar(), b.sidecar()), ab, []*testBlob{a, b}, nil, both},
		{"sidecars in another order", refuse(404), data(b.sidecar(), a.sidecar()), []common.Hash{b.hash, a.hash, b.hash}, []*testBlob{b, a, b}, nil, both},
		{"a sidecar with a wrong proof and the right blob", refuse(404), data(badProof), ab[:1], []*testBlob{a}, nil, both},
		{"a sidecar without a proof and with the right blob", refuse(404), data(noProof), ab[:1], []*testBlob{a}, nil, both},

		{"200 with an empty list: blobs", data(), data(a.sidecar(), b.sidecar()), ab, nil, missing, first},
		{"200 with an empty list: sidecars", refuse(404), data(), ab, nil, missing, both},
		{"one blob is missing", data(a.text()), refuse(404), ab, nil, missing, first},
		{"one sidecar is missing", refuse(404), data(b.sidecar(), c.sidecar()), ab, nil, missing, both},
		{"404 on both routes", refuse(404), refuse(404), ab, nil, missing, both},
		{"404 and 410", refuse(404), refuse(410), ab, nil, missing, both},

		{"400 on one route is not a not found", refuse(400), refuse(404), ab, nil, status(400), both},
		{"400 on the other route is not a not found", refuse(404), refuse(400), ab, nil, status(400), both},
		{"500 is no reason to ask the other route", refuse(500), data(a.sidecar(), b.sidecar()), ab, nil, status(500), first},
		{"500 on the other route", refuse(404), refuse(500), ab, nil, status(500), both},
		{"503", refuse(503), refuse(404), ab, nil, status(503), first},

		{"a wrong blob", data(a.text(), changed.text()), refuse(404), ab, nil, mismatch(l1.MismatchBlobHash), first},
		{"another blob in its place", data(a.text(), c.text()), refuse(404), ab, nil, mismatch(l1.MismatchBlobHash), first},
		{"a blob that has no commitment", data(notCanonical), refuse(404), ab, nil, mismatch(l1.MismatchBlobHash), first},
		{"a sidecar whose blob is another one's", refuse(404), data(borrowed), ab[:1], nil, mismatch(l1.MismatchBlobHash), both},
		{"a sidecar without a blob", refuse(404), data(bare), ab[:1], nil, mismatch(l1.MismatchBlobHash), both},
		{"a short blob", data(a.text()[:262144]), refuse(404), ab, nil, mismatch(l1.MismatchBlobSize), first},
		{"a long blob", data(a.text() + "00"), refuse(404), ab, nil, mismatch(l1.MismatchBlobSize), first},

		{"an answer that is too large", reply{200, strings.Repeat(" ", 3<<20)}, refuse(404), ab, nil, tooLarge, first},
		{"not JSON", reply{200, "<html>"}, refuse(404), ab, nil, garbage, first},
		{"no data", reply{200, object{}}, refuse(404), ab, nil, garbage, first},
		{"no data in sidecars", refuse(404), reply{200, object{}}, ab, nil, garbage, both},
		{"null for a blob", data(nil), refuse(404), ab, nil, garbage, first},
		{"a number for a blob", data(7), refuse(404), ab, nil, garbage, first},
		{"not hex", data("0x" + strings.Repeat("zz", len(eth.Blob{}))), refuse(404), ab, nil, garbage, first},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := newModelBeacon(tc.blobs, tc.sidecars)
			got, err := m.beacon(t, l1.BeaconConfig{Clock: clock, MaxAnswer: 2 << 20}).Blobs(t.Context(), blobRef, tc.hashes)
			if tc.wantErr != nil {
				if want := tc.wantErr(err); want != "" {
					t.Errorf("error %v, want %s", err, want)
				}
			} else if err != nil {
				t.Error(err)
			}
			if len(got) != len(tc.want) {
				t.Fatalf("%d blobs, want %d", len(got), len(tc.want))
			}
			for i, blob := range got {
				if *blob != tc.want[i].blob {
					t.Errorf("blob %d is another one", i)
				}
			}
			if asked := m.asked(); !reflect.DeepEqual(asked, tc.asked) {
				t.Errorf("asked %v, want %v", asked, tc.asked)
			}
		})
	}
}

func TestRouteThatWorksIsRemembered(t *testing.T) {
	a := testBlobs()[0]
	m := newModelBeacon(refuse(404), data(a.sidecar()))
	b := m.beacon(t, l1.BeaconConfig{Clock: clock})
	ask := func(want ...string) {
		t.Helper()
		if _, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
			t.Error(err)
		}
		if asked := m.asked(); !reflect.DeepEqual(asked, want) {
			t.Errorf("asked %v, want %v", asked, want)
		}
	}
	ask(pathBlobs, pathSidecars)
	ask(pathSidecars)
	m.mu.Lock() // the node is updated: the old route goes, the new one comes
	m.replies[pathBlobs], m.replies[pathSidecars] = data(a.text()), refuse(410)
	m.mu.Unlock()
	ask(pathSidecars, pathBlobs)
	ask(pathBlobs)
}

func TestBlobsAreAskedForByHash(t *testing.T) {
	a := testBlobs()[0]
	m := newModelBeacon(data(a.text()), refuse(404))
	b := m.beacon(t, l1.BeaconConfig{Clock: clock})
	if _, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash, a.hash}); err != nil {
		t.Fatal(err)
	}
	if want := pathBlobs + "?versioned_hashes=" + a.hash.Hex(); len(m.requests) != 1 || m.requests[0] != want {
		t.Errorf("asked %v, want %s once", m.requests, want)
	}
}

func TestRealSidecars(t *testing.T) {
	text := vector(t, "beacon-blob-sidecars-7422094-goerli.json.gz")
	var answer struct {
		Data []struct {
			Blob       hexutil.Bytes      `json:"blob"`
			Commitment kzg4844.Commitment `json:"kzg_commitment"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	var hashes []common.Hash
	var texts []any
	for _, s := range answer.Data {
		hashes = append(hashes, kzg4844.CalcBlobHashV1(sha256.New(), &s.Commitment))
		texts = append(texts, s.Blob.String())
	}
	if len(hashes) == 0 {
		t.Fatal("no sidecars in the vector")
	}
	for name, m := range map[string]*modelBeacon{
		"as sidecars": newModelBeacon(refuse(404), reply{200, string(text)}),
		"as blobs":    newModelBeacon(data(texts...), refuse(404)),
	} {
		blobs, err := m.beacon(t, l1.BeaconConfig{Clock: clock}).Blobs(t.Context(), blobRef, hashes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, blob := range blobs {
			if string(blob[:]) != string(answer.Data[i].Blob) {
				t.Errorf("%s: blob %d is another one", name, i)
			}
		}
	}
}

func TestSlotClockIsAskedForOnce(t *testing.T) {
	a := testBlobs()[0]
	m := newModelBeacon(data(a.text()), refuse(404))
	b := m.beacon(t, l1.BeaconConfig{})
	for _, want := range [][]string{{pathGenesis, pathSpec, pathBlobs}, {pathBlobs}} {
		if _, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
			t.Fatal(err)
		}
		if asked := m.asked(); !reflect.DeepEqual(asked, want) {
			t.Errorf("asked %v, want %v", asked, want)
		}
	}
}

func TestSlotIsTimeSinceGenesisBySecondsPerSlot(t *testing.T) {
	a := testBlobs()[0]
	m := newModelBeacon(data(a.text()), refuse(404))
	b := m.beacon(t, l1.BeaconConfig{Clock: clock})
	for time, want := range map[uint64]string{
		blobRef.Time - 1: "/eth/v1/beacon/blobs/41", blobRef.Time + slotSeconds - 1: pathBlobs, genesisTime: "/eth/v1/beacon/blobs/0",
	} {
		_, _ = b.Blobs(t.Context(), eth.L1Ref{Time: time}, []common.Hash{a.hash})
		if asked := m.asked(); len(asked) == 0 || asked[0] != want {
			t.Errorf("time %d asks for %v, want %s", time, asked, want)
		}
	}
	if _, err := b.Blobs(t.Context(), eth.L1Ref{Time: genesisTime - 1}, []common.Hash{a.hash}); err == nil || errors.Is(err, eth.ErrNotFound) {
		t.Errorf("a time before genesis: error %v", err)
	}
}

func TestClockGarbage(t *testing.T) {
	for name, tc := range map[string]struct {
		path  string
		reply reply
		says  string
	}{
		"genesis without time":   {pathGenesis, reply{200, object{"data": object{}}}, "genesis_time"},
		"genesis time in words":  {pathGenesis, reply{200, object{"data": object{"genesis_time": "soon"}}}, "genesis_time"},
		"genesis is not JSON":    {pathGenesis, reply{200, "<html>"}, "eth/v1/beacon/genesis"},
		"genesis is not there":   {pathGenesis, refuse(404), "status 404"},
		"spec without seconds":   {pathSpec, reply{200, object{"data": object{}}}, "SECONDS_PER_SLOT"},
		"spec with zero seconds": {pathSpec, reply{200, object{"data": object{"SECONDS_PER_SLOT": "0"}}}, "SECONDS_PER_SLOT"},
		"spec with a long text":  {pathSpec, reply{200, object{"data": object{"SECONDS_PER_SLOT": strings.Repeat("9", 9000)}}}, "SECONDS_PER_SLOT"},
		"spec is a list":         {pathSpec, reply{200, object{"data": []any{}}}, "eth/v1/config/spec"},
	} {
		t.Run(name, func(t *testing.T) {
			a := testBlobs()[0]
			m := newModelBeacon(data(a.text()), refuse(404))
			good := m.replies[tc.path]
			m.replies[tc.path] = tc.reply
			b := m.beacon(t, l1.BeaconConfig{})
			_, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
			if err == nil || errors.Is(err, eth.ErrNotFound) || !strings.Contains(err.Error(), tc.says) || len(err.Error()) > 500 {
				t.Errorf("error %v, want a short one that says %s", err, tc.says)
			}
			m.mu.Lock()
			m.replies[tc.path] = good
			m.mu.Unlock()
			if _, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
				t.Errorf("after the garbage: %v", err)
			}
		})
	}
}

func TestBeaconGivesUpWithItsContext(t *testing.T) {
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer stuck.Close()
	b, err := l1.NewBeacon(stuck.URL, l1.BeaconConfig{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := b.Blobs(ctx, blobRef, []common.Hash{{1}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestBeaconURLAndHeader(t *testing.T) {
	for _, bad := range []string{"", "beacon:5052", "ftp://beacon", "http://"} {
		if _, err := l1.NewBeacon(bad, l1.BeaconConfig{}); err == nil {
			t.Errorf("%q was taken for a URL", bad)
		}
	}
	a := testBlobs()[0]
	var uri, key string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uri, key = r.URL.RequestURI(), r.Header.Get("Authorization")
		_ = json.NewEncoder(w).Encode(object{"data": []any{a.text()}})
	}))
	defer web.Close()
	b, err := l1.NewBeacon(web.URL+"/eth?key=1", l1.BeaconConfig{Clock: clock, Header: http.Header{"Authorization": {"Bearer x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); err != nil {
		t.Fatal(err)
	}
	if want := "/eth" + pathBlobs + "?key=1&versioned_hashes=" + a.hash.Hex(); uri != want || key != "Bearer x" {
		t.Errorf("asked %s with %q, want %s", uri, key, want)
	}
}

func BenchmarkBlobs(b *testing.B) {
	blobs := testBlobs()
	var hashes []common.Hash
	var texts, sidecars []any
	for _, blob := range blobs {
		hashes, texts, sidecars = append(hashes, blob.hash), append(texts, blob.text()), append(sidecars, blob.sidecar())
	}
	for name, m := range map[string]*modelBeacon{
		"blobs": newModelBeacon(data(texts...), refuse(404)), "sidecars": newModelBeacon(refuse(404), data(sidecars...)),
	} {
		b.Run(name, func(b *testing.B) {
			beacon := m.beacon(b, l1.BeaconConfig{Clock: clock})
			for b.Loop() {
				if _, err := beacon.Blobs(b.Context(), blobRef, hashes); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(hashes)), "ms/blob")
		})
	}
}
