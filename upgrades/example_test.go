package upgrades_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

func ExampleTransactions() {
	builder := attributes.Builder{Upgrades: upgrades.Transactions}
	txs, ok := builder.Upgrades(rollup.Fjord)
	fmt.Println(len(txs), ok)
	txs, ok = builder.Upgrades(rollup.Lagoon)
	fmt.Println(len(txs), ok)
	// Output:
	// 3 true
	// 0 false
}
