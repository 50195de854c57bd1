package channel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/rlp"
)

// bankSteps plays L1 blocks and says what came out: the data of each channel read, "late" for a channel that has timed
// out, reasons of frames and numbers of pruned channels. As in derivation, the bank is read before each frame, and at the
// end of each L1 block.
func bankSteps(t *testing.T, b *Bank, limits Limits, blocks []step) (out []string) {
	t.Helper()
	for _, s := range blocks {
		read := func() {
			for {
				raw, complete, lost := b.Read(s.origin, limits)
				switch {
				case complete:
					out = append(out, string(raw.Bytes()))
				case lost != None:
					out = append(out, lost.String())
				default:
					return
				}
			}
		}
		for _, f := range framesOf(t, s.frames) {
			read()
			pruned, lost := b.Add(f, s.origin, limits)
			if len(pruned) > 0 {
				out = append(out, fmt.Sprintf("pruned-%d", len(pruned)))
			}
			if lost != None {
				out = append(out, lost.String())
			}
		}
		read()
	}
	return out
}

func TestBank(t *testing.T) {
	canyon := Limits{ChannelTimeout: 300, MaxBank: 100_000_000, ScanBank: true}
	bedrock := Limits{ChannelTimeout: 300, MaxBank: 100_000_000}
	// small has room for so many frames of two bytes of data.
	small := func(frames uint64) Limits {
		return Limits{ChannelTimeout: 300, MaxBank: frames * (FrameOverhead + 2), ScanBank: true}
	}
	for _, tc := range []struct {
		name   string
		limits Limits
		blocks []step
		want   string
		open   int
	}{
		{"frames of a channel come in any order", canyon, []step{{origin: 1, frames: "a2! a0 a1"}}, "a0a1a2!", 0},
		{"and in many L1 blocks", canyon, []step{{origin: 1, frames: "a2!"}, {origin: 9, frames: "a1"}, {origin: 301, frames: "a0"}}, "a0a1a2!", 0},
		{"channels may be interleaved", canyon, []step{{origin: 1, frames: "a0 b0 a1! b1!"}}, "a0a1! b0b1!", 0},
		{"from Canyon on a later channel that is complete does not wait", canyon, []step{{origin: 1, frames: "a0 b0! c0! a1!"}}, "b0! c0! a0a1!", 0},
		{"before Canyon it waits for the first one", bedrock, []step{{origin: 1, frames: "a0 b0! c0!"}, {origin: 2, frames: "a1!"}}, "a0a1! b0! c0!", 0},
		{"before Canyon the first channel's timeout lets the next one be read", bedrock, []step{{origin: 1, frames: "a0 b0"}, {origin: 2, frames: "c0!"}, {origin: 302}}, "channel-timed-out channel-timed-out c0!", 0},
		{"complete channels are read in the order they were opened", bedrock, []step{{origin: 1, frames: "x0 b0 c0! b1! x1!"}}, "x0x1! b0b1! c0!", 0},
		{"a frame that comes again is dropped alone", canyon, []step{{origin: 1, frames: "a0 a0 a1!"}}, "frame-duplicate a0a1!", 0},
		{"a second last frame is dropped alone", canyon, []step{{origin: 1, frames: "a1! a2! a0"}}, "frame-second-last a0a1!", 0},
		{"a frame behind the last one is dropped alone", canyon, []step{{origin: 1, frames: "a1! a2 a0"}}, "frame-past-end a0a1!", 0},
		{"a last frame removes those behind it", canyon, []step{{origin: 1, frames: "a3 a2 a1! a0"}}, "a0a1!", 0},
		{"an id may be used again", canyon, []step{{origin: 1, frames: "a0! a0!"}}, "a0! a0!", 0},
		{"exactly open + timeout is in time", canyon, []step{{origin: 100, frames: "a0"}, {origin: 400, frames: "a1!"}}, "a0a1!", 0},
		{"one block later the channel is gone, and its id new", canyon, []step{{origin: 100, frames: "a0"}, {origin: 401, frames: "a1!"}}, "channel-timed-out", 1},
		{"a channel that has timed out behind another one takes no frames, and is not read", canyon, []step{{origin: 100, frames: "b0 a0"}, {origin: 401, frames: "a1!"}}, "channel-timed-out channel-timed-out", 1},
		{"without frames a first channel stays until it times out", canyon, []step{{origin: 100, frames: "a0"}, {origin: 400}}, "", 1},
		{"exactly the size limit is fine", small(2), []step{{origin: 1, frames: "a0 b0"}}, "", 2},
		{"above it the oldest channel goes", small(2), []step{{origin: 1, frames: "a0 b0 c0"}}, "pruned-1", 2},
		{"whole channels go, not frames", small(2), []step{{origin: 1, frames: "a0 a1 b0 a2"}}, "pruned-1", 2},
		{"also the one that was written to", small(2), []step{{origin: 1, frames: "a0 a1 a2"}}, "pruned-1", 0},
		{"as many as it takes", small(4), []step{{origin: 1, frames: "a0 b0 c0 c1 c2"}}, "pruned-1", 2},
		{"a channel is read before the next frame can prune it", Limits{ChannelTimeout: 300, MaxBank: FrameOverhead + 3, ScanBank: true}, []step{{origin: 1, frames: "a0! b0!"}}, "a0! b0!", 0},
		{"a complete channel that nobody may read yet can be pruned", Limits{ChannelTimeout: 300, MaxBank: 2*FrameOverhead + 6}, []step{{origin: 1, frames: "a0 b0! c0!"}}, "pruned-1 b0! c0!", 0},
		{"a dropped frame prunes nothing", small(2), []step{{origin: 1, frames: "a0 b0 b0"}}, "frame-duplicate", 2},
		// op-node subtracts all frames when a last frame removes some: what stays counts for nothing.
		{"frames that stay when a last one removes others count for nothing", Limits{ChannelTimeout: 300, MaxBank: 3*FrameOverhead + 7, ScanBank: true}, []step{{origin: 1, frames: "b1 b4 b3! c0 d0"}}, "", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b Bank
			if got := strings.Join(bankSteps(t, &b, tc.limits, tc.blocks), " "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if len(b.Open()) != tc.open {
				t.Errorf("%d channels are open, want %d", len(b.Open()), tc.open)
			}
		})
	}
}

func TestBankUsesTheTimeoutOfTheOrigin(t *testing.T) {
	before, granite := Limits{ChannelTimeout: 300, MaxBank: 1000, ScanBank: true}, Limits{ChannelTimeout: 50, MaxBank: 1000, ScanBank: true}
	var b Bank
	b.Add(frameOf(t, "a0"), 100, before)
	if _, _, lost := b.Read(151, before); lost != None {
		t.Errorf("before Granite: %s", lost)
	}
	c := b
	if _, lost := c.Add(frameOf(t, "a1!"), 151, granite); lost != FrameTooLate {
		t.Errorf("a frame from Granite on: %s", lost)
	}
	if _, _, lost := c.Read(151, granite); lost != ChannelTimedOut || len(c.Open()) != 0 {
		t.Errorf("from Granite on: %s, %v open", lost, c.Open())
	}
}

// Whatever happens to a copy of a bank, the other one stays as it was.
func TestBankIsAValue(t *testing.T) {
	limits := Limits{ChannelTimeout: 300, MaxBank: 5 * FrameOverhead, ScanBank: true}
	words := strings.Fields("a0 b1! b0 c0 a1 c1 d0 e0! d1 c2! a2! d2! f0 g0 h0 i0!")
	var banks []Bank
	var b Bank
	state := func(b Bank) string {
		text, err := rlp.EncodeToBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x %d", text, b.Held())
	}
	var want []string
	for i, word := range words {
		banks, want = append(banks, b), append(want, state(b))
		bankSteps(t, &b, limits, []step{{origin: uint64(i), frames: word}})
		c := banks[i/2] // and astray, from an older one
		bankSteps(t, &c, limits, []step{{origin: uint64(i), frames: "x0 a9 b7! x1! c5"}})
	}
	for i := range banks {
		if got := state(banks[i]); got != want[i] {
			t.Errorf("before %s it was %s, and became %s", words[i], want[i], got)
		}
	}
}

// What a bank holds is the data, and so much for each frame and each channel.
func TestBankHeld(t *testing.T) {
	limits := Limits{ChannelTimeout: 300, MaxBank: 10_000, ScanBank: true}
	var b Bank
	for i, c := range []struct {
		frames   string
		bytes    uint64
		inFrames uint64
		channels uint64
	}{{"a0", 2, 1, 1}, {"b5 b6", 6, 3, 2}, {"a0", 6, 3, 2}, {"b1!", 5, 2, 2}, {"b0", 2, 1, 1}, {"a1!", 0, 0, 0}} {
		bankSteps(t, &b, limits, []step{{origin: uint64(i), frames: c.frames}})
		if got, want := b.Held(), c.bytes+FrameOverhead*(c.inFrames+c.channels); got != want {
			t.Errorf("after %s it holds %d bytes, want %d", c.frames, got, want)
		}
	}
}

func TestBankRoundTrip(t *testing.T) {
	limits := Limits{ChannelTimeout: 300, MaxBank: 6 * FrameOverhead, ScanBank: true}
	var b Bank
	for i, word := range strings.Fields("a0 b1 b5 b3! c0 a1 d0 a2") {
		bankSteps(t, &b, limits, []step{{origin: uint64(i), frames: word}})
		text, err := rlp.EncodeToBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		var again Bank
		if err := rlp.DecodeBytes(text, &again); err != nil {
			t.Fatal(err)
		}
		if second, err := rlp.EncodeToBytes(again); err != nil || !bytes.Equal(second, text) {
			t.Fatalf("%x became %x, %v", text, second, err)
		}
		if again.Held() != b.Held() || again.size != b.size || !slices.Equal(again.Open(), b.Open()) {
			t.Errorf("%+v became %+v", b, again)
		}
		rest := []step{{origin: uint64(i), frames: "b0 b2 a3! c1! e0 f0 g0 d1!"}}
		other := b
		if got, want := bankSteps(t, &again, limits, rest), bankSteps(t, &other, limits, rest); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("from bytes %q, without %q", got, want)
		}
	}
}

func TestBankWithAChannelTwiceIsRefused(t *testing.T) {
	var b Bank
	b.Add(frameOf(t, "a0"), 1, Limits{ChannelTimeout: 300, MaxBank: 10_000})
	twice := slices.Repeat(slices.Collect(b.all), 2)
	text, err := rlp.EncodeToBytes([]*Channel{&twice[0].Channel, &twice[1].Channel})
	if err != nil {
		t.Fatal(err)
	}
	var again Bank
	if err := rlp.DecodeBytes(text, &again); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

// Channels that nobody completes are looked at by no step: a frame costs about the same however many there are.
func BenchmarkBankManyChannels(b *testing.B) {
	for _, channels := range []int{5000, 50_000, 500_000} {
		b.Run(strconv.Itoa(channels), func(b *testing.B) {
			l := Limits{ChannelTimeout: 300, MaxBank: 100_000_000, ScanBank: true}
			b.ReportAllocs()
			for b.Loop() {
				rng := rand.New(rand.NewPCG(1, 1))
				var bank Bank
				for range channels {
					var id ID
					binary.BigEndian.PutUint64(id[:], rng.Uint64())
					bank.Read(1, l)
					bank.Add(Frame{ID: id}, 1, l)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*channels), "ns/frame")
		})
	}
}
