package l1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// ParseBeaconHeader reads a header as the command line has it, "Name: value". The error does not contain it: it is
// usually a key.
func ParseBeaconHeader(text string) (http.Header, error) {
	name, value, ok := strings.Cut(text, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || name == "" || strings.ContainsFunc(name, notInName) || strings.ContainsFunc(value, isControl) {
		return nil, errors.New("beacon header: write it as 'Name: value'")
	}
	header := make(http.Header)
	header.Add(name, value)
	return header, nil
}

// notInName is whether a header name cannot contain r (RFC 9110, section 5.6.2).
func notInName(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// get reads one answer of status 200; any other is a *StatusError. The error is marked, unless ctx was cancelled. kind is
// what the request is counted as.
func (b *Beacon) get(ctx context.Context, path, kind string, query url.Values) ([]byte, error) {
	b.mu.Lock()
	b.requests[kind]++
	b.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	answer, err := b.exchange(limited, path, query)
	if err == nil {
		return answer, nil
	}
	var status *StatusError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, err
	case errors.As(err, &status) && saysGone(status):
		return nil, err // not a failure: it can be the plain truth
	}
	b.countFailure()
	return nil, err
}

// exchange does one request.
func (b *Beacon) exchange(ctx context.Context, path string, query url.Values) ([]byte, error) {
	target := b.base.JoinPath(path)
	if len(query) > 0 {
		all := target.Query()
		for key, values := range query {
			all[key] = values
		}
		target.RawQuery = all.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, eth.WithFault(eth.BeaconError, fmt.Errorf("ask beacon %s: %w", path, withoutURL(err)))
	}
	for key, values := range b.cfg.Header {
		req.Header[key] = values
	}
	req.Header.Set("Accept", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, asTrouble(ctx, eth.BeaconUnreachable, fmt.Errorf("ask beacon %s: %w", path, withoutURL(err)))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, b.refusal(path, resp)
	}
	answer, err := io.ReadAll(bounded(resp.Body, b.cfg.MaxAnswer))
	if err != nil {
		return nil, asTrouble(ctx, eth.BeaconError, fmt.Errorf("read answer of beacon %s: %w", path, err))
	}
	return answer, nil
}

// refusal is an answer other than 200. That it cannot be read to its end does not matter.
func (b *Beacon) refusal(path string, resp *http.Response) error {
	start, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	err := error(&StatusError{Path: path, Status: resp.StatusCode, Message: clip([]byte(b.conceal.Replace(string(start))))})
	if wait := retryAfter(resp.Header.Get("Retry-After"), time.Now()); wait > 0 {
		err = &busyError{after: wait, err: err}
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return eth.WithFault(eth.BeaconRateLimited, err)
	case http.StatusUnauthorized, http.StatusForbidden:
		return eth.WithFault(eth.BeaconUnauthorized, err)
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return eth.WithFault(eth.BeaconSlow, err)
	}
	return eth.WithFault(eth.BeaconError, err)
}

// asTrouble marks an error of the network: slow, too large, or else as said. A cancelled request is nobody's fault. What
// the context says counts, because the error may have the cause given for its end instead.
func asTrouble(ctx context.Context, otherwise eth.Fault, err error) error {
	var network net.Error
	var size *TooLargeError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return err
	case errors.As(err, &size):
		return eth.WithFault(eth.BeaconOversized, err)
	case ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return eth.WithFault(eth.BeaconSlow, err)
	case errors.As(err, new(*net.OpError)):
		return eth.WithFault(eth.BeaconUnreachable, err)
	}
	return eth.WithFault(otherwise, err)
}

func (b *Beacon) countFailure() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
}

// counts gives the requests by route and the failures among them.
func (b *Beacon) counts() (requests map[string]uint64, failures uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.requests), b.failures
}
