package gossip

import (
	"fmt"
	"math/big"

	pubsub "github.com/libp2p/go-libp2p-pubsub"

	"github.com/cairn-rollup/cairn/rollup"
)

// Version is a form of the gossiped block. Each has a topic of its own.
type Version uint8

// The versions, by the fork that brought them.
const (
	V1       Version = iota // Bedrock
	V2                      // Canyon: withdrawals
	V3                      // Ecotone: blob gas, and the parent beacon block root in front
	V4                      // Isthmus, and the forks after it: the storage root of the message passer
	versions = iota
)

// Versions lists all versions, oldest first: a node subscribes to the topic of each.
func Versions() []Version { return []Version{V1, V2, V3, V4} }

// String is the version as in the specs: blocksv1 to blocksv4.
func (v Version) String() string { return fmt.Sprintf("blocksv%d", uint8(v)+1) }

// VersionAt is the version in which the block of a time, in seconds since 1970, is published.
func VersionAt(cfg *rollup.Config, timestamp uint64) Version {
	switch rules := cfg.L2Rules(timestamp); {
	case rules.WithdrawalsRoot:
		return V4
	case rules.BeaconRoot:
		return V3
	case rules.Withdrawals:
		return V2
	}
	return V1
}

func (v Version) hasWithdrawals() bool     { return v >= V2 }
func (v Version) hasBlobGas() bool         { return v >= V3 }
func (v Version) hasBeaconRoot() bool      { return v >= V3 }
func (v Version) hasWithdrawalsRoot() bool { return v >= V4 }

// Topic is the name of the topic of a version on an L2 chain.
func Topic(chainID *big.Int, v Version) string {
	return fmt.Sprintf("/optimism/%s/%d/blocks", chainID, uint8(v))
}

// VersionOf is the version whose topic has this name.
func VersionOf(chainID *big.Int, topic string) (v Version, ok bool) {
	for _, v := range Versions() {
		if topic == Topic(chainID, v) {
			return v, true
		}
	}
	return 0, false
}

// OnlyBlocks lets nobody subscribe to anything but the topics of a chain, so that subscriptions cost no memory.
func OnlyBlocks(chainID *big.Int) pubsub.SubscriptionFilter {
	names := make([]string, 0, versions)
	for _, v := range Versions() {
		names = append(names, Topic(chainID, v))
	}
	return pubsub.NewAllowlistSubscriptionFilter(names...)
}
