package p2p

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeyFileIsMadeOnceAndReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "opnode_p2p_priv.txt")
	made, err := LoadKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s, want 0600", info.Mode())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := made.Raw()
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != hex.EncodeToString(raw) {
		t.Errorf("file has %d characters, not the 64 hex digits of the key", len(text))
	}
	again, err := LoadKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if !again.Equals(made) {
		t.Error("another key the second time")
	}
}

func TestKeyFileOfOpNodeIsReadAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for _, text := range []string{keyOf(9), "0x" + keyOf(9), keyOf(9) + "\n", "  0x" + keyOf(9) + "\r\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := LoadKey(path, "")
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if raw, _ := key.Raw(); hex.EncodeToString(raw) != keyOf(9) {
			t.Errorf("%q: another key", text)
		}
	}
}

func TestRawKeyWins(t *testing.T) {
	key, err := LoadKey(filepath.Join(t.TempDir(), "not made"), "0x"+keyOf(3))
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := key.Raw(); hex.EncodeToString(raw) != keyOf(3) {
		t.Error("another key")
	}
}

func TestBadKeyIsRefusedWithoutBeingShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for _, text := range []string{"", "0x", keyOf(9)[1:], keyOf(9) + "00", strings.Repeat("0", 64), strings.Repeat("f", 64), "zz" + keyOf(9)[2:], "secretsecret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadKey(path, "")
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		if len(text) > 2 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the key: %v", err)
		}
		if left, _ := os.ReadFile(path); string(left) != text {
			t.Errorf("the file was changed to %q", left)
		}
	}
}
