package network_test

import (
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/network"
)

func ExampleLookup() {
	cfg, extra, err := network.Lookup("sepolia")
	if err != nil {
		panic(err)
	}
	fmt.Println(extra.Name, cfg.L2ChainID, time.Unix(int64(*cfg.JovianTime), 0).UTC())
	_, _, err = network.Lookup("unichain")
	fmt.Println(err)
	// Output:
	// op-sepolia 11155420 2025-11-19 16:00:01 +0000 UTC
	// no network "unichain" is built in; the nearest are unichain-mainnet, unichain-sepolia, funki-mainnet
}
