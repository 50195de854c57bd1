package driver

import (
	"time"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

// Status is what outsiders see of a node: a value that is never changed, published after each step.
type Status struct {
	Sync      eth.SyncStatus
	Started   bool // the start is found; before, the heads are zero
	Sequencer SequencerStatus
	Waits     []Wait         // what the node waits for, if it is not moving
	Failure   string         // why the node has ended; empty while it runs
	Dropped   map[string]int // count of things left out by "what/reason", since start
}

// SequencerStatus tells of the sequencer.
type SequencerStatus struct {
	Enabled bool // this node may sequence at all
	Active  bool // it is sequencing
}

// Wait is one thing a node waits for. The lane tells the classes of errors apart: on engine, l1 and origin one request is
// tried again; on start all that was concluded from the engine's chain is concluded anew (specs call it a reset). What
// nothing can help against is no wait but a Failure.
type Wait struct {
	Lane     string // engine, l1, origin, start
	Cause    string
	Failures int
	Until    time.Time // when it will try again
}

// count adds the machine's notes to a copy of the counters.
func count(dropped map[string]int, notes []derive.Note) map[string]int {
	if len(notes) == 0 {
		return dropped
	}
	out := make(map[string]int, len(dropped)+1)
	for k, v := range dropped {
		out[k] = v
	}
	for _, n := range notes {
		out[n.What.String()+"/"+n.Reason.String()] += n.Count
	}
	return out
}
