package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

const (
	headerTimeout = 10 * time.Second
	maxBody       = 5 << 20 // bytes of one request
)

// Server is a JSON-RPC server on one address.
type Server struct {
	listener net.Listener
	http     *http.Server
	rpc      *rpc.Server
}

// Listen opens the address and serves the APIs by namespace. Host "127.0.0.1:0" picks a free port.
func Listen(address, version string, apis map[string]any) (*Server, error) {
	handler := rpc.NewServer()
	handler.SetHTTPBodyLimit(maxBody)
	for namespace, api := range apis {
		if err := handler.RegisterName(namespace, api); err != nil {
			return nil, fmt.Errorf("register %s_: %w", namespace, err)
		}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve JSON-RPC on %s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"version": version})
	})
	mux.Handle("/", anyOrigin(handler))
	s := &Server{listener: listener, rpc: handler, http: &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}}
	return s, nil
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

// URL is where the server answers.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Serve answers until the context ends, then lets requests in flight finish for a moment.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve JSON-RPC: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
	defer cancel()
	err := s.http.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.rpc.Stop()
	<-failed
	return errors.Join(context.Cause(ctx), err)
}

// Close gives the address back without having served.
func (s *Server) Close() error { return s.listener.Close() }
