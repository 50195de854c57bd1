package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// maxPayloadMessage is the largest WebSocket message read, in bytes: a payload of a full block as JSON.
const maxPayloadMessage = 256 << 20

// ReadJWTSecret reads the secret that engine and node share: 32 bytes as hex, with or without 0x (execution-apis,
// engine/authentication.md).
func ReadJWTSecret(path string) (secret [32]byte, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return secret, fmt.Errorf("JWT secret file %s does not exist: give the file the engine was started with, "+
			"or make one with: openssl rand -hex 32 > %s", path, path)
	}
	if err != nil {
		return secret, fmt.Errorf("JWT secret: %w", err)
	}
	trimmed := strings.TrimSpace(string(text))
	raw, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(trimmed, "0x"), "0X"))
	switch {
	case trimmed == "":
		return secret, fmt.Errorf("JWT secret file %s is empty: it must hold 64 hex digits", path)
	case err != nil:
		return secret, fmt.Errorf("JWT secret file %s is not hex: it must hold 64 hex digits", path)
	case len(raw) != len(secret):
		return secret, fmt.Errorf("JWT secret file %s holds %d bytes: it must hold 32, as 64 hex digits", path, len(raw))
	}
	return [32]byte(raw), nil
}

// Dial connects to an Engine API: http, https, ws, wss, or the path of an IPC socket. HTTP connects with the first call.
func Dial(ctx context.Context, url string, secret [32]byte) (*rpc.Client, error) {
	c, err := rpc.DialOptions(ctx, url,
		rpc.WithHTTPAuth(func(h http.Header) error {
			h.Set("Authorization", "Bearer "+token(secret, time.Now()))
			return nil
		}),
		rpc.WithWebsocketMessageSizeLimit(maxPayloadMessage))
	if err != nil {
		return nil, fmt.Errorf("connect to engine %s: %w", url, err)
	}
	return c, nil
}

// token is a JWT with HS256 and the one claim that the Engine API asks for: the time of issue, in seconds since 1970.
func token(secret [32]byte, issued time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"iat":`+strconv.FormatInt(issued.Unix(), 10)+`}`))
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
