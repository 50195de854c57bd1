package obs

import (
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// Source gives the node's newest published state. It is called once for each request, from any goroutine.
type Source func() Snapshot

// Snapshot is what a node's status says at one moment. Its slice and map are never changed. The zero value is a node that
// has just been made.
type Snapshot struct {
	Sync             eth.SyncStatus // a zero hash: not known yet
	Started          bool           // the start is found; before, the heads of L2 are zero
	SequencerEnabled bool           // this node may sequence at all
	SequencerActive  bool           // its sequencer is switched on
	Waits            []Wait         // what the node waits for, if it is not moving
	Dropped          map[string]int // count of things left out of derivation by "what/reason", since start
	Failure          string         // why the node has ended; empty while it runs
}

// Wait is one thing that a node tries again until it works.
type Wait struct {
	Lane     string    // engine, l1, origin, start
	Cause    string    // the last error
	Failures int       // in a row
	Until    time.Time // when it is tried again; in the past while it is being tried
}
