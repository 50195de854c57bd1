package batch

import (
	"iter"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// checkLength is how much of a hash a span batch carries.
const checkLength = 20

// Span is a decoded span batch: consecutive L2 blocks, at least one. It comes from Decode or DecodeRLP.
//
// Its blocks stay columns: one that has no transactions takes 9 bits of a batch, and ten million of them are allowed.
type Span struct {
	RelTimestamp  uint64            // time of the first block since L2 genesis, seconds
	L1OriginNum   uint64            // L1 origin of the last block
	ParentCheck   [checkLength]byte // start of the hash of the first block's parent
	L1OriginCheck [checkLength]byte // start of the hash of the last block's L1 origin
	// NewEpoch says whether the first block is the first of its epoch. No rule uses it: the bit is there for the format's
	// regularity, and the sender may lie.
	NewEpoch bool

	start, blockTime uint64 // seconds
	startEpoch       uint64
	blocks           int
	columns          []byte          // what the item has of each block: origin bits, then numbers of transactions
	txs              []hexutil.Bytes // of all blocks in a row
	marks            []spanMark
}

// SpanBlock is one block of a span batch.
type SpanBlock struct {
	Timestamp    uint64          // seconds since 1970
	EpochNum     uint64          // number of its L1 origin
	Transactions []hexutil.Bytes // EIP-2718 encodings in block order, without deposits
}

// Len is the number of blocks.
func (s *Span) Len() int { return s.blocks }

// Block gives a block by its position, from 0. It takes a bounded number of steps, but to walk is faster with Blocks.
func (s *Span) Block(i int) SpanBlock {
	w := s.walkFrom(i)
	return w.block()
}

// Blocks walks through the blocks from a position on.
func (s *Span) Blocks(from int) iter.Seq2[int, SpanBlock] {
	return func(yield func(int, SpanBlock) bool) {
		if from >= s.blocks {
			return
		}
		for w := s.walkFrom(from); yield(w.index, w.block()) && w.index+1 < s.blocks; {
			w.next()
		}
	}
}

// Start is the time of the first block, seconds since 1970.
func (s *Span) Start() uint64 { return s.start }

// End is the time of the last block, seconds since 1970.
func (s *Span) End() uint64 { return s.time(s.blocks - 1) }

// StartEpoch is the number of the first block's L1 origin.
func (s *Span) StartEpoch() uint64 { return s.startEpoch }

// EndEpoch is the number of the last block's L1 origin.
func (s *Span) EndEpoch() uint64 { return s.L1OriginNum }

// time is that of block i. Sums may wrap around: such a time is later found to be far off, as op-node does.
func (s *Span) time(i int) uint64 { return s.start + uint64(i)*s.blockTime }

// at finds the block with a timestamp.
func (s *Span) at(timestamp uint64) (SpanBlock, bool) {
	after := timestamp - s.start // wraps around before the start, beyond any block
	if after%s.blockTime != 0 || after/s.blockTime >= uint64(s.blocks) {
		return SpanBlock{}, false
	}
	return s.Block(int(after / s.blockTime)), true
}

// Remainder finds the first block after the safe head; Len if there is none. All of the rest are looked at: one block
// whose epoch is before the safe head's, or not among the L1 blocks, spoils the whole span, which is then to be dropped
// (specs: holocene, span batch validity; RULES 5.7, 5.8).
func (s *Span) Remainder(v View) (first int, reason Reason) {
	first = s.blocks
	if end := s.End(); end > v.Safe.Time {
		first -= int(min((end-v.Safe.Time-1)/s.blockTime+1, uint64(s.blocks)))
	}
	for _, b := range s.Blocks(first) {
		if b.EpochNum < v.Safe.L1Origin.Number {
			return 0, ElementEpochTooOld
		}
		if _, ok := findL1(v.L1Blocks, b.EpochNum); !ok {
			return 0, ElementEpochUnknown
		}
	}
	return first, OK
}

// Singular gives block i as a batch of its own. A span does not carry the hash of every parent and epoch: the parent is
// whatever block it gets built on, the epoch is looked up in the L1 blocks. The transactions are shared, not copied.
func (s *Span) Singular(i int, parent common.Hash, l1Blocks []eth.L1Ref) (Singular, Reason) {
	b := s.Block(i)
	origin, ok := findL1(l1Blocks, b.EpochNum)
	if !ok {
		return Singular{}, ElementEpochUnknown
	}
	return Singular{
		ParentHash: parent, EpochNum: b.EpochNum, EpochHash: origin.Hash, Timestamp: b.Timestamp, Transactions: b.Transactions,
	}, OK
}

// findL1 finds a block by number among consecutive ones.
func findL1(blocks []eth.L1Ref, number uint64) (eth.L1Ref, bool) {
	if len(blocks) == 0 || number < blocks[0].Number || number-blocks[0].Number >= uint64(len(blocks)) {
		return eth.L1Ref{}, false
	}
	return blocks[number-blocks[0].Number], true
}
