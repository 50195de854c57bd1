package batch_test

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// A batcher encodes two blocks, of which the first became safe in the meantime; a verifier decodes them and takes the
// second.
func Example() {
	v := testView(true)
	item, err := batch.EncodeSpan(batch.ParamsAt(v.Config, v.L1Blocks[2].Time), []batch.Block{
		{Timestamp: safeTime, ParentHash: l2Hash(safeNum - 1), EpochNum: epoch, EpochHash: l1Hash(epoch), SequenceNumber: 3},
		{Timestamp: nextTime, ParentHash: l2Hash(safeNum), EpochNum: epoch + 1, EpochHash: l1Hash(epoch + 1)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	decoded, reason := batch.Decode(item, batch.ParamsAt(v.Config, v.L1Blocks[2].Time))
	fmt.Println("decode:", reason)
	span := decoded.(*batch.Span)

	parent, verdict, reason := batch.CheckSpanPlace(v, span)
	fmt.Println("place:", verdict, reason, "on block", parent)
	ref := eth.L2Ref{Hash: l2Hash(parent), Number: parent, L1Origin: v.Safe.L1Origin}
	verdict, reason = batch.CheckSpanLinks(v, span, ref)
	fmt.Println("links:", verdict, reason)
	for number := parent + 1; number <= v.Safe.Number; number++ {
		safe := batch.SafeBlock{Ref: v.Safe, Transactions: []hexutil.Bytes{{0x7E, 0x01}}}
		fmt.Println("overlap with", number, ":", batch.CheckOverlap(span, safe))
	}

	first, reason := span.Remainder(v)
	fmt.Println("remainder:", reason, "from block", first, "of", span.Len())
	single, reason := span.Singular(first, v.Safe.Hash, v.L1Blocks)
	fmt.Println("expand:", reason)
	verdict, reason = batch.CheckSingular(v, &single)
	fmt.Println("block at", single.Timestamp, "of epoch", single.EpochNum, ":", verdict, reason)
	// Output:
	// decode: ok
	// place: accept ok on block 1999
	// links: accept ok
	// overlap with 2000 : ok
	// remainder: ok from block 1 of 2
	// expand: ok
	// block at 20002 of epoch 51 : accept ok
}
