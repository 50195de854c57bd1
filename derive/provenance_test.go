package derive_test

import (
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// spanAfter is a span batch of empty blocks after a parent, in its epoch.
func spanAfter(t *testing.T, w *world, parent eth.L2Ref, count int) []byte {
	t.Helper()
	blocks := make([]batch.Block, count)
	for i := range blocks {
		blocks[i] = batch.Block{
			ParentHash: parent.Hash, Timestamp: parent.Time + uint64(i+1)*w.cfg.BlockTime,
			EpochNum: parent.L1Origin.Number, EpochHash: parent.L1Origin.Hash,
		}
	}
	span, err := batch.EncodeSpan(w.spanParams(), blocks)
	if err != nil {
		t.Fatal(err)
	}
	return span
}

// Every block names the channel, the frames and the batch it came from; a forced one names nothing.
func TestBlocksKnowWhereTheyCameFrom(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 2, 2))
	genesis := w.cfg.GenesisL2Ref()
	first := genesis
	first.Hash, first.Number, first.Time = l2Hash(genesis.Hash, 1, genesis.L1Origin.Hash, nil), 1, genesis.Time+2
	id := channel.ID{7}
	frames := cut(id, compress(t, channel.Zlib, nextBatch(w, genesis), spanAfter(t, w, first, 2)), 2)
	junk := encodeBlob(t, []byte{9})
	w.mine(1012, []eth.InboxTx{
		{From: batcherBob},
		{From: batcherAlice, Data: channel.AppendItem(nil, frames[0])},
		w.blobTx(batcherAlice, junk, encodeBlob(t, channel.AppendItem(nil, frames[1]))),
	}, nil)
	w.mine(1024, nil, nil)
	w.mine(1036, nil, nil)

	places := []channel.Place{{L1: 1, Tx: 1}, {L1: 1, Tx: 2, Blob: 2}}
	single := &derive.Provenance{Channel: id, OpenBlock: 1, Frames: places}
	span := func(block int) *derive.Provenance {
		return &derive.Provenance{Channel: id, OpenBlock: 1, Frames: places, Batch: 1, Span: true, Block: block}
	}
	want := []*derive.Provenance{single, span(0), span(1), nil}
	var got []*derive.Provenance
	deriveAll(t, w, w.machine(), func(d *derive.Derived) { got = append(got, d.From) })
	if len(got) < len(want) || !reflect.DeepEqual(got[:len(want)], want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Before Holocene a channel's frames come from several L1 blocks and a batch may wait; both also on disk.
func TestProvenanceSurvivesWaitingAndSnapshots(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Granite, 10, 2))
	genesis := w.cfg.GenesisL2Ref()
	first := genesis
	first.Hash, first.Number, first.Time = l2Hash(genesis.Hash, 1, genesis.L1Origin.Hash, nil), 1, genesis.Time+2
	late, early := channel.ID{2}, channel.ID{1}
	waits := cut(late, compress(t, channel.Zlib, nextBatch(w, first)), 2)
	w.mine(1012, []eth.InboxTx{{From: batcherAlice, Data: channel.AppendItem(nil, waits[1])}}, nil)
	w.mine(1024, []eth.InboxTx{{From: batcherBob}, {From: batcherAlice, Data: channel.AppendItem(nil, waits[0])}}, nil)
	w.mine(1036, []eth.InboxTx{{
		From: batcherAlice, Data: channel.AppendItem(nil, cut(early, compress(t, channel.Zlib, nextBatch(w, genesis)), 1)...),
	}}, nil)

	var got []*derive.Provenance
	m := w.machine()
	for {
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
			m = derive.Resume(w.builder(), s)
		}
		if advance(t, w, m, want, func(d *derive.Derived) { got = append(got, d.From) }) {
			break
		}
	}
	want := []*derive.Provenance{
		{Channel: early, OpenBlock: 3, Frames: []channel.Place{{L1: 3}}},
		{Channel: late, OpenBlock: 1, Frames: []channel.Place{{L1: 2, Tx: 1}, {L1: 1}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What is left out is told with its place.
func TestNotesSayWhere(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	genesis := w.cfg.GenesisL2Ref()
	bad := batch.Singular{
		ParentHash: genesis.Hash, EpochNum: 0, EpochHash: genesis.L1Origin.Hash, Timestamp: 1002, Transactions: []hexutil.Bytes{userTx("bad")},
	}
	wrong := batch.Singular{ParentHash: genesis.Hash, EpochNum: 5, Timestamp: 1004}
	stray := channel.Frame{ID: channel.ID{8}, Number: 4}
	w.mine(1012, []eth.InboxTx{
		{From: batcherBob},
		{From: batcherAlice, Data: []byte{1}},
		w.blobTx(batcherAlice, encodeBlob(t, channel.AppendItem(nil, stray))),
		post(t, bad.Encode(), nextBatch(w, genesis)),
		post(t, wrong.Encode(), nextBatch(w, genesis)),
	}, nil)
	m := w.machine()
	deriveAll(t, w, m, nil)
	const one = "01000000000000000000000000000000"
	want := []string{
		"tx: wrong-sender: L1 block 1, transaction 0",
		"item: item-version: L1 block 1, transaction 1",
		"frame: frame-no-channel: L1 block 1, transaction 2, blob 1, frame 4 of channel 08000000000000000000000000000000",
		"block: engine-rejected: batch 0 of channel " + one + ", L2 time 1002",
		"channel: flushed: channel " + one,
		"batch: parent-mismatch: batch 0 of channel " + one + ", L2 time 1004",
		"channel: flushed: channel " + one,
	}
	var got []string
	for _, n := range m.Notes() {
		got = append(got, n.What.String()+": "+n.Reason.String()+": "+n.Where())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
