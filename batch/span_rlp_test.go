package batch_test

import (
	"bytes"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// savedSpan is a span as a snapshot has it, field by field, to write ones that no span would.
type savedSpan struct {
	RelTimestamp, L1OriginNum  uint64
	ParentCheck, L1OriginCheck [20]byte
	Start, BlockTime, Blocks   uint64
	Columns                    []byte
	Transactions               []hexutil.Bytes
}

func saved(t *testing.T, value any) []byte {
	t.Helper()
	text, err := rlp.EncodeToBytes(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What a snapshot keeps is the whole batch: what it says of itself is the same after as before, and its text too.
func TestSpansSurviveASnapshot(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	item, err := batch.EncodeSpan(testParams, randomBlocks(r, 90, 3))
	if err != nil {
		t.Fatal(err)
	}
	whole, reason := batch.Decode(item, testParams)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	wraps := noTxs(3, []byte{5})
	wraps.relTimestamp, wraps.l1OriginNum = uvarint(1<<64-2-genesisTime), uvarint(0)
	odd, reason := batch.Decode(wraps.item(), testParams)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	for name, b := range map[string]*batch.Span{"whole": whole.(*batch.Span), "odd": odd.(*batch.Span), "long": longSpan(t, 200)} {
		text := saved(t, b)
		var again batch.Span
		if err := rlp.DecodeBytes(text, &again); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !equalBatches(b, &again) || b.Start() != again.Start() || b.End() != again.End() || b.StartEpoch() != again.StartEpoch() {
			t.Errorf("%s: %+v became %+v", name, b, again)
		}
		if !bytes.Equal(saved(t, &again), text) {
			t.Errorf("%s: the text changed", name)
		}
	}
}

// The disk is not trusted: what no batch decodes to would be met much later.
func TestASavedSpanThatIsNoneIsRefused(t *testing.T) {
	good := func() *savedSpan {
		return &savedSpan{Start: 9, BlockTime: 2, Blocks: 9, Columns: append([]byte{1, 0}, 0, 0, 1, 0, 0, 2, 0, 0, 0), Transactions: []hexutil.Bytes{{1}, {2, 2}, {3}}}
	}
	var s batch.Span
	if err := rlp.DecodeBytes(saved(t, good()), &s); err != nil || s.Len() != 9 || len(s.Block(5).Transactions) != 2 || s.Start() != 9 || s.End() != 25 {
		t.Fatalf("got %+v, %v", s, err)
	}
	for _, c := range []struct {
		name   string
		change func(*savedSpan)
		want   string
	}{
		{"no blocks", func(s *savedSpan) { s.Blocks, s.Columns, s.Transactions = 0, nil, nil }, "out of range"},
		{"more blocks than a span may have", func(s *savedSpan) { s.Blocks = batch.MaxSpanElements + 1 }, "out of range"},
		{"2 to 63 blocks", func(s *savedSpan) { s.Blocks = 1 << 63 }, "out of range"},
		{"no block time", func(s *savedSpan) { s.BlockTime = 0 }, "out of range"},
		{"10,000,000 blocks, of which nothing is there", func(s *savedSpan) { s.Blocks = batch.MaxSpanElements }, "columns"},
		{"no columns", func(s *savedSpan) { s.Columns = nil }, "columns"},
		{"a number of transactions is missing", func(s *savedSpan) { s.Columns = s.Columns[:10] }, "columns"},
		{"the last number of transactions is cut off", func(s *savedSpan) { s.Columns[10] = 0x80 }, "columns"},
		{"a number of transactions too many", func(s *savedSpan) { s.Columns = append(s.Columns, 0) }, "columns"},
		{"an origin bit of no block", func(s *savedSpan) { s.Columns[0] = 2 }, "columns"},
		{"a transaction too few", func(s *savedSpan) { s.Transactions = s.Transactions[1:] }, "columns"},
		{"a transaction too many", func(s *savedSpan) { s.Transactions = append(s.Transactions, hexutil.Bytes{4}) }, "columns"},
		{"a number of transactions above the limit", func(s *savedSpan) {
			s.Columns = append(s.Columns[:10], uvarint(batch.MaxSpanElements+1)...)
		}, "columns"},
		{"a number of transactions of 65 bits", func(s *savedSpan) {
			s.Columns = append(s.Columns[:10], 255, 255, 255, 255, 255, 255, 255, 255, 255, 2)
		}, "columns"},
		{"transactions that are numerous and not there", func(s *savedSpan) {
			s.Columns = append(s.Columns[:10], uvarint(batch.MaxSpanElements)...)
		}, "columns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := good()
			c.change(bad)
			var s batch.Span
			if err := rlp.DecodeBytes(saved(t, bad), &s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want one about %q", err, c.want)
			}
			if !reflect.DeepEqual(s, batch.Span{}) {
				t.Errorf("the span is written to: %+v", s)
			}
		})
	}
	type odd struct {
		RelTimestamp, L1OriginNum  uint64
		ParentCheck, L1OriginCheck [20]byte
		Start, BlockTime, Blocks   uint64
		Columns                    []byte
		Transactions               any
	}
	for name, txs := range map[string]any{"a string": "txs", "a list of lists": [][]uint64{{1}}} {
		text := saved(t, &odd{Start: 9, BlockTime: 2, Blocks: 1, Columns: []byte{0, 1}, Transactions: txs})
		if err := rlp.DecodeBytes(text, &s); err == nil || !strings.Contains(err.Error(), "not a list of strings") {
			t.Errorf("transactions that are %s: %v", name, err)
		}
	}
	if err := rlp.DecodeBytes([]byte{0x80}, &s); err == nil {
		t.Error("a string is taken for a span")
	}
}

// In a list, each batch ends where it ends.
func TestListsOfBatches(t *testing.T) {
	singles := []*batch.Singular{{Timestamp: 1, Transactions: []hexutil.Bytes{{1}}}, {Timestamp: 2}}
	spans := []*batch.Span{longSpan(t, 3), longSpan(t, 70)}
	var gotSingles []*batch.Singular
	var gotSpans []*batch.Span
	if err := rlp.DecodeBytes(saved(t, singles), &gotSingles); err != nil || len(gotSingles) != 2 || !equalBatches(gotSingles[1], singles[1]) {
		t.Errorf("got %+v, %v", gotSingles, err)
	}
	if err := rlp.DecodeBytes(saved(t, spans), &gotSpans); err != nil || len(gotSpans) != 2 || !equalBatches(gotSpans[1], spans[1]) {
		t.Errorf("got %+v, %v", gotSpans, err)
	}
	var s batch.Singular
	for _, bad := range [][]byte{{0xc0}, {0x80}, {0xc1, 0x80}} {
		if err := rlp.DecodeBytes(bad, &s); err == nil {
			t.Errorf("%x is taken for a batch", bad)
		}
	}
}
