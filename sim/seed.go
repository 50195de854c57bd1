package sim

import (
	"fmt"
	"runtime/debug"

	"github.com/cairn-rollup/cairn/sim/oracle"
)

// Try generates the history of a seed, derives it in every way, and compares. A nil failure means that all agree.
func Try(seed uint64) (counts Counts, failure *Failure) {
	counts = Counts{}
	way := "generate"
	defer func() {
		if p := recover(); p != nil {
			failure = fail(seed, way, &Difference{-1, fmt.Sprintf("panic: %v\n%s", p, debug.Stack())})
		}
	}()
	h, straight, err := Generate(seed, counts)
	if err != nil {
		return counts, fail(seed, way, &Difference{-1, err.Error()})
	}
	way = "oracle"
	want := oracle.Derive(h.World())
	if d := Compare(straight, want); d != nil {
		return counts, fail(seed, way, d)
	}
	for _, w := range []struct {
		name   string
		derive func(*History, Counts) (oracle.Result, error)
	}{{"reorged", Reorged}, {"resumed", Resumed}} {
		way = w.name
		got, err := w.derive(h, counts)
		if err != nil {
			return counts, fail(seed, way, &Difference{-1, err.Error()})
		}
		if d := Compare(got, want); d != nil {
			return counts, fail(seed, way, d)
		}
	}
	return counts, nil
}

// Failure is a seed that failed, as it is written to a file.
type Failure struct {
	Seed    uint64 `json:"seed"`
	Way     string `json:"way"`     // how the history was derived when it went wrong
	Differs string `json:"differs"` // what differs from what has to be
	Block   int    `json:"block"`   // the first L2 block that differs, counted from genesis; -1 if it is no block
	Replay  string `json:"replay"`  // the command that does it again
}

func fail(seed uint64, way string, d *Difference) *Failure {
	return &Failure{
		Seed: seed, Way: way, Differs: d.What, Block: d.Block,
		Replay: fmt.Sprintf("go test ./sim -run TestSimulation -v -args -sim.seed=%d", seed),
	}
}

func (f *Failure) String() string {
	return fmt.Sprintf("seed %d fails (%s), block %d: %s\n%s", f.Seed, f.Way, f.Block, f.Differs, f.Replay)
}
