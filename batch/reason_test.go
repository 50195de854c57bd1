package batch_test

import (
	"testing"

	"github.com/cairn-rollup/cairn/batch"
)

func TestReasonNames(t *testing.T) {
	all := batch.Reasons()
	for n, r := range all {
		if int(r) != n || r.Why() == "" {
			t.Errorf("reason %d of all is %d, %q", n, uint8(r), r.Why())
		}
	}
	for got, want := range map[string]string{
		batch.OK.String(): "ok", batch.ParentMismatch.String(): "parent-mismatch", batch.Reason(255).String(): "reason(255)",
		batch.Past.String(): "past", batch.Verdict(9).String(): "verdict(9)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
