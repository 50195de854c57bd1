package l1

import (
	"maps"

	"github.com/cairn-rollup/cairn/eth"
)

// maxView bounds the blocks that a view remembers; one is about 100 bytes.
const maxView = 16384

// view is which blocks are known to be canonical as of the last announcement of a head: those that answers named after
// it, and those that its head stands on by parent hashes. What is finalized stays known whatever is announced.
type view struct {
	refs  map[uint64]eth.L1Ref
	floor uint64 // blocks in refs up to this one are final
	head  uint64 // as announced last; 0: not yet
	turn  uint64 // grows whenever answers under way may be of another chain
}

// holds says whether a block is known to be canonical.
func (v *view) holds(ref eth.L1Ref) bool {
	if at, ok := v.refs[ref.Number]; ok {
		return at.Hash == ref.Hash
	}
	child, ok := v.refs[ref.Number+1]
	return ok && child.ParentHash == ref.Hash
}

// learn adds a block that an endpoint named as canonical. If it contradicts what is known, the chain has changed.
func (v *view) learn(ref eth.L1Ref) {
	if v.contradicts(ref) {
		v.turn++
		if v.breaksFinality(ref) { // another chain altogether, or one whose finality was broken
			clear(v.refs)
			v.floor = 0
		}
		v.forget(func(at eth.L1Ref) bool { return at.Number > v.floor })
	}
	if len(v.refs) >= maxView {
		clear(v.refs)
	}
	v.refs[ref.Number] = ref
}

// breaksFinality says whether a block contradicts a final one: takes its place, or does not stand on it.
func (v *view) breaksFinality(ref eth.L1Ref) bool {
	parent, ok := v.refs[ref.Number-1]
	return ref.Number <= v.floor || ok && ref.Number-1 <= v.floor && parent.Hash != ref.ParentHash
}

func (v *view) contradicts(ref eth.L1Ref) bool {
	if at, ok := v.refs[ref.Number]; ok {
		return at.Hash != ref.Hash
	}
	parent, below := v.refs[ref.Number-1]
	child, above := v.refs[ref.Number+1]
	return (below && parent.Hash != ref.ParentHash) || (above && child.ParentHash != ref.Hash)
}

// announce is the head of the chain from now on. Of what is above finality only the blocks that it stands on stay known.
func (v *view) announce(head eth.L1Ref) {
	if at, ok := v.refs[head.Number]; ok && at == head && v.head == head.Number {
		return
	}
	v.turn++
	v.head = head.Number
	lowest := v.lowest(head)
	v.forget(func(at eth.L1Ref) bool { return at.Number > v.floor && (at.Number < lowest || at.Number > head.Number) })
	if head.Number > v.floor {
		v.refs[head.Number] = head
		return
	}
	v.learn(head)
}

// finalize is the newest final block of the chain. Blocks below that it is not known to stand on are not final by it.
func (v *view) finalize(ref eth.L1Ref) {
	if ref.Number <= v.floor {
		return
	}
	lowest := v.lowest(ref)
	if at, ok := v.refs[ref.Number]; ok && at.Hash != ref.Hash { // then nothing above stands on it
		v.forget(func(at eth.L1Ref) bool { return at.Number > v.floor })
	}
	v.forget(func(at eth.L1Ref) bool { return at.Number > v.floor && at.Number < lowest })
	v.refs[ref.Number], v.floor = ref, ref.Number
}

// lowest is the lowest block that a canonical one is known to stand on without a gap.
func (v *view) lowest(from eth.L1Ref) uint64 {
	for from.Number > 0 {
		parent, ok := v.refs[from.Number-1]
		if !ok || parent.Hash != from.ParentHash {
			break
		}
		from = parent
	}
	return from.Number
}

func (v *view) forget(unwanted func(eth.L1Ref) bool) {
	maps.DeleteFunc(v.refs, func(_ uint64, at eth.L1Ref) bool { return unwanted(at) })
}
