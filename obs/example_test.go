package obs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/obs"
)

// A node that has just been made, asked whether it is ready.
func Example() {
	source := func() obs.Snapshot {
		return obs.Snapshot{Waits: []obs.Wait{{Lane: "start", Cause: "dial tcp 127.0.0.1:8551: connection refused", Failures: 2}}}
	}
	registry := prometheus.NewRegistry() // collectors.NewGoCollector and NewProcessCollector fit in too
	registry.MustRegister(obs.NewCollector("v0.1.0", source))
	handler := obs.Handler(source, registry, time.Now)

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 503 {"ready":false,"reasons":["not started yet","lane start waits since 2 failures: dial tcp 127.0.0.1:8551: connection refused","no L1 head known"]}
}
