package doctor

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/engine"
)

// Bounds of one answer, in bytes. The largest here are full L1 blocks and their receipts.
const (
	maxAnswer  = 32 << 20
	maxRefusal = 4 << 10
)

// names gives endpoints by host and port, numbered where these are the same.
func names(urls []string) []string {
	out := make([]string, 0, len(urls))
	for _, text := range urls {
		name := hostOf(text)
		for n := 2; slices.Contains(out, name); n++ {
			name = fmt.Sprintf("%s #%d", hostOf(text), n)
		}
		out = append(out, name)
	}
	return out
}

// hostOf is what may be shown of a URL.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" {
		return u.Host
	}
	if err == nil && u.Scheme == "" && text != "" {
		return path.Base(text) // an IPC path
	}
	return "invalid URL"
}

// secrets lists what must not be shown: the parts of URLs that can carry a key, header values, the JWT secret.
func secrets(cfg Config) (all []string) {
	const shortest = 6 // nobody's key is shorter, and v1 or eth in a text is no secret
	add := func(texts ...string) {
		for _, text := range texts {
			if len(text) >= shortest {
				all = append(all, text)
			}
		}
	}
	for _, text := range slices.Concat(cfg.L1, cfg.Beacons, []string{cfg.Engine}) {
		u, err := url.Parse(text)
		if err != nil {
			add(text)
			continue
		}
		if u.Host == "" {
			continue
		}
		add(strings.Split(u.Path, "/")...)
		add(strings.Split(u.EscapedPath(), "/")...)
		add(u.RawQuery)
		for _, values := range u.Query() {
			add(values...)
		}
		if password, ok := u.User.Password(); ok {
			add(password)
		}
		add(u.User.Username())
	}
	for _, values := range cfg.BeaconHeader {
		for _, value := range values {
			add(value)
			add(strings.Fields(value)...) // without "Bearer"
		}
	}
	if secret, err := engine.ReadJWTSecret(cfg.JWTSecret); err == nil {
		add(hex.EncodeToString(secret[:]))
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // parts of a secret after it
	return all
}

// tooLargeError means that an answer is longer than what is read.
type tooLargeError struct{}

func (tooLargeError) Error() string { return fmt.Sprintf("the answer exceeds %d MiB", maxAnswer>>20) }

// transport bounds answers and notes what the endpoint thinks the time is.
type transport struct {
	base  http.RoundTripper
	name  string
	dates *dates
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	began := t.dates.now()
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.dates.note(t.name, at, began)
	}
	most := int64(maxAnswer)
	if resp.StatusCode != http.StatusOK {
		most = maxRefusal
	}
	resp.Body = &boundedBody{resp.Body, most + 1}
	return resp, nil
}

// boundedBody ends in a tooLargeError.
type boundedBody struct {
	io.ReadCloser
	left int64 // one byte more than allowed: reading it is the proof
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.left == 0 {
		return 0, tooLargeError{}
	}
	return n, err
}

// client is an HTTP client for one endpoint.
func (e *examination) client(name string) *http.Client {
	base := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: new(net.Dialer).DialContext,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{Transport: &transport{base: base, name: name, dates: &e.dates}}
}

// dial connects to a JSON-RPC. HTTP connects with the first call.
func (e *examination) dial(ctx context.Context, name, target string, auth rpc.HTTPAuth) (*rpc.Client, error) {
	options := []rpc.ClientOption{rpc.WithHTTPClient(e.client(name)), rpc.WithWebsocketMessageSizeLimit(maxAnswer)}
	if auth != nil {
		options = append(options, rpc.WithHTTPAuth(auth))
	}
	return rpc.DialOptions(ctx, target, options...)
}

// dates collects what endpoints say the time is, as distance from this machine's clock.
type dates struct {
	now func() time.Time

	mu    sync.Mutex
	ahead map[string]time.Duration // by endpoint: its clock minus ours, from its fastest answer
	took  map[string]time.Duration
}

// note takes a Date header, which is cut to the second, of an answer that was asked for at began.
func (d *dates) note(name string, date, began time.Time) {
	took := d.now().Sub(began)
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, ok := d.took[name]; ok && before <= took {
		return
	}
	d.took[name] = took
	d.ahead[name] = date.Add(time.Second / 2).Sub(began.Add(took / 2))
}

// refusal is the HTTP status of an answer that is none; 0 if there was no such answer.
func refusal(err error) int {
	var h rpc.HTTPError
	if errors.As(err, &h) {
		return h.StatusCode
	}
	var b *statusError
	if errors.As(err, &b) {
		return b.status
	}
	if err != nil && strings.Contains(err.Error(), "bad handshake") { // go-ethereum's WebSocket error has no type
		for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests} {
			if strings.Contains(err.Error(), fmt.Sprint(status)) {
				return status
			}
		}
	}
	return 0
}

// methodMissing says whether an endpoint does not know a method.
func methodMissing(err error) bool {
	const code = -32601
	var answer rpc.Error
	return errors.As(err, &answer) && answer.ErrorCode() == code
}

// answered says whether an error is an answer in JSON-RPC.
func answered(err error) bool {
	var answer rpc.Error
	return errors.As(err, &answer)
}

// failure is the finding for a request that was not answered, with what the flag has to do with it.
func failure(err error, flag string) result {
	var dns *net.DNSError
	var tooLarge tooLargeError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	switch status := refusal(err); {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fail(fmt.Sprintf("check the key in %s", flag), "it refuses: HTTP status %d", status)
	case status == http.StatusTooManyRequests:
		return fail(fmt.Sprintf("use an endpoint, or a plan, that allows more requests (%s)", flag), "it limits the rate: HTTP status 429")
	case status == http.StatusNotFound:
		return fail(fmt.Sprintf("check port and path of %s", flag), "nothing there: HTTP status 404")
	case status != 0:
		return fail(fmt.Sprintf("see the log of that server, or use another one (%s)", flag), "HTTP status %d", status)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fail(fmt.Sprintf("is it overloaded, or is a firewall in between? If not, correct %s", flag), "no answer in time")
	case errors.As(err, &dns):
		return fail(fmt.Sprintf("correct the host name in %s", flag), "no such host")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(fmt.Sprintf("start it, or correct %s", flag), "nothing listens there")
	case errors.Is(err, os.ErrNotExist):
		return fail(fmt.Sprintf("start it, or correct %s", flag), "there is no such socket")
	case errors.As(err, &tooLarge):
		return fail(fmt.Sprintf("use another endpoint (%s)", flag), "%s", err)
	case errors.As(err, &authority), errors.As(err, &hostname):
		return fail(fmt.Sprintf("correct %s, or let this machine trust its certificate", flag), "its TLS certificate is not valid for it")
	}
	return fail(fmt.Sprintf("check that %s is right", flag), "no usable answer: %s", withoutURL(err))
}

// withoutURL drops the URL that net/http puts into its errors.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
