package channel

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkTree compares a tree with a map, and looks at the order and the heights of all nodes.
func checkTree(t *testing.T, tr tree[opening, int], want map[opening]int) {
	t.Helper()
	var keys []opening
	var check func(n *treeNode[opening, int]) int8
	check = func(n *treeNode[opening, int]) int8 {
		if n == nil {
			return 0
		}
		left := check(n.left)
		keys = append(keys, n.key)
		if value, found := tr.get(n.key); !found || value != n.value || value != want[n.key] {
			t.Fatalf("key %d has %d, %v; want %d", n.key, value, found, want[n.key])
		}
		right := check(n.right)
		if n.height != 1+max(left, right) || left-right > 1 || right-left > 1 {
			t.Fatalf("node of height %d over %d and %d", n.height, left, right)
		}
		return n.height
	}
	check(tr.root)
	sorted := slices.Sorted(maps.Keys(want))
	if !slices.Equal(keys, sorted) {
		t.Fatalf("keys %v, want %v", keys, sorted)
	}
	first, some := tr.first()
	if some != (len(want) > 0) || some && first != want[sorted[0]] {
		t.Fatalf("first %d, %v", first, some)
	}
	var values []int
	for v := range tr.all {
		values = append(values, v)
		if len(values) == 5 {
			break
		}
	}
	for i, v := range values {
		if v != want[sorted[i]] {
			t.Fatalf("value %d is %d, want %d", i, v, want[sorted[i]])
		}
	}
	if len(values) != min(5, len(want)) {
		t.Fatalf("%d values of %d", len(values), len(want))
	}
}

// A tree is a map in order, balanced whatever order keys come and go in, and every version of it stays what it is.
func TestTreeIsPersistentAndBalanced(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, key := range map[string]func(i int) opening{
		"ascending":   func(i int) opening { return opening(i) },
		"descending":  func(i int) opening { return opening(1000 - i) },
		"from inside": func(i int) opening { return opening(500 + (i%2*2-1)*i) },
		"anywhere":    func(int) opening { return opening(rng.IntN(300)) },
	} {
		t.Run(name, func(t *testing.T) {
			type version struct {
				tree tree[opening, int]
				want map[opening]int
			}
			versions := []version{{want: map[opening]int{}}}
			for i := range 600 {
				from := versions[max(0, len(versions)-1-rng.IntN(2))]
				next := version{from.tree, maps.Clone(from.want)}
				switch k := key(i / 2); {
				case i > 300 && len(next.want) > 0 && rng.IntN(2) == 0: // from then on as many go as come
					if first := slices.Min(slices.Collect(maps.Keys(next.want))); rng.IntN(2) == 0 {
						k = first
					}
					next.tree = next.tree.without(k)
					delete(next.want, k)
				default:
					next.tree = next.tree.with(k, i)
					next.want[k] = i
				}
				versions = append(versions, next)
			}
			last := versions[len(versions)-1]
			for _, k := range slices.Sorted(maps.Keys(last.want)) {
				next := version{last.tree.without(k), maps.Clone(last.want)}
				delete(next.want, k)
				versions, last = append(versions, next), next
			}
			if last.tree.root != nil {
				t.Error("something is left of a tree without keys")
			}
			for _, v := range versions {
				checkTree(t, v.tree, v.want)
			}
		})
	}
}

// Ids that a batcher has chosen to be alike make no long paths.
func TestTreeOfHostileIDs(t *testing.T) {
	var ids tree[ID, int]
	for i := range 4096 {
		ids = ids.with(ID{14: byte(i >> 8), 15: byte(i)}, i)
	}
	if ids.root.height > 13 {
		t.Errorf("4096 ids make a tree of height %d", ids.root.height)
	}
	for i := range 4096 {
		if got, found := ids.get(ID{14: byte(i >> 8), 15: byte(i)}); !found || got != i {
			t.Fatalf("id %d: %d, %v", i, got, found)
		}
	}
	if _, found := ids.get(ID{1}); found {
		t.Error("an id that is not there is found")
	}
}
