package l1_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// Providers repeat the key in their refusals: the path, a part of it, or a header, in the body or in an error of JSON-RPC.
func TestAnEndpointsWordsAreRepeatedWithoutSecrets(t *testing.T) {
	secrets := []string{"path5ec4e7", "query5ec4e7", "header5ec4e7", "hunter2password"}
	words := func(r *http.Request) string {
		return strings.Repeat("x", 80) + " no such key: " + r.URL.RequestURI() + " path5ec4e7, query5ec4e7 header5ec4e7 hunter2password"
	}
	refused := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Error(w, words(r), code) }
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   eth.Fault
	}{
		"401": {refused(401), eth.L1Unauthorized},
		"429": {refused(429), eth.L1RateLimited},
		"500": {refused(500), eth.L1Error},
		"an error of JSON-RPC": {func(w http.ResponseWriter, r *http.Request) {
			var in struct {
				ID json.RawMessage `json:"id"`
			}
			_ = json.NewDecoder(r.Body).Decode(&in)
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":%q}}`, in.ID, words(r))
		}, eth.L1Error},
	} {
		web := httptest.NewServer(c.answer)
		t.Cleanup(web.Close)
		url := strings.Replace(web.URL, "http://", "http://user:hunter2password@", 1) + "/v3/path5ec4e7?key=query5ec4e7"
		e, err := l1.Dial(url, l1.DialConfig{Header: http.Header{"X-Key": {"Bearer header5ec4e7"}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		s := l1.NewSource([]*l1.Endpoint{e}, l1.SourceConfig{Rollup: testConfig()})
		_, err = s.RefByNumber(t.Context(), 1)
		if eth.FaultOf(err) != c.want || !strings.Contains(err.Error(), "no such key: …") {
			t.Errorf("%s: %v, marked %s, want %s and what the endpoint said", name, err, eth.FaultOf(err), c.want)
		}
		for _, secret := range secrets {
			// half a secret, where the text was cut, is one too
			if cause := s.Endpoints()[0].Cause; strings.Contains(err.Error(), secret[:6]) || strings.Contains(cause, secret[:6]) {
				t.Errorf("%s: %s is in %v, or in %s", name, secret, err, cause)
			}
		}
	}
}

// A beacon node that somebody sets right is asked for its time again: else a wrong one would last until the next start.
func TestAnotherChainsClockIsForgotten(t *testing.T) {
	a := testBlobs()[0]
	for name, c := range map[string]struct {
		genesis uint64
		want    eth.Fault
	}{
		"a chain that began later":   {blobRef.Time + 1, eth.BeaconWrongChain},
		"a chain that began earlier": {genesisTime - 5*slotSeconds, eth.BlobsMissing},
	} {
		x, wrong := &shop{has: []*testBlob{a}}, true
		sources := l1.NewBlobSources([]*l1.Beacon{served(t, keyed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case wrong && r.URL.Path == pathGenesis:
				fmt.Fprintf(w, `{"data":{"genesis_time":"%d"}}`, c.genesis)
			case wrong && strings.Contains(r.URL.Path, "/blob"):
				http.Error(w, "no such block", http.StatusNotFound)
			default:
				x.ServeHTTP(w, r)
			}
		})), l1.BeaconConfig{})}, l1.BlobSourcesConfig{})
		if _, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash}); eth.FaultOf(err) != c.want {
			t.Errorf("%s: %v, marked %s, want %s", name, err, eth.FaultOf(err), c.want)
		}
		wrong = false
		got, err := sources.Blobs(t.Context(), blobRef, []common.Hash{a.hash})
		if err != nil {
			t.Errorf("%s, set right: %v", name, err)
			continue
		}
		checkBlobs(t, got, a)
	}
}
