package listroot

import (
	"bytes"
	"math/bits"
	"sync"

	"github.com/cloudflare/circl/simd/keccakf1600"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Of is the root of a list of encoded elements: consensus encodings of transactions or receipts, RLP of withdrawals. The
// elements are only read, and not kept.
func Of[E ~[]byte](elements []E) common.Hash {
	b := builders.Get().(*builder)
	root := with(b, elements)
	builders.Put(b)
	return root
}

// with makes the root with a builder. In the order of the keys, 0 is behind 127: its RLP is 0x80.
func with[E ~[]byte](b *builder, elements []E) common.Hash {
	for i := 1; i < min(len(elements), 0x80); i++ {
		b.add(i, elements[i])
	}
	if len(elements) > 0 {
		b.add(0, elements[0])
	}
	for i := 0x80; i < len(elements); i++ {
		b.add(i, elements[i])
	}
	return b.root()
}

// builders are reused: one is too large for the stack, and takes a while to make.
var builders = sync.Pool{New: func() any { return newBuilder(keccakf1600.IsEnabledX4()) }}

// builder makes one root after the other.
//
// Which branches there are is seen from how much a key has in common with the next one: the branches on the way to an element
// are open, and those that do not lead to the next one are closed. A closed branch whose children have names is put into a lane,
// either at once or by the lane that found the last of the names. So there are no more branches than lead to the lanes and to
// the element.
type builder struct {
	key     path   // of the element that waits for the next one's key
	element []byte // nil: none waits
	open    []*branch
	free    []*branch
	name    ref // of the node that was looked at last

	lanes [lanes]lane
	busy  uint8 // lanes with a node, a bit each
	all   uint8 // lanes that may be used

	four  keccakf1600.StateX4
	state *[lanes * words]uint64 // in four
	one   crypto.KeccakState
}

// newBuilder makes a builder that hashes four nodes at once, or one. It has to stay where it is, on the heap: the state of
// four is aligned within it.
func newBuilder(four bool) *builder {
	b := &builder{all: 1, one: crypto.NewKeccakState()}
	b.state = (*[lanes * words]uint64)(b.four.Initialize(false))
	if four {
		b.all = 1<<lanes - 1
	}
	return b
}

// add takes the next element in the order of keys.
func (b *builder) add(index int, element []byte) {
	if len(element) == 0 {
		return
	}
	key := keyOf(index)
	if b.element != nil {
		b.leaf(shared(b.key, key))
	}
	b.key, b.element = key, element
}

// root is that of the elements added since the last one.
func (b *builder) root() common.Hash {
	if b.element == nil {
		return types.EmptyRootHash
	}
	b.leaf(-1)
	b.element = nil
	for b.busy != 0 {
		b.step()
	}
	if !b.name.isHash() {
		b.hash(bytes.Clone(b.name.data[:b.name.size]), nil)
	}
	return b.name.data
}

// depth is that of the lowest open branch, -1 if there is none.
func (b *builder) depth() int {
	if len(b.open) == 0 {
		return -1
	}
	return b.open[len(b.open)-1].depth
}

// deepen makes a branch at a depth the lowest open one, if none is there yet.
func (b *builder) deepen(depth int) {
	if depth <= b.depth() {
		return
	}
	var br *branch
	if last := len(b.free) - 1; last >= 0 {
		br, b.free = b.free[last], b.free[:last]
	} else {
		br = new(branch)
	}
	br.depth, br.open = depth, true
	for i := range br.children {
		br.children[i].size = 0
	}
	b.open = append(b.open, br)
}

// below is the place of a node under the lowest open branch, on the way to the element. The node is at a depth.
func (b *builder) below(depth int) link {
	if len(b.open) == 0 {
		return link{skip: b.key.part(0, depth)}
	}
	up := b.open[len(b.open)-1]
	up.pending++
	return link{up: up, slot: b.key.at(up.depth), skip: b.key.part(up.depth+1, depth)}
}

// leaf makes the leaf of the element that waits, and closes the branches below what its key has in common with the next one's:
// so many nibbles, -1 if it is the last.
func (b *builder) leaf(next int) {
	b.deepen(next)
	at := b.depth() + 1
	i := b.idle()
	l := &b.lanes[i]
	l.put(b.below(at), appendLeaf(l.head[:0], b.key.part(at, b.key.n), b.element), b.element)
	b.start(i)

	for b.depth() > next {
		last := len(b.open) - 1
		br := b.open[last]
		b.open = b.open[:last]
		b.deepen(next)
		br.link, br.open = b.below(br.depth), false
		if br.pending == 0 {
			i := b.idle()
			b.take(&b.lanes[i], br)
			b.start(i)
		}
	}
}

// take puts a branch with all its children into a lane.
func (b *builder) take(l *lane, br *branch) {
	l.put(br.link, appendBranch(l.head[:0], br), nil)
	b.free = append(b.free, br)
}

// idle gives a lane without a node.
func (b *builder) idle() int {
	for b.busy == b.all {
		b.step()
	}
	return bits.TrailingZeros8(^b.busy)
}

// start begins with the node in a lane. A short one is not hashed but named by its RLP, and so may be the one above it.
func (b *builder) start(i int) {
	l := &b.lanes[i]
	for l.length() < common.HashLength {
		b.name.size = byte(copy(b.name.data[:], l.head[:l.size]))
		if !b.named(l) {
			return
		}
	}
	b.busy |= 1 << i
}

// finish ends with the node in a lane, whose hash is the name.
func (b *builder) finish(i int) {
	b.busy &^= 1 << i
	if b.named(&b.lanes[i]) {
		b.start(i)
	}
}

// named hands the name of the node in a lane to the node above. If that is complete now it is put into the lane.
func (b *builder) named(l *lane) (next bool) {
	to := &l.link
	l.tail = nil // elements are not kept
	if to.skip.n > 0 {
		l.put(link{up: to.up, slot: to.slot}, appendExtension(l.head[:0], to.skip, &b.name), nil)
		return true
	}
	up := to.up
	if up == nil {
		return false
	}
	up.children[to.slot] = b.name
	up.pending--
	if up.open || up.pending > 0 {
		return false
	}
	b.take(l, up)
	return true
}

// step hashes a block of every busy lane. A node that is alone is hashed at once: one permutation is faster than four.
func (b *builder) step() {
	if i := bits.TrailingZeros8(b.busy); b.busy == 1<<i && b.lanes[i].off == 0 {
		l := &b.lanes[i]
		b.hash(l.head[:l.size], l.tail)
		b.finish(i)
		return
	}
	for i := range b.lanes {
		if l := &b.lanes[i]; b.busy&(1<<i) != 0 {
			first := l.off == 0
			absorb(b.state, i, l.block(), first)
		}
	}
	b.four.Permute()
	for i := range b.lanes {
		if b.busy&(1<<i) != 0 && b.lanes[i].through() {
			squeeze(b.state, i, &b.name)
			b.finish(i)
		}
	}
}

// hash makes one ordinary Keccak the name.
func (b *builder) hash(head, tail []byte) {
	b.one.Reset()
	b.one.Write(head)
	b.one.Write(tail)
	_, _ = b.one.Read(b.name.data[:]) // a sponge gives as much as is asked for
	b.name.size = common.HashLength
}
