package gossip_test

import (
	"context"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	mocknet "github.com/libp2p/go-libp2p/p2p/net/mock"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestGossipSubParameters(t *testing.T) {
	p := gossip.Mesh{}.Params()
	if p.D != 8 || p.Dlo != 6 || p.Dhi != 12 || p.Dlazy != 6 {
		t.Errorf("mesh of %d (%d to %d), lazy %d", p.D, p.Dlo, p.Dhi, p.Dlazy)
	}
	if p.HeartbeatInterval != 500*time.Millisecond || p.FanoutTTL != 24*time.Second || p.HistoryLength != 12 || p.HistoryGossip != 3 {
		t.Errorf("%+v", p)
	}
	if gossip.SeenTTL != 65*time.Second || gossip.MaxMessageSize != 10*1024*1024 {
		t.Errorf("seen %s, size %d", gossip.SeenTTL, gossip.MaxMessageSize)
	}
	d := pubsub.DefaultGossipSubParams()
	if p.Dscore != d.Dscore || p.Dout != d.Dout || p.GossipFactor != d.GossipFactor || p.PruneBackoff != d.PruneBackoff {
		t.Errorf("%+v differs from the library's defaults where it need not", p)
	}
	if p := (gossip.Mesh{D: 3, Dlo: 2, Dhi: 4, Dlazy: 1}).Params(); p.D != 3 || p.Dlo != 2 || p.Dhi != 4 || p.Dlazy != 1 {
		t.Errorf("mesh %+v", p)
	}
}

// Two gossipsubs with our options and scores, over a network in memory: a block goes from one to the other.
func TestGossipSubTakesTheOptions(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	network, err := mocknet.FullMeshConnected(2)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	env := block(gossip.V4, 1, isthmusTime)
	m, err := gossip.Encode(ctx, chain(), gossip.NewLocalSigner(sequencerKey), env)
	if err != nil {
		t.Fatal(err)
	}
	var topics []*pubsub.Topic
	var subscriptions []*pubsub.Subscription
	for _, h := range network.Hosts() {
		options := append(gossip.Options(chain().L2ChainID, gossip.Mesh{}, true),
			pubsub.WithPeerScore(gossip.PeerScoreParams(2, func(peer.ID) float64 { return 0 }), gossip.PeerScoreThresholds()))
		ps, err := pubsub.NewGossipSub(ctx, h, options...)
		if err != nil {
			t.Fatal(err)
		}
		v := knowing(t)
		check := func(_ context.Context, _ peer.ID, m *pubsub.Message) pubsub.ValidationResult {
			verdict, _, env := v.Check(at(isthmusTime), m.Data, gossip.V4)
			m.ValidatorData = env
			return verdict.Result()
		}
		if err := ps.RegisterTopicValidator(m.Topic, check, gossip.ValidatorOptions()...); err != nil {
			t.Fatal(err)
		}
		if _, err := ps.Join("/optimism/902/3/blocks"); err == nil {
			t.Error("joined another chain's topic")
		}
		topic, err := ps.Join(m.Topic)
		if err != nil {
			t.Fatal(err)
		}
		sub, err := topic.Subscribe()
		if err != nil {
			t.Fatal(err)
		}
		topics, subscriptions = append(topics, topic), append(subscriptions, sub)
	}
	if err := topics[0].Publish(ctx, m.Data, pubsub.WithReadiness(pubsub.MinTopicSize(1))); err != nil {
		t.Fatal(err)
	}
	got, err := subscriptions[1].Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := got.ValidatorData.(*eth.PayloadEnvelope); !ok || e.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash {
		t.Errorf("%+v", got)
	}
	if got.From != nil || got.Signature != nil || got.Seqno != nil || got.ID != gossip.MessageID(m.Topic, m.Data) {
		t.Errorf("from %x, signature %x, number %x, id %x", got.From, got.Signature, got.Seqno, got.ID)
	}
	if err := topics[0].Publish(ctx, []byte("no block")); err == nil {
		t.Error("published what is no block")
	}
}
