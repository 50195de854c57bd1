package p2pref

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/ethereum-optimism/optimism/op-node/p2p"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"
	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file")

const goldenFile = "../../p2p/gossip/testdata/op-node.json"

// golden is one block as op-node gossips it.
type golden struct {
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

func goldens(t *testing.T) []golden {
	r := rand.New(rand.NewSource(7))
	id := p2p.BuildMsgIdFn(theirs())
	names := []string{"bedrock", "canyon", "ecotone", "isthmus", "jovian"}
	all := make([]golden, len(times))
	for i, timestamp := range times {
		v := gossip.VersionAt(ours(), timestamp)
		env := random(r, v, timestamp)
		env.ExecutionPayload.Transactions = env.ExecutionPayload.Transactions[:min(i, len(env.ExecutionPayload.Transactions))]
		env.ExecutionPayload.BlockHash, _ = env.CheckBlockHash()
		g := golden{Name: names[i], Version: v, Envelope: env, Body: body(env)}
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
	want, err := json.MarshalIndent(goldens(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *rewrite {
		if err := os.WriteFile(goldenFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what op-node gossips: run with -rewrite and read the difference", goldenFile)
	}
}
