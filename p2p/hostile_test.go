package p2p

import (
	"context"
	"encoding/hex"
	"math/big"
	"sync"
	"testing"

	"github.com/golang/snappy"
	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// stranger is a host that knows gossipsub and no rules: it publishes whatever it is told, and passes everything on.
type stranger struct {
	host   host.Host
	topics map[gossip.Version]*pubsub.Topic
	close  func()
}

func newStranger(t testing.TB, chainID *big.Int) *stranger {
	t.Helper()
	key, err := crypto.UnmarshalSecp256k1PrivateKey(mustHex(t, randomKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := libp2p.New(libp2p.Identity(key), libp2p.Transport(tcp.NewTCPTransport), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"),
		libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.ResourceManager(unlimited(t)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	router, err := pubsub.NewGossipSub(ctx, h, gossip.Options(chainID, gossip.Mesh{}, true)...)
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{host: h, topics: map[gossip.Version]*pubsub.Topic{}}
	for _, version := range gossip.Versions() {
		topic, err := router.Join(gossip.Topic(chainID, version))
		if err != nil {
			t.Fatal(err)
		}
		sub, err := topic.Subscribe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				if _, err := sub.Next(ctx); err != nil {
					return
				}
			}
		}()
		s.topics[version] = topic
	}
	var once sync.Once
	s.close = func() {
		once.Do(func() {
			cancel()
			_ = h.Close()
		})
	}
	t.Cleanup(s.close)
	return s
}

// join connects to a node and waits until it knows the node is in the topics.
func (s *stranger) join(t testing.TB, n *Node) {
	t.Helper()
	info := peer.AddrInfo{ID: n.host.ID(), Addrs: n.host.Network().ListenAddresses()}
	if err := s.host.Connect(context.Background(), info); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stranger knows that the node is in the topics", func() bool {
		for _, topic := range s.topics {
			found := false
			for _, id := range topic.ListPeers() {
				found = found || id == n.host.ID()
			}
			if !found {
				return false
			}
		}
		return true
	})
}

func (s *stranger) publish(t testing.TB, version gossip.Version, data []byte) {
	t.Helper()
	if err := s.topics[version].Publish(context.Background(), data); err != nil {
		t.Error(err)
	}
}

// messageOf is a block as a message, signed whatever it is.
func messageOf(t testing.TB, chain *rollup.Config, signer gossip.Signer, env *eth.PayloadEnvelope) []byte {
	t.Helper()
	version := gossip.VersionAt(chain, env.ExecutionPayload.Timestamp)
	plain, err := gossip.Append(make([]byte, gossip.SignatureSize), version, env)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signer.SignBlock(context.Background(), chain.L2ChainID, gossip.PayloadHash(plain[gossip.SignatureSize:]))
	if err != nil {
		t.Fatal(err)
	}
	copy(plain, sig[:])
	return snappy.Encode(nil, plain)
}

func mustHex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
