package encoder

import (
	"fmt"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// block is what of an L2 block goes into a batch.
type block struct {
	id    eth.BlockID
	batch batch.Block
	bytes int // memory it counts for
	limit int // bytes a batch cannot grow by more than, if this block is added
}

// Bounds per block and per transaction, in bytes.
const (
	blockMemory = 256 // of the structures of a block
	txMemory    = 24  // of a slice header
	blockGrowth = 128 // a singular batch's fixed fields, or an entry in a span's columns
	txGrowth    = 112 // a span spells out signature (64), recipient (20), nonce and gas (10 each), and some bits
)

// blockOf reads a payload. Deposits stay out: derivation makes them anew. So do the upgrade transactions of an activation
// block, and that nothing else is in it is the sequencer's duty.
func blockOf(cfg *rollup.Config, p *eth.ExecutionPayload) (block, error) {
	ref, err := attributes.L2RefOf(cfg, p)
	if err != nil {
		return block{}, fmt.Errorf("read L1 info of block %s: %w", p.ID(), err)
	}
	b := block{
		id: ref.ID(),
		batch: batch.Block{
			Timestamp:      ref.Time,
			ParentHash:     ref.ParentHash,
			EpochNum:       ref.L1Origin.Number,
			EpochHash:      ref.L1Origin.Hash,
			SequenceNumber: ref.SequenceNumber,
		},
		bytes: blockMemory,
		limit: blockGrowth,
	}
	for _, tx := range p.Transactions {
		if eth.IsDeposit(tx) {
			continue
		}
		b.batch.Transactions = append(b.batch.Transactions, tx)
		b.bytes += len(tx) + txMemory
		b.limit += len(tx) + txGrowth
	}
	return b, nil
}

// singular is the block as a batch of its own.
func (b *block) singular() []byte {
	s := batch.Singular{
		ParentHash:   b.batch.ParentHash,
		EpochNum:     b.batch.EpochNum,
		EpochHash:    b.batch.EpochHash,
		Timestamp:    b.batch.Timestamp,
		Transactions: b.batch.Transactions,
	}
	return s.Encode()
}
