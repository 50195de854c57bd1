package channel

import (
	"regexp"
	"testing"
)

// The words are an interface: metrics and golden files use them. Changing one is a change for users.
var wordsInUse = []string{
	"none",
	"blob-version", "blob-length", "blob-field-element", "blob-padding",
	"item-empty", "item-version", "item-no-frames", "frame-truncated", "frame-too-long", "frame-bad-is-last",
	"pruned-after-last", "pruned-out-of-order", "pruned-not-first", "pruned-unclosed",
	"frame-wrong-channel", "frame-second-last", "frame-duplicate", "frame-past-end", "frame-out-of-order", "frame-no-channel",
	"frame-too-late", "channel-pruned",
	"channel-replaced", "channel-too-large", "channel-timed-out", "channel-flushed",
	"channel-empty", "compression-unknown", "brotli-before-fjord", "zlib-header",
	"batch-over-limit", "batch-not-string", "batch-non-canonical", "batch-truncated", "stream-corrupt",
}

func TestReasonWordsAreStable(t *testing.T) {
	words := make(map[string]bool)
	for r := range reasonCount {
		words[r.String()] = true
	}
	if len(words) != int(reasonCount) {
		t.Errorf("%d reasons have %d words", reasonCount, len(words))
	}
	for _, word := range wordsInUse {
		if !words[word] {
			t.Errorf("the word %q has gone", word)
		}
	}
	if len(wordsInUse) != int(reasonCount) {
		t.Errorf("%d words are listed for %d reasons", len(wordsInUse), reasonCount)
	}
}

func TestReasonWordsAreKebabCase(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for r := range reasonCount {
		if !kebab.MatchString(r.String()) {
			t.Errorf("reason %d: %q", uint8(r), r)
		}
	}
	if got := reasonCount.String(); got != "reason-36" {
		t.Errorf("a number without a reason reads %q", got)
	}
}

// People read the sentence and look up the rule: docs/spec-map.md is checked to have it where reasons meet, in derive.
func TestReasonsAreExplained(t *testing.T) {
	sentence := regexp.MustCompile(`^[a-z].*[^.\s]$`)
	rule := regexp.MustCompile(`^([a-z/]+\.md, [^()]+|op-node) \([^()]+\)$`)
	seen := make(map[string]Reason)
	for r := range reasonCount {
		if why := r.Why(); !sentence.MatchString(why) {
			t.Errorf("%s: %q begins in upper case or ends with a full stop", r, why)
		}
		if other, taken := seen[r.Why()]; taken {
			t.Errorf("%s and %s are explained alike", r, other)
		}
		seen[r.Why()] = r
		if r != None && !rule.MatchString(r.Rule()) {
			t.Errorf("%s: the rule %q is not section (digest)", r, r.Rule())
		}
	}
	if None.Rule() != "" {
		t.Errorf("nothing was dropped by %q", None.Rule())
	}
	if r := reasonCount; r.Why() != "" || r.Rule() != "" {
		t.Errorf("a number without a reason has the sentence %q and the rule %q", r.Why(), r.Rule())
	}
}
