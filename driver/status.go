package driver

import (
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/histogram"
)

// Status is what outsiders see of a node: a value that is never changed, published after each step.
type Status struct {
	At        time.Time // when this was so; zero before the first step
	Sync      eth.SyncStatus
	Started   bool // the start is found; before, the heads are zero
	Sequencer SequencerStatus
	Need      Need           // what derivation cannot go on without
	Waits     []Wait         // what failed and is tried again later
	Failure   string         // why the node has ended; empty while it runs
	Fault     eth.Fault      // of Failure
	Dropped   map[string]int // count of things left out by "what/reason", since start
	Moved     Moved
	Spent     Spent
	Counts    Counts
	Last      Last
	Queue     QueueStatus
	Measured  Measured `json:"-"` // for metrics
}

// QueueStatus tells of the blocks of others that are not the unsafe head yet. If Lowest is not the block after the head,
// there is a gap.
type QueueStatus struct {
	Blocks          int
	Bytes           uint64
	Lowest, Highest uint64 // heights; 0 without blocks
	Fetching        bool   // blocks are missing before the lowest, and the engine was told to fetch them from its peers

	Next eth.BlockID // the lowest of them when one came last, waiting still or not; zero: none has come
}

// SequencerStatus tells of the sequencer.
type SequencerStatus struct {
	Enabled bool // this node may sequence at all
	Active  bool // it is sequencing

	// LostOrigin and FoundOrigin are what did not fit together when the L1 origin of the head was found to be gone last: that
	// origin, and what L1 has in its place. Zero: it has not happened.
	LostOrigin, FoundOrigin eth.BlockID
}

// Wait is one thing a node waits for. The lane tells the classes of errors apart: on engine, l1 and origin one request is
// tried again; on start all that was concluded from the engine's chain is concluded anew (specs call it a reset). What
// nothing can help against is no wait but a Failure.
type Wait struct {
	Lane     string    // engine, l1, origin, start
	Fault    eth.Fault // what is wrong, if that is known
	Cause    string
	Failures int       // in a row
	Since    time.Time // of the first of them
	Until    time.Time // when it will try again
}

// Need is what derivation cannot go on without.
type Need uint8

// What derivation can need.
const (
	NeedNothing Need = iota // it is working, or has ended
	NeedStart               // the place to begin
	NeedL1Head              // an L1 block that does not exist yet, or is not deep enough: all of L1 is derived
	NeedL1Block             // an L1 block that exists
	NeedBlobs               // blobs of an L1 block
	NeedEngine              // a block from the engine
	NeedDisk                // what it concluded to be written down
	needCount
)

var needNames = [needCount]string{"nothing", "start", "l1-head", "l1-block", "blobs", "engine", "disk"}

func (n Need) String() string {
	if n < needCount {
		return needNames[n]
	}
	return fmt.Sprintf("need-%d", uint8(n))
}

// Spent is how long derivation has needed each thing since the process began. What it needed longest is the bottleneck.
type Spent [needCount]time.Duration

// ByName gives the times under the names of what was needed.
func (s Spent) ByName() map[string]time.Duration {
	out := make(map[string]time.Duration, len(s))
	for n, d := range s {
		out[needNames[n]] = d
	}
	return out
}

// Moved tells when each head changed last; zero if it has not since the process began.
type Moved struct{ L1, CurrentL1, Unsafe, Safe, Finalized time.Time }

// Counts tell what has happened since the process began.
type Counts struct {
	Derived      int // blocks that the engine built from derived attributes
	Consolidated int // blocks that the unsafe chain already held
	Replaced     int // unsafe blocks that differed from L1
	Rejected     int // derived blocks that the engine called invalid
	Sequenced    int // own blocks
	Received     int // blocks of others, from the network or posted
	Inserted     int // of them, those that became the unsafe head
	Rewinds      int // steps back in L1, by one block each
	Restarts     int // all that was concluded from the engine's chain was concluded anew
	L1Blocks     int // L1 blocks read

	// What derivation has done with data that it did not leave out: see derive.Counts.
	Frames, Channels, ChannelTimeouts, ChannelBytes, SingularBatches, SpanBatches int

	SequencingErrors  int // own blocks that the engine would not begin, seal or insert
	SequencerResets   int // times at which the sequencer gave up what it had begun, because the chain was to be looked at anew
	LostOrigins       int // times at which the L1 origin of the head was gone when an own block was to be begun
	SequencedDeposits int // deposits in own blocks, as they were sealed
	SequencedTxs      int // other transactions in them
}

// Last tells when something happened last; zero if it has not since the process began.
type Last struct {
	Start                                                    time.Time // a start was found
	Frame, Channel, ChannelTimeout, SingularBatch, SpanBatch time.Time // as counted
	SequencingError, SequencerReset, LostOrigin              time.Time // as counted
}

// Measured is how large something was, each time it happened. The bounds are those of op-node's metrics of the same meaning,
// so that what is computed from them compares.
type Measured struct {
	L1Reorgs histogram.Histogram // L1 blocks by which a head is lower than that of another chain before it
	Building histogram.Histogram // seconds from the order of an own block until it is sealed, minus the block time
	Sealing  histogram.Histogram // seconds that the engine took to seal an own block
}

func newMeasured() Measured {
	return Measured{
		L1Reorgs: histogram.New(.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 20.5, 50.5, 100.5),
		Building: histogram.New(-10, -5, -2.5, -1, -.5, -.25, -.1, -.05, -.025, -.01, -.005, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10),
		Sealing:  histogram.New(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10),
	}
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
		out[n.What.String()+"/"+n.Reason.String()]++
	}
	return out
}
