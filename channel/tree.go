package channel

// ordered is what the keys of a tree can do.
type ordered[K any] interface{ before(other K) bool }

// tree is a map in the order of its keys. It is persistent: with and without give a new tree and leave the receiver as it
// was, sharing all but the path to the key. The heights of the two sides of a node differ by one at most (AVL), so that each
// step takes time in proportion to the logarithm of the size, whatever the keys are. The zero value is empty.
type tree[K ordered[K], V any] struct{ root *treeNode[K, V] }

// treeNode is never written to once it is part of a tree.
type treeNode[K ordered[K], V any] struct {
	left, right *treeNode[K, V]
	key         K
	value       V
	height      int8
}

func (t tree[K, V]) get(key K) (value V, found bool) {
	for n := t.root; n != nil; {
		switch {
		case key.before(n.key):
			n = n.left
		case n.key.before(key):
			n = n.right
		default:
			return n.value, true
		}
	}
	return value, false
}

// first is the value of the key that is before all others.
func (t tree[K, V]) first() (value V, found bool) {
	if t.root == nil {
		return value, false
	}
	return t.root.first().value, true
}

// all goes through the values in the order of their keys.
func (t tree[K, V]) all(yield func(V) bool) { t.root.all(yield) }

// with sets the value of a key.
func (t tree[K, V]) with(key K, value V) tree[K, V] { return tree[K, V]{t.root.with(key, value)} }

// without removes a key, if it is there.
func (t tree[K, V]) without(key K) tree[K, V] { return tree[K, V]{t.root.without(key)} }

func (n *treeNode[K, V]) first() *treeNode[K, V] {
	for n.left != nil {
		n = n.left
	}
	return n
}

func (n *treeNode[K, V]) all(yield func(V) bool) (more bool) {
	return n == nil || n.left.all(yield) && yield(n.value) && n.right.all(yield)
}

func (n *treeNode[K, V]) with(key K, value V) *treeNode[K, V] {
	switch {
	case n == nil:
		return &treeNode[K, V]{key: key, value: value, height: 1}
	case key.before(n.key):
		return n.balanced(n.left.with(key, value), n.right)
	case n.key.before(key):
		return n.balanced(n.left, n.right.with(key, value))
	}
	next := *n
	next.value = value
	return &next
}

func (n *treeNode[K, V]) without(key K) *treeNode[K, V] {
	switch {
	case n == nil:
		return nil
	case key.before(n.key):
		return n.balanced(n.left.without(key), n.right)
	case n.key.before(key):
		return n.balanced(n.left, n.right.without(key))
	case n.left == nil:
		return n.right
	case n.right == nil:
		return n.left
	}
	next := n.right.first()
	return next.balanced(n.left, n.right.without(next.key))
}

// over is a node with the key of n over two sides.
func (n *treeNode[K, V]) over(left, right *treeNode[K, V]) *treeNode[K, V] {
	return &treeNode[K, V]{left: left, right: right, key: n.key, value: n.value, height: 1 + max(left.tall(), right.tall())}
}

// balanced is over for sides whose heights may differ by two. Then it lifts a part of the higher one.
func (n *treeNode[K, V]) balanced(left, right *treeNode[K, V]) *treeNode[K, V] {
	switch diff := left.tall() - right.tall(); {
	case diff > 1 && left.left.tall() >= left.right.tall():
		return left.over(left.left, n.over(left.right, right))
	case diff > 1:
		middle := left.right
		return middle.over(left.over(left.left, middle.left), n.over(middle.right, right))
	case diff < -1 && right.right.tall() >= right.left.tall():
		return right.over(n.over(left, right.left), right.right)
	case diff < -1:
		middle := right.left
		return middle.over(n.over(left, middle.left), right.over(middle.right, right.right))
	}
	return n.over(left, right)
}

func (n *treeNode[K, V]) tall() int8 {
	if n == nil {
		return 0
	}
	return n.height
}
