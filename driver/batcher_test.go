package driver

import (
	"encoding/binary"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
)

// batcher posts the unsafe blocks of a node, a channel at a time.
type batcher struct {
	sim      *sim
	node     *node
	off      bool
	posted   eth.L2Ref // last block that is on its way
	blocks   int       // L1 blocks since the safe head moved
	safe     eth.L2Ref
	channels uint64
	waiting  []eth.InboxTx

	span   bool                                                     // span batches rather than singular ones
	blob   bool                                                     // blobs rather than calldata
	frames int                                                      // frames per channel, each in an L1 block of its own; 0 is 1
	change func(number uint64, txs []hexutil.Bytes) []hexutil.Bytes // tampers with blocks
}

// forget begins anew at the safe head: what was posted is lost, or may be.
func (b *batcher) forget() { b.posted, b.waiting = eth.L2Ref{}, nil }

// take gives the transactions for the next L1 block.
func (b *batcher) take() []eth.InboxTx {
	if b.off || !b.node.status().Started {
		return nil
	}
	unsafe, safe, _ := b.node.heads()
	b.blocks++
	if safe != b.safe {
		b.safe, b.blocks = safe, 0
	}
	if b.blocks > 4 || !b.node.engine.onChain(b.posted.Hash, unsafe.Hash) || b.posted.Number < safe.Number {
		b.posted, b.waiting, b.blocks = safe, nil, 0
	}
	if len(b.waiting) == 0 && b.posted.Number < unsafe.Number {
		b.fill(unsafe)
	}
	if len(b.waiting) == 0 {
		return nil
	}
	next := b.waiting[0]
	b.waiting = b.waiting[1:]
	return []eth.InboxTx{next}
}

// fill makes a channel of all blocks up to the unsafe head.
func (b *batcher) fill(unsafe eth.L2Ref) {
	engine := b.node.engine
	var blocks []batch.Block
	for hash := unsafe.Hash; hash != b.posted.Hash; {
		p := engine.blocks[hash].ExecutionPayload
		ref, err := attributes.L2RefOf(engine.cfg, p)
		if err != nil {
			b.sim.fatalf("batcher: %v", err)
		}
		var txs []hexutil.Bytes
		for _, tx := range p.Transactions {
			if !eth.IsDeposit(tx) {
				txs = append(txs, tx)
			}
		}
		if b.change != nil {
			txs = b.change(ref.Number, txs)
		}
		blocks = append(blocks, batch.Block{
			Timestamp: ref.Time, ParentHash: ref.ParentHash, EpochNum: ref.L1Origin.Number, EpochHash: ref.L1Origin.Hash,
			SequenceNumber: ref.SequenceNumber, Transactions: txs,
		})
		hash = ref.ParentHash
	}
	slices.Reverse(blocks)
	b.posted = unsafe
	b.post(b.encode(blocks))
}

// encode gives the items of a channel.
func (b *batcher) encode(blocks []batch.Block) (items [][]byte) {
	if epoch := blocks[0].EpochNum; b.span && b.sim.cfg.L1Rules(b.sim.l1.blocks[min(epoch, uint64(len(b.sim.l1.blocks)-1))].Time).SpanBatches {
		item, err := batch.EncodeSpan(batch.ParamsAt(b.sim.cfg, uint64(b.sim.now.Unix())), blocks)
		if err != nil {
			b.sim.fatalf("batcher: %v", err)
		}
		return [][]byte{item}
	}
	for _, block := range blocks {
		single := batch.Singular{
			ParentHash: block.ParentHash, EpochNum: block.EpochNum, EpochHash: block.EpochHash, Timestamp: block.Timestamp,
			Transactions: block.Transactions,
		}
		items = append(items, single.Encode())
	}
	return items
}

// post cuts a channel into transactions.
func (b *batcher) post(items [][]byte) {
	rules := b.sim.cfg.L1Rules(b.sim.l1.head().Time)
	algo, level := channel.Brotli, 0
	if !rules.Brotli {
		algo, level = channel.Zlib, 1
	}
	w, err := channel.NewWriter(algo, level)
	for i := 0; i < len(items) && err == nil; i++ {
		err = w.Add(items[i])
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		b.sim.fatalf("batcher: %v", err)
	}
	b.channels++
	var id channel.ID
	binary.BigEndian.PutUint64(id[:], b.channels)
	count := max(b.frames, 1)
	frames, err := w.Frames(id, (len(w.Bytes())+count-1)/count)
	if err != nil {
		b.sim.fatalf("batcher: %v", err)
	}
	for _, f := range frames {
		item := channel.AppendItem(nil, f)
		tx := eth.InboxTx{From: batcherAddress, Data: item}
		if b.blob && rules.Blobs {
			tx = b.sim.l1.blobTx(item)
		}
		b.waiting = append(b.waiting, tx)
	}
}
