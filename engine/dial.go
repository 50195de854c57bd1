package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// DefaultMaxAnswer bounds one answer of an engine, in bytes: a payload of a full block as JSON is far below.
const DefaultMaxAnswer = 256 << 20

// Caller is a JSON-RPC connection: Conn, or geth's rpc.Client for an engine in the same process.
type Caller interface {
	CallContext(ctx context.Context, result any, method string, args ...any) error
}

// DialConfig says where an engine is.
type DialConfig struct {
	URL       string    // http, https, ws, wss, or the path of an IPC socket
	Secret    *[32]byte // for the JWT; nil, and with IPC: none
	MaxAnswer int64     // bytes read of one answer; 0: DefaultMaxAnswer. IPC is not bounded: it is this machine's own
}

// Conn is a connection to an engine. It connects with the first call, and again with the next call after the connection
// was lost, so that engine and node may be started in any order. A call that is sent over WebSocket or IPC in the moment
// of the loss may have to wait for its own timeout: geth's client does not always tell it. Methods may be called from any
// goroutine.
type Conn struct {
	url     string
	options []rpc.ClientOption

	lock   chan struct{} // full: somebody has it. Unlike a mutex, waiting for it ends with a context
	client *rpc.Client   // nil: not connected yet; set once, as rpc.Client connects again by itself
	closed bool
}

// errClosed is a call after Close.
var errClosed = errors.New("the connection to the engine was closed")

// Dial prepares a connection; an error means that the URL is unusable, not that the engine is away. With a
// secret, each HTTP request and each WebSocket handshake carries a fresh JWT.
func Dial(cfg DialConfig) (*Conn, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("engine URL: %w", withoutURL(err))
	case u.Scheme == "" && u.Path == "":
		return nil, errors.New("engine URL is empty")
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss", "":
	default:
		return nil, fmt.Errorf("engine URL %s: want http, https, ws, wss or the path of an IPC socket", u.Redacted())
	}
	if cfg.MaxAnswer == 0 {
		cfg.MaxAnswer = DefaultMaxAnswer
	}
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("dial engine: the process's default HTTP transport was replaced")
	}
	options := []rpc.ClientOption{
		rpc.WithHTTPClient(&http.Client{Transport: &boundedTransport{base.Clone(), cfg.MaxAnswer}}),
		rpc.WithWebsocketMessageSizeLimit(cfg.MaxAnswer),
	}
	if cfg.Secret != nil {
		options = append(options, rpc.WithHTTPAuth(func(h http.Header) error {
			h.Set("Authorization", "Bearer "+token(*cfg.Secret, time.Now()))
			return nil
		}))
	}
	return &Conn{url: cfg.URL, options: options, lock: make(chan struct{}, 1)}, nil
}

// CallContext does one call. Connecting, where it is needed, takes its time from ctx too.
func (c *Conn) CallContext(ctx context.Context, result any, method string, args ...any) error {
	client, err := c.connected(ctx)
	if err != nil {
		return err
	}
	return client.CallContext(ctx, result, method, args...)
}

func (c *Conn) connected(ctx context.Context) (*rpc.Client, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.closed {
		return nil, errClosed
	}
	if c.client != nil {
		return c.client, nil
	}
	client, err := rpc.DialOptions(ctx, c.url, c.options...)
	if err != nil {
		return nil, err
	}
	c.client = client
	return client, nil
}

// Close ends the connection and the calls on it.
func (c *Conn) Close() {
	c.lock <- struct{}{}
	defer func() { <-c.lock }()
	c.closed = true
	if c.client != nil {
		c.client.Close()
	}
}

// boundedTransport makes a response body end in an http.MaxBytesError after max bytes, counted after decompression.
type boundedTransport struct {
	base *http.Transport
	max  int64
}

func (t *boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, t.max)
	return resp, nil
}

// withoutURL drops the URL that package net/url puts into its errors: it may hold a password.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
