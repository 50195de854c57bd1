package p2pref

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"math/rand"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/golang/snappy"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/ethereum-optimism/optimism/op-node/p2p"
	oprollup "github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/clock"
	opeth "github.com/ethereum-optimism/optimism/op-service/eth"
	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

const chainID = 901

// Times of forks. One block of each time is a golden one.
const (
	canyonTime  = 1_700_000_000
	ecotoneTime = 1_700_001_000
	isthmusTime = 1_700_002_000
	jovianTime  = 1_700_003_000
)

var (
	key    = must(crypto.ToECDSA(bytes.Repeat([]byte{0x11}, 32)))
	other  = must(crypto.ToECDSA(bytes.Repeat([]byte{0x22}, 32)))
	signer = crypto.PubkeyToAddress(key.PublicKey)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ours() *rollup.Config {
	return &rollup.Config{
		BlockTime: 2, L2ChainID: big.NewInt(chainID), RegolithTime: new(uint64(0)),
		CanyonTime: new(uint64(canyonTime)), DeltaTime: new(uint64(canyonTime)), EcotoneTime: new(uint64(ecotoneTime)),
		FjordTime: new(uint64(ecotoneTime)), GraniteTime: new(uint64(ecotoneTime)), HoloceneTime: new(uint64(ecotoneTime)),
		IsthmusTime: new(uint64(isthmusTime)), JovianTime: new(uint64(jovianTime)),
	}
}

func theirs() *oprollup.Config {
	return &oprollup.Config{
		BlockTime: 2, L2ChainID: big.NewInt(chainID), RegolithTime: new(uint64(0)),
		CanyonTime: new(uint64(canyonTime)), DeltaTime: new(uint64(canyonTime)), EcotoneTime: new(uint64(ecotoneTime)),
		FjordTime: new(uint64(ecotoneTime)), GraniteTime: new(uint64(ecotoneTime)), HoloceneTime: new(uint64(ecotoneTime)),
		IsthmusTime: new(uint64(isthmusTime)), JovianTime: new(uint64(jovianTime)),
	}
}

// random makes a payload of a time with the fields of a version, in op-node's types and with its block hash.
func random(r *rand.Rand, v gossip.Version, timestamp uint64) *opeth.ExecutionPayloadEnvelope {
	p := &opeth.ExecutionPayload{
		BlockNumber: opeth.Uint64Quantity(r.Uint64() >> 20), GasLimit: opeth.Uint64Quantity(r.Uint64()),
		GasUsed: opeth.Uint64Quantity(r.Uint64()), Timestamp: opeth.Uint64Quantity(timestamp),
		ExtraData: make([]byte, r.Intn(33)), Transactions: []opeth.Data{},
	}
	for _, field := range [][]byte{
		p.ParentHash[:], p.FeeRecipient[:], p.StateRoot[:], p.ReceiptsRoot[:], p.LogsBloom[:], p.PrevRandao[:], p.ExtraData,
	} {
		r.Read(field)
	}
	for range r.Intn(20) {
		tx := make([]byte, r.Intn(200))
		r.Read(tx)
		p.Transactions = append(p.Transactions, tx)
	}
	p.BaseFeePerGas[0], p.BaseFeePerGas[r.Intn(4)] = r.Uint64(), r.Uint64()
	env := &opeth.ExecutionPayloadEnvelope{ExecutionPayload: p}
	if v >= gossip.V2 {
		p.Withdrawals = &types.Withdrawals{}
	}
	if v >= gossip.V3 {
		p.BlobGasUsed, p.ExcessBlobGas = new(opeth.Uint64Quantity), new(opeth.Uint64Quantity)
		env.ParentBeaconBlockRoot = new(common.Hash)
		r.Read(env.ParentBeaconBlockRoot[:])
		if timestamp >= jovianTime {
			*p.BlobGasUsed = opeth.Uint64Quantity(r.Uint64())
		}
	}
	if v >= gossip.V4 {
		p.WithdrawalsRoot = new(common.Hash)
		r.Read(p.WithdrawalsRoot[:])
	}
	p.BlockHash, _ = env.CheckBlockHash()
	return env
}

// body encodes with op-node's code what follows the signature.
func body(env *opeth.ExecutionPayloadEnvelope) []byte {
	var buf bytes.Buffer
	if env.ParentBeaconBlockRoot != nil {
		must(env.MarshalSSZ(&buf))
	} else {
		must(env.ExecutionPayload.MarshalSSZ(&buf))
	}
	return buf.Bytes()
}

// parse decodes with op-node's code what follows the signature.
func parse(v gossip.Version, body []byte) (*opeth.ExecutionPayloadEnvelope, error) {
	var env opeth.ExecutionPayloadEnvelope
	version, size := opeth.BlockVersion(v), uint32(len(body))
	if version.HasParentBeaconBlockRoot() {
		return &env, env.UnmarshalSSZ(version, size, bytes.NewReader(body))
	}
	env.ExecutionPayload = new(opeth.ExecutionPayload)
	return &env, env.ExecutionPayload.UnmarshalSSZ(version, size, bytes.NewReader(body))
}

// translate brings op-node's envelope into our types, by JSON.
func translate(env *opeth.ExecutionPayloadEnvelope) *eth.PayloadEnvelope {
	out := new(eth.PayloadEnvelope)
	if err := json.Unmarshal(must(json.Marshal(env)), out); err != nil {
		panic(err)
	}
	return out
}

func signature(key *ecdsa.PrivateKey, body []byte) [65]byte {
	sig := must(opsigner.NewLocalSigner(key).SignBlockV1(context.Background(), opeth.ChainIDFromUInt64(chainID), opsigner.PayloadHash(body)))
	return sig
}

func message(key *ecdsa.PrivateKey, body []byte) []byte {
	sig := signature(key, body)
	return snappy.Encode(nil, append(sig[:], body...))
}

// fixHash puts the right block hash into a body that can be decoded.
func fixHash(v gossip.Version, body []byte) []byte {
	env, err := parse(v, body)
	if err != nil {
		return body
	}
	hash, _ := env.CheckBlockHash()
	at := 32 + 20 + 32 + 32 + 256 + 32 + 4*8 + 4 + 32
	if v >= gossip.V3 {
		at += 32
	}
	out := bytes.Clone(body)
	copy(out[at:], hash[:])
	return out
}

// runtimeConfig says who signs.
type runtimeConfig struct{ current common.Address }

func (c runtimeConfig) P2PSequencerAddress() common.Address       { return c.current }
func (runtimeConfig) PreviousP2PSequencerAddress() common.Address { return common.Address{} }
func (runtimeConfig) ConfirmCurrentSigner()                       {}

// validators are op-node's, of each topic, at a time.
func validators(now time.Time) [4]pubsub.ValidatorEx {
	var all [4]pubsub.ValidatorEx
	quiet := log.NewLogger(log.DiscardHandler())
	conf := &p2p.Config{GossipTimestampThreshold: time.Minute}
	for v := range all {
		all[v] = p2p.BuildBlocksValidator(quiet, theirs(), runtimeConfig{signer}, opeth.BlockVersion(v), conf, clock.NewDeterministicClock(now))
	}
	return all
}

func judge(validate pubsub.ValidatorEx, data []byte) pubsub.ValidationResult {
	return validate(context.Background(), "", &pubsub.Message{Message: &pb.Message{Data: data}})
}

// mutate changes bytes of a body where it matters: numbers and offsets of the fixed part, offsets of transactions, length.
func mutate(r *rand.Rand, in []byte) []byte {
	out := bytes.Clone(in)
	for range 1 + r.Intn(2) {
		switch at := r.Intn(len(out)); r.Intn(6) {
		case 0:
			out[at] ^= 1 << r.Intn(8)
		case 1: // the offsets of extra data, transactions and withdrawals stand between 436 and 600
			at = 430 + r.Intn(170)
			if at+4 <= len(out) {
				binary.LittleEndian.PutUint32(out[at:], uint32(r.Intn(700)))
			}
		case 2:
			at = 430 + r.Intn(170)
			if at < len(out) {
				out[at] += byte(1 + r.Intn(8))
			}
		case 3:
			out = out[:at]
		case 4:
			out = append(out, make([]byte, r.Intn(900))...)
		case 5: // a little before the end of the fixed part, and behind it
			at = 500 + r.Intn(130)
			if at < len(out) {
				out[at] = byte(r.Intn(256))
			}
		}
		if len(out) == 0 {
			return out
		}
	}
	// op-node hashes a block number above 2^63 as a negative one: leave it in a range that exists.
	for _, at := range []int{404 + 7, 32 + 404 + 7} {
		if at < len(out) {
			out[at] &= 0x7f
		}
	}
	return out
}
