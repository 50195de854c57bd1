package contracts_test

import (
	"testing"

	"github.com/cairn-rollup/cairn/contracts"
)

func BenchmarkL1Genesis(b *testing.B) {
	p := l1Params()
	for b.Loop() {
		if _, _, err := contracts.L1Genesis(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkL2Genesis(b *testing.B) {
	p := l2Params()
	for b.Loop() {
		if _, err := contracts.L2Genesis(p); err != nil {
			b.Fatal(err)
		}
	}
}
