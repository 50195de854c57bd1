package golden

import (
	"fmt"
	"os"
	"testing"
)

// record notes failures instead of failing.
type record struct {
	testing.TB
	failures []string
}

func (r *record) Helper() {}
func (r *record) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestAFileAndAPartAreWrittenAndThenCompared(t *testing.T) {
	t.Chdir(t.TempDir())
	const page = "top\n<!-- a: made by it -->\n\nold\n\n<!-- /a -->\n<!-- b: made -->\n<!-- /b -->\nend\n"
	if err := os.WriteFile("page.md", []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	*rewrite = true
	File(t, "file.txt", "one\ntwo\n")
	File(t, "bytes", []byte{0xff})
	Part(t, "page.md", "a", "new\n")
	*rewrite = false
	if text, err := os.ReadFile("page.md"); err != nil || string(text) != "top\n<!-- a: made by it -->\n\nnew\n\n<!-- /a -->\n<!-- b: made -->\n<!-- /b -->\nend\n" {
		t.Errorf("%v, %q", err, text)
	}
	const advice = "; run with -args -rewrite and read the difference.\n"
	for name, c := range map[string]struct {
		compare func(testing.TB)
		want    []string
	}{
		"the file as written":  {func(tb testing.TB) { File(tb, "file.txt", "one\ntwo\n") }, nil},
		"bytes as written":     {func(tb testing.TB) { File(tb, "bytes", []byte{0xff}) }, nil},
		"the part as written":  {func(tb testing.TB) { Part(tb, "page.md", "a", "new\n") }, nil},
		"another line":         {func(tb testing.TB) { File(tb, "file.txt", "one\nto\n") }, []string{"file.txt differs from line 2 on" + advice + "got:\nto\n\nwant:\ntwo\n"}},
		"a line is missing":    {func(tb testing.TB) { File(tb, "file.txt", "one\n") }, []string{"file.txt differs from line 2 on" + advice + "got:\n\nwant:\ntwo\n"}},
		"a part with one more": {func(tb testing.TB) { Part(tb, "page.md", "a", "new\nx\n") }, []string{"page.md differs from line 5 on" + advice + "got:\nx\n\n<!-- /a -->\n<!-- b: made -->\n<!-- /b -->\nend\n\nwant:\n\n<!-- /a -->\n<!-- b: made -->\n<!-- /b -->\nend\n"}},
	} {
		r := &record{TB: t}
		if c.compare(r); fmt.Sprint(r.failures) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, r.failures, c.want)
		}
	}
	if text, err := os.ReadFile("file.txt"); err != nil || string(text) != "one\ntwo\n" {
		t.Errorf("comparing wrote the file: %v, %q", err, text)
	}
}
