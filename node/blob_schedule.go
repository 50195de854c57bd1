package node

import (
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/rollup"
)

// BlobSchedule reads the blob fee parameters out of an L1 chain configuration: those of each fork, and of the forks that
// change nothing else (EIP-7840, EIP-7892).
func BlobSchedule(l1 *params.ChainConfig) rollup.BlobSchedule {
	s := l1.BlobScheduleConfig
	if s == nil {
		return nil
	}
	var out rollup.BlobSchedule
	for _, f := range []struct {
		time *uint64
		blob *params.BlobConfig
	}{
		{l1.CancunTime, s.Cancun},
		{l1.PragueTime, s.Prague},
		{l1.OsakaTime, s.Osaka},
		{l1.BPO1Time, s.BPO1},
		{l1.BPO2Time, s.BPO2},
		{l1.BPO3Time, s.BPO3},
		{l1.BPO4Time, s.BPO4},
		{l1.BPO5Time, s.BPO5},
	} {
		if f.time != nil && f.blob != nil {
			out = append(out, rollup.BlobParams{Time: *f.time, UpdateFraction: f.blob.UpdateFraction})
		}
	}
	return out
}
