package golden

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write golden files and the tables of documents anew instead of comparing them")

// Rewrite says whether files are to be written, for a test that has more to write than File and Part can.
func Rewrite() bool { return *rewrite }

// File demands that a file, by its path, has a text.
func File[Text string | []byte](tb testing.TB, path string, text Text) {
	tb.Helper()
	if *rewrite {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	got, want := string(text), read(tb, path)
	if got == want {
		return
	}
	same := 0
	for same < min(len(got), len(want)) && got[same] == want[same] {
		same++
	}
	line := strings.LastIndexByte(got[:same], '\n') + 1
	tb.Errorf("%s differs from line %d on; run with -args -rewrite and read the difference.\ngot:\n%.4000s\nwant:\n%.4000s",
		path, strings.Count(got[:line], "\n")+1, got[line:], want[line:])
}

// Part demands that a document has a text, with an empty line above and below, between the marks of a name.
func Part(tb testing.TB, path, name, text string) {
	tb.Helper()
	begin, end := "<!-- "+name+": ", "<!-- /"+name+" -->"
	head, rest, found := strings.Cut(read(tb, path), begin)
	mark, rest, closed := strings.Cut(rest, "-->\n")
	_, tail, ended := strings.Cut(rest, end)
	if !found || !closed || !ended {
		tb.Fatalf("%s has no marks of %s", path, name)
	}
	File(tb, path, head+begin+mark+"-->\n\n"+text+"\n"+end+tail)
}

func read(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("%v; make it with -args -rewrite", err)
	}
	return string(text)
}
