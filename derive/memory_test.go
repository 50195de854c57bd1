package derive_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/peak"
)

// What a process needs for the worst that a batcher can post, with a snapshot for every L1 block, is below this many times
// the limit that the protocol sets for it. How it is measured is told in testkit/peak.
const timesTheLimit = 3

// Limits of RULES 0.4, in bytes.
const (
	fjordLimit   = 100_000_000 // what a channel may decompress to, and what a staged channel counts for
	bedrockLimit = 10_000_000  // what a channel may decompress to before Fjord
	bedrockBank  = 100_000_000 // what the open channels count for before Fjord
	fjordBank    = 1_000_000_000
	history      = 256 << 20 // what snapshots may hold on their own; no limit of the protocol
)

// feed derives L1 blocks as a node does, with a snapshot for each, and keeps none of them. Every data names the data of one
// transaction.
func feed(t *testing.T, fork rollup.Fork, blocks int, data func(block int) [][]byte) (reasons map[string]bool) {
	t.Helper()
	cfg := testConfig(fork, 3600, 2)
	w := newWorld(t, cfg)
	m := w.machine()
	var kept derive.History
	reasons = make(map[string]bool) // for which something was left out
	for done := 0; ; {
		want := m.Next()
		for _, n := range m.Notes() {
			reasons[n.Reason.String()] = true
		}
		if _, between := want.(derive.NeedL1); between {
			kept.Add(m.Snapshot())
			if done == blocks {
				break
			}
			var inbox []eth.InboxTx
			for _, d := range data(done) {
				inbox = append(inbox, eth.InboxTx{From: batcherAlice, Data: d})
			}
			w.mine(w.head().Time+l1BlockTime, inbox, nil)
			done++
		}
		if advance(t, w, m, want, nil) {
			t.Fatalf("the machine wants %#v", want)
		}
		for _, b := range w.l1 {
			b.Inbox = nil // the model of L1 shall not be the memory
		}
	}
	if len(reasons) == 0 {
		t.Error("nothing was dropped: the data did not arrive")
	}
	runtime.KeepAlive(kept)
	return reasons
}

// frame makes an item of one frame.
func frame(id uint64, number int, data []byte, last bool) []byte {
	var name channel.ID
	binary.BigEndian.PutUint64(name[:], id)
	return channel.AppendItem(nil, channel.Frame{ID: name, Number: uint16(number), Data: data, IsLast: last})
}

// bomb is a channel of a head and n bytes, all of them zero.
func bomb(t *testing.T, useBrotli bool, head []byte, n int64) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&out)
	if useBrotli {
		out.WriteByte(1)
		w = brotli.NewWriterLevel(&out, 3)
	}
	zeros := make([]byte, 100_000)
	_, err := w.Write(head)
	for ; n > 0 && err == nil; n -= int64(len(zeros)) {
		_, err = w.Write(zeros[:min(n, int64(len(zeros)))])
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// long is the header of a batch of size bytes.
func long(size uint64) []byte {
	digits := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, size), "\x00")
	return append([]byte{0xb7 + byte(len(digits))}, digits...)
}

// noise gives n bytes that do not compress.
func noise(n int) []byte {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// feedEmptyBlocks feeds a span batch.
func feedEmptyBlocks(t *testing.T, fork rollup.Fork, useBrotli bool, blocks int) {
	t.Helper()
	w := newWorld(t, testConfig(fork, 3600, 2))
	item := append([]byte{1, 1, 1}, w.cfg.Genesis.L2.Hash[:20]...)
	item = append(item, w.l1[0].Hash[:20]...)
	item = binary.AppendUvarint(item, uint64(blocks))
	head := append(long(uint64(len(item)+blocks/8+blocks)), item...)
	data := bomb(t, useBrotli, head, int64(blocks/8+blocks))
	feed(t, fork, 2, func(int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
}

// feedCreations feeds a span batch of the next block with transactions.
func feedCreations(t *testing.T, fork rollup.Fork, useBrotli bool, txs int) {
	t.Helper()
	w := newWorld(t, testConfig(fork, 3600, 2))
	creations := bytes.Repeat([]byte{0xff}, (txs+7)/8)
	if txs%8 > 0 {
		creations[0] = 1<<(txs%8) - 1
	}
	item := slices.Concat(
		[]byte{1, 2, 0}, w.cfg.Genesis.L2.Hash[:20], w.l1[0].Hash[:20], []byte{1, 0}, binary.AppendUvarint(nil, uint64(txs)), creations,
	)
	before, behind := len(creations)+64*txs, 2*txs+len(creations) // parities and signatures; nonces, gas and protection
	size := len(item) + before + 4*txs + behind
	head := make([]byte, 0, len(item)+before+4*txs+10) // once, or the test would be what takes the memory
	head = append(append(head, long(uint64(size))...), item...)
	head = head[:len(head)+before]
	for range txs {
		head = append(head, 0xc3, 0x80, 0x80, 0x80)
	}
	data := bomb(t, useBrotli, head, int64(behind))
	reasons := feed(t, fork, 2, func(int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
	if !reasons[derive.TooManyTransactions.String()] {
		t.Errorf("dropped for %v", reasons)
	}
}

// feedTransactions feeds a singular batch of the next block with transactions of one byte, which is 0.
func feedTransactions(t *testing.T, fork rollup.Fork, useBrotli bool, txs int) {
	t.Helper()
	w := newWorld(t, testConfig(fork, 3600, 2))
	genesis := w.cfg.GenesisL2Ref()
	list := func(size int) []byte {
		head := long(uint64(size))
		head[0] += 0x40
		return head
	}
	inner := slices.Concat(
		[]byte{0xa0}, genesis.Hash[:], []byte{0x80, 0xa0}, genesis.L1Origin.Hash[:], []byte{0x82, 3, 0xea}, list(txs), // time 1002
	)
	item := slices.Concat([]byte{0}, list(len(inner)+txs), inner)
	data := bomb(t, useBrotli, append(long(uint64(len(item)+txs)), item...), int64(txs))
	reasons := feed(t, fork, 2, func(int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
	if !reasons[derive.TooManyTransactions.String()] {
		t.Errorf("dropped for %v", reasons)
	}
}

func TestMemoryOfTheMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, tc := range []struct {
		name  string
		limit uint64
		most  float64
		work  func(t *testing.T)
	}{
		{"zlib bombs of 100 MB in 5 L1 blocks", fjordLimit, timesTheLimit, func(t *testing.T) {
			data := bomb(t, false, long(fjordLimit-5), fjordLimit)
			feed(t, rollup.Isthmus, 5, func(int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
		}},
		{"brotli bombs of 100 MB in 5 L1 blocks", fjordLimit, timesTheLimit, func(t *testing.T) {
			data := bomb(t, true, long(fjordLimit-5), fjordLimit)
			feed(t, rollup.Isthmus, 5, func(int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
		}},
		{"zlib bombs of 10 MB in 20 L1 blocks, before Fjord", bedrockLimit, timesTheLimit, func(t *testing.T) {
			data := bomb(t, false, long(bedrockLimit-4), bedrockLimit)
			feed(t, rollup.Ecotone, 20, func(block int) [][]byte { return [][]byte{frame(uint64(block), 0, data, true)} })
		}},
		// Frames and what they decompress to are there at once.
		{"a channel of 99 MB in 33 L1 blocks", fjordLimit, 2.5, func(t *testing.T) {
			feed(t, rollup.Isthmus, 34, func(block int) (items [][]byte) {
				for i := range 3 {
					number := 3*block + i
					data := noise(channel.MaxFrameLen)
					if number == 0 {
						copy(data, []byte{0x78, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00}) // zlib; then it is corrupt
					}
					items = append(items, frame(1, number, data, number == 98))
				}
				return items
			})
		}},
		{"a bank of 100 MB, and 350 MB that it has lost, in 450 L1 blocks", bedrockBank + history, 1.15, func(t *testing.T) {
			feed(t, rollup.Ecotone, 450, func(block int) [][]byte {
				return [][]byte{frame(uint64(block), 0, noise(channel.MaxFrameLen), false)}
			})
		}},
		{"a bank of 1 GB, and 300 MB that it has lost, in 130 L1 blocks", fjordBank + history, 1.15, func(t *testing.T) {
			feed(t, rollup.Fjord, 130, func(block int) (items [][]byte) {
				for i := range 10 {
					items = append(items, frame(uint64(block), i, make([]byte, channel.MaxFrameLen), false))
				}
				return items
			})
		}},
		{"a bank of 100 MB in frames of 1 kB, in 200 L1 blocks", bedrockBank + history, 1, func(t *testing.T) {
			feed(t, rollup.Ecotone, 200, func(block int) (items [][]byte) {
				for i := range 400 {
					items = append(items, frame(uint64(block/10), block%10*400+i, make([]byte, 1000), false))
				}
				return append(items, nil)
			})
		}},
		{"a channel of 65,536 frames in 40 L1 blocks", channel.MaxFrames * channel.FrameOverhead, 1.5, func(t *testing.T) {
			feed(t, rollup.Isthmus, 41, func(block int) (items [][]byte) {
				for i := range 1639 {
					if number := block*1639 + i; number < channel.MaxFrames {
						items = append(items, frame(1, number, []byte{0xf}, number == channel.MaxFrames-1))
					}
				}
				return items
			})
		}},
		// Blocks stay the 9 bits that they are.
		{"a span of 10,000,000 empty blocks", fjordLimit, 0.6, func(t *testing.T) { feedEmptyBlocks(t, rollup.Isthmus, true, 10_000_000) }},
		{"a span of 8,800,000 empty blocks, before Fjord", bedrockLimit, timesTheLimit, func(t *testing.T) {
			feedEmptyBlocks(t, rollup.Ecotone, false, 8_800_000)
		}},
		// A span with as many transactions as fit; they are as short as they get.
		{"a block of 1,410,000 creations in a span", fjordLimit, timesTheLimit, func(t *testing.T) { feedCreations(t, rollup.Isthmus, true, 1_410_000) }},
		{"a block of 141,000 creations in a span, before Fjord", bedrockLimit, timesTheLimit, func(t *testing.T) {
			feedCreations(t, rollup.Ecotone, false, 141_000)
		}},
		// Transactions of a singular batch stay packed. The second era keeps the batch in the queue for its turn.
		{"a block of 99,999,000 transactions of a byte", fjordLimit, timesTheLimit, func(t *testing.T) { feedTransactions(t, rollup.Isthmus, true, 99_999_000) }},
		{"a block of 9,999,000 transactions of a byte, before Fjord", bedrockLimit, timesTheLimit, func(t *testing.T) {
			feedTransactions(t, rollup.Ecotone, false, 9_999_000)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, tc.most, tc.limit, func() { tc.work(t) })
		})
	}
}
