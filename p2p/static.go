package p2p

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
)

// staticTag protects static peers from the connection manager.
const staticTag = "static"

// holdStatic keeps the connection to one static peer: it dials until it succeeds, waits for the end, and begins again.
// Waits grow with each failure, and with each connection that did not last.
func (n *Node) holdStatic(ctx context.Context, info peer.AddrInfo, changed <-chan struct{}) {
	pace := backoff{first: n.cfg.Pace.Redial, most: n.cfg.Pace.RedialMax}
	for failures := 0; ctx.Err() == nil; {
		if n.host.Network().Connectedness(info.ID) == network.Connected {
			since := time.Now()
			if !waitFor(ctx, changed) {
				return
			}
			if n.host.Network().Connectedness(info.ID) == network.Connected {
				continue
			}
			if time.Since(since) > pace.most {
				failures = 0
			}
			n.log.Warn("static peer lost", "peer", info.ID)
		}
		if failures > 0 && !pause(ctx, pace.after(failures)) {
			return
		}
		failures++
		if err := n.dialStatic(ctx, info); err != nil && ctx.Err() == nil {
			n.log.Warn("static peer not reached", "peer", info.ID, "addrs", info.Addrs, "attempt", failures, "err", err)
		}
	}
}

func (n *Node) dialStatic(ctx context.Context, info peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Dial+5*time.Second)
	defer cancel()
	if sw, ok := n.host.Network().(*swarm.Swarm); ok {
		sw.Backoff().Clear(info.ID) // the pace here is the only one
	}
	n.host.Peerstore().AddAddrs(info.ID, info.Addrs, peerstore.PermanentAddrTTL)
	_, err := n.host.Network().DialPeer(ctx, info.ID)
	n.counts.dialed(err)
	return err
}

// backoff is a wait that doubles from first to most.
type backoff struct{ first, most time.Duration }

// after is the wait after a number of failures in a row, a quarter more or less so that nodes do not dial in step.
func (b backoff) after(failures int) time.Duration {
	wait := b.most
	if failures <= 16 {
		wait = min(b.first<<(failures-1), b.most)
	}
	return wait*3/4 + time.Duration(rand.Int64N(int64(wait)/2+1))
}

// pause waits; false says that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func waitFor(ctx context.Context, signal <-chan struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case <-signal:
		return true
	}
}

// wake signals without waiting; the channel has room for one signal.
func wake(signal chan<- struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}
