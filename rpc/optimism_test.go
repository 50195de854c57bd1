package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
)

const (
	l1RefShape = `{"hash":"0x…1","number":1,"parentHash":"0x…0","timestamp":1001}`
	l2RefShape = `{"hash":"0x…b","number":11,"parentHash":"0x…a","timestamp":2011,"l1origin":{"hash":"0x…b","number":11},"sequenceNumber":3}`
)

// shape writes a shape out: an ellipsis stands for the zeros of a hash.
func shape(text string) string { return strings.ReplaceAll(text, "…", strings.Repeat("0", 63)) }

func compact(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSyncStatusHasOpNodesShape(t *testing.T) {
	c := dial(t, serve(t, map[string]any{"optimism": optimism(rollupConfig(true), &eth.ExecutionPayload{}).API()}))
	answer := raw(t, c, "optimism_syncStatus")
	want := "cross_unsafe_l2 current_l1 current_l1_finalized finalized_l1 finalized_l2 head_l1 local_safe_l2 pending_safe_l2 safe_l1 safe_l2 unsafe_l2"
	if got := strings.Join(keysOf(t, answer), " "); got != want {
		t.Errorf("keys are %s, want %s", got, want)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(answer, &fields); err != nil {
		t.Fatal(err)
	}
	if got := compact(t, fields["current_l1"]); got != shape(l1RefShape) {
		t.Errorf("an L1 reference is %s, want %s", got, shape(l1RefShape))
	}
	if got := compact(t, fields["unsafe_l2"]); got != shape(l2RefShape) {
		t.Errorf("an L2 reference is %s, want %s", got, shape(l2RefShape))
	}
	for key, number := range map[string]string{"safe_l1": `"number":3`, "finalized_l1": `"number":4`, "safe_l2": `"number":12`, "local_safe_l2": `"number":16`} {
		if !strings.Contains(string(fields[key]), number) {
			t.Errorf("%s is %s", key, fields[key])
		}
	}
	var back eth.SyncStatus
	if err := json.Unmarshal(answer, &back); err != nil || back != someStatus {
		t.Errorf("reading it back: %v, %+v", err, back)
	}
}

func TestUnknownReferencesAreZeroAndNotNull(t *testing.T) {
	o := optimism(rollupConfig(true), &eth.ExecutionPayload{})
	o.Sync = func() eth.SyncStatus { return eth.SyncStatus{} }
	if answer := raw(t, dial(t, serve(t, map[string]any{"optimism": o.API()})), "optimism_syncStatus"); strings.Contains(string(answer), "null") {
		t.Errorf("null in %s", answer)
	}
}

func TestRollupConfigAndVersion(t *testing.T) {
	cfg := rollupConfig(true)
	c := dial(t, serve(t, map[string]any{"optimism": optimism(cfg, &eth.ExecutionPayload{}).API()}))
	want, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	answer := raw(t, c, "optimism_rollupConfig")
	if got := compact(t, answer); got != string(want) {
		t.Errorf("configuration is %s, want rollup.json: %s", got, want)
	}
	if _, unknown, err := rollup.Parse(answer); err != nil || len(unknown) > 0 {
		t.Errorf("it does not parse: %v, unknown keys %v", err, unknown)
	}
	if got := raw(t, c, "optimism_version"); string(got) != `"v1.2.3"` {
		t.Errorf("version is %s", got)
	}
}

// From Isthmus on the block carries the storage root; the output root is keccak256 over version, state root, storage root and
// block hash (specs: proposals).
func TestOutputAtBlockFromIsthmusOn(t *testing.T) {
	root := hash(77)
	block := &eth.ExecutionPayload{BlockNumber: 11, BlockHash: hash(11), StateRoot: hash(50), WithdrawalsRoot: &root}
	c := dial(t, serve(t, map[string]any{"optimism": optimism(rollupConfig(true), block).API()}))
	answer := raw(t, c, "optimism_outputAtBlock", "0xb")
	if got, want := strings.Join(keysOf(t, answer), " "), "blockRef outputRoot stateRoot syncStatus version withdrawalStorageRoot"; got != want {
		t.Errorf("keys are %s, want %s", got, want)
	}
	var got struct {
		Version, OutputRoot, StateRoot, WithdrawalStorageRoot common.Hash
		BlockRef, SyncStatus                                  json.RawMessage
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	zero, h50, h77, h11 := hash(0), hash(50), hash(77), hash(11)
	if want := crypto.Keccak256Hash(zero[:], h50[:], h77[:], h11[:]); got.OutputRoot != want {
		t.Errorf("output root is %s, want %s", got.OutputRoot, want)
	}
	if got.Version != zero || got.StateRoot != h50 || got.WithdrawalStorageRoot != h77 {
		t.Errorf("answer is %s", answer)
	}
	if text := compact(t, got.BlockRef); text != shape(l2RefShape) {
		t.Errorf("blockRef is %s", text)
	}
	var status eth.SyncStatus
	if err := json.Unmarshal(got.SyncStatus, &status); err != nil || status != someStatus {
		t.Errorf("syncStatus is %s", got.SyncStatus)
	}
}

func TestOutputAtBlockBeforeIsthmusNeedsAProof(t *testing.T) {
	header := hash(66) // means something else before Isthmus
	block := &eth.ExecutionPayload{BlockNumber: 11, BlockHash: hash(11), StateRoot: hash(50), WithdrawalsRoot: &header}
	o := optimism(rollupConfig(false), block)
	o.Storage = func(_ context.Context, b *eth.ExecutionPayload) (common.Hash, error) {
		if b != block {
			return common.Hash{}, errors.New("another block")
		}
		return hash(77), nil
	}
	var got eth.OutputResponse
	c := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	if err := c.CallContext(t.Context(), &got, "optimism_outputAtBlock", "0xb"); err != nil {
		t.Fatal(err)
	}
	if got.WithdrawalStorageRoot != hash(77) || got.OutputRoot != eth.OutputRootV0(hash(50), hash(77), hash(11)) {
		t.Errorf("storage root %s, output root %s", got.WithdrawalStorageRoot, got.OutputRoot)
	}
}

// op-node's --fetch-withdrawal-root-from-state.
func TestOutputAtBlockProvesTheRootFromIsthmusOnIfAsked(t *testing.T) {
	header := hash(66)
	block := &eth.ExecutionPayload{BlockNumber: 11, BlockHash: hash(11), StateRoot: hash(50), WithdrawalsRoot: &header}
	o := optimism(rollupConfig(true), block)
	o.ProveStorageRoots = true
	o.Storage = func(context.Context, *eth.ExecutionPayload) (common.Hash, error) { return hash(77), nil }
	var got eth.OutputResponse
	c := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	if err := c.CallContext(t.Context(), &got, "optimism_outputAtBlock", "0xb"); err != nil || got.WithdrawalStorageRoot != hash(77) {
		t.Errorf("storage root %s (%v), want that of the proof", got.WithdrawalStorageRoot, err)
	}
}

// The block is read between two looks at the status: the answer is the one that claims less.
func TestOutputAtBlockNeverClaimsMoreThanWasSoWhileTheBlockWasRead(t *testing.T) {
	root := hash(77)
	at := func(safe uint64) (s eth.SyncStatus) {
		s.SafeL2.Number = safe
		return s
	}
	for _, c := range []struct {
		name                string
		before, after, want uint64
	}{
		{"the chain grew: what was before", 10, 20, 10},
		{"L1 went back: what is after", 20, 10, 10},
		{"nothing happened", 10, 10, 10},
	} {
		o := optimism(rollupConfig(true), &eth.ExecutionPayload{BlockNumber: 11, WithdrawalsRoot: &root})
		looks := []eth.SyncStatus{at(c.before), at(c.after)}
		o.Sync = func() eth.SyncStatus {
			s := looks[0]
			looks = looks[1:]
			return s
		}
		var got eth.OutputResponse
		if err := dial(t, serve(t, map[string]any{"optimism": o.API()})).CallContext(t.Context(), &got, "optimism_outputAtBlock", "0xb"); err != nil || got.Status.SafeL2.Number != c.want {
			t.Errorf("%s: %v, safe head %v, want %d", c.name, err, got.Status, c.want)
		}
	}
}

func TestDependencySetHasOpNodesShape(t *testing.T) {
	o := optimism(rollupConfig(true), &eth.ExecutionPayload{})
	without := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	if err := without.CallContext(t.Context(), nil, "optimism_dependencySet"); err == nil || err.Error() != "not found" {
		t.Errorf("a chain without one: %v", err)
	}
	o.DependencySet = &rpc.DependencySet{Dependencies: map[string]struct{}{"902": {}, "901": {}}}
	if got := compact(t, raw(t, dial(t, serve(t, map[string]any{"optimism": o.API()})), "optimism_dependencySet")); got != `{"dependencies":{"901":{},"902":{}}}` {
		t.Errorf("answer is %s", got)
	}
	o.DependencySet.OverrideMessageExpiryWindow = 60
	if got := compact(t, raw(t, dial(t, serve(t, map[string]any{"optimism": o.API()})), "optimism_dependencySet")); got != `{"dependencies":{"901":{},"902":{}},"overrideMessageExpiryWindow":60}` {
		t.Errorf("answer is %s", got)
	}
}

func TestOutputAtBlockSaysWhatIsWrong(t *testing.T) {
	root := hash(77)
	output := "failed to get L2 output at block " + hash(11).Hex() + ":11: "
	for _, c := range []struct {
		name    string
		isthmus bool
		block   eth.ExecutionPayload
		args    []any
		want    string
	}{
		{"unknown block", true, eth.ExecutionPayload{BlockNumber: 11, WithdrawalsRoot: &root}, []any{"0xc"}, "failed to get L2 block ref with sync status: failed to determine L2BlockRef of height 12, could not get payload: not found"},
		{"block without L1 info", true, eth.ExecutionPayload{WithdrawalsRoot: &root}, []any{"0x0"}, "failed to get L2 block ref with sync status: read L2 block 0: no L1 info"},
		{"block without storage root", true, eth.ExecutionPayload{BlockNumber: 11}, []any{"0xb"}, output + "the engine's block lacks withdrawalsRoot although Isthmus is active"},
		{"no proof", false, eth.ExecutionPayload{BlockNumber: 11}, []any{"0xb"}, output + "nobody may ask"},
		{"no number", true, eth.ExecutionPayload{}, nil, "missing value for required argument 0"},
		{"decimal text", true, eth.ExecutionPayload{}, []any{"11"}, "invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go value of type hexutil.Uint64"},
		{"JSON number", true, eth.ExecutionPayload{}, []any{11}, "invalid argument 0: json: cannot unmarshal non-string into Go value of type hexutil.Uint64"},
		{"too many arguments", true, eth.ExecutionPayload{}, []any{"0xb", true}, "too many arguments, want at most 1"},
	} {
		client := dial(t, serve(t, map[string]any{"optimism": optimism(rollupConfig(c.isthmus), &c.block).API()}))
		err := client.CallContext(t.Context(), nil, "optimism_outputAtBlock", c.args...)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
