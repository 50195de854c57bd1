package derive

import "github.com/cairn-rollup/cairn/channel"

// Provenance says which batch on L1 a block came from. It changes no result.
type Provenance struct {
	Channel   channel.ID
	OpenBlock uint64          // number of the L1 block with the channel's frame that came first
	Frames    []channel.Place // where each frame of the channel was, in the order of their numbers
	Batch     int             // position of the batch in the channel, from 0
	Span      bool            // the batch is a span batch
	Block     int             // position of the block in the batch, from 0
}

// at is the provenance of a block of a batch.
func (p Provenance) at(block int) *Provenance {
	p.Block = block
	return &p
}
