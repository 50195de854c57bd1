package driver

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// unsafeQueue holds blocks of others that cannot be the head yet, until the head or the safe head gets to them. They are
// found by their parent, so none stands in the way of another: not one of a height that has two, nor one that never fits.
//
// It is bounded by bytes. What is too much is dropped from the top: the blocks nearest to the head are those that can
// become it, and the network goes on telling of new ones.
type unsafeQueue struct {
	children map[common.Hash][]*sealed // by the parent's hash, as they came
	hashes   map[common.Hash]*sealed
	order    []*sealed // by height, then hash
	bytes    uint64
	limit    uint64
	next     eth.BlockID // the lowest one when one came last
}

// blockOverhead is what a block counts for beside its transactions.
const blockOverhead = 2048

func newUnsafeQueue(limit uint64) unsafeQueue {
	return unsafeQueue{children: map[common.Hash][]*sealed{}, hashes: map[common.Hash]*sealed{}, limit: limit}
}

// sizeOf is what a block counts for.
func sizeOf(p *eth.PayloadEnvelope) uint64 {
	size := uint64(blockOverhead)
	for _, tx := range p.ExecutionPayload.Transactions {
		size += uint64(len(tx)) + 24 // its slice
	}
	return size
}

func byHeight(a, b *sealed) int {
	return cmp.Or(cmp.Compare(a.ref.Number, b.ref.Number), bytes.Compare(a.ref.Hash[:], b.ref.Hash[:]))
}

// add takes a block, and says what had to go for it, which may be itself. known is whether it was there already.
func (q *unsafeQueue) add(b *sealed) (dropped []*sealed, known bool) {
	if q.hashes[b.ref.Hash] != nil {
		return nil, true
	}
	q.hashes[b.ref.Hash] = b
	q.children[b.ref.ParentHash] = append(q.children[b.ref.ParentHash], b)
	at, _ := slices.BinarySearchFunc(q.order, b, byHeight)
	q.order = slices.Insert(q.order, at, b)
	q.bytes += sizeOf(b.payload)
	for q.bytes > q.limit {
		top := q.order[len(q.order)-1]
		q.remove(top)
		dropped = append(dropped, top)
	}
	if len(q.order) > 0 {
		q.next = q.order[0].ref.ID()
	}
	return dropped, false
}

func (q *unsafeQueue) remove(b *sealed) {
	if q.hashes[b.ref.Hash] != b {
		return
	}
	delete(q.hashes, b.ref.Hash)
	at, _ := slices.BinarySearchFunc(q.order, b, byHeight)
	q.order = slices.Delete(q.order, at, at+1)
	q.bytes -= sizeOf(b.payload)
	siblings := slices.DeleteFunc(q.children[b.ref.ParentHash], func(s *sealed) bool { return s == b })
	if q.children[b.ref.ParentHash] = siblings; len(siblings) == 0 {
		delete(q.children, b.ref.ParentHash)
	}
}

// drop forgets a block and all that stand on it, and returns how many they were.
func (q *unsafeQueue) drop(b *sealed) (count int) {
	for waiting := []*sealed{b}; len(waiting) > 0; count++ {
		b, waiting = waiting[0], waiting[1:]
		waiting = append(waiting, q.children[b.ref.Hash]...)
		q.remove(b)
	}
	return count
}

// lowest is the block of the lowest height; nil if none waits.
func (q *unsafeQueue) lowest() *sealed {
	if len(q.order) == 0 {
		return nil
	}
	return q.order[0]
}

// prune forgets the blocks up to a height, and returns how many there were.
func (q *unsafeQueue) prune(number uint64) (count int) {
	for len(q.order) > 0 && q.order[0].ref.Number <= number {
		q.remove(q.order[0])
		count++
	}
	return count
}

// child is the block that came first of those that stand on a block; nil if there is none.
func (q *unsafeQueue) child(parent common.Hash) *sealed {
	if siblings := q.children[parent]; len(siblings) > 0 {
		return siblings[0]
	}
	return nil
}

// root is the lowest block that b stands on, by way of others; b itself if its parent does not wait here.
func (q *unsafeQueue) root(b *sealed) *sealed {
	for {
		parent := q.hashes[b.ref.ParentHash]
		if parent == nil || parent.ref.Number >= b.ref.Number {
			return b
		}
		b = parent
	}
}

func (q *unsafeQueue) status() QueueStatus {
	if len(q.order) == 0 {
		return QueueStatus{Next: q.next}
	}
	return QueueStatus{
		Blocks: len(q.order), Bytes: q.bytes, Lowest: q.order[0].ref.Number, Highest: q.order[len(q.order)-1].ref.Number, Next: q.next,
	}
}
