package l1_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// A beacon node that has pruned its blobs answers with an empty list.
func ExampleBeacon_Blobs() {
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[]}`)
	}))
	defer node.Close()
	beacon, err := l1.NewBeacon(node.URL, l1.BeaconConfig{Clock: l1.SlotClock{GenesisTime: 1606824023, SecondsPerSlot: 12}})
	if err != nil {
		fmt.Println(err)
		return
	}
	block := eth.L1Ref{Number: 19_426_587, Time: 1710338135}
	_, err = beacon.Blobs(context.Background(), block, []common.Hash{{0x01}})
	var missing *l1.MissingBlobsError
	fmt.Println(errors.Is(err, eth.ErrNotFound), errors.As(err, &missing) && missing.Slot == 8626176)
	// Output: true true
}
