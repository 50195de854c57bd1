package derive

import (
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
)

// The disk is not trusted: what is no batch would be met much later.
func TestAStoredBatchIsOneBatch(t *testing.T) {
	single, span := &batch.Singular{}, &batch.Span{}
	for _, c := range []struct {
		name string
		in   storedRLP
		ok   bool
	}{
		{"a singular batch", storedRLP{Singular: []*batch.Singular{single}}, true},
		{"a span batch", storedRLP{Span: []*batch.Span{span}}, true},
		{"none", storedRLP{}, false},
		{"both", storedRLP{Singular: []*batch.Singular{single}, Span: []*batch.Span{span}}, false},
		{"two singular batches", storedRLP{Singular: []*batch.Singular{single, single}}, false},
		{"two span batches", storedRLP{Span: []*batch.Span{span, span}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if b, err := c.in.decode(); (err == nil) != c.ok || c.ok && b.batch == nil {
				t.Errorf("got %v, %v", b, err)
			}
		})
	}
}

// What waits counts for the memory it takes: a list of short transactions is mostly slice headers. One that stays packed, and
// the blocks of a span, are no longer than their encoding.
func TestALongListOfShortTransactionsCounts(t *testing.T) {
	decoded := func(item []byte) batch.Batch {
		b, reason := batch.Decode(item, batch.Params{ChainID: big.NewInt(10), BlockTime: 2})
		if reason != batch.OK {
			t.Fatal(reason)
		}
		return b
	}
	short := func(count int) []byte {
		return (&batch.Singular{Transactions: slices.Repeat([]hexutil.Bytes{{1}}, count)}).Encode()
	}
	span := append(append([]byte{1, 0, 0}, make([]byte, 40)...), 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, c := range []struct {
		name string
		item []byte
		want uint64
	}{
		{"no transactions", short(0), 0},
		{"1000 transactions of a byte", short(1000), 24_000},
		{"one more than is listed", short(batch.MaxListed + 1), 0},
		{"a span of nine blocks", span, 0},
	} {
		if got := listSize(decoded(c.item)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
