package gossip

import (
	"math/big"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// What all nodes of a chain agree on (specs: rollup-node-p2p, heartbeat and parameters; WIRE 6).
const (
	Heartbeat     = 500 * time.Millisecond
	SeenTTL       = 130 * Heartbeat  // how long a message id is remembered
	fanoutTTL     = 24 * time.Second // for topics published to without a subscription
	historyLength = 12               // heartbeats for which whole messages are kept for who asks
	historyGossip = 3                // heartbeats whose messages are told of
)

// Bounds of work that peers can give us, as op-node has them.
const (
	outboundQueue         = 256 // messages waiting for one peer
	validateQueue         = 256 // messages waiting for validation
	validateThrottle      = 512 // validations at the same time, of all topics
	validationTimeout     = 3 * time.Second
	validationConcurrency = 4 // of one topic
)

// Mesh are the numbers of peers a node exchanges whole messages with, for each topic: op-node's --p2p.gossip.mesh.*. A zero
// field stands for the default.
type Mesh struct {
	D     int // aimed at; 0: 8
	Dlo   int // below, more are looked for; 0: 6
	Dhi   int // above, some are let go; 0: 12
	Dlazy int // peers that are only told of messages; 0: 6
}

// Params are gossipsub's parameters: the chain's where it has its own, and the library's defaults.
func (m Mesh) Params() pubsub.GossipSubParams {
	p := pubsub.DefaultGossipSubParams()
	p.D, p.Dlo, p.Dhi, p.Dlazy = or(m.D, 8), or(m.Dlo, 6), or(m.Dhi, 12), or(m.Dlazy, 6)
	p.HeartbeatInterval = Heartbeat
	p.FanoutTTL = fanoutTTL
	p.HistoryLength = historyLength
	p.HistoryGossip = historyGossip
	return p
}

func or(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return n
}

// Options are those of the gossipsub of an L2 chain, but for scores and tracing: messages bear no author and no signature of
// their own, are told apart by content, and peers tell nobody of other peers.
func Options(chainID *big.Int, mesh Mesh, floodPublish bool) []pubsub.Option {
	return []pubsub.Option{
		pubsub.WithMaxMessageSize(MaxMessageSize),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithSubscriptionFilter(OnlyBlocks(chainID)),
		pubsub.WithValidateQueueSize(validateQueue),
		pubsub.WithValidateThrottle(validateThrottle),
		pubsub.WithPeerOutboundQueueSize(outboundQueue),
		pubsub.WithSeenMessagesTTL(SeenTTL),
		pubsub.WithPeerExchange(false),
		pubsub.WithGossipSubParams(mesh.Params()),
		pubsub.WithFloodPublish(floodPublish),
	}
}

// ValidatorOptions are those of the validator of each topic.
func ValidatorOptions() []pubsub.ValidatorOpt {
	return []pubsub.ValidatorOpt{
		pubsub.WithValidatorTimeout(validationTimeout), pubsub.WithValidatorConcurrency(validationConcurrency),
	}
}
