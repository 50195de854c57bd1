package engine

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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

// files are the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestJWTSecretIsMadeWhereThereIsNone(t *testing.T) {
	for name, content := range map[string]*string{"missing": nil, "empty": new(string), "blank": ptr(strings.Repeat(" \n\t\r\n", 100))} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jwt.hex")
			mode := fs.FileMode(0o600)
			if content != nil {
				mode = 0o640 // whoever made the file has chosen it
				if err := os.WriteFile(path, []byte(*content), mode); err != nil {
					t.Fatal(err)
				}
			}
			secret, made, err := ReadOrMakeJWTSecret(path)
			if err != nil || !made {
				t.Fatalf("made %t: %v", made, err)
			}
			if secret == ([32]byte{}) {
				t.Error("the secret is zero")
			}
			if got := modeOf(t, path); got != mode {
				t.Errorf("mode %o, want %o", got, mode)
			}
			if names := files(t, filepath.Dir(path)); len(names) != 1 {
				t.Errorf("left behind: %v", names)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if want := hex.EncodeToString(secret[:]) + "\n"; string(text) != want {
				t.Errorf("file %q, want %q", text, want)
			}
			again, made, err := ReadOrMakeJWTSecret(path)
			if err != nil || made || again != secret {
				t.Errorf("the second time: made %t, same %t: %v", made, again == secret, err)
			}
			if read, err := ReadJWTSecret(path); err != nil || read != secret {
				t.Errorf("read %x: %v", read, err)
			}
		})
	}
	one, _, _ := ReadOrMakeJWTSecret(filepath.Join(t.TempDir(), "a"))
	two, _, _ := ReadOrMakeJWTSecret(filepath.Join(t.TempDir(), "a"))
	if one == two {
		t.Error("the same secret twice")
	}
}

func ptr[T any](v T) *T { return &v }

func TestJWTSecretThatIsThereIsNeverReplaced(t *testing.T) {
	for _, content := range []string{"not hex", strings.Repeat("0f", 31), "0x"} {
		path := filepath.Join(t.TempDir(), "jwt.hex")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, made, err := ReadOrMakeJWTSecret(path); err == nil || made || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: made %t: %v", content, made, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != content {
			t.Errorf("%q became %q: %v", content, text, err)
		}
	}
	path := filepath.Join(t.TempDir(), "jwt.hex")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := create(path, []byte("ours")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made over a file that came meanwhile: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "theirs" {
		t.Errorf("the file is %q", text)
	}
	for what, path := range map[string]string{"no folder": filepath.Join(t.TempDir(), "none", "jwt.hex"), "a folder": t.TempDir()} {
		if secret, made, err := ReadOrMakeJWTSecret(path); err == nil || made || secret != ([32]byte{}) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: made %t: %v", what, made, err)
		}
	}
}

func TestOneSecretIsMadeOfManyAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwt.hex")
	const many = 16
	var secrets [many][32]byte
	var made [many]bool
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			var err error
			if secrets[i], made[i], err = ReadOrMakeJWTSecret(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	makers := 0
	for i := range many {
		if secrets[i] != secrets[0] {
			t.Error("two secrets")
		}
		if made[i] {
			makers++
		}
	}
	if makers != 1 {
		t.Errorf("made by %d", makers)
	}
}
