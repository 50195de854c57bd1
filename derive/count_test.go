package derive_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// What op-node's metrics of the same names count, in what an L1 block has.
func TestCountsOfAnL1Block(t *testing.T) {
	id := func(n byte) channel.ID { return channel.ID{n} }
	single := (&batch.Singular{Timestamp: genesisTime + 2, Transactions: []hexutil.Bytes{make([]byte, 500)}}).Encode()
	data := compress(t, channel.Zlib, single)
	for _, c := range []struct {
		name    string
		last    rollup.Fork
		before  []channel.Frame // in an earlier L1 block
		gap     int             // L1 blocks in between
		frames  []channel.Frame
		want    derive.Counts
		timeout uint64 // of channels, before Granite
	}{
		{
			name: "a channel of three frames", last: rollup.Holocene, frames: cut(id(1), data, 3),
			want: derive.Counts{Frames: 3, Channels: 1, ChannelBytes: len(data), SingularBatches: 1},
		},
		{
			name: "the same before Holocene: opened, and read", last: rollup.Granite, frames: cut(id(1), data, 3),
			want: derive.Counts{Frames: 3, Channels: 2, ChannelBytes: len(data), SingularBatches: 1},
		},
		{
			name: "a channel that another replaces", last: rollup.Holocene, before: cut(id(1), data, 2)[:1], frames: cut(id(2), data, 2)[:1],
			want: derive.Counts{Frames: 2, Channels: 2},
		},
		{
			name: "a frame that the frame queue drops", last: rollup.Holocene, frames: append(cut(id(1), data, 2)[:1], cut(id(2), data, 2)[:1]...),
			want: derive.Counts{Frames: 1, Channels: 1},
		},
		{
			name: "two channels before Holocene", last: rollup.Granite, frames: append(cut(id(1), data, 2)[:1], cut(id(2), data, 2)[:1]...),
			want: derive.Counts{Frames: 2, Channels: 1},
		},
		{
			name: "a frame twice", last: rollup.Granite, frames: append(cut(id(1), data, 3)[:2], cut(id(1), data, 3)[1]),
			want: derive.Counts{Frames: 2, Channels: 1},
		},
		{name: "a frame without a channel", last: rollup.Holocene, frames: cut(id(1), data, 3)[1:]},
		{
			name: "no known compression", last: rollup.Holocene, frames: cut(id(1), []byte{0x55, 1, 2, 3}, 1),
			want: derive.Counts{Frames: 1, Channels: 1},
		},
		{
			name: "no known type of batch", last: rollup.Holocene, frames: cut(id(1), compress(t, channel.Zlib, []byte{9}), 1),
			want: derive.Counts{Frames: 1, Channels: 1, ChannelBytes: len(compress(t, channel.Zlib, []byte{9}))},
		},
		{
			name: "after a timeout", last: rollup.Fjord, timeout: 10, before: cut(id(1), data, 2)[:1], gap: 60, frames: cut(id(2), data, 1),
			want: derive.Counts{Frames: 2, Channels: 3, ChannelTimeouts: 1, ChannelBytes: len(data), SingularBatches: 1},
		},
		{
			name: "after a timeout, from Holocene on", last: rollup.Holocene, before: cut(id(1), data, 2)[:1], gap: 60, frames: cut(id(2), data, 1),
			want: derive.Counts{Frames: 2, Channels: 2, ChannelTimeouts: 1, ChannelBytes: len(data), SingularBatches: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(c.last, 200, 2)
			if c.timeout > 0 {
				cfg.ChannelTimeout = c.timeout
			}
			w := newWorld(t, cfg)
			put := func(frames []channel.Frame) {
				w.mine(genesisTime+12*uint64(len(w.l1)), []eth.InboxTx{{From: batcherAlice, Data: channel.AppendItem(nil, frames...)}}, nil)
			}
			if c.before != nil {
				put(c.before)
				for range c.gap {
					w.mine(genesisTime+12*uint64(len(w.l1)), nil, nil)
				}
			}
			put(c.frames)
			m := w.machine()
			deriveAll(t, w, m, nil)
			if got := m.Counts(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if got := m.Counts(); got != (derive.Counts{}) {
				t.Errorf("handed out twice: %+v", got)
			}
		})
	}
}

func TestSpanBatchesAreCountedAsSuch(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 10, 2))
	genesis := w.cfg.Genesis
	span, err := batch.EncodeSpan(w.spanParams(), []batch.Block{
		{Timestamp: genesisTime + 2, ParentHash: genesis.L2.Hash, EpochHash: genesis.L1.Hash}, {Timestamp: genesisTime + 4, EpochHash: genesis.L1.Hash},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.mine(1012, []eth.InboxTx{post(t, span, span)}, nil)
	m := w.machine()
	if safe := deriveAll(t, w, m, nil); safe.Number != 2 {
		t.Fatalf("safe block %d, want 2", safe.Number)
	}
	if got := m.Counts(); got.SpanBatches != 2 || got.SingularBatches != 0 {
		t.Errorf("%+v, want two span batches", got)
	}
}
