package encoder_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
)

// roundTrip encodes random blocks, taking submissions at random moments, and reads all back.
func roundTrip(t *testing.T, cfg encoder.Config, seed uint64, count int) {
	t.Helper()
	e := newEncoder(t, cfg)
	r := rand.New(rand.NewPCG(seed, 2))
	var blocks [][]hexutil.Bytes
	var subs []encoder.Submission
	for n := uint64(1); n <= uint64(count); n++ {
		var txs []hexutil.Bytes
		for range r.IntN(4) {
			src := r
			if r.IntN(3) == 0 {
				src = nil // compresses well
			}
			txs = append(txs, newTx(src, uint64(len(txs)), r.IntN(3000)*r.IntN(2)))
		}
		blocks = append(blocks, txs)
		if err := e.AddBlock(payload(cfg.Rollup, n, txs...)); err != nil {
			t.Fatal(err)
		}
		switch r.IntN(20) {
		case 0:
			e.Flush()
		case 1:
			subs = append(subs, drain(e)...)
		}
	}
	e.Flush()
	subs = append(subs, drain(e)...)
	sameBlocks(t, cfg.Rollup, blocks, derive(t, cfg.Rollup, subs))
	checkForm(t, &cfg, subs)
}

// checkForm checks what must hold of submissions, whatever is in them.
func checkForm(t *testing.T, cfg *encoder.Config, subs []encoder.Submission) {
	t.Helper()
	block := uint64(0)
	for i := range subs {
		s := &subs[i]
		if s.First == 0 {
			if s.Channel.First.Number != block+1 {
				t.Fatalf("channel starts at block %d after %d", s.Channel.First.Number, block)
			}
			block = s.Channel.Last.Number
		}
		switch {
		case s.Kind == encoder.Calldata && (len(s.Data) > cfg.MaxTxBytes || s.Frames != 1):
			t.Fatalf("calldata of %d bytes and %d frames", len(s.Data), s.Frames)
		case s.Kind == encoder.Blobs && (len(s.Blob) > cfg.TargetFrames || s.Frames != len(s.Blob)):
			t.Fatalf("%d blobs and %d frames", len(s.Blob), s.Frames)
		case cfg.TargetChannelBytes == 0 && s.Channel.Blocks() > 1 && s.Channel.Frames > cfg.TargetFrames:
			t.Fatalf("channel of %d blocks takes %d frames, shall be %d", s.Channel.Blocks(), s.Channel.Frames, cfg.TargetFrames)
		case s.Final != (s.First+s.Frames == s.Channel.Frames):
			t.Fatalf("frames %d+%d of %d: final is %v", s.First, s.Frames, s.Channel.Frames, s.Final)
		}
	}
}

func TestBlocksComeBackFromTheDataOfL1(t *testing.T) {
	for _, kind := range []encoder.BatchType{encoder.Span, encoder.Singular} {
		for _, blobs := range []bool{true, false} {
			for _, frames := range []int{1, 3} {
				for seed := range uint64(3) {
					t.Run(fmt.Sprintf("batch %d blobs %v frames %d seed %d", kind, blobs, frames, seed), func(t *testing.T) {
						cfg := config(rollup.Isthmus)
						cfg.Batch, cfg.UseBlobs, cfg.TargetFrames, cfg.MaxTxBytes = kind, blobs, frames, 20_000
						if seed == 2 {
							cfg.MaxBlocksPerSpan = 7
							cfg.TargetChannelBytes = 30_000
						}
						roundTrip(t, cfg, seed, 150)
					})
				}
			}
		}
	}
}

func TestBeforeAForkIsActiveOnL1TheFormOfBeforeIsUsed(t *testing.T) {
	for _, c := range []struct {
		last rollup.Fork
		kind encoder.Kind
		algo byte // first byte of the channel; the low nibble is 8 for zlib
		typ  byte // of the batch
	}{
		{rollup.Canyon, encoder.Calldata, 8, 0},
		{rollup.Delta, encoder.Calldata, 8, 1},
		{rollup.Ecotone, encoder.Blobs, 8, 1},
		{rollup.Fjord, encoder.Blobs, 1, 1},
	} {
		t.Run(c.last.String(), func(t *testing.T) {
			cfg := config(c.last)
			roundTrip(t, cfg, 5, 40)

			e := newEncoder(t, cfg)
			add(t, e, cfg.Rollup, 1, 2, 100)
			e.Flush()
			s := next(t, e)
			if s.Kind != c.kind {
				t.Errorf("kind %s", s.Kind)
			}
			frames, reason := channel.ParseFrames(items(t, &s)[0])
			if reason != channel.None {
				t.Fatal(reason)
			}
			if got := frames[0].Data[0] & 0x0f; got != c.algo {
				t.Errorf("compression %#x", got)
			}
			d, _ := channel.NewDecoder(frames[0].Data, channel.Limits{MaxRLPBytes: 1e6, Brotli: true})
			item, _, _, ok := d.Next()
			if !ok || item[0] != c.typ {
				t.Errorf("batch type %v, %v", item[:1], ok)
			}
		})
	}
}

func TestDepositsAreNotInBatches(t *testing.T) {
	cfg := config(rollup.Isthmus)
	e := newEncoder(t, cfg)
	add(t, e, cfg.Rollup, 1, 3, 0)
	e.Flush()
	for _, b := range derive(t, cfg.Rollup, drain(e)) {
		if len(b.Transactions) != 0 {
			t.Fatalf("block at %d has %d transactions", b.Timestamp, len(b.Transactions))
		}
	}
}

// FuzzConfig: whatever Validate accepts, encodes to what derivation reads; whatever it refuses, New refuses.
func FuzzConfig(f *testing.F) {
	f.Add(1, 0, 120_000, uint64(0), uint64(10), 0, 1<<20, true, false, uint8(1), 5)
	f.Add(6, 100, 25, uint64(1), uint64(49), 1, 1, false, true, uint8(0), 9)
	f.Add(7, -1, 24, uint64(3), uint64(50), -1, 0, true, true, uint8(2), 12)
	f.Fuzz(func(t *testing.T, frames, target, maxTx int, duration, margin uint64, perSpan, pending int, blobs, singular bool, algo uint8, level int) {
		cfg := config(rollup.Isthmus)
		cfg.TargetFrames, cfg.TargetChannelBytes, cfg.MaxTxBytes = frames, target, maxTx
		cfg.MaxChannelDuration, cfg.SubSafetyMargin, cfg.MaxBlocksPerSpan, cfg.MaxPendingBytes = duration, margin, perSpan, pending
		cfg.UseBlobs, cfg.Compression, cfg.Level = blobs, channel.Algo(algo), level
		if singular {
			cfg.Batch = encoder.Singular
		}
		e, err := encoder.New(cfg)
		if (err == nil) != (cfg.Validate() == nil) {
			t.Fatalf("New and Validate disagree: %v, %v", err, cfg.Validate())
		}
		if err != nil {
			return
		}
		e.Advance(l1Head(genesisL1 + 1))
		var blocks [][]hexutil.Bytes
		var subs []encoder.Submission
		for n := uint64(1); n <= 12; n++ {
			txs := []hexutil.Bytes{newTx(nil, n, int(n)*10)}
			err := e.AddBlock(payload(cfg.Rollup, n, txs...))
			for tries := 0; err != nil; tries++ {
				want(t, err, encoder.ErrFull)
				if tries == 3 {
					t.Fatal("full for ever")
				}
				subs = append(subs, drain(e)...)
				for _, s := range subs {
					e.Confirmed(s.ID, l1Head(genesisL1+2).ID())
				}
				err = e.AddBlock(payload(cfg.Rollup, n, txs...))
			}
			blocks = append(blocks, txs)
			e.CloseDue()
			subs = append(subs, drain(e)...)
		}
		e.Flush()
		subs = append(subs, drain(e)...)
		sameBlocks(t, cfg.Rollup, blocks, derive(t, cfg.Rollup, subs))
		checkForm(t, &cfg, subs)
	})
}
