package l1

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ethereum/go-ethereum/rpc"
)

// leastSecret is the length from which on a part of a path, a query or a header is taken for a key.
const leastSecret = 8

// concealer replaces the parts of a URL and of headers in which providers put keys. Servers repeat the path, the key in
// it, or a header in their refusals.
func concealer(u *url.URL, header http.Header) *strings.Replacer {
	var whole, parts []string // of several that fit at one place the first counts
	conceal := func(text string, between func(rune) bool) {
		if len(text) > 1 {
			whole = append(whole, text, "…")
		}
		for _, part := range strings.FieldsFunc(text, between) {
			if len(part) >= leastSecret {
				parts = append(parts, part, "…")
			}
		}
	}
	inPath := func(r rune) bool { return r == '/' }
	conceal(strings.TrimSuffix(u.Path, "/"), inPath)
	conceal(strings.TrimSuffix(u.EscapedPath(), "/"), inPath)
	conceal(u.RawQuery, func(r rune) bool { return r == '&' || r == '=' })
	if password, ok := u.User.Password(); ok {
		conceal(password, func(rune) bool { return false })
	}
	if name := u.User.Username(); len(name) >= leastSecret {
		conceal(name, func(rune) bool { return false })
	}
	for _, values := range header {
		for _, value := range values {
			conceal(value, func(r rune) bool { return r == ' ' })
		}
	}
	return strings.NewReplacer(append(whole, parts...)...)
}

// withoutSecrets is an error of a request in which the server's words do not repeat what is secret.
func (e *Endpoint) withoutSecrets(err error) error {
	var status rpc.HTTPError
	var answer rpc.Error
	switch {
	case errors.As(err, &status) && !errors.As(err, new(*busyError)): // of that one it was seen to when it was read
		status.Body = []byte(e.conceal.Replace(string(status.Body)))
		return status
	case errors.As(err, &answer):
		return &answerError{answer.ErrorCode(), e.conceal.Replace(answer.Error())}
	}
	return err
}

// answerError is an error of JSON-RPC.
type answerError struct {
	code int
	text string
}

func (e *answerError) Error() string  { return e.text }
func (e *answerError) ErrorCode() int { return e.code }
