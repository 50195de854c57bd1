package p2p

import (
	"maps"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// What op-node has for several topics is added up, but for the time in a mesh.
func TestAnInspectionCountsEachPartOfTheScoresOfEachPeer(t *testing.T) {
	clock := newClock()
	n := openNode(t, testConfig(t, isthmusChain(), clock.now))
	n.ledger.reject("a", "topic", gossip.BadSignature)
	found := map[peer.ID]*pubsub.PeerScoreSnapshot{
		"a": {Score: -21, IPColocationFactor: 3, BehaviourPenalty: 4, Topics: map[string]*pubsub.TopicScoreSnapshot{
			"v3": {TimeInMesh: 2 * time.Second, FirstMessageDeliveries: 5, MeshMessageDeliveries: 6, InvalidMessageDeliveries: 7},
			"v4": {TimeInMesh: 9 * time.Second, FirstMessageDeliveries: 1, MeshMessageDeliveries: 2, InvalidMessageDeliveries: 3},
		}},
		"b": {Score: 1},
	}
	before := n.Stats().Scores
	n.scores.Store(&found)
	n.observe(found)
	sums := map[string]float64{}
	scores := n.Stats().Scores
	for kind, h := range scores {
		sums[kind] = h.Sum()
		if h.Count() != 2 || before[kind].Count() != 0 {
			t.Errorf("%s: %d values, %d before", kind, h.Count(), before[kind].Count())
		}
	}
	want := map[string]float64{
		"total": -20, "ipColocation": 3, "behavioralPenalty": 4, "blocksTimeInMesh": 9, "blocksFirstMessage": 6,
		"blocksMessageDeliveries": 8, "blocksInvalidMessageDeliveries": 10,
		"reqRespValidResponses": 0, "reqRespErrorResponses": 0, "reqRespRejectedPayloads": 1,
	}
	if !maps.Equal(sums, want) {
		t.Errorf("got %v, want %v", sums, want)
	}
	if le := scores["total"].Cumulative(); len(le) != 18 || le[-40] != 0 || le[-20] != 1 || le[.5] != 1 || le[1] != 2 {
		t.Errorf("%v", le)
	}
}
