package prose

import (
	"strings"
	"testing"
	"time"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text          string
		first, others int
		want          string
	}{
		{"", 5, 5, ""},
		{"ab cd", 5, 5, "ab cd"},
		{"ab cde", 5, 5, "ab|cde"},
		{"ab cd ef", 2, 5, "ab|cd ef"},
		{"abcdefgh i", 3, 4, "abc|defg|h i"},
		{"ééé é", 3, 3, "ééé|é"},
		{"a", -1, 0, "a"},
		{"ab", 0, 0, "a|b"},
	} {
		if got := strings.Join(Wrap(c.text, c.first, c.others), "|"); got != c.want {
			t.Errorf("%q in %d, %d: %q", c.text, c.first, c.others, got)
		}
	}
}

func TestLasting(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0s", 999 * time.Millisecond: "0s", 42*time.Second + 7: "42s", 119 * time.Second: "119s", 2 * time.Minute: "2m",
		9*time.Minute + 59*time.Second: "9m59s", 10*time.Minute + 59*time.Second: "10m", 119 * time.Minute: "119m", 2 * time.Hour: "2h",
		2*time.Hour + 59*time.Second: "2h", 47*time.Hour + 59*time.Minute: "47h59m", 48 * time.Hour: "2d", 75 * time.Hour: "3d3h", 2400 * time.Hour: "100d",
	} {
		if got := Lasting(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestPrintableMovesNoCursor(t *testing.T) {
	for text, want := range map[string]string{"a\tb\nc": "a b c", "a\x1b[31mb\x00\x7f\u202e": "a[31mb", "é …": "é …", "": "", "a\xffb": "a\ufffdb"} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 blocks", 1: "1 block", 2: "2 blocks"} {
		if got := Plural(n, "block"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
