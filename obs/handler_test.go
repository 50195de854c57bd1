package obs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

func ask(t *testing.T, s Snapshot, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler := Handler(fixed(s), registryOf(t, fixed(s)), func() time.Time { return atHead })
	handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestHandler(t *testing.T) {
	failed := full()
	failed.Failure = "no such fork at http://l1/key"
	const text, json = "text/plain; charset=utf-8", "application/json"
	for name, c := range map[string]struct {
		status    Snapshot
		path      string
		code      int
		kind, say string
	}{
		"a node that runs lives":      {full(), "/livez", 200, text, "ok\n"},
		"a new node lives":            {Snapshot{}, "/livez", 200, text, "ok\n"},
		"a failed node does not live": {failed, "/livez", 503, text, "derivation failed: no such fork at http://l1\n"},
		"a node that runs is ready":   {full(), "/readyz", 200, json, `{"ready":true,"reasons":[]}` + "\n"},
		"a new node is not ready":     {Snapshot{}, "/readyz", 503, json, `{"ready":false,"reasons":["not started yet","no L1 head known"]}` + "\n"},
		"a failed node is not ready":  {failed, "/readyz", 503, json, `{"ready":false,"reasons":["derivation failed: no such fork at http://l1"]}` + "\n"},
		"nothing else is here":        {full(), "/", 404, text, "404 page not found\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(t, c.status, http.MethodGet, c.path)
			if w.Code != c.code || w.Header().Get("Content-Type") != c.kind || w.Body.String() != c.say {
				t.Errorf("got %d %s %q; want %d %s %q", w.Code, w.Header().Get("Content-Type"), w.Body, c.code, c.kind, c.say)
			}
		})
	}
	for _, path := range []string{"/metrics", "/livez", "/readyz"} {
		if w := ask(t, full(), http.MethodPost, path); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
}

func TestScrape(t *testing.T) {
	for file, s := range map[string]Snapshot{"full.txt": full(), "zero.txt": {}} {
		w := ask(t, s, http.MethodGet, "/metrics")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
			t.Errorf("%s: %d %s", file, w.Code, w.Header().Get("Content-Type"))
		}
		golden.File(t, "testdata/"+file, w.Body.String())
	}
}

// The next answer is of the next status: nothing is remembered.
func TestEachRequestReadsTheNewestStatus(t *testing.T) {
	now := Snapshot{}
	source := func() Snapshot { return now }
	handler := Handler(source, registryOf(t, source), func() time.Time { return atHead })
	for _, c := range []struct {
		status Snapshot
		code   int
		line   string
	}{
		{Snapshot{}, 503, "op_node_default_up 0\n"}, {full(), 200, "op_node_default_up 1\n"}, {Snapshot{}, 503, "op_node_default_up 0\n"},
	} {
		now = c.status
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != c.code {
			t.Errorf("readyz: got %d, want %d", w.Code, c.code)
		}
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if !strings.Contains(w.Body.String(), "\n"+c.line) {
			t.Errorf("no line %q in\n%s", c.line, w.Body)
		}
	}
}
