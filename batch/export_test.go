package batch

import (
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// WithBlocks is the span with other blocks, whose transactions can be of any bytes: the checks do not rely on what
// decoding lets through. It panics for times and epochs that no columns stand for.
func (s Span) WithBlocks(blockTime uint64, blocks ...SpanBlock) *Span {
	var bits bitBuilder
	var counts []byte
	s.txs, s.start, s.blockTime, s.blocks = nil, blocks[0].Timestamp, blockTime, len(blocks)
	for i, b := range blocks {
		bits.add(i > 0 && b.EpochNum != blocks[i-1].EpochNum || i == 0 && s.NewEpoch)
		counts = binary.AppendUvarint(counts, uint64(len(b.Transactions)))
		s.txs = append(s.txs, b.Transactions...)
	}
	s.L1OriginNum = blocks[len(blocks)-1].EpochNum
	s.columns = append(bits.appendTo(nil), counts...)
	if !s.mark() {
		panic("columns that do not fit together")
	}
	for i, b := range s.Blocks(0) {
		if b.Timestamp != blocks[i].Timestamp || b.EpochNum != blocks[i].EpochNum {
			panic(fmt.Sprintf("block %d at %d of epoch %d: %+v", i, b.Timestamp, b.EpochNum, blocks[i]))
		}
	}
	return &s
}

// WithTxs is the span with other transactions in one block.
func (s Span) WithTxs(i int, txs ...hexutil.Bytes) *Span {
	blocks := make([]SpanBlock, s.Len())
	for j, b := range s.Blocks(0) {
		blocks[j] = b
	}
	blocks[i].Transactions = txs
	return s.WithBlocks(s.blockTime, blocks...)
}
