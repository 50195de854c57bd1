package p2pref

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/golang/snappy"

	"github.com/libp2p/go-libp2p/core/peer"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/ethereum-optimism/optimism/op-node/p2p"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

var times = []uint64{canyonTime - 10, canyonTime, ecotoneTime, isthmusTime, jovianTime}

func TestTopicsAreTheOnesOpNodeAllows(t *testing.T) {
	filter := p2p.BuildSubscriptionFilter(theirs())
	for _, v := range gossip.Versions() {
		if name := gossip.Topic(ours().L2ChainID, v); !filter.CanSubscribe(name) {
			t.Errorf("%s: op-node does not know %s", v, name)
		}
	}
	if filter.CanSubscribe(gossip.Topic(ours().L2ChainID, gossip.V4+1)) {
		t.Error("op-node has a fifth topic")
	}
}

func TestPayloadsAreEncodedAndDecodedLikeOpNode(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	decoded, refused := 0, 0
	for range 4000 {
		v := gossip.Version(r.Intn(4))
		env := random(r, v, r.Uint64()>>1)
		want := body(env)
		got, err := gossip.Append(nil, v, translate(env))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: %v\nencoded %x\nop-node %x", v, err, got, want)
		}
		for _, b := range [][]byte{want, mutate(r, want), mutate(r, want)} {
			theirs, err := parse(v, b)
			ours, reason := gossip.Decode(v, b)
			if (err == nil) != (reason == gossip.OK) {
				t.Fatalf("%s: %s, op-node: %v\n%x", v, reason, err, b)
			}
			if err != nil {
				refused++
				continue
			}
			decoded++
			if a, b := must(json.Marshal(ours)), must(json.Marshal(theirs)); !bytes.Equal(normal(a), normal(b)) {
				t.Fatalf("%s: decoded\n%s\nop-node\n%s", v, a, b)
			}
			if hash, _ := theirs.CheckBlockHash(); gossip.BlockHash(ours) != hash {
				t.Fatalf("%s: block hash %s, op-node %s", v, gossip.BlockHash(ours), hash)
			}
		}
	}
	if decoded < 5000 || refused < 1000 {
		t.Errorf("%d decoded, %d refused: the mutations are too tame or too wild", decoded, refused)
	}
}

// normal is JSON with its keys in order.
func normal(in []byte) []byte {
	var v any
	if err := json.Unmarshal(in, &v); err != nil {
		panic(err)
	}
	return must(json.Marshal(v))
}

func TestMessageIDsAreOpNodes(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	id := p2p.BuildMsgIdFn(theirs())
	for i := range 1000 {
		data := make([]byte, r.Intn(300))
		r.Read(data)
		if i%2 == 0 {
			data = snappy.Encode(nil, data)
		}
		if i%7 == 0 && len(data) > 1 {
			data[r.Intn(len(data))]++
		}
		topic := gossip.Topic(ours().L2ChainID, gossip.Version(r.Intn(4)))
		if got, want := gossip.MessageID(topic, data), id(&pb.Message{Data: data, Topic: &topic}); got != want {
			t.Fatalf("%x: %x, op-node %x", data, got, want)
		}
	}
	for _, data := range [][]byte{nil, {0}, {0xff, 0xff, 0xff, 0xff, 0x0f}, snappy.Encode(nil, make([]byte, 11<<20))} {
		if got, want := gossip.MessageID("", data), id(&pb.Message{Data: data}); got != want {
			t.Errorf("%.20x: %x, op-node %x", data, got, want)
		}
	}
}

func TestSignaturesAreOpNodes(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 200 {
		b := make([]byte, 1+r.Intn(100))
		r.Read(b)
		got, err := gossip.NewLocalSigner(key).SignBlock(context.Background(), ours().L2ChainID, gossip.PayloadHash(b))
		if err != nil || [65]byte(got) != signature(key, b) {
			t.Fatalf("%x, %v, op-node %x", got, err, signature(key, b))
		}
	}
}

// TestVerdictsAreOpNodes gives both the same messages: good ones, and ones that are broken at each layer with all layers
// around it in order.
func TestVerdictsAreOpNodes(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	counts := map[gossip.Reason]int{}
	for _, timestamp := range times {
		now := time.Unix(int64(timestamp)+10, 0)
		reference := validators(now)
		ours, err := gossip.NewValidator(gossip.ValidatorConfig{Rollup: ours(), HeldBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		ours.Rotate(now, signer)
		for range 1500 {
			v := gossip.Version(r.Intn(4))
			at := timestamp
			switch r.Intn(6) {
			case 0:
				at = timestamp + 10 - 62 + uint64(r.Intn(5))
			case 1:
				at = timestamp + 10 + 3 + uint64(r.Intn(5))
			}
			env := random(r, v, at)
			if r.Intn(3) == 0 { // many blocks of one height
				env.ExecutionPayload.BlockNumber = opeth.Uint64Quantity(r.Intn(15))
				env.ExecutionPayload.BlockHash, _ = env.CheckBlockHash()
			}
			b := body(env)
			by := key
			switch r.Intn(8) {
			case 0:
				by = other
			case 1:
				b = mutate(r, b)
			case 2, 3:
				b = fixHash(v, mutate(r, b))
			}
			data := message(by, b)
			if r.Intn(8) == 0 {
				data[r.Intn(len(data))] ^= 1 << r.Intn(8)
			}
			topic := v
			if r.Intn(10) == 0 {
				topic = gossip.Version(r.Intn(4))
			}
			for range 1 + r.Intn(2) {
				verdict, reason, _ := ours.Check(now, data, topic)
				if want := judge(reference[topic], data); verdict.Result() != want {
					t.Fatalf("%s, %s for a message of %s on %s; op-node %d\n%x", verdict, reason, v, topic, want, data)
				}
				counts[reason]++
			}
		}
	}
	for _, reason := range []gossip.Reason{
		gossip.OK, gossip.BadSnappy, gossip.BadSignature, gossip.UnknownSigner, gossip.SSZTruncated,
		gossip.SSZExtraDataOffset, gossip.SSZTransactionsOffset, gossip.SSZExtraDataTooLong, gossip.SSZWithdrawalsOffset,
		gossip.SSZTransactions, gossip.SSZWithdrawals, gossip.SSZTooManyWithdrawals, gossip.TooOld, gossip.TooNew,
		gossip.BlockHashMismatch, gossip.WithdrawalsNotEmpty, gossip.BlobGasUsedNotZero, gossip.ExcessBlobGasNotZero,
		gossip.TooManyBlocksAtHeight, gossip.Duplicate,
	} {
		if counts[reason] == 0 {
			t.Errorf("no message was judged %s", reason)
		}
	}
	t.Log(counts)
}

func TestOpNodeAcceptsWhatWePublish(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for _, timestamp := range times {
		v := gossip.VersionAt(ours(), timestamp)
		env := translate(random(r, v, timestamp))
		m, err := gossip.Encode(context.Background(), ours(), gossip.NewLocalSigner(key), env)
		if err != nil {
			t.Fatal(err)
		}
		if got := judge(validators(time.Unix(int64(timestamp), 0))[v], m.Data); got != gossip.Accept.Result() {
			t.Errorf("block of %d on %s: op-node says %d", timestamp, m.Topic, got)
		}
	}
}

// An Isthmus block whose withdrawals root is that of an empty trie is encoded by op-node as Ecotone's, and refused by all
// nodes on Isthmus' topic. Ours is encoded as Isthmus', and taken.
func TestEmptyWithdrawalsRoot(t *testing.T) {
	env := random(rand.New(rand.NewSource(6)), gossip.V4, isthmusTime)
	*env.ExecutionPayload.WithdrawalsRoot = crypto.Keccak256Hash([]byte{0x80})
	env.ExecutionPayload.BlockHash, _ = env.CheckBlockHash()
	validate := validators(time.Unix(isthmusTime, 0))[gossip.V4]
	if got := judge(validate, message(key, body(env))); got != gossip.Reject.Result() {
		t.Errorf("op-node's own encoding: %d; it has become better", got)
	}
	m, err := gossip.Encode(context.Background(), ours(), gossip.NewLocalSigner(key), translate(env))
	if err != nil {
		t.Fatal(err)
	}
	if got := judge(validate, m.Data); got != gossip.Accept.Result() {
		t.Errorf("our encoding: %d", got)
	}
}

func TestGossipParametersAreOpNodes(t *testing.T) {
	if got, want := (gossip.Mesh{}).Params(), p2p.BuildGlobalGossipParams(theirs()); got != want {
		t.Errorf("%+v\nop-node %+v", got, want)
	}
}

func TestScoresAreOpNodes(t *testing.T) {
	for _, blockTime := range []uint64{0, 1, 2, 12} {
		want := p2p.LightPeerScoreParams(blockTime)
		got := gossip.PeerScoreParams(blockTime, func(peer.ID) float64 { return 0 })
		want.AppSpecificScore, got.AppSpecificScore = nil, nil
		if !reflect.DeepEqual(got, &want) {
			t.Errorf("block time %d: %+v\nop-node %+v", blockTime, got, want)
		}
		app := p2p.LightApplicationScoreParams(blockTime)
		if gossip.ApplicationDecayInterval(blockTime) != app.DecayInterval {
			t.Errorf("block time %d: interval %s, op-node %s", blockTime, gossip.ApplicationDecayInterval(blockTime), app.DecayInterval)
		}
		s := gossip.ApplicationScore{ValidResponses: 1, ErrorResponses: 2, RejectedPayloads: 3}
		if want := app.ValidResponseWeight + 2*app.ErrorResponseWeight + 3*app.RejectedPayloadWeight; s.Score() != want {
			t.Errorf("score %v, op-node %v", s.Score(), want)
		}
		if got, want := s.Decayed(), (gossip.ApplicationScore{
			ValidResponses: app.ValidResponseDecay, ErrorResponses: 2 * app.ErrorResponseDecay, RejectedPayloads: 3 * app.RejectedPayloadDecay,
		}); got != want {
			t.Errorf("decayed %+v, op-node %+v", got, want)
		}
		full := gossip.ApplicationScore{}
		for range 100 {
			full = full.WithValidResponse().WithErrorResponse().WithRejectedPayload()
		}
		if want := (gossip.ApplicationScore{
			ValidResponses: app.ValidResponseCap, ErrorResponses: app.ErrorResponseCap, RejectedPayloads: app.RejectedPayloadCap,
		}); full != want {
			t.Errorf("caps %+v, op-node %+v", full, want)
		}
	}
	if got, want := gossip.PeerScoreThresholds(), p2p.NewPeerScoreThresholds(); !reflect.DeepEqual(got, &want) {
		t.Errorf("%+v\nop-node %+v", got, want)
	}
}
