package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Counts says how often things happened, by name.
type Counts map[string]int

// add counts; nil counts nothing.
func (c Counts) add(name string, n int) {
	if c != nil && n > 0 {
		c[name] += n
	}
}

// Merge adds the counts of another.
func (c Counts) Merge(other Counts) {
	for name, n := range other {
		c[name] += n
	}
}

// Lines are all counts in the order of their names.
func (c Counts) Lines() (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		lines = append(lines, fmt.Sprintf("%9d  %s", c[name], name))
	}
	return lines
}

// notes counts what a machine left out.
func (c Counts) notes(notes []derive.Note) {
	for _, n := range notes {
		c.add(reasonName(n.Reason), 1)
	}
}

// reasonName names a reason with the package that gives it: some words mean something in two of them.
func reasonName(reason fmt.Stringer) string {
	switch reason.(type) {
	case channel.Reason:
		return "channel: " + reason.String()
	case batch.Reason:
		return "batch: " + reason.String()
	case attributes.UpdateReason:
		return "update: " + reason.String()
	case derive.Reason:
		return "derive: " + reason.String()
	}
	return fmt.Sprintf("%T: %s", reason, reason)
}

// halt counts why a chain cannot go on.
func (c Counts) halt(why string) {
	for sign, name := range map[string]string{
		"malformed deposit": "malformed deposit", "of deposits only": "deposits only", rollup.Lagoon.String(): "lagoon",
		"wants to go back": "batch two epochs after its parent",
	} {
		if strings.Contains(why, sign) {
			c.add("halt: "+name, 1)
			return
		}
	}
	c.add("halt: "+why, 1)
}

// reorg counts a branch that was left, by the number of blocks that it made void.
func (c Counts) reorg(depth int) {
	if depth >= 10 {
		c.add("reorg depth 10 and more", 1)
		return
	}
	c.add(fmt.Sprintf("reorg depth %02d", depth), 1)
}

// block counts what a block that was derived is an example of.
func (c Counts) block(cfg *rollup.Config, d *derive.Derived) {
	if c == nil {
		return
	}
	c.add("L2 blocks", 1)
	users, deposits := 0, -1 // the L1 info is none
	for _, tx := range d.Attributes.Transactions {
		if eth.IsDeposit(tx) {
			deposits++
			continue
		}
		users++
	}
	switch {
	case d.Replaced:
		c.add("feature: block replaced by deposits only", 1)
	case users > 0:
		c.add("feature: block with transactions", 1)
	case d.DerivedFrom.Number >= d.Origin.Number+cfg.SeqWindowSize:
		c.add("feature: block at or after the end of its window", 1)
	}
	if d.SequenceNumber == 0 && deposits > 0 {
		c.add("feature: deposits", deposits)
	}
	if drift := cfg.L1Rules(d.DerivedFrom.Time).SequencerDriftAt; d.DerivedFrom.Time > 0 && d.SequenceNumber > 0 && d.SequenceNumber*cfg.BlockTime > drift {
		c.add("feature: block beyond the drift", 1)
	}
	rules := cfg.L2Rules(d.Attributes.Timestamp)
	for _, f := range rules.Activates {
		c.add("activation: "+f.String(), 1)
	}
	if len(rules.Activates) > 1 {
		c.add("activation: several at once", 1)
	}
}
