package node

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rollup"
)

// snapshot is the node's status as metrics, probes and explanations read it.
func (n *Node) snapshot() obs.Snapshot {
	s := n.driver.Status()
	out := obs.Snapshot{
		Sync: s.Sync, Started: s.Started, SequencerEnabled: s.Sequencer.Enabled, SequencerActive: s.Sequencer.Active,
		Need: s.Need.String(), Dropped: s.Dropped, Failure: s.Failure, FailureFault: s.Fault,
		Moved: obs.Moved(s.Moved), Spent: s.Spent.ByName(), Counts: obs.Counts(s.Counts), Queue: obs.Queue(s.Queue), Chain: n.chain(s.Sync.UnsafeL2.Time),
	}
	if n.gossip != nil {
		g := n.gossip.host.Status()
		out.Gossip = obs.Gossip{
			Enabled: true, Peers: g.Peers, Signer: g.Signers.Current != (common.Address{}), Opened: n.gossip.host.Opened(), Accepted: g.Accepted,
		}
	}
	for _, w := range s.Waits {
		out.Waits = append(out.Waits, obs.Wait(w))
	}
	for _, e := range n.l1.Endpoints() {
		out.Endpoints = append(out.Endpoints, endpoint("l1", e))
	}
	for _, e := range n.blobs.Status() {
		out.Endpoints = append(out.Endpoints, endpoint("beacon", e))
	}
	return out
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
		if at := cfg.Time(f); at != nil && *at > now {
			c.NextFork, c.NextForkTime = f.String(), *at
			break
		}
	}
	return c
}
