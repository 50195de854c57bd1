package oracle

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/rollup"
)

// singular is a batch of one L2 block, whether it came alone or out of a span batch.
type singular struct {
	ParentHash   common.Hash
	EpochNumber  uint64
	EpochHash    common.Hash
	Timestamp    uint64
	Transactions [][]byte
}

// batch is one of the two.
type batch struct {
	singular  *singular
	span      []spanBlock
	checks    spanChecks // of the span batch
	inclusion uint64     // number of the L1 block by which it was complete
}

// batchesOf reads the batches of a channel that is complete at the current L1 block.
func (d *derivation) batchesOf(channel []byte) []batch {
	stream := d.open(channel)
	if stream == nil {
		return nil
	}
	var batches []batch
	for {
		item, err := stream.Bytes() // a list, damage, and what exceeds the limit are errors
		if err != nil || len(item) == 0 {
			break
		}
		b := batch{inclusion: d.now().number}
		switch item[0] {
		case 0:
			// What follows the list inside the item is ignored.
			b.singular = new(singular)
			if rlp.NewStream(bytes.NewReader(item[1:]), 0).Decode(b.singular) != nil {
				return batches
			}
		case 1:
			raw, ok := readSpan(item[1:])
			if !ok {
				return batches
			}
			// The rest of the channel outlives a span batch whose time has not come, or whose transactions make no sense.
			if !d.active(rollup.Delta, d.now().time) {
				continue
			}
			if b.span, err = d.spanBlocks(raw); err != nil {
				continue
			}
			b.checks = raw.spanChecks
		default:
			// The specs ignore the batch; the chains that run ignore all that follows it.
			return batches
		}
		batches = append(batches, b)
	}
	return batches
}

// open gives the RLP strings in a channel, up to damage, if there is any, and no more than the limit; nil if it cannot be
// read at all. A wrong checksum is found with the last bytes: how they are read decides whether the batch they end counts
// (RULES 4.9). The chains that run read through geth's RLP stream and Go's buffers, and so is it here.
func (d *derivation) open(channel []byte) *rlp.Stream {
	if len(channel) == 0 {
		return nil
	}
	buffered := bufio.NewReader(bytes.NewReader(channel))
	first, err := buffered.Peek(1)
	if err != nil {
		return nil
	}
	var reader io.Reader
	switch method := first[0]; {
	case method&0x0f == 8, method&0x0f == 15:
		if reader, err = zlib.NewReader(buffered); err != nil {
			return nil
		}
	case method == 1 && d.active(rollup.Fjord, d.now().time):
		if _, err := buffered.Discard(1); err != nil {
			return nil
		}
		reader = brotli.NewReader(buffered)
	default:
		return nil
	}
	return rlp.NewStream(reader, d.maxRLPBytesPerChannel(d.now().time))
}
