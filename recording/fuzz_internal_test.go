package recording

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// What is read of an L1 block is written again as the same block, and nothing panics.
func FuzzL1Block(f *testing.F) {
	const recorded = "../cmd/cairn/testdata/recording/"
	r, err := Open(recorded)
	if err != nil {
		f.Fatal(err)
	}
	for _, number := range r.l1s {
		text, err := os.ReadFile(recorded + l1Name(number))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(number, text)
	}
	f.Fuzz(func(t *testing.T, number uint64, text []byte) {
		b, err := decodeL1(r.config, number, text)
		if err != nil {
			return
		}
		once, err := json.Marshal(encodeL1(b))
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeL1(r.config, number, once)
		if err != nil {
			t.Fatalf("%v: %s", err, once)
		}
		twice, err := json.Marshal(encodeL1(again))
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%v: %s became %s", err, once, twice)
		}
	})
}
