package p2p

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

// oneAtATime is a turnstile that is occupied by somebody.
func oneAtATime() *turnstile {
	s := newTurnstile()
	s.free = 1
	s.enter(context.Background(), "first", 1)
	return s
}

func TestOneMessageOfEachPeerInTurn(t *testing.T) {
	s := oneAtATime()
	var order []string
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, id := range []peer.ID{"flood", "flood", "flood", "flood", "honest", "flood", "other"} {
		signal := s.line(id, 1)
		all.Go(func() {
			<-signal
			mu.Lock()
			order = append(order, string(id))
			mu.Unlock()
			s.leave(id, 1)
		})
	}
	s.leave("first", 1)
	all.Wait()
	if want := []string{"flood", "honest", "other", "flood", "flood", "flood", "flood"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if s.free != 1 || s.bytes != 0 || len(s.queues) != 0 || len(s.turns) != 0 {
		t.Errorf("left over: free %d, %d bytes, %v, %v", s.free, s.bytes, s.queues, s.turns)
	}
}

func TestWaitingEndsWithTheNode(t *testing.T) {
	s := oneAtATime()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s.enter(ctx, "late", 1) {
		t.Error("let in after the end")
	}
}

func TestRoomIsBoundedByMessagesAndBytes(t *testing.T) {
	s := oneAtATime()
	if got := s.room("a"); got != maxWaiting {
		t.Errorf("room %d, want %d", got, maxWaiting)
	}
	for range maxWaiting {
		s.line("a", 1)
	}
	if got := s.room("a"); got != 0 {
		t.Errorf("room %d with %d waiting", got, maxWaiting)
	}
	s.line("large", maxWaitingBytes)
	if got := s.room("large"); got != 0 {
		t.Errorf("room %d with %d bytes waiting", got, maxWaitingBytes)
	}
	if got := s.room("b"); got != maxWaiting {
		t.Errorf("room %d for another", got)
	}
	for i := range maxAllBytes / maxWaitingBytes {
		s.line(peer.ID(fmt.Sprint(i)), maxWaitingBytes)
	}
	if got := s.room("b"); got != 1 {
		t.Errorf("room %d with much waiting of others", got)
	}
}

func TestWhatHasNoRoomIsNotLookedAt(t *testing.T) {
	n := openNode(t, testConfig(t, isthmusChain(), newClock().now))
	n.turnstile.free = 0
	rpc := &pubsub.RPC{RPC: pb.RPC{Publish: make([]*pb.Message, maxWaiting+3)}}
	if err := n.inspect("a", rpc); err != nil || len(rpc.Publish) != maxWaiting || n.Stats().Shed != 3 {
		t.Errorf("%d left, shed %d, %v", len(rpc.Publish), n.Stats().Shed, err)
	}
	for range maxWaiting {
		n.turnstile.line("a", 1)
	}
	if err := n.inspect("a", rpc); err != nil || len(rpc.Publish) != 0 {
		t.Errorf("%d left, %v", len(rpc.Publish), err)
	}
}
