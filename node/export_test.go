package node

import (
	"time"

	"github.com/cairn-rollup/cairn/obs"
)

// Snapshot is what the metrics of a node are made of.
func (n *Node) Snapshot() obs.Snapshot { return n.snapshot() }

// FailPublishing counts a block that could not be announced.
func (n *Node) FailPublishing(now time.Time) { n.gossip.failed(now) }
