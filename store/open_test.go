package store_test

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/ethdb/leveldb"
	"github.com/ethereum/go-ethereum/ethdb/pebble"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/store"
)

// put writes entries, in hex, past the index.
func put(t *testing.T, dir string, entries map[string]string) {
	t.Helper()
	db, err := pebble.New(dir, 16, 16, "", false)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range entries {
		k, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		v, err := hex.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Put(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The bytes are op-node's (RULES 8.5), written out by hand.
func TestOpNodesFormat(t *testing.T) {
	const key = "00" + "0000000000123456"
	value := strings.Repeat("a1", 32) + strings.Repeat("b2", 32) + "00000000000789ab"
	dir := t.TempDir()
	put(t, dir, map[string]string{key: value})
	s := open(t, dir)
	one, two, err := s.At(0x123456)
	if err != nil || one.Number != 0x123456 || two.Number != 0x789ab || one.Hash.Hex() != "0x"+strings.Repeat("a1", 32) || two.Hash.Hex() != "0x"+strings.Repeat("b2", 32) {
		t.Fatalf("got %v and %v, error %v", one, two, err)
	}
	record(t, s, one, two) // as we write it
	s.Close()
	db, err := pebble.New(dir, 16, 16, "", true)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	it := db.NewIterator(nil, nil)
	defer it.Release()
	for n := 0; it.Next(); n++ {
		if n > 0 || hex.EncodeToString(it.Key()) != key || hex.EncodeToString(it.Value()) != value {
			t.Errorf("entry %d is %x: %x", n, it.Key(), it.Value())
		}
	}
}

func TestACorruptEntryIsNamedAndHarmsNoOther(t *testing.T) {
	good := strings.Repeat("11", 64) + "0000000000000007"
	for name, value := range map[string]string{"short": good[2:], "long": good + "00", "empty": "", "without L2 number": good[:128]} {
		dir := t.TempDir()
		put(t, dir, map[string]string{"000000000000000004": good, "000000000000000005": value, "000000000000000006": good})
		s := open(t, dir)
		if _, _, err := s.At(5); err == nil || !strings.Contains(err.Error(), "entry of L1 block 5 is corrupt: it has "+strconv.Itoa(len(value)/2)+" bytes, not 72") || errors.Is(err, eth.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		for _, n := range []uint64{4, 6} {
			if one, two, err := s.At(n); err != nil || one.Number != n || two.Number != 7 {
				t.Errorf("%s: at %d: %v, %v, %v", name, n, one, two, err)
			}
		}
		record(t, s, l1('a', 5), l2('a', 9)) // and it can be replaced
		if got := says(s, 5); got != "a5:a9" {
			t.Errorf("%s: replaced, it says %q", name, got)
		}
	}
}

func TestWhatIsNoIndexIsRefusedWithAFix(t *testing.T) {
	write := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	good := strings.Repeat("11", 72)
	for name, c := range map[string]struct {
		prepare func(*testing.T, string)
		words   []string
	}{
		"a directory of something else": {write("holiday.jpg"), []string{"holds something else (holiday.jpg)", "give an empty directory"}},
		"a leveldb": {func(t *testing.T, dir string) {
			db, err := leveldb.New(dir, 16, 16, "", false)
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
		}, []string{"holds something else (LOG)", "give an empty directory"}},
		"keys of another table": {func(t *testing.T, dir string) {
			put(t, dir, map[string]string{"000000000000000004": good, "4c617374": "01"})
		}, []string{"key 0x4c617374", "give an empty directory"}},
		"keys in front of the table": {func(t *testing.T, dir string) { put(t, dir, map[string]string{"000000000000000004": good, "": "01"}) }, []string{"key 0x ", "give an empty directory"}},
		"keys of another length":     {func(t *testing.T, dir string) { put(t, dir, map[string]string{"00000000000000000400": good}) }, []string{"key 0x00000000000000000400", "give an empty directory"}},
		"a last key of other length": {func(t *testing.T, dir string) {
			put(t, dir, map[string]string{"000000000000000004": good, "00ff": "01"})
		}, []string{"key 0x00ff", "give an empty directory"}},
		"a damaged manifest": {func(t *testing.T, dir string) {
			put(t, dir, nil)
			for _, pattern := range []string{"MANIFEST-*"} {
				files, err := filepath.Glob(filepath.Join(dir, pattern))
				if err != nil || len(files) == 0 {
					t.Fatal(files, err)
				}
				for _, file := range files {
					if err := os.WriteFile(file, []byte("not a manifest at all, but longer than one header"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, []string{"cannot be read", "if its files are damaged, remove it"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "safe")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			c.prepare(t, dir)
			before, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time tells whether the first one let go of the directory
				s, err := store.OpenSafeHeads(dir)
				if err == nil {
					s.Close()
					t.Fatal("it opens")
				}
				for _, word := range append(c.words, dir) {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("no %q in %q", word, err)
					}
				}
			}
			if after, err := os.ReadDir(dir); err != nil || strings.Contains(c.words[0], "(") && len(after) != len(before) {
				t.Errorf("it left files: %v, %v", after, err)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenSafeHeads(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file: %v", err)
	}
}

func TestADirectoryIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	record(t, s, l1('a', 5), l2('a', 10))
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	if _, err := store.OpenSafeHeads(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice in one process: %v", err)
	}
}

const childDir = "CAIRN_TEST_SAFE_HEADS"

// TestRecordingChild is not a test: it is the process that is killed. It goes on where the index ends, and now and then
// goes back by ten blocks.
func TestRecordingChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("the parent test runs this")
	}
	s := open(t, dir)
	from := uint64(0)
	if last, _, err := s.At(1 << 40); err == nil {
		from = last.Number + 1
	}
	for last := from + 29; ; last += 20 {
		for n := from; n <= last; n++ {
			record(t, s, l1('a', n), l2('a', 2*n))
			fmt.Println("recorded", n)
		}
		if err := s.Truncate(last - 10); err != nil {
			t.Fatal(err)
		}
		fmt.Println("truncated", last-10)
		from = last - 9
	}
}

// While the process lives the directory is in use. When it is killed with SIGKILL, everything that it acknowledged is there.
func TestKillLosesNothingRecorded(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestRecordingChild$")
		child.Env = append(os.Environ(), childDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines, last, newest := 0, "", uint64(0)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			verb, number, _ := strings.Cut(scanner.Text(), " ")
			n, err := strconv.ParseUint(number, 10, 64)
			if verb != "recorded" && verb != "truncated" || err != nil {
				continue
			}
			last, newest = verb, n
			if lines++; lines != 25+25*round {
				continue
			}
			if _, err := store.OpenSafeHeads(dir); err == nil || !strings.Contains(err.Error(), dir+" is in use by another process") {
				t.Errorf("round %d: opened beside a living process: %v", round, err)
			}
			if err := child.Process.Kill(); err != nil { // lines still in the pipe are read
				t.Fatal(err)
			}
		}
		_ = child.Wait() // it was killed
		if lines < 25+25*round {
			t.Fatalf("round %d: the child acknowledged %d steps", round, lines)
		}
		s := open(t, dir)
		one, _, err := s.At(1 << 40)
		// One step after the last acknowledged one may be on disk too.
		if next := one.Number == newest+1 || last == "recorded" && one.Number+10 == newest; err != nil || one.Number != newest && !next {
			t.Errorf("round %d: newest is %d, acknowledged was %s %d, error %v", round, one.Number, last, newest, err)
		}
		for n := range one.Number + 1 {
			if got, want := says(s, n), fmt.Sprintf("a%d:a%d", n, 2*n); got != want {
				t.Fatalf("round %d: at %d it says %q, want %q", round, n, got, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
