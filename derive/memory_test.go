package derive_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
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
	history      = 256 << 20   // what snapshots may hold on their own; no limit of the protocol
)

// feed derives L1 blocks as a node does, with a snapshot for each, and keeps none of them. Every data names the data of one
// transaction.
func feed(t *testing.T, fork rollup.Fork, blocks int, data func(block int) [][]byte) {
	t.Helper()
	cfg := testConfig(fork, 3600, 2)
	w := newWorld(t, cfg)
	m := w.machine()
	var kept derive.History
	var noted int
	for done := 0; ; {
		want := m.Next()
		noted += len(m.Notes())
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
	if noted == 0 {
		t.Error("nothing was dropped: the data did not arrive")
	}
	runtime.KeepAlive(kept)
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
		// Frames, the channel they make and what it decompresses to are there at once.
		{"a channel of 99 MB in 33 L1 blocks", fjordLimit, 3.1, func(t *testing.T) {
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
		{"a bank of 100 MB in frames of 1 kB, in 200 L1 blocks", bedrockBank + history, 1, func(t *testing.T) {
			feed(t, rollup.Ecotone, 200, func(block int) (items [][]byte) {
				for i := range 400 {
					items = append(items, frame(uint64(block/10), block%10*400+i, make([]byte, 1000), false))
				}
				return append(items, nil)
			})
		}},
		{"a channel of 65,536 frames in 40 L1 blocks", channel.MaxFrames * channel.FrameOverhead, timesTheLimit, func(t *testing.T) {
			feed(t, rollup.Isthmus, 41, func(block int) (items [][]byte) {
				for i := range 1639 {
					if number := block*1639 + i; number < channel.MaxFrames {
						items = append(items, frame(1, number, []byte{0xf}, number == channel.MaxFrames-1))
					}
				}
				return items
			})
		}},
		// A decoded block takes 40 bytes, its encoding 9 bits.
		{"a span of 10,000,000 empty blocks", fjordLimit, 4.6, func(t *testing.T) {
			w := newWorld(t, testConfig(rollup.Isthmus, 3600, 2))
			const blocks = 10_000_000
			item := append([]byte{1, 1, 1}, w.cfg.Genesis.L2.Hash[:20]...)
			item = append(item, w.l1[0].Hash[:20]...)
			item = binary.AppendUvarint(item, blocks)
			head := append(long(uint64(len(item)+blocks/8+blocks)), item...)
			data := bomb(t, true, head, blocks/8+blocks)
			feed(t, rollup.Isthmus, 2, func(block int) [][]byte { return [][]byte{frame(1, 0, data, true)} })
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peak.Below(t, tc.most, tc.limit, func() { tc.work(t) })
		})
	}
}
