package gossip

import (
	"math"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

// What scores lead to besides gossipsub's thresholds (WIRE 7).
const (
	// ScoreInspection is how often scores are read from gossipsub.
	ScoreInspection = 15 * time.Second
	// BanThreshold is the score below which a peer is banned, unless it is a static one.
	BanThreshold = -100
	// BanDuration is for how long.
	BanDuration = time.Hour
)

// decayToZero is the value below which a counter counts as zero, and what is left of a counter after its decay time.
const decayToZero = 0.01

// Scores decay over so many blocks, and are kept for so many after a peer has gone: ten and a hundred "epochs" of 6.
const (
	decaySlots  = 10 * 6
	retainSlots = 100 * 6
)

// slotOf is the time of a block, 2 s where the chain does not say.
func slotOf(blockTime uint64) time.Duration {
	if blockTime == 0 {
		blockTime = 2
	}
	return time.Duration(blockTime) * time.Second
}

// decayPerSlot is what a counter is multiplied by in each slot, so that decayToZero of it is left after a number of slots.
func decayPerSlot(slots int) float64 { return math.Pow(decayToZero, 1/float64(slots)) }

// PeerScoreParams are gossipsub's for a chain's block time in seconds: op-node's "light" scoring. No topic has a score of
// its own: nodes shall not suffer for being absent from topics of old forks. A rejected message therefore costs its
// bearer nothing here; what it costs is for the application's score to say.
func PeerScoreParams(blockTime uint64, application func(peer.ID) float64) *pubsub.PeerScoreParams {
	slot := slotOf(blockTime)
	return &pubsub.PeerScoreParams{
		AppSpecificScore:            application,
		AppSpecificWeight:           1,
		IPColocationFactorWeight:    -35,
		IPColocationFactorThreshold: 10,
		BehaviourPenaltyWeight:      -16,
		BehaviourPenaltyThreshold:   6,
		BehaviourPenaltyDecay:       decayPerSlot(decaySlots),
		DecayInterval:               slot,
		DecayToZero:                 decayToZero,
		RetainScore:                 retainSlots * slot,
	}
}

// PeerScoreThresholds are the scores at which gossipsub changes its behaviour towards a peer.
func PeerScoreThresholds() *pubsub.PeerScoreThresholds {
	return &pubsub.PeerScoreThresholds{
		GossipThreshold:             -10,
		PublishThreshold:            -40,
		GraylistThreshold:           -40,
		AcceptPXThreshold:           20,
		OpportunisticGraftThreshold: 0.05,
	}
}

// ApplicationScore counts what a peer did outside of gossipsub: it answered a request well, badly, or with a payload that
// was refused. Counters grow by one up to a cap and decay with time.
type ApplicationScore struct {
	ValidResponses   float64 `json:"validResponses"`
	ErrorResponses   float64 `json:"errorResponses"`
	RejectedPayloads float64 `json:"rejectedPayloads"`
}

// Caps and weights of the application's counters (WIRE 7): at best +5, and five refused payloads are a ban.
const (
	validResponseCap, validResponseWeight     = 10, 0.5
	errorResponseCap, errorResponseWeight     = 9, -1 // not quite gossipsub's gossip threshold
	rejectedPayloadCap, rejectedPayloadWeight = 20, -20
)

// ApplicationDecayInterval is how often Decay is due.
func ApplicationDecayInterval(blockTime uint64) time.Duration { return slotOf(blockTime) }

// Score is the application's part of a peer's score.
func (s ApplicationScore) Score() float64 {
	return s.ValidResponses*validResponseWeight + s.ErrorResponses*errorResponseWeight +
		s.RejectedPayloads*rejectedPayloadWeight
}

// WithValidResponse counts a good answer.
func (s ApplicationScore) WithValidResponse() ApplicationScore {
	s.ValidResponses = min(s.ValidResponses+1, validResponseCap)
	return s
}

// WithErrorResponse counts an error, or no answer.
func (s ApplicationScore) WithErrorResponse() ApplicationScore {
	s.ErrorResponses = min(s.ErrorResponses+1, errorResponseCap)
	return s
}

// WithRejectedPayload counts a payload that was refused.
func (s ApplicationScore) WithRejectedPayload() ApplicationScore {
	s.RejectedPayloads = min(s.RejectedPayloads+1, rejectedPayloadCap)
	return s
}

// Decayed is the score one interval later.
func (s ApplicationScore) Decayed() ApplicationScore {
	return ApplicationScore{
		ValidResponses:   decayed(s.ValidResponses),
		ErrorResponses:   decayed(s.ErrorResponses),
		RejectedPayloads: decayed(s.RejectedPayloads),
	}
}

func decayed(counter float64) float64 {
	if counter *= decayPerSlot(decaySlots); counter >= decayToZero {
		return counter
	}
	return 0
}
