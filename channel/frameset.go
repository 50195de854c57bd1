package channel

import (
	"cmp"
	"slices"
)

// frameSet holds frames by their numbers. It is persistent: with and below give a new set and leave the receiver as it was,
// sharing all they can. It is a trie of the hexadecimal digits of the number, which makes every step cheap whatever order
// the frames come in; with one slice or map to copy, a batcher could make us copy quadratically. A node splits only when it
// has more than fewFrames: most channels are one node, and frames far apart cost no path each.
type frameSet struct {
	root  *frameNode
	count int
}

// heldFrame is a frame in a set.
type heldFrame struct {
	data   []byte
	from   Place
	number uint16
}

// frameNode is few frames in the order of their numbers, or the nodes for each value of the next digit. It is never written
// to once it is part of a set.
type frameNode struct {
	few   []heldFrame
	child *[16]*frameNode
}

// fewFrames is how many frames a node has before it splits. Nodes below three digits never do: there are no more numbers.
const fewFrames = 16

// frameDigit is the digit of a number by which a node on a level, from 0 to 2, splits.
func frameDigit(number uint16, level int) uint16 {
	return number >> (12 - 4*level) & 0xf
}

func (s frameSet) has(number uint16) bool {
	n := s.root
	for level := 0; n != nil && n.child != nil; level++ {
		n = n.child[frameDigit(number, level)]
	}
	if n == nil {
		return false
	}
	_, found := n.search(number)
	return found
}

// all goes through the frames in the order of their numbers.
func (s frameSet) all(yield func(*heldFrame) bool) { s.root.all(yield) }

// with adds a frame whose number must not be in the set.
func (s frameSet) with(f heldFrame) frameSet {
	return frameSet{root: s.root.with(f, 0), count: s.count + 1}
}

// below keeps the frames with numbers less than end.
func (s frameSet) below(end uint16) frameSet {
	var kept frameSet
	for f := range s.all {
		if f.number >= end {
			break
		}
		kept = kept.with(*f)
	}
	return kept
}

// bytes is the length of all data.
func (s frameSet) bytes() (total uint64) {
	for f := range s.all {
		total += uint64(len(f.data))
	}
	return total
}

// search is where a number is, or would be, among few.
func (n *frameNode) search(number uint16) (at int, found bool) {
	return slices.BinarySearchFunc(n.few, number, func(f heldFrame, number uint16) int { return cmp.Compare(f.number, number) })
}

func (n *frameNode) all(yield func(*heldFrame) bool) (more bool) {
	if n == nil {
		return true
	}
	for i := range n.few {
		if !yield(&n.few[i]) {
			return false
		}
	}
	if n.child == nil {
		return true
	}
	for _, c := range n.child {
		if !c.all(yield) {
			return false
		}
	}
	return true
}

func (n *frameNode) with(f heldFrame, level int) *frameNode {
	switch {
	case n == nil:
		return &frameNode{few: []heldFrame{f}}
	case n.child == nil && len(n.few) == fewFrames:
		return n.split(level).with(f, level)
	case n.child == nil:
		at, _ := n.search(f.number)
		few := make([]heldFrame, len(n.few)+1)
		copy(few, n.few[:at])
		few[at] = f
		copy(few[at+1:], n.few[at:])
		return &frameNode{few: few}
	}
	next, digit := newInner(n.child), frameDigit(f.number, level)
	next.child[digit] = n.child[digit].with(f, level+1)
	return next
}

// newInner is a node with a copy of the nodes below it, in one piece of memory.
func newInner(child *[16]*frameNode) *frameNode {
	inner := &struct {
		node  frameNode
		child [16]*frameNode
	}{child: *child}
	inner.node.child = &inner.child
	return &inner.node
}

// split is the node with its frames in nodes below it.
func (n *frameNode) split(level int) *frameNode {
	next := newInner(new([16]*frameNode))
	for _, f := range n.few {
		digit := frameDigit(f.number, level)
		next.child[digit] = next.child[digit].with(f, level+1)
	}
	return next
}
