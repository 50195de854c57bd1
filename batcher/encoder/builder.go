package encoder

import (
	"fmt"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
)

// builder grows a channel. How far it compresses is known only after compressing, which is costly. So the size is
// estimated from the newest compression, and measured when the estimate exceeds the target. A channel with a block too
// many closes without it. Mostly one compression is enough, and its result is the channel.
type builder struct {
	shape
	blocks []block
	inputs []int              // after each block: bytes to compress, rounded up
	bytes  int                // memory of blocks
	span   *batch.SpanBuilder // the batch being grown; unused for singular batches
	done   int                // bytes of the batches before it

	scale    ratio     // to estimate with
	measured ratio     // sizes at the newest measurement of this channel
	fit      candidate // the longest prefix known to be within the target; no blocks if none was measured
	over     candidate // the shortest prefix known or expected to be beyond it; no blocks if there is none
}

// ratio is a size after compression and before.
type ratio struct{ out, in int }

// firstScale expects nothing of compression, so that the first channel is measured soon.
var firstScale = ratio{out: 1, in: 1}

// candidate is the channel of the first so many blocks.
type candidate struct {
	w      *channel.Writer // nil if it was not compressed
	blocks int
}

func newBuilder(s shape, scale ratio) *builder {
	return &builder{shape: s, span: batch.NewSpanBuilder(s.params), scale: scale}
}

// rlpHeader is what an RLP string header takes at most below 4 GiB.
const rlpHeader = 5

// input is the number of bytes to compress, rounded up.
func (b *builder) input() int {
	if b.span.Len() == 0 {
		return b.done
	}
	return b.done + b.span.Size() + rlpHeader
}

// memory is what the channel takes, in bytes.
func (b *builder) memory() int {
	n := b.bytes + b.input()
	for _, c := range []candidate{b.fit, b.over} {
		if c.w != nil {
			n += c.w.Len()
		}
	}
	return n
}

// overflow says which limit of the protocol the channel would exceed with one more block, if compression gains nothing.
func (b *builder) overflow(next *block) Closing {
	raw := b.input() + next.limit + 2*rlpHeader
	packed := raw + raw>>10 + 1024 // stored blocks of either compression, generously
	frames := (packed + b.frameData - 1) / b.frameData
	switch {
	case packed+frames*channel.FrameOverhead > b.maxRLPBytes:
		return ClosedRLPLimit
	case frames > channel.MaxFrames:
		return ClosedFrameLimit
	}
	return open
}

// add takes a block. After an error the channel is as it was before.
func (b *builder) add(next *block) error {
	if b.singular {
		b.done += channel.EncodedLen(next.singular())
	} else {
		if b.maxBlocksPerSpan > 0 && b.span.Len() == b.maxBlocksPerSpan {
			b.done, b.span = b.input(), batch.NewSpanBuilder(b.params)
		}
		if err := b.span.Add(&next.batch); err != nil {
			return err
		}
	}
	b.blocks = append(b.blocks, *next)
	b.inputs = append(b.inputs, b.input())
	b.bytes += next.bytes
	return nil
}

// estimate is the compressed size of the first blocks, as many as given, if what was not measured compresses to so many
// percent of what the scale says.
func (b *builder) estimate(blocks, percent int) int {
	return b.measured.out + (b.inputs[blocks-1]-b.measured.in)*b.scale.out/b.scale.in*percent/100
}

// full says whether the target is reached. It compresses if that is likely.
func (b *builder) full() bool {
	n := len(b.blocks)
	if b.estimate(n, 100) <= b.target {
		return false
	}
	if n > 1 && b.fit.blocks < n-1 {
		b.measure(n - 1) // what the channel will be, if the estimate is right
		if b.over.blocks > 0 {
			return true
		}
		if b.estimate(n, 100) <= b.target {
			return false
		}
	}
	if b.fit.blocks > 0 && (b.goodEnough() || b.estimate(n, 75) > b.target) {
		b.over = candidate{blocks: n}
		return true
	}
	b.measure(n)
	return b.over.blocks > 0 || b.goodEnough()
}

// goodEnough says that looking for a better fit costs more than it can bring.
func (b *builder) goodEnough() bool {
	return b.fit.blocks > 0 && b.fit.w.Len() >= b.target-b.target/100
}

// measure compresses the first blocks, as many as given.
func (b *builder) measure(blocks int) {
	w := b.write(blocks)
	b.measured = ratio{out: w.Len(), in: b.inputs[blocks-1]}
	b.scale = b.measured
	if w.Len() <= b.target {
		b.fit = candidate{w: w, blocks: blocks}
		return
	}
	b.over = candidate{w: w, blocks: blocks}
}

// guesses is how often finish trusts the estimate before it halves.
const guesses = 4

// finish gives the channel of as many blocks as stay within the target. One block always does.
func (b *builder) finish() candidate {
	if b.fit.blocks < len(b.blocks) && b.over.blocks == 0 {
		b.measure(len(b.blocks))
	}
	for i := 0; b.over.blocks-b.fit.blocks > 1 && !b.goodEnough(); i++ {
		try := (b.fit.blocks + b.over.blocks) / 2
		if i < guesses {
			try = b.fit.blocks + 1
			for try+1 < b.over.blocks && b.estimate(try+1, 100) <= b.target {
				try++
			}
		}
		b.measure(try)
	}
	if b.fit.blocks == 0 {
		return b.over
	}
	return b.fit
}

// write compresses the first blocks. That cannot fail: add has tried all but the compression, and that goes to memory.
func (b *builder) write(blocks int) *channel.Writer {
	w, err := channel.NewWriter(b.algo, b.level)
	if err != nil {
		panic(fmt.Sprintf("start channel with a validated level: %v", err))
	}
	put := func(item []byte) {
		if err := w.Add(item); err != nil {
			panic(fmt.Sprintf("add batch of %d bytes to an open channel: %v", len(item), err))
		}
	}
	span := batch.NewSpanBuilder(b.params)
	for i := range b.blocks[:blocks] {
		next := &b.blocks[i]
		if b.singular {
			put(next.singular())
			continue
		}
		if b.maxBlocksPerSpan > 0 && span.Len() == b.maxBlocksPerSpan {
			put(span.AppendTo(make([]byte, 0, span.Size())))
			span = batch.NewSpanBuilder(b.params)
		}
		if err := span.Add(&next.batch); err != nil {
			panic(fmt.Sprintf("add block %s to a span batch for the second time: %v", next.id, err))
		}
	}
	if span.Len() > 0 {
		put(span.AppendTo(make([]byte, 0, span.Size())))
	}
	if err := w.Close(); err != nil {
		panic(fmt.Sprintf("close channel of %d blocks: %v", blocks, err))
	}
	return w
}
