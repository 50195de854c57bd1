package derive

import (
	"testing"

	"github.com/cairn-rollup/cairn/batch"
)

// The disk is not trusted: what is no batch would be met much later.
func TestAStoredBatchIsOneBatch(t *testing.T) {
	single, span := &batch.Singular{}, &batch.Span{Blocks: make([]batch.SpanBlock, 1)}
	for _, c := range []struct {
		name string
		in   storedRLP
		ok   bool
	}{
		{"a singular batch", storedRLP{Singular: []*batch.Singular{single}}, true},
		{"a span batch", storedRLP{Span: []*batch.Span{span}}, true},
		{"a span batch without blocks", storedRLP{Span: []*batch.Span{{}}}, false},
		{"none", storedRLP{}, false},
		{"both", storedRLP{Singular: []*batch.Singular{single}, Span: []*batch.Span{span}}, false},
		{"two singular batches", storedRLP{Singular: []*batch.Singular{single, single}}, false},
		{"two span batches", storedRLP{Span: []*batch.Span{span, span}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if b, err := c.in.decode(); (err == nil) != c.ok || c.ok && b.batch == nil {
				t.Errorf("got %v, %v", b, err)
			}
		})
	}
}
