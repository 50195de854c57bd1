package obs

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler serves
//
//	GET /metrics  what the registry gathers
//	GET /livez    200 while the node runs, 503 with the reason after its failure
//	GET /readyz   200 if [Ready], 503 if not; the body is {"ready":false,"reasons":["not started yet"]}
//
// now is the clock, time.Now outside of tests.
func Handler(source Source, registry prometheus.Gatherer, now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		if s := source(); s.Failure != "" {
			http.Error(w, "derivation failed: "+told(s.FailureFault, s.Failure), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		var answer struct {
			Ready   bool     `json:"ready"`
			Reasons []string `json:"reasons"`
		}
		answer.Ready, answer.Reasons = Ready(source(), now())
		w.Header().Set("Content-Type", "application/json")
		if !answer.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(answer) // the asker has gone
	})
	return mux
}
