package derive_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// garbageKinds are the depths at which hostileWorld puts garbage, once under the rules from Holocene on and once under those
// before.
const garbageKinds = 7

// hostileWorld is an L1 whose batcher posts garbage, and good batches before and after it.
func hostileWorld(tb testing.TB, kind uint8, garbage []byte) *world {
	tb.Helper()
	w := newWorld(tb, testConfig([]rollup.Fork{rollup.Isthmus, rollup.Granite}[kind/garbageKinds%2], 4, 2))
	w.mine(1012, nil, nil)
	good := func(first, last uint64, parent common.Hash) []byte {
		blocks := make([]batch.Block, 0, last-first+1)
		for n := first; n <= last; n++ {
			blocks = append(blocks, batch.Block{
				Timestamp: w.cfg.BlockTimestamp(n), ParentHash: parent, EpochHash: w.l1[0].Hash,
				Transactions: []hexutil.Bytes{userTx("a"), userTx("b")},
			})
		}
		item, err := batch.EncodeSpan(w.spanParams(), blocks)
		if err != nil {
			tb.Fatal(err)
		}
		return item
	}
	post := func(data []byte) []byte {
		return channel.AppendItem(nil, cut(channel.ID{byte(len(w.l1))}, data, 1)...)
	}
	spoil := func(b []byte) []byte { // garbage is pairs of position and value
		b = append([]byte{}, b...)
		for i := 0; i+2 < len(garbage); i += 3 {
			b[(int(garbage[i])<<8|int(garbage[i+1]))%len(b)] ^= garbage[i+2]
		}
		return b
	}
	first := good(1, 3, w.cfg.Genesis.L2.Hash)
	inbox := []eth.InboxTx{{From: batcherAlice, Data: post(compress(tb, channel.Zlib, first))}}
	var logs []*types.Log
	switch kind % garbageKinds {
	case 0:
		inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: garbage})
	case 1:
		var blob eth.Blob
		copy(blob[:], garbage)
		inbox = append(inbox, w.blobTx(batcherAlice, &blob))
	case 2:
		inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: post(garbage)})
	case 3:
		inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: post(compress(tb, channel.Zlib, garbage, first))})
	case 4:
		inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: spoil(inbox[0].Data)})
	case 5:
		inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: post(compress(tb, channel.Brotli, spoil(first), spoil(first)))})
	case 6:
		logs = append(logs, &types.Log{Address: configAddress, Topics: []common.Hash{updateTopic, {}, {}}, Data: garbage})
		for kind := range uint64(9) {
			logs = append(logs, updateLog(kind, garbage))
		}
	}
	w.mine(1024, inbox, logs)
	m := w.machine()
	deriveAll(tb, w, m, nil)
	if n := m.Safe().Number; n < 3 {
		tb.Fatalf("safe block %d before the garbage, want at least 3", n)
	}
	w.mine(1036, []eth.InboxTx{{From: batcherAlice, Data: post(compress(tb, channel.Zlib, good(4, 5, m.Safe().Hash)))}}, nil)
	for range 4 {
		w.mine(w.head().Time+12, nil, nil)
	}
	return w
}

// checkHostile derives a hostile L1 to its end.
func checkHostile(t *testing.T, kind uint8, garbage []byte) {
	w := hostileWorld(t, kind, garbage)
	m := w.machine()
	var chain []*derive.Derived
	deriveAll(t, w, m, func(d *derive.Derived) { chain = append(chain[:d.Parent.Number], d) })
	chain = chain[:m.Safe().Number]
	if need, ok := m.Next().(derive.NeedL1); !ok || need.Number != uint64(len(w.l1)) {
		t.Fatalf("the machine ends in %#v", m.Next())
	}
	checkChain(t, w, chain)
}

// Whatever L1 carries, the machine gets to its end, and what it derives is a chain.
func FuzzMachine(f *testing.F) {
	for kind := range uint8(2 * garbageKinds) {
		f.Add(kind, []byte{0, 40, 1, 1, 0, 128})
	}
	f.Add(uint8(2), []byte{0x78, 0x9c})
	f.Add(uint8(2), []byte{0x01})
	f.Add(uint8(3), []byte{0x01, 0, 0})
	f.Add(uint8(garbageKinds+3), []byte{0x01, 0, 0})
	f.Fuzz(checkHostile)
}

func TestRandomGarbage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 350 {
		garbage := make([]byte, rng.IntN(60))
		for j := range garbage {
			garbage[j] = byte(rng.Uint32())
		}
		if len(garbage) > 0 && rng.IntN(2) == 0 {
			garbage[0] = byte(rng.IntN(3)) // a version, a compression or a batch type
		}
		checkHostile(t, uint8(i), garbage)
	}
}

// A span of a million blocks in a kilobyte of data is taken apart step by step.
func TestHugeSpan(t *testing.T) {
	testHugeSpan(t, rollup.Holocene)
	testHugeSpan(t, rollup.Ecotone)
}

func testHugeSpan(t *testing.T, fork rollup.Fork) {
	const blocks = 1_000_000
	cfg := testConfig(fork, 10, 2)
	cfg.MaxSequencerDrift = 2*blocks + 2
	w := newWorld(t, cfg)
	item := []byte{1, 2, 0} // span batch, from block 1 on, to epoch 0
	item = append(item, w.cfg.Genesis.L2.Hash[:20]...)
	item = append(item, w.l1[0].Hash[:20]...)
	item = binary.AppendUvarint(item, blocks)
	item = append(item, make([]byte, blocks/8)...) // origin bits
	item = append(item, make([]byte, blocks)...)   // transaction counts
	data := compress(t, channel.Zlib, item)
	w.mine(1012, []eth.InboxTx{{From: batcherAlice, Data: channel.AppendItem(nil, cut(channel.ID{1}, data, 1)...)}}, nil)
	m := w.machine()
	for range 1000 {
		want := m.Next()
		if build, ok := want.(derive.Build); ok && build.Parent.Number == 100 {
			return // as many blocks as one cares to build
		}
		if advance(t, w, m, want, nil) {
			t.Fatalf("the span is not derived: %#v", want)
		}
	}
	t.Fatal("1000 steps for 100 blocks")
}
