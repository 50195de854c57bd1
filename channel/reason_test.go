package channel

import (
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
