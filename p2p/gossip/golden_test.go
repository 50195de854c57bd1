package gossip_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// golden is one block as op-node gossips it. The file is written by test/p2pref.
type golden struct {
	Name        string
	Version     gossip.Version
	Topic       string
	Envelope    *eth.PayloadEnvelope
	Body        hexutil.Bytes
	PayloadHash common.Hash
	SigningHash common.Hash
	Signature   gossip.Signature
	Message     hexutil.Bytes
	MessageID   hexutil.Bytes
}

func goldens(t testing.TB) []golden {
	t.Helper()
	text, err := os.ReadFile("testdata/op-node.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 {
		t.Fatalf("%d blocks, want one of each of 5 forks", len(all))
	}
	return all
}

func TestOpNodeBlocks(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.Name, func(t *testing.T) {
			p := g.Envelope.ExecutionPayload
			if hash := gossip.BlockHash(g.Envelope); hash != p.BlockHash {
				t.Errorf("block hash %s, want %s", hash, p.BlockHash)
			}
			body, err := gossip.Append(nil, g.Version, g.Envelope)
			if err != nil || !bytes.Equal(body, g.Body) {
				t.Errorf("encoded %x, %v, want %s", body, err, g.Body)
			}
			env, reason := gossip.Decode(g.Version, g.Body)
			if reason != gossip.OK || !reflect.DeepEqual(env, g.Envelope) {
				t.Errorf("decoded %+v, %s, want %+v", env, reason, g.Envelope)
			}
			if hash := gossip.PayloadHash(g.Body); hash != g.PayloadHash {
				t.Errorf("payload hash %s, want %s", hash, g.PayloadHash)
			}
			if hash := gossip.SigningHash(chain().L2ChainID, g.PayloadHash); hash != g.SigningHash {
				t.Errorf("signing hash %s, want %s", hash, g.SigningHash)
			}
			if sig := sign(t, sequencerKey, g.Body); sig != g.Signature {
				t.Errorf("signature %x, want %x", sig, g.Signature)
			}
			if id := gossip.MessageID(g.Topic, g.Message); id != string(g.MessageID) {
				t.Errorf("message id %x, want %s", id, g.MessageID)
			}
			m, err := gossip.Encode(t.Context(), chain(), gossip.NewLocalSigner(sequencerKey), g.Envelope)
			if err != nil || m.Topic != g.Topic || !bytes.Equal(m.Data, g.Message) {
				t.Errorf("message %x on %s, %v, want %s on %s", m.Data, m.Topic, err, g.Message, g.Topic)
			}
			verdict, reason, env := knowing(t).Check(at(p.Timestamp), g.Message, g.Version)
			if verdict != gossip.Accept || reason != gossip.OK || !reflect.DeepEqual(env, g.Envelope) {
				t.Errorf("%s, %s, %+v", verdict, reason, env)
			}
		})
	}
}
