package oracle

import "github.com/cairn-rollup/cairn/rollup"

// active says whether a fork is active at a time. Which time that has to be, of the L2 block, of its L1 origin or of the
// L1 block its batch was in, is a part of each rule.
func (d *derivation) active(fork rollup.Fork, time uint64) bool {
	start := d.config.Time(fork)
	return start != nil && *start <= time
}

// activates says whether the L2 block at a time is the first one of a fork. A fork that is active at genesis has no such
// block.
func (d *derivation) activates(fork rollup.Fork, time uint64) bool {
	return d.active(fork, time) && time >= d.config.BlockTime && !d.active(fork, time-d.config.BlockTime)
}

// The protocol's parameters, each by the time of an L1 block: the one derivation is at, except for maxDrift.

func (d *derivation) channelTimeout(l1Time uint64) uint64 {
	if d.active(rollup.Granite, l1Time) {
		return 50
	}
	return d.config.ChannelTimeout
}

func (d *derivation) maxChannelBankSize(l1Time uint64) uint64 {
	if d.active(rollup.Fjord, l1Time) {
		return 1_000_000_000
	}
	return 100_000_000
}

func (d *derivation) maxRLPBytesPerChannel(l1Time uint64) uint64 {
	if d.active(rollup.Fjord, l1Time) {
		return 100_000_000
	}
	return 10_000_000
}

// maxDrift is how many seconds an L2 block with transactions may be ahead of its L1 origin, by the time of that origin.
func (d *derivation) maxDrift(originTime uint64) uint64 {
	if d.active(rollup.Fjord, originTime) {
		return 1800
	}
	return d.config.MaxSequencerDrift
}
