package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

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
	if isBlank(text) {
		return secret, fmt.Errorf("JWT secret file %s is empty: it must hold 64 hex digits", path)
	}
	return parseSecret(path, text)
}

func isBlank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

func parseSecret(path string, text []byte) (secret [32]byte, err error) {
	digits := strings.TrimSpace(string(text))
	raw, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(digits, "0x"), "0X"))
	switch {
	case err != nil:
		return secret, fmt.Errorf("JWT secret file %s is not hex: it must hold 64 hex digits", path)
	case len(raw) != len(secret):
		return secret, fmt.Errorf("JWT secret file %s holds %d bytes: it must hold 32, as 64 hex digits", path, len(raw))
	}
	return [32]byte(raw), nil
}

// ReadOrMakeJWTSecret is ReadJWTSecret, but for a file that is missing or empty it makes a secret and writes it there:
// the engine has to be given this file then, which made is there to say. A missing file appears whole, readable for its
// owner only, and not at all if somebody else makes it at the same time: theirs is read. An empty one is filled in place
// and keeps owner and mode, as whoever put it there, for two containers say, has chosen who reads it.
func ReadOrMakeJWTSecret(path string) (secret [32]byte, made bool, err error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && isBlank(text):
	case err != nil:
		return secret, false, fmt.Errorf("JWT secret: %w", err)
	default:
		secret, err = parseSecret(path, text)
		return secret, false, err
	}
	empty := err == nil
	if _, err := rand.Read(secret[:]); err != nil {
		return secret, false, fmt.Errorf("make a JWT secret: %w", err)
	}
	digits := []byte(hex.EncodeToString(secret[:]) + "\n")
	if empty {
		err = fill(path, digits)
	} else {
		err = create(path, digits)
	}
	if errors.Is(err, fs.ErrExist) { // the engine was faster
		secret, err = ReadJWTSecret(path)
		return secret, false, err
	}
	if err != nil {
		return [32]byte{}, false, fmt.Errorf("make JWT secret file %s: %w", path, err)
	}
	return secret, true, nil
}

// fill writes a file that is there and empty.
func fill(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return write(f, text)
}

// create makes a file with its content at once; fs.ErrExist if there is one by now.
func create(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".jwt-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a leftover name of the same file, at worst
	if err := write(f, text); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// write puts a text onto the disk and closes the file.
func write(f *os.File, text []byte) error {
	_, err := f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// token is a JWT with HS256 and the one claim that the Engine API asks for: the time of issue, in seconds since 1970.
func token(secret [32]byte, issued time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"iat":`+strconv.FormatInt(issued.Unix(), 10)+`}`))
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
