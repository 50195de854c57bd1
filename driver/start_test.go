package driver

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// startWindow is the sequencing window of the start tests, in L1 blocks.
const startWindow = 10

// startWorld is an engine whose block n stands on L1 block n: one block per epoch, L1 as fast as L2.
type startWorld struct {
	cfg    *rollup.Config
	l1     *modelL1
	engine *modelEngine
}

func newStartWorld(length int) *startWorld {
	w := &startWorld{cfg: testConfig(startWindow), l1: newModelL1()}
	w.cfg.Genesis.L1 = w.l1.blocks[0].ID()
	w.engine = newModelEngine(w.cfg)
	w.l1.lag = 10_000
	for i := range length {
		w.engine.extend(w.l1.mine(genesisTime + 2*uint64(i) + 2))
	}
	return w
}

func (w *startWorld) find(known eth.L2Ref) (Position, error) {
	return walker{cfg: w.cfg, l1: w.l1, l2: w.engine}.findStart(context.Background(), known)
}

func (w *startWorld) label(safe, finalized uint64) {
	w.engine.safe, w.engine.finalized = w.engine.canon[safe], w.engine.canon[finalized]
}

// noConfigUpdates takes away the logs that the blocks of L1 have, after L2 was made.
func (w *startWorld) noConfigUpdates() {
	for _, b := range w.l1.blocks {
		b.Logs = nil
	}
}

func TestFindStart(t *testing.T) {
	cases := map[string]struct {
		length int
		change func(w *startWorld)
		known  uint64 // finalized head that the node knows

		unsafe, safe, finalized, base uint64
		err                           string
	}{
		"engine at genesis": {length: 0},
		"no labels: from genesis": {
			length: 5, unsafe: 5, safe: 0, finalized: 0, base: 0,
		},
		"safe head is a sequencing window and one epoch old, whatever the label says": {
			length: 100, change: func(w *startWorld) { w.label(99, 20) },
			unsafe: 100, safe: 88, finalized: 20, base: 38, // 89 + 10 < 100, its parent; 50 blocks of channel timeout
		},
		"safe label below: derivation starts there, as blocks above may not be on L1": {
			length: 100, change: func(w *startWorld) { w.label(60, 20) },
			unsafe: 100, safe: 59, finalized: 20, base: 9,
		},
		"no safe label: the finalized block": {
			length: 100, change: func(w *startWorld) { w.label(0, 20); w.engine.safe = common.Hash{} },
			unsafe: 100, safe: 20, finalized: 20, base: 0,
		},
		"finalized block is the lowest": {
			length: 100, change: func(w *startWorld) { w.label(95, 94) },
			unsafe: 100, safe: 94, finalized: 94, base: 44,
		},
		"finalized head that the engine has not heard of": {
			length: 100, change: func(w *startWorld) { w.label(95, 20) }, known: 93,
			unsafe: 100, safe: 93, finalized: 93, base: 43,
		},
		"unsafe blocks whose origin is gone are left out": {
			length: 100, change: func(w *startWorld) { w.label(60, 20); w.l1.reorg(3) },
			unsafe: 97, safe: 59, finalized: 20, base: 9,
		},
		"safe label above the truncated unsafe head": {
			length: 100, change: func(w *startWorld) { w.label(99, 20); w.l1.reorg(30) },
			unsafe: 70, safe: 58, finalized: 20, base: 8,
		},
		"origin above L1's head gets the benefit of the doubt, the safe head does not": {
			length: 100, change: func(w *startWorld) { w.label(99, 20); w.l1.drop(5) },
			unsafe: 100, safe: 83, finalized: 20, base: 33, // 84 + 10 < 95
		},
		"gone below what is above L1's head: not in doubt any more": {
			length: 100, change: func(w *startWorld) {
				w.label(99, 20)
				w.l1.reorg(8)
				w.l1.drop(5)
			},
			unsafe: 92, safe: 80, finalized: 20, base: 30,
		},
		"all unsafe blocks gone": {
			length: 100, change: func(w *startWorld) { w.label(99, 90); w.l1.reorg(10) },
			unsafe: 90, safe: 90, finalized: 90, base: 40,
		},
		"finalized block above L1's head: wait for L1": {
			length: 100, change: func(w *startWorld) { w.label(99, 98); w.l1.drop(10) },
			err: "not found",
		},
		"finalized block of another L1 chain": {
			length: 100, change: func(w *startWorld) { w.label(99, 95); w.l1.reorg(20) },
			err: "wrong L1, or it has reorganised",
		},
		"another L1 from genesis on": {
			length: 5, change: func(w *startWorld) {
				w.l1.drop(len(w.l1.blocks))
				for range 7 {
					w.l1.mine(genesisTime)
				}
			},
			err: "wrong L1, or it has reorganised",
		},
		"wrong L2 genesis": {
			length: 5, change: func(w *startWorld) { w.cfg.Genesis.L2.Hash = common.Hash{1} },
			err: "wrong chain",
		},
		"engine head below its finalized block": {
			length: 100, change: func(w *startWorld) {
				w.label(99, 90)
				w.engine.canon = w.engine.canon[:80]
			},
			unsafe: 79, safe: 79, finalized: 79, base: 29, // its labels say nothing (RULES 8.1, 3)
		},
		"engine head below what the node knows as finalized": {
			length: 100, change: func(w *startWorld) { w.engine.canon = w.engine.canon[:80] }, known: 90,
			err: "restore its database",
		},
		"no labels, 14 sequencing windows above genesis: still from genesis": {
			length: 140, unsafe: 140, safe: 0, finalized: 0, base: 0,
		},
		"no labels, further above genesis: the engine was synced by others, its head is all there is": {
			length: 141, unsafe: 141, safe: 141, finalized: 141, base: 91,
		},
		"five sequencing windows without an origin on L1 can be a reorg": {
			length: 100, change: func(w *startWorld) { w.label(40, 20); w.l1.reorg(50) },
			unsafe: 50, safe: 38, finalized: 20, base: 0,
		},
		"more is another L1": {
			length: 100, change: func(w *startWorld) { w.label(40, 20); w.l1.reorg(52) },
			err: "wrong L1",
		},
		"blocks below the channel timeout are pruned, the system config has not changed there": {
			length: 100, change: func(w *startWorld) { w.label(60, 40); w.noConfigUpdates(); w.engine.prune(30) },
			unsafe: 100, safe: 59, finalized: 40, base: 9,
		},
		"they are pruned, and it has": {
			length: 100, change: func(w *startWorld) { w.label(60, 40); w.engine.prune(30) },
			err: "no L2 blocks below",
		},
		"the engine has its head alone": {
			length: 100, change: func(w *startWorld) { w.label(100, 100); w.noConfigUpdates(); w.engine.prune(100) },
			unsafe: 100, safe: 100, finalized: 100, base: 50,
		},
		"finalized block is not on the engine's chain": {
			length: 100, change: func(w *startWorld) {
				w.label(95, 95)
				w.engine.canon = w.engine.canon[:94:94]
				w.engine.extend(w.l1.blocks[93], w.l1.blocks[94], w.l1.blocks[95], w.l1.blocks[96])
			},
			err: "was safe or finalized",
		},
		"head of the finalized height is another block": {
			length: 20, change: func(w *startWorld) {
				w.label(15, 15)
				w.engine.canon = w.engine.canon[:14:14]
				w.engine.extend(w.l1.blocks[13], w.l1.blocks[14])
			},
			err: "was safe or finalized",
		},
		"engine down": {
			length: 5, change: func(w *startWorld) { w.engine.fault = broken(errDown, "read") },
			err: "connection refused",
		},
		"L1 down": {
			length: 5, change: func(w *startWorld) { w.l1.fault = broken(errDown, "l1") },
			err: "connection refused",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newStartWorld(c.length)
			known := eth.L2Ref{}
			if c.known > 0 {
				known = w.engine.ref(c.known)
			}
			refs := make([]eth.L2Ref, c.length+1)
			for i := range refs {
				refs[i] = w.engine.ref(uint64(i))
			}
			if c.change != nil {
				c.change(w)
			}
			got, err := w.find(known)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			h := got.Heads
			if h.Unsafe != refs[c.unsafe] || h.Safe != refs[c.safe] || h.Finalized != refs[c.finalized] {
				t.Errorf("unsafe %s, safe %s, finalized %s; want %d, %d, %d", h.Unsafe, h.Safe, h.Finalized, c.unsafe, c.safe, c.finalized)
			}
			d := got.Derive
			if d.Base != w.l1.blocks[c.base] || d.Safe != h.Safe {
				t.Errorf("derivation starts at %s on %s, want L1 block %d", d.Base.L1Ref, d.Safe, c.base)
			}
			if strings.Contains(name, "pruned") || strings.Contains(name, "head alone") {
				return // the gas limit is that of the oldest block there is
			}
			if inbox, chain := gasLimitAt(w, c.base), gasLimitAt(w, c.safe); d.Inbox.GasLimit != inbox || d.Chain.GasLimit != chain {
				t.Errorf("gas limit %d for the inbox, %d for the chain; want %d, %d", d.Inbox.GasLimit, d.Chain.GasLimit, inbox, chain)
			}
		})
	}
}

// gasLimitAt is the configured gas limit as of an L1 block, whose number is that of the L2 block on it.
func gasLimitAt(w *startWorld, number uint64) uint64 {
	if number == 0 {
		return w.cfg.Genesis.SystemConfig.GasLimit
	}
	for at := number; at > 0; at-- {
		if b := w.engine.blocks[w.engine.canon[at]]; len(w.l1.blocks) > int(at) && len(w.l1.blocks[at].Logs) > 0 {
			return b.ExecutionPayload.GasLimit
		}
	}
	return w.cfg.Genesis.SystemConfig.GasLimit
}

// However long the chain, a handful of blocks is looked at.
func TestFindStartReadsWhatItNeeds(t *testing.T) {
	w := newStartWorld(300)
	w.label(299, 100)
	l2, l1 := 0, 0
	w.engine.fault = func(op string) (error, bool) { l2++; return nil, false }
	w.l1.fault = func(op string) (error, bool) { l1++; return nil, false }
	if _, err := w.find(eth.L2Ref{}); err != nil {
		t.Fatal(err)
	}
	if l2 > 35 || l1 > 4 {
		t.Errorf("%d reads from the engine, %d from L1", l2, l1)
	}
}

func TestOriginsOfAHead(t *testing.T) {
	w := newStartWorld(20)
	walk := walker{cfg: w.cfg, l1: w.l1, l2: w.engine}
	next := w.l1.mine(genesisTime + 100)
	for _, deep := range []bool{true, false} {
		o, err := walk.origins(t.Context(), FetchOrigins{Head: w.engine.ref(20), WithNext: deep})
		if err != nil || o.Current != w.l1.blocks[20] || (o.Next == next) != deep || o.SystemConfig.GasLimit != gasLimitAt(w, 20) {
			t.Errorf("next asked for %t: %+v, %v", deep, o, err)
		}
	}
	w.l1.drop(1)
	if o, err := walk.origins(t.Context(), FetchOrigins{Head: w.engine.ref(20), WithNext: true}); err != nil || o.Next != nil {
		t.Errorf("the next block went away meanwhile: %+v, %v", o.Next, err)
	}
	w.l1.drop(1)
	if _, err := walk.origins(t.Context(), FetchOrigins{Head: w.engine.ref(20)}); !errors.Is(err, eth.ErrNotFound) {
		t.Errorf("origin above L1's head: %v", err)
	}
}

// A chain that cannot be told from the one we know, but for a safe block, is not cut down: it is another chain.
func TestCanonicalUnsafeStaysOnTheSafeChain(t *testing.T) {
	w := newStartWorld(20)
	walk := walker{cfg: w.cfg, l1: w.l1, l2: w.engine}
	heads, err := w.find(eth.L2Ref{})
	if err != nil {
		t.Fatal(err)
	}
	h := heads.Heads
	h.Safe = w.engine.ref(10)
	h.Safe.Hash = common.Hash{1}
	w.l1.reorg(15)
	if _, _, err := walk.canonicalUnsafe(t.Context(), h); !errors.Is(err, eth.ErrForkchoice) {
		t.Errorf("error %v", err)
	}
}

// lastUpTo finds what a walk block by block finds, whatever the lengths of epochs and wherever old blocks are missing.
func TestLastUpToFindsWhatAWalkFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		w := &startWorld{cfg: testConfig(startWindow), l1: newModelL1()}
		w.cfg.Genesis.L1 = w.l1.blocks[0].ID()
		w.engine = newModelEngine(w.cfg)
		refs := []eth.L2Ref{w.engine.ref(0)}
		for range rng.IntN(40) {
			origin := w.l1.mine(genesisTime)
			for range 1 + rng.IntN(5) {
				w.engine.extend(origin)
				refs = append(refs, w.engine.ref(uint64(len(refs))))
			}
		}
		lowest := rng.IntN(len(refs))
		if rng.IntN(2) == 0 {
			lowest = 0
		}
		w.engine.prune(uint64(lowest))
		from, floor := refs[lowest+rng.IntN(len(refs)-lowest)], uint64(rng.IntN(len(refs)))
		floor = min(floor, from.Number)
		origin := uint64(rng.IntN(len(w.l1.blocks) + 2))

		want, wantOK := from, from.L1Origin.Number <= origin
		for n := int(from.Number); !wantOK && n >= max(lowest, int(floor)); n-- {
			want, wantOK = refs[n], refs[n].L1Origin.Number <= origin
		}
		reads := 0
		w.engine.fault = func(string) (error, bool) { reads++; return nil, false }
		got, ok, err := walker{cfg: w.cfg, l1: w.l1, l2: w.engine}.lastUpTo(t.Context(), from, origin, floor)
		if err != nil || got != want || ok != wantOK {
			t.Fatalf("from %d, origin %d, floor %d, lowest %d: %s %t, want %s %t, %v", from.Number, origin, floor, lowest, got, ok, want, wantOK, err)
		}
		if reads > 24 {
			t.Errorf("%d reads for %d blocks", reads, len(refs))
		}
	}
}
