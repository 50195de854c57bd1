package derive_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
)

// enumerations are those of reasons.
var enumerations = map[string]func(n uint8) derive.Cause{
	"channel":    func(n uint8) derive.Cause { return channel.Reason(n) },
	"batch":      func(n uint8) derive.Cause { return batch.Reason(n) },
	"attributes": func(n uint8) derive.Cause { return attributes.UpdateReason(n) },
	"derive":     func(n uint8) derive.Cause { return derive.Reason(n) },
}

// People read the sentence and look up the rule. The first reason of a package that judges is that nothing is wrong.
func TestReasonsAreExplained(t *testing.T) {
	word, sentence := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), regexp.MustCompile(`^[a-z]\S* .*[^.\s]$`)
	rule := regexp.MustCompile(`^([a-z/-]+\.md, [^()]+|op-node|any engine: [^()]+) \([^()]+\)$`)
	for name, reason := range enumerations {
		taken, known := map[string]bool{}, 0
		for n := range 256 {
			r := reason(uint8(n))
			if known == n && r.Why() != "" {
				known++
				if !word.MatchString(r.String()) || !sentence.MatchString(r.Why()) || taken[r.String()] || taken[r.Why()] {
					t.Errorf("%s: %q is not kebab-case, or %q begins in upper case or ends with a full stop, or one is taken", name, r, r.Why())
				}
				taken[r.String()], taken[r.Why()] = true, true
				if nothing := n == 0 && name != "derive"; nothing != (r.Rule() == "") || !nothing && !rule.MatchString(r.Rule()) {
					t.Errorf("%s %s: the rule %q is not section (digest)", name, r, r.Rule())
				}
			} else if r.Why() != "" || r.Rule() != "" || !strings.Contains(r.String(), strconv.Itoa(n)) {
				t.Errorf("%s: the number %d after those of reasons has %q, %q, %q", name, n, r, r.Why(), r.Rule())
			}
		}
		if known < 6 {
			t.Errorf("%s has %d reasons", name, known)
		}
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
		for _, reason := range enumerations {
			c := reason(uint8(n))
			if c.Rule() == "" {
				continue
			}
			cited++
			_, digest, _ := strings.Cut(c.Rule(), " (")
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
