package l1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ethereum/go-ethereum/rpc"
)

// DefaultMaxAnswer bounds one answer of the execution RPC, in bytes. The largest real ones are receipts: a block of 100
// million gas full of empty logs is about 120 MB of JSON, and no such block has been seen.
const DefaultMaxAnswer = 128 << 20

// Dial connects to an execution RPC at an http, https, ws, wss URL or an IPC path, and bounds what is read of one
// answer to maxAnswer bytes (0: DefaultMaxAnswer). IPC is not bounded: it is this machine's own.
func Dial(ctx context.Context, endpoint string, maxAnswer int64) (*rpc.Client, error) {
	if maxAnswer == 0 {
		maxAnswer = DefaultMaxAnswer
	}
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("dial L1: the process's default HTTP transport was replaced")
	}
	client, err := rpc.DialOptions(ctx, endpoint,
		rpc.WithHTTPClient(&http.Client{Transport: &boundedTransport{base: base.Clone(), max: maxAnswer}}),
		rpc.WithWebsocketMessageSizeLimit(maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("dial L1: %w", withoutURL(err))
	}
	return client, nil
}

// boundedTransport makes every response body end in a TooLargeError after max bytes, counted after decompression.
type boundedTransport struct {
	base *http.Transport
	max  int64
}

func (t *boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = bounded(resp.Body, t.max)
	return resp, nil
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
