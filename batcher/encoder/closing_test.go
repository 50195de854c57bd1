package encoder_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// closedAs takes the submissions of the oldest channel and checks why and after which block it was closed.
func closedAs(t *testing.T, e *encoder.Encoder, why encoder.Closing, last uint64) encoder.Submission {
	t.Helper()
	s := next(t, e)
	if s.Channel.Closed != why || s.Channel.Last != l2ID(last) {
		t.Fatalf("channel of blocks %d to %d closed by %s, want %s after block %d",
			s.Channel.First.Number, s.Channel.Last.Number, s.Channel.Closed, why, last)
	}
	return s
}

func TestTargetSizeClosesAChannelWithAsManyBlocksAsFit(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.TargetChannelBytes = 20_000
	e := newEncoder(t, cfg)
	// Random data does not compress: 6 blocks of some 3,100 bytes fit, the 7th does not.
	add(t, e, cfg.Rollup, 1, 6, 3000)
	none(t, e)
	add(t, e, cfg.Rollup, 7, 7, 3000)
	s := closedAs(t, e, encoder.ClosedTarget, 6)
	if s.Channel.Bytes > 20_000 || s.Channel.Bytes < 18_000 {
		t.Errorf("%d bytes", s.Channel.Bytes)
	}
	// The one that did not fit opened the next channel.
	e.Flush()
	closedAs(t, e, encoder.ClosedFlush, 7)
}

func TestTheEstimateIsCorrectedWhenBlocksStopCompressing(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.TargetChannelBytes = 30_000
	e := newEncoder(t, cfg)
	blocks := make([][]hexutil.Bytes, 60)
	var subs []encoder.Submission
	r := rand.New(rand.NewPCG(3, 3))
	for i := range blocks {
		src := r
		if i < 30 {
			src = nil
		}
		for range 3 {
			blocks[i] = append(blocks[i], newTx(src, uint64(i), 2000))
		}
		if err := e.AddBlock(payload(cfg.Rollup, uint64(i+1), blocks[i]...)); err != nil {
			t.Fatal(err)
		}
		subs = append(subs, drain(e)...)
	}
	e.Flush()
	subs = append(subs, drain(e)...)
	for _, s := range subs {
		if s.Channel.Bytes > 30_000 {
			t.Errorf("channel of %d blocks has %d bytes", s.Channel.Blocks(), s.Channel.Bytes)
		}
	}
	sameBlocks(t, cfg.Rollup, blocks, derive(t, cfg.Rollup, subs))
}

func TestAFirstBlockAlwaysFits(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.TargetChannelBytes = 1000
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 1, 5000)
	if s := closedAs(t, e, encoder.ClosedTarget, 1); s.Channel.Bytes <= 5000 {
		t.Errorf("%d bytes", s.Channel.Bytes)
	}
}

// zeroBlock is a block of a size that compresses to next to nothing.
func zeroBlock(cfg *rollup.Config, number uint64, size int) *eth.ExecutionPayload {
	return payload(cfg, number, newTx(nil, number, size))
}

func TestRLPBytesPerChannelAreNotExceeded(t *testing.T) {
	for _, singular := range []bool{false, true} {
		cfg := config(rollup.Ecotone) // zlib, and 10,000,000 bytes a channel
		if singular {
			cfg.Batch = encoder.Singular
		}
		e := newEncoder(t, cfg)
		const size = 900_000
		var subs []encoder.Submission
		var blocks [][]hexutil.Bytes
		for n := uint64(1); n <= 12; n++ {
			p := zeroBlock(cfg.Rollup, n, size)
			blocks = append(blocks, p.Transactions[2:])
			if err := e.AddBlock(p); err != nil {
				t.Fatal(err)
			}
			subs = append(subs, drain(e)...)
		}
		if len(subs) != 1 || subs[0].Channel.Closed != encoder.ClosedRLPLimit || subs[0].Channel.Blocks() != 11 {
			t.Fatalf("singular %v: %d submissions, %+v", singular, len(subs), subs[0].Channel)
		}
		if in := subs[0].Channel.InputBytes; in > 10_000_000 || in < 9_900_000 {
			t.Errorf("%d bytes before compression", in)
		}
		e.Flush()
		subs = append(subs, drain(e)...)
		sameBlocks(t, cfg.Rollup, blocks, derive(t, cfg.Rollup, subs))
	}
}

func TestRLPLimitIsThatOfTheL1HeadsTime(t *testing.T) {
	cfg := config(rollup.Ecotone)
	at := l1Head(genesisL1 + 5).Time
	cfg.Rollup.SetTime(rollup.Fjord, &at)
	for head, want := range map[uint64]int{genesisL1 + 4: 11, genesisL1 + 5: 12} {
		e := newEncoder(t, cfg)
		e.Advance(l1Head(head))
		for n := uint64(1); n <= 12; n++ {
			if err := e.AddBlock(zeroBlock(cfg.Rollup, n, 900_000)); err != nil {
				t.Fatal(err)
			}
		}
		e.Flush()
		if s := next(t, e); s.Channel.Blocks() != want {
			t.Errorf("L1 head %d: %d blocks in the channel, want %d", head, s.Channel.Blocks(), want)
		}
	}
}

func TestABlockLargerThanAnyChannelIsRefused(t *testing.T) {
	cfg := config(rollup.Ecotone)
	e := newEncoder(t, cfg)
	txs := make([]hexutil.Bytes, 12)
	for i := range txs {
		txs[i] = newTx(nil, uint64(i), 900_000)
	}
	want(t, e.AddBlock(payload(cfg.Rollup, 1, txs...)), encoder.ErrTooLarge)
	if e.PendingBlocks() != 0 || e.PendingBytes() != 0 {
		t.Errorf("%d blocks, %d bytes are held", e.PendingBlocks(), e.PendingBytes())
	}
}

func TestFrameNumbersNeverRunOut(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.UseBlobs, cfg.MaxTxBytes, cfg.TargetFrames = false, 24+10, channel.MaxFrames
	cfg.TargetChannelBytes = 10_000_000
	e := newEncoder(t, cfg)
	// 65,536 frames of 10 bytes take 655,360: six blocks of 100,000 and what compression may add to them.
	add(t, e, cfg.Rollup, 1, 6, 100_000)
	none(t, e)
	add(t, e, cfg.Rollup, 7, 7, 100_000)
	s := closedAs(t, e, encoder.ClosedFrameLimit, 6)
	if s.Channel.Frames > channel.MaxFrames || s.Channel.Frames < channel.MaxFrames*9/10 {
		t.Errorf("%d frames", s.Channel.Frames)
	}
}

func TestMaxDurationCountsFromTheOldestBlocksOrigin(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.MaxChannelDuration = 5
	e := newEncoder(t, cfg)
	first := perEpoch * 2 // epoch genesisL1 + 2
	e.Reset(l2ID(first - 1))
	add(t, e, cfg.Rollup, first, first+10, 10)
	e.Advance(l1Head(genesisL1 + 2 + 4))
	e.CloseDue()
	none(t, e)
	e.Advance(l1Head(genesisL1 + 2 + 5))
	e.CloseDue()
	closedAs(t, e, encoder.ClosedDuration, first+10)
}

func TestMaxDurationCountsFromTheChannelBeforeIfThatIsLater(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.MaxChannelDuration = 5
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 1, 10)
	e.Advance(l1Head(genesisL1 + 20))
	e.CloseDue()
	closedAs(t, e, encoder.ClosedDuration, 1)

	add(t, e, cfg.Rollup, 2, 2, 10) // its origin is 20 blocks old
	e.Advance(l1Head(genesisL1 + 24))
	e.CloseDue()
	none(t, e)
	e.Advance(l1Head(genesisL1 + 25))
	e.CloseDue()
	closedAs(t, e, encoder.ClosedDuration, 2)
}

func TestWithoutMaxDurationAChannelMayStayOpen(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 1, 10)
	e.Advance(l1Head(genesisL1 + window - margin - 1))
	e.CloseDue()
	none(t, e)
}

func TestSequencingWindowOfTheOldestBlockClosesTheChannelMarginBeforeItsEnd(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.SubSafetyMargin = margin
	e := newEncoder(t, cfg)
	first := perEpoch*3 + 5 // the last of epoch genesisL1 + 3
	e.Reset(l2ID(first - 1))
	add(t, e, cfg.Rollup, first, first+3, 10)
	e.Advance(l1Head(genesisL1 + 3 + window - margin - 1))
	e.CloseDue()
	none(t, e)
	e.Advance(l1Head(genesisL1 + 3 + window - margin))
	e.CloseDue()
	closedAs(t, e, encoder.ClosedSeqWindow, first+3)
}

func TestABlockOfAnEpochWhoseWindowIsOverIsNotTaken(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	// Inclusion in epoch + window is still valid, so the head before that block is the last one.
	e.Advance(l1Head(genesisL1 + window))
	want(t, e.AddBlock(payload(cfg.Rollup, 1)), encoder.ErrWindowClosed)
	e.Advance(l1Head(genesisL1 + window - 1))
	if err := e.AddBlock(payload(cfg.Rollup, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsSentWhoseWindowIsOver(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 3, 10)
	e.Flush()
	e.Advance(l1Head(genesisL1 + window))
	none(t, e)
	if got := e.Lost(genesisL1 + 1); got != encoder.LostWindowClosed {
		t.Errorf("lost: %s", got)
	}
	e.Advance(l1Head(genesisL1 + window - 1))
	if got := e.Lost(genesisL1 + 1); got != encoder.NotLost {
		t.Errorf("lost: %s", got)
	}
	next(t, e)
	e.Advance(l1Head(genesisL1 + window)) // sent in time: what happens to it is to be seen
	if got := e.Lost(genesisL1 + 1); got != encoder.NotLost {
		t.Errorf("lost: %s", got)
	}
}

func TestFlushClosesWhatIsOpen(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	e.Flush()
	none(t, e)
	add(t, e, cfg.Rollup, 1, 3, 10)
	none(t, e)
	e.Flush()
	closedAs(t, e, encoder.ClosedFlush, 3)
	e.Flush()
	none(t, e)
}

func TestMemoryLimitRefusesBlocksUntilConfirmed(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.MaxPendingBytes, cfg.TargetChannelBytes = 20_000, 5_000
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 4, 4_990) // a channel each
	want(t, e.AddBlock(payload(cfg.Rollup, 5)), encoder.ErrFull)
	if got := e.PendingBytes(); got < 20_000 || got > 21_000 {
		t.Errorf("%d bytes pending", got)
	}
	if e.Newest() != l2ID(4) {
		t.Errorf("newest is %s", e.Newest())
	}
	// Confirmed frames are not needed again, although the blocks are not safe yet.
	for range 2 {
		e.Confirmed(next(t, e).ID, l1Head(genesisL1+2).ID())
	}
	if err := e.AddBlock(payload(cfg.Rollup, 5)); err != nil {
		t.Fatal(err)
	}
	if e.PendingBlocks() != 5 {
		t.Errorf("%d blocks pending", e.PendingBlocks())
	}
}

func TestMemoryLimitClosesTheOnlyChannel(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.MaxPendingBytes = 10_000 // less than a channel takes
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 1, 6_000)
	want(t, e.AddBlock(payload(cfg.Rollup, 2)), encoder.ErrFull)
	closedAs(t, e, encoder.ClosedMemory, 1)
	if err := e.AddBlock(payload(cfg.Rollup, 2)); err != nil {
		t.Fatal(err)
	}
}

func TestMaxBlocksPerSpanStartsANewSpanInTheSameChannel(t *testing.T) {
	cfg := config(rollup.Isthmus)
	cfg.MaxBlocksPerSpan = 3
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 7, 10)
	e.Flush()
	s := closedAs(t, e, encoder.ClosedFlush, 7)
	frames, _ := channel.ParseFrames(items(t, &s)[0])
	d, _ := channel.NewDecoder(frames[0].Data, channel.Limits{MaxRLPBytes: 1e6, Brotli: true})
	spans := 0
	for _, rest, _, ok := d.Next(); ok; _, rest, _, ok = d.Next() {
		d = rest
		spans++
	}
	if spans != 3 {
		t.Errorf("%d span batches for 7 blocks of at most 3", spans)
	}
}
