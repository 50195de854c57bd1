package l1_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// memoryKeep is a BlockKeep that outlives a Source, not a process.
type memoryKeep struct {
	mu     sync.Mutex
	blocks map[uint64]*eth.L1Block
	fail   error // of everything
	reads  int
}

func newMemoryKeep() *memoryKeep { return &memoryKeep{blocks: make(map[uint64]*eth.L1Block)} }

func (k *memoryKeep) Block(number uint64) (*eth.L1Block, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reads++
	b, ok := k.blocks[number]
	if !ok && k.fail == nil {
		return nil, fmt.Errorf("block %d: %w", number, eth.ErrNotFound)
	}
	return b, k.fail
}

func (k *memoryKeep) PutBlock(b *eth.L1Block) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail == nil {
		k.blocks[b.Number] = b
	}
	return k.fail
}

func (k *memoryKeep) DropBlock(number uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.blocks, number)
	return k.fail
}

// forkL1 is a model whose chain grows and reorganises.
type forkL1 struct {
	*modelL1
	tb   testing.TB
	refs []eth.L1Ref // canonical, by number
	salt byte
}

// grown are the chains made so far, by length.
var grown = struct {
	sync.Mutex
	chains map[int]*forkL1
}{chains: make(map[int]*forkL1)}

func newForkL1(tb testing.TB, length int) *forkL1 {
	grown.Lock()
	defer grown.Unlock()
	l, ok := grown.chains[length]
	if !ok {
		l = &forkL1{modelL1: newModelL1(), tb: tb}
		l.grow(length)
		grown.chains[length] = l
	}
	return &forkL1{modelL1: l.twin(), tb: tb, refs: slices.Clone(l.refs)}
}

// grow adds blocks. Every one has logs that matter, so that its receipts do.
func (l *forkL1) grow(n int) {
	for range n {
		header := &types.Header{Number: big.NewInt(int64(len(l.refs))), Coinbase: common.Address{l.salt}}
		if len(l.refs) > 0 {
			header.ParentHash = l.refs[len(l.refs)-1].Hash
		}
		logs := []*types.Log{{Address: portal, Topics: []common.Hash{{1}}}}
		hash := l.put(l.tb, header, []wireTx{deposit}, types.Receipts{{Status: 1, Logs: logs}})
		l.refs = append(l.refs, eth.L1Ref{Hash: hash, Number: header.Number.Uint64(), ParentHash: header.ParentHash})
	}
	l.set(func() { l.keys["latest"] = l.refs[len(l.refs)-1].Hash })
}

// deposit is a transaction that does not matter: its log does.
var deposit = wireTx{raw: []byte{0x55, 0xc0}, text: nil}

func init() {
	tx := types.NewTx(&types.LegacyTx{V: big.NewInt(27), R: big.NewInt(1), S: big.NewInt(1)})
	raw, err := tx.MarshalBinary()
	if err != nil {
		panic(err)
	}
	text, err := tx.MarshalJSON()
	if err != nil {
		panic(err)
	}
	deposit = wireTx{raw: raw, text: rawJSON(text)}
}

// reorg replaces the last blocks by others.
func (l *forkL1) reorg(depth, grown int) {
	l.set(func() {
		for _, ref := range l.refs[len(l.refs)-depth:] {
			delete(l.keys, hexutil.EncodeUint64(ref.Number))
		}
	})
	l.refs = l.refs[:len(l.refs)-depth]
	l.salt++
	l.grow(grown)
}

// requests says how many requests there were since the last call: for blocks, and for receipts.
func (l *forkL1) requests() (blocks, receipts int) {
	l.set(func() {
		blocks, receipts = l.calls["getBlockByNumber"]+l.calls["getBlockByHash"], l.calls["getBlockReceipts"]
		clear(l.calls)
		clear(l.asked)
	})
	return blocks, receipts
}

// readAll reads blocks from one number up to another as derivation does: going back by one when a block does not stand
// on the one before. It fails if that does not end with the canonical chain.
func (l *forkL1) readAll(s simply, from, to int) {
	l.tb.Helper()
	got := make([]common.Hash, to)
	for n, steps := from, 0; n < to; steps++ {
		b, err := s.BlockByNumber(uint64(n))
		if err != nil {
			l.tb.Fatal(err)
		}
		if n > from && b.ParentHash != got[n-1] {
			n--
		} else {
			got[n] = b.Hash
			n++
		}
		if steps > 10*to {
			l.tb.Fatalf("the reader goes back and forth at block %d", n)
		}
	}
	for n := from; n < to; n++ {
		if got[n] != l.refs[n].Hash {
			l.tb.Fatalf("block %d is %s, want %s", n, got[n], l.refs[n])
		}
	}
}

// simply is a Source without contexts.
type simply struct {
	*l1.Source
	t *testing.T
}

func (s simply) BlockByNumber(number uint64) (*eth.L1Block, error) {
	return s.Source.BlockByNumber(s.t.Context(), number)
}

func (l *forkL1) restart(t *testing.T, keep l1.BlockKeep) simply {
	return simply{over(l.endpoint(t, "model"), l1.SourceConfig{Keep: keep}), t}
}

func TestRestartAsksForNoBlockItHad(t *testing.T) {
	const had = 500
	for _, tc := range []struct {
		name     string
		grown    int  // blocks while it was down
		announce bool // the head, before the first block is read
		read     int  // blocks after those it had
		blocks   int  // requests, with a single header, and without that of the head
		receipts int
	}{
		{"L1 stood still", 0, false, 0, 2, 0}, // no block above, and the header of the last one
		{"L1 stood still and its head is known", 0, true, 0, 0, 0},
		{"one block is new", 1, false, 1, 1, 1},
		{"one block is new and known to be the head", 1, true, 1, 1, 1},
		{"hundred blocks are new", 100, false, 100, 100, 100},
		{"hundred blocks are new and the head is known", 100, true, 100, 100, 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, keep := newForkL1(t, had+1), newMemoryKeep()
			l.readAll(l.restart(t, keep), 1, had+1)
			l.requests()
			l.grow(tc.grown)
			s := l.restart(t, keep)
			if tc.announce {
				if _, err := s.Label(t.Context(), l1.Latest); err != nil {
					t.Fatal(err)
				}
				l.requests()
			}
			l.readAll(s, 1, had+1+tc.read)
			if blocks, receipts := l.requests(); blocks != tc.blocks || receipts != tc.receipts {
				t.Errorf("%d requests for blocks and %d for receipts, want %d and %d", blocks, receipts, tc.blocks, tc.receipts)
			}
			l.readAll(s, 1, had+1+tc.read)
			if blocks, receipts := l.requests(); blocks != 0 || receipts != 0 {
				t.Errorf("%d requests for blocks and %d for receipts of what it has read", blocks, receipts)
			}
		})
	}
}

func TestWalkOfReferencesAfterARestartAsksOnce(t *testing.T) {
	l, keep := newForkL1(t, 501), newMemoryKeep()
	l.readAll(l.restart(t, keep), 1, 501)
	l.requests()
	l.grow(1)
	s := l.restart(t, keep)
	for n := uint64(499); n > 0; n-- { // from the origin of the unsafe head down
		if ref, err := s.RefByNumber(t.Context(), n); err != nil || ref.Hash != l.refs[n].Hash {
			t.Fatalf("reference %v, %v", ref, err)
		}
	}
	if blocks, _ := l.requests(); blocks != 1 {
		t.Errorf("%d requests for blocks, want the first above those kept", blocks)
	}
}

func TestReorgWhileDownIsFound(t *testing.T) {
	for _, depth := range []int{1, 7, 65, 200} {
		for _, grown := range []int{depth - 3, depth, depth + 2} {
			if grown < 0 {
				continue
			}
			for _, announce := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d blocks give way to %d, announced %v", depth, grown, announce), func(t *testing.T) {
					l, keep := newForkL1(t, 501), newMemoryKeep()
					l.readAll(l.restart(t, keep), 1, 501)
					l.reorg(depth, grown)
					l.requests()
					s := l.restart(t, keep)
					if announce {
						if _, err := s.Label(t.Context(), l1.Latest); err != nil {
							t.Fatal(err)
						}
					}
					l.readAll(s, 1, len(l.refs))
					// The new blocks, finding out where a shorter chain ends, and beginning anew after every 64.
					if blocks, _ := l.requests(); blocks > grown+2*max(0, depth-grown)+4+depth/16 {
						t.Errorf("%d requests for %d new blocks", blocks, grown)
					}
				})
			}
		}
	}
}

func TestAnotherChainThanTheKeptOne(t *testing.T) {
	l, keep := newForkL1(t, 501), newMemoryKeep()
	l.readAll(l.restart(t, keep), 1, 501)
	l.reorg(501, 600)
	l.readAll(l.restart(t, keep), 1, 600)
}

func TestReorgWhileRunningIsSeenByTheReader(t *testing.T) {
	l, keep := newForkL1(t, 101), newMemoryKeep()
	s := l.restart(t, keep)
	l.readAll(s, 1, 101)
	l.reorg(7, 10)
	l.readAll(s, 90, len(l.refs)) // nothing is announced: the first new block tells
	l.reorg(7, 10)
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	for n := len(l.refs) - 1; n > 0; n-- { // announced: no stale block at all, in any order
		if b, err := s.BlockByNumber(uint64(n)); err != nil || b.Hash != l.refs[n].Hash {
			t.Fatalf("block %v, %v, want %v", b, err, l.refs[n])
		}
	}
}

func TestWhatIsFinalIsNotAskedForAgain(t *testing.T) {
	l, keep := newForkL1(t, 201), newMemoryKeep()
	s := l.restart(t, keep)
	l.set(func() { l.keys["finalized"] = l.refs[150].Hash })
	l.readAll(s, 1, 201)
	for _, label := range []l1.Label{l1.Latest, l1.Finalized} {
		if _, err := s.Label(t.Context(), label); err != nil {
			t.Fatal(err)
		}
	}
	l.reorg(20, 25)
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	l.requests()
	for n := range 150 {
		if b, err := s.BlockByNumber(uint64(n + 1)); err != nil || b.Hash != l.refs[n+1].Hash {
			t.Fatalf("block %v, %v", b, err)
		}
	}
	if blocks, _ := l.requests(); blocks != 0 {
		t.Errorf("%d requests for final blocks", blocks)
	}
}

func TestABrokenKeepCostsRequestsOnly(t *testing.T) {
	l, keep := newForkL1(t, 21), newMemoryKeep()
	keep.fail = errors.New("input/output error")
	var told []error
	s := simply{over(l.endpoint(t, "model"), l1.SourceConfig{Keep: keep, KeepFailed: func(err error) { told = append(told, err) }}), t}
	l.readAll(s, 1, 21)
	if len(told) == 0 || !errors.Is(told[0], keep.fail) {
		t.Errorf("told %v", told)
	}
	if blocks, _ := l.requests(); blocks != 20 {
		t.Errorf("%d requests", blocks)
	}
}

func TestNothingUnverifiedIsKept(t *testing.T) {
	l, keep := newForkL1(t, 21), newMemoryKeep()
	l.lie = edit("getBlockReceipts", func([]any) any { return []any{} })
	s := over(l.endpoint(t, "model"), l1.SourceConfig{Keep: keep})
	if _, err := s.BlockByNumber(t.Context(), 5); err == nil {
		t.Error("no error")
	}
	s = over(l.endpoint(t, "model"), l1.SourceConfig{Keep: keep, TrustRPC: true})
	if _, err := s.BlockByNumber(t.Context(), 5); err != nil {
		t.Error(err)
	}
	if len(keep.blocks) != 0 {
		t.Errorf("%d blocks are kept", len(keep.blocks))
	}
}

func TestPrefetchedBlocksComeOutOfTheKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, keep := newForkL1(t, 301), newMemoryKeep()
		l.readAll(l.restart(t, keep), 1, 251)
		l.requests()
		p := l1.NewPrefetcher(l.restart(t, keep).Source, l1.PrefetchConfig{})
		ctx, cancel := contextWithCause(t)
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		p.Head(300)
		for n := uint64(1); n < 284; n++ {
			b, err := p.BlockByNumber(t.Context(), n)
			if err != nil || b.Hash != l.refs[n].Hash {
				t.Fatalf("block %v, %v", b, err)
			}
		}
		synctest.Wait()
		if blocks, receipts := l.requests(); blocks != 34 || receipts != 34 { // 251 to 284
			t.Errorf("%d requests for blocks and %d for receipts, want those that are new", blocks, receipts)
		}
		cancel(errStop)
		<-done
	})
}

// seeds is how many games are played with the model.
const seeds = 30

// TestKeptBlocksOnAModelChain plays L1 growing and reorganising, endpoints failing, and the node restarting, at random.
// After a head was announced and L1 stood still, every block handed out is canonical; a final one always.
func TestKeptBlocksOnAModelChain(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playKept(t, rand.New(rand.NewPCG(seed, 1))) }) //nolint:gosec // a seed makes it repeatable
		})
	}
}

func playKept(t *testing.T, r *rand.Rand) {
	l, keep := newForkL1(t, 5), newMemoryKeep()
	twin := newModelL1() // the same chain from another endpoint
	twin.blocks, twin.receipts, twin.raw, twin.keys = l.blocks, l.receipts, l.raw, l.keys
	models := []*modelL1{l.modelL1, twin}
	final, told, settled := 0, 0, false // the last final block, and the one that the source knows of
	var s *l1.Source
	restart := func() {
		s = l1.NewSource([]*l1.Endpoint{l.endpoint(t, "a"), twin.endpoint(t, "b")}, l1.SourceConfig{Rollup: testConfig(), Keep: keep})
		told, settled = 0, false
	}
	restart()
	served, stale := 0, 0
	check := func(n int, hash common.Hash, err error) {
		t.Helper()
		switch {
		case err != nil:
		case n < len(l.refs) && hash == l.refs[n].Hash:
			served++
		case n <= told:
			t.Fatalf("block %d is %s, and %s is final", n, hash, l.refs[n])
		case settled:
			t.Fatalf("block %d is %s of a chain that was left before the last announcement", n, hash)
		default:
			stale++
		}
	}
	for range 400 {
		switch r.IntN(12) {
		case 0, 1:
			l.grow(1 + r.IntN(3))
			settled = false
		case 2:
			depth := min(1+r.IntN(8), len(l.refs)-1-final)
			if depth > 0 {
				l.reorg(depth, max(1, depth+r.IntN(4)-1))
				settled = false
			}
		case 3:
			final = max(final, len(l.refs)-1-8-r.IntN(4), 0)
			l.set(func() { l.keys["finalized"] = l.refs[final].Hash })
		case 4:
			if r.IntN(3) == 0 {
				restart()
			}
		case 5:
			fault := []func(string, any) any{
				nil, nil, nil, nil, nil, func(string, any) any { return errors.New("overloaded") }, edit("getBlockByNumber", field("stateRoot", common.Hash{1})),
				edit("getBlockReceipts", func([]any) any { return []any{} }),
			}[r.IntN(8)]
			m := models[r.IntN(2)]
			m.set(func() { m.lie = fault })
		case 6:
			time.Sleep(time.Duration(r.IntN(100)) * time.Second)
		case 7, 8:
			ref, err := s.Label(t.Context(), l1.Latest)
			settled = settled || (err == nil && ref.Hash == l.refs[len(l.refs)-1].Hash)
			if r.IntN(2) == 0 {
				if ref, err := s.Label(t.Context(), l1.Finalized); err == nil {
					told = int(ref.Number)
				}
			}
		case 9:
			n := r.IntN(len(l.refs) + 2)
			ref, err := s.RefByNumber(t.Context(), uint64(n))
			check(n, ref.Hash, err)
		default:
			for n, end := r.IntN(len(l.refs)), r.IntN(12); end > 0; n, end = n+1, end-1 {
				b, err := s.BlockByNumber(t.Context(), uint64(n))
				if err != nil {
					break
				}
				check(n, b.Hash, err)
			}
		}
	}
	for _, m := range models {
		m.set(func() { m.lie = nil })
	}
	time.Sleep(time.Hour) // every rest is over
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	l.readAll(simply{s, t}, 0, len(l.refs))
	if served < 50 {
		t.Errorf("%d blocks were served", served)
	}
	t.Logf("%d blocks served, %d stale before an announcement", served, stale)
}

// wants reads blocks in no order and wants them canonical.
func (l *forkL1) wants(s simply, numbers ...uint64) {
	l.tb.Helper()
	for _, n := range numbers {
		if b, err := s.BlockByNumber(n); err != nil || b.Hash != l.refs[n].Hash {
			l.tb.Errorf("block %d is %v, %v, want %s", n, b, err, l.refs[n])
		}
	}
}

func TestKeptBlocksOfTwoForksAreNotOneRun(t *testing.T) {
	l, keep := newForkL1(t, 21), newMemoryKeep()
	l.readAll(l.restart(t, keep), 1, 21)
	old := keep.blocks[14]
	l.reorg(12, 14) // from 9 on
	s := l.restart(t, keep)
	l.wants(s, 22, 21, 20, 19, 18, 17, 16, 15)
	if err := keep.PutBlock(old); err != nil { // as if it could not be dropped: 9 to 14 are kept as they were
		t.Fatal(err)
	}
	s = l.restart(t, keep)
	if _, err := s.Label(t.Context(), l1.Latest); err != nil {
		t.Fatal(err)
	}
	l.wants(s, 11, 12, 10, 9, 8, 13)
}

func TestAFinalBlockRefutesTheRunThatAStaleBlockSeemsToProve(t *testing.T) {
	l, keep := newForkL1(t, 21), newMemoryKeep()
	l.readAll(l.restart(t, keep), 1, 21)
	s := l.restart(t, keep)
	keep.mu.Lock()
	delete(keep.blocks, 18)
	keep.mu.Unlock()
	l.wants(s, 18) // asked for, and so known, while the others below are not
	l.reorg(12, 14)
	l.set(func() { l.keys["finalized"] = l.refs[15].Hash })
	if _, err := s.Label(t.Context(), l1.Finalized); err != nil {
		t.Fatal(err)
	}
	l.wants(s, 12, 9, 15)
}

func TestStaleBlocksAreDropped(t *testing.T) {
	for _, trust := range []bool{false, true} {
		l, keep := newForkL1(t, 21), newMemoryKeep()
		l.readAll(l.restart(t, keep), 1, 21)
		l.reorg(3, 4) // 18 to 21
		s := simply{over(l.endpoint(t, "model"), l1.SourceConfig{Keep: keep, TrustRPC: trust}), t}
		if b, err := s.BlockByNumber(17); err != nil || b.Hash != l.refs[17].Hash {
			t.Fatalf("block %v, %v", b, err)
		}
		for n, b := range keep.blocks {
			if b.Hash != l.refs[n].Hash {
				t.Errorf("trust %v: block %d is kept as it was", trust, n)
			}
		}
	}
	l, keep := newForkL1(t, 21), newMemoryKeep()
	s := l.restart(t, keep)
	l.readAll(s, 1, 21)
	l.reorg(3, 4)
	if _, err := s.BlockByNumber(21); err != nil {
		t.Fatal(err)
	}
	if keep.blocks[20] != nil || keep.blocks[19] == nil {
		t.Errorf("kept below the first new block: %v, %v, want that its wrong parent alone is dropped", keep.blocks[20], keep.blocks[19])
	}
}

func TestAnAnswerUnderWayDuringAnAnnouncementProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, keep := newForkL1(t, 21), newMemoryKeep()
		s := l.restart(t, keep)
		l.set(func() { l.delay = 50 * time.Millisecond })
		stale := make(chan error, 1)
		go func() {
			_, err := s.BlockByNumber(12)
			stale <- err
		}()
		time.Sleep(60 * time.Millisecond) // the block is read, its receipts are not yet
		l.reorg(12, 14)
		l.set(func() { l.delay = 0 })
		if _, err := s.Label(t.Context(), l1.Latest); err != nil {
			t.Fatal(err)
		}
		if err := <-stale; err != nil {
			t.Fatal(err)
		}
		l.wants(s, 12)
	})
}
