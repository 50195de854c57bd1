package p2pref

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"slices"
	"testing"
	"time"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/ethereum-optimism/optimism/op-service/clock"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"

	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// same compares a block that came with the one that was sent, in all fields.
func same(t *testing.T, got any, sent *opeth.ExecutionPayloadEnvelope) {
	t.Helper()
	if a, b := normal(must(json.Marshal(got))), normal(must(json.Marshal(sent))); !bytes.Equal(a, b) {
		t.Errorf("came\n%s\nsent\n%s", a, b)
	}
}

// toOpNode has ours publish a block, and waits for it on the other side.
func toOpNode(t *testing.T, a *p2p.Node, b *opNode, env *opeth.ExecutionPayloadEnvelope) {
	t.Helper()
	if err := a.Publish(t.Context(), translate(env)); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-b.blocks:
		same(t, got.env, env)
		if got.env.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash || got.from != a.Status().Peer {
			t.Errorf("op-node got %s from %s, want %s", got.env.ID(), got.from, env.ID())
		}
	case <-time.After(patience):
		t.Fatalf("op-node got no block; %d rejected, %d in topics", b.meter.count(pb.TraceEvent_REJECT_MESSAGE), len(b.GossipOut().AllBlockTopicsPeers()))
	}
}

// toOurs has op-node publish a block, and waits for it on the other side.
func toOurs(t *testing.T, a *p2p.Node, b *opNode, env *opeth.ExecutionPayloadEnvelope) {
	t.Helper()
	b.publish(t, key, env)
	select {
	case got := <-a.Blocks():
		same(t, got.Envelope, env)
		if got.Envelope.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash || got.From != b.Host().ID() {
			t.Errorf("ours got %s from %s, want %s", got.Envelope.ExecutionPayload.ID(), got.From, env.ID())
		}
	case <-time.After(patience):
		t.Fatalf("ours got no block; messages %v rejects %v", a.Stats().Messages, a.Stats().Rejects)
	}
}

// nothingElse says that no block waits on either side.
func nothingElse(t *testing.T, a *p2p.Node, b *opNode) {
	t.Helper()
	select {
	case got := <-a.Blocks():
		t.Errorf("ours got %s as well", got.Envelope.ExecutionPayload.ID())
	default:
	}
	select {
	case got := <-b.blocks:
		t.Errorf("op-node got %s as well", got.env.ID())
	default:
	}
}

func TestBlocksOfAllVersionsGoBetweenOpNodeAndOurs(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(*testing.T, clock.Clock) (*p2p.Node, *opNode)
	}{
		{"op-node is a static peer of ours", func(t *testing.T, clk clock.Clock) (*p2p.Node, *opNode) {
			b := openOpNode(t, clk, signer)
			return openNode(t, clk, b.addr()), b
		}},
		{"ours is a static peer of op-node", func(t *testing.T, clk clock.Clock) (*p2p.Node, *opNode) {
			a := openNode(t, clk)
			return a, openOpNode(t, clk, signer, addrOf(a))
		}},
		{"op-node is dialled by hand", func(t *testing.T, clk clock.Clock) (*p2p.Node, *opNode) {
			a, b := openNode(t, clk), openOpNode(t, clk, signer)
			if err := a.ConnectPeer(t.Context(), b.addr()); err != nil {
				t.Fatal(err)
			}
			return a, b
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clk := clock.NewDeterministicClock(time.Unix(int64(times[0]), 0))
			a, b := c.open(t, clk)
			meshed(t, a, b)
			spokenWith(t, a, b)
			r := rand.New(rand.NewSource(8))
			for _, timestamp := range times {
				clk.AdvanceTime(time.Unix(int64(timestamp)+1, 0).Sub(clk.Now()))
				v := gossip.VersionAt(ours(), timestamp)
				toOpNode(t, a, b, random(r, v, timestamp))
				toOurs(t, a, b, random(r, v, timestamp))
			}
			nothingElse(t, a, b)
			stats := a.Stats()
			for _, v := range gossip.Versions() {
				want := uint64(1)
				if v == gossip.V4 { // Isthmus' and Jovian's
					want = 2
				}
				if got := stats.Messages[v]; got[gossip.OK] != want || len(got) != 1 {
					t.Errorf("%s: %v, want %d messages", v, got, want)
				}
			}
			if got := b.meter.count(pb.TraceEvent_REJECT_MESSAGE); got != 0 {
				t.Errorf("op-node rejected %d messages", got)
			}
		})
	}
}

// spokenWith says that the connection is encrypted and shared as op-node's defaults have it.
func spokenWith(t *testing.T, a *p2p.Node, b *opNode) {
	t.Helper()
	conns := b.Host().Network().ConnsToPeer(a.Status().Peer)
	if len(conns) != 1 {
		t.Fatalf("%d connections", len(conns))
	}
	if s := conns[0].ConnState(); s.Security != "/noise" || s.StreamMultiplexer != "/yamux/1.0.0" || s.Transport != "tcp" {
		t.Errorf("connection %+v", s)
	}
	eventually(t, "each knows what the other speaks", func() bool {
		ours := a.Peers(true).Peers[b.Host().ID().String()]
		theirs := b.describe(t).Peers[a.Status().Peer.String()]
		if ours == nil || theirs == nil || ours.UserAgent == "" || theirs.UserAgent == "" {
			return false // not identified yet
		}
		slices.Sort(ours.Protocols)
		slices.Sort(theirs.Protocols)
		if !slices.Equal(ours.Protocols, theirs.Protocols) || ours.UserAgent != theirs.UserAgent || ours.ProtocolVersion != theirs.ProtocolVersion {
			t.Fatalf("op-node is %+v\nours is %+v", ours, theirs)
		}
		return ours.GossipBlocks && theirs.GossipBlocks
	})
}

// TestBlocksOfAWrongSigner lets the two disagree about who signs: each refuses what the other sends. op-node blames nobody for
// it. Ours does where it accepted a block of the same rules within a minute, and forgives.
func TestBlocksOfAWrongSigner(t *testing.T) {
	clk := clock.NewDeterministicClock(time.Unix(isthmusTime+1, 0))
	a := openNode(t, clk)
	wrong := crypto.PubkeyToAddress(other.PublicKey)
	b := openOpNode(t, clk, wrong, addrOf(a))
	meshed(t, a, b)
	us, them := a.Status().Peer, b.Host().ID()
	r := rand.New(rand.NewSource(9))
	block := func() *opeth.ExecutionPayloadEnvelope { return random(r, gossip.V4, uint64(clk.Now().Unix())) }
	scores := func() p2p.PeerScores { // of op-node, by ours
		t.Helper()
		info := a.Peers(true).Peers[them.String()]
		if info == nil {
			t.Fatalf("ours has lost op-node; banned: %v", a.Bans())
		}
		return info.Scores
	}
	refused := func(byOurs, byOpNode int) {
		t.Helper()
		eventually(t, "refused", func() bool {
			return a.Rejections()[them].Total == uint64(byOurs) && b.meter.count(pb.TraceEvent_REJECT_MESSAGE) == byOpNode
		})
	}

	// Ours has accepted nothing yet: it may be the one that is wrong.
	if err := a.Publish(t.Context(), translate(block())); err != nil {
		t.Fatal(err)
	}
	b.publish(t, other, block())
	refused(1, 1)
	if got := a.Rejections()[them]; got.Last.Reason != gossip.UnknownSigner || got.Last.Blame {
		t.Errorf("ours: %+v", got)
	}

	// They agree: over the same connection everything goes on.
	b.trust.set(signer)
	toOpNode(t, a, b, block())
	toOurs(t, a, b, block())
	nothingElse(t, a, b)
	if got := a.Status().Mesh[gossip.V4]; got != 1 || b.meter.count(pb.TraceEvent_PRUNE) != 0 {
		t.Errorf("%d in the mesh of ours, %d pruned by op-node", got, b.meter.count(pb.TraceEvent_PRUNE))
	}

	// They disagree again. Ours knows its rules to be right, but op-node could have heard of a new signer first.
	b.trust.set(wrong)
	if err := a.Publish(t.Context(), translate(block())); err != nil {
		t.Fatal(err)
	}
	refused(1, 2)
	looks, _ := b.meter.look()
	b.publish(t, other, block())
	refused(2, 2)
	if got := a.Rejections()[them]; got.Last.Reason != gossip.UnknownSigner || got.Last.Blame {
		t.Errorf("ours: %+v", got)
	}
	if s := scores(); s.Gossip.Total != 0 || a.Status().Mesh[gossip.V4] != 1 || len(a.Bans()) != 0 {
		t.Errorf("ours has %+v for op-node, %d in the mesh, bans %v", s, a.Status().Mesh[gossip.V4], a.Bans())
	}
	b.trust.set(signer)
	toOurs(t, a, b, block())
	nothingElse(t, a, b)

	eventually(t, "op-node looks at scores", func() bool { now, _ := b.meter.look(); return now > looks })
	if _, scores := b.meter.look(); len(scores) != 1 || scores[0].Gossip.Total != 0 || scores[0].ReqResp.RejectedPayloads != 0 {
		t.Errorf("op-node's scores %+v", scores)
	}
	if score, err := b.GetPeerScore(us); err != nil || score != 0 {
		t.Errorf("op-node's score of ours %v, %v", score, err)
	}
	if blocked := b.ConnectionGater().ListBlockedPeers(); len(blocked) != 0 || !connected(a, b) {
		t.Errorf("connected: %v, blocked by op-node: %v", connected(a, b), blocked)
	}
}
