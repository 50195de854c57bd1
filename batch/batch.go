package batch

import (
	"math/big"

	"github.com/cairn-rollup/cairn/rollup"
)

// The batch types: the first byte of an item (specs: derivation, batch format).
const (
	singularType = 0
	spanType     = 1
)

// MaxSpanElements limits what a span batch may hold: blocks, transactions, and bytes of one transaction's data
// (specs: span-batches, MAX_SPAN_BATCH_ELEMENT_COUNT).
const MaxSpanElements = 10_000_000

// Batch is a *Singular or a *Span.
type Batch interface{ batch() }

func (*Singular) batch() {}
func (*Span) batch()     {}

// Params is what the span format leaves out of the batch because the chain knows it.
type Params struct {
	ChainID     *big.Int // of L2, positive
	GenesisTime uint64   // of the L2 genesis block, seconds since 1970
	BlockTime   uint64   // seconds between L2 blocks
	BeforeDelta bool     // Delta is not active at the L1 block the channel is read at: no span batch counts
}

// ParamsAt gives the parameters for a channel read at the L1 block of a time.
func ParamsAt(cfg *rollup.Config, l1Time uint64) Params {
	return Params{
		ChainID: cfg.L2ChainID, GenesisTime: cfg.Genesis.L2Time, BlockTime: cfg.BlockTime,
		BeforeDelta: !cfg.L1Rules(l1Time).SpanBatches,
	}
}

// Decode reads one item of a channel: the type and the body of a batch. Bytes after the body are ignored (RULES 4.7).
// The batch is nil unless the reason is OK. A reason that EndsChannel forbids reading on in the channel; after another
// one only this batch is lost.
func Decode(item []byte, p Params) (Batch, Reason) {
	if len(item) == 0 {
		return nil, ItemEmpty
	}
	switch body := item[1:]; item[0] {
	case singularType:
		b, reason := decodeSingular(body)
		if reason != OK {
			return nil, reason
		}
		return b, OK
	case spanType:
		b, reason := decodeSpan(body, p)
		if reason != OK {
			return nil, reason
		}
		return b, OK
	default:
		return nil, BatchTypeUnknown
	}
}
