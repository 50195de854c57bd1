package store_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/store"
)

func Example() {
	s, err := store.OpenSafeHeads("") // in memory
	if err != nil {
		panic(err)
	}
	defer s.Close()
	if err := s.Record(eth.BlockID{Number: 100}, eth.BlockID{Number: 7}); err != nil {
		panic(err)
	}
	l1, l2, err := s.At(105)
	fmt.Println(l1.Number, l2.Number, err)
	_, _, err = s.At(99)
	fmt.Println(err)
	// Output:
	// 100 7 <nil>
	// not found
}
