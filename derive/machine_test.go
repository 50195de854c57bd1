package derive_test

import (
	"errors"
	"reflect"
	"runtime"
	"testing"
	"weak"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// step lets a machine work until it wants something.
func step(m *derive.Machine) derive.Want {
	for {
		want := m.Next()
		if _, working := want.(derive.Working); !working {
			return want
		}
	}
}

// post is a calldata transaction with a channel of batches.
func post(tb testing.TB, batches ...[]byte) eth.InboxTx {
	return eth.InboxTx{
		From: batcherAlice, Data: channel.AppendItem(nil, cut(channel.ID{1}, compress(tb, channel.Zlib, batches...), 1)...),
	}
}

// nextBatch is a batch for the block after a safe block, in the same epoch.
func nextBatch(w *world, safe eth.L2Ref) []byte {
	b := batch.Singular{
		ParentHash: safe.Hash, EpochNum: safe.L1Origin.Number, EpochHash: safe.L1Origin.Hash, Timestamp: safe.Time + w.cfg.BlockTime,
		Transactions: nil,
	}
	return b.Encode()
}

// What the machine did not ask for is an error of the caller and changes nothing.
func TestUnaskedAnswers(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	blob := encodeBlob(t, post(t, nextBatch(w, w.cfg.GenesisL2Ref())).Data)
	first := w.mine(1012, []eth.InboxTx{w.blobTx(batcherAlice, blob)}, nil)
	second := w.mine(1024, nil, nil)
	m := w.machine()

	push := func(b *eth.L1Block) func() error { return func() error { return m.Push(b) } }
	blobs := func(b ...*eth.Blob) func() error { return func() error { return m.PushBlobs(b) } }
	pushL2 := func() error { return m.PushL2(w.payload(w.cfg.Genesis.L2.Hash, 0)) }
	confirm := func(change func(*eth.L2Ref)) func() error {
		return func() error {
			ref := eth.L2Ref{}
			if build, ok := m.Next().(derive.Build); ok {
				ref = build.Ref(common.Hash{1})
			}
			change(&ref)
			return m.Confirm(ref)
		}
	}
	asItIs := confirm(func(*eth.L2Ref) {})
	refused := func(name string, answer func() error) {
		t.Helper()
		before := step(m)
		if err := answer(); err == nil {
			t.Errorf("%s: no error while the machine wants %#v", name, before)
		}
		if after := m.Next(); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: the machine wants %#v, before it wanted %#v", name, after, before)
		}
	}
	accepted := func(answer func() error) {
		t.Helper()
		if err := answer(); err != nil {
			t.Fatal(err)
		}
	}

	if want := step(m); want != (derive.NeedL1{Number: 1}) {
		t.Fatalf("the machine wants %#v", want)
	}
	refused("L1 block after the next", push(second))
	other := *first
	other.ParentHash = common.Hash{1}
	refused("L1 block on another parent", push(&other))
	for _, block := range []*eth.L1Block{second, &other} {
		if err := m.Push(block); !errors.Is(err, derive.ErrNotNext) {
			t.Errorf("got %v, want ErrNotNext", err)
		}
	}
	refused("no blobs needed", blobs(blob))
	refused("no blobs needed, none given", blobs())
	refused("no L2 block needed", pushL2)
	refused("nothing to confirm", asItIs)
	refused("nothing to reject", m.Reject)

	accepted(push(first))
	if _, ok := step(m).(derive.NeedBlobs); !ok {
		t.Fatalf("the machine wants %#v", m.Next())
	}
	refused("blobs needed, L1 block given", push(second))
	refused("blobs needed, none given", blobs())
	refused("one blob too many", blobs(blob, blob))
	refused("blobs needed, block confirmed", asItIs)

	accepted(blobs(blob))
	if _, ok := step(m).(derive.Build); !ok {
		t.Fatalf("the machine wants %#v", m.Next())
	}
	refused("block to be built, L1 block given", push(second))
	refused("block to be built, blobs given", blobs(blob))
	refused("block to be built, L2 block given", pushL2)
	for name, change := range map[string]func(*eth.L2Ref){
		"number":   func(r *eth.L2Ref) { r.Number++ },
		"parent":   func(r *eth.L2Ref) { r.ParentHash[0]++ },
		"time":     func(r *eth.L2Ref) { r.Time++ },
		"origin":   func(r *eth.L2Ref) { r.L1Origin.Number++ },
		"sequence": func(r *eth.L2Ref) { r.SequenceNumber++ },
	} {
		refused("confirmed with another "+name, confirm(change))
	}
	accepted(asItIs)
	refused("confirmed twice", asItIs)
}

// An L2 block that the safe chain does not have at the height asked for is not taken.
func TestPushL2WrongNumber(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	genesis := w.cfg.Genesis
	block := func(number uint64) batch.Block {
		return batch.Block{Timestamp: w.cfg.BlockTimestamp(number), ParentHash: genesis.L2.Hash, EpochHash: genesis.L1.Hash}
	}
	span, err := batch.EncodeSpan(w.spanParams(), []batch.Block{block(1), block(2)})
	if err != nil {
		t.Fatal(err)
	}
	w.mine(1012, []eth.InboxTx{post(t, nextBatch(w, w.cfg.GenesisL2Ref()), span)}, nil)
	m := w.machine()
	for want := step(m); want != (derive.NeedL2{Number: 0}); want = step(m) {
		if advance(t, w, m, want, nil) {
			t.Fatalf("the machine wants %#v", want)
		}
	}
	if err := m.PushL2(w.payload(m.Safe().Hash, 1)); err == nil {
		t.Error("block 1 is taken for block 0")
	}
	foreign := w.payload(m.Safe().Hash, 0)
	foreign.BlockHash = common.Hash{9}
	if err := m.PushL2(foreign); err == nil {
		t.Error("the genesis block of another chain is taken")
	}
	if m.Next() != (derive.NeedL2{Number: 0}) {
		t.Errorf("the machine wants %#v", m.Next())
	}
}

// A safe block whose L1 origin is not on the chain that is read asks to go back, and goes on asking.
func TestRewind(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	w.mine(1012, nil, nil)
	for name, origin := range map[string]eth.BlockID{
		"another block at the number of the base": {Hash: common.Hash{1}, Number: 0},
		"another block above the base":            {Hash: common.Hash{1}, Number: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if origin.Number == 1 {
				w.mine(1024, nil, nil)
			}
			safe := w.cfg.GenesisL2Ref()
			safe.L1Origin = origin
			m := derive.New(&attributes.Builder{Config: w.cfg}, derive.Start{
				Base: w.l1[0], Inbox: w.cfg.Genesis.SystemConfig, Safe: safe, Chain: w.cfg.Genesis.SystemConfig,
			})
			deriveAll(t, w, m, nil)
			rewind, ok := m.Next().(derive.Rewind)
			if !ok || rewind.Reason == "" {
				t.Fatalf("the machine wants %#v", m.Next())
			}
			if m.Next() != derive.Want(rewind) {
				t.Error("asked again, it wants something else")
			}
		})
	}
}

// A snapshot of a machine that waits for L1 keeps nothing of the data it has read.
func TestSnapshotKeepsNoData(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	m := w.machine()
	push := func() weak.Pointer[byte] {
		data := post(t, nextBatch(w, w.cfg.GenesisL2Ref())).Data
		block := *w.mine(1012, nil, nil)
		block.Inbox = []eth.InboxTx{{From: batcherAlice, Data: data}}
		step(m)
		if err := m.Push(&block); err != nil {
			t.Fatal(err)
		}
		deriveAll(t, w, m, nil)
		return weak.Make(&data[0])
	}
	data := push()
	s := m.Snapshot()
	runtime.GC()
	if data.Value() != nil {
		t.Error("the calldata is still held")
	}
	if s.Safe().Number != 1 || s.Origin().Number != 1 {
		t.Errorf("snapshot at L1 block %d, safe block %d", s.Origin().Number, s.Safe().Number)
	}
}

// Notes are handed out once, and a caller who never asks does not fill the memory.
func TestNotes(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	w.mine(1012, []eth.InboxTx{{From: batcherBob}, {From: batcherAlice, Data: []byte{1}}, {From: batcherBob}}, nil)
	m := w.machine()
	deriveAll(t, w, m, nil)
	want := []derive.Note{
		{What: derive.DroppedTx, Reason: derive.WrongSender, L1: 1, Place: channel.Place{L1: 1}},
		{What: derive.DroppedTx, Reason: derive.WrongSender, L1: 1, Place: channel.Place{L1: 1, Tx: 2}},
		{What: derive.DroppedItem, Reason: channel.ItemVersion, L1: 1, Place: channel.Place{L1: 1, Tx: 1}},
	}
	if got := m.Notes(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := m.Notes(); len(got) > 0 {
		t.Errorf("handed out twice: %v", got)
	}
	w.mine(1024, make([]eth.InboxTx, 1), nil)
	for range 10_000 {
		w.head().Inbox = append(w.head().Inbox, eth.InboxTx{From: batcherAlice})
	}
	deriveAll(t, w, m, nil)
	if got := len(m.Notes()); got != 4096 {
		t.Errorf("%d notes held, want 4096", got)
	}
}

// Names are words in kebab case, each of them once: metrics and scripts are keyed by them.
func TestNames(t *testing.T) {
	for what, want := range map[derive.Dropped]string{
		derive.DroppedTx: "tx", derive.DroppedBlob: "blob", derive.DroppedItem: "item", derive.DroppedFrame: "frame",
		derive.DroppedChannel: "channel", derive.DroppedBatch: "batch", derive.DroppedConfigUpdate: "config-update", derive.DroppedBlock: "block",
	} {
		if what.String() != want {
			t.Errorf("%d is %q, want %q", what, what, want)
		}
	}
	for reason, want := range map[derive.Reason]string{
		derive.WrongSender: "wrong-sender", derive.BeforeSafeHead: "before-safe-head",
		derive.EngineRejected: "engine-rejected", derive.Flushed: "flushed", derive.HoloceneBegan: "holocene-began",
		derive.TooManyTransactions: "too-many-transactions",
	} {
		if reason.String() != want {
			t.Errorf("%d is %q, want %q", reason, reason, want)
		}
	}
}

// What Holocene leaves behind is not held any longer.
func TestHoloceneLetsGoOfWhatWaited(t *testing.T) {
	cfg, at := testConfig(rollup.Granite, 100, 2), uint64(1024)
	cfg.SetTime(rollup.Holocene, &at)
	w := newWorld(t, cfg)
	later := batch.Singular{Timestamp: genesisTime + 4, Transactions: []hexutil.Bytes{make([]byte, 50_000)}}
	open := channel.Frame{ID: channel.ID{7}, Data: make([]byte, 50_000)}
	w.mine(1012, []eth.InboxTx{post(t, later.Encode()), {From: batcherAlice, Data: channel.AppendItem(nil, open)}}, nil)
	m := w.machine()
	size := func() int {
		deriveAll(t, w, m, nil)
		text, err := m.Snapshot().Encode(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	if got := size(); got < 100_000 {
		t.Errorf("before Holocene %d bytes are kept, want batch and frame among them", got)
	}
	w.mine(1024, nil, nil)
	if got := size(); got > 5_000 {
		t.Errorf("from Holocene on %d bytes are kept", got)
	}
}
