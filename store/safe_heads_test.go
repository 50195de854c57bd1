package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/store"
)

// l1 and l2 are blocks of a chain that a letter names.
func l1(chain byte, number uint64) eth.BlockID {
	return eth.BlockID{Hash: common.Hash{0: 1, 1: chain, 31: byte(number)}, Number: number}
}

func l2(chain byte, number uint64) eth.BlockID {
	return eth.BlockID{Hash: common.Hash{0: 2, 1: chain, 31: byte(number)}, Number: number}
}

func open(t testing.TB, dir string) *store.SafeHeads {
	t.Helper()
	s, err := store.OpenSafeHeads(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func record(t testing.TB, s *store.SafeHeads, one, two eth.BlockID) {
	t.Helper()
	if err := s.Record(one, two); err != nil {
		t.Fatal(err)
	}
}

// says is an answer as a word.
func says(s *store.SafeHeads, number uint64) string {
	one, two, err := s.At(number)
	switch {
	case err == nil:
		return fmt.Sprintf("%c%d:%c%d", one.Hash[1], one.Number, two.Hash[1], two.Number)
	case errors.Is(err, store.ErrGap):
		return "gap"
	default:
		return err.Error()
	}
}

const none = "not found"

func TestSafeHeads(t *testing.T) {
	type (
		step func(*store.SafeHeads) error
		asks map[uint64]string
	)
	rec := func(chain byte, one, two uint64) step {
		return func(s *store.SafeHeads) error { return s.Record(l1(chain, one), l2(chain, two)) }
	}
	cut := func(n uint64) step { return func(s *store.SafeHeads) error { return s.Truncate(n) } }
	const top = uint64(math.MaxUint64)
	for _, c := range []struct {
		name  string
		steps []step
		want  asks
	}{
		{"nothing recorded is not found", nil, asks{0: none, 7: none, top: none}},
		{"each L1 block has its own entry", []step{rec('a', 5, 10), rec('a', 6, 10), rec('a', 7, 19)}, asks{5: "a5:a10", 6: "a6:a10", 7: "a7:a19"}},
		{"below the first entry is not found", []step{rec('a', 5, 10), rec('a', 6, 12)}, asks{0: none, 4: none, 5: "a5:a10"}},
		{"above the newest entry it answers", []step{rec('a', 5, 10), rec('a', 6, 12)}, asks{7: "a6:a12", top: "a6:a12"}},
		{"the last write wins", []step{rec('a', 5, 10), rec('a', 5, 12), rec('b', 5, 11)}, asks{5: "b5:b11"}},
		{"L2 genesis at L1 block 0", []step{rec('a', 0, 0)}, asks{0: "a0:a0", 9: "a0:a0"}},
		{"an entry of another L1 chain ends the old one", []step{rec('a', 5, 10), rec('a', 6, 12), rec('a', 7, 14), rec('b', 6, 11)}, asks{5: "a5:a10", 6: "b6:b11", 7: "b6:b11"}},
		{"and the new chain grows from there", []step{rec('a', 5, 10), rec('a', 6, 12), rec('a', 7, 14), rec('b', 6, 11), rec('b', 7, 13)}, asks{6: "b6:b11", 7: "b7:b13"}},
		{"below the first entry ends all", []step{rec('a', 5, 10), rec('a', 6, 12), rec('b', 2, 4)}, asks{1: none, 2: "b2:b4", 5: "b2:b4", 6: "b2:b4"}},
		{"a gap is an error and not an older answer", []step{rec('a', 5, 10), rec('a', 9, 18), rec('a', 10, 19)}, asks{4: none, 5: "a5:a10", 6: "gap", 8: "gap", 9: "a9:a18", 10: "a10:a19", 11: "a10:a19"}},
		{"a gap ends with what is behind it", []step{rec('a', 5, 10), rec('a', 9, 18), cut(8)}, asks{6: "a5:a10", 9: "a5:a10"}},
		{"truncating keeps the block itself", []step{rec('a', 5, 10), rec('a', 6, 12), rec('a', 7, 14), cut(6)}, asks{5: "a5:a10", 6: "a6:a12", 7: "a6:a12"}},
		{"truncating within a gap", []step{rec('a', 5, 10), rec('a', 9, 18), rec('a', 10, 19), cut(7)}, asks{5: "a5:a10", 7: "a5:a10"}},
		{"truncating below all empties", []step{rec('a', 5, 10), rec('a', 6, 12), cut(4)}, asks{4: none, 6: none, top: none}},
		{"truncating above all does nothing", []step{rec('a', 5, 10), cut(5), cut(top)}, asks{5: "a5:a10"}},
		{"the highest number", []step{rec('a', top-1, 10), rec('a', top, top)}, asks{top - 2: none, top - 1: fmt.Sprintf("a%d:a10", top-1), top: fmt.Sprintf("a%d:a%d", top, top)}},
		{"back from the highest number", []step{rec('a', top-1, 10), rec('a', top, 11), rec('b', 0, 0)}, asks{0: "b0:b0", top: "b0:b0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, dir := range map[string]string{"memory": "", "disk": t.TempDir()} {
				s := open(t, dir)
				check := func(when string) {
					for number, want := range c.want {
						if got := says(s, number); got != want {
							t.Errorf("%s, %s: at %d it says %q, want %q", kind, when, number, got, want)
						}
					}
				}
				for _, do := range c.steps {
					if err := do(s); err != nil {
						t.Fatal(err)
					}
				}
				check("open")
				if dir == "" {
					continue
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, dir)
				check("opened again")
			}
		})
	}
}

func TestEveryBitOfAnEntryComesBack(t *testing.T) {
	dir := t.TempDir()
	one := eth.BlockID{Hash: common.HexToHash("0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"), Number: 0x2122232425262728}
	two := eth.BlockID{Hash: common.HexToHash("0xf102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fff"), Number: 0xf122232425262728}
	s := open(t, dir)
	record(t, s, one, two)
	s.Close()
	gotOne, gotTwo, err := open(t, dir).At(one.Number)
	if err != nil || gotOne != one || gotTwo != two {
		t.Errorf("got %v and %v, error %v", gotOne, gotTwo, err)
	}
}

// The texts are what programs look for, and people read.
func TestErrorTexts(t *testing.T) {
	s := open(t, "")
	if _, _, err := s.At(3); !errors.Is(err, eth.ErrNotFound) || err.Error() != "not found" {
		t.Errorf("empty: %v", err)
	}
	record(t, s, l1('a', 5), l2('a', 10))
	record(t, s, l1('a', 9), l2('a', 18))
	if _, _, err := s.At(4); !errors.Is(err, eth.ErrNotFound) || err.Error() != "not found" {
		t.Errorf("below: %v", err)
	}
	_, _, err := s.At(7)
	if !errors.Is(err, store.ErrGap) || errors.Is(err, eth.ErrNotFound) || !strings.Contains(err.Error(), "nothing was recorded for L1 blocks 6 to 8") {
		t.Errorf("between: %v", err)
	}
}

func TestBetweenTwoEntriesOfOneSafeHeadThereIsNoGap(t *testing.T) {
	s := open(t, "")
	record(t, s, l1('a', 0), l2('a', 0))
	record(t, s, l1('a', 50), l2('a', 0)) // derivation begins here
	record(t, s, l1('a', 52), l2('a', 7))
	if got := says(s, 20); got != says(s, 0) {
		t.Errorf("at 20 it says %q, at 0 %q", got, says(s, 0))
	}
	if got := says(s, 51); got != "gap" {
		t.Errorf("at 51 it says %q: the next one is another", got)
	}
}

func TestAClosedIndexSaysSo(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir)
		record(t, s, l1('a', 5), l2('a', 10))
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		_, _, at := s.At(5)
		for name, err := range map[string]error{"At": at, "Record": s.Record(l1('a', 6), l2('a', 11)), "Truncate": s.Truncate(0)} {
			if !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// model is the index as a map, asked the slow way.
type model map[uint64]string

func (m model) truncate(number uint64) {
	for n := range m {
		if n > number {
			delete(m, n)
		}
	}
}

func (m model) says(number uint64) string {
	var below, above []uint64
	for n := range m {
		if n <= number {
			below = append(below, n)
		} else {
			above = append(above, n)
		}
	}
	switch {
	case len(below) == 0:
		return none
	case len(above) == 0, slices.Max(below) == number:
		return m[slices.Max(below)]
	}
	before, after := m[slices.Max(below)], m[slices.Min(above)]
	if _, l2, _ := strings.Cut(before, ":"); strings.HasSuffix(after, ":"+l2) { // nothing has become safe in between
		return before
	}
	return "gap"
}

// compare does what a script says with an index and with the model, and asks both about every number around. A third of
// the numbers are at the upper end of the range.
func compare(t *testing.T, script []byte, again func(*store.SafeHeads) *store.SafeHeads) {
	t.Helper()
	s, m := again(nil), model{}
	number := func(b byte) uint64 {
		if n := uint64(b % 24); n < 16 {
			return n
		}
		return math.MaxUint64 - uint64(b%24-16)
	}
	for len(script) >= 3 {
		op, n, two := script[0]%8, number(script[1]), uint64(script[2])
		script = script[3:]
		switch op {
		case 0:
			s = again(s)
		case 1:
			if err := s.Truncate(n); err != nil {
				t.Fatal(err)
			}
			m.truncate(n)
		default:
			record(t, s, l1('a'+op, n), l2('A'+op, two))
			m.truncate(n)
			m[n] = fmt.Sprintf("%c%d:%c%d", 'a'+op, n, 'A'+op, two)
		}
		for b := range byte(24) {
			if got, want := says(s, number(b)), m.says(number(b)); got != want {
				t.Fatalf("at %d it says %q, want %q; entries %v", number(b), got, want, m)
			}
		}
	}
}

func FuzzSafeHeads(f *testing.F) {
	f.Add([]byte{2, 3, 1, 2, 4, 2, 2, 9, 3, 1, 6, 0, 3, 23, 9})
	f.Add(bytes.Repeat([]byte{2, 3, 1, 3, 16, 2, 4, 15, 7, 1, 2, 0}, 3))
	f.Fuzz(func(t *testing.T, script []byte) {
		compare(t, script, func(s *store.SafeHeads) *store.SafeHeads {
			if s == nil {
				s = open(t, "")
			}
			return s
		})
	})
}

func TestTheDiskIsLikeAMap(t *testing.T) {
	dir, random := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	script := make([]byte, 3*400)
	for i := range script {
		script[i] = byte(random.Uint32())
	}
	compare(t, script, func(s *store.SafeHeads) *store.SafeHeads {
		if s != nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return open(t, dir)
	})
}

// Askers see all of a change or nothing of it: below the one who records, no block ever goes missing.
func TestAskingWhileRecording(t *testing.T) {
	s := open(t, t.TempDir())
	for n := range uint64(20) {
		record(t, s, l1('a', n), l2('a', n))
	}
	stop, failed := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(failed)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, n := range []uint64{9, 10, 15, 99} {
				one, two, err := s.At(n)
				if err != nil || one.Number > n || one.Number < min(n, 10) || one.Hash[1] != two.Hash[1] {
					failed <- fmt.Sprintf("at %d: %v and %v, error %v", n, one, two, err)
					return
				}
			}
		}
	}()
	for round := range byte(20) {
		for n := uint64(10); n < 20; n++ {
			record(t, s, l1('b'+round, n), l2('b'+round, n))
		}
	}
	close(stop)
	if problem, ok := <-failed; ok {
		t.Error(problem)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, kind := range []string{"memory", "disk"} {
		b.Run(kind, func(b *testing.B) {
			dir := ""
			if kind == "disk" {
				dir = b.TempDir()
			}
			s, n := open(b, dir), uint64(0)
			for b.Loop() {
				record(b, s, l1('a', n), l2('a', n))
				n++
			}
		})
	}
}

func BenchmarkAt(b *testing.B) {
	s := open(b, b.TempDir())
	for n := range uint64(1000) {
		record(b, s, l1('a', n), l2('a', n))
	}
	record(b, s, l1('a', 2000), l2('a', 2000))
	for name, number := range map[string]uint64{"entry": 500, "newest": 5000, "gap": 1500} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.At(number); err != nil && !errors.Is(err, store.ErrGap) {
					b.Fatal(err)
				}
			}
		})
	}
}
