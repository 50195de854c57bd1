package oracle

import (
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
	rest := d.decompress(channel)
	var batches []batch
	for len(rest) > 0 {
		kind, item, after, err := rlp.Split(rest)
		if err != nil || kind == rlp.List || len(item) == 0 {
			break
		}
		rest = after
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

// decompress gives what a channel holds: all of it up to damage, if there is any, and no more than the limit.
func (d *derivation) decompress(channel []byte) []byte {
	if len(channel) == 0 {
		return nil
	}
	var reader io.Reader
	switch method := channel[0]; {
	case method&0x0f == 8, method&0x0f == 15:
		z, err := zlib.NewReader(bytes.NewReader(channel))
		if err != nil {
			return nil
		}
		reader = z
	case method == 1 && d.active(rollup.Fjord, d.now().time):
		reader = brotli.NewReader(bytes.NewReader(channel[1:]))
	default:
		return nil
	}
	limit := d.maxRLPBytesPerChannel(d.now().time)
	data, _ := io.ReadAll(io.LimitReader(reader, int64(limit))) // up to the error is what counts
	return data
}
