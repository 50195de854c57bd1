package batcher

import (
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// Status is a snapshot for people and metrics. It is never written to once published.
type Status struct {
	Counts

	Verb          Verb // of the newest decision
	Reason        Reason
	Safe, Unsafe  eth.BlockID // of the newest view
	CurrentL1     eth.BlockID
	HeadL1        eth.BlockID
	PendingBlocks int // L2 blocks loaded and not safe
	PendingBytes  int // memory they take
	InFlight      int // submissions that have not ended

	LastError   string // the last thing that went wrong
	LastErrorAt time.Time
}

// status fills in what Core knows.
func (c *Core) status() Status {
	return Status{
		Counts: c.counts,
		Safe:   c.view.Safe.ID(), Unsafe: c.view.Unsafe.ID(), CurrentL1: c.view.CurrentL1.ID(), HeadL1: c.view.HeadL1.ID(),
		PendingBlocks: c.enc.PendingBlocks(), PendingBytes: c.enc.PendingBytes(), InFlight: len(c.inFlight),
	}
}
