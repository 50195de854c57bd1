package derive_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// crowd is a number of transactions that the engine of these tests rejects.
func crowd(count int) []hexutil.Bytes { return slices.Repeat([]hexutil.Bytes{userTx("bad")}, count) }

// crowded is a batch whose block 1, or block 2 if it is a span, has transactions.
func crowded(t *testing.T, w *world, span bool, txs []hexutil.Bytes) []byte {
	t.Helper()
	genesis := w.cfg.GenesisL2Ref()
	if !span {
		b := batch.Singular{ParentHash: genesis.Hash, EpochHash: genesis.L1Origin.Hash, Timestamp: genesisTime + 2, Transactions: txs}
		return b.Encode()
	}
	item, err := batch.EncodeSpan(w.spanParams(), []batch.Block{
		{ParentHash: genesis.Hash, EpochHash: genesis.L1Origin.Hash, Timestamp: genesisTime + 2},
		{EpochHash: genesis.L1Origin.Hash, Timestamp: genesisTime + 4, Transactions: txs},
		{EpochHash: genesis.L1Origin.Hash, Timestamp: genesisTime + 6},
	})
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// outcome is what came of an L1 chain.
type outcome struct {
	asked   []int // how many transactions but deposits each block had that the engine was asked for
	derived []*derive.Derived
	notes   []derive.Note
	left    string // in the machine
}

func outcomeOf(t *testing.T, w *world) (out outcome) {
	t.Helper()
	m := w.machine()
	for done := false; !done; {
		want := m.Next()
		if build, ok := want.(derive.Build); ok {
			out.asked = append(out.asked, len(userTxs(build.Attributes.Transactions)))
		}
		done = advance(t, w, m, want, func(d *derive.Derived) { out.derived = append(out.derived, d) })
		out.notes = append(out.notes, m.Notes()...)
	}
	text, err := m.Snapshot().Encode(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	out.left = string(text)
	return out
}

// A block with more transactions than its gas limit has room for goes the way of one that the engine rejects, and the engine
// is not asked. From Holocene on: replaced by deposits only, and the rest of its channel is void. Before: the batch is
// dropped, a span with its blocks before, and the next one is tried.
func TestABlockThatNoEngineHasRoomForIsRefusedAsByAnEngine(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Granite, rollup.Holocene} {
		for _, span := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, span %v", fork, span), func(t *testing.T) {
				after := func(count int) outcome {
					w := newWorld(t, testConfig(fork, 10, 2))
					genesis := w.cfg.GenesisL2Ref()
					w.mine(1012, []eth.InboxTx{post(t, crowded(t, w, span, crowd(count)), nextBatch(w, genesis))}, nil)
					w.mine(1024, []eth.InboxTx{post(t, nextBatch(w, genesis))}, nil)
					for range 12 {
						w.mine(w.head().Time+12, nil, nil)
					}
					return outcomeOf(t, w)
				}
				// As many as are listed are the engine's business. The channels decompress to different sizes, but nothing is left of that.
				byEngine, byMachine := after(batch.MaxListed), after(batch.MaxListed+1)
				if slices.Max(byEngine.asked) != batch.MaxListed || slices.Max(byMachine.asked) != 0 {
					t.Errorf("the engine is asked for blocks of %v transactions, and %v", byEngine.asked, byMachine.asked)
				}
				if len(byEngine.derived) < 10 || !reflect.DeepEqual(byMachine.derived, byEngine.derived) || byMachine.left != byEngine.left {
					t.Errorf("got %d blocks, with an engine that rejects %d other ones", len(byMachine.derived), len(byEngine.derived))
				}
				if replaced := slices.ContainsFunc(byMachine.derived, func(d *derive.Derived) bool { return d.Replaced }); replaced != (fork == rollup.Holocene) {
					t.Errorf("replaced by deposits only: %v", replaced)
				}
				is := func(r derive.Reason) func(n derive.Note) bool {
					return func(n derive.Note) bool { return n.What == derive.DroppedBlock && n.Reason == r }
				}
				at := slices.IndexFunc(byMachine.notes, is(derive.TooManyTransactions))
				if at < 0 || slices.ContainsFunc(byEngine.notes, is(derive.TooManyTransactions)) {
					t.Fatalf("got notes %+v, with an engine that rejects %+v", byMachine.notes, byEngine.notes)
				}
				byMachine.notes[at].Reason = derive.EngineRejected
				if !reflect.DeepEqual(byMachine.notes, byEngine.notes) {
					t.Errorf("got notes %+v, with an engine that rejects %+v", byMachine.notes, byEngine.notes)
				}
			})
		}
	}
}

// A list that the gas limit has room for goes to the engine, whole, and however long.
func TestManyTransactionsThatHaveRoomGoToTheEngine(t *testing.T) {
	const count = batch.MaxListed + 1
	txs := make([]hexutil.Bytes, count)
	for i := range txs {
		txs[i] = hexutil.Bytes{2, byte(i >> 16), byte(i >> 8), byte(i)}
	}
	for _, c := range []struct {
		gasLimit uint64
		asked    int
	}{{21_000 * count, count}, {21_000*count - 1, 0}} {
		cfg := testConfig(rollup.Holocene, 10, 2)
		cfg.Genesis.SystemConfig.GasLimit = c.gasLimit
		w := newWorld(t, cfg)
		w.mine(1012, []eth.InboxTx{post(t, crowded(t, w, false, txs))}, nil)
		got := outcomeOf(t, w)
		if len(got.asked) != 1 || got.asked[0] != c.asked {
			t.Errorf("gas limit %d: the engine is asked for blocks of %v transactions, want one of %d", c.gasLimit, got.asked, c.asked)
			continue
		}
		equal := func(a, b hexutil.Bytes) bool { return bytes.Equal(a, b) }
		if first := userTxs(got.derived[0].Attributes.Transactions); c.asked > 0 && !slices.EqualFunc(first, txs, equal) {
			t.Errorf("gas limit %d: the transactions are other ones", c.gasLimit)
		}
	}
}

// Before Holocene batches wait, and snapshots are taken meanwhile: of a list that stays packed, and of spans.
func TestBatchesThatWaitSurviveSnapshots(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Granite, 10, 2))
	genesis := w.cfg.GenesisL2Ref()
	first := genesis
	first.Hash, first.Number, first.Time = l2Hash(genesis.Hash, 1, genesis.L1Origin.Hash, nil), 1, genesis.Time+2
	many := batch.Singular{
		ParentHash: first.Hash, EpochHash: first.L1Origin.Hash, Timestamp: first.Time + 2,
		Transactions: slices.Repeat([]hexutil.Bytes{{2}}, batch.MaxListed+1),
	}
	w.mine(1012, []eth.InboxTx{post(t, many.Encode(), spanAfter(t, w, first, 200))}, nil)
	late := cut(channel.ID{2}, compress(t, channel.Zlib, nextBatch(w, genesis)), 1)
	w.mine(1024, []eth.InboxTx{{From: batcherAlice, Data: channel.AppendItem(nil, late...)}}, nil)

	m := w.machine()
	var derived int
	var reasons []string
	for done := false; !done; {
		want := m.Next()
		if _, between := want.(derive.NeedL1); between {
			text, err := m.Snapshot().Encode(w.cfg)
			if err != nil {
				t.Fatal(err)
			}
			s, err := derive.DecodeSnapshot(w.cfg, text)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.Encode(w.cfg); err != nil || !bytes.Equal(again, text) {
				t.Fatalf("%d bytes became %d, %v", len(text), len(again), err)
			}
			m = derive.Resume(w.builder(), s)
		}
		done = advance(t, w, m, want, func(*derive.Derived) { derived++ })
		for _, n := range m.Notes() {
			reasons = append(reasons, n.Reason.String())
		}
	}
	if derived != 201 || !slices.Equal(reasons, []string{"too-many-transactions"}) {
		t.Errorf("%d blocks are derived, want 201; left out: %v", derived, reasons)
	}
}
