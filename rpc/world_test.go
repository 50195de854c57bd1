package rpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
)

// chain is an L2 of one block.
type chain struct {
	block *eth.ExecutionPayload
}

func (c chain) PayloadByNumber(_ context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	if number != c.block.BlockNumber {
		return nil, fmt.Errorf("block %d: %w", number, eth.ErrNotFound)
	}
	return &eth.PayloadEnvelope{ExecutionPayload: c.block}, nil
}

func hash(n byte) common.Hash { return common.Hash{31: n} }

func l1Ref(n byte) eth.L1Ref {
	return eth.L1Ref{Hash: hash(n), Number: uint64(n), ParentHash: hash(n - 1), Time: 1000 + uint64(n)}
}

func l2Ref(n byte) eth.L2Ref {
	return eth.L2Ref{
		Hash: hash(n), Number: uint64(n), ParentHash: hash(n - 1), Time: 2000 + uint64(n), L1Origin: l1Ref(n).ID(), SequenceNumber: 3,
	}
}

var someStatus = eth.SyncStatus{
	CurrentL1: l1Ref(1), CurrentL1Finalized: l1Ref(4), HeadL1: l1Ref(2), SafeL1: l1Ref(3), FinalizedL1: l1Ref(4),
	UnsafeL2: l2Ref(11), SafeL2: l2Ref(12), FinalizedL2: l2Ref(13), PendingSafeL2: l2Ref(14), CrossUnsafeL2: l2Ref(15), LocalSafeL2: l2Ref(16),
}

// rollupConfig is a chain up to Holocene, or up to Jovian.
func rollupConfig(isthmus bool) *rollup.Config {
	canyon := uint64(250)
	c := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: hash(1)}, L2: eth.BlockID{Hash: hash(2)}, L2Time: 1_700_000_000,
			SystemConfig: rollup.SystemConfig{BatcherAddr: common.Address{1}, Scalar: eth.Bytes32{1}, GasLimit: 30_000_000},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 3600, ChannelTimeout: 300, L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901),
		BatchInboxAddress: common.Address{2}, DepositContractAddress: common.Address{3}, L1SystemConfigAddress: common.Address{4},
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	last := rollup.Holocene
	if isthmus {
		last = rollup.Jovian
	}
	for f := rollup.Regolith; f <= last; f++ {
		c.SetTime(f, new(uint64))
	}
	return c
}

// optimism is the namespace over a block, whose storage root nobody may ask for.
func optimism(cfg *rollup.Config, block *eth.ExecutionPayload) rpc.Optimism {
	return rpc.Optimism{
		Config: cfg, Sync: func() eth.SyncStatus { return someStatus }, Blocks: chain{block}, Release: "v1.2.3",
		RefOf: func(p *eth.ExecutionPayload) (eth.L2Ref, error) {
			if p.BlockNumber == 0 {
				return eth.L2Ref{}, errors.New("no L1 info")
			}
			return l2Ref(byte(p.BlockNumber)), nil
		},
		Storage: func(context.Context, *eth.ExecutionPayload) (common.Hash, error) {
			return common.Hash{}, errors.New("nobody may ask")
		},
	}
}

// serve opens a server and runs it until the test ends. It returns where it is.
func serve(t *testing.T, apis map[string]any) string {
	t.Helper()
	s, err := rpc.Listen("127.0.0.1:0", "v1.2.3", apis, nil)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, s)
}

// run serves until the test ends.
func run(t *testing.T, s *rpc.Server) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("server ended with %v", err)
		}
	})
	return s.URL()
}

// cairnOf has one value to tell.
func cairnOf(value any) rpc.Cairn { return rpc.Cairn{Status: func() any { return value }} }

func dial(t *testing.T, url string) *gethrpc.Client {
	t.Helper()
	c, err := gethrpc.DialContext(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// raw calls a method and gives the result as it came.
func raw(t *testing.T, c *gethrpc.Client, method string, args ...any) json.RawMessage {
	t.Helper()
	var result json.RawMessage
	if err := c.CallContext(t.Context(), &result, method, args...); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return result
}

// keysOf are the keys of a JSON object, sorted.
func keysOf(t *testing.T, text json.RawMessage) []string {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var keys []string
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
