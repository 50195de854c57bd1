package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustUnmarshal(t testing.TB, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

func TestReadJWTSecret(t *testing.T) {
	digits := strings.Repeat("0f", 32)
	cases := []struct{ name, content, fails string }{
		{"hex", digits, ""},
		{"with 0x and a line end", "0x" + digits + "\n", ""},
		{"with 0X and spaces", "  0X" + strings.ToUpper(digits) + " \r\n", ""},
		{"empty", "\n", "is empty"},
		{"not hex", strings.Repeat("zz", 32), "is not hex"},
		{"odd", digits + "0", "is not hex"},
		{"short", digits[:62], "holds 31 bytes"},
		{"long", digits + "00", "holds 33 bytes"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jwt.hex")
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			secret, err := ReadJWTSecret(path)
			switch {
			case tc.fails == "" && (err != nil || secret[0] != 0x0f || secret[31] != 0x0f):
				t.Errorf("secret %x, error %v", secret, err)
			case tc.fails != "" && (err == nil || !strings.Contains(err.Error(), tc.fails) || !strings.Contains(err.Error(), path)):
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := ReadJWTSecret(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := ReadJWTSecret(t.TempDir()); err == nil || !strings.Contains(err.Error(), "JWT secret") {
		t.Errorf("a folder: %v", err)
	}
}

// Recomputed by another way than token does: part by part, from RFC 7515.
func TestDialSignsEachRequest(t *testing.T) {
	secret := [32]byte{1, 2, 3}
	var problem string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
		mac := hmac.New(sha256.New, secret[:])
		mac.Write([]byte(strings.Join(parts[:len(parts)-1], ".")))
		signature, _ := base64.RawURLEncoding.DecodeString(parts[len(parts)-1])
		var header struct{ Alg, Typ string }
		var claims struct{ Iat int64 }
		if len(parts) == 3 {
			h, _ := base64.RawURLEncoding.DecodeString(parts[0])
			c, _ := base64.RawURLEncoding.DecodeString(parts[1])
			_, _ = json.Unmarshal(h, &header), json.Unmarshal(c, &claims)
		}
		switch age := time.Since(time.Unix(claims.Iat, 0)); {
		case header.Alg != "HS256" || header.Typ != "JWT":
			problem = "header"
		case age < -time.Minute || age > time.Minute:
			problem = "time of issue"
		case !hmac.Equal(signature, mac.Sum(nil)):
			problem = "signature"
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":"0x1"}`))
	}))
	defer server.Close()
	c, err := Dial(t.Context(), server.URL, secret)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.CallContext(t.Context(), nil, "eth_chainId"); err != nil || problem != "" {
		t.Errorf("error %v, wrong %s", err, problem)
	}
	if _, err := Dial(t.Context(), "gopher://x", secret); err == nil || !strings.Contains(err.Error(), "gopher://x") {
		t.Errorf("unknown scheme: %v", err)
	}
}
