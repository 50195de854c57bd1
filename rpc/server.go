package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/internal/httpserve"
)

const maxBody = 5 << 20 // bytes of one request

// Server is a JSON-RPC server on one address.
type Server struct {
	*httpserve.Server
	rpc *rpc.Server
}

// Listen opens the address and serves the APIs by namespace, and probes (may be nil) at /livez and /readyz. Host
// "127.0.0.1:0" picks a free port.
func Listen(address, version string, apis map[string]any, probes http.Handler) (*Server, error) {
	handler := rpc.NewServer()
	handler.SetHTTPBodyLimit(maxBody)
	for namespace, api := range apis {
		if err := handler.RegisterName(namespace, api); err != nil {
			return nil, fmt.Errorf("register %s_: %w", namespace, err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"version": version})
	})
	if probes != nil {
		mux.Handle("GET /livez", probes)
		mux.Handle("GET /readyz", probes)
	}
	mux.Handle("/", anyOrigin(handler))
	server, err := httpserve.Listen(address, mux)
	if err != nil {
		return nil, err
	}
	return &Server{server, handler}, nil
}

// anyOrigin lets pages of any origin call, as op-node does: there is nothing to steal and nothing to spend.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers until the context ends, then lets requests in flight finish for a moment.
func (s *Server) Serve(ctx context.Context) error {
	defer s.rpc.Stop()
	return s.Server.Serve(ctx)
}
