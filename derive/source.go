package derive

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
)

// source is the batcher's data of one L1 block (RULES 2): one item for each calldata transaction and each blob, in
// order.
type source struct {
	items []item        // what is left to parse
	blobs []common.Hash // versioned hashes of the blobs that are still to come, in order
}

// item is the data of one calldata transaction or blob. Nil data stands for a blob that is still to come.
type item struct {
	data []byte
	from channel.Place
}

// selectData selects the batcher's data of a block. Which transactions come into question at all is SelectL1Block's rule; here
// the sender decides, by the config as of this block.
func (m *Machine) selectData(block *eth.L1Block) source {
	var src source
	for i := range block.Inbox {
		tx := &block.Inbox[i]
		from := channel.Place{L1: block.Number, Tx: uint32(tx.Index)} //nolint:gosec // a block has less transactions
		switch {
		case tx.From != m.s.inbox.BatcherAddr:
			m.note(Note{What: DroppedTx, Reason: WrongSender, Place: from})
		case tx.Blob && m.s.rules.Blobs:
			for _, hash := range tx.BlobHashes {
				from.Blob++
				src.items, src.blobs = append(src.items, item{from: from}), append(src.blobs, hash)
			}
		default:
			data := tx.Data
			if data == nil {
				data = []byte{} // empty calldata is an item: it fails as one (RULES 2.5)
			}
			src.items = append(src.items, item{data, from})
		}
	}
	return src
}

// fill puts decoded blobs in their places. A blob that does not decode is left out and does not touch the others.
func (m *Machine) fill(src source, blobs []*eth.Blob) source {
	items := make([]item, 0, len(src.items))
	for _, it := range src.items {
		if it.data == nil {
			data, reason := channel.DecodeBlob((*[131072]byte)(blobs[0]))
			blobs = blobs[1:]
			if reason != channel.None {
				m.note(Note{What: DroppedBlob, Reason: reason, Place: it.from})
				continue
			}
			it.data = data
		}
		items = append(items, it)
	}
	return source{items: items}
}
