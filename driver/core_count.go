package driver

import (
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

// Everything here feeds metrics and decides nothing.

// tally adds up what the machine has done since it was last asked.
func (c *Core) tally(done derive.Counts) {
	n, last := &c.counts, &c.last
	for _, k := range []struct {
		done  int
		total *int
		last  *time.Time
	}{
		{done.Frames, &n.Frames, &last.Frame},
		{done.Channels, &n.Channels, &last.Channel},
		{done.ChannelTimeouts, &n.ChannelTimeouts, &last.ChannelTimeout},
		{done.SingularBatches, &n.SingularBatches, &last.SingularBatch},
		{done.SpanBatches, &n.SpanBatches, &last.SpanBatch},
	} {
		if k.done > 0 {
			*k.total += k.done
			*k.last = c.now
		}
	}
	n.ChannelBytes += done.ChannelBytes
}

// measureL1Reorg notes by how much L1's head went back. A head that is higher is the next one, or has others in between that
// nobody has told of.
func (c *Core) measureL1Reorg(head eth.L1Ref) {
	before := c.l1.Head
	if before == (eth.L1Ref{}) || head == (eth.L1Ref{}) || head.Hash == before.Hash || head.Number > before.Number {
		return
	}
	c.measured.L1Reorgs = c.measured.L1Reorgs.With(float64(before.Number - head.Number))
}

// sequencingFailed notes that the engine did not do its part of an own block.
func (c *Core) sequencingFailed() {
	c.counts.SequencingErrors++
	c.last.SequencingError = c.now
}

// sequencerReset notes that own blocks have to wait until the chain has been looked at anew.
func (c *Core) sequencerReset() {
	if c.cfg.Sequencing.Enabled {
		c.counts.SequencerResets++
		c.last.SequencerReset = c.now
	}
}

// originLost notes that the L1 origin of the head, or what follows it, is not what L1 has there.
func (c *Core) originLost(o *Origins) {
	c.counts.LostOrigins++
	c.last.LostOrigin = c.now
	c.seq.lostOrigin, c.seq.foundOrigin = o.Head.L1Origin, o.Current.ID()
	if o.Current.ID() == o.Head.L1Origin && o.Next != nil {
		c.seq.foundOrigin = o.Next.ID()
	}
}

// sealedOne notes what is in an own block that was just sealed, and how long that took.
func (c *Core) sealedOne(j *job, payload *eth.ExecutionPayload) {
	c.measured.Sealing = c.measured.Sealing.With(c.now.Sub(c.calledAt).Seconds())
	c.measured.Building = c.measured.Building.With((c.now.Sub(j.begun) - c.blockTime()).Seconds())
	deposits := countDeposits(payload.Transactions)
	c.counts.SequencedDeposits += deposits
	c.counts.SequencedTxs += len(payload.Transactions) - deposits
}

// countDeposits is how many deposits a block has, which are its first transactions.
func countDeposits(txs []hexutil.Bytes) (n int) {
	for n < len(txs) && len(txs[n]) > 0 && txs[n][0] == types.DepositTxType {
		n++
	}
	return n
}
