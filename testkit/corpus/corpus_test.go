package corpus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// record notes failures instead of failing.
type record struct {
	testing.TB
	failures []string
}

func (r *record) Helper() {}
func (r *record) Errorf(format string, args ...any) {
	r.failures = append(r.failures, format)
}

func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	seeds := []Seed{
		{"empty", []any{[]byte{}, uint8(0), false}},
		{"all_kinds", []any{[]byte("a\x00\"\xff"), "text\n", uint8(200), uint16(1), uint32(2), uint64(1 << 63), int64(-3), true}},
	}
	failures := func(seeds []Seed) []string {
		r := record{TB: t}
		Check(&r, "FuzzIt", seeds)
		return r.failures
	}
	*write = true
	made := failures(seeds)
	*write = false
	if len(made) > 0 {
		t.Fatalf("writing: %v", made)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "fuzz", "FuzzIt", "all_kinds"))
	if err != nil {
		t.Fatal(err)
	}
	want := "go test fuzz v1\n[]byte(\"a\\x00\\\"\\xff\")\nstring(\"text\\n\")\nuint8(200)\nuint16(1)\nuint32(2)\nuint64(9223372036854775808)\nint64(-3)\nbool(true)\n"
	if string(text) != want {
		t.Errorf("wrote\n%swant\n%s", text, want)
	}
	file := func(name string, size int) {
		if err := os.WriteFile(filepath.Join("testdata", "fuzz", "FuzzIt", name), make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name   string
		change func()
		seeds  []Seed
		want   string
	}{
		{"as written", func() {}, seeds, ""},
		{"a find", func() { file("found_something", 10) }, seeds, ""},
		{"a seed changed", func() {}, []Seed{seeds[1], {"empty", []any{[]byte{1}, uint8(0), false}}}, "is not what its test makes"},
		{"a seed is new", func() {}, append(seeds[:2:2], Seed{"new", []any{true}}), "make it with"},
		{"two of a name", func() {}, append(seeds[:2:2], seeds[0]), "two seeds"},
		{"a seed is gone", func() {}, seeds[:1], "is made by no test"},
		{"a find is large", func() { file("found_something", maxFile+1) }, seeds, "bytes, want"},
		{"too many", func() {
			file("found_something", 1)
			for i := range maxFiles {
				file(found+strings.Repeat("x", i+1), 1)
			}
		}, seeds, "a corpus is to be read"},
	} {
		tc.change()
		got := strings.Join(failures(tc.seeds), "; ")
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: failures %q, want %q", tc.name, got, tc.want)
		}
	}
}
