package derive_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
)

func TestReasonsAreExplained(t *testing.T) {
	sentence := regexp.MustCompile(`^[a-z].*[^.\s]$`)
	for r := derive.WrongSender; r <= derive.TooManyTransactions; r++ {
		if !sentence.MatchString(r.Why()) || r.Rule() == "" {
			t.Errorf("%s: %q begins in upper case or ends with a full stop, or the rule %q is none", r, r.Why(), r.Rule())
		}
	}
	const why, rule = "the transaction to the batch inbox is not from the batcher", "derivation.md, L1 retrieval (2.1)"
	if r := derive.WrongSender; r.Why() != why || r.Rule() != rule {
		t.Errorf("%s: %q, %q", r, r.Why(), r.Rule())
	}
	if r := derive.TooManyTransactions + 1; r.String() != "reason-6" || r.Why() != "" || r.Rule() != "" {
		t.Errorf("a number without a reason: %q, %q, %q", r, r.Why(), r.Rule())
	}
}

func TestDroppedNames(t *testing.T) {
	for d, want := range map[derive.Dropped]string{derive.DroppedTx: "tx", derive.DroppedBlock: "block", derive.DroppedBlock + 1: "dropped-8", 255: "dropped-255"} {
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

var section = regexp.MustCompile(`\d+\.\d+`)

// mapped are the sections of the digest that docs/spec-map.md has a row for.
func mapped(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/spec-map.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			if _, brackets, ok := strings.Cut(cells[1], "("); ok {
				sections = append(sections, section.FindAllString(brackets, -1)...)
			}
		}
	}
	return sections
}

// Whoever is told of a rule finds in docs/spec-map.md which code follows it and which test holds it there.
func TestRulesOfAllCausesAreInTheSpecMap(t *testing.T) {
	known := mapped(t)
	cited := 0
	for n := range 256 {
		for _, c := range []derive.Cause{channel.Reason(n), batch.Reason(n), attributes.UpdateReason(n), derive.Reason(n)} {
			if c.Rule() == "" {
				continue
			}
			cited++
			place, digest, _ := strings.Cut(c.Rule(), " (")
			if place != "op-node" && !strings.Contains(place, ".md, ") && !strings.HasPrefix(place, "any engine: ") {
				t.Errorf("%T %s: %q is neither a section of the specs nor what op-node or any engine does", c, c, place)
			}
			numbers := section.FindAllString(digest, -1)
			if len(numbers) == 0 {
				t.Errorf("%T %s: no section of the digest in %q", c, c, c.Rule())
			}
			for _, number := range numbers {
				if !slices.Contains(known, number) {
					t.Errorf("%T %s: docs/spec-map.md has no row for %s", c, c, number)
				}
			}
		}
	}
	if cited < 100 {
		t.Errorf("only %d reasons have a rule", cited)
	}
}
