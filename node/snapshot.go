package node

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/rollup"
)

// snapshot is the node's status as metrics, probes and explanations read it.
func (n *Node) snapshot() obs.Snapshot {
	s := n.driver.Status()
	out := ofDriver(s)
	out.Chain = n.chain(s.Sync.UnsafeL2.Time)
	if n.gossip != nil {
		host := n.gossip.host
		out.Gossip = ofGossip(host.Status(), host.Received(), host.Opened(), *n.gossip.failures.Load())
	}
	for _, e := range n.l1.Endpoints() {
		out.Endpoints = append(out.Endpoints, endpoint("l1", e))
	}
	for _, e := range n.blobs.Status() {
		out.Endpoints = append(out.Endpoints, endpoint("beacon", e))
	}
	return out
}

// ofDriver is what the driver tells.
func ofDriver(s *driver.Status) obs.Snapshot {
	out := obs.Snapshot{
		Sync: s.Sync, Started: s.Started, SequencerEnabled: s.Sequencer.Enabled, SequencerActive: s.Sequencer.Active,
		Need: s.Need.String(), Dropped: s.Dropped, Failure: s.Failure, FailureFault: s.Fault,
		Moved: obs.Moved(s.Moved), Spent: s.Spent.ByName(), Counts: obs.Counts(s.Counts), Last: obs.Last(s.Last), Measured: obs.Measured(s.Measured),
		LostOrigin: s.Sequencer.LostOrigin, FoundOrigin: s.Sequencer.FoundOrigin, Queue: obs.Queue(s.Queue),
	}
	for _, w := range s.Waits {
		out.Waits = append(out.Waits, obs.Wait(w))
	}
	return out
}

// ofGossip is what the network tells, and what became of own blocks.
func ofGossip(s p2p.Status, received p2p.Received, opened time.Time, failures publishFailures) obs.Gossip {
	return obs.Gossip{
		Enabled: true, Peers: s.Peers, Signer: s.Signers.Current != (common.Address{}), Opened: opened, Accepted: s.Accepted,
		Received: received.Blocks, Newest: received.Newest, NewestTime: received.Time, NewestAt: received.At,
		PublishErrors: failures.count, PublishErrorAt: failures.last,
	}
}

func endpoint(kind string, e l1.EndpointStatus) obs.Endpoint {
	return obs.Endpoint{Kind: kind, Name: e.Name, Fault: e.Fault, Cause: e.Cause, Requests: e.Requests, Failures: e.Failures}
}

// chain describes the chain as of the time of its head.
func (n *Node) chain(now uint64) obs.Chain {
	cfg := n.cfg.Rollup
	c := obs.Chain{
		Name: n.cfg.Name, ChainID: cfg.L2ChainID.Uint64(), BlockTime: cfg.BlockTime, SeqWindowSize: cfg.SeqWindowSize, VerifierConfs: n.cfg.VerifierConfs,
	}
	for _, f := range rollup.Forks() {
		at := cfg.Time(f)
		if at == nil {
			continue
		}
		c.Forks = append(c.Forks, obs.Fork{Name: f.String(), Time: *at})
		if c.NextFork == "" && *at > now {
			c.NextFork, c.NextForkTime = f.String(), *at
		}
	}
	if at := cfg.PectraBlobScheduleTime; at != nil {
		c.Forks = append(c.Forks, obs.Fork{Name: "pectra_blob_schedule", Time: *at, OfL1: true})
	}
	if at := cfg.Time(rollup.Karst); cfg.KeepKarstUpgradeGas && at != nil {
		c.Forks = append(c.Forks, obs.Fork{Name: "keep_karst_upgrade_gas", Time: *at})
	}
	return c
}
