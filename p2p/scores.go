package p2p

import (
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/internal/histogram"
)

// scoreBounds are those of op-node's peer_scores, so that what is computed from them compares.
var scoreBounds = []float64{-100, -40, -20, -10, -5, -2, -1, -.5, -.05, 0, .05, .5, 1, 2, 5, 10, 20, 40}

// scoreTypes are what a score is made of, under op-node's names.
func scoreTypes(s PeerScores) map[string]float64 {
	blocks := s.Gossip.Blocks
	return map[string]float64{
		"total":                          s.Gossip.Total,
		"ipColocation":                   s.Gossip.IPColocationFactor,
		"behavioralPenalty":              s.Gossip.BehavioralPenalty,
		"blocksFirstMessage":             blocks.FirstMessageDeliveries,
		"blocksTimeInMesh":               blocks.TimeInMesh,
		"blocksMessageDeliveries":        blocks.MeshMessageDeliveries,
		"blocksInvalidMessageDeliveries": blocks.InvalidMessageDeliveries,
		"reqRespValidResponses":          s.ReqResp.ValidResponses,
		"reqRespErrorResponses":          s.ReqResp.ErrorResponses,
		"reqRespRejectedPayloads":        s.ReqResp.RejectedPayloads,
	}
}

func newScores() map[string]histogram.Histogram {
	out := map[string]histogram.Histogram{}
	for kind := range scoreTypes(PeerScores{}) {
		out[kind] = histogram.New(scoreBounds...)
	}
	return out
}

// observe counts the scores that an inspection has found, after they are stored.
func (n *Node) observe(scores map[peer.ID]*pubsub.PeerScoreSnapshot) {
	found := map[string][]float64{}
	for id := range scores {
		for kind, value := range scoreTypes(n.scoresOf(id)) {
			found[kind] = append(found[kind], value)
		}
	}
	n.counts.mu.Lock()
	defer n.counts.mu.Unlock()
	for kind, values := range found {
		n.counts.s.Scores[kind] = n.counts.s.Scores[kind].With(values...)
	}
}
