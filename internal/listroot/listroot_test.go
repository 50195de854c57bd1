package listroot_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/internal/listroot"
)

// derived is the root by go-ethereum.
func derived(elements [][]byte) common.Hash {
	return types.DeriveSha(list(elements), trie.NewStackTrie(nil))
}

type list [][]byte

func (l list) Len() int                           { return len(l) }
func (l list) EncodeIndex(i int, w *bytes.Buffer) { w.Write(l[i]) }

// compare computes a root in every way there is.
func compare(t *testing.T, what string, elements [][]byte) {
	t.Helper()
	want := derived(elements)
	for name, got := range map[string]common.Hash{
		"of":           listroot.Of(elements),
		"one by one":   listroot.OfOneByOne(elements),
		"four at once": listroot.OfFourAtOnce(elements),
	} {
		if got != want {
			t.Errorf("%s, %s: %s, want %s", what, name, got, want)
		}
	}
}

// lengths are those at which something changes: RLP's headers, a reference's kind, Keccak's blocks.
var lengths = []int{
	0, 1, 2, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 50, 51, 52, 53, 54, 55, 56, 57,
	125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 200, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257,
	263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 403, 408, 540, 544, 548, 65530, 65535, 65536, 65537,
}

// filled makes elements of lengths that a function tells.
func filled(r *rand.Rand, n int, length func(i int) int) [][]byte {
	elements := make([][]byte, n)
	for i := range elements {
		elements[i] = make([]byte, length(i))
		r.Read(elements[i])
	}
	return elements
}

func TestRootIsThatOfGoEthereumForEveryNumberOfElements(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for n := range 301 {
		compare(t, fmt.Sprintf("%d of usual length", n), filled(r, n, func(int) int { return 110 + r.Intn(160) }))
		compare(t, fmt.Sprintf("%d short ones", n), filled(r, n, func(int) int { return r.Intn(4) }))
		compare(t, fmt.Sprintf("%d of one byte", n), filled(r, n, func(int) int { return 1 }))
		compare(t, fmt.Sprintf("%d of any length", n), filled(r, n, func(int) int { return lengths[r.Intn(len(lengths)-4)] }))
	}
}

func TestRootOfLongLists(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for _, n := range []int{511, 512, 513, 4095, 4096, 4097, 65535, 65536, 65537, 70000} {
		compare(t, fmt.Sprintf("%d short ones", n), filled(r, n, func(int) int { return 1 + r.Intn(2) }))
		compare(t, fmt.Sprintf("%d around the length of a reference", n), filled(r, n, func(int) int { return 24 + r.Intn(10) }))
		compare(t, fmt.Sprintf("%d with gaps", n), filled(r, n, func(i int) int { return i % 977 / 976 }))
	}
}

func TestRootWithElementsOfEveryLength(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for length := range 600 {
		for _, n := range []int{1, 2, 3, 16, 17} {
			compare(t, fmt.Sprintf("%d of %d bytes", n, length), filled(r, n, func(int) int { return length }))
		}
	}
	for _, length := range lengths {
		compare(t, fmt.Sprintf("one of %d bytes among small ones", length), filled(r, 40, func(i int) int {
			if i == 20 {
				return length
			}
			return 40
		}))
		compare(t, fmt.Sprintf("140 of %d bytes", min(length, 600)), filled(r, 140, func(int) int { return min(length, 600) }))
	}
	compare(t, "megabytes", filled(r, 6, func(i int) int { return i * i * i * 100_000 }))
}

func TestAnElementOfOneByteIsItsOwnRLPBelow0x80(t *testing.T) {
	for v := range 256 {
		compare(t, fmt.Sprintf("one of value %#x", v), [][]byte{{byte(v)}})
		compare(t, fmt.Sprintf("three of value %#x", v), [][]byte{{byte(v)}, {byte(v)}, {byte(v)}})
	}
}

func TestAnEmptyElementIsAsGoodAsNone(t *testing.T) {
	for _, n := range []int{1, 2, 130, 300} {
		if got := listroot.Of(make([][]byte, n)); got != types.EmptyRootHash {
			t.Errorf("%d empty elements: %s", n, got)
		}
		for i := range n { // all but one are empty
			elements := make([][]byte, n)
			elements[i] = []byte{1, 2, 3}
			compare(t, fmt.Sprintf("only element %d of %d", i, n), elements)
		}
	}
	r := rand.New(rand.NewSource(4))
	for range 200 { // few are not, so that paths are long and extensions many
		compare(t, "sparse", filled(r, r.Intn(70_000), func(int) int { return 70 * (r.Intn(4000) / 3999) }))
	}
}

func TestRandomLists(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for range 500 {
		spread := 1 + r.Intn(400)
		compare(t, "random", filled(r, r.Intn(700), func(int) int { return r.Intn(spread) }))
	}
}

func TestListsOfAnyByteStringsAreTakenAsTheyAre(t *testing.T) {
	elements := []hexutil.Bytes{{1}, {2, 3}, make([]byte, 100)}
	if got, want := listroot.Of(elements), derived([][]byte{{1}, {2, 3}, make([]byte, 100)}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestElementsAreNotWrittenTo(t *testing.T) {
	elements := filled(rand.New(rand.NewSource(6)), 300, func(i int) int { return i })
	before := make([][]byte, len(elements))
	for i := range elements {
		before[i] = slices.Clone(elements[i])
	}
	listroot.Of(elements)
	for i := range elements {
		if !bytes.Equal(elements[i], before[i]) {
			t.Errorf("element %d was changed", i)
		}
	}
}

func TestManyAtTheSameTime(t *testing.T) {
	var wg sync.WaitGroup
	for seed := range int64(8) {
		wg.Go(func() {
			r := rand.New(rand.NewSource(seed))
			for range 50 {
				elements := filled(r, r.Intn(200), func(int) int { return r.Intn(300) })
				if got, want := listroot.Of(elements), derived(elements); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestMemoryDoesNotGrowWithTheList(t *testing.T) {
	elements := filled(rand.New(rand.NewSource(7)), 1<<20, func(i int) int { return 1 })
	elements[1<<19] = make([]byte, 4<<20)
	want := derived(elements)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := listroot.OfFourAtOnce(elements)
	runtime.ReadMemStats(&after)
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<10 {
		t.Errorf("a million elements took %d bytes", took)
	}
}

func TestElementsAreNotKept(t *testing.T) {
	for _, n := range []int{1, 2, 5, 40} {
		used := use(n)
		runtime.GC() // what was pooled survives the first
		for i := range used {
			if used[i].Value() != nil {
				t.Errorf("element %d of %d is still held", i, n)
			}
		}
	}
}

// use makes the root of large elements that are used nowhere else.
func use(n int) (used []weak.Pointer[byte]) {
	elements := filled(rand.New(rand.NewSource(8)), n, func(int) int { return 1 << 16 })
	for i := range elements {
		used = append(used, weak.Make(&elements[i][0]))
	}
	listroot.Of(elements)
	return used
}

// FuzzOf makes a list of the input: two bytes say how long the next element is, within what is left.
func FuzzOf(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0})
	f.Add([]byte{1, 0, 0x7f, 1, 0, 0x80})
	f.Add(bytes.Repeat([]byte{1, 0, 7}, 200))
	f.Add(bytes.Repeat([]byte{31, 0}, 500))
	f.Add(append([]byte{0, 2}, make([]byte, 600)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		var elements [][]byte
		for len(data) >= 2 {
			n := min(int(data[0])+int(data[1])<<8, len(data)-2)
			elements = append(elements, data[2:2+n])
			data = data[2+n:]
		}
		compare(t, "fuzzed", elements)
	})
}

// BenchmarkOf reports how long a root of transactions of the usual size takes in relation to go-ethereum's, and to one Keccak over
// the same bytes: medians of the same run.
func BenchmarkOf(b *testing.B) {
	for _, c := range []struct {
		name string
		of   func([][]byte) common.Hash
	}{{"four", listroot.Of[[]byte]}, {"one", listroot.OfOneByOne}} {
		for _, size := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%dkB", c.name, size/1000), func(b *testing.B) {
				r := rand.New(rand.NewSource(1))
				elements := filled(r, size/190, func(int) int { return 110 + r.Intn(160) })
				whole := slices.Concat(elements...)
				var ours, theirs, keccak laps
				b.ReportAllocs()
				b.SetBytes(int64(len(whole)))
				for b.Loop() {
					ours.time(func() { c.of(elements) })
					b.StopTimer()
					theirs.time(func() { derived(elements) })
					keccak.time(func() { crypto.Keccak256(whole) })
					b.StartTimer()
				}
				b.ReportMetric(ours.median()/theirs.median(), "x-DeriveSha")
				b.ReportMetric(ours.median()/keccak.median(), "x-keccak")
			})
		}
	}
}

// laps are times of the same piece of work.
type laps []time.Duration

func (l *laps) time(work func()) {
	start := time.Now()
	work()
	*l = append(*l, time.Since(start))
}

func (l *laps) median() float64 {
	slices.Sort(*l)
	return float64((*l)[len(*l)/2])
}
