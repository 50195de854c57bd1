package devnet_test

import (
	"context"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// With three verifiers, blocks reach all of them from the sequencer by way of gossip alone: L1 has none of them yet. Then
// L1 has them too, and the safe heads follow on the same chain.
func TestVerifiersFollowGossip(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	cfg := testConfig()
	cfg.Verifiers, cfg.BatchMaxWait = 3, 10
	w := start(t, cfg)
	if len(w.info.Verifiers) != 3 {
		t.Fatalf("%d verifiers", len(w.info.Verifiers))
	}
	nodes, engines := make([]*rpc.Client, 3), make([]*ethclient.Client, 3)
	for i, v := range w.info.Verifiers {
		node, err := rpc.Dial(v.Node)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(node.Close)
		nodes[i] = node
		c, err := ethclient.Dial(v.RPC)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		engines[i] = c
	}
	var ahead eth.L2Ref
	w.eventually("each verifier's unsafe head is ahead of its safe head", func() bool {
		for _, node := range nodes {
			s := w.sync(node)
			if s.UnsafeL2.Number < s.SafeL2.Number+3 {
				return false
			}
			ahead = s.UnsafeL2
		}
		return true
	})
	if at := w.sync(w.seqNode).UnsafeL2; at.Number > ahead.Number+3 {
		t.Errorf("the sequencer is at %s, a verifier at %s", at, ahead)
	}
	w.eventually("each verifier's safe head is past that", func() bool {
		for _, node := range nodes {
			if w.sync(node).SafeL2.Number <= ahead.Number {
				return false
			}
		}
		return true
	})
	for i, engine := range engines {
		if got := w.hash(engine, ahead.Number); got != ahead.Hash {
			t.Errorf("verifier %d has %s at %d, gossip brought %s", i, got, ahead.Number, ahead.Hash)
		}
	}
	if got := w.hash(w.seq, ahead.Number); got != ahead.Hash {
		t.Errorf("the sequencer has %s at %d, gossip brought %s", got, ahead.Number, ahead.Hash)
	}
}

// A verifier that a peer cannot reach any more follows through L1, and catches up by gossip when it is back.
func TestAVerifierWithoutPeersFollowsThroughL1(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet")
	}
	w := start(t, testConfig())
	var self struct{ PeerID string }
	w.call(w.seqNode, &self, "opp2p_self")
	w.eventually("the verifier is connected and ahead of L1", func() bool {
		s := w.sync(w.verNode)
		return s.UnsafeL2.Number > s.SafeL2.Number
	})
	w.call(w.verNode, nil, "opp2p_blockPeer", self.PeerID)
	from := w.sync(w.verNode).SafeL2
	w.eventually("it goes on through L1 alone", func() bool {
		s := w.sync(w.verNode)
		return s.SafeL2.Number > from.Number+5 && s.UnsafeL2.Number == s.SafeL2.Number
	})
	w.call(w.verNode, nil, "opp2p_unblockPeer", self.PeerID)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var addrs struct{ Addresses []string }
	w.call(w.seqNode, &addrs, "opp2p_self")
	if err := w.verNode.CallContext(ctx, nil, "opp2p_connectPeer", addrs.Addresses[0]); err != nil {
		t.Fatal(err)
	}
	w.eventually("it is ahead of L1 again", func() bool {
		s := w.sync(w.verNode)
		return s.UnsafeL2.Number > s.SafeL2.Number+1
	})
}
