package l1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// DefaultMaxAnswer bounds one answer of the execution RPC, in bytes. The largest real ones are receipts: a block of 100
// million gas full of empty logs is about 120 MB of JSON, and no such block has been seen.
const DefaultMaxAnswer = 128 << 20

// DefaultTimeout is how long one request to an execution RPC may take.
const DefaultTimeout = 10 * time.Second

// idleConnections are kept for the next requests: more than a Prefetcher has under way.
const idleConnections = 16

// maxRetryAfter is the longest that an endpoint is left alone because it says so.
const maxRetryAfter = 5 * time.Minute

// DialConfig configures an Endpoint. A zero field means what is said of it.
type DialConfig struct {
	MaxAnswer      int64         // bytes of one answer; 0: DefaultMaxAnswer
	RateLimit      float64       // requests per second at most, each of a batch counted; 0: as many as the endpoint takes
	MaxConcurrency int           // requests under way at most; 0: any number
	Timeout        time.Duration // of one request, from sending on; 0: DefaultTimeout
	Header         http.Header   // sent with every request, for example for authorisation
}

func (c DialConfig) withDefaults() DialConfig {
	if c.MaxAnswer == 0 {
		c.MaxAnswer = DefaultMaxAnswer
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}

// Dial makes an Endpoint of an http, https, ws or wss URL or an IPC path. It connects when first asked, and again
// whenever the connection is lost: that an endpoint is down is no reason for a node not to start. The error is one of
// the URL. What is read of one answer is bounded to MaxAnswer bytes; over IPC only what is handed on.
func Dial(endpoint string, cfg DialConfig) (*Endpoint, error) {
	cfg = cfg.withDefaults()
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, errors.New("dial L1: the URL cannot be read") // the reason may quote a secret
	}
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("dial L1: the process's default HTTP transport was replaced")
	}
	name, streams := u.Host, true
	switch u.Scheme {
	case "http", "https":
		streams = false
	case "ws", "wss":
	case "":
		name = filepath.Base(endpoint)
	default:
		return nil, fmt.Errorf("dial L1: no such scheme as %q: write http, https, ws, wss, or the path of an IPC socket", u.Scheme)
	}
	if name == "" || name == "." {
		return nil, errors.New("dial L1: the URL has no host")
	}
	base = base.Clone()
	base.MaxIdleConnsPerHost = idleConnections
	e := newEndpoint(name, cfg)
	e.conceal = concealer(u, cfg.Header)
	transport := &transport{base: base, max: cfg.MaxAnswer, conceal: e.conceal}
	connect := func(ctx context.Context) (*rpc.Client, error) {
		return rpc.DialOptions(ctx, endpoint,
			rpc.WithHTTPClient(&http.Client{Transport: transport}),
			rpc.WithWebsocketMessageSizeLimit(cfg.MaxAnswer),
			rpc.WithHeaders(cfg.Header.Clone()))
	}
	e.connect, e.streams, e.idle = connect, streams, transport.base.CloseIdleConnections
	return e, nil
}

// NewEndpoint makes an Endpoint of a client that is connected already, usually within the process. The client stays the
// caller's to close. Header does not apply.
func NewEndpoint(name string, client *rpc.Client, cfg DialConfig) *Endpoint {
	e := newEndpoint(name, cfg.withDefaults())
	e.client, e.streams = client, client.SupportsSubscriptions()
	return e
}

// transport makes every response body end in a TooLargeError after max bytes, counted after decompression, and turns
// answers that ask for fewer requests into a *busyError.
type transport struct {
	base    *http.Transport
	max     int64
	conceal *strings.Replacer
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	after := resp.Header.Get("Retry-After")
	if resp.StatusCode == http.StatusTooManyRequests || (resp.StatusCode == http.StatusServiceUnavailable && after != "") {
		defer resp.Body.Close()
		start, err := io.ReadAll(io.LimitReader(resp.Body, 4*maxErrorBody)) // more, so that no key is cut in two
		if err != nil {
			start = nil // the status says enough
		}
		start = []byte(t.conceal.Replace(string(start)))
		return nil, &busyError{
			after: retryAfter(after, time.Now()),
			err:   rpc.HTTPError{StatusCode: resp.StatusCode, Status: resp.Status, Body: start[:min(len(start), maxErrorBody)]},
		}
	}
	resp.Body = bounded(resp.Body, t.max)
	return resp, nil
}

// retryAfter reads the header of that name: seconds or a date (RFC 9110, section 10.2.3). What cannot be read is 0.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}

type boundedBody struct {
	io.ReadCloser
	max, left int64 // left counts one byte more than allowed: reading it is the proof
}

func bounded(body io.ReadCloser, limit int64) *boundedBody {
	return &boundedBody{ReadCloser: body, max: limit, left: limit + 1}
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left == 0 {
		return 0, &TooLargeError{Limit: b.max}
	}
	return n, err
}

// withoutURL drops the URL that net/http puts into its errors: providers put the API key there.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// clip shortens what a stranger wrote, for use in an error.
func clip(text []byte) string {
	const most = 200
	return fmt.Sprintf("%.*q", most, text)
}
