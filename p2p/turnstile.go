package p2p

import (
	"context"
	"runtime"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Bounds of messages that wait to be checked.
const (
	maxWaiting      = 8         // of a peer; more are dropped before gossipsub looks at them
	maxWaitingBytes = 16 << 20  // of a peer, compressed, unless it is a single one
	maxAllBytes     = 128 << 20 // of all peers; above it each peer may have one waiting
)

// turnstile lets messages in to be checked, a few at a time, and of those that wait one of each peer in turn. So a peer that
// sends messages which take long to check delays its own, and hardly those of others.
//
// op-node checks at most four messages of a topic at a time, and has gossipsub drop what comes meanwhile. What is dropped
// there counts as seen: the same block is not taken from anybody else any more, so that a handful of large messages at
// the right moment make a node lose a block. Here nothing is dropped that gossipsub has looked at.
//
// It is safe for concurrent use.
type turnstile struct {
	mu     sync.Mutex
	free   int
	queues map[peer.ID]*waiting
	turns  []peer.ID // peers of whom something waits, the next one in front
	bytes  int       // of all
}

// waiting are the messages of a peer that wait, or are being checked.
type waiting struct {
	count, bytes int
	signals      []chan struct{} // one for each that waits
}

func newTurnstile() *turnstile {
	return &turnstile{free: max(4, runtime.NumCPU()), queues: map[peer.ID]*waiting{}}
}

// enter waits for its turn. Whoever is let in has to leave; false says that ctx ended first, and with it the node.
func (s *turnstile) enter(ctx context.Context, id peer.ID, size int) bool {
	signal := s.line(id, size)
	if signal == nil {
		return true
	}
	return waitFor(ctx, signal)
}

// line joins the queue, unless there is none.
func (s *turnstile) line(id peer.ID, size int) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[id]
	if !ok {
		q = &waiting{}
		s.queues[id] = q
	}
	q.count++
	q.bytes += size
	s.bytes += size
	if s.free > 0 {
		s.free--
		return nil
	}
	signal := make(chan struct{})
	q.signals = append(q.signals, signal)
	if len(q.signals) == 1 {
		s.turns = append(s.turns, id)
	}
	return signal
}

// leave lets the next one in.
func (s *turnstile) leave(id peer.ID, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[id]
	q.count--
	q.bytes -= size
	s.bytes -= size
	if q.count == 0 {
		delete(s.queues, id)
	}
	if len(s.turns) == 0 {
		s.free++
		return
	}
	next := s.turns[0]
	s.turns = s.turns[1:]
	lucky := s.queues[next]
	close(lucky.signals[0])
	lucky.signals = lucky.signals[1:]
	if len(lucky.signals) > 0 {
		s.turns = append(s.turns, next)
	}
}

// room is how many more messages of a peer may come.
func (s *turnstile) room(id peer.ID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[id]
	switch {
	case !ok:
		if s.bytes >= maxAllBytes {
			return 1
		}
		return maxWaiting
	case q.bytes >= maxWaitingBytes || s.bytes >= maxAllBytes:
		return 0
	}
	return max(maxWaiting-q.count, 0)
}

// inspect is called by gossipsub before it looks at anything a peer sent, and takes out the messages for which there is no
// room. Others can still bring them.
func (n *Node) inspect(from peer.ID, rpc *pubsub.RPC) error {
	if len(rpc.Publish) == 0 {
		return nil
	}
	if room := n.turnstile.room(from); len(rpc.Publish) > room {
		n.counts.shed(len(rpc.Publish) - room)
		rpc.Publish = rpc.Publish[:room]
	}
	return nil
}
