package devnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// httpServer is a plain HTTP server on an open port.
type httpServer struct {
	listener net.Listener
	server   *http.Server
}

func listenHTTP(address string, handler http.Handler) (*httpServer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve on %s: %w", address, err)
	}
	return &httpServer{listener, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}}, nil
}

func (s *httpServer) url() string { return "http://" + s.listener.Addr().String() }

// serve answers until the context ends.
func (s *httpServer) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.server.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		err := s.server.Close()
		<-failed
		return errors.Join(context.Cause(ctx), err)
	}
}
