package geth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// op-geth answers with an error while it indexes transactions, and clients take that for a failure.
func TestUnknownTransactionIsNullFromTheFirstMoment(t *testing.T) {
	client := ethclient.NewClient(openL2(t).RPC())
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := client.TransactionReceipt(t.Context(), common.Hash{1})
		if errors.Is(err, ethereum.NotFound) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("receipt of an unknown transaction: %v, want not found", err)
		case <-tick.C:
		}
	}
}
