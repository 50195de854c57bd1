package encoder

import (
	"fmt"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
)

// Kind is where a transaction carries its data.
type Kind uint8

// The kinds.
const (
	Calldata Kind = iota
	Blobs
)

func (k Kind) String() string {
	switch k {
	case Calldata:
		return "calldata"
	case Blobs:
		return "blobs"
	default:
		return fmt.Sprintf("kind-%d", uint8(k))
	}
}

// Channel is what is to be known about a closed channel.
type Channel struct {
	ID          channel.ID
	First, Last eth.BlockID // L2 blocks
	Closed      Closing
	InputBytes  int // before compression
	Bytes       int // after it
	Frames      int
}

// Blocks is the number of L2 blocks.
func (c *Channel) Blocks() int { return int(c.Last.Number - c.First.Number + 1) }

// Submission is what one L1 transaction to the batch inbox carries.
type Submission struct {
	ID      uint64 // never given twice, also after Failed and Reset
	Channel Channel
	First   int  // number of its first frame
	Frames  int  // how many
	Final   bool // the channel's last frame is in it

	Kind Kind
	Data []byte      // calldata; nil for Blobs
	Blob []*eth.Blob // nil for Calldata
}

// DataBytes is what it takes of L1: calldata, or whole blobs.
func (s *Submission) DataBytes() int { return len(s.Data) + len(s.Blob)*channel.BlobSize }

// closedChannel is a channel on its way to L1.
type closedChannel struct {
	Channel
	shape
	epoch  uint64          // of the oldest block
	frames []channel.Frame // nil when all are confirmed: nobody will ask again
	txs    []transaction
	begun  uint64 // the newest submission of its first frame; 0 if there was none
}

// transaction is some consecutive frames of a channel.
type transaction struct {
	id       uint64 // of its submission; 0 while it is not sent
	included uint64 // number of its L1 block; 0 while that is not known
}

func closeChannel(id channel.ID, why Closing, b *builder, c candidate) *closedChannel {
	frames, err := c.w.Frames(id, b.frameData)
	if err != nil {
		panic(fmt.Sprintf("split channel of %d bytes into frames of %d: %v", c.w.Len(), b.frameData, err))
	}
	return &closedChannel{
		Channel: Channel{
			ID: id, First: b.blocks[0].id, Last: b.blocks[c.blocks-1].id, Closed: why,
			InputBytes: c.w.InputBytes(), Bytes: c.w.Len(), Frames: len(frames),
		},
		shape:  b.shape,
		epoch:  b.blocks[0].batch.EpochNum,
		frames: frames,
		txs:    make([]transaction, (len(frames)+b.framesPerTx-1)/b.framesPerTx),
	}
}

// unsent says whether a transaction waits to be sent.
func (c *closedChannel) unsent() bool {
	for _, tx := range c.txs {
		if tx.id == 0 {
			return true
		}
	}
	return false
}

// inclusion gives the first and the last L1 block with frames of the channel, 0 if there is none, and whether all frames
// are included.
func (c *closedChannel) inclusion() (first, last uint64, all bool) {
	all = true
	for _, tx := range c.txs {
		if tx.included == 0 {
			all = false
			continue
		}
		if first == 0 || tx.included < first {
			first = tx.included
		}
		last = max(last, tx.included)
	}
	return first, last, all
}

// submission packs a transaction's frames: one in each blob, or one in the calldata.
func (c *closedChannel) submission(tx int) Submission {
	from := tx * c.framesPerTx
	frames := c.frames[from:min(from+c.framesPerTx, len(c.frames))]
	s := Submission{
		ID: c.txs[tx].id, Channel: c.Channel, First: from, Frames: len(frames), Final: frames[len(frames)-1].IsLast, Kind: c.kind,
	}
	for _, f := range frames {
		item := channel.AppendItem(make([]byte, 0, itemOverhead+len(f.Data)), f)
		if c.kind == Calldata {
			s.Data = item
			continue
		}
		blob, err := channel.EncodeBlob(item)
		if err != nil {
			panic(fmt.Sprintf("pack frame %d of channel %s: %v", f.Number, c.ID, err))
		}
		s.Blob = append(s.Blob, (*eth.Blob)(blob))
	}
	return s
}
