package batch_test

import (
	"bytes"
	"math/big"
	"runtime"
	"slices"
	"testing"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/testkit/peak"
)

// What a process needs to decode the worst item that a channel can carry, the item included, in limits of what a channel
// may decompress to. How it is measured is told in testkit/peak.
const (
	timesTheLimit = 3
	fjordLimit    = 100_000_000 // RULES 0.4, bytes
	bedrockLimit  = 10_000_000
)

// spanItem is a span batch of empty blocks and of a number of transactions in the last one, all alike.
func spanItem(blocks, txs int, data, to []byte, creation byte) []byte {
	counts := append(make([]byte, blocks-1), uvarint(uint64(txs))...)
	bits := func(n int, value byte) []byte { // of the elements that exist only
		out := bytes.Repeat([]byte{value}, (n+7)/8)
		if n%8 > 0 {
			out[0] &= 1<<(n%8) - 1
		}
		return out
	}
	return slices.Concat(
		[]byte{1, 0, 0}, make([]byte, 40), uvarint(uint64(blocks)), bits(blocks, 0), counts,
		bits(txs, creation), bits(txs, 0), make([]byte, 64*txs), bytes.Repeat(to, txs), bytes.Repeat(data, txs),
		make([]byte, 2*txs), bits(txs, 0),
	)
}

func TestMemoryOfDecode(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	decoded := func(t *testing.T, item []byte, limit int) {
		if len(item) > limit {
			t.Fatalf("an item of %d bytes does not fit into a channel", len(item))
		}
		runtime.GC() // what it was made of
		b, reason := batch.Decode(item, testParams)
		if reason != batch.OK {
			t.Error(reason)
		}
		runtime.KeepAlive(b)
		runtime.KeepAlive(item) // the rest of the channel is still to be read
	}
	legacyTx := list(zero, zero, zero)
	for _, tc := range []struct {
		name  string
		limit int
		most  float64
		item  func() []byte
	}{
		{"span of nine transactions of 10 MB", fjordLimit, timesTheLimit, func() []byte {
			return spanItem(1, 9, list(zero, zero, str(make([]byte, 9_999_000))), make([]byte, 20), 0)
		}},
		// As short as they get, so they are many, and have zeros for signatures.
		{"span of 1,410,000 creations", fjordLimit, 2.3, func() []byte { return spanItem(1, 1_410_000, legacyTx, nil, 0xff) }},
		{"span of 141,000 creations, before Fjord", bedrockLimit, timesTheLimit, func() []byte { return spanItem(1, 141_000, legacyTx, nil, 0xff) }},
		{"span of 1,000,000 calls", fjordLimit, timesTheLimit, func() []byte { return spanItem(1, 1_000_000, legacyTx, make([]byte, 20), 0) }},
		{"span of 1,400,000 post-exec transactions", fjordLimit, 2.3, func() []byte {
			return spanItem(1, 1_400_000, []byte{0x7d, 0xc0}, nil, 0xff)
		}},
		// Blocks stay the 9 bits that they are.
		{"span of 10,000,000 empty blocks", fjordLimit, 0.4, func() []byte { return spanItem(10_000_000, 0, nil, nil, 0) }},
		{"span of 8,800,000 empty blocks, before Fjord", bedrockLimit, timesTheLimit, func() []byte { return spanItem(8_800_000, 0, nil, nil, 0) }},
		{"singular of one transaction of 100 MB", fjordLimit, timesTheLimit, func() []byte {
			return singularOf(append([]byte{0xbb, 0x05, 0xf5, 0xe0, 0x00}, make([]byte, 0x5f5e000)...))
		}},
		// A list of them would take 24 bytes for each.
		{"singular of 99,999,000 transactions of a byte", fjordLimit, timesTheLimit, func() []byte {
			return singularOf(bytes.Repeat([]byte{1}, 99_999_000))
		}},
		{"singular of 9,999,000 transactions of a byte, before Fjord", bedrockLimit, timesTheLimit, func() []byte {
			return singularOf(bytes.Repeat([]byte{1}, 9_999_000))
		}},
		{"singular of as many transactions of a byte as are listed, before Fjord", bedrockLimit, timesTheLimit, func() []byte {
			return singularOf(bytes.Repeat([]byte{1}, batch.MaxListed))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, tc.most, uint64(tc.limit), func() { decoded(t, tc.item(), tc.limit) })
		})
	}
}

// singularOf is a singular batch with the content of its list of transactions.
func singularOf(txs []byte) []byte {
	hash := str(make([]byte, 32))
	fields := slices.Concat(hash, []byte{5}, hash, []byte{9})
	header := func(size int) []byte {
		digits := big.NewInt(int64(size)).Bytes()
		return append([]byte{0xf7 + byte(len(digits))}, digits...)
	}
	inner := header(len(txs))
	return slices.Concat([]byte{0}, header(len(fields)+len(inner)+len(txs)), fields, inner, txs)
}

// What a span batch claims costs nothing as long as it does not come.
func TestMemoryOfASpanThatClaimsMuch(t *testing.T) {
	with := func(s *rawSpan, change func(*rawSpan)) []byte { change(s); return s.item() }
	for _, tc := range []struct {
		name string
		item []byte
		want batch.Reason
	}{
		{"2 to 40 blocks", with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(1 << 40) }), batch.SpanTooManyBlocks},
		{"10,000,000 blocks", with(noTxs(0, nil), func(s *rawSpan) { s.blocks = uvarint(batch.MaxSpanElements) }), batch.SpanTruncated},
		{"10,000,000 blocks with all their bits", with(noTxs(0, nil), func(s *rawSpan) {
			s.blocks, s.originBits = uvarint(batch.MaxSpanElements), make([]byte, batch.MaxSpanElements/8)
		}), batch.SpanTruncated},
		{"2 to 63 transactions", with(noTxs(1, []byte{0}), func(s *rawSpan) { s.txCounts = uvarint(1 << 63) }), batch.SpanTooManyTxs},
		{"10,000,000 transactions with all their bits", with(noTxs(1, []byte{0}), func(s *rawSpan) {
			s.txCounts = uvarint(batch.MaxSpanElements)
			s.creation, s.parity = make([]byte, batch.MaxSpanElements/8), make([]byte, batch.MaxSpanElements/8)
		}), batch.SpanTruncated},
		{"10,000,000 transactions in each of two blocks", with(noTxs(2, []byte{0}), func(s *rawSpan) {
			s.txCounts = append(uvarint(batch.MaxSpanElements), uvarint(batch.MaxSpanElements)...)
		}), batch.SpanTooManyTxs},
		{"a transaction's data of 2 to 63 bytes", oneTx(2, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0).item(), batch.SpanTxTooLong},
		{"a transaction's data of 10,000,000 bytes", oneTx(2, 0xfa, 0x98, 0x96, 0x7c).item(), batch.SpanTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, 1, bedrockLimit, func() {
				if _, reason := batch.Decode(tc.item, testParams); reason != tc.want {
					t.Errorf("got %v, want %v", reason, tc.want)
				}
			})
		})
	}
}
