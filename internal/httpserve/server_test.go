package httpserve_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/internal/httpserve"
)

func TestServerAnswersUntilTheContextEnds(t *testing.T) {
	s, err := httpserve.Listen("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(s.URL(), "http://")
	if _, err := httpserve.Listen(address, nil); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("second listener: %v, want an error that names %s", err, address)
	}
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	response, err := http.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || string(body) != "hello" {
		t.Errorf("answer %q, %v", body, err)
	}
	cancel(stop)
	if err := <-ended; !errors.Is(err, stop) {
		t.Errorf("ended with %v, want the cause", err)
	}
	if response, err := http.Get(s.URL()); err == nil {
		t.Error("answers after the end")
		_ = response.Body.Close()
	}
}
