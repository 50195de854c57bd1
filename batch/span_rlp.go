package batch

import (
	"errors"
	"io"

	"github.com/ethereum/go-ethereum/rlp"
)

// spanRLP is the form of a decoded span in a snapshot. It is this project's own: the format of the batch needs the
// chain id, and what it was decoded with, to be read again.
type spanRLP struct {
	RelTimestamp, L1OriginNum  uint64
	ParentCheck, L1OriginCheck [checkLength]byte
	Start, BlockTime, Blocks   uint64
	Columns                    []byte
	Transactions               rlp.RawValue // a list of strings
}

// EncodeRLP writes the span for a snapshot.
func (s *Span) EncodeRLP(w io.Writer) error {
	size := 0
	for _, tx := range s.txs {
		size += stringSize(tx)
	}
	txs := appendListHeader(make([]byte, 0, headerSize(size)+size), size)
	for _, tx := range s.txs {
		txs = appendString(txs, tx)
	}
	return rlp.Encode(w, &spanRLP{
		RelTimestamp: s.RelTimestamp, L1OriginNum: s.L1OriginNum, ParentCheck: s.ParentCheck, L1OriginCheck: s.L1OriginCheck,
		Start: s.start, BlockTime: s.blockTime, Blocks: uint64(s.blocks), Columns: s.columns, Transactions: txs,
	})
}

var (
	errSpanBlocks  = errors.New("decode span: its number of blocks or its block time is out of range")
	errSpanColumns = errors.New("decode span: its columns do not fit together")
	errSpanTxs     = errors.New("decode span: its transactions are not a list of strings")
)

// DecodeRLP reads what EncodeRLP wrote, and refuses what no batch decodes to. It takes memory in proportion to the text.
func (s *Span) DecodeRLP(stream *rlp.Stream) error {
	var in spanRLP
	if err := stream.Decode(&in); err != nil {
		return err // as it is: the end of a list of spans is one, too
	}
	if in.Blocks == 0 || in.Blocks > MaxSpanElements || in.BlockTime == 0 {
		return errSpanBlocks
	}
	blocks := int(in.Blocks)
	bits := bitListSize(blocks)
	if len(in.Columns) < bits+blocks || !bitList(in.Columns[:bits]).fits(blocks) {
		return errSpanColumns
	}
	content, _, ok := takeList(in.Transactions)
	if !ok {
		return errSpanTxs
	}
	count, ok := countStrings(content)
	if !ok || count > MaxSpanElements {
		return errSpanTxs
	}
	out := Span{
		RelTimestamp: in.RelTimestamp, L1OriginNum: in.L1OriginNum, ParentCheck: in.ParentCheck, L1OriginCheck: in.L1OriginCheck,
		start: in.Start, blockTime: in.BlockTime, blocks: blocks, columns: in.Columns,
		txs: listStrings(content, count),
	}
	if !out.mark() {
		return errSpanColumns
	}
	*s = out
	return nil
}
