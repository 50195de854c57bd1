package p2p

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	ethcrypto "github.com/ethereum/go-ethereum/crypto"
	"github.com/libp2p/go-libp2p/core/crypto"
)

// LoadKey gives the identity of this node in the network, for libp2p and discovery alike. raw is the private key itself in
// hex and wins; else it is read from the file at path, which is made with a new key if it does not exist (mode 0600). The
// file has the form of op-node's opnode_p2p_priv.txt: 64 hex digits, with or without 0x. No error contains the key.
func LoadKey(path, raw string) (*crypto.Secp256k1PrivateKey, error) {
	if raw != "" {
		key, err := parseKey(raw)
		if err != nil {
			return nil, fmt.Errorf("read the key of p2p.priv.raw: %w", err)
		}
		return key, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of this node: %w", err)
	}
	key, err := parseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("read the key of this node in %s: %w", path, err)
	}
	return key, nil
}

func parseKey(text string) (*crypto.Secp256k1PrivateKey, error) {
	digits := strings.TrimPrefix(strings.TrimSpace(text), "0x")
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("%d characters that are not 64 hex digits", len(digits))
	}
	if _, err := ethcrypto.ToECDSA(raw); err != nil { // libp2p takes any 32 bytes
		return nil, errors.New("not a private key of secp256k1")
	}
	key, err := crypto.UnmarshalSecp256k1PrivateKey(raw)
	if err != nil {
		return nil, errors.New("not a private key of secp256k1")
	}
	return key.(*crypto.Secp256k1PrivateKey), nil
}

// makeKey writes a new key. A file that appears meanwhile is not overwritten.
func makeKey(path string) (*crypto.Secp256k1PrivateKey, error) {
	key, _, err := crypto.GenerateSecp256k1Key(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for this node: %w", err)
	}
	raw, err := key.Raw()
	if err != nil {
		return nil, fmt.Errorf("encode the new key of this node: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of this node's key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create the file of this node's key: %w", err)
	}
	_, err = file.WriteString(hex.EncodeToString(raw))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("write the new key of this node: %w", err)
	}
	return key.(*crypto.Secp256k1PrivateKey), nil
}
