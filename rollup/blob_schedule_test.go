package rollup_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/consensus/misc/eip4844"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/rollup"
)

// mainnetBlobs is the schedule of Ethereum Mainnet.
func mainnetBlobs() rollup.BlobSchedule {
	c := params.MainnetChainConfig
	return rollup.BlobSchedule{
		{Time: *c.CancunTime, UpdateFraction: c.BlobScheduleConfig.Cancun.UpdateFraction},
		{Time: *c.PragueTime, UpdateFraction: c.BlobScheduleConfig.Prague.UpdateFraction},
		{Time: *c.OsakaTime, UpdateFraction: c.BlobScheduleConfig.Osaka.UpdateFraction},
		{Time: *c.BPO1Time, UpdateFraction: c.BlobScheduleConfig.BPO1.UpdateFraction},
		{Time: *c.BPO2Time, UpdateFraction: c.BlobScheduleConfig.BPO2.UpdateFraction},
	}
}

func TestBlobBaseFee(t *testing.T) {
	blobs := rollup.BlobSchedule{{Time: 100, UpdateFraction: rollup.CancunUpdateFraction}, {Time: 200, UpdateFraction: 5007716}}
	excess := func(n uint64) *uint64 { return &n }
	for name, c := range map[string]struct {
		blobs  rollup.BlobSchedule
		excess *uint64
		time   uint64
		cancun bool
		want   string
	}{
		"no blobs on L1: 1":                               {blobs, nil, 300, false, "1"},
		"excess 0: the minimum":                           {blobs, excess(0), 300, false, "1"},
		"EIP-4844: just below 2":                          {blobs, excess(2314057), 199, false, "1"},
		"EIP-4844: just 2":                                {blobs, excess(2314058), 199, false, "2"},
		"EIP-4844: 23":                                    {blobs, excess(10 * 1024 * 1024), 199, false, "23"},
		"Cancun until one second before Prague":           {blobs, excess(100_000_000), 199, false, "10203769476395"},
		"Prague from its second on":                       {blobs, excess(100_000_000), 200, false, "470442149"},
		"cancun forces the fraction from before Prague":   {blobs, excess(100_000_000), 200, true, "10203769476395"},
		"cancun where there are no blobs":                 {blobs, nil, 200, true, "1"},
		"before the first entry the fraction is Cancun's": {blobs, excess(100_000_000), 99, false, "10203769476395"},
		"no schedule":                                     {nil, excess(100_000_000), 99, false, "10203769476395"},
	} {
		if got := c.blobs.BaseFee(c.excess, c.time, c.cancun); got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestBlobBaseFeeAgreesWithGeth(t *testing.T) {
	mainnet, blobs := params.MainnetChainConfig, mainnetBlobs()
	for i, fork := range blobs {
		for _, time := range []uint64{fork.Time - 1, fork.Time, fork.Time + 1} {
			if i == 0 && time < fork.Time {
				continue // no blobs yet
			}
			for excess := uint64(0); excess < 250_000_000; excess += 131072*7 + 13 {
				want := eip4844.CalcBlobFee(mainnet, &types.Header{Time: time, ExcessBlobGas: &excess, Difficulty: new(big.Int)})
				if got := blobs.BaseFee(&excess, time, false); got.Cmp(want) != 0 {
					t.Fatalf("excess %d at %d: %s, want %s", excess, time, got, want)
				}
			}
		}
	}
}

func BenchmarkBlobBaseFee(b *testing.B) {
	blobs, excess := mainnetBlobs(), uint64(100_000_000)
	for b.Loop() {
		blobs.BaseFee(&excess, 1<<40, false)
	}
}

func TestBlobBaseFeeOfAMadeUpHeaderIsBounded(t *testing.T) {
	s := rollup.BlobSchedule{{UpdateFraction: rollup.CancunUpdateFraction}}
	for _, excess := range []uint64{176 * rollup.CancunUpdateFraction, 177 * rollup.CancunUpdateFraction, math.MaxUint64} {
		if fee := s.BaseFee(&excess, 0, false); fee.BitLen() > 256 || fee.BitLen() < 250 {
			t.Errorf("excess %d: a fee of %d bits, want one of at most 256", excess, fee.BitLen())
		}
	}
}
