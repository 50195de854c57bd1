package derive_test

import (
	"bytes"
	"slices"

	"github.com/cairn-rollup/cairn/rollup"
)

// What the oracle does before Holocene: channels in a bank, batches in a queue.

type oracleChannel struct {
	id     [16]byte
	opened uint64
	frames map[uint16][]byte
	end    int // number of the last frame; -1 if that is not known
}

// readBank reads channels until there is none that can be.
func (o *oracle) readBank() {
	for len(o.bank) > 0 {
		late := func(c *oracleChannel) bool { return c.opened+o.timeout() < o.at }
		ready := func(c *oracleChannel) bool { return c.end >= 0 && len(c.frames) == c.end+1 && !late(c) }
		at := slices.IndexFunc(o.bank, ready)
		switch {
		case late(o.bank[0]):
			o.bank = o.bank[1:]
			continue
		case at < 0, at > 0 && !o.now(rollup.Canyon):
			return
		}
		c := o.bank[at]
		o.bank = slices.Delete(o.bank, at, at+1)
		var data []byte
		for n := range c.end + 1 {
			data = append(data, c.frames[uint16(n)]...)
		}
		o.channel(data)
	}
}

func (o *oracle) bankFrame(f oracleFrame) {
	at := slices.IndexFunc(o.bank, func(c *oracleChannel) bool { return c.id == f.id })
	if at < 0 {
		at = len(o.bank)
		o.bank = append(o.bank, &oracleChannel{id: f.id, opened: o.at, frames: map[uint16][]byte{}, end: -1})
	}
	c := o.bank[at]
	_, double := c.frames[f.number]
	if double || c.opened+o.timeout() < o.at || c.end >= 0 && (f.last || int(f.number) >= c.end) {
		return
	}
	c.frames[f.number] = f.data
	if f.last {
		c.end = int(f.number)
		for n := range c.frames {
			if int(n) > c.end {
				delete(c.frames, n)
			}
		}
	}
}

// oracleStored is a batch in the queue: of one block, or a span.
type oracleStored struct {
	span                     bool
	parentCheck, originCheck []byte
	blocks                   []oracleBatch
	from                     uint64 // L1 block
}

// store puts a batch into the queue, and looks whether there is one to apply.
func (o *oracle) store(b oracleStored) {
	if o.verdict(b) != "drop" {
		o.queue = append(o.queue, b)
	}
	o.scan(false)
}

// scan applies the first batch that can be; ended is whether all data of the L1 block is used. It says whether to scan on.
func (o *oracle) scan(ended bool) bool {
	for i := 0; i < len(o.queue); {
		b := o.queue[i]
		switch o.verdict(b) {
		case "drop":
			o.queue = slices.Delete(slices.Clone(o.queue), i, i+1)
		case "future":
			i++
		case "undecided":
			return false
		case "accept":
			o.queue = slices.Delete(slices.Clone(o.queue), i, i+1)
			o.apply(b)
			return true
		}
	}
	expiry := o.epoch + o.cfg.SeqWindowSize
	if o.epoch+1 > o.at || expiry > o.at || expiry == o.at && !ended {
		return false
	}
	if o.safe().time+o.cfg.BlockTime >= o.l1[o.epoch+1].Time && o.epoch == o.safe().epoch {
		o.epoch++
		return false
	}
	o.build(o.epoch, nil)
	return true
}

// apply builds all blocks of a batch, or none.
func (o *oracle) apply(b oracleStored) {
	chain, epoch := o.chain, o.epoch
	for _, block := range b.blocks {
		if b.span && block.Timestamp <= o.chain[len(chain)-1].time {
			continue
		}
		safe := o.safe()
		hash, valid := o.engine(safe.hash, safe.number+1, o.l1[block.EpochNum].Hash, block.Txs)
		if !valid {
			o.chain, o.epoch = chain, epoch
			return
		}
		o.chain = append(o.chain[:len(o.chain):len(o.chain)], oracleBlock{
			number: safe.number + 1, time: safe.time + o.cfg.BlockTime, epoch: block.EpochNum, from: o.at, hash: hash, txs: block.Txs,
		})
		o.epoch = block.EpochNum
	}
}

func (o *oracle) verdict(b oracleStored) string {
	if b.span {
		return o.spanVerdict(b)
	}
	safe, s := o.safe(), b.blocks[0]
	next := safe.time + o.cfg.BlockTime
	switch {
	case s.Timestamp > next:
		return "future"
	case s.Timestamp < next, s.ParentHash != safe.hash, s.EpochNum+o.cfg.SeqWindowSize < b.from, s.EpochNum < o.epoch, s.EpochNum > o.epoch+1:
		return "drop"
	case s.EpochNum > o.at:
		return "undecided"
	case s.EpochHash != o.l1[s.EpochNum].Hash:
		return "drop"
	}
	return o.blockVerdict(s, s.EpochNum > o.epoch)
}

// blockVerdict is on what a batch has for one block, which is of an epoch that is known; moves is whether it enters it.
func (o *oracle) blockVerdict(b oracleBatch, moves bool) string {
	origin := o.l1[b.EpochNum]
	switch late := b.Timestamp > origin.Time+o.drift(b.EpochNum); {
	case b.Timestamp < origin.Time, late && len(b.Txs) > 0:
		return "drop"
	case !late || moves:
	case b.EpochNum == o.at:
		return "undecided"
	case b.Timestamp >= o.l1[b.EpochNum+1].Time:
		return "drop"
	}
	for _, tx := range b.Txs {
		if len(tx) == 0 || tx[0] == 0x7e || tx[0] == 0x04 {
			return "drop"
		}
	}
	return "accept"
}

func (o *oracle) spanVerdict(b oracleStored) string {
	safe := o.safe()
	first, last, next := b.blocks[0], b.blocks[len(b.blocks)-1], safe.time+o.cfg.BlockTime
	if v := o.deltaVerdict(first.EpochNum); v != "accept" {
		return v
	}
	switch {
	case first.Timestamp > next:
		return "future"
	case last.Timestamp < next, (next-first.Timestamp)%o.cfg.BlockTime != 0:
		return "drop"
	case first.Timestamp <= o.cfg.Genesis.L2Time:
		return "undecided" // no parent to compare
	}
	parent := o.chain[(first.Timestamp-o.cfg.Genesis.L2Time)/o.cfg.BlockTime-1]
	switch {
	case !bytes.Equal(b.parentCheck, parent.hash[:20]), first.EpochNum+o.cfg.SeqWindowSize < b.from, first.EpochNum > parent.epoch+1:
		return "drop"
	case last.EpochNum < o.epoch, last.EpochNum > o.at:
		return "undecided"
	case !bytes.Equal(b.originCheck, o.l1[last.EpochNum].Hash[:20]), first.EpochNum < parent.epoch:
		return "drop"
	}
	for i, block := range b.blocks {
		if block.Timestamp <= safe.time {
			continue
		}
		if block.EpochNum < safe.epoch || block.EpochNum < o.epoch || block.EpochNum > o.at {
			return "drop"
		}
		moves := first.EpochNum == parent.epoch+1
		if i > 0 {
			moves = block.EpochNum > b.blocks[i-1].EpochNum
		}
		if v := o.blockVerdict(block, moves); v != "accept" {
			return v
		}
	}
	for i, old := range o.chain[parent.number+1:] {
		block := b.blocks[i]
		if block.EpochNum != old.epoch || !bytes.Equal(bytes.Join(block.Txs, []byte("|")), bytes.Join(old.txs, []byte("|"))) {
			return "drop"
		}
	}
	return "accept"
}

// deltaVerdict is on a span that begins in an epoch: Delta has to be active there, or at the current epoch.
func (o *oracle) deltaVerdict(first uint64) string {
	at := o.epoch
	if first == o.epoch+1 {
		at++
	}
	switch {
	case at > o.at:
		return "undecided"
	case !o.is(rollup.Delta, o.l1[at].Time):
		return "drop"
	}
	return "accept"
}
