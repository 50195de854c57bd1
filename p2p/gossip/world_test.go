package gossip_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/hex"
	"math/big"
	"math/rand"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// Times of forks of the test chain.
const (
	canyonTime  = 1_700_000_000
	ecotoneTime = 1_700_001_000
	isthmusTime = 1_700_002_000
	jovianTime  = 1_700_003_000
)

// timeOf is a time at which blocks of a version are made.
var timeOf = map[gossip.Version]uint64{
	gossip.V1: canyonTime - 10, gossip.V2: canyonTime, gossip.V3: ecotoneTime, gossip.V4: isthmusTime,
}

var (
	sequencerKey = keyOf(0x11)
	otherKey     = keyOf(0x22)
	sequencer    = crypto.PubkeyToAddress(sequencerKey.PublicKey)
	other        = crypto.PubkeyToAddress(otherKey.PublicKey)
)

func keyOf(b byte) *ecdsa.PrivateKey {
	key, err := crypto.ToECDSA(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		panic(err)
	}
	return key
}

func chain() *rollup.Config {
	return &rollup.Config{
		BlockTime: 2, L2ChainID: big.NewInt(901), RegolithTime: new(uint64(0)),
		CanyonTime: new(uint64(canyonTime)), DeltaTime: new(uint64(canyonTime)), EcotoneTime: new(uint64(ecotoneTime)),
		FjordTime: new(uint64(ecotoneTime)), GraniteTime: new(uint64(ecotoneTime)), HoloceneTime: new(uint64(ecotoneTime)),
		IsthmusTime: new(uint64(isthmusTime)), JovianTime: new(uint64(jovianTime)),
	}
}

// block makes a block of a version with some transactions and the right block hash.
func block(v gossip.Version, number, timestamp uint64) *eth.PayloadEnvelope {
	r := rand.New(rand.NewSource(int64(number)))
	p := &eth.ExecutionPayload{
		BlockNumber: number, Timestamp: timestamp, GasLimit: 30_000_000, GasUsed: 21_000, ExtraData: []byte("extra"),
		BaseFeePerGas: big.NewInt(1_000_000_007),
		Transactions:  []hexutil.Bytes{make([]byte, 100), {}, make([]byte, 300)},
	}
	r.Read(p.ParentHash[:])
	r.Read(p.LogsBloom[:])
	for _, tx := range p.Transactions {
		r.Read(tx)
	}
	env := &eth.PayloadEnvelope{ExecutionPayload: p}
	if v >= gossip.V2 {
		p.Withdrawals = &types.Withdrawals{}
	}
	if v >= gossip.V3 {
		p.BlobGasUsed, p.ExcessBlobGas, env.ParentBeaconBlockRoot = new(uint64), new(uint64), &common.Hash{7}
	}
	if v >= gossip.V4 {
		p.WithdrawalsRoot = &common.Hash{8}
	}
	return rehash(env)
}

// rehash puts the right block hash in.
func rehash(env *eth.PayloadEnvelope) *eth.PayloadEnvelope {
	env.ExecutionPayload.BlockHash = gossip.BlockHash(env)
	return env
}

func encode(t testing.TB, v gossip.Version, env *eth.PayloadEnvelope) []byte {
	t.Helper()
	body, err := gossip.Append(nil, v, env)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func sign(t testing.TB, key *ecdsa.PrivateKey, body []byte) gossip.Signature {
	t.Helper()
	sig, err := gossip.NewLocalSigner(key).SignBlock(t.Context(), chain().L2ChainID, gossip.PayloadHash(body))
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// seal is the message of a signature and the bytes behind it.
func seal(sig gossip.Signature, body []byte) []byte {
	return snappy.Encode(nil, append(sig[:], body...))
}

// message is the message of a body that is signed by a key.
func message(t testing.TB, key *ecdsa.PrivateKey, body []byte) []byte {
	t.Helper()
	return seal(sign(t, key, body), body)
}

func blockMessage(t testing.TB, key *ecdsa.PrivateKey, v gossip.Version, env *eth.PayloadEnvelope) []byte {
	t.Helper()
	return message(t, key, encode(t, v, env))
}

func at(timestamp uint64) time.Time { return time.Unix(int64(timestamp), 0) }

// newValidator makes a validator of the test chain that knows no signer.
func newValidator(t testing.TB, change ...func(*gossip.ValidatorConfig)) *gossip.Validator {
	t.Helper()
	cfg := gossip.ValidatorConfig{Rollup: chain()}
	for _, c := range change {
		c(&cfg)
	}
	v, err := gossip.NewValidator(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// knowing makes a validator that knows the sequencer.
func knowing(t testing.TB) *gossip.Validator {
	t.Helper()
	v := newValidator(t)
	v.Rotate(at(0), sequencer)
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
