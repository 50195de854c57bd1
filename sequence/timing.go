package sequence

import (
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// StartAt is when to begin the block after head: one block time before its timestamp, or long ago when the chain is
// behind (RULES 10.3).
func StartAt(head eth.L2Ref) time.Time {
	return unix(head.Time)
}

// SealAt is when to seal the block after head: so long before its timestamp as sealing takes (RULES 10.3).
func SealAt(cfg *rollup.Config, head eth.L2Ref, sealing time.Duration) time.Time {
	return unix(head.Time + cfg.BlockTime).Add(-sealing)
}

// Stalled says whether the safe head lags so far behind that no block should be added. maxLag 0 means never.
func Stalled(unsafe, safe eth.L2Ref, maxLag uint64) bool {
	return maxLag > 0 && unsafe.Number-safe.Number >= maxLag
}

func unix(seconds uint64) time.Time { return time.Unix(int64(seconds), 0) } //nolint:gosec // block times fit
