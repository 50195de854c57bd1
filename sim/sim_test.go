package sim_test

import (
	"flag"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/sim"
)

var (
	seeds    = flag.Uint64("sim.seeds", 300, "number of seeds")
	first    = flag.Uint64("sim.first", 1, "first seed")
	one      = flag.Uint64("sim.seed", 0, "the only seed, told in detail")
	out      = flag.String("sim.out", "", "directory for files of seeds that fail")
	failures = flag.Int("sim.failures", 10, "seeds that may fail before the run stops")
)

// What the machine derives from L1 is what the oracle derives, whatever L1 holds, in one go, over reorgs and restarts.
func TestSimulation(t *testing.T) {
	if *one > 0 {
		replay(t, *one)
		return
	}
	count := *seeds
	if testing.Short() {
		count = min(count, 50)
	}
	start, worked, total, failed, done := time.Now(), work(), sim.Counts{}, 0, uint64(0)
	for done < count && failed < *failures {
		counts, failure := sim.Try(*first + done)
		done++
		total.Merge(counts)
		if failure == nil {
			continue
		}
		failed++
		t.Errorf("%v", failure)
		if *out != "" {
			if err := sim.WriteSeed(*out, failure); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, line := range total.Lines() {
		t.Log(line)
	}
	t.Logf("%d seeds, %.0f a minute, %.0f in a minute of one core", done,
		float64(done)/time.Since(start).Minutes(), float64(done)/(work()-worked).Minutes())
	if done < 300 || failed > 0 {
		return
	}
	for _, name := range sim.Missing(total) {
		t.Errorf("in %d seeds this never happened, or not often enough: %s", done, name)
	}
}

func replay(t *testing.T, seed uint64) {
	counts, failure := sim.Try(seed)
	for _, line := range counts.Lines() {
		t.Log(line)
	}
	if failure != nil {
		t.Errorf("%v", failure)
	}
}

// Seeds that once found something, and one of each era, go on to agree.
func TestFailedSeeds(t *testing.T) {
	files, err := filepath.Glob("testdata/seeds/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := sim.ReadSeed(file)
			if err != nil {
				t.Fatal(err)
			}
			if s.Seed == 0 {
				t.Fatal("the file names no seed")
			}
			if _, failure := sim.Try(s.Seed); failure != nil {
				t.Errorf("%v\n(kept: %s)", failure, s.Why)
			}
		})
	}
}

// A seed that fails becomes a file that can be read again as one to keep.
func TestSeedFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := sim.WriteSeed(dir, &sim.Failure{Seed: 77, Differs: "gas limit 1, want 2", Block: 5}); err != nil {
		t.Fatal(err)
	}
	s, err := sim.ReadSeed(filepath.Join(dir, "seed-77.json"))
	if err != nil || s.Seed != 77 {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := sim.ReadSeed(filepath.Join(dir, "seed-78.json")); err == nil {
		t.Error("read a file that is not there")
	}
}

// The same seed makes the same history, in all that a node or the oracle can see of it.
func TestSeedsAreReproducible(t *testing.T) {
	for seed := uint64(1); seed <= 11; seed++ {
		one, first, err := sim.Generate(seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		two, second, err := sim.Generate(seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := one.L1.Head().Hash(), two.L1.Head().Hash(); a != b {
			t.Errorf("seed %d: L1 ends in %s, then in %s", seed, a, b)
		}
		if !reflect.DeepEqual(one.Selected, two.Selected) || !reflect.DeepEqual(first, second) {
			t.Errorf("seed %d makes two histories", seed)
		}
	}
}

func BenchmarkSeed(b *testing.B) {
	seed := uint64(0)
	for b.Loop() {
		seed++
		if _, failure := sim.Try(seed); failure != nil {
			b.Fatal(failure)
		}
	}
}

// work is the time that processors have worked for this process.
func work() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
