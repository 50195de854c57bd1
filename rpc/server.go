package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/internal/httpserve"
)

// Limits of one HTTP request. op-node and geth read as much; geth batches as many.
const (
	maxBody        = 5 << 20  // bytes
	maxBatch       = 1000     // calls
	maxBatchAnswer = 25 << 20 // bytes of all answers
)

// Server is a JSON-RPC server on one address.
type Server struct {
	*httpserve.Server
	rpc *rpc.Server
}

// Listen opens the address and serves the APIs by namespace, health_status and /healthz with the version, and probes (may be
// nil) at /livez and /readyz. Address "127.0.0.1:0" picks a free port.
func Listen(address, version string, apis map[string]any, probes http.Handler) (*Server, error) {
	handler := rpc.NewServer()
	handler.SetHTTPBodyLimit(maxBody)
	handler.SetBatchLimits(maxBatch, maxBatchAnswer)
	for namespace, api := range apis {
		if err := handler.RegisterName(namespace, api); err != nil {
			return nil, fmt.Errorf("register %s_: %w", namespace, err)
		}
	}
	if err := handler.RegisterName("health", healthAPI{version}); err != nil {
		return nil, fmt.Errorf("register health_: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/healthz", healthz(version))
	mux.Handle("/healthz/{$}", healthz(version))
	if probes != nil {
		mux.Handle("GET /livez", probes)
		mux.Handle("GET /readyz", probes)
	}
	mux.Handle("/{$}", anyOrigin(handler))
	server, err := httpserve.Listen(address, mux)
	if err != nil {
		return nil, err
	}
	return &Server{server, handler}, nil
}

// healthAPI answers with the version, which is all that op-node's says.
type healthAPI struct{ version string }

// Status is health_status.
func (h healthAPI) Status() string { return h.version }

// healthz is the same for GET.
func healthz(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"version": version}) // the asker has gone
	}
}

// anyOrigin lets pages of any origin call, as op-node does. Where admin_* is served, only those who may use it should reach
// the address.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allow := w.Header()
		allow.Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		allow.Set("Access-Control-Allow-Methods", "POST, GET")
		allow.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		allow.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}

// Serve answers until the context ends, then lets requests in flight finish for a moment.
func (s *Server) Serve(ctx context.Context) error {
	defer s.rpc.Stop()
	return s.Server.Serve(ctx)
}
