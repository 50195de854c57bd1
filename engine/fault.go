package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// Error codes: of the Engine API; of execution-apis for a block that is not there, and for one that is there no more
// (EIP-4444); of EIP-1474 for what is not there; and of JSON-RPC.
const (
	codeUnknownPayload    = -38001
	codeInvalidForkchoice = -38002
	codeInvalidAttributes = -38003
	codeUnsupportedFork   = -38005
	codeUnknownBlock      = -39001
	codePruned            = 4444
	codeNotFound          = -32001
	codeTimeout           = -32002
	codeMethodNotFound    = -32601
)

// fault makes a marked error.
func fault(f eth.Fault, format string, args ...any) error {
	return eth.WithFault(f, fmt.Errorf(format, args...))
}

// meaning gives an error of a call the meaning that package eth defines, and its fault.
func meaning(method string, err error) error {
	var coded rpc.Error
	if errors.As(err, &coded) {
		return codedMeaning(method, coded)
	}
	var status rpc.HTTPError
	if errors.As(err, &status) {
		return statusMeaning(method, status)
	}
	var tooLarge *http.MaxBytesError
	switch words := err.Error(); {
	case errors.As(err, &tooLarge):
		return fault(eth.EngineError, "%s: the answer exceeds %d bytes", method, tooLarge.Limit)
	case strings.Contains(words, "(HTTP status 401"), strings.Contains(words, "(HTTP status 403"): // geth hides the type
		return unauthorized(method, words)
	case connectionLost(err):
		return fault(eth.EngineUnreachable, "%s: %w", method, withoutURL(err))
	default:
		return fault(eth.EngineError, "%s: %w", method, err)
	}
}

// codedMeaning is the meaning of an error that the engine has sent (RULES 7.3, 7.6).
func codedMeaning(method string, err rpc.Error) error {
	code, words := err.ErrorCode(), reason(err)
	reads := strings.HasPrefix(method, "eth_getBlock")
	switch {
	case code == codeUnknownPayload:
		return fault(eth.EngineError, "%s: %w", method, eth.ErrUnknownPayload)
	case code == codeInvalidForkchoice:
		return fault(eth.EngineRejectsLabels, "%s: %s: %w", method, words, eth.ErrForkchoice)
	case code == codeInvalidAttributes && !lacksState(words):
		return eth.WithFault(eth.EngineRejectsBlock, eth.Rejected("%s", words))
	case code == codeUnsupportedFork:
		return fault(eth.EngineOutdated, "%s: the engine does not take this method for this fork: it is outdated, or its "+
			"chain configuration lacks the fork: %s (code %d)", method, words, code)
	case code == codeMethodNotFound:
		return fault(eth.EngineOutdated, "%s: the engine does not serve this method: %s (code %d)", method, words, code)
	case code == codeTimeout:
		return fault(eth.EngineSlow, "%s: %s (code %d)", method, words, code)
	case reads && (code == codePruned || saysPruned(words)):
		return fault(eth.EnginePruned, "%s: %s (code %d): %w", method, words, code, eth.ErrNotFound)
	case reads && (code == codeUnknownBlock || code == codeNotFound || strings.Contains(words, "block not found")):
		// op-geth has no code for a label that is not set, only words: "safe block not found".
		return fmt.Errorf("%s: %s: %w", method, words, eth.ErrNotFound)
	case lacksState(words):
		return fault(eth.EnginePruned, "%s: the engine lacks state that it needs: %s (code %d)", method, words, code)
	default:
		return fault(eth.EngineError, "%s: %s (code %d)", method, words, code)
	}
}

// statusMeaning is the meaning of an HTTP status. A proxy before the engine speaks for it with 502, 503 and 504.
func statusMeaning(method string, status rpc.HTTPError) error {
	words := status.Status
	if body := strings.TrimSpace(clip(string(status.Body))); body != "" {
		words += ": " + body
	}
	switch status.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return unauthorized(method, words)
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return fault(eth.EngineSlow, "%s: %s", method, words)
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return fault(eth.EngineUnreachable, "%s: %s", method, words)
	default:
		return fault(eth.EngineError, "%s: %s", method, words)
	}
}

// unauthorized says what the causes of a refused JWT are (execution-apis, engine/authentication.md: 60 seconds).
func unauthorized(method, words string) error {
	return fault(eth.EngineUnauthorized, "%s: the engine refuses this node (%s): give both the same JWT secret file, and see "+
		"that their clocks are less than 60 seconds apart and that the engine admits this host name", method, clip(words))
}

// connectionLost tells a connection that cannot be made, or ended before the answer, from an answer that cannot be read.
func connectionLost(err error) bool {
	var network net.Error // net/http's own errors are among them
	switch {
	case errors.As(err, &network):
		return true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	case errors.Is(err, rpc.ErrClientQuit), errors.Is(err, errClosed):
		return true
	default: // the types of the WebSocket library are not geth's interface
		words := err.Error()
		return strings.Contains(words, "websocket: close") || strings.Contains(words, "websocket: bad handshake")
	}
}

// saysPruned knows the words of engines for a block whose body is not kept: geth and reth have EIP-4444's, older ones
// and erigon their own.
func saysPruned(words string) bool {
	words = strings.ToLower(words)
	for _, sign := range []string{"pruned", "pruning", "body is missing", "body not found", "missing block body", "history expir"} {
		if strings.Contains(words, sign) {
			return true
		}
	}
	return lacksState(words)
}

// lacksState says that an engine could not execute because of its own database. No block is invalid by that: to take it
// for a rejection would replace a valid block by one of deposits only (RULES 7.4), and leave the chain.
func lacksState(words string) bool {
	return strings.Contains(strings.ToLower(words), "missing trie node")
}

// reason is the engine's text; op-geth puts the interesting part into the data of the error.
func reason(err error) string {
	words := clip(err.Error())
	var detailed rpc.DataError
	if !errors.As(err, &detailed) {
		return words
	}
	switch data := detailed.ErrorData().(type) {
	case string:
		words += ": " + clip(data)
	case map[string]any:
		if text, ok := data["err"].(string); ok {
			words += ": " + clip(text)
		}
	}
	return words
}

// maxWords is how much is repeated of what an engine says, in bytes.
const maxWords = 1024

// clip bounds an engine's words.
func clip(words string) string {
	if len(words) > maxWords {
		words = words[:maxWords] + "…"
	}
	return strings.ToValidUTF8(words, "?")
}
