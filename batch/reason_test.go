package batch_test

import (
	"regexp"
	"testing"

	"github.com/cairn-rollup/cairn/batch"
)

func TestReasonNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range batch.Reasons() {
		name := r.String()
		if name == "" || seen[name] {
			t.Errorf("reason %d: name %q is empty or taken", uint8(r), name)
		}
		for _, c := range name {
			if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				t.Errorf("%q is not kebab-case", name)
			}
		}
		seen[name] = true
	}
	if len(seen) < 50 || batch.Reason(255).String() != "reason(255)" || batch.Verdict(9).String() != "verdict(9)" || batch.Past.String() != "past" {
		t.Errorf("%d reasons; out of range: %v, %v", len(seen), batch.Reason(255), batch.Verdict(9))
	}
}

// People read the sentence and look up the rule: docs/spec-map.md is checked to have it where reasons meet, in derive.
func TestReasonsAreExplained(t *testing.T) {
	sentence := regexp.MustCompile(`^[a-z].*[^.\s]$`)
	rule := regexp.MustCompile(`^([a-z/-]+\.md, [^()]+|op-node) \([^()]+\)$`)
	seen := make(map[string]batch.Reason)
	for _, r := range batch.Reasons() {
		why := r.Why()
		if !sentence.MatchString(why) {
			t.Errorf("%s: %q begins in upper case or ends with a full stop", r, why)
		}
		if other, taken := seen[why]; taken {
			t.Errorf("%s and %s are explained alike", r, other)
		}
		seen[why] = r
		if r != batch.OK && !rule.MatchString(r.Rule()) {
			t.Errorf("%s: the rule %q is not section (digest)", r, r.Rule())
		}
	}
	if got := batch.OK.Rule(); got != "" {
		t.Errorf("nothing speaks against a batch but %q", got)
	}
	if r := batch.Reason(255); r.Why() != "" || r.Rule() != "" {
		t.Errorf("a number without a reason has the sentence %q and the rule %q", r.Why(), r.Rule())
	}
	// Two of them in full: each method gives its own column of the table.
	for r, want := range map[batch.Reason][3]string{
		batch.ParentMismatch: {
			"parent-mismatch", "the batch names another parent than the safe head", "derivation.md, batch queue (5.4 row 4)",
		},
		batch.SpanOriginUnknown: {
			"span-origin-unknown", "the span batch's last epoch is none of the L1 blocks that have been read", "op-node (5.5 row 9)",
		},
	} {
		if got := [3]string{r.String(), r.Why(), r.Rule()}; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
