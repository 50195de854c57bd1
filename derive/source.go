package derive

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
)

// source is the batcher's data of one L1 block (RULES 2): one item for each calldata transaction and each blob, in
// order.
type source struct {
	items [][]byte      // what is left to parse; a nil entry stands for a blob that is still to come
	blobs []common.Hash // versioned hashes of the blobs that are still to come, in order
}

// selectData selects the batcher's data of a block. Which transactions come into question at all is SelectL1Block's rule; here
// the sender decides, by the config as of this block.
func (m *Machine) selectData(block *eth.L1Block) source {
	var src source
	strangers := 0
	for i := range block.Inbox {
		tx := &block.Inbox[i]
		switch {
		case tx.From != m.s.inbox.BatcherAddr:
			strangers++
		case tx.Blob && m.s.rules.Blobs:
			for _, hash := range tx.BlobHashes {
				src.items, src.blobs = append(src.items, nil), append(src.blobs, hash)
			}
		default:
			data := tx.Data
			if data == nil {
				data = []byte{} // empty calldata is an item: it fails as one (RULES 2.5)
			}
			src.items = append(src.items, data)
		}
	}
	if strangers > 0 {
		m.note(DroppedTx, WrongSender, strangers)
	}
	return src
}

// fill puts decoded blobs in their places. A blob that does not decode is left out and does not touch the others.
func (m *Machine) fill(src source, blobs []*eth.Blob) source {
	items := make([][]byte, 0, len(src.items))
	for _, item := range src.items {
		if item == nil {
			data, reason := channel.DecodeBlob((*[131072]byte)(blobs[0]))
			blobs = blobs[1:]
			if reason != channel.None {
				m.note(DroppedBlob, reason, 1)
				continue
			}
			item = data
		}
		items = append(items, item)
	}
	return source{items: items}
}
