package obs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

// declaredCodes reads the constants of type Code, in order, and the comments beside them.
func declaredCodes(t *testing.T) (codes []Code, meaning map[Code]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "explain.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	meaning = make(map[Code]string)
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if kind, ok := value.Type.(*ast.Ident); !ok || kind.Name != "Code" {
				continue
			}
			text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, Code(text))
			meaning[Code(text)] = strings.TrimSpace(value.Comment.Text())
		}
	}
	return codes, meaning
}

// The tables of docs/operations.md are made of the codes and metrics themselves, so that they cannot be wrong.
func TestOperationsListEveryCodeAndMetric(t *testing.T) {
	for name, table := range map[string]string{"faults": faultTable(t), "conditions": conditionTable(t), "metrics": metricTable(t)} {
		golden.Part(t, "../docs/operations.md", name, table)
	}
}

// cell makes a text a sentence that a table can hold.
func cell(text string) string {
	if text == "" {
		return "nothing"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

func faultTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| Code | What is wrong | What to do |\n|---|---|---|\n")
	for _, f := range declaredFaults(t) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f, cell(faults[f].text), cell(faults[f].fix))
	}
	fmt.Fprintf(&b, "| `%s` | %s | %s |\n", Unknown, cell(unnamed.text), cell(unnamed.fix))
	return b.String()
}

// conditionTable has what Explain says in each of the conditions that its tests know.
func conditionTable(t *testing.T) string {
	names := [...]string{l1Row: "L1", unsafeRow: "unsafe", safeRow: "safe", finalizedRow: "finalized"}
	type row struct {
		head, state string
		fixes       []string
	}
	rows := make(map[Code]*row)
	add := func(c condition) {
		s := tip()
		c.change(&s)
		h := Explain(s, atHead).Heads[c.head]
		r := rows[h.Code]
		if r == nil {
			r = &row{head: names[c.head], state: string(h.State)}
			rows[h.Code] = r
		}
		if h.Fix != "" && !slices.Contains(r.fixes, h.Fix) {
			r.fixes = append(r.fixes, h.Fix)
		}
	}
	for _, c := range conditions {
		add(c)
	}
	add(condition{head: safeRow, change: func(s *Snapshot) {
		s.Chain.SeqWindowSize, s.Sync.SafeL2.L1Origin.Number, s.Dropped = 80, 20, map[string]int{"batch/future": 3}
	}})
	codes, meaning := declaredCodes(t)
	if len(codes) < 20 {
		t.Errorf("only %d codes found", len(codes))
	}
	var b strings.Builder
	b.WriteString("| Code | Head | State | Meaning | What to do |\n|---|---|---|---|---|\n")
	for _, code := range codes {
		if code == Unknown { // stands with the faults
			continue
		}
		r := rows[code]
		if r == nil || meaning[code] == "" {
			t.Errorf("%s: no condition of the tests has it, or no comment says what it means", code)
			continue
		}
		slices.Sort(r.fixes)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", code, r.head, r.state, cell(meaning[code]), cell(strings.Join(r.fixes, "; or: ")))
	}
	return b.String()
}

func metricTable(t *testing.T) string {
	families, err := registryOf(t, fixed(full())).Gather()
	if err != nil {
		t.Fatal(err)
	}
	labels := exported(t, ofObs)
	var b strings.Builder
	b.WriteString("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n")
	for _, family := range families {
		of, listed := labels[family.GetName()]
		if !listed {
			t.Errorf("%s is not in testdata/metrics.txt", family.GetName())
			continue
		}
		names := "-"
		if of[0] != "" {
			names = "`" + strings.Join(of, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", family.GetName(), strings.ToLower(family.GetType().String()), names, cell(family.GetHelp()))
	}
	if len(families) != len(labels) {
		t.Errorf("%d metrics, testdata/metrics.txt has %d", len(families), len(labels))
	}
	return b.String()
}
