package geth_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
)

// BenchmarkBlock compares the ways to a new head block: one execution from attributes, the Engine API in the same
// process, the Engine API over HTTP with JWT, and op-geth's own InsertChain of finished blocks, which is the lower bound.
// All four do each block on databases of their own, one after the other, so that a busy machine is equally unfair to all.
//
// Metrics: <way>-ms is the median per block; <way>/insert is the median of the ratios to InsertChain of the same block.
func BenchmarkBlock(b *testing.B) {
	for _, archive := range []bool{true, false} {
		for _, n := range []int{1, 100, 500} {
			b.Run(fmt.Sprintf("archive=%t/transfers=%d", archive, n), func(b *testing.B) { benchmarkBlock(b, archive, n) })
		}
	}
}

func benchmarkBlock(b *testing.B, archive bool, n int) {
	cfg := func() geth.Config {
		return geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: b.TempDir(), Archive: archive}
	}
	ways := []struct {
		name string
		side
		times []time.Duration
	}{
		{name: "single", side: directSide(b, cfg())},
		{name: "inproc", side: inProcessSide(b, cfg())},
		{name: "http", side: httpSide(b, cfg())},
	}
	insert := openChain(b, cfg())
	var insertTimes []time.Duration

	who := newUsers()
	parent, err := ways[0].PayloadByNumber(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		attrs := attributes(b, parent, transfers(who, l2ChainID, n)...)
		fc := onHead(parent.ExecutionPayload.BlockHash)
		var made *eth.PayloadEnvelope
		for i := range ways {
			start := time.Now()
			env, err := ways[i].Build(b.Context(), fc, attrs)
			ways[i].times = append(ways[i].times, time.Since(start))
			if err != nil {
				b.Fatalf("%s: %v", ways[i].name, err)
			}
			if made != nil && env.ExecutionPayload.BlockHash != made.ExecutionPayload.BlockHash {
				b.Fatalf("%s made another block", ways[i].name)
			}
			made = env
		}
		// The block as it would come from the network: no senders, no hashes cached.
		block := fresh(b, ways[0].chain.BlockByHash(made.ExecutionPayload.BlockHash))
		start := time.Now()
		err := geth.InsertChain(insert, block)
		insertTimes = append(insertTimes, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		parent = made
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(median(insertTimes)), "insert-ms")
	for _, w := range ways {
		b.ReportMetric(ms(median(w.times)), w.name+"-ms")
		ratios := make([]float64, len(w.times))
		for i := range ratios {
			ratios[i] = float64(w.times[i]) / float64(insertTimes[i])
		}
		b.ReportMetric(median(ratios), w.name+"/insert")
	}
}

// BenchmarkSeal is the time a sequencer waits for a block of pool transactions.
func BenchmarkSeal(b *testing.B) {
	const n = 500
	s := directSide(b, geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: b.TempDir(), Archive: true})
	who := newUsers()
	var start, seal, insert []time.Duration
	for b.Loop() {
		send(b, s.chain, transfers(who, l2ChainID, n)...)
		head := s.chain.Head()
		attrs := l2Attributes(b, l2Order(head))
		attrs.NoTxPool = false
		t0 := time.Now()
		id, err := s.Start(b.Context(), onHead(head.Hash()), attrs)
		if err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		env, err := s.Seal(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		t2 := time.Now()
		if err := s.Insert(b.Context(), onHead(env.ExecutionPayload.BlockHash), env); err != nil {
			b.Fatal(err)
		}
		t3 := time.Now()
		if got := len(env.ExecutionPayload.Transactions); got != n+1 {
			b.Fatalf("%d transactions sealed", got)
		}
		start, seal, insert = append(start, t1.Sub(t0)), append(seal, t2.Sub(t1)), append(insert, t3.Sub(t2))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(median(start)), "start-ms")
	b.ReportMetric(ms(median(seal)), "seal-ms")
	b.ReportMetric(ms(median(insert)), "insert-ms")
}

// BenchmarkDurable is what waiting for the disk costs per block.
func BenchmarkDurable(b *testing.B) {
	for _, durable := range []bool{false, true} {
		b.Run(fmt.Sprintf("durable=%t", durable), func(b *testing.B) {
			s := directSide(b, geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: b.TempDir(), Archive: true, Durable: durable})
			parent, err := s.PayloadByNumber(b.Context(), 0)
			if err != nil {
				b.Fatal(err)
			}
			var times []time.Duration
			for b.Loop() {
				attrs := attributes(b, parent)
				start := time.Now()
				if parent, err = s.Build(b.Context(), onHead(parent.ExecutionPayload.BlockHash), attrs); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ms(median(times)), "block-ms")
		})
	}
}

func fresh(b *testing.B, block *types.Block) *types.Block {
	b.Helper()
	txs := make(types.Transactions, len(block.Transactions()))
	for i, tx := range block.Transactions() {
		raw, err := tx.MarshalBinary()
		if err != nil {
			b.Fatal(err)
		}
		txs[i] = new(types.Transaction)
		if err := txs[i].UnmarshalBinary(raw); err != nil {
			b.Fatal(err)
		}
	}
	return types.NewBlockWithHeader(block.Header()).WithBody(types.Body{Transactions: txs, Withdrawals: block.Withdrawals()})
}

func median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
