package contracts

import (
	"strings"
	"testing"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	predeploys "github.com/ethereum-optimism/optimism/op-core/nuts/state"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

func jovianAlloc(t *testing.T) types.GenesisAlloc {
	t.Helper()
	alloc, err := predeploys.PreForkState(forks.Karst)
	if err != nil {
		t.Fatal(err)
	}
	return alloc
}

func TestPredeploysWithOtherCodeThanPublishedAreRefused(t *testing.T) {
	if err := checkJovianCode(jovianAlloc(t)); err != nil {
		t.Fatal(err)
	}
	for _, predeploy := range []common.Address{l1Block, gasPriceOracle} {
		alloc := jovianAlloc(t)
		alloc[implementation(alloc, predeploy)].Code[100] ^= 1
		if err := checkJovianCode(alloc); err == nil || !strings.Contains(err.Error(), predeploy.String()) {
			t.Errorf("one bit off in the code of %s: %v", predeploy, err)
		}
		alloc = jovianAlloc(t)
		delete(alloc, predeploy)
		if err := checkJovianCode(alloc); err == nil {
			t.Errorf("%s is missing, and nobody says so", predeploy)
		}
	}
	// The state of another fork: Lagoon's predecessor is Karst.
	karst, err := predeploys.PreForkState(forks.Lagoon)
	if err != nil {
		t.Fatal(err)
	}
	if checkJovianCode(karst) == nil {
		t.Error("Karst's predeploys pass for Jovian's")
	}
}

func TestPredeploysWithAnotherLayoutAreRefused(t *testing.T) {
	for _, missing := range []struct {
		predeploy common.Address
		slot      common.Hash
	}{
		{l2CrossDomainMessenger, common.Hash{31: 0xcf}},
		{l2StandardBridge, common.Hash{31: 4}},
		{l2ERC721Bridge, common.Hash{31: 2}},
		{proxyAdmin, common.Hash{}},
	} {
		alloc := jovianAlloc(t)
		delete(alloc[missing.predeploy].Storage, missing.slot)
		if err := tie(alloc, L2Params{}); err == nil || !strings.Contains(err.Error(), missing.predeploy.String()) {
			t.Errorf("slot %s of %s is missing: %v", missing.slot, missing.predeploy, err)
		}
	}
	alloc := jovianAlloc(t)
	if replaceFeeRecipient(alloc, sequencerFeeVault, common.Address{1}, common.Address{2}) == nil {
		t.Error("a fee vault with another recipient than known is accepted")
	}
}
