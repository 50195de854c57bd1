package attributes_test

import (
	"errors"
	"math"
	"testing"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// RULES 1.2: the encoding of an update, and what a scalar from before Ecotone means after it.
func TestScalars(t *testing.T) {
	scalar := func(set ...int) (s eth.Bytes32) { // pairs of position and value
		for i := 0; i < len(set); i += 2 {
			s[set[i]] = byte(set[i+1])
		}
		return s
	}
	type S = attributes.Scalars
	for name, c := range map[string]struct {
		word    eth.Bytes32
		decoded S
		valid   bool // as an update
		used    S
		usable  bool // in a block, when no update came since Ecotone
	}{
		"version 0: base fee scalar in the last four bytes": {scalar(28, 1, 31, 2), S{BaseFee: 1<<24 + 2}, true, S{BaseFee: 1<<24 + 2}, true},
		"version 0, all zero":                               {scalar(), S{}, true, S{}, true},
		"version 0, padding dirty in its last byte: invalid update, largest scalar in use": {
			scalar(27, 1, 31, 2), S{}, false, S{BaseFee: math.MaxUint32}, true,
		},
		"version 0, padding dirty in its first byte": {scalar(1, 1), S{}, false, S{BaseFee: math.MaxUint32}, true},
		"version 1: blob scalar before base scalar": {
			scalar(0, 1, 24, 3, 27, 4, 28, 5, 31, 6),
			S{BaseFee: 5<<24 + 6, BlobBaseFee: 3<<24 + 4},
			true,
			S{BaseFee: 5<<24 + 6, BlobBaseFee: 3<<24 + 4},
			true,
		},
		"version 1, padding dirty in its last byte":  {scalar(0, 1, 23, 1), S{}, false, S{}, false},
		"version 1, padding dirty in its first byte": {scalar(0, 1, 1, 1), S{}, false, S{}, false},
		"version 2":   {scalar(0, 2), S{}, false, S{}, false},
		"version 255": {scalar(0, 255), S{}, false, S{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := attributes.DecodeScalars(c.word)
			if got != c.decoded || (err == nil) != c.valid || (err != nil && !errors.Is(err, attributes.ErrScalar)) {
				t.Errorf("decoded %+v, %v; want %+v, valid %t", got, err, c.decoded, c.valid)
			}
			if c.word[0] == 1 && c.valid && got.Encode() != c.word {
				t.Errorf("encoded %s, want %s", got.Encode(), c.word)
			}
			// In use: through a block.
			cfg := chain(t, rollup.Ecotone)
			sys := cfg.Genesis.SystemConfig
			sys.Scalar = c.word
			b := attributes.Builder{Config: cfg}
			_, next, err := b.Build(cfg.GenesisL2Ref(), sys, l1Block(100), nil)
			if (err == nil) != c.usable || (err != nil && !errors.Is(err, attributes.ErrScalar)) {
				t.Fatalf("build: %v, want usable %t", err, c.usable)
			}
			if err == nil && next.Scalar != ecotoneScalar(c.used.BaseFee, c.used.BlobBaseFee) {
				t.Errorf("used %s, want %+v", next.Scalar, c.used)
			}
		})
	}
}
