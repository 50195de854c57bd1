package p2p

import (
	"context"
	"fmt"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// maxSuspects is how many peers wait to be looked at. One that finds no room is found by the next inspection.
const maxSuspects = 64

// suspect has a peer looked at soon: what it sent was rejected. It never waits.
func (n *Node) suspect(id peer.ID) {
	select {
	case n.suspects <- id:
	default:
	}
}

// inspected is called by gossipsub, in a goroutine of its own, with the scores of all peers. A newer look replaces one that
// was not fetched.
func (n *Node) inspected(scores map[peer.ID]*pubsub.PeerScoreSnapshot) {
	for {
		select {
		case n.inspections <- scores:
			return
		default:
		}
		select {
		case <-n.inspections:
		default:
		}
	}
}

// police is the goroutine that bans.
func (n *Node) police(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-n.suspects:
			n.tryBan(id, n.ledger.score(id))
		case scores := <-n.inspections:
			n.scores.Store(&scores)
			n.observe(scores)
			for id, snapshot := range scores {
				n.tryBan(id, snapshot.Score)
			}
		}
	}
}

// tryBan bans a peer whose score is too low, or whose rejections do not end. Static peers are the operator's choice.
func (n *Node) tryBan(id peer.ID, score float64) {
	repeats := n.ledger.repeats(id)
	if !n.cfg.Ban || (score >= n.cfg.BanThreshold && !repeats) || n.isStatic(id) || n.gate.isBanned(id) {
		return // gossipsub remembers scores of peers that are gone, so that many here are banned already
	}
	last, total := n.ledger.last(id)
	why := fmt.Sprintf("score %.1f, %d messages rejected", score, total)
	if total > 0 {
		why += ", the last one: " + last.Why
	}
	until := n.cfg.Now().Add(n.cfg.BanDuration)
	if err := n.gate.ban(id, until, why); err != nil {
		n.log.Error("ban is not on disk: it ends with this process", "peer", id, "err", err)
		n.counts.storeFailed()
	}
	n.ledger.forgive(id)
	n.book.forget(id)
	n.candidates.drop(id)
	n.log.Warn("peer banned", "peer", id, "until", until, "why", why)
	if err := n.host.Network().ClosePeer(id); err != nil {
		n.log.Debug("connection of banned peer not closed cleanly", "peer", id, "err", err)
	}
}

func (n *Node) isStatic(id peer.ID) bool {
	_, ok := n.static[id]
	return ok
}
