package obs

import (
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/histogram"
)

// Source gives the node's newest published state. It is called once for each request, from any goroutine.
type Source func() Snapshot

// Snapshot is what a node's status says at one moment. Its slices and maps are never changed. The zero value is a node
// that has just been made.
type Snapshot struct {
	Sync             eth.SyncStatus // a zero hash: not known yet
	Started          bool           // the start is found; before, the heads of L2 are zero
	SequencerEnabled bool           // this node may sequence at all
	SequencerActive  bool           // its sequencer is switched on
	Need             string         // what derivation cannot go on without: a key of Spent
	Waits            []Wait         // what the node waits for, if it is not moving
	Dropped          map[string]int // count of things left out of derivation by "what/reason", since start
	Failure          string         // why the node has ended; empty while it runs
	FailureFault     eth.Fault      // of Failure
	Moved            Moved
	Spent            map[string]time.Duration // how long derivation has needed each thing since the process began: nothing, start, l1-head, l1-block, blobs, engine, disk
	Counts           Counts
	Last             Last
	Measured         Measured
	LostOrigin       eth.BlockID // the L1 origin of the head when it was found to be gone last; zero: never
	FoundOrigin      eth.BlockID // what L1 had in its place
	Queue            Queue
	Gossip           Gossip
	Endpoints        []Endpoint // of L1 and beacon, in the order of the configuration
	Chain            Chain
}

// Wait is one thing that a node tries again until it works.
type Wait struct {
	Lane     string    // engine, l1, origin, start
	Fault    eth.Fault // what is wrong, if that is known
	Cause    string    // the last error
	Failures int       // in a row
	Since    time.Time // of the first of them
	Until    time.Time // when it is tried again; in the past while it is being tried
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
	Restarts     int // all that was concluded from the engine's chain was concluded anew (specs call it a reset)
	L1Blocks     int // L1 blocks read

	// What derivation has done with data that it did not leave out: frames taken into channels, channels that came to be the
	// first, channels given up because of their age, compressed bytes of channels that were read, batches decoded.
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

// Measured is how large something was, each time it happened.
type Measured struct {
	L1Reorgs histogram.Histogram // L1 blocks by which a head is lower than that of another chain before it
	Building histogram.Histogram // seconds from the order of an own block until it is sealed, minus the block time
	Sealing  histogram.Histogram // seconds that the engine took to seal an own block
}

// Queue tells of the unsafe blocks of others that are not the head yet. If Lowest is not the block after the head, there is
// a gap.
type Queue struct {
	Blocks          int
	Bytes           uint64
	Lowest, Highest uint64 // heights; 0 without blocks
	Fetching        bool   // blocks are missing before the lowest, and the engine was told to fetch them from its peers

	Next eth.BlockID // the lowest of them when one came last, waiting still or not; zero: none has come
}

// Gossip tells of the exchange of blocks with other nodes.
type Gossip struct {
	Enabled  bool
	Peers    int       // connected
	Signer   bool      // L1 has told who signs blocks
	Opened   time.Time // when it began
	Accepted time.Time // when a block of another node was accepted last; zero: never

	Received   uint64      // blocks of other nodes that passed all checks
	Newest     eth.BlockID // the last of them
	NewestTime uint64      // its timestamp
	NewestAt   time.Time   // when it came

	PublishErrors  int       // attempts to announce an own block that failed
	PublishErrorAt time.Time // of the last of them; zero: never
}

// Endpoint is one program that the node asks about L1.
type Endpoint struct {
	Kind     string            // l1 or beacon
	Name     string            // host, without what may be secret
	Fault    eth.Fault         // what is wrong with it now; empty: it is in use, or could be
	Cause    string            // the last error, if Fault is set
	Requests map[string]uint64 // by method or route, since the process began
	Failures uint64            // requests that gave no usable answer
}

// Chain is what is to be known of the chain to judge a node.
type Chain struct {
	Name          string // of the network; empty if it has none
	ChainID       uint64 // of L2; 0 if it does not fit
	BlockTime     uint64 // seconds between L2 blocks
	SeqWindowSize uint64 // L1 blocks in which a batch has to come
	VerifierConfs uint64 // L1 blocks on top of one before derivation reads it
	NextFork      string // the next fork that is scheduled; empty: none
	NextForkTime  uint64 // when it activates, seconds since 1970
	Forks         []Fork // all that are scheduled, in their order
}

// Fork is when rules of the chain change. Like op-node's metric it has the configuration's name in it, and the clock that
// counts.
type Fork struct {
	Name string
	Time uint64 // seconds since 1970
	OfL1 bool   // of the L1 origin; else of the L2 block
}
