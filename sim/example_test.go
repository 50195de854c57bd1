package sim_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/sim"
)

// One seed is one history. All ways to derive it agree with the oracle, or the failure says how they do not.
func ExampleTry() {
	counts, failure := sim.Try(5)
	fmt.Println(failure == nil, counts["L1 blocks"] > 0, counts["feature: block with transactions"] > 0)
	// Output: true true true
}
