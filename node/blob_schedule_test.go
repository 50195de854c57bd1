package node_test

import (
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/rollup"
)

func at(time uint64) *uint64 { return &time }

func TestBlobScheduleIsThatOfTheL1Configuration(t *testing.T) {
	fractions := func(f ...uint64) []*params.BlobConfig {
		var all []*params.BlobConfig
		for _, fraction := range f {
			all = append(all, &params.BlobConfig{Target: 3, Max: 6, UpdateFraction: fraction})
		}
		return all
	}
	b := fractions(1, 2, 3, 4, 5, 6, 7, 8)
	for _, c := range []struct {
		name string
		l1   params.ChainConfig
		want rollup.BlobSchedule
	}{
		{"no blobs", params.ChainConfig{CancunTime: at(0)}, nil},
		{
			"Cancun alone",
			params.ChainConfig{CancunTime: at(5), BlobScheduleConfig: &params.BlobScheduleConfig{Cancun: b[0]}},
			rollup.BlobSchedule{{Time: 5, UpdateFraction: 1}},
		},
		{
			"forks that are not scheduled do not count",
			params.ChainConfig{CancunTime: at(0), PragueTime: at(10), BlobScheduleConfig: &params.BlobScheduleConfig{Cancun: b[0], Prague: b[1], Osaka: b[2], BPO1: b[3]}},
			rollup.BlobSchedule{{Time: 0, UpdateFraction: 1}, {Time: 10, UpdateFraction: 2}},
		},
		{
			"all forks, in the order of time",
			params.ChainConfig{
				CancunTime: at(0), PragueTime: at(10), OsakaTime: at(20), BPO1Time: at(30), BPO2Time: at(40), BPO3Time: at(50), BPO4Time: at(60), BPO5Time: at(70),
				BlobScheduleConfig: &params.BlobScheduleConfig{Cancun: b[0], Prague: b[1], Osaka: b[2], BPO1: b[3], BPO2: b[4], BPO3: b[5], BPO4: b[6], BPO5: b[7]},
			},
			rollup.BlobSchedule{
				{Time: 0, UpdateFraction: 1},
				{Time: 10, UpdateFraction: 2},
				{Time: 20, UpdateFraction: 3},
				{Time: 30, UpdateFraction: 4},
				{Time: 40, UpdateFraction: 5},
				{Time: 50, UpdateFraction: 6},
				{Time: 60, UpdateFraction: 7},
				{Time: 70, UpdateFraction: 8},
			},
		},
	} {
		if got := node.BlobSchedule(&c.l1); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The fractions of Ethereum, which are those of EIP-4844, EIP-7691 and EIP-7892's first two forks.
func TestBlobScheduleOfMainnet(t *testing.T) {
	var got []uint64
	schedule := node.BlobSchedule(params.MainnetChainConfig)
	for _, p := range schedule {
		got = append(got, p.UpdateFraction)
	}
	if want := []uint64{3338477, 5007716, 5007716, 8346193, 11684671}; !slices.Equal(got, want) {
		t.Errorf("fractions are %v, want %v", got, want)
	}
	if !slices.IsSortedFunc(schedule, func(a, b rollup.BlobParams) int { return int(a.Time) - int(b.Time) }) {
		t.Errorf("not in the order of time: %v", schedule)
	}
}
