package p2p

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

func infoOf(id peer.ID) peer.AddrInfo {
	return peer.AddrInfo{ID: id, Addrs: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/10.0.0.1/tcp/9222")}}
}

func TestACandidateThatWasNotReachedRestsLongerEachTime(t *testing.T) {
	clock := newClock()
	c := newCandidates(clock.now)
	nobody := func(peer.ID) bool { return false }
	if !c.add(infoOf("a")) || c.add(infoOf("a")) {
		t.Error("new once")
	}
	for _, rest := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		if got := c.pick(9, nobody); len(got) != 1 {
			t.Fatalf("before a rest of %s: %v", rest, got)
		}
		c.dialed("a", errors.New("no route"))
		clock.advance(rest*3/4 - time.Second)
		if got := c.pick(9, nobody); len(got) != 0 {
			t.Errorf("picked again before %s", rest)
		}
		clock.advance(rest/2 + 2*time.Second)
	}
	if got := c.pick(9, func(peer.ID) bool { return true }); len(got) != 0 {
		t.Error("picked though connected")
	}
	c.drop("a")
	if got := c.pick(9, nobody); len(got) != 0 {
		t.Error("picked though dropped")
	}
}

func TestCandidatesAreBoundedAndSoIsAPick(t *testing.T) {
	c := newCandidates(newClock().now)
	for i := range 10 * maxCandidates {
		c.add(infoOf(peer.ID(fmt.Sprint(i))))
	}
	if got := c.all.Len(); got != maxCandidates {
		t.Errorf("%d candidates", got)
	}
	if got := c.pick(7, func(peer.ID) bool { return false }); len(got) != 7 {
		t.Errorf("picked %d", len(got))
	}
}

func TestTheBookForgetsWhoWasSilentForAWeekAndIsBounded(t *testing.T) {
	clock := newClock()
	k := keep{filepath.Join(t.TempDir(), "known")}
	b, err := openBook(k, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	b.saw(idOf(t, 1), infoOf("").Addrs)
	b.saw(idOf(t, 2), nil) // nowhere to dial
	clock.advance(maxSilence - time.Hour)
	b.saw(idOf(t, 3), infoOf("").Addrs)
	if err := b.save(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 2}, {time.Hour, 1}, {maxSilence, 0}} {
		clock.advance(c.after)
		again, err := openBook(k, clock.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := again.list(); len(got) != c.want {
			t.Errorf("%s later: %v, want %d", c.after, got, c.want)
		}
	}
	for i := range 2 * maxKnown {
		clock.advance(time.Second)
		b.saw(peer.ID(fmt.Sprint(i)), infoOf("").Addrs)
	}
	if got := b.list(); len(got) != maxKnown || got[0].ID != peer.ID(fmt.Sprint(2*maxKnown-1)) {
		t.Errorf("%d known, %q last", len(got), got[0].ID)
	}
}

func TestMeshIsFollowedByTheEventsOfGossipsub(t *testing.T) {
	c := newCounts()
	topic := "topic"
	graft := func(id string) {
		c.Trace(&pb.TraceEvent{Type: pb.TraceEvent_GRAFT.Enum(), Graft: &pb.TraceEvent_Graft{PeerID: []byte(id), Topic: &topic}})
	}
	graft("a")
	graft("b")
	graft("b")
	if got := c.meshed(topic); got != 2 {
		t.Errorf("%d after two grafts", got)
	}
	c.Trace(&pb.TraceEvent{Type: pb.TraceEvent_PRUNE.Enum(), Prune: &pb.TraceEvent_Prune{PeerID: []byte("a"), Topic: &topic}})
	if got := c.meshed(topic); got != 1 {
		t.Errorf("%d after a prune", got)
	}
	c.Trace(&pb.TraceEvent{Type: pb.TraceEvent_ON_CLOSED_OUTBOUND_STREAM.Enum(), OnClosedOutboundStream: &pb.TraceEvent_OnClosedOutboundStream{PeerID: []byte("b")}})
	if got := c.meshed(topic); got != 0 {
		t.Errorf("%d after the peer left", got)
	}
	if got := c.snapshot().Events; got["GRAFT"] != 3 || got["PRUNE"] != 1 {
		t.Errorf("events %v", got)
	}
}
