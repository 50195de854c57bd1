package oracle

import (
	"bytes"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
)

// verdict is what is known about a batch (specs: Batch Queue; Holocene).
type verdict int

const (
	drop      verdict = iota // invalid, and so for ever
	accept                   // valid
	undecided                // L1 has not said enough yet
	future                   // its time has not come; before Holocene only
	past                     // it says nothing new; from Holocene on only
)

// checkSingular follows the specs' rules in their order. The epochs are never none: the first one is the rollup's first
// L1 block.
func (d *derivation) checkSingular(b *singular, inclusion uint64) verdict {
	epochs, head := d.epochs(), d.head()
	epoch := epochs[0]
	next := d.timeOf(head.Number + 1)
	if b.Timestamp > next {
		return d.orStrict(future, drop)
	}
	if b.Timestamp < next {
		return d.orStrict(drop, past)
	}
	if b.ParentHash != head.Hash {
		return drop
	}
	if b.EpochNumber+d.config.SeqWindowSize < inclusion {
		return drop
	}
	if b.EpochNumber < epoch.number || b.EpochNumber > epoch.number+1 {
		return drop
	}
	origin := epoch
	if b.EpochNumber == epoch.number+1 {
		if len(epochs) < 2 {
			return undecided
		}
		origin = epochs[1]
	}
	if b.EpochHash != origin.hash {
		return drop
	}
	if b.Timestamp < origin.time {
		return drop
	}
	// The first block of Jovian and of each fork after it has only what the protocol puts there.
	for _, fork := range []rollup.Fork{rollup.Jovian, rollup.Karst, rollup.Lagoon} {
		if d.activates(fork, b.Timestamp) && len(b.Transactions) > 0 {
			return drop
		}
	}
	if b.Timestamp > origin.time+d.maxDrift(origin.time) {
		if len(b.Transactions) > 0 {
			return drop
		}
		if b.EpochNumber == epoch.number {
			if len(epochs) < 2 {
				return undecided
			}
			if b.Timestamp >= epochs[1].time {
				return drop
			}
		}
	}
	return d.checkTransactions(b.Transactions, b.Timestamp)
}

func (d *derivation) orStrict(before, from verdict) verdict {
	if d.strict {
		return from
	}
	return before
}

// checkTransactions looks at first bytes only: whether the rest makes sense is for the engine to say. The specs drop a
// batch for every type they do not know; the chains that run do not.
func (d *derivation) checkTransactions(txs [][]byte, time uint64) verdict {
	for _, tx := range txs {
		if len(tx) == 0 || isDeposit(tx) {
			return drop
		}
		if tx[0] == types.SetCodeTxType && !d.active(rollup.Isthmus, time) {
			return drop
		}
		if tx[0] == postExecTxType && !d.active(rollup.Lagoon, time) {
			return drop
		}
	}
	return accept
}

// checkSpan decides about a span batch as a whole. From Holocene on its new blocks are then checked one by one, as
// singular batches.
func (d *derivation) checkSpan(b *batch) verdict {
	parent, v := d.checkSpanPrefix(b)
	if v != accept {
		return v
	}
	if !d.strict {
		if v := d.checkSpanBlocks(b, parent); v != accept {
			return v
		}
	}
	return d.checkOverlap(b.span)
}

// checkSpanPrefix finds the block before the span and checks all that the span batch says once.
func (d *derivation) checkSpanPrefix(b *batch) (parent *L2Block, v verdict) {
	epochs, head := d.epochs(), d.head()
	headTime := d.timeOf(head.Number)
	next := headTime + d.config.BlockTime
	start, end := b.span[0], b.span[len(b.span)-1]

	origin := epochs[0]
	if start.epoch == origin.number+1 {
		if len(epochs) < 2 {
			return nil, undecided
		}
		origin = epochs[1]
	}
	if !d.active(rollup.Delta, origin.time) {
		return nil, drop
	}
	if start.timestamp > next {
		return nil, d.orStrict(future, drop)
	}
	if end.timestamp < next {
		return nil, d.orStrict(drop, past)
	}
	parent = head
	if start.timestamp < next {
		if start.timestamp > headTime || (headTime-start.timestamp)%d.config.BlockTime != 0 {
			return nil, drop
		}
		blocksBack := (headTime-start.timestamp)/d.config.BlockTime + 1
		if blocksBack > uint64(len(d.chain)-1) {
			// The span starts at genesis or before it: that parent is never going to be found.
			return nil, undecided
		}
		parent = &d.chain[uint64(len(d.chain)-1)-blocksBack]
	}
	if !bytes.Equal(b.checks.parent[:], parent.Hash[:20]) {
		return nil, drop
	}
	if start.epoch+d.config.SeqWindowSize < b.inclusion {
		return nil, drop
	}
	if start.epoch > parent.Origin+1 {
		return nil, drop
	}
	last, known := d.find(end.epoch)
	if !known {
		return nil, undecided
	}
	if !bytes.Equal(b.checks.origin[:], last.hash[:20]) {
		return nil, drop
	}
	if start.epoch < parent.Origin {
		return nil, drop
	}
	return parent, accept
}

// checkSpanBlocks checks the new blocks of a span batch, all or none, before Holocene.
func (d *derivation) checkSpanBlocks(b *batch, parent *L2Block) verdict {
	head := d.head()
	before := parent.Origin // the epoch of the block before
	for _, block := range b.span {
		advanced := block.epoch > before
		before = block.epoch
		if block.timestamp <= d.timeOf(head.Number) {
			continue
		}
		origin, known := d.find(block.epoch)
		if block.epoch < head.Origin || !known {
			return drop
		}
		if block.timestamp < origin.time {
			return drop
		}
		if block.timestamp > origin.time+d.maxDrift(origin.time) {
			if len(block.transactions) > 0 {
				return drop
			}
			if !advanced {
				nextOrigin, known := d.find(block.epoch + 1)
				if !known {
					return undecided
				}
				if block.timestamp >= nextOrigin.time {
					return drop
				}
			}
		}
		if v := d.checkTransactions(block.transactions, block.timestamp); v != accept {
			return v
		}
	}
	return accept
}

// checkOverlap compares a span batch with the safe blocks it covers: it has to say what they are.
func (d *derivation) checkOverlap(span []spanBlock) verdict {
	for _, block := range span {
		if block.timestamp > d.timeOf(d.chain[len(d.chain)-1].Number) {
			return accept
		}
		i := (block.timestamp - d.config.Genesis.L2Time) / d.config.BlockTime
		if block.epoch != d.chain[i].Origin {
			return drop
		}
		txs := d.chain[i].Attributes.Transactions
		txs = txs[len(onlyDeposits(txs)):]
		if len(txs) != len(block.transactions) {
			return drop
		}
		for j := range txs {
			if !bytes.Equal(txs[j], block.transactions[j]) {
				return drop
			}
		}
	}
	return accept
}
