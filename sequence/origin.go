package sequence

import (
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Choice is the outcome of choosing an L1 origin.
type Choice uint8

// The outcomes.
const (
	UseCurrent   Choice = iota // stay in the epoch
	UseNext                    // begin the next epoch
	WaitForNext                // the block would be too far ahead of its epoch, and the next L1 block is not known yet
	Inconsistent               // the head's origin is not on the L1 chain: L1 has reorganised
)

// Origins is what is known about L1 around the origin of the L2 head.
type Origins struct {
	Current eth.L1Ref  // the canonical L1 block at the number of the head's origin
	Next    *eth.L1Ref // its child, if it is deep enough below the L1 head
}

// ChooseOrigin picks the L1 origin of the block after head (RULES 10.1). It adopts the next origin as soon as time
// allows.
func ChooseOrigin(cfg *rollup.Config, head eth.L2Ref, o Origins) Choice {
	if o.Current.ID() != head.L1Origin || (o.Next != nil && o.Next.ParentHash != o.Current.Hash) {
		return Inconsistent
	}
	time := head.Time + cfg.BlockTime
	switch {
	case o.Next != nil && time >= o.Next.Time:
		return UseNext
	case o.Next == nil && pastDrift(cfg, time, o.Current.Time):
		return WaitForNext
	}
	return UseCurrent
}

// Visible says whether an L1 block is deep enough below the L1 head to build on (confirmation depth; the block and its
// confirmations are counted from the head, RULES 10.1). A depth of 0 shows everything.
func Visible(number, depth uint64, l1Head eth.L1Ref) bool {
	return depth == 0 || number == 0 || number+depth <= l1Head.Number
}

// pastDrift says whether an L2 block at a time is too far ahead of its L1 origin to hold user transactions.
func pastDrift(cfg *rollup.Config, l2Time, originTime uint64) bool {
	return l2Time > originTime+cfg.L1Rules(originTime).SequencerDriftAt
}

// MustBeEmpty says whether a block may not hold user transactions (RULES 10.2): it is too far ahead of its L1 origin, or
// it activates a fork that upgrades contracts.
func MustBeEmpty(cfg *rollup.Config, l2Time, originTime uint64) bool {
	return pastDrift(cfg, l2Time, originTime) || cfg.L2Rules(l2Time).SequenceEmpty
}
