package batch_test

import (
	"testing"

	"github.com/cairn-rollup/cairn/batch"
)

// The batch is a real one of OP Mainnet: 143 blocks, 1766 transactions, 1.4 MB.

func BenchmarkDecodeSpan(b *testing.B) {
	item := mainnetSpan(b)
	b.SetBytes(int64(len(item)))
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := batch.Decode(item, mainnet); reason != batch.OK {
			b.Fatal(reason)
		}
	}
}

// BenchmarkDecodeSpanReference is the same by geth's RLP and transactions, for comparison.
func BenchmarkDecodeSpanReference(b *testing.B) {
	item := mainnetSpan(b)
	b.SetBytes(int64(len(item)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := referenceDecode(item, mainnet); err != nil {
			b.Fatal(err)
		}
	}
}

func mainnetBlocks(b *testing.B) []batch.Block {
	b.Helper()
	decoded, reason := batch.Decode(mainnetSpan(b), mainnet)
	if reason != batch.OK {
		b.Fatal(reason)
	}
	return blocksOf(decoded.(*batch.Span))
}

func BenchmarkEncodeSpan(b *testing.B) {
	blocks := mainnetBlocks(b)
	b.ReportAllocs()
	for b.Loop() {
		item, err := batch.EncodeSpan(mainnet, blocks)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(item)))
	}
}

// BenchmarkSpanBuilderSize is a batcher that looks at the size after each block.
func BenchmarkSpanBuilderSize(b *testing.B) {
	blocks := mainnetBlocks(b)
	b.ReportAllocs()
	for b.Loop() {
		builder, size := batch.NewSpanBuilder(mainnet), 0
		for i := range blocks {
			if err := builder.Add(&blocks[i]); err != nil {
				b.Fatal(err)
			}
			if builder.Size() <= size {
				b.Fatal("no growth")
			}
			size = builder.Size()
		}
	}
}

func BenchmarkDecodeSingular(b *testing.B) {
	block := mainnetBlocks(b)[0]
	item := (&batch.Singular{EpochNum: block.EpochNum, Timestamp: block.Timestamp, Transactions: block.Transactions}).Encode()
	b.SetBytes(int64(len(item)))
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := batch.Decode(item, mainnet); reason != batch.OK {
			b.Fatal(reason)
		}
	}
}
