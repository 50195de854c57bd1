package p2p

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/lru"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/sync/errgroup"
)

// Bounds of the search for peers.
const (
	maxCandidates = 512
	dialsAtOnce   = 4
)

// candidate is a node that could become a peer.
type candidate struct {
	info     peer.AddrInfo
	failures int
	next     time.Time // not dialled before
}

// candidates are the nodes that could become peers: those of earlier runs and those discovered. The one that was not
// heard of for the longest goes first. It is safe for concurrent use.
type candidates struct {
	now  func() time.Time
	pace backoff

	mu  sync.Mutex
	all lru.BasicLRU[peer.ID, *candidate]
}

func newCandidates(now func() time.Time) *candidates {
	return &candidates{
		now: now, pace: backoff{first: 30 * time.Second, most: time.Hour},
		all: lru.NewBasicLRU[peer.ID, *candidate](maxCandidates),
	}
}

// add offers a node. Its newest addresses count.
func (c *candidates) add(info peer.AddrInfo) (isNew bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.all.Get(info.ID); ok {
		old.info = info
		return false
	}
	c.all.Add(info.ID, &candidate{info: info})
	return true
}

func (c *candidates) drop(id peer.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.Remove(id)
}

// pick gives up to count nodes that may be dialled now, in random order.
func (c *candidates) pick(count int, connected func(peer.ID) bool) []peer.AddrInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	var out []peer.AddrInfo
	ids := c.all.Keys()
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids {
		if len(out) >= count {
			break
		}
		if one, ok := c.all.Peek(id); ok && !now.Before(one.next) && !connected(id) {
			out = append(out, one.info)
		}
	}
	return out
}

// dialed notes how an attempt went.
func (c *candidates) dialed(id peer.ID, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.all.Peek(id)
	if !ok {
		return
	}
	if err == nil {
		one.failures, one.next = 0, c.now().Add(c.pace.first) // it may refuse right after: no hurry to dial again
		return
	}
	one.failures++
	one.next = c.now().Add(c.pace.after(one.failures))
}

// search dials candidates while there are fewer peers than wanted: a few at a time, and no more than are missing.
func (n *Node) search(ctx context.Context) {
	for {
		n.fill(ctx)
		timer := time.NewTimer(n.cfg.Pace.Search)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-n.found:
			timer.Stop()
		}
	}
}

func (n *Node) fill(ctx context.Context) {
	missing := n.cfg.PeersLo - len(n.host.Network().Peers())
	if missing <= 0 {
		return
	}
	connected := func(id peer.ID) bool {
		return id == n.host.ID() || n.host.Network().Connectedness(id) == network.Connected
	}
	var dials errgroup.Group
	dials.SetLimit(dialsAtOnce)
	for _, info := range n.candidates.pick(missing, connected) {
		dials.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, n.cfg.Dial)
			defer cancel()
			err := n.host.Connect(ctx, info)
			n.candidates.dialed(info.ID, err)
			n.counts.dialed(err)
			if err != nil {
				n.log.Debug("candidate not reached", "peer", info.ID, "addrs", info.Addrs, "err", err)
			}
			return nil
		})
	}
	_ = dials.Wait() // no dial returns an error: each is noted above
}
