package peak

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const (
	inside = "CAIRN_PEAK" // set in the process that does the work
	mark   = "the work is done"
)

// collection is a line of gctrace; the first of the three sizes is that of the heap when the collection began.
var collection = regexp.MustCompile(`(?m)^gc \d+ @.* (\d+)->\d+->\d+ MB.*\n`)

// Of gives the peak of the heap, in bytes, of a process in which the test comes to this call and does the work. What the
// test does before the call, and only that, is done in both processes; a test, or subtest, has one call.
func Of(t *testing.T, work func()) (bytes uint64) {
	t.Helper()
	if os.Getenv(inside) != "" {
		work()
		if t.Failed() {
			os.Exit(1)
		}
		runtime.GC() // tells the size that the heap has now
		fmt.Print(mark)
		os.Exit(0)
	}
	words := strings.Split(t.Name(), "/")
	for i, word := range words {
		words[i] = "^" + regexp.QuoteMeta(word) + "$"
	}
	cmd := exec.Command(os.Args[0], "-test.run", strings.Join(words, "/"), "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1", "GOGC=5", "GODEBUG=gcstoptheworld=2,gctrace=1", "GOMEMLIMIT=off")
	out, err := cmd.CombinedOutput()
	collections := collection.FindAllSubmatch(out, -1)
	if err != nil || !strings.Contains(string(out), mark) || len(collections) == 0 {
		t.Fatalf("the process that does the work: %v\n%s", err, collection.ReplaceAll(out, nil))
	}
	for _, c := range collections {
		size, err := strconv.ParseUint(string(c[1]), 10, 43)
		if err != nil {
			t.Fatal(err)
		}
		bytes = max(bytes, (size+1)<<20) // they are whole MiB, rounded down
	}
	return bytes
}

// Below demands that the peak of work is below most times a limit, and logs how many times it is.
func Below(t *testing.T, most float64, limit uint64, work func()) {
	t.Helper()
	got := Of(t, work)
	ratio := float64(got) / float64(limit)
	t.Logf("peak %.1f MB, %.2f x the limit of %.1f MB", float64(got)/1e6, ratio, float64(limit)/1e6)
	if ratio >= most {
		t.Errorf("peak %.1f MB is %.2f x the limit of %.1f MB, want less than %.1f x", float64(got)/1e6, ratio, float64(limit)/1e6, most)
	}
}
