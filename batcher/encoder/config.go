package encoder

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
)

// BatchType is the form in which blocks go into a channel.
type BatchType uint8

// The forms. Before Delta every block is a singular batch.
const (
	Span     BatchType = iota // runs of blocks
	Singular                  // one batch for each block
)

// maxBlobsPerTx is what one transaction can carry (EIP-7594).
const maxBlobsPerTx = 6

// itemOverhead is what an item of one frame takes beside the frame's data.
const itemOverhead = 1 + channel.FrameHeaderLen

// Config says how blocks become submissions. Start from DefaultConfig. Where L1 is not at the fork yet, a choice falls
// back to what every fork knows: span to singular, brotli to zlib, blobs to calldata. The flag of op-batcher stands
// behind a field.
type Config struct {
	Rollup *rollup.Config
	// NewID draws the id of a channel at random. Ids must not repeat.
	NewID func() channel.ID

	Batch       BatchType    // --batch-type
	Compression channel.Algo // --compression-algo
	Level       int          // of the compression, as channel.NewWriter has them

	// UseBlobs carries the data in blobs, one frame in each, instead of calldata (--data-availability-type).
	UseBlobs bool
	// TargetFrames is how many frames a channel shall fill, and how many blobs a transaction takes at most: 1 to 6. With
	// calldata every frame is a transaction, and more are allowed (--target-num-frames).
	TargetFrames int
	// TargetChannelBytes is the compressed size at which a channel is full; 0 means just TargetFrames.
	TargetChannelBytes int
	// MaxTxBytes bounds the calldata of a transaction (--max-l1-tx-size-bytes).
	MaxTxBytes int

	// MaxChannelDuration closes a channel so many L1 blocks after its oldest block's L1 origin, or after the channel
	// before it was closed, whichever is later; 0 means never (--max-channel-duration).
	MaxChannelDuration uint64
	// SubSafetyMargin is how many L1 blocks before a deadline of the protocol the data shall be on its way, at least 1
	// (--sub-safety-margin).
	SubSafetyMargin uint64
	// MaxBlocksPerSpan bounds the blocks of one span batch; 0 means no bound (--max-blocks-per-span-batch).
	MaxBlocksPerSpan int
	// MaxPendingBytes bounds PendingBytes: at this many, AddBlock takes no more.
	MaxPendingBytes int
}

// DefaultConfig posts span batches in blobs, compressed with brotli. All other values are op-batcher's. NewID is left to
// the caller. The level is 9: 10 gains a tenth of a percent (channel.NewWriter), no blob in BenchmarkEncode, and takes many
// times as long.
func DefaultConfig(cfg *rollup.Config) Config {
	return Config{
		Rollup:          cfg,
		Batch:           Span,
		Compression:     channel.Brotli,
		Level:           channel.DefaultBrotliLevel,
		UseBlobs:        true,
		TargetFrames:    1,
		MaxTxBytes:      120_000,
		SubSafetyMargin: 10,
		MaxPendingBytes: 128 << 20,
	}
}

// Validate says which fields are unusable, what they are, and what they may be.
func (c *Config) Validate() error {
	var errs []error
	bad := func(field string, value any, fix string) {
		errs = append(errs, fmt.Errorf("%s = %v: %s", field, value, fix))
	}
	if c.Rollup == nil {
		return errors.New("field Rollup = nil: give the rollup configuration")
	}
	if c.NewID == nil {
		bad("NewID", "nil", "give a source of random channel ids")
	}
	if c.Batch != Span && c.Batch != Singular {
		bad("Batch", c.Batch, "use 0 (span) or 1 (singular)")
	}
	if _, err := channel.NewWriter(c.Compression, c.Level); err != nil {
		bad("Level", c.Level, "use 1 to 9 with zlib, 0 to 11 with brotli")
	}
	switch {
	case c.TargetFrames < 1:
		bad("TargetFrames", c.TargetFrames, "use at least 1")
	case c.UseBlobs && c.TargetFrames > maxBlobsPerTx:
		bad("TargetFrames", c.TargetFrames, fmt.Sprintf("use at most %d, a transaction carries no more blobs", maxBlobsPerTx))
	case c.TargetFrames > channel.MaxFrames:
		bad("TargetFrames", c.TargetFrames, fmt.Sprintf("use at most %d, a channel has no more frames", channel.MaxFrames))
	}
	if c.TargetChannelBytes < 0 {
		bad("TargetChannelBytes", c.TargetChannelBytes, "use 0 (as TargetFrames says) or a number of bytes")
	}
	if c.MaxTxBytes <= itemOverhead || c.MaxTxBytes > itemOverhead+channel.MaxFrameLen {
		bad("MaxTxBytes", c.MaxTxBytes,
			fmt.Sprintf("use %d to %d; pools take no more than 131072 for the whole transaction", itemOverhead+1, itemOverhead+channel.MaxFrameLen))
	}
	if shortest := c.shortestDeadline(); c.SubSafetyMargin < 1 || c.SubSafetyMargin >= shortest {
		bad("SubSafetyMargin", c.SubSafetyMargin,
			fmt.Sprintf("use 1 to %d L1 blocks, less than the sequencing window and the channel timeout", max(1, shortest)-1))
	}
	if c.MaxBlocksPerSpan < 0 || c.MaxBlocksPerSpan > batch.MaxSpanElements {
		bad("MaxBlocksPerSpan", c.MaxBlocksPerSpan, fmt.Sprintf("use 0 (no bound) to %d", batch.MaxSpanElements))
	}
	if c.MaxPendingBytes < 1 {
		bad("MaxPendingBytes", c.MaxPendingBytes, "use at least a few times the size of a channel, 134217728 is usual")
	}
	return errors.Join(errs...)
}

// shortestDeadline is the least number of L1 blocks the protocol will ever give: of the sequencing window and the channel
// timeouts before and after the forks that are scheduled.
func (c *Config) shortestDeadline() uint64 {
	shortest := min(c.Rollup.SeqWindowSize, c.Rollup.L1Rules(0).ChannelTimeout)
	if granite := c.Rollup.GraniteTime; granite != nil {
		shortest = min(shortest, c.Rollup.L1Rules(*granite).ChannelTimeout)
	}
	return shortest
}

// shape is how channels are made, given the forks that are active on L1.
type shape struct {
	kind             Kind
	singular         bool
	maxBlocksPerSpan int // 0: no bound
	params           batch.Params
	algo             channel.Algo
	level            int
	frameData        int // bytes of a full frame
	framesPerTx      int
	target           int // compressed bytes of a full channel
	maxRLPBytes      int
}

// shapeAt gives the shape for channels that open while the L1 head has a time. They are included later than that, when no
// fewer forks are active. So the limit of bytes by that time is never too high: op-batcher takes the batch's timestamp,
// which can be ahead of L1.
func (c *Config) shapeAt(l1Time uint64) shape {
	rules := c.Rollup.L1Rules(l1Time)
	s := shape{
		kind:             Calldata,
		singular:         c.Batch == Singular || !rules.SpanBatches,
		maxBlocksPerSpan: c.MaxBlocksPerSpan,
		params:           batch.ParamsAt(c.Rollup, l1Time),
		algo:             c.Compression,
		level:            c.Level,
		frameData:        c.MaxTxBytes - itemOverhead,
		framesPerTx:      1,
		maxRLPBytes:      int(rules.MaxRLPBytes),
	}
	if c.UseBlobs && rules.Blobs {
		s.kind, s.frameData, s.framesPerTx = Blobs, channel.MaxBlobFrameData, c.TargetFrames
	}
	if s.algo == channel.Brotli && !rules.Brotli {
		s.algo, s.level = channel.Zlib, channel.DefaultZlibLevel
	}
	s.target = c.TargetChannelBytes
	if s.target == 0 {
		s.target = c.TargetFrames * s.frameData
	}
	return s
}
