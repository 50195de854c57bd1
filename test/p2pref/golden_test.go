package p2pref

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/ethereum-optimism/optimism/op-node/p2p"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"
	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// sample is one block as op-node gossips it.
type sample struct {
	Name        string                          `json:"name"`
	Version     gossip.Version                  `json:"version"`
	Topic       string                          `json:"topic"`
	Envelope    *opeth.ExecutionPayloadEnvelope `json:"envelope"`
	Body        hexutil.Bytes                   `json:"body"`
	PayloadHash common.Hash                     `json:"payloadHash"`
	SigningHash common.Hash                     `json:"signingHash"`
	Signature   opeth.Bytes65                   `json:"signature"`
	Message     hexutil.Bytes                   `json:"message"`
	MessageID   hexutil.Bytes                   `json:"messageId"`
}

func samples(t *testing.T) []sample {
	r := rand.New(rand.NewSource(7))
	id := p2p.BuildMsgIdFn(theirs())
	names := []string{"bedrock", "canyon", "ecotone", "isthmus", "jovian"}
	all := make([]sample, len(times))
	for i, timestamp := range times {
		v := gossip.VersionAt(ours(), timestamp)
		env := random(r, v, timestamp)
		env.ExecutionPayload.Transactions = env.ExecutionPayload.Transactions[:min(i, len(env.ExecutionPayload.Transactions))]
		env.ExecutionPayload.BlockHash, _ = env.CheckBlockHash()
		g := sample{Name: names[i], Version: v, Envelope: env, Body: body(env)}
		filter := p2p.BuildSubscriptionFilter(theirs())
		if g.Topic = gossip.Topic(ours().L2ChainID, v); !filter.CanSubscribe(g.Topic) {
			t.Fatalf("op-node does not know %s", g.Topic)
		}
		g.PayloadHash = opsigner.PayloadHash(g.Body)
		signed := opsigner.BlockSigningMessage{ChainID: opeth.ChainIDFromUInt64(chainID), PayloadHash: g.PayloadHash}
		g.SigningHash = signed.ToSigningHash()
		g.Signature = signature(key, g.Body)
		g.Message = message(key, g.Body)
		g.MessageID = []byte(id(&pb.Message{Data: g.Message, Topic: &g.Topic}))
		all[i] = g
	}
	return all
}

func TestGolden(t *testing.T) {
	text, err := json.MarshalIndent(samples(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden.File(t, "../../p2p/gossip/testdata/op-node.json", append(text, '\n'))
}
