package driver

import (
	"errors"
	"time"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/sequence"
)

// needs is what derivation cannot go on without, once all is planned.
func (c *Core) needs() Need {
	if c.failure != nil {
		return NeedNothing
	}
	if c.machine == nil {
		return NeedStart
	}
	switch w := c.want.(type) {
	case derive.NeedL1:
		if _, unwritten := c.unwritten(); unwritten {
			return NeedDisk
		}
		switch {
		case w.Number > c.l1.Head.Number, !sequence.Visible(w.Number, c.cfg.VerifierConfs, c.l1.Head):
			return NeedL1Head
		default:
			return NeedL1Block
		}
	case derive.NeedBlobs:
		return NeedBlobs
	case derive.NeedL2, derive.Build:
		return NeedEngine
	default:
		return NeedNothing
	}
}

// pendingSafe is the last block of a batch that is being applied, or else the safe head.
func (c *Core) pendingSafe() eth.L2Ref {
	if c.machine != nil && c.machine.PendingSafe().Number > c.heads.Safe.Number {
		return c.machine.PendingSafe()
	}
	return c.heads.Safe
}

// tips are the heads that Moved tells of.
type tips struct {
	l1, currentL1           eth.L1Ref
	unsafe, safe, finalized eth.L2Ref
}

func (c *Core) tips() tips {
	t := tips{l1: c.l1.Head, unsafe: c.heads.Unsafe, safe: c.heads.Safe, finalized: c.heads.Finalized}
	if c.machine != nil {
		t.currentL1 = c.machine.Origin()
	}
	return t
}

// since notes which heads have changed.
func (m Moved) since(before, after tips, now time.Time) Moved {
	if before.l1 != after.l1 {
		m.L1 = now
	}
	if before.currentL1 != after.currentL1 {
		m.CurrentL1 = now
	}
	if before.unsafe != after.unsafe {
		m.Unsafe = now
	}
	if before.safe != after.safe {
		m.Safe = now
	}
	if before.finalized != after.finalized {
		m.Finalized = now
	}
	return m
}

// faultOf is the fault of an error, as it was marked where it was met or else by what it means and who did not answer.
func faultOf(lane string, err error) eth.Fault {
	if marked := eth.FaultOf(err); marked != "" {
		return marked
	}
	switch lane {
	case "engine", "start":
		switch {
		case eth.IsRejected(err):
			return eth.EngineRejectsBlock
		case errors.Is(err, eth.ErrForkchoice):
			return eth.EngineRejectsLabels
		case isMissing(err):
			return eth.EngineForgotBlock
		}
		return eth.EngineError
	case "l1", "origin":
		if isMissing(err) {
			return eth.L1BlockMissing
		}
		return eth.L1Error
	}
	return eth.DerivationHalted
}

// marked marks an error that is not marked yet.
func marked(fault eth.Fault, err error) error {
	if err == nil || eth.FaultOf(err) != "" {
		return err
	}
	return eth.WithFault(fault, err)
}
