package obs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/eth"
)

// declaredFaults reads the constants of type Fault from the source of package eth, so that a new one cannot be forgotten.
func declaredFaults(t *testing.T) []eth.Fault {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../eth/fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []eth.Fault
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if kind, ok := value.Type.(*ast.Ident); !ok || kind.Name != "Fault" {
				t.Fatalf("constant %v is no Fault", value.Names)
			}
			for _, v := range value.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, eth.Fault(text))
			}
		}
	}
	return out
}

func TestEveryFaultHasASentence(t *testing.T) {
	declared := declaredFaults(t)
	if len(declared) < 25 {
		t.Fatalf("only %d faults found", len(declared))
	}
	texts := map[string]eth.Fault{unnamed.text: "unknown"}
	for _, f := range declared {
		a, ok := faults[f]
		if !ok {
			t.Errorf("%s is not in the table", f)
			continue
		}
		if other, ok := texts[a.text]; ok {
			t.Errorf("%s and %s have the same sentence", f, other)
		}
		texts[a.text] = f
		if a.fix == "" && f != eth.L1ReorgTooDeep {
			t.Errorf("%s: nothing to do?", f)
		}
		for _, text := range []string{a.text, a.fix} {
			if strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text || strings.ContainsAny(text, "\n\t") || len(text) > 130 {
				t.Errorf("%s: %q is no sentence for one line", f, text)
			}
		}
		if len(a.text) < 15 {
			t.Errorf("%s: %q says nothing", f, a.text)
		}
	}
	if len(faults) != len(declared) {
		t.Errorf("the table has %d faults, eth has %d", len(faults), len(declared))
	}
}
