package rpc_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rpc"
)

// safeHeads knows L1 blocks 5 and above, but for 13.
func safeHeads(l1 uint64) (eth.BlockID, eth.BlockID, error) {
	switch {
	case l1 < 5:
		return eth.BlockID{}, eth.BlockID{}, fmt.Errorf("L1 block %d: %w", l1, eth.ErrNotFound)
	case l1 == 13:
		return eth.BlockID{}, eth.BlockID{}, errors.New("nothing was recorded for L1 blocks 13 to 13")
	}
	return eth.BlockID{Hash: hash(1), Number: l1}, eth.BlockID{Hash: hash(2), Number: 10 * l1}, nil
}

func TestSafeHeadAtL1BlockHasOpNodesShape(t *testing.T) {
	o := optimism(rollupConfig(true), &eth.ExecutionPayload{})
	o.SafeHeadAt = safeHeads
	c := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	want := shape(`{"l1Block":{"hash":"0x…1","number":16},"safeHead":{"hash":"0x…2","number":160}}`)
	if got := compact(t, raw(t, c, "optimism_safeHeadAtL1Block", "0x10")); got != want {
		t.Errorf("answer is %s, want %s", got, want)
	}
	var back rpc.SafeHeadResponse
	if err := c.CallContext(t.Context(), &back, "optimism_safeHeadAtL1Block", "0x5"); err != nil || back.L1Block.Number != 5 || back.SafeHead != (eth.BlockID{Hash: hash(2), Number: 50}) {
		t.Errorf("reading it back: %v, %+v", err, back)
	}
}

func TestSafeHeadAtL1BlockHasOpNodesErrorTexts(t *testing.T) {
	o := optimism(rollupConfig(true), &eth.ExecutionPayload{})
	without := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	o.SafeHeadAt = safeHeads
	with := dial(t, serve(t, map[string]any{"optimism": o.API()}))
	for _, c := range []struct {
		name    string
		enabled bool
		args    []any
		want    string
	}{
		{"no record is kept", false, []any{"0x10"}, "failed to get safe head at l1 block 0x10: safe head database not enabled"},
		{"before the first entry", true, []any{"0x4"}, "not found"},
		{"a record that cannot answer says why", true, []any{"0xd"}, "failed to get safe head at l1 block 0xd: nothing was recorded for L1 blocks 13 to 13"},
		{"no number", true, nil, "missing value for required argument 0"},
		{"decimal number", true, []any{"16"}, "invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go value of type hexutil.Uint64"},
	} {
		client := without
		if c.enabled {
			client = with
		}
		if err := client.CallContext(t.Context(), nil, "optimism_safeHeadAtL1Block", c.args...); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
