package l1_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// growQuiet adds blocks without logs that matter.
func (l *forkL1) growQuiet(n int) {
	for range n {
		parent := l.refs[len(l.refs)-1]
		header := &types.Header{Number: big.NewInt(int64(len(l.refs))), ParentHash: parent.Hash}
		hash := l.put(l.tb, header, []wireTx{deposit}, types.Receipts{{Status: 1, Logs: []*types.Log{}}})
		l.refs = append(l.refs, eth.L1Ref{Hash: hash, Number: header.Number.Uint64(), ParentHash: parent.Hash})
	}
	l.set(func() { l.keys["latest"] = l.refs[len(l.refs)-1].Hash })
}

// spent is how many requests were sent in all, and how many of them were for the head.
func spent(s *l1.Source) (n float64) {
	for _, e := range s.Endpoints() {
		for _, sent := range e.Requests {
			n += float64(sent)
		}
	}
	return n
}

// catchUp reads n blocks through a Prefetcher and gives the requests per block.
func catchUp(tb testing.TB, l *forkL1, keep l1.BlockKeep, n int) float64 {
	tb.Helper()
	s := over(l.endpoint(tb, "model"), l1.SourceConfig{Keep: keep})
	p := l1.NewPrefetcher(s, l1.PrefetchConfig{})
	ctx, cancel := context.WithCancelCause(tb.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	p.Head(uint64(len(l.refs) - 1))
	for number := range uint64(n) {
		if b, err := p.BlockByNumber(tb.Context(), number+1); err != nil || b.Hash != l.refs[number+1].Hash {
			tb.Fatalf("block %v, %v", b, err)
		}
	}
	cancel(errStop)
	<-done
	return spent(s) / float64(n)
}

// atTip reads each of n blocks when it is the head, a sequencer's way: the origin lane and derivation both want it. It
// gives the requests per block without those for the head itself.
func atTip(tb testing.TB, l *forkL1, keep l1.BlockKeep, grow func(int), n int) float64 {
	tb.Helper()
	s := over(l.endpoint(tb, "model"), l1.SourceConfig{Keep: keep})
	p := l1.NewPrefetcher(s, l1.PrefetchConfig{})
	looks := 0
	for range n {
		grow(1)
		ref, err := s.Label(tb.Context(), l1.Latest)
		if err != nil {
			tb.Fatal(err)
		}
		looks++
		p.Head(ref.Number)
		for range 2 {
			if b, err := p.BlockByNumber(tb.Context(), ref.Number); err != nil || b.Hash != ref.Hash {
				tb.Fatalf("block %v, %v", b, err)
			}
			if keep == nil { // without it two readers ask twice
				break
			}
		}
	}
	return (spent(s) - float64(looks)) / float64(n)
}

var economies = []struct {
	name     string
	receipts bool
	most     float64 // requests per block
}{{"with receipts", true, 2.1}, {"without receipts", false, 1.1}}

func TestRequestsPerBlock(t *testing.T) {
	const blocks = 200
	for _, tc := range economies {
		grow := (*forkL1).growQuiet
		if tc.receipts {
			grow = (*forkL1).grow
		}
		for _, keep := range []bool{false, true} {
			kept := func() l1.BlockKeep {
				if keep {
					return newMemoryKeep()
				}
				return nil
			}
			l := newForkL1(t, 1)
			grow(l, blocks+16) // so that none of those fetched ahead stays unread
			if got := catchUp(t, l, kept(), blocks); got < 1 || got > tc.most {
				t.Errorf("%s, kept %v: %.3f requests per block when catching up", tc.name, keep, got)
			}
			if got := atTip(t, l, kept(), func(n int) { grow(l, n) }, blocks); got < 1 || got > tc.most {
				t.Errorf("%s, kept %v: %.3f requests per block at the tip", tc.name, keep, got)
			}
		}
	}
}

// BenchmarkRequestsPerBlock says what L1 costs. A block of the chain here has one transaction.
func BenchmarkRequestsPerBlock(b *testing.B) {
	const blocks = 200
	for _, tc := range economies {
		grow := (*forkL1).growQuiet
		if tc.receipts {
			grow = (*forkL1).grow
		}
		l := newForkL1(b, 1)
		grow(l, blocks+16) // so that none of those fetched ahead stays unread
		b.Run("catching up "+tc.name, func(b *testing.B) {
			ratio := 0.0
			for b.Loop() {
				ratio = catchUp(b, l, newMemoryKeep(), blocks)
			}
			b.ReportMetric(ratio, "requests/block")
		})
		b.Run("tip "+tc.name, func(b *testing.B) {
			ratio := 0.0
			for b.Loop() {
				ratio = atTip(b, l, newMemoryKeep(), func(n int) { grow(l, n) }, blocks)
			}
			b.ReportMetric(ratio, "requests/block")
		})
	}
}

// BenchmarkRestart is how long a node takes to have its last 3600 blocks again, out of a keep in memory.
func BenchmarkRestart(b *testing.B) {
	const had = 3600
	l, keep := newForkL1(b, 2), newMemoryKeep()
	for n := uint64(1); n <= had; n++ {
		ref := eth.L1Ref{Number: n, Hash: common.Hash{1, byte(n), byte(n >> 8)}, ParentHash: common.Hash{1, byte(n - 1), byte((n - 1) >> 8)}}
		if err := keep.PutBlock(&eth.L1Block{L1Ref: ref}); err != nil {
			b.Fatal(err)
		}
	}
	header := &types.Header{Number: big.NewInt(had + 1), ParentHash: keep.blocks[had].Hash}
	l.put(b, header, nil, nil)
	e := l.endpoint(b, "model")
	for b.Loop() {
		s := over(e, l1.SourceConfig{Keep: keep})
		for n := uint64(1); n <= had; n++ {
			if _, err := s.BlockByNumber(b.Context(), n); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(had*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
}

func TestSendersAreRecovered(t *testing.T) {
	l := newForkL1(t, 1)
	var txs []wireTx
	var receipts types.Receipts
	for n := range uint64(50) {
		txs = append(txs, known(t, &types.DynamicFeeTx{ChainID: big.NewInt(900), Nonce: n, To: &inbox, Data: []byte{byte(n)}}))
		receipts = append(receipts, &types.Receipt{Type: 2, Status: 1, Logs: []*types.Log{}})
	}
	hash := l.put(t, &types.Header{Number: big.NewInt(1)}, txs, receipts)
	b, err := over(l.endpoint(t, "model"), l1.SourceConfig{}).BlockByHash(t.Context(), hash)
	if err != nil || len(b.Inbox) != len(txs) {
		t.Fatalf("block %v, %v", b, err)
	}
	for i, in := range b.Inbox {
		if in.Data[0] != byte(i) || in.From != b.Inbox[0].From || in.From == (common.Address{}) {
			t.Errorf("transaction %d is %v from %s", i, in.Data, in.From)
		}
	}
}

func TestATrustedEndpointIsTakenAtItsWord(t *testing.T) {
	claimed := common.Hash{0xaa}
	for name, lie := range map[string]func(string, any) any{
		"header":       edit("getBlockByNumber", field("hash", claimed)),
		"transactions": edit("getBlockByNumber", func(o object) any { o["transactions"] = o["transactions"].([]any)[:2]; return o }),
		"receipts":     edit("getBlockReceipts", func(l []any) any { l[0].(object)["cumulativeGasUsed"] = "0x1"; return l }),
	} {
		t.Run(name, func(t *testing.T) {
			m, hash := chain(t)
			m.receipts[claimed] = m.receipts[hash]
			m.lie = lie
			if _, err := m.source(t, l1.SourceConfig{}).BlockByNumber(t.Context(), 7); eth.FaultOf(err) != eth.L1Lying {
				t.Fatalf("error %v, want that it is a lie", err)
			}
			b, err := m.source(t, l1.SourceConfig{TrustRPC: true}).BlockByNumber(t.Context(), 7)
			if err != nil || len(b.Inbox) != 1 || len(b.Logs) != 1 {
				t.Fatalf("block %+v, %v", b, err)
			}
			if want := map[bool]common.Hash{true: claimed, false: hash}[name == "header"]; b.Hash != want || b.Logs[0].BlockHash != want {
				t.Errorf("hash %s, of its log %s, want %s", b.Hash, b.Logs[0].BlockHash, want)
			}
		})
	}
	m, _ := chain(t)
	m.lie = edit("getBlockByNumber", field("number", "0x8"))
	if _, err := m.source(t, l1.SourceConfig{TrustRPC: true}).BlockByNumber(t.Context(), 7); eth.FaultOf(err) != eth.L1Lying {
		t.Errorf("another block than the one asked for: %v", err)
	}
}

func TestRefusalsSlowDownWhatIsAskedOfAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, hash := chain(t)
		m.keys["latest"] = hash
		s := m.source(t, l1.SourceConfig{})
		took := func(requests int) time.Duration {
			t.Helper()
			begin := time.Now()
			for range requests {
				if _, err := s.Label(t.Context(), l1.Latest); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(begin)
		}
		if got := took(10); got != 0 {
			t.Errorf("ten requests took %s before anything was refused", got)
		}
		failing(m, coded{-32005, "slow down"})
		if _, err := s.Label(t.Context(), l1.Latest); eth.FaultOf(err) != eth.L1RateLimited {
			t.Fatalf("error %v", err)
		}
		failing(m, nil)
		if got := took(11); got < 1500*time.Millisecond || got > 2500*time.Millisecond {
			t.Errorf("eleven requests took %s, want about two seconds: five to six per second after eleven were too many", got)
		}
		time.Sleep(11 * time.Minute)
		if got := took(100); got != 0 {
			t.Errorf("hundred requests took %s long after the refusal", got)
		}
	})
}

// The limits of an endpoint hold whoever asks: here eight readers at once.
func TestLimitsOfAnEndpoint(t *testing.T) {
	for _, transport := range []string{"http", "ws"} {
		t.Run(transport, func(t *testing.T) {
			m, hash := chain(t)
			m.delay = 5 * time.Millisecond
			e := listen(t, m, transport).dial(t, l1.DialConfig{MaxConcurrency: 2})
			s := over(e, l1.SourceConfig{CacheBytes: 1})
			done := make(chan error)
			for range 8 {
				go func() {
					b, err := s.BlockByNumber(t.Context(), 7)
					if err == nil && b.Hash != hash {
						err = fmt.Errorf("block %v", b)
					}
					done <- err
				}()
			}
			for range 8 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if got := m.most(); got != 2 {
				t.Errorf("%d requests at once, want 2", got)
			}
		})
	}
}
