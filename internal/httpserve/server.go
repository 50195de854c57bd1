// Package httpserve runs an HTTP server on one address, from the opening of the port to the end of the last request.
package httpserve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second       // for the head of a request
	grace         = 500 * time.Millisecond // for requests in flight at the end
)

// Server is a handler on an open port.
type Server struct {
	listener net.Listener
	http     *http.Server
}

// Listen opens the address, host:port; port 0 picks a free one.
func Listen(address string, handler http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve on %s: %w", address, err)
	}
	return &Server{listener, &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}}, nil
}

// URL is where the server answers; on this machine, if it does so on every address.
func (s *Server) URL() string {
	if at, ok := s.listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", at.Port)
	}
	return "http://" + s.listener.Addr().String()
}

// Serve answers until the context ends, whose cause it returns, then lets requests in flight finish for a moment.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", s.listener.Addr(), err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := s.http.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	<-failed
	return errors.Join(context.Cause(ctx), err)
}

// Close gives the address back without having served.
func (s *Server) Close() error { return s.listener.Close() }
