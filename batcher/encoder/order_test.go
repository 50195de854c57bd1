package encoder_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// inThree is an encoder with channels of three transactions: blocks 1 to 6, 7 to 12, 13 to 18.
func inThree(t *testing.T) (*encoder.Encoder, encoder.Config) {
	t.Helper()
	cfg := config(rollup.Isthmus)
	cfg.UseBlobs, cfg.TargetFrames, cfg.MaxTxBytes = false, 3, 1024
	cfg.TargetChannelBytes = 100_000
	e := newEncoder(t, cfg)
	for _, from := range []uint64{1, 7, 13} {
		add(t, e, cfg.Rollup, from, from+5, 300)
		e.Flush()
	}
	return e, cfg
}

// place is a submission's channel, by its first block, and its first frame.
type place struct {
	block uint64
	frame int
}

func placeOf(s encoder.Submission) place { return place{s.Channel.First.Number, s.First} }

// follow takes submissions and checks their places.
func follow(t *testing.T, e *encoder.Encoder, places ...place) (out []encoder.Submission) {
	t.Helper()
	for _, want := range places {
		s := next(t, e)
		if placeOf(s) != want {
			t.Fatalf("submission %+v, want %+v", placeOf(s), want)
		}
		out = append(out, s)
	}
	return out
}

var allPlaces = []place{{1, 0}, {1, 1}, {1, 2}, {7, 0}, {7, 1}, {7, 2}, {13, 0}, {13, 1}, {13, 2}}

func TestSubmissionsComeInOrderAndChannelsDoNotInterleave(t *testing.T) {
	e, _ := inThree(t)
	seen := map[uint64]bool{}
	for _, s := range follow(t, e, allPlaces...) {
		if seen[s.ID] {
			t.Errorf("id %d twice", s.ID)
		}
		seen[s.ID] = true
	}
	none(t, e)
}

func TestAfterAFailureTheChannelGoesOnIfNothingOfALaterOneWasSent(t *testing.T) {
	for k := 3; k < 5; k++ {
		e, _ := inThree(t)
		subs := follow(t, e, allPlaces[:6]...)
		e.Confirmed(subs[5].ID, l1Head(genesisL1+2).ID()) // behind the failed one: out of order, so it does not count
		e.Failed(subs[k].ID)
		again := follow(t, e, allPlaces[k:]...)
		none(t, e)
		if again[0].ID == subs[k].ID {
			t.Errorf("id %d again", subs[k].ID)
		}
	}
}

func TestAfterAFailureTheChannelStartsAgainIfALaterOneWasSent(t *testing.T) {
	for k := range 6 {
		e, _ := inThree(t)
		subs := follow(t, e, allPlaces[:7]...)
		e.Failed(subs[k].ID)
		follow(t, e, allPlaces[k/3*3:]...)
		none(t, e)
	}
}

// TestWhateverFailsAllBlocksAreDerived lets transactions fail at random. Of what was sent behind a failure some lands and
// some fails too; then all has ended, and sending goes on.
func TestWhateverFailsAllBlocksAreDerived(t *testing.T) {
	for seed := range uint64(200) {
		e, cfg := inThree(t)
		r := rand.New(rand.NewPCG(seed, 8))
		var landed []encoder.Submission
		for range 1000 {
			var out []encoder.Submission
			for range 1 + r.IntN(8) {
				if s, ok := e.Next(); ok {
					out = append(out, s)
				}
			}
			if len(out) == 0 {
				break
			}
			var failed, included []uint64
			for _, s := range out {
				if r.IntN(5) == 0 {
					failed = append(failed, s.ID)
					continue
				}
				landed = append(landed, s)
				included = append(included, s.ID)
			}
			if r.IntN(2) == 0 {
				slices.Reverse(failed)
			}
			answers := []func(){
				func() {
					for _, id := range failed {
						e.Failed(id)
					}
				},
				func() {
					for _, id := range included {
						e.Confirmed(id, l1Head(genesisL1+2).ID())
					}
				},
			}
			first := r.IntN(2)
			answers[first]()
			answers[1-first]()
		}
		none(t, e)
		if got := deriveInOrder(t, cfg.Rollup, landed); got != 18 {
			t.Fatalf("seed %d: %d blocks are safe, want 18", seed, got)
		}
	}
}

func TestAnswersForUnknownSubmissionsChangeNothing(t *testing.T) {
	e, _ := inThree(t)
	subs := follow(t, e, allPlaces[:2]...)
	e.Failed(subs[0].ID)
	e.Confirmed(subs[1].ID, l1Head(genesisL1+2).ID()) // voided by the failure before
	e.Failed(subs[0].ID)
	e.Failed(0)
	e.Confirmed(0, l1Head(genesisL1+2).ID())
	e.Confirmed(99, l1Head(genesisL1+2).ID())
	e.Advance(l1Head(genesisL1 + 2 + timeout)) // were a frame of the first channel included, it would be lost by now
	if got := e.Lost(0); got != encoder.NotLost {
		t.Errorf("lost: %s", got)
	}
	subs = follow(t, e, allPlaces...)
	e.Confirmed(subs[0].ID, l1Head(genesisL1+2).ID())
	e.Failed(subs[0].ID) // it has ended already
	none(t, e)
}

func TestSafeForgetsBlocksAndWholeChannels(t *testing.T) {
	e, _ := inThree(t)
	subs := follow(t, e, allPlaces[:3]...)
	before := e.PendingBytes()
	if err := e.Safe(l2ID(3)); err != nil {
		t.Fatal(err)
	}
	if e.PendingBlocks() != 15 || e.PendingBytes() != before {
		t.Errorf("%d blocks, %d bytes", e.PendingBlocks(), e.PendingBytes())
	}
	if err := e.Safe(l2ID(6)); err != nil {
		t.Fatal(err)
	}
	if e.PendingBlocks() != 12 || e.PendingBytes() >= before {
		t.Errorf("%d blocks, %d bytes", e.PendingBlocks(), e.PendingBytes())
	}
	e.Failed(subs[0].ID) // of a channel that is safe: never again
	follow(t, e, allPlaces[3:]...)
	if err := e.Safe(l2ID(18)); err != nil {
		t.Fatal(err)
	}
	if e.PendingBlocks() != 0 || e.PendingBytes() != 0 || e.Newest() != l2ID(18) {
		t.Errorf("%d blocks, %d bytes, newest %s", e.PendingBlocks(), e.PendingBytes(), e.Newest())
	}
}

func TestSafeSendsNothingThatIsSafe(t *testing.T) {
	e, cfg := inThree(t)
	add(t, e, cfg.Rollup, 19, 22, 300) // in an open channel
	if err := e.Safe(l2ID(20)); err != nil {
		t.Fatal(err)
	}
	none(t, e)
	e.Flush()
	s := next(t, e)
	if s.Channel.First != l2ID(21) || s.Channel.Last != l2ID(22) {
		t.Errorf("channel of blocks %s to %s", s.Channel.First, s.Channel.Last)
	}
	if err := e.Safe(l2ID(22)); err != nil {
		t.Fatal(err)
	}
	add(t, e, cfg.Rollup, 23, 24, 300)
	if err := e.Safe(l2ID(24)); err != nil {
		t.Fatal(err)
	}
	e.Flush()
	none(t, e)
}

func TestSafeInsideAnUnsentChannelIsOvertaken(t *testing.T) {
	e, _ := inThree(t)
	follow(t, e, allPlaces[:2]...)
	want(t, e.Safe(l2ID(2)), encoder.ErrOvertaken)
}

func TestSafeHeadOffTheHeldChainIsAReorg(t *testing.T) {
	for name, safe := range map[string]eth.BlockID{
		"below the held blocks":          l2ID(5),
		"above the held blocks":          l2ID(19),
		"another hash in the middle":     {Hash: l2Hash(1000), Number: 9},
		"another hash before the blocks": {Hash: l2Hash(1000), Number: 6},
	} {
		e, _ := inThree(t)
		follow(t, e, allPlaces[:3]...)
		if err := e.Safe(l2ID(6)); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { want(t, e.Safe(safe), encoder.ErrReorg) })
	}
}

func TestABlockThatDoesNotContinueTheChainIsAReorg(t *testing.T) {
	cfg := config(rollup.Isthmus)
	for name, spoil := range map[string]func(*eth.ExecutionPayload){
		"another parent": func(p *eth.ExecutionPayload) { p.ParentHash = l2Hash(77) },
		"a gap": func(p *eth.ExecutionPayload) {
			*p = *payload(cfg.Rollup, 4)
			p.ParentHash = l2Hash(2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEncoder(t, cfg)
			add(t, e, cfg.Rollup, 1, 2, 10)
			p := payload(cfg.Rollup, 3)
			spoil(p)
			want(t, e.AddBlock(p), encoder.ErrReorg)
			add(t, e, cfg.Rollup, 3, 3, 10) // nothing was lost
		})
	}
	t.Run("the first block is not a child of the base", func(t *testing.T) {
		e := newEncoder(t, cfg)
		e.Reset(l2ID(10))
		want(t, e.AddBlock(payload(cfg.Rollup, 1)), encoder.ErrReorg)
		add(t, e, cfg.Rollup, 11, 11, 10)
	})
}

func TestABlockThatBatchesCannotCarryIsRefused(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	if err := e.AddBlock(payload(cfg.Rollup, 1, hexutil.Bytes{0x05, 0xc0})); err == nil {
		t.Error("a transaction of an unknown type was taken into a span")
	}
	p := payload(cfg.Rollup, 1)
	p.Transactions = nil
	if err := e.AddBlock(p); err == nil {
		t.Error("a block without L1 info was taken")
	}
	if e.PendingBlocks() != 0 || e.PendingBytes() != 0 {
		t.Errorf("%d blocks, %d bytes are held", e.PendingBlocks(), e.PendingBytes())
	}
	add(t, e, cfg.Rollup, 1, 1, 10)
}

func TestResetForgetsEverything(t *testing.T) {
	e, cfg := inThree(t)
	subs := follow(t, e, allPlaces[:2]...)
	e.Reset(l2ID(6))
	none(t, e)
	if e.PendingBlocks() != 0 || e.PendingBytes() != 0 || e.Newest() != l2ID(6) {
		t.Errorf("%d blocks, %d bytes, newest %s", e.PendingBlocks(), e.PendingBytes(), e.Newest())
	}
	add(t, e, cfg.Rollup, 7, 8, 10)
	e.Flush()
	e.Failed(subs[0].ID) // of before: no meaning
	if s := next(t, e); s.ID <= subs[1].ID {
		t.Errorf("id %d was given before", s.ID)
	}
}

// send confirms three submissions in the L1 blocks given; 0 leaves one out.
func send(t *testing.T, e *encoder.Encoder, inclusions ...uint64) {
	t.Helper()
	for i, s := range follow(t, e, allPlaces[:3]...) {
		if inclusions[i] > 0 {
			e.Confirmed(s.ID, l1Head(inclusions[i]).ID())
		}
	}
}

func TestLost(t *testing.T) {
	const at = genesisL1 + 10
	for _, c := range []struct {
		name      string
		inclusion [3]uint64
		head      uint64
		currentL1 uint64
		want      encoder.Loss
	}{
		{"derivation is before the channel's last block", [3]uint64{at, at + 1, at + 2}, at + 3, at + 1, encoder.NotLost},
		{"derivation is at the channel's last block and may be reading it", [3]uint64{at, at + 1, at + 2}, at + 3, at + 2, encoder.NotLost},
		{"derivation is past the channel and its blocks are not safe", [3]uint64{at, at + 1, at + 2}, at + 3, at + 3, encoder.LostStalled},
		{"the rest is on its way, derivation is past the first frames", [3]uint64{at, at + 1, 0}, at + 3, at + 3, encoder.NotLost},
		{"the rest is late but not yet by the margin", [3]uint64{at, 0, 0}, at + timeout - margin - 1, at, encoder.NotLost},
		{"the rest is late by the margin", [3]uint64{at, 0, 0}, at + timeout - margin, at, encoder.LostTimeout},
		{"the last frame is just within the channel timeout", [3]uint64{at, at, at + timeout}, at + timeout, at, encoder.NotLost},
		{"the last frame is past the channel timeout", [3]uint64{at, at, at + timeout + 1}, at + timeout + 1, at, encoder.LostTimeout},
		{"nothing is included yet", [3]uint64{}, at + 200, at + 200, encoder.NotLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := inThree(t)
			e.Advance(l1Head(at))
			send(t, e, c.inclusion[:]...)
			e.Advance(l1Head(c.head))
			if got := e.Lost(c.currentL1); got != c.want {
				t.Errorf("lost: %s, want %s", got, c.want)
			}
		})
	}
	t.Run("what is safe is not lost", func(t *testing.T) {
		e, _ := inThree(t)
		send(t, e, at, at, at)
		if err := e.Safe(l2ID(6)); err != nil {
			t.Fatal(err)
		}
		if got := e.Lost(at + 100); got != encoder.NotLost {
			t.Errorf("lost: %s", got)
		}
	})
}

func TestChannelTimeoutIsThatOfTheL1HeadsTime(t *testing.T) {
	cfg := config(rollup.Fjord)
	cfg.Rollup.ChannelTimeout = 120
	cfg.UseBlobs, cfg.MaxTxBytes, cfg.TargetChannelBytes = false, 1024, 100_000
	e, err := encoder.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(l1Head(genesisL1 + 1))
	add(t, e, cfg.Rollup, 1, 6, 300)
	e.Flush()
	e.Confirmed(next(t, e).ID, l1Head(genesisL1+2).ID())
	e.Advance(l1Head(genesisL1 + 2 + timeout))
	if got := e.Lost(0); got != encoder.NotLost {
		t.Errorf("before Granite: %s", got)
	}
	e.Advance(l1Head(genesisL1 + 2 + 120 - margin))
	if got := e.Lost(0); got != encoder.LostTimeout {
		t.Errorf("before Granite: %s", got)
	}
}
