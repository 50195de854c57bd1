package derive

import (
	"encoding/binary"
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// A chain without batches on an L1 without finality makes the window, and with it each snapshot, larger and larger.
func TestHistoryIsBoundedByBytes(t *testing.T) {
	refs := make([]eth.L1Ref, 100_000)
	var h History
	for n := range uint64(200) {
		h.Add(Snapshot{&state{origin: eth.L1Ref{Number: n}, window: window{refs: refs}}})
		bytes := 0
		for _, s := range h.entries {
			bytes += s.size()
		}
		if bytes != h.bytes || bytes > maxHistoryBytes {
			t.Fatalf("after block %d: %d bytes held, %d counted, %d allowed", n, bytes, h.bytes, maxHistoryBytes)
		}
	}
	if newest, ok := h.At(math.MaxUint64); !ok || newest.Origin().Number != 199 || h.Len() < 10 || h.Len() > 100 {
		t.Errorf("%d snapshots are held, the newest of L1 block %d, want some dozens up to block 199", h.Len(), newest.Origin().Number)
	}
	h.Add(Snapshot{&state{origin: eth.L1Ref{Number: 190}, window: window{refs: refs}}})
	h.Prune(188)
	if h.Len() != 3 || h.bytes != 3*h.entries[0].size() {
		t.Errorf("%d snapshots, %d bytes after going back to block 190 and pruning to 188", h.Len(), h.bytes)
	}
	big := Snapshot{&state{origin: eth.L1Ref{Number: 191}, window: window{refs: make([]eth.L1Ref, maxHistoryBytes/88)}}}
	h.Add(big)
	if newest, ok := h.At(191); !ok || newest != big || h.Len() != 1 {
		t.Error("a snapshot that is too large alone is not kept as the only one")
	}
}

// Before Holocene snapshots hold what waits in bank and queue. What an L1 block has added counts, once.
func TestSizeOfASnapshotCountsWhatWaits(t *testing.T) {
	frame := func(id byte, n int, last bool) channel.Frame {
		return channel.Frame{ID: channel.ID{id}, Data: make([]byte, n), IsLast: last, Number: uint16(id)}
	}
	limits := channel.Limits{MaxBank: 1 << 40, ChannelTimeout: 10}
	var s state
	empty := Snapshot{&s}.size()
	s.bank.Add(frame(1, 5000, false), 1, limits)
	s.queue = []stored{{size: 300}}
	for _, c := range []struct {
		fresh uint64
		want  int
	}{{0, 0}, {4000, 4000}, {5700, 5700}, {9000, 5700}} { // what has left again does not count
		s.fresh = c.fresh
		if got := (Snapshot{&s}).size() - empty - queueEntry; got != c.want {
			t.Errorf("%d bytes are new: %d are counted, want %d", c.fresh, got, c.want)
		}
	}
	var h History
	for n := range uint64(400) {
		next := s
		next.origin.Number = n
		next.bank.Add(frame(byte(n), 1<<20, false), n, limits)
		next.fresh = 1 << 20
		s = next
		h.Add(Snapshot{&next})
	}
	if h.Len() < 200 || h.Len() > 256 {
		t.Errorf("%d snapshots are kept that have got 1 MiB more each, want as many as make 256 MiB", h.Len())
	}
}

// What snapshots are counted for is what they take, whatever frames come, or less: a tenth where many frames of a block lie
// side by side.
func TestSizeOfSnapshotsIsAboutWhatTheyTake(t *testing.T) {
	const blocks = 200
	id := func(n int) (id channel.ID) {
		binary.BigEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15)
		return id
	}
	for _, tc := range []struct {
		name   string
		strict bool
		frames int // of each L1 block
		size   int
		frame  func(n int) channel.Frame
	}{
		{"empty frames, each of a channel of its own", false, 50, 0, func(n int) channel.Frame {
			return channel.Frame{ID: id(n)}
		}},
		{"one of them in each L1 block", false, 1, 0, func(n int) channel.Frame {
			return channel.Frame{ID: id(n)}
		}},
		{"frames of 20 channels by turns", false, 50, 10, func(n int) channel.Frame {
			return channel.Frame{ID: id(n % 20), Number: uint16(n / 20)}
		}},
		{"frames of one channel, far apart", false, 50, 10, func(n int) channel.Frame {
			return channel.Frame{ID: id(1), Number: uint16(n * 40503)}
		}},
		{"frames of 20 kB", false, 5, 20_000, func(n int) channel.Frame {
			return channel.Frame{ID: id(n / 10), Number: uint16(n % 10)}
		}},
		{"Holocene: small frames of one channel", true, 50, 10, func(n int) channel.Frame {
			return channel.Frame{ID: id(1), Number: uint16(n)}
		}},
		{"Holocene: each L1 block replaces the channel of the one before", true, 50, 1000, func(n int) channel.Frame {
			return channel.Frame{ID: id(n / 50), Number: uint16(n % 50)}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			heap := func() int {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				return int(m.HeapAlloc)
			}
			var h History
			m := Machine{config: &rollup.Config{}}
			m.s.rules = rollup.L1Rules{StrictOrder: tc.strict, MaxChannelBank: 1 << 30, MaxRLPBytes: 1 << 30, ChannelTimeout: blocks}
			before := heap()
			for block := range uint64(blocks) {
				m.s.origin.Number, m.s.fresh, m.notes = block, 0, nil
				for i := range tc.frames {
					f := tc.frame(int(block)*tc.frames + i)
					f.Data = make([]byte, tc.size)
					m.s.frames = []channel.Frame{f}
					m.nextFrame()
				}
				h.Add(m.Snapshot())
			}
			real := heap() - before
			t.Logf("%d snapshots take %d bytes and are counted for %d", h.Len(), real, h.bytes)
			if h.Len() != blocks || real > h.bytes*11/10 || real < h.bytes/10 {
				t.Errorf("%d snapshots take %d bytes and are counted for %d", h.Len(), real, h.bytes)
			}
			runtime.KeepAlive(h)
		})
	}
}

func TestSizesOfAState(t *testing.T) {
	for name, c := range map[string]struct{ is, counted uintptr }{
		"state": {reflect.TypeFor[state]().Size(), stateSize}, "stored batch": {reflect.TypeFor[stored]().Size(), queueEntry},
		"L1 block in the window": {reflect.TypeFor[eth.L1Ref]().Size() + reflect.TypeFor[*eth.L1Block]().Size(), windowEntry},
	} {
		if c.is > c.counted || c.is < c.counted*3/4 {
			t.Errorf("%s: %d bytes, counted for %d", name, c.is, c.counted)
		}
	}
}

func TestWhatIsNewIsCountedPerL1Block(t *testing.T) {
	m := Machine{config: &rollup.Config{}, s: state{exhausted: true, fresh: 5}}
	if err := m.Push(&eth.L1Block{L1Ref: eth.L1Ref{Number: 1}}); err != nil {
		t.Fatal(err)
	}
	if m.s.fresh != 0 {
		t.Errorf("%d bytes of the L1 block before count as new", m.s.fresh)
	}
}
