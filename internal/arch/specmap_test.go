package arch

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared are the functions of the module as package.Function and package.Type.Method; test functions are true.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	goFiles(t, func(pkg, file string, _ *token.FileSet, syntax *ast.File) {
		for _, decl := range syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				name = receiver(fn.Recv.List[0].Type) + "." + name
			}
			names[pkg+"."+name] = strings.HasSuffix(file, "_test.go")
		}
	})
	return names
}

func receiver(expr ast.Expr) string {
	switch x := expr.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return "?"
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	testName = regexp.MustCompile(`\.(Test|Fuzz|Example)[^.]*$`)
)

// missing are the names in a map's tables that do not exist or stand in the wrong column; rows is how many rows it has.
func missing(text string, names map[string]bool, fileExists func(string) bool) (bad []string, rows int) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.HasPrefix(cells[0], "---") || strings.TrimSpace(cells[0]) == "rule" {
			if strings.HasPrefix(line, "|") && len(cells) != 3 {
				bad = append(bad, "not three columns: "+line)
			}
			continue
		}
		rows++
		for i, cell := range cells[1:] {
			spans := codeSpan.FindAllStringSubmatch(cell, -1)
			if len(spans) == 0 {
				bad = append(bad, "no name in: "+line)
			}
			for _, span := range spans {
				name := span[1]
				if i == 1 && strings.Contains(name, "/testdata/") {
					if !fileExists(name) {
						bad = append(bad, name)
					}
					continue
				}
				test, ok := names[name]
				if !ok || test != (i == 1) || (i == 1 && !testName.MatchString(name)) {
					bad = append(bad, name)
				}
			}
		}
	}
	return bad, rows
}

// Every function, test and script that the map from rules to code names is there.
func TestSpecMap(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "spec-map.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := declared(t)
	bad, rows := missing(string(text), names, func(name string) bool {
		_, err := os.Stat(filepath.Join(root, name))
		return err == nil
	})
	for _, name := range bad {
		t.Errorf("docs/spec-map.md names what does not exist, or in the wrong column: %s", name)
	}
	if rows < 50 {
		t.Errorf("only %d rules in docs/spec-map.md", rows)
	}
}

func TestMissing(t *testing.T) {
	names := map[string]bool{"a.F": false, "a.T.M": false, "a.TestF": true, "a.help": true}
	exists := func(name string) bool { return name == "a/testdata/x.txt" }
	head := "| rule | function | test |\n|---|---|---|\n"
	for row, want := range map[string]int{
		"| r | `a.F`, `a.T.M` | `a.TestF`, `a/testdata/x.txt` |": 0,
		"| r | `a.G` | `a.TestF` |":                              1,
		"| r | `a.TestF` | `a.TestF` |":                          1,
		"| r | `a.F` | `a.F` |":                                  1,
		"| r | `a.F` | `a.help` |":                               1,
		"| r | `a.F` | `a/testdata/y.txt` |":                     1,
		"| r | `a.F` | |":                                        1,
		"| r | a.F | `a.TestF` |":                                1,
		"| r | `a.F` |":                                          1,
	} {
		if bad, _ := missing(head+row+"\n", names, exists); len(bad) != want {
			t.Errorf("%s: got %q, want %d", row, bad, want)
		}
	}
}
