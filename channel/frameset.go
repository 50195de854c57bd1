package channel

// frameSet holds the data of frames by frame number. It is persistent: with and below give a new set and leave the
// receiver as it was, sharing all they can. A trie of four levels, one per hexadecimal digit of the number, makes every
// step cheap whatever order the frames come in; with a copied slice or map, a batcher could make us copy quadratically.
type frameSet struct {
	root  *frameNode
	count int
}

// frameNode is an inner node (its data is nil) on levels 0 to 3 and a frame on level 4. Nodes are never written to
// once they are part of a set.
type frameNode struct {
	child [16]*frameNode
	data  []byte
	from  Place
}

const frameLevels = 4

func frameDigit(number uint16, level int) uint16 {
	return number >> (4 * (frameLevels - 1 - level)) & 0xf
}

func (s frameSet) get(number uint16) (data []byte, ok bool) {
	n := s.leaf(number)
	if n == nil {
		return nil, false
	}
	return n.data, true
}

// from is where a frame that must be in the set was.
func (s frameSet) from(number uint16) Place { return s.leaf(number).from }

// leaf is the node of a frame, nil if the frame is not in the set.
func (s frameSet) leaf(number uint16) *frameNode {
	n := s.root
	for level := 0; level < frameLevels && n != nil; level++ {
		n = n.child[frameDigit(number, level)]
	}
	return n
}

func (s frameSet) has(number uint16) bool {
	_, ok := s.get(number)
	return ok
}

// with adds a frame whose number must not be in the set.
func (s frameSet) with(number uint16, data []byte, from Place) frameSet {
	return frameSet{root: s.root.with(number, data, from, 0), count: s.count + 1}
}

// below keeps the frames with numbers less than end.
func (s frameSet) below(end uint16) frameSet {
	var kept frameSet
	for number := range end {
		if n := s.leaf(number); n != nil {
			kept = kept.with(number, n.data, n.from)
		}
	}
	return kept
}

// bytes is the length of all data.
func (s frameSet) bytes() uint64 { return s.root.bytes() }

func (n *frameNode) bytes() (total uint64) {
	if n == nil {
		return 0
	}
	total = uint64(len(n.data))
	for _, c := range n.child {
		total += c.bytes()
	}
	return total
}

func (n *frameNode) with(number uint16, data []byte, from Place, level int) *frameNode {
	var next frameNode
	if n != nil {
		next = *n
	}
	if level == frameLevels {
		next.data, next.from = data, from
		return &next
	}
	digit := frameDigit(number, level)
	next.child[digit] = next.child[digit].with(number, data, from, level+1)
	return &next
}
