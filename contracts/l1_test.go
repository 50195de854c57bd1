package contracts_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus/beacon"
	"github.com/ethereum/go-ethereum/consensus/ethash"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/params/forks"

	"github.com/cairn-rollup/cairn/contracts"
)

func TestPlacedCodeIsWhatTheCompilerSaysARunningContractHas(t *testing.T) {
	raw, err := os.ReadFile("artifacts/contracts.json")
	if err != nil {
		t.Fatal(err)
	}
	var artifact struct {
		Contracts map[string]struct {
			Runtime hexutil.Bytes `json:"runtime"`
		} `json:"contracts"`
	}
	if err := json.Unmarshal(raw, &artifact); err != nil {
		t.Fatal(err)
	}
	genesis, l1 := l1Genesis(t)
	for name, address := range map[string]common.Address{
		"SystemConfig":   l1.SystemConfig,
		"OptimismPortal": l1.OptimismPortal,
		"Multicall3":     l1.Multicall3,
	} {
		runtime := artifact.Contracts[name].Runtime
		if len(runtime) == 0 || !bytes.Equal(genesis.Alloc[address].Code, runtime) {
			t.Errorf("%s: %d bytes of code, want the artifact's %d", name, len(genesis.Alloc[address].Code), len(runtime))
		}
		if nonce := genesis.Alloc[address].Nonce; nonce != 1 {
			t.Errorf("%s: nonce %d, want 1", name, nonce)
		}
	}
	if len(artifact.Contracts) != 3 {
		t.Errorf("%d contracts in the artifact, 3 in the genesis", len(artifact.Contracts))
	}
}

func TestL1HasThePresentForksAndTheirSystemContracts(t *testing.T) {
	genesis, _ := l1Genesis(t)
	if err := genesis.Config.CheckConfigForkOrder(); err != nil {
		t.Error(err)
	}
	if fork := genesis.Config.LatestFork(genesis.Timestamp); fork != forks.Osaka {
		t.Errorf("fork at genesis %s, want Osaka", fork)
	}
	if genesis.Config.IsOptimism() {
		t.Error("the L1 is an OP Stack chain")
	}
	if blobs := genesis.Config.BlobScheduleConfig; blobs.Cancun == nil || blobs.Prague == nil || blobs.Osaka == nil {
		t.Errorf("blob schedule %+v lacks a fork", blobs)
	}
	for address, code := range map[common.Address][]byte{
		params.BeaconRootsAddress:        params.BeaconRootsCode,
		params.HistoryStorageAddress:     params.HistoryStorageCode,
		params.WithdrawalQueueAddress:    params.WithdrawalQueueCode,
		params.ConsolidationQueueAddress: params.ConsolidationQueueCode,
	} {
		if !bytes.Equal(genesis.Alloc[address].Code, code) {
			t.Errorf("system contract %s is not in place", address)
		}
	}
}

func TestL1MakesBlocks(t *testing.T) {
	genesis, _ := l1Genesis(t)
	db, blocks, receipts := core.GenerateChainWithGenesis(genesis, beacon.New(ethash.NewFaker()), 3, nil)
	defer db.Close()
	if len(blocks) != 3 || len(receipts) != 3 || blocks[0].ParentHash() != genesis.ToBlock().Hash() {
		t.Errorf("%d blocks, the first on %s", len(blocks), blocks[0].ParentHash())
	}
}

func TestL1GenesisLeavesGlobalsAlone(t *testing.T) {
	genesis, _ := l1Genesis(t)
	genesis.Config.BlobScheduleConfig.Osaka = nil
	if id := params.AllDevChainProtocolChanges.ChainID; id.Cmp(big.NewInt(1337)) != 0 {
		t.Errorf("chain id of the global configuration is now %v", id)
	}
	if params.AllDevChainProtocolChanges.BlobScheduleConfig.Osaka == nil {
		t.Error("blob schedule of the global configuration has changed")
	}
}

func TestL1ParametersAreRefused(t *testing.T) {
	for _, test := range []struct {
		says   string
		change func(*contracts.L1Params)
	}{
		{"ChainID is zero", func(p *contracts.L1Params) { p.ChainID = 0 }},
		{"GasLimit 0 is below 5000", func(p *contracts.L1Params) { p.GasLimit = 0 }},
		{"Owner is zero", func(p *contracts.L1Params) { p.Owner = common.Address{} }},
		{"Batcher is zero", func(p *contracts.L1Params) { p.Batcher = common.Address{} }},
		{"BatchInbox is zero", func(p *contracts.L1Params) { p.BatchInbox = common.Address{} }},
		{"L2ChainID <nil> is not", func(p *contracts.L1Params) { p.L2ChainID = nil }},
		{"L2ChainID 0 is not", func(p *contracts.L1Params) { p.L2ChainID = new(big.Int) }},
		{"L2ChainID equals ChainID 900", func(p *contracts.L1Params) { p.L2ChainID = big.NewInt(900) }},
		{"SystemConfigGasLimitOutOfBounds{GasLimit:0x1406f3f, Minimum:0x1406f40", func(p *contracts.L1Params) { p.L2GasLimit = 20_999_999 }},
		{"SystemConfigEIP1559ParamIsZero{Denominator:0xfa, Elasticity:0x0}", func(p *contracts.L1Params) { p.EIP1559Elasticity = 0 }},
	} {
		t.Run(test.says, func(t *testing.T) {
			p := l1Params()
			test.change(&p)
			if _, _, err := contracts.L1Genesis(p); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}
