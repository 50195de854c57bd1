package l1

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// Error codes of JSON-RPC, the Engine and execution API specifications, EIP-1474 and EIP-4444.
const (
	codeMethodNotFound = -32601
	codeTimeout        = -32002
	codeLimitExceeded  = -32005
	codeUnknownBlock   = -39001
	codePruned         = 4444
)

// maxErrorBody bounds what is kept of the text of an error answer, in bytes.
const maxErrorBody = 200

// busyError means that an endpoint asks for fewer requests.
type busyError struct {
	after time.Duration // how long it wants to be left alone; 0: it does not say
	err   error
}

func (e *busyError) Error() string {
	if e.after == 0 {
		return e.err.Error()
	}
	return fmt.Sprintf("%s (retry after %s)", e.err, e.after)
}

func (e *busyError) Unwrap() error { return e.err }

// named marks the error of one request with what it is a fault of. Only "not found" has no mark: whether that is a fault
// depends on the block asked for.
func named(err error) error {
	var status rpc.HTTPError
	var answer rpc.Error
	var busy *busyError
	var large *TooLargeError
	switch {
	case errors.As(err, &busy):
		return eth.WithFault(eth.L1RateLimited, busy)
	case errors.As(err, &large):
		return eth.WithFault(eth.L1Oversized, large)
	case errors.As(err, &status):
		status.Body = status.Body[:min(len(status.Body), maxErrorBody)]
		return eth.WithFault(statusFault(status.StatusCode), status)
	case errors.As(err, &answer):
		return namedAnswer(answer)
	case errors.Is(err, context.DeadlineExceeded):
		return eth.WithFault(eth.L1Slow, fmt.Errorf("no answer in time: %w", context.DeadlineExceeded))
	case unreadable(err):
		return eth.WithFault(eth.L1Error, fmt.Errorf("read answer: %w", err))
	}
	err = withoutURL(err)
	words := err.Error()
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return eth.WithFault(eth.L1Slow, err)
	}
	if strings.Contains(words, "websocket: read limit exceeded") {
		return eth.WithFault(eth.L1Oversized, err)
	}
	if said := handshake.FindStringSubmatch(words); said != nil { // the type is not exported
		if code, err2 := strconv.Atoi(said[1]); err2 == nil {
			return eth.WithFault(statusFault(code), err)
		}
	}
	return eth.WithFault(eth.L1Unreachable, err)
}

var handshake = regexp.MustCompile(`HTTP status (\d{3})\b`)

// unreadable says whether an answer came, but not one of JSON-RPC.
func unreadable(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind) || errors.Is(err, rpc.ErrNoResult) ||
		errors.Is(err, rpc.ErrMissingBatchResponse)
}

func statusFault(code int) eth.Fault {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return eth.L1Unauthorized
	case http.StatusTooManyRequests:
		return eth.L1RateLimited
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return eth.L1Slow
	}
	return eth.L1Error
}

// namedAnswer reads an error of JSON-RPC, where much is said in words only.
func namedAnswer(answer rpc.Error) error {
	code, words := answer.ErrorCode(), strings.ToLower(answer.Error())
	short := errors.New(clip([]byte(answer.Error())))
	switch {
	case saysBusy(code, words):
		return eth.WithFault(eth.L1RateLimited, &busyError{err: short})
	case code == http.StatusUnauthorized, code == http.StatusForbidden, strings.Contains(words, "unauthorized"), strings.Contains(words, "api key"):
		return eth.WithFault(eth.L1Unauthorized, short)
	case code == codeTimeout:
		return eth.WithFault(eth.L1Slow, short)
	case code == codeMethodNotFound, strings.Contains(words, "method"):
		return eth.WithFault(eth.L1Error, short)
	case code == codeUnknownBlock, code == codePruned, strings.Contains(words, "not found"), strings.Contains(words, "unknown block"),
		strings.Contains(words, "pruned"):
		return fmt.Errorf("%w: %w", eth.ErrNotFound, short)
	}
	return eth.WithFault(eth.L1Error, short)
}

// saysBusy says whether an error of JSON-RPC is about the number of requests. Other things are exceeded as well:
// deadlines, sizes, ranges.
func saysBusy(code int, words string) bool {
	switch {
	case code == codeLimitExceeded, code == http.StatusTooManyRequests,
		strings.Contains(words, "rate limit"), strings.Contains(words, "too many requests"):
		return true
	case !strings.Contains(words, "exceeded"):
		return false
	}
	for _, of := range []string{"quota", "capacity", "credit", "compute unit", "throughput", "request count", "requests", "usage"} {
		if strings.Contains(words, of) {
			return true
		}
	}
	return false
}

// verdict marks what is wrong with an answer that came. Errors of requests have their mark already.
func verdict(err error) error {
	var lie *VerificationError
	switch {
	case err == nil, eth.FaultOf(err) != "", errors.Is(err, eth.ErrNotFound):
		return err
	case errors.As(err, &lie):
		return eth.WithFault(eth.L1Lying, err)
	}
	return eth.WithFault(eth.L1Error, err)
}

// isNull says whether a result is null, which is "not found".
func isNull(answer json.RawMessage) bool { return bytes.Equal(answer, []byte("null")) }
