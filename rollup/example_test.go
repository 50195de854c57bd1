package rollup_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/rollup"
)

// Which rules hold is asked once per block, with the clock that decides them.
func ExampleConfig_L2Rules() {
	isthmus := uint64(1600)
	cfg := rollup.Config{BlockTime: 2, IsthmusTime: &isthmus}
	for _, time := range []uint64{1598, 1600, 1602} {
		rules := cfg.L2Rules(time)
		fmt.Println(time, rules.WithdrawalsRoot, rules.OperatorFee, rules.Activates)
	}
	// Output:
	// 1598 false false []
	// 1600 true false [isthmus]
	// 1602 true true []
}

// A wrong file is refused with the field, its value, and what to do.
func ExampleParse() {
	_, _, err := rollup.Parse([]byte(`{"block_time": "2"}`))
	fmt.Println(err)
	// Output: block_time = "2": write a whole number of at least 0, without quotes
}
