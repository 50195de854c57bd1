package gossip_test

import (
	"math"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// near says whether two numbers agree in the digits that were worked out by hand.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// WIRE 7: decay(d) = 0.01^(1/(d/slot)), an epoch is 6 slots. Ten epochs are 60 slots: 0.01^(1/60) = e^(-4.605170186/60).
const decayOfTenEpochs = 0.9261187281

func TestPeerScores(t *testing.T) {
	for _, c := range []struct {
		blockTime uint64
		slot      time.Duration
		retain    time.Duration
	}{
		{1, time.Second, 10 * time.Minute},
		{2, 2 * time.Second, 20 * time.Minute},
		{0, 2 * time.Second, 20 * time.Minute}, // as 2
		{12, 12 * time.Second, 2 * time.Hour},
	} {
		p := gossip.PeerScoreParams(c.blockTime, func(id peer.ID) float64 { return float64(len(id)) })
		if p.DecayInterval != c.slot || p.RetainScore != c.retain || !near(p.BehaviourPenaltyDecay, decayOfTenEpochs) {
			t.Errorf("block time %d: interval %s, retained %s, decay %.10f", c.blockTime, p.DecayInterval, p.RetainScore, p.BehaviourPenaltyDecay)
		}
		if p.Topics != nil || p.AppSpecificScore("abc") != 3 || p.AppSpecificWeight != 1 || p.DecayToZero != 0.01 {
			t.Errorf("block time %d: %+v", c.blockTime, p)
		}
		if p.IPColocationFactorWeight != -35 || p.IPColocationFactorThreshold != 10 || p.BehaviourPenaltyWeight != -16 || p.BehaviourPenaltyThreshold != 6 {
			t.Errorf("block time %d: %+v", c.blockTime, p)
		}
		if got := gossip.ApplicationDecayInterval(c.blockTime); got != c.slot {
			t.Errorf("block time %d: application scores decay every %s", c.blockTime, got)
		}
	}
}

func TestThresholds(t *testing.T) {
	got := gossip.PeerScoreThresholds()
	if got.GossipThreshold != -10 || got.PublishThreshold != -40 || got.GraylistThreshold != -40 ||
		got.AcceptPXThreshold != 20 || got.OpportunisticGraftThreshold != 0.05 {
		t.Errorf("%+v", got)
	}
}

func TestApplicationScore(t *testing.T) {
	times := func(n int, f func(gossip.ApplicationScore) gossip.ApplicationScore) gossip.ApplicationScore {
		var s gossip.ApplicationScore
		for range n {
			s = f(s)
		}
		return s
	}
	for _, c := range []struct {
		name  string
		score gossip.ApplicationScore
		want  float64
	}{
		{"a stranger", gossip.ApplicationScore{}, 0},
		{"a good answer", times(1, gossip.ApplicationScore.WithValidResponse), 0.5},
		{"good answers count to 10", times(50, gossip.ApplicationScore.WithValidResponse), 5},
		{"an error", times(1, gossip.ApplicationScore.WithErrorResponse), -1},
		{"errors alone stay above the gossip threshold", times(50, gossip.ApplicationScore.WithErrorResponse), -9},
		{"five refused payloads reach the ban threshold", times(5, gossip.ApplicationScore.WithRejectedPayload), gossip.BanThreshold},
		{"refused payloads count to 20", times(50, gossip.ApplicationScore.WithRejectedPayload), -400},
	} {
		if got := c.score.Score(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestApplicationScoreDecays(t *testing.T) {
	s := gossip.ApplicationScore{ValidResponses: 10, ErrorResponses: 1, RejectedPayloads: 0.0107}
	s = s.Decayed()
	if !near(s.ValidResponses, 10*decayOfTenEpochs) || !near(s.ErrorResponses, decayOfTenEpochs) || s.RejectedPayloads != 0 {
		t.Errorf("after a slot: %+v", s)
	}
	for range 59 {
		s = s.Decayed()
	}
	if !near(s.ValidResponses, 0.1) {
		t.Errorf("after ten epochs: %+v", s)
	}
	for range 2 {
		s = s.Decayed()
	}
	if s.ErrorResponses != 0 {
		t.Errorf("an error is not forgotten after ten epochs: %+v", s)
	}
}
