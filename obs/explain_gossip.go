package obs

import (
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/prose"
)

const (
	networkBlocks  = 10               // block times without a block of another node, after which that is worth saying
	networkSilence = 30 * time.Second // and at least that long: to find peers takes time
)

// missing is how many blocks lie between the unsafe head and the lowest of those that wait for it.
func (s *Snapshot) missing() uint64 {
	if s.Queue.Blocks == 0 {
		return 0
	}
	return s.Queue.Lowest - min(s.Queue.Lowest, s.Sync.UnsafeL2.Number+1)
}

// silence is how long no block of another node has been accepted, and whether that is remarkable.
func (v view) silence() (silence time.Duration, long bool) {
	since := v.Gossip.Opened
	if v.Gossip.Accepted.After(since) {
		since = v.Gossip.Accepted
	}
	silence = v.now.Sub(since)
	patience := max(networkBlocks*time.Duration(v.Chain.BlockTime)*time.Second, networkSilence) //nolint:gosec // seconds between blocks
	return silence, v.Gossip.Enabled && silence > patience
}

// quiet explains why no blocks of other nodes come, if that is so for long.
func (v view) quiet() (s Status, ok bool) {
	silence, long := v.silence()
	if !long {
		return Status{}, false
	}
	s.Since = v.Gossip.Accepted
	switch {
	case !v.Gossip.Signer:
		s.Code, s.Text = SignerUnknown, "L1 has not told who signs the blocks of other nodes: they cannot be checked"
		s.Fix = "check that the L1 endpoint answers eth_getProof for its newest block"
	case v.Gossip.Peers == 0:
		s.Code, s.Text = NoPeers, "no other node is connected: blocks come from L1 only"
		s.Fix = "see 'cairn peers'; others are found with --p2p.bootnodes or named with --p2p.static, and the port of --p2p.listen.tcp has to be open"
	default:
		s.Code, s.Text = GossipSilent, fmt.Sprintf("no block of another node was accepted for %s, though %s connected", prose.Lasting(silence), peersAre(v.Gossip.Peers))
		s.Fix = "see 'cairn peers': if blocks come it says why they are refused; if none come anywhere, the sequencer rests"
	}
	return s, true
}

func peersAre(n int) string {
	if n == 1 {
		return "1 peer is"
	}
	return fmt.Sprintf("%d peers are", n)
}

// gapped tells of blocks that wait for those before them. An engine with peers may have them, and derivation brings them with
// their batches; an engine that syncs would be told of first.
func (v view) gapped(safe Head) (State, Status) {
	from, n := v.Sync.UnsafeL2.Number+1, v.missing()
	between := fmt.Sprintf("block %d is", from)
	if n > 1 {
		between = fmt.Sprintf("blocks %d to %d are", from, v.Queue.Lowest-1)
	}
	s := Status{
		Code: UnsafeGap,
		Text: fmt.Sprintf("there is a gap of %s: %s missing, %s after it", prose.Plural(n, "block"), between, waiting(v.Queue.Blocks)),
		Fix:  "wait: derivation fills the gap once the batches of these blocks are on L1",
	}
	if v.Queue.Fetching {
		s.Text += "; the engine is asked to fetch them from its peers"
		s.Fix = "see whether the engine has peers; if none of them has these blocks, derivation fills the gap once their batches are on L1"
	}
	if safe.State == Moving && (safe.Code == Behind || safe.Code == ReadingBack) {
		s.Text, s.Fix = s.Text+"; derivation fills it", ""
		return Moving, s
	}
	return Waiting, s
}

func waiting(blocks int) string {
	if blocks == 1 {
		return "1 block of another node waits"
	}
	return fmt.Sprintf("%d blocks of other nodes wait", blocks)
}

// following explains an unsafe head that goes with the blocks of other nodes.
func (v view) following(safe Head) (State, Status) {
	if v.Gossip.Accepted.IsZero() {
		return safe.State, Status{Code: UnsafeFollowsSafe, Text: "no block of another node has come yet: the unsafe head follows the safe head"}
	}
	s := Status{
		Code: UnsafeFollowsGossip,
		Text: fmt.Sprintf("blocks come from other nodes, the last one %s ago; %s connected", prose.Lasting(v.now.Sub(v.Gossip.Accepted)), peersAre(v.Gossip.Peers)),
	}
	if v.SequencerEnabled {
		s.Text += ", and the sequencer of this node is switched off"
	}
	return Moving, s
}

// withQueue tells of blocks that an engine which syncs by itself will find before it.
func (v view) withQueue(s Status, fault eth.Fault) Status {
	if fault == eth.EngineSyncing && v.Queue.Blocks > 0 {
		s.Text += fmt.Sprintf("; the engine fills the gap, %s", waiting(v.Queue.Blocks))
	}
	return s
}
