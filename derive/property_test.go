package derive_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var seeds = flag.Uint64("seeds", 200, "number of random scenarios")

// A machine that is snapshotted, sent astray and restored derives what one does that goes straight. Asked twice, it
// answers the same.
func TestDetoursChangeNothing(t *testing.T) {
	for seed := range *seeds / 5 {
		w := newScenario(t, seed).w
		var straight, astray []*derive.Derived
		deriveAll(t, w, w.machine(), func(d *derive.Derived) { straight = append(straight, d) })

		rng := rand.New(rand.NewPCG(seed, 2))
		m := w.machine()
		for done := false; !done; {
			want := m.Next()
			if _, working := want.(derive.Working); !working {
				if again := m.Next(); !reflect.DeepEqual(again, want) {
					t.Fatalf("seed %d: asked twice, the machine wants %#v and %#v", seed, want, again)
				}
			}
			if rng.IntN(20) == 0 {
				s := m.Snapshot()
				other := m
				if rng.IntN(2) == 0 { // a snapshot works in another machine, too
					other = w.machine()
					other.Restore(s)
				}
				for steps := rng.IntN(50); steps > 0 && goAstray(t, w, other, rng); steps-- {
				}
				m.Restore(s)
				if again := m.Next(); !reflect.DeepEqual(again, want) {
					if _, working := want.(derive.Working); !working {
						t.Fatalf("seed %d: after a detour the machine wants %#v, before it %#v", seed, again, want)
					}
				}
				want = m.Next()
			}
			done = advance(t, w, m, want, func(d *derive.Derived) { astray = append(astray, d) })
		}
		if !reflect.DeepEqual(straight, astray) {
			t.Fatalf("seed %d: detours changed what is derived", seed)
		}
	}
}

// goAstray makes a step that need not be the right one: the engine may refuse, L1 may be another. It says whether there is
// a way on.
func goAstray(t *testing.T, w *world, m *derive.Machine, rng *rand.Rand) bool {
	want := m.Next()
	switch want := want.(type) {
	case derive.Build:
		if rng.IntN(3) == 0 {
			if err := m.Reject(); err != nil {
				t.Fatal(err)
			}
			return true
		}
	case derive.NeedL1:
		if rng.IntN(3) == 0 {
			at := m.Origin()
			block := &eth.L1Block{L1Ref: eth.L1Ref{
				Hash: common.Hash{byte(rng.Uint32())}, Number: want.Number, ParentHash: at.Hash, Time: at.Time + 1,
			}, BaseFee: common.Big1, Inbox: w.l1[rng.IntN(len(w.l1))].Inbox}
			if err := m.Push(block); err != nil {
				t.Fatal(err)
			}
			return true
		}
		if want.Number < uint64(len(w.l1)) && m.Origin() != w.l1[want.Number-1].L1Ref {
			return false
		}
	default:
	}
	return !advance(t, w, m, want, nil)
}

// Two machines that go on from one snapshot, each on a branch of L1 of its own and by turns, do not touch each other.
func TestSnapshotsShareNothing(t *testing.T) {
	for seed := range *seeds / 5 {
		w := newScenario(t, seed).w
		half := uint64(len(w.l1) / 2)
		fork := *w
		fork.reorg(half, "fork")
		for i, b := range w.l1[half:] {
			fork.mine(b.Time+1, w.l1[(int(half)+i/2)].Inbox, nil)
		}
		start := *w
		start.l1 = w.l1[:half]
		m := w.machine()
		deriveAll(t, &start, m, nil)
		other := w.machine()
		other.Restore(m.Snapshot())
		for done, otherDone := false, false; !done || !otherDone; {
			done = done || advance(t, w, m, m.Next(), nil)
			otherDone = otherDone || advance(t, &fork, other, other.Next(), nil)
		}
		if want := deriveAll(t, w, w.machine(), nil); m.Safe() != want {
			t.Fatalf("seed %d: safe block %v, from scratch %v", seed, m.Safe(), want)
		}
		if want := deriveAll(t, &fork, fork.machine(), nil); other.Safe() != want {
			t.Fatalf("seed %d, fork: safe block %v, from scratch %v", seed, other.Safe(), want)
		}
	}
}

// Before Holocene two machines that go on from one snapshot store batches of their own.
func TestQueuesShareNothing(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Granite, 100, 2))
	chain := []batch.Singular{{ParentHash: w.cfg.Genesis.L2.Hash}}
	for i := range 12 {
		last := &chain[i]
		last.EpochHash, last.Timestamp = w.cfg.Genesis.L1.Hash, genesisTime+2*uint64(i+1)
		chain = append(chain, batch.Singular{ParentHash: l2Hash(last.ParentHash, uint64(i+1), last.EpochHash, nil)})
	}
	for stored := 1; stored < 10; stored++ {
		w.reorg(1, fmt.Sprint(stored))
		var waiting [][]byte
		for i := range stored {
			waiting = append(waiting, chain[i+1].Encode())
		}
		w.mine(1012, []eth.InboxTx{post(t, waiting...)}, nil)
		m := w.machine()
		deriveAll(t, w, m, nil)
		other := w.machine()
		other.Restore(m.Snapshot())

		fork := *w
		next := chain[stored+1]
		next.Transactions = []hexutil.Bytes{userTx("another")}
		w.mine(1024, []eth.InboxTx{post(t, chain[stored+1].Encode())}, nil)
		fork.reorg(2, "fork")
		fork.mine(1024, []eth.InboxTx{post(t, next.Encode())}, nil)
		deriveAll(t, w, m, nil)
		deriveAll(t, &fork, other, nil)
		w.mine(1036, []eth.InboxTx{post(t, chain[0].Encode())}, nil)
		if safe := deriveAll(t, w, m, nil); safe != deriveAll(t, w, w.machine(), nil) || safe.Number != uint64(stored+2) {
			t.Errorf("with %d batches that waited, and one more: safe block %v", stored, safe)
		}
	}
}

// checkChain says what is wrong with a derived chain that no L1 data may bring about.
func checkChain(t *testing.T, w *world, chain []*derive.Derived) {
	t.Helper()
	for i, d := range chain {
		parent := d.Parent
		if d.Attributes.Timestamp != w.cfg.BlockTimestamp(parent.Number+1) || d.Attributes.Timestamp != parent.Time+w.cfg.BlockTime {
			t.Fatalf("block %d has time %d, its parent %d", parent.Number+1, d.Attributes.Timestamp, parent.Time)
		}
		switch d.Origin.Number {
		case parent.L1Origin.Number:
			if d.SequenceNumber != parent.SequenceNumber+1 || d.Origin != parent.L1Origin {
				t.Fatalf("block %d has sequence number %d after %d, origin %s after %s", parent.Number+1, d.SequenceNumber, parent.SequenceNumber, d.Origin, parent.L1Origin)
			}
		case parent.L1Origin.Number + 1:
			if d.SequenceNumber != 0 {
				t.Fatalf("block %d is the first of its epoch and has sequence number %d", parent.Number+1, d.SequenceNumber)
			}
		default:
			t.Fatalf("block %d is in epoch %d, its parent in %d", parent.Number+1, d.Origin.Number, parent.L1Origin.Number)
		}
		if origin := w.l1[d.Origin.Number]; d.Origin != origin.ID() || d.Attributes.Timestamp < origin.Time {
			t.Fatalf("block %d at %d has origin %s; L1 has %s at %d", parent.Number+1, d.Attributes.Timestamp, d.Origin, origin, origin.Time)
		}
		if d.Origin.Number >= d.DerivedFrom.Number || d.DerivedFrom != w.l1[d.DerivedFrom.Number].L1Ref {
			t.Fatalf("block %d of epoch %d is derived from L1 block %s", parent.Number+1, d.Origin.Number, d.DerivedFrom)
		}
		// Before Holocene a batch that came in time may have waited for another one, and have kept empty blocks waiting.
		if d.Origin.Number+w.cfg.SeqWindowSize < d.DerivedFrom.Number && w.cfg.L1Rules(genesisTime).StrictOrder {
			t.Fatalf("block %d of epoch %d is derived from L1 block %s, after its window", parent.Number+1, d.Origin.Number, d.DerivedFrom)
		}
		if i > 0 && (parent.Number != chain[i-1].Parent.Number+1 || d.DerivedFrom.Number < chain[i-1].DerivedFrom.Number) {
			t.Fatalf("block %d from %s follows block %d from %s", parent.Number+1, d.DerivedFrom, chain[i-1].Parent.Number+1, chain[i-1].DerivedFrom)
		}
	}
}
