package geth_test

import (
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
)

// op-geth answers with an error while it indexes transactions, and clients take that for a failure.
func TestUnknownTransactionIsNullFromTheFirstMoment(t *testing.T) {
	client := ethclient.NewClient(openL2(t).RPC())
	if _, err := client.TransactionReceipt(t.Context(), common.Hash{1}); !errors.Is(err, ethereum.NotFound) {
		t.Errorf("receipt of an unknown transaction: %v, want not found", err)
	}
}
