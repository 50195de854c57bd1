package l1

import (
	"container/list"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// blockCache keeps the verified blocks used last, within a number of bytes. Several goroutines use it: the lock guards
// all fields. Blocks are never written through, so they are handed out as they are.
type blockCache struct {
	max int64 // bytes

	mu     sync.Mutex
	size   int64
	recent *list.List // of *eth.L1Block, used last in front
	byHash map[common.Hash]*list.Element
}

func newBlockCache(limit int64) *blockCache {
	return &blockCache{max: limit, recent: list.New(), byHash: make(map[common.Hash]*list.Element)}
}

func (c *blockCache) get(hash common.Hash) (*eth.L1Block, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.byHash[hash]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(at)
	return at.Value.(*eth.L1Block), true
}

func (c *blockCache) add(b *eth.L1Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byHash[b.Hash]; ok || sizeOf(b) > c.max {
		return
	}
	c.byHash[b.Hash] = c.recent.PushFront(b)
	c.size += sizeOf(b)
	for c.size > c.max {
		oldest := c.recent.Remove(c.recent.Back()).(*eth.L1Block)
		delete(c.byHash, oldest.Hash)
		c.size -= sizeOf(oldest)
	}
}

// sizeOf estimates the bytes that a block keeps in memory.
func sizeOf(b *eth.L1Block) int64 {
	const block, tx, log, word = 512, 192, 320, common.HashLength
	size := block
	for _, in := range b.Inbox {
		size += tx + len(in.Data) + word*len(in.BlobHashes)
	}
	for _, l := range b.Logs {
		size += log + len(l.Data) + word*len(l.Topics)
	}
	return int64(size)
}
