package gossip_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// bomb is a message that says it has so many bytes.
func bomb(claim uint64, data ...byte) []byte {
	return append(binary.AppendUvarint(nil, claim), data...)
}

// repeated is snappy of n zeroes: a literal zero and copies of 64 bytes, 21 times smaller.
func repeated(n int) []byte {
	out := append(binary.AppendUvarint(nil, uint64(n)), 0, 0)
	for n--; n > 0; n -= 64 {
		out = append(out, byte(min(n, 64)-1)<<2|2, 1, 0)
	}
	return out
}

func TestMessagesThatAreNoEnvelope(t *testing.T) {
	for _, c := range []struct {
		name   string
		data   []byte
		reason gossip.Reason
	}{
		{"nothing", nil, gossip.BadSnappy},
		{"a length without an end", []byte{0xff, 0xff}, gossip.BadSnappy},
		{"a length of 2^32", bomb(1<<32, 0), gossip.BadSnappy},
		{"a length of 4 GiB - 1", bomb(1<<32-1, 0), gossip.TooLarge},
		{"10 MiB and a byte", repeated(gossip.MaxMessageSize + 1), gossip.TooLarge},
		{"10 MiB and a byte in a lie", bomb(gossip.MaxMessageSize+1, 0), gossip.TooLarge},
		{"10 MiB in a lie", bomb(gossip.MaxMessageSize, 0), gossip.BadSnappy},
		{"10 MiB", repeated(gossip.MaxMessageSize), gossip.BadSignature},
		{"shorter than it says", bomb(70, 3<<2, 1, 2, 3, 4), gossip.BadSnappy},
		{"longer than it says", append(snappy.Encode(nil, make([]byte, 70)), 0, 0), gossip.BadSnappy},
		{"a copy from before the start", bomb(70, 2, 200, 0), gossip.BadSnappy},
		{"snappy frames instead of a block", []byte("\xff\x06\x00\x00sNaPpY\x01\x08\x00\x00"), gossip.BadSnappy},
		{"no byte that is signed", snappy.Encode(nil, make([]byte, 65)), gossip.TooSmall},
		{"snappy of nothing", []byte{0}, gossip.TooSmall},
	} {
		t.Run(c.name, func(t *testing.T) {
			verdict, reason, env := knowing(t).Check(at(0), c.data, gossip.V1)
			if verdict != gossip.Reject || reason != c.reason || env != nil {
				t.Errorf("%s, %s, want %s", verdict, reason, c.reason)
			}
		})
	}
}

func TestABombTakesNoMemory(t *testing.T) {
	v := knowing(t)
	for _, data := range [][]byte{bomb(1<<32-1, 0), bomb(gossip.MaxMessageSize+1, 0), bomb(gossip.MaxMessageSize, 0, 0), bomb(1<<40, 0)} {
		if got := allocated(func() { v.Check(at(0), data, gossip.V4) }); got > 4<<10 {
			t.Errorf("check of %x: %d bytes", data, got)
		}
		if got := allocated(func() { gossip.MessageID("topic", data) }); got > 4<<10 {
			t.Errorf("id of %x: %d bytes", data, got)
		}
	}
}

func TestWhatIsNotSignedIsNotDecoded(t *testing.T) {
	body := append(encode(t, gossip.V1, block(gossip.V1, 1, timeOf[gossip.V1])), make([]byte, 1<<20)...)
	data := message(t, otherKey, body)
	v := newValidator(t, func(c *gossip.ValidatorConfig) { c.HeldBytes = -1 })
	v.Rotate(at(0), sequencer)
	v.Check(at(0), data, gossip.V1) // fills the pool of buffers
	if got := allocated(func() { v.Check(at(0), data, gossip.V1) }); got > 2*uint64(len(body)) {
		t.Errorf("%d bytes for a refusal of %d", got, len(body))
	}
}

func TestSignatures(t *testing.T) {
	env := block(gossip.V4, 1, isthmusTime)
	body := encode(t, gossip.V4, env)
	good := sign(t, sequencerKey, body)
	change := func(f func(sig *gossip.Signature)) []byte {
		sig := good
		f(&sig)
		return seal(sig, body)
	}
	for _, c := range []struct {
		name    string
		data    []byte
		verdict gossip.Verdict
		reason  gossip.Reason
	}{
		{"the sequencer's", seal(good, body), gossip.Accept, gossip.OK},
		{"s on the other side of the order is taken too, as op-node does", change(mirror), gossip.Accept, gossip.OK},
		{"another key's", message(t, otherKey, body), gossip.Reject, gossip.UnknownSigner},
		{"a parity of 27", change(func(sig *gossip.Signature) { sig[64] += 27 }), gossip.Reject, gossip.BadSignature},
		{"a parity of 2", change(func(sig *gossip.Signature) { sig[64] = 2 }), gossip.Reject, gossip.BadSignature},
		{"the other parity", change(func(sig *gossip.Signature) { sig[64] ^= 1 }), gossip.Reject, gossip.UnknownSigner},
		{"r of zero", change(func(sig *gossip.Signature) { clear(sig[:32]) }), gossip.Reject, gossip.BadSignature},
		{"s of zero", change(func(sig *gossip.Signature) { clear(sig[32:64]) }), gossip.Reject, gossip.BadSignature},
		{"s of the order", change(func(sig *gossip.Signature) { order.FillBytes(sig[32:64]) }), gossip.Reject, gossip.BadSignature},
		{"of another body", seal(good, append(bytes.Clone(body), 0)), gossip.Reject, gossip.UnknownSigner},
		{"of the payload without the beacon root", seal(sign(t, sequencerKey, body[32:]), body), gossip.Reject, gossip.UnknownSigner},
		{"for another chain", func() []byte {
			sig, err := gossip.NewLocalSigner(sequencerKey).SignBlock(t.Context(), big.NewInt(902), gossip.PayloadHash(body))
			if err != nil {
				t.Fatal(err)
			}
			return seal(sig, body)
		}(), gossip.Reject, gossip.UnknownSigner},
	} {
		t.Run(c.name, func(t *testing.T) {
			if verdict, reason, _ := knowing(t).Check(at(isthmusTime), c.data, gossip.V4); verdict != c.verdict || reason != c.reason {
				t.Errorf("%s, %s, want %s, %s", verdict, reason, c.verdict, c.reason)
			}
		})
	}
}

// order is the number of points of the curve.
var order = crypto.S256().Params().N

// mirror makes the other signature of the same key for the same hash.
func mirror(sig *gossip.Signature) {
	s := new(big.Int).SetBytes(sig[32:64])
	s.Sub(order, s).FillBytes(sig[32:64])
	sig[64] ^= 1
}

func TestSignatureIsCheckedBeforeDecoding(t *testing.T) {
	garbage := make([]byte, 100)
	for key, want := range map[string]gossip.Reason{"sequencer": gossip.SSZTruncated, "other": gossip.UnknownSigner} {
		by := sequencerKey
		if key == "other" {
			by = otherKey
		}
		if verdict, reason, _ := knowing(t).Check(at(0), message(t, by, garbage), gossip.V3); verdict != gossip.Reject || reason != want {
			t.Errorf("%s: %s, %s, want %s", key, verdict, reason, want)
		}
	}
}

func TestAgeOfBlocks(t *testing.T) {
	const blockTime = isthmusTime + 100
	for _, c := range []struct {
		name   string
		now    int64
		maxAge time.Duration
		reason gossip.Reason
	}{
		{"60 seconds old is young enough", blockTime + 60, 0, gossip.OK},
		{"61 seconds old is too old", blockTime + 61, 0, gossip.TooOld},
		{"the age is configurable", blockTime + 61, time.Hour, gossip.OK},
		{"an hour and a second is more than an hour", blockTime + 3601, time.Hour, gossip.TooOld},
		{"5 seconds ahead is near enough", blockTime - 5, 0, gossip.OK},
		{"6 seconds ahead is too new", blockTime - 6, 0, gossip.TooNew},
		{"a clock that starts at 0 has no old blocks", 30, 0, gossip.TooNew},
		{"a clock before 1970 is one at 0", -7, 0, gossip.TooNew},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newValidator(t, func(cfg *gossip.ValidatorConfig) { cfg.MaxAge = c.maxAge })
			v.Rotate(at(0), sequencer)
			verdict, reason, _ := v.Check(time.Unix(c.now, 999_999_999), blockMessage(t, sequencerKey, gossip.V4, block(gossip.V4, 1, blockTime)), gossip.V4)
			if reason != c.reason || (verdict == gossip.Accept) != (reason == gossip.OK) || verdict == gossip.Ignore {
				t.Errorf("%s, %s, want %s", verdict, reason, c.reason)
			}
		})
	}
}

// Each change is made to a good block, which is hashed again unless the case is about the hash.
func TestContentOfBlocks(t *testing.T) {
	for _, c := range []struct {
		name    string
		v       gossip.Version
		time    uint64
		change  func(*eth.PayloadEnvelope)
		badHash bool
		reason  gossip.Reason
	}{
		{name: "V1", v: gossip.V1},
		{name: "V2", v: gossip.V2},
		{name: "V3", v: gossip.V3},
		{name: "V4", v: gossip.V4},
		{name: "no transactions", v: gossip.V4, change: func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Transactions = nil }},
		{name: "another transaction than hashed", v: gossip.V4, badHash: true, change: func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Transactions[0][5]++ }, reason: gossip.BlockHashMismatch},
		{name: "another state root than hashed", v: gossip.V1, badHash: true, change: func(e *eth.PayloadEnvelope) { e.ExecutionPayload.StateRoot[0]++ }, reason: gossip.BlockHashMismatch},
		{name: "another beacon root than hashed", v: gossip.V3, badHash: true, change: func(e *eth.PayloadEnvelope) { e.ParentBeaconBlockRoot[0]++ }, reason: gossip.BlockHashMismatch},
		{name: "another withdrawals root than hashed", v: gossip.V4, badHash: true, change: func(e *eth.PayloadEnvelope) { e.ExecutionPayload.WithdrawalsRoot[0]++ }, reason: gossip.BlockHashMismatch},
		{name: "withdrawals, hashed", v: gossip.V2, change: withdrawal, reason: gossip.WithdrawalsNotEmpty},
		{name: "withdrawals, not hashed", v: gossip.V2, badHash: true, change: withdrawal, reason: gossip.BlockHashMismatch},
		{name: "withdrawals beside a withdrawals root", v: gossip.V4, badHash: true, change: withdrawal, reason: gossip.WithdrawalsNotEmpty},
		{name: "blob gas before Jovian", v: gossip.V3, change: blobGas, reason: gossip.BlobGasUsedNotZero},
		{name: "blob gas the second before Jovian", v: gossip.V4, time: jovianTime - 1, change: blobGas, reason: gossip.BlobGasUsedNotZero},
		{name: "the DA footprint at Jovian", v: gossip.V4, time: jovianTime, change: blobGas},
		{name: "excess blob gas", v: gossip.V3, change: excess, reason: gossip.ExcessBlobGasNotZero},
		{name: "excess blob gas at Jovian", v: gossip.V4, time: jovianTime, change: excess, reason: gossip.ExcessBlobGasNotZero},
		{name: "a topic that is not the one of its time, as op-node takes it", v: gossip.V2, time: isthmusTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.time == 0 {
				c.time = timeOf[c.v]
			}
			env := block(c.v, 1, c.time)
			if c.change != nil {
				c.change(env)
			}
			if !c.badHash {
				rehash(env)
			}
			verdict, reason, got := knowing(t).Check(at(c.time), blockMessage(t, sequencerKey, c.v, env), c.v)
			want := gossip.Reject
			if c.reason == gossip.OK {
				want = gossip.Accept
			}
			if verdict != want || reason != c.reason || (got == nil) != (want == gossip.Reject) {
				t.Errorf("%s, %s, want %s", verdict, reason, c.reason)
			}
		})
	}
}

func withdrawal(e *eth.PayloadEnvelope) {
	e.ExecutionPayload.Withdrawals = &types.Withdrawals{{Index: 1, Amount: 2}}
}
func blobGas(e *eth.PayloadEnvelope) { *e.ExecutionPayload.BlobGasUsed = 1 }
func excess(e *eth.PayloadEnvelope)  { *e.ExecutionPayload.ExcessBlobGas = 1 }

func TestFieldsOfForks(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      gossip.Version
		change func(*eth.PayloadEnvelope)
		reason gossip.Reason
	}{
		{"withdrawals list before Canyon", gossip.V1, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Withdrawals = &types.Withdrawals{} }, gossip.WithdrawalsPresent},
		{"no withdrawals list from Canyon on", gossip.V2, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.Withdrawals = nil }, gossip.WithdrawalsMissing},
		{"a withdrawal", gossip.V3, withdrawal, gossip.WithdrawalsNotEmpty},
		{"blob gas used before Ecotone", gossip.V2, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BlobGasUsed = new(uint64) }, gossip.BlobGasPresent},
		{"excess blob gas before Ecotone", gossip.V2, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.ExcessBlobGas = new(uint64) }, gossip.BlobGasPresent},
		{"no blob gas used from Ecotone on", gossip.V3, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.BlobGasUsed = nil }, gossip.BlobGasMissing},
		{"no excess blob gas from Ecotone on", gossip.V3, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.ExcessBlobGas = nil }, gossip.BlobGasMissing},
		{"beacon root before Ecotone", gossip.V2, func(e *eth.PayloadEnvelope) { e.ParentBeaconBlockRoot = &common.Hash{} }, gossip.BeaconRootPresent},
		{"no beacon root from Ecotone on", gossip.V3, func(e *eth.PayloadEnvelope) { e.ParentBeaconBlockRoot = nil }, gossip.BeaconRootMissing},
		{"withdrawals root before Isthmus", gossip.V3, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.WithdrawalsRoot = &common.Hash{} }, gossip.WithdrawalsRootPresent},
		{"no withdrawals root from Isthmus on", gossip.V4, func(e *eth.PayloadEnvelope) { e.ExecutionPayload.WithdrawalsRoot = nil }, gossip.WithdrawalsRootMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := block(c.v, 1, timeOf[c.v])
			if reason := gossip.CheckFields(chain(), c.v, env); reason != gossip.OK {
				t.Fatalf("before the change: %s", reason)
			}
			c.change(env)
			if reason := gossip.CheckFields(chain(), c.v, env); reason != c.reason {
				t.Errorf("%s, want %s", reason, c.reason)
			}
			if m, err := gossip.Encode(t.Context(), chain(), gossip.NewLocalSigner(sequencerKey), env); err == nil {
				t.Errorf("published on %s", m.Topic)
			}
		})
	}
}

func TestSixBlocksOfAHeight(t *testing.T) {
	v := knowing(t)
	check := func(v *gossip.Validator, version gossip.Version, env *eth.PayloadEnvelope) (gossip.Verdict, gossip.Reason) {
		verdict, reason, _ := v.Check(at(env.ExecutionPayload.Timestamp), blockMessage(t, sequencerKey, version, env), version)
		return verdict, reason
	}
	variant := func(n uint64) *eth.PayloadEnvelope {
		env := block(gossip.V4, 5, isthmusTime)
		env.ExecutionPayload.GasUsed = n
		return rehash(env)
	}
	for n := range uint64(6) {
		if verdict, reason := check(v, gossip.V4, variant(n)); verdict != gossip.Accept {
			t.Fatalf("block %d: %s, %s", n+1, verdict, reason)
		}
		if verdict, reason := check(v, gossip.V4, variant(0)); n < 5 && (verdict != gossip.Ignore || reason != gossip.Duplicate) {
			t.Errorf("block 1 again after block %d: %s, %s", n+1, verdict, reason)
		}
	}
	if verdict, reason := check(v, gossip.V4, variant(6)); verdict != gossip.Reject || reason != gossip.TooManyBlocksAtHeight {
		t.Errorf("the seventh: %s, %s", verdict, reason)
	}
	if verdict, reason := check(v, gossip.V4, variant(0)); verdict != gossip.Reject || reason != gossip.TooManyBlocksAtHeight {
		t.Errorf("the first again: %s, %s", verdict, reason)
	}
	if verdict, _ := check(v, gossip.V4, block(gossip.V4, 6, isthmusTime)); verdict != gossip.Accept {
		t.Errorf("another height: %s", verdict)
	}
	if verdict, _ := check(v, gossip.V3, block(gossip.V3, 5, isthmusTime)); verdict != gossip.Accept {
		t.Errorf("the same height on another topic: %s", verdict)
	}
}

func TestRefusedBlocksDoNotCountAtTheirHeight(t *testing.T) {
	v := knowing(t)
	for n := range byte(10) {
		env := block(gossip.V4, 5, isthmusTime)
		env.ExecutionPayload.BlockHash = common.Hash{n}
		if _, reason, _ := v.Check(at(isthmusTime), blockMessage(t, sequencerKey, gossip.V4, env), gossip.V4); reason != gossip.BlockHashMismatch {
			t.Fatal(reason)
		}
	}
	if verdict, reason, _ := v.Check(at(isthmusTime), blockMessage(t, sequencerKey, gossip.V4, block(gossip.V4, 5, isthmusTime)), gossip.V4); verdict != gossip.Accept {
		t.Errorf("%s, %s", verdict, reason)
	}
}

func TestThousandHeightsAreRemembered(t *testing.T) {
	v := knowing(t)
	check := func(height uint64) gossip.Reason {
		_, reason, _ := v.Check(at(isthmusTime), blockMessage(t, sequencerKey, gossip.V4, block(gossip.V4, height, isthmusTime)), gossip.V4)
		return reason
	}
	for height := range uint64(1000) {
		if reason := check(height); reason != gossip.OK {
			t.Fatalf("height %d: %s", height, reason)
		}
	}
	if reason := check(0); reason != gossip.Duplicate {
		t.Errorf("the oldest of 1000: %s", reason)
	}
	check(1000) // now height 1 was used longest ago
	if reason := check(1); reason != gossip.OK {
		t.Errorf("the oldest of 1001: %s", reason)
	}
}

// Two messages of one block differ in their signature. Only one may be accepted, whoever comes first.
func TestConcurrentMessagesOfOneBlock(t *testing.T) {
	v := knowing(t)
	body := encode(t, gossip.V4, block(gossip.V4, 1, isthmusTime))
	sig := sign(t, sequencerKey, body)
	mirrored := sig
	mirror(&mirrored)
	messages := [][]byte{seal(sig, body), seal(mirrored, body)}
	var accepted, ignored atomic.Int32
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			switch verdict, _, _ := v.Check(at(isthmusTime), messages[i%2], gossip.V4); verdict {
			case gossip.Accept:
				accepted.Add(1)
			case gossip.Ignore:
				ignored.Add(1)
			case gossip.Reject:
			}
		})
	}
	wait.Wait()
	if accepted.Load() != 1 || ignored.Load() != 15 {
		t.Errorf("%d accepted, %d ignored", accepted.Load(), ignored.Load())
	}
}

func TestAcceptedBlockIsNotPartOfTheMessage(t *testing.T) {
	want := block(gossip.V4, 1, isthmusTime)
	data := blockMessage(t, sequencerKey, gossip.V4, want)
	v := knowing(t)
	_, _, env := v.Check(at(isthmusTime), data, gossip.V4)
	clear(data)
	v.Check(at(isthmusTime), blockMessage(t, sequencerKey, gossip.V4, block(gossip.V4, 2, isthmusTime)), gossip.V4) // uses the buffer again
	if got := gossip.BlockHash(env); got != want.ExecutionPayload.BlockHash {
		t.Errorf("the block became %s", got)
	}
}

func TestConfigurationsThatMakeNoValidator(t *testing.T) {
	for name, cfg := range map[string]gossip.ValidatorConfig{
		"no chain":            {},
		"no chain id":         {Rollup: &rollup.Config{}},
		"a negative chain id": {Rollup: &rollup.Config{L2ChainID: big.NewInt(-1)}},
		"a chain id of 2^256": {Rollup: &rollup.Config{L2ChainID: new(big.Int).Lsh(big.NewInt(1), 256)}},
		"a negative age":      {Rollup: chain(), MaxAge: -1},
		"a negative grace":    {Rollup: chain(), Grace: -1},
	} {
		if _, err := gossip.NewValidator(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReasonsHaveDistinctNames(t *testing.T) {
	seen := map[string]gossip.Reason{}
	for n := range 256 {
		reason := gossip.Reason(n)
		name := reason.String()
		if before, ok := seen[name]; ok || name == "" {
			t.Errorf("%d is %q, as is %d", reason, name, before)
		}
		seen[name] = reason
		if beyond := fmt.Sprintf("reason(%d)", n); (name == beyond) != (reason > gossip.Duplicate) {
			t.Errorf("%d of %d is %q", reason, gossip.Duplicate, name)
		}
	}
}
