package channel

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Every version of a set keeps its frames, and gives them in the order of their numbers, whatever order they came in.
func TestFrameSetIsPersistent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, number := range map[string]func(i int) uint16{
		"ascending":           func(i int) uint16 { return uint16(i) },
		"descending":          func(i int) uint16 { return uint16(MaxFrames - 1 - i) },
		"far apart":           func(i int) uint16 { return uint16(i * 4099) },
		"near, then far":      func(i int) uint16 { return uint16(i%16)<<12 | uint16(i/16) },
		"anywhere":            func(int) uint16 { return uint16(rng.Uint32()) },
		"anywhere among few":  func(int) uint16 { return uint16(rng.Uint32N(300)) },
		"on one side of half": func(i int) uint16 { return uint16(0x7fff - i) },
	} {
		t.Run(name, func(t *testing.T) {
			type version struct {
				set    frameSet
				frames map[uint16]byte
			}
			versions := []version{{frameSet{}, map[uint16]byte{}}}
			for i := range 400 {
				from := versions[max(0, len(versions)-1-rng.IntN(3))] // now and then from an older one
				n := number(i)
				if _, there := from.frames[n]; there != from.set.has(n) {
					t.Fatalf("frame %d is there: %v", n, !there)
				} else if there {
					continue
				}
				next := version{from.set.with(heldFrame{data: []byte{byte(i)}, number: n, from: Place{L1: uint64(n)}}), maps.Clone(from.frames)}
				next.frames[n] = byte(i)
				versions = append(versions, next)
			}
			for _, v := range versions {
				checkFrameSet(t, v.set, v.frames)
				end := uint16(rng.Uint32N(500))
				maps.DeleteFunc(v.frames, func(n uint16, _ byte) bool { return n >= end })
				checkFrameSet(t, v.set.below(end), v.frames)
			}
		})
	}
}

func checkFrameSet(t *testing.T, s frameSet, want map[uint16]byte) {
	t.Helper()
	var numbers []uint16
	for f := range s.all {
		numbers = append(numbers, f.number)
		if !s.has(f.number) || len(f.data) != 1 || f.data[0] != want[f.number] || f.from.L1 != uint64(f.number) {
			t.Fatalf("frame %d is %x at %v, want %x", f.number, f.data, f.from, want[f.number])
		}
	}
	if !slices.Equal(numbers, slices.Sorted(maps.Keys(want))) || s.count != len(want) || s.bytes() != uint64(len(want)) {
		t.Fatalf("frames %v (%d, %d bytes), want %d", numbers, s.count, s.bytes(), len(want))
	}
	for range s.all {
		break // as below does
	}
}

// A node of the set is at most so large that a copy of it is nothing.
func TestFrameSetNodesAreSmall(t *testing.T) {
	var s frameSet
	for i := range MaxFrames {
		s = s.with(heldFrame{number: uint16(i * 40503)})
	}
	var largest func(n *frameNode, depth int) (few int)
	largest = func(n *frameNode, depth int) (few int) {
		if depth > 3 {
			t.Fatal("there is a node below three digits")
		}
		if n.child == nil {
			return len(n.few)
		}
		for _, c := range n.child {
			few = max(few, largest(c, depth+1))
		}
		return few
	}
	if few := largest(s.root, 0); few != fewFrames || s.count != MaxFrames {
		t.Errorf("%d frames in a node, %d in all", few, s.count)
	}
}
